//! The name of a tree where a value belongs.

use std::fmt;
use std::marker::PhantomData;

use crate::error::SupervisorError;

no_condition!(
    Made: "the name of a tree is no value",
    "a path is written with `::`, as in `Shop::start().await`, or `Shop::tree()` for a tree that is not started"
);

/// The value that the name of a tree stands for, as in `run(Shop)`: without it, the compiler suggests a
/// struct literal with the private fields of the handle.
pub struct NameOf<T>(PhantomData<fn(T)>);

impl<T> NameOf<T> {
    /// The only value.
    pub const VALUE: Self = Self(PhantomData);

    /// Exists for the compiler's error about `Shop.start()`.
    pub fn start<'a>(&'a self) -> std::future::Ready<Result<T, SupervisorError>>
    where
        &'a Self: Made,
    {
        uncallable!()
    }

    /// Exists for the compiler's error about `Shop.tree()`.
    pub fn tree<'a>(&'a self) -> crate::Tree<T>
    where
        &'a Self: Made,
    {
        uncallable!()
    }
}

impl<T> fmt::Debug for NameOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameOf")
    }
}
