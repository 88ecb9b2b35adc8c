//! A variable from outside of an expression tree, for a condition on its type.

use std::marker::PhantomData;

/// The type of a variable. The condition is on this type, and not on that of the variable: the compiler
/// would suggest to borrow the variable, since a reference meets the condition.
#[derive(Debug)]
pub struct Variable<T>(PhantomData<fn(T)>);

impl<T> Variable<T> {
    /// Returns the type of the variable.
    #[must_use]
    pub const fn of(_variable: &T) -> Self {
        Self(PhantomData)
    }
}

/// The condition on a variable that a closure takes, and that is used after it.
#[diagnostic::on_unimplemented(
    message = "this closure takes a variable that a later child uses, too",
    label = "give the closure a clone, as in `{{ let x = x.clone(); move |ctx| … }}` for a variable `x`"
)]
pub trait StaysUsable {}

#[diagnostic::do_not_recommend]
impl<T: Copy> StaysUsable for Variable<T> {}

/// Checks the condition.
pub const fn stays_usable<T>(_variable: &Variable<T>)
where
    Variable<T>: StaysUsable,
{
}
