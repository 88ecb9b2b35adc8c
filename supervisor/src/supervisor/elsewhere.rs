//! Functions with the names that other libraries use, as in `child/elsewhere.rs`: each exists for the
//! compiler's error, and those of a program's own traits come first.

#![expect(clippy::unused_self, reason = "nothing can call these functions")]

use std::future;
use std::ops::Deref;

use super::Supervisor;
use crate::child::AnyChildRef;
use crate::error::SupervisorError;
use crate::observe::ShutdownReport;

no_condition!(
    Stoppable: "a supervisor is stopped by `shutdown`",
    "write `shutdown().await`; one child of it is stopped by its address: `terminate()`"
);
no_condition!(
    Listed: "a declared child has a function of its name, such as `db()`",
    "any child is found by `lookup::<Message>(\"path\")`, or by `lookup_any(\"path\")`"
);
no_condition!(
    Receiving: "a supervisor receives no messages: its children do",
    "send to the address of a child, as in `shop.db().send(message)`"
);
no_condition!(
    Counted: "the children of a running tree are listed by `which_children`",
    "write `which_children().await`; how many there are is `count_children().await`"
);
no_condition!(
    Spawning: "a child is added by `add_child`",
    "write `add_child(ChildSpec::new(\"name\").with_task(function))`"
);
no_condition!(
    Joining: "the end of a tree is awaited by `wait`",
    "write `wait().await`"
);

/// The functions that a supervisor has in other libraries.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct SupervisorElsewhere(());

#[doc(hidden)]
impl Deref for Supervisor {
    type Target = SupervisorElsewhere;

    fn deref(&self) -> &Self::Target {
        &SupervisorElsewhere(())
    }
}

#[doc(hidden)]
// (With async functions, the compiler would report each use of their futures, too.)
impl SupervisorElsewhere {
    pub fn stop<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>>
    where
        &'a Self: Stoppable,
    {
        unreachable!("nothing is `Stoppable`")
    }

    pub fn join<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>>
    where
        &'a Self: Joining,
    {
        unreachable!("nothing is `Joining`")
    }

    pub fn child<'a, T>(
        &'a self,
        _argument: T,
    ) -> future::Ready<Result<AnyChildRef, SupervisorError>>
    where
        &'a Self: Listed,
    {
        unreachable!("nothing is `Listed`")
    }

    pub fn get_child<'a, T>(
        &'a self,
        _argument: T,
    ) -> future::Ready<Result<AnyChildRef, SupervisorError>>
    where
        &'a Self: Listed,
    {
        unreachable!("nothing is `Listed`")
    }

    pub fn whereis<'a, T>(
        &'a self,
        _argument: T,
    ) -> future::Ready<Result<AnyChildRef, SupervisorError>>
    where
        &'a Self: Listed,
    {
        unreachable!("nothing is `Listed`")
    }

    #[must_use]
    pub fn len<'a>(&'a self) -> usize
    where
        &'a Self: Counted,
    {
        unreachable!("nothing is `Counted`")
    }

    #[must_use]
    pub fn count<'a>(&'a self) -> usize
    where
        &'a Self: Counted,
    {
        unreachable!("nothing is `Counted`")
    }

    pub fn iter<'a>(&'a self) -> std::iter::Empty<AnyChildRef>
    where
        &'a Self: Counted,
    {
        unreachable!("nothing is `Counted`")
    }

    pub fn send<'a, T>(&'a self, _argument: T) -> future::Ready<Result<(), SupervisorError>>
    where
        &'a Self: Receiving,
    {
        unreachable!("nothing is `Receiving`")
    }

    pub fn cast<'a, T>(&'a self, _argument: T) -> future::Ready<Result<(), SupervisorError>>
    where
        &'a Self: Receiving,
    {
        unreachable!("nothing is `Receiving`")
    }

    pub fn spawn<'a, T>(
        &'a self,
        _argument: T,
    ) -> future::Ready<Result<AnyChildRef, SupervisorError>>
    where
        &'a Self: Spawning,
    {
        unreachable!("nothing is `Spawning`")
    }

    pub fn spawn_child<'a, T>(
        &'a self,
        _argument: T,
    ) -> future::Ready<Result<AnyChildRef, SupervisorError>>
    where
        &'a Self: Spawning,
    {
        unreachable!("nothing is `Spawning`")
    }

    pub fn start_child<'a, T>(
        &'a self,
        _argument: T,
    ) -> future::Ready<Result<AnyChildRef, SupervisorError>>
    where
        &'a Self: Spawning,
    {
        unreachable!("nothing is `Spawning`")
    }
}
