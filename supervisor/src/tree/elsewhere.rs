//! Functions with the names that other libraries use, as in `child/elsewhere.rs`: each exists for the
//! compiler's error, and those of a program's own traits come first.

use std::future;
use std::marker::PhantomData;
use std::ops::{Deref, Index};

use super::{ChildSpec, Partitioned, Ready, SupervisorBuilder};
use crate::child::{AnyChildRef, ChildRef};
use crate::error::SupervisorError;
use crate::mailbox::Reply;
use crate::supervisor::Supervisor;

no_condition!(
    Built: "this supervisor is not built yet",
    "call `build()` before this; a child of its declaration is added by `with_child(…)`"
);
no_condition!(
    OneByOne: "children are declared one by one",
    "write `with_child(…)` for each; a loop is `builder = builder.with_child(…)`"
);
no_condition!(
    NamedOtherwise: "the restart policy is set by `with_restart_policy`",
    "write `with_restart_policy(…)`"
);
no_condition!(
    Prefixed: "the functions that set an option begin with `with_`",
    "write `with_` before the word, as in `with_name(…)` and `with_backoff(…)`"
);
no_condition!(
    Hooked: "a child has no functions that are called at its end",
    "the end is awaited by `ended().await` on its address, and seen in `supervisor.events()`; what cleans up stands at the end of `run`"
);
no_condition!(
    OfAChild: "this is an option of a child, and not of its supervisor",
    "set it on the child: `with_child(ChildSpec::new(\"name\").with_shutdown(time).with_task(function))`"
);
no_condition!(
    Specified: "a child is declared by its specification",
    "write `with_child(ChildSpec::new(\"name\").with_worker(worker))`, or `.with_task(function)`"
);
no_condition!(
    RunByTask: "a specification says what to run by `with_task` or `with_worker`",
    "write `with_task(function)`, or `with_worker(worker)`"
);
no_condition!(
    GivenAway: "a specification is started by a supervisor",
    "give it to one: `Supervisor::new().with_child(spec).build()`, or `add_child(spec).await` on one that runs"
);
no_condition!(
    NamedAtFirst: "the name of a child is the argument of `new`",
    "write `ChildSpec::new(\"name\")`"
);
no_condition!(
    Repeated: "what runs in each period is a `Periodic`",
    "write `with_worker(Periodic::every(period, function))`"
);
no_condition!(
    Intensity: "how many restarts are too many is `with_max_restarts`, within `with_restart_window`",
    "write `with_max_restarts(5).with_restart_window(time)`"
);
no_condition!(
    ByNumber: "partitions are no array: the worker of a key is `of(&key)`",
    "write `of(&key)`, or `workers()[0]`"
);
no_condition!(
    NumberedPartition: "a worker of partitions is found by a key",
    "write `of(&key)`; all of them are `workers()`"
);
no_condition!(
    Keyless: "a message goes to one of the partitions",
    "choose the worker by a key, as in `of(&key).send(message)`"
);

/// The functions of a supervisor, on its builder.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct BuilderElsewhere(());

#[doc(hidden)]
impl Deref for SupervisorBuilder {
    type Target = BuilderElsewhere;

    fn deref(&self) -> &Self::Target {
        &BuilderElsewhere(())
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl BuilderElsewhere {
    pub fn with_children<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: OneByOne { uncallable!() }
    pub fn children<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: OneByOne { uncallable!() }
    pub fn add_child<'a, S>(&'a self, _: ChildSpec<S>) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Built { uncallable!() }
    pub fn start<'a>(&'a self) -> future::Ready<Result<Supervisor, SupervisorError>> where &'a Self: Built { uncallable!() }
    pub fn run<'a>(&'a self) -> future::Ready<Result<Supervisor, SupervisorError>> where &'a Self: Built { uncallable!() }
    pub fn spawn<'a>(&'a self) -> future::Ready<Result<Supervisor, SupervisorError>> where &'a Self: Built { uncallable!() }
    pub fn shutdown<'a>(&'a self) -> future::Ready<Result<Supervisor, SupervisorError>> where &'a Self: Built { uncallable!() }
    pub fn with_worker<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Specified { uncallable!() }
    pub fn with_task<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Specified { uncallable!() }
    pub fn worker<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Specified { uncallable!() }
    pub fn task<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Specified { uncallable!() }
    pub fn add<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Specified { uncallable!() }
    pub fn add_worker<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Specified { uncallable!() }
    pub fn add_task<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Specified { uncallable!() }
    pub fn with_backoff<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: OfAChild { uncallable!() }
    pub fn with_shutdown<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: OfAChild { uncallable!() }
    pub fn with_restart_policy<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: OfAChild { uncallable!() }
    pub fn with_heartbeat<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: OfAChild { uncallable!() }
    pub fn with_mailbox<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: OfAChild { uncallable!() }
    pub fn with_intensity<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Intensity { uncallable!() }
    pub fn name<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Prefixed { uncallable!() }
    pub fn max_restarts<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Prefixed { uncallable!() }
    pub fn restart_window<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Prefixed { uncallable!() }
    pub fn shutdown_timeout<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Prefixed { uncallable!() }
    pub fn with_max_intensity<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Intensity { uncallable!() }
    pub fn with_max_retries<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Intensity { uncallable!() }
    pub fn with_restart_limit<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Intensity { uncallable!() }
    pub fn with_restart_intensity<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Intensity { uncallable!() }
    pub fn with_period<'a, T>(&'a self, _: T) -> SupervisorBuilder where &'a Self: Intensity { uncallable!() }
}

