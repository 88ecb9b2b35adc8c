//! Items that expansions name; programs must not name them.

#[cfg(feature = "macros")]
pub mod editor;
mod handles;
mod name_of;
mod parameter;
mod variable;

use std::future::Ready;
use std::time::Duration;

pub use self::handles::Hidden;
pub use self::name_of::NameOf;
pub use self::parameter::{Parameter, is_known};
pub use self::variable::{StaysUsable, Variable, stays_usable};
use crate::deployment::{Deployment, UnboundedTime};
pub use crate::kinds::Every;
pub use crate::runtime::ErasedSpec;
pub use crate::spec::{LeaseOptions, SupervisorOptions, TreeDescriptor};
use crate::tree::{Child, ChildHandle};
pub use crate::tree::{ErasedHandle, TemplateParts};
#[cfg(feature = "macros")]
pub use supervisor_macros::tree;

/// A trait whose `Type` stands for a type whose own tokens are already an error: the argument.
pub trait Unknown<const WHY: usize> {
    /// The type, of which there are no values.
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

/// Stands for the shards of a lease whose own tokens are already an error, from the handle of one.
///
/// # Panics
///
/// Always; the program that contains it does not compile.
#[cfg(feature = "lease")]
#[must_use]
pub fn broken_shards<H>(_: H) -> crate::lease::Sharded<H> {
    broken()
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

/// Returns the future of a task's life, which the function of another one has made.
#[must_use]
pub fn life<F: crate::bounds::TaskFuture>(life: F) -> F {
    life
}

/// Returns the description of a tree.
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

/// Returns the longest time that a graceful shutdown of a tree may take; `None` if there is no
/// bound.
#[must_use]
pub const fn shutdown_budget<T: Child>() -> Option<Duration> {
    match T::Handle::DESCRIPTOR {
        Some(descriptor) => descriptor.shutdown_budget(),
        None => None,
    }
}

/// Returns the longest time until a tree is up; `None` if there is no bound.
#[must_use]
pub const fn start_budget<T: Child>() -> Option<Duration> {
    match T::Handle::DESCRIPTOR {
        Some(descriptor) => descriptor.start_budget(),
        None => None,
    }
}

/// Returns the number of children that a tree declares.
#[must_use]
pub const fn children<T: Child>() -> usize {
    match T::Handle::DESCRIPTOR {
        Some(descriptor) => descriptor.count(),
        None => 0,
    }
}

/// Returns a tree as a Mermaid flowchart.
#[must_use]
pub fn diagram<T: Child>() -> String {
    T::Handle::DESCRIPTOR.map(TreeDescriptor::diagram).unwrap_or_default()
}

/// Returns the numbers with which a tree is deployed.
///
/// # Errors
///
/// If its times have no bound.
///
/// # Panics
///
/// If the type is no tree.
pub fn deployment<T: Child>() -> Result<Deployment, UnboundedTime> {
    deployment_of(descriptor::<T>())
}

/// Returns the numbers with which a described tree is deployed.
///
/// # Errors
///
/// If its times have no bound.
#[inline]
pub fn deployment_of(descriptor: &TreeDescriptor) -> Result<Deployment, UnboundedTime> {
    Deployment::of(descriptor)
}
