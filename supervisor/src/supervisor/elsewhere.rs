//! Functions with the names that other libraries use, as in `child/elsewhere.rs`: each exists for the
//! compiler's error, and those of a program's own traits come first.

use std::future;
use std::iter::Empty;
use std::ops::Deref;

use super::{Supervisor, WeakSupervisor};
use crate::child::AnyChildRef;
use crate::error::SupervisorError;
use crate::observe::{Events, Health, ShutdownReport, Snapshot};
use crate::spec::ChildPath;

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
    Killable: "a tree is ended at once by `kill`",
    "write `kill().await`; with time to clean up, `shutdown().await`"
);
no_condition!(
    Timed: "a stop with a limit is `shutdown_within`",
    "write `shutdown_within(limit).await`; without a limit, `shutdown().await`"
);
no_condition!(
    Removing: "a child is stopped by its address, or by its name",
    "write `shop.db().terminate().await`, or `terminate_child(\"db\").await`, and `delete_child(\"db\")` to forget it"
);
no_condition!(
    Restarted: "a tree has no restart of its own: its supervisor restarts children",
    "write `restart_child(\"db\").await`, or `shop.db().restart().await`; another run of the tree is `Shop::start().await`"
);
no_condition!(
    Watching: "the events of a tree are `events`",
    "write `let mut events = shop.events();` and `events.next().await`"
);
no_condition!(
    Asked: "how a tree is doing is its `health`",
    "write `health().await`, which has `live`, `ready` and the reasons"
);
no_condition!(
    Pictured: "the tree as it stands is `snapshot`",
    "write `snapshot().await?`, which can be printed"
);
no_condition!(Placed: "a supervisor is known by its path", "write `path()`");
no_condition!(
    Joining: "the end of a tree is awaited by `wait`",
    "write `wait().await`"
);
no_condition!(
    Upgraded: "a child refers to its supervisor without keeping it alive",
    "write `ctx.supervisor().upgrade()?`, and call this on it"
);
no_condition!(
    StoppedFromInside: "a child cannot wait for the stop of the tree that it belongs to",
    "write `ctx.request_shutdown()`, which stops the whole tree, and goes on at once"
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
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl SupervisorElsewhere {
    pub fn stop<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Stoppable { uncallable!() }
    pub fn close<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Stoppable { uncallable!() }
    pub fn terminate<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Stoppable { uncallable!() }
    pub fn stop_all<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Stoppable { uncallable!() }
    pub fn abort<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Killable { uncallable!() }
    pub fn shutdown_timeout<'a, T>(&'a self, _: T) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Timed { uncallable!() }
    pub fn shutdown_with_timeout<'a, T>(&'a self, _: T) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Timed { uncallable!() }
    pub fn graceful_shutdown<'a, T>(&'a self, _: T) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Timed { uncallable!() }
    pub fn stop_within<'a, T>(&'a self, _: T) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: Timed { uncallable!() }
    pub fn join<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Joining { uncallable!() }
    pub fn ended<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Joining { uncallable!() }
    pub fn wait_for_shutdown<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Joining { uncallable!() }
    pub fn run_until_stopped<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Joining { uncallable!() }
    pub fn child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Listed { uncallable!() }
    pub fn get_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Listed { uncallable!() }
    pub fn get<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Listed { uncallable!() }
    pub fn find<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Listed { uncallable!() }
    pub fn find_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Listed { uncallable!() }
    pub fn resolve<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Listed { uncallable!() }
    pub fn whereis<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Listed { uncallable!() }
    pub fn len<'a>(&'a self) -> usize where &'a Self: Counted { uncallable!() }
    pub fn count<'a>(&'a self) -> usize where &'a Self: Counted { uncallable!() }
    pub fn size<'a>(&'a self) -> usize where &'a Self: Counted { uncallable!() }
    pub fn is_empty<'a>(&'a self) -> bool where &'a Self: Counted { uncallable!() }
    pub fn num_children<'a>(&'a self) -> usize where &'a Self: Counted { uncallable!() }
    pub fn iter<'a>(&'a self) -> Empty<AnyChildRef> where &'a Self: Counted { uncallable!() }
    pub fn children<'a>(&'a self) -> Empty<AnyChildRef> where &'a Self: Counted { uncallable!() }
    pub fn list_children<'a>(&'a self) -> Empty<AnyChildRef> where &'a Self: Counted { uncallable!() }
    pub fn send<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Receiving { uncallable!() }
    pub fn cast<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Receiving { uncallable!() }
    pub fn ask<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Receiving { uncallable!() }
    pub fn call<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Receiving { uncallable!() }
    pub fn broadcast<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Receiving { uncallable!() }
    pub fn spawn<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Spawning { uncallable!() }
    pub fn spawn_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Spawning { uncallable!() }
    pub fn start_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Spawning { uncallable!() }
    pub fn with_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Spawning { uncallable!() }
    pub fn restart<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Restarted { uncallable!() }
    pub fn restart_all<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Restarted { uncallable!() }
    pub fn remove_child<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Removing { uncallable!() }
    pub fn stop_child<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Removing { uncallable!() }
    pub fn kill_child<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Removing { uncallable!() }
    pub fn subscribe<'a>(&'a self) -> Events where &'a Self: Watching { uncallable!() }
    pub fn watch<'a>(&'a self) -> Events where &'a Self: Watching { uncallable!() }
    pub fn event_stream<'a>(&'a self) -> Events where &'a Self: Watching { uncallable!() }
    pub fn status<'a>(&'a self) -> future::Ready<Health> where &'a Self: Asked { uncallable!() }
    pub fn state<'a>(&'a self) -> future::Ready<Health> where &'a Self: Asked { uncallable!() }
    pub fn is_healthy<'a>(&'a self) -> bool where &'a Self: Asked { uncallable!() }
    pub fn is_ready<'a>(&'a self) -> bool where &'a Self: Asked { uncallable!() }
    pub fn is_alive<'a>(&'a self) -> bool where &'a Self: Asked { uncallable!() }
    pub fn is_running<'a>(&'a self) -> bool where &'a Self: Asked { uncallable!() }
    pub fn health_check<'a>(&'a self) -> future::Ready<Health> where &'a Self: Asked { uncallable!() }
    pub fn print<'a>(&'a self) -> future::Ready<Result<Snapshot, SupervisorError>> where &'a Self: Pictured { uncallable!() }
    pub fn dump<'a>(&'a self) -> future::Ready<Result<Snapshot, SupervisorError>> where &'a Self: Pictured { uncallable!() }
    pub fn to_tree<'a>(&'a self) -> future::Ready<Result<Snapshot, SupervisorError>> where &'a Self: Pictured { uncallable!() }
    pub fn name<'a>(&'a self) -> ChildPath where &'a Self: Placed { uncallable!() }
    pub fn id<'a>(&'a self) -> ChildPath where &'a Self: Placed { uncallable!() }
}

