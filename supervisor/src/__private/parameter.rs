//! The stand-in for a type parameter of the function around an expression tree.

use crate::child::ChildRef;
use crate::spec::{ChildOptions, TreeDescriptor};
use crate::tree::{Child, ChildSpec, Ready};

/// A stand-in for a type parameter, about which a constant item can know nothing.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "it has no values, and no program names it")]
pub enum Parameter {}

impl Child for Parameter {
    type Recipe = Self;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new();
    const DESCRIPTOR: Option<&'static TreeDescriptor> = Some(&TreeDescriptor::parameter());

    fn spec(_name: &str, recipe: Self) -> ChildSpec<Ready<ChildRef<()>>> {
        match recipe {}
    }
}

/// Returns `true` for a type that is not [`Parameter`].
#[must_use]
pub const fn is_known<T: Child>() -> bool {
    match T::DESCRIPTOR {
        Some(descriptor) => !descriptor.is_parameter(),
        None => true,
    }
}