/// The functions that a specification has in other libraries.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct SpecElsewhere<S>(PhantomData<fn(S)>);

#[doc(hidden)]
impl<S> Deref for ChildSpec<S> {
    type Target = SpecElsewhere<S>;

    fn deref(&self) -> &Self::Target {
        &SpecElsewhere(PhantomData)
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<S> SpecElsewhere<S> {
    // Without it, the compiler suggests `with_start`.
    pub fn with_restart<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: NamedOtherwise { uncallable!() }
    pub fn restart<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: NamedOtherwise { uncallable!() }
    pub fn with_fn<'a, F>(&'a self, _: F) -> ChildSpec<Ready<ChildRef<()>>> where &'a Self: RunByTask { uncallable!() }
    pub fn with_function<'a, F>(&'a self, _: F) -> ChildSpec<Ready<ChildRef<()>>> where &'a Self: RunByTask { uncallable!() }
    pub fn with_closure<'a, F>(&'a self, _: F) -> ChildSpec<Ready<ChildRef<()>>> where &'a Self: RunByTask { uncallable!() }
    pub fn with_start_fn<'a, F>(&'a self, _: F) -> ChildSpec<Ready<ChildRef<()>>> where &'a Self: RunByTask { uncallable!() }
    pub fn task<'a, F>(&'a self, _: F) -> ChildSpec<Ready<ChildRef<()>>> where &'a Self: RunByTask { uncallable!() }
    pub fn run<'a, F>(&'a self, _: F) -> ChildSpec<Ready<ChildRef<()>>> where &'a Self: RunByTask { uncallable!() }
    pub fn build<'a>(&'a self) -> ChildSpec<S> where &'a Self: GivenAway { uncallable!() }
    pub fn spawn<'a>(&'a self) -> ChildSpec<S> where &'a Self: GivenAway { uncallable!() }
    pub fn start<'a>(&'a self) -> ChildSpec<S> where &'a Self: GivenAway { uncallable!() }
    pub fn with_name<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: NamedAtFirst { uncallable!() }
    pub fn with_id<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: NamedAtFirst { uncallable!() }
    pub fn with_every<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Repeated { uncallable!() }
    pub fn shutdown<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Prefixed { uncallable!() }
    pub fn backoff<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Prefixed { uncallable!() }
    pub fn restart_policy<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Prefixed { uncallable!() }
    pub fn mailbox<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Prefixed { uncallable!() }
    pub fn heartbeat<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Prefixed { uncallable!() }
    pub fn on_exit<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Hooked { uncallable!() }
    pub fn on_stop<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Hooked { uncallable!() }
    pub fn on_start<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Hooked { uncallable!() }
    pub fn on_error<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Hooked { uncallable!() }
    pub fn on_panic<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Hooked { uncallable!() }
    pub fn with_on_exit<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Hooked { uncallable!() }
    pub fn with_interval<'a, T>(&'a self, _: T) -> ChildSpec<S> where &'a Self: Repeated { uncallable!() }
}

/// The supervisor of partitions, with the functions that partitions have in other libraries.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct PartitionedElsewhere<M> {
    pub(super) supervisor: Supervisor,
    pub(super) messages: PhantomData<fn(M)>,
}

#[doc(hidden)]
impl<M> Deref for PartitionedElsewhere<M> {
    type Target = Supervisor;

    fn deref(&self) -> &Supervisor {
        &self.supervisor
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<M> PartitionedElsewhere<M> {
    pub fn send<'a>(&'a self, _: M) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Keyless { uncallable!() }
    pub fn ask<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> future::Ready<Result<R, SupervisorError>> where &'a Self: Keyless { uncallable!() }
    pub fn get<'a, K>(&'a self, _: K) -> ChildRef<M> where &'a Self: NumberedPartition { uncallable!() }
    pub fn partition<'a, K>(&'a self, _: K) -> ChildRef<M> where &'a Self: NumberedPartition { uncallable!() }
    pub fn shard<'a, K>(&'a self, _: K) -> ChildRef<M> where &'a Self: NumberedPartition { uncallable!() }
    pub fn for_key<'a, K>(&'a self, _: K) -> ChildRef<M> where &'a Self: NumberedPartition { uncallable!() }
    pub fn by_key<'a, K>(&'a self, _: K) -> ChildRef<M> where &'a Self: NumberedPartition { uncallable!() }
    pub fn route<'a, K>(&'a self, _: K) -> ChildRef<M> where &'a Self: NumberedPartition { uncallable!() }
    pub fn worker<'a, K>(&'a self, _: K) -> ChildRef<M> where &'a Self: NumberedPartition { uncallable!() }
}

#[doc(hidden)]
impl<M, I: ByNumber> Index<I> for Partitioned<M> {
    type Output = ChildRef<M>;

    fn index(&self, _index: I) -> &ChildRef<M> {
        unreachable!("nothing is `ByNumber`")
    }
}