/// The functions of a supervisor that a child looks for on its reference to one.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct WeakElsewhere(());

#[doc(hidden)]
impl Deref for WeakSupervisor {
    type Target = WeakElsewhere;

    fn deref(&self) -> &WeakElsewhere {
        &WeakElsewhere(())
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl WeakElsewhere {
    pub fn shutdown<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: StoppedFromInside { uncallable!() }
    pub fn request_shutdown<'a>(&'a self) where &'a Self: StoppedFromInside { uncallable!() }
    pub fn stop<'a>(&'a self) -> future::Ready<Result<ShutdownReport, SupervisorError>> where &'a Self: StoppedFromInside { uncallable!() }
    pub fn add_child<'a, S>(&'a self, _: S) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Upgraded { uncallable!() }
    pub fn terminate_child<'a, N>(&'a self, _: N) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Upgraded { uncallable!() }
    pub fn restart_child<'a, N>(&'a self, _: N) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Upgraded { uncallable!() }
    pub fn delete_child<'a, N>(&'a self, _: N) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Upgraded { uncallable!() }
    pub fn lookup_any<'a, N>(&'a self, _: N) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Upgraded { uncallable!() }
    pub fn health<'a>(&'a self) -> future::Ready<Result<Health, SupervisorError>> where &'a Self: Upgraded { uncallable!() }
    pub fn snapshot<'a>(&'a self) -> future::Ready<Result<Snapshot, SupervisorError>> where &'a Self: Upgraded { uncallable!() }
    pub fn events<'a>(&'a self) -> Events where &'a Self: Upgraded { uncallable!() }
}
