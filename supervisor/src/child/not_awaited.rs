//! The functions of a result, on the futures that give it: none can be called, and the compiler's
//! error says that `.await` is missing.
//!
//! They are functions of the type to which such a future dereferences, so that those of traits, such
//! as `map` of an extension of futures, come first.

use std::marker::PhantomData;

no_condition!(
    Awaited: "this is a future: nothing happens until it is awaited",
    "write `.await` in front of this"
);

/// The result that a future would have.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct NotAwaited<T>(PhantomData<fn() -> T>);

impl<T> NotAwaited<T> {
    pub(crate) fn of<'a>() -> &'a Self {
        &Self(PhantomData)
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<T, E> NotAwaited<Result<T, E>> {
    pub fn unwrap<'a>(&'a self) -> T where &'a Self: Awaited { uncallable!() }
    pub fn expect<'a>(&'a self, _: &str) -> T where &'a Self: Awaited { uncallable!() }
    pub fn unwrap_or_default<'a>(&'a self) -> T where &'a Self: Awaited { uncallable!() }
    pub fn map_err<'a, F>(&'a self, _: impl FnOnce(E) -> F) -> Result<T, F> where &'a Self: Awaited { uncallable!() }
    pub fn is_ok<'a>(&'a self) -> bool where &'a Self: Awaited { uncallable!() }
    pub fn is_err<'a>(&'a self) -> bool where &'a Self: Awaited { uncallable!() }
    pub fn ok<'a>(&'a self) -> Option<T> where &'a Self: Awaited { uncallable!() }
}

/// Lets a future dereference to the result that it would have, for the compiler's error.
macro_rules! not_awaited {
    ([$($generics:tt)*] $future:ty) => {
        #[doc(hidden)]
        impl<$($generics)*> std::ops::Deref for $future {
            type Target = $crate::child::NotAwaited<<Self as Future>::Output>;

            fn deref(&self) -> &Self::Target {
                $crate::child::NotAwaited::of()
            }
        }
    };
}
