//! The handle of a child, without the handle's type.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The handle of a child of type `T`, held without asking whether `T` is a child.
///
/// The struct that `supervision_tree!` defines has such fields. If they had the type
/// `<T as Child>::Handle`, a `T` that does not derive `Child` would be an error not only where
/// the tree names it, but wherever the program holds, passes on or drops the tree's handle.
pub struct ErasedHandle<T> {
    handle: Arc<dyn Any + Send + Sync>,
    child: PhantomData<fn() -> T>,
}

impl<T> ErasedHandle<T> {
    /// Holds a value of the type `<T as Child>::Handle`.
    ///
    /// The expansion checks elsewhere that the value is of this type: a bound on `T` here would
    /// report once more that `T` is no child.
    pub fn new<H: Send + Sync + 'static>(handle: H) -> Self {
        Self { handle: Arc::new(handle), child: PhantomData }
    }

    /// Returns the handle.
    ///
    /// # Panics
    ///
    /// If the handle is not an `H`.
    #[must_use]
    pub fn get<H: 'static>(&self) -> &H {
        match self.handle.downcast_ref() {
            Some(handle) => handle,
            None => unreachable!("an expansion gets what it has put in"),
        }
    }
}

impl<T> Clone for ErasedHandle<T> {
    fn clone(&self) -> Self {
        Self { handle: Arc::clone(&self.handle), child: PhantomData }
    }
}

impl<T> fmt::Debug for ErasedHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<T>())
    }
}
