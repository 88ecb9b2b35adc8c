//! The fields of a tree's handle.

/// A value in a tree's handle: the supervisor, or the handle of a child.
///
/// If the field had the type of the value, the compiler would suggest the field, though it is
/// private, where a program calls a method of the value on the tree's handle.
#[derive(Clone, Debug)]
pub struct Hidden<T>(T);

impl<T> Hidden<T> {
    /// Holds a value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    #[must_use]
    pub fn get(&self) -> &T {
        &self.0
    }
}
