//! Items that expansions name and users must not.

mod handles;

use std::future::Ready;
use std::time::Duration;

pub use self::handles::{ErasedHandle, HiddenSupervisor};
pub use crate::kinds::Every;
pub use crate::runtime::ErasedSpec;
pub use crate::spec::{SupervisorOptions, TreeDescriptor};
pub use crate::tree::TemplateParts;
use crate::tree::{Child, ChildHandle};
#[cfg(feature = "macros")]
pub use supervisor_macros::tree;

/// Its `Type` stands for a type whose own tokens are already an error, which is the argument.
pub trait Unknown<const WHY: usize> {
    /// Nothing ever is of this type.
    type Type;
}

/// Stands for a value whose own tokens are already an error.
///
/// # Panics
///
/// Always; the program that contains it does not compile.
#[must_use]
pub fn broken<T>() -> T {
    unreachable!("this program does not compile")
}

/// Stands for a function whose own tokens are already an error.
///
/// # Errors
///
/// None; the program that contains it does not compile.
pub fn broken_task(_ctx: crate::Context) -> Ready<crate::ChildResult> {
    broken()
}

/// Stands for the function of a periodic job whose own tokens are already an error.
///
/// # Errors
///
/// None; the program that contains it does not compile.
pub fn broken_job() -> Ready<crate::ChildResult> {
    broken()
}

/// What the compiler knows about a tree.
///
/// # Panics
///
/// If the type is no tree; in a constant, that is a compile error.
#[must_use]
pub const fn descriptor<T: Child>() -> &'static TreeDescriptor {
    match T::Handle::DESCRIPTOR {
        Some(descriptor) => descriptor,
        None => panic!("this type is no tree"),
    }
}

/// The worst case of an orderly shutdown of a tree; nothing if it has no bound.
#[must_use]
pub const fn shutdown_budget<T: Child>() -> Option<Duration> {
    match T::Handle::DESCRIPTOR {
        Some(descriptor) => descriptor.shutdown_budget(),
        None => None,
    }
}

/// How many children a tree declares.
#[must_use]
pub const fn children<T: Child>() -> usize {
    match T::Handle::DESCRIPTOR {
        Some(descriptor) => descriptor.count(),
        None => 0,
    }
}

/// A tree as a Mermaid flowchart.
#[must_use]
pub fn diagram<T: Child>() -> String {
    T::Handle::DESCRIPTOR.map(TreeDescriptor::diagram).unwrap_or_default()
}
