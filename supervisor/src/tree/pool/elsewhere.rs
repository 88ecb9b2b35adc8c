//! Functions of a pool with the names that other libraries use, as in `child/elsewhere.rs`: each exists
//! for the compiler's error, and those of a program's own traits come first.

use std::future;
use std::iter::Empty;
use std::marker::PhantomData;
use std::ops::{Deref, Index};

use super::{AddWorker, OwnValue, Pool};
use crate::child::Worker;
use crate::error::SupervisorError;
use crate::mailbox::Reply;
use crate::supervisor::Supervisor;
use crate::tree::Child;

no_condition!(
    Addressed: "a pool receives no messages: its workers do",
    "`add_worker` and `add_worker_with` return the address of a worker; `workers().await?` those of all",
    note = "workers that share the messages by a key are `simple_one_for_one(partitions = 4)`"
);
no_condition!(
    Startable: "a worker is added to a pool by `add_worker_with`",
    "write `add_worker_with(value)`; if all workers are alike, `add_worker()`"
);
no_condition!(
    Walked: "the workers of a pool come and go: those of the moment are asked for",
    "write `workers().await?`, which gives the address of each"
);
no_condition!(
    Numbered: "a worker of a pool is no element of an array",
    "write `workers().await?` for the addresses of all; `add_worker` and `add_worker_with` return that of a new one"
);

no_condition!(
    Dismissing: "a worker of a pool is stopped by its address",
    "write `worker.terminate().await`, or `terminate_child(\"#1\").await` with its number"
);
no_condition!(
    Growing: "a pool has the workers that are added to it",
    "write `add_workers(…).await` to add several; a fixed number is `simple_one_for_one(partitions = 4)` in the tree"
);

/// A pool's supervisor, with the functions that a pool has in other libraries.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct PoolElsewhere<W, V> {
    pub(super) supervisor: Supervisor,
    pub(super) worker: PhantomData<fn(W, V)>,
}

#[doc(hidden)]
impl<W, V> Deref for PoolElsewhere<W, V> {
    type Target = Supervisor;

    fn deref(&self) -> &Supervisor {
        &self.supervisor
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<W: Child, V> PoolElsewhere<W, V> {
    // Without it, the compiler suggests `restart_child`.
    pub fn start_child<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    pub fn start_worker<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    pub fn spawn<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    pub fn spawn_worker<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    pub fn push<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    pub fn add<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    pub fn insert<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    pub fn new_worker<'a>(&'a self, _: W::Recipe) -> AddWorker<'a, W, V> where &'a Self: Startable, V: OwnValue { uncallable!() }
    // Without it, the compiler finds that of the pool's supervisor, which adds no workers.
    pub fn add_child<'a, T>(&'a self, _: T) -> future::Ready<Result<T, SupervisorError>> where &'a Self: Startable { uncallable!() }
    pub fn remove_worker<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Dismissing { uncallable!() }
    pub fn stop_worker<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Dismissing { uncallable!() }
    pub fn terminate_worker<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Dismissing { uncallable!() }
    pub fn kill_worker<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Dismissing { uncallable!() }
    pub fn remove<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Dismissing { uncallable!() }
    pub fn resize<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Growing { uncallable!() }
    pub fn scale<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Growing { uncallable!() }
    pub fn scale_to<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Growing { uncallable!() }
    // Without it, the compiler finds that of the pool's supervisor, which lists no addresses.
    pub fn iter<'a>(&'a self) -> Empty<W::Handle> where &'a Self: Walked { uncallable!() }
    pub fn get<'a, I>(&'a self, _: I) -> Option<W::Handle> where &'a Self: Walked { uncallable!() }
    pub fn first<'a>(&'a self) -> Option<W::Handle> where &'a Self: Walked { uncallable!() }
    pub fn any<'a>(&'a self) -> W::Handle where &'a Self: Walked { uncallable!() }
    pub fn pick<'a>(&'a self) -> W::Handle where &'a Self: Walked { uncallable!() }
    pub fn random<'a>(&'a self) -> W::Handle where &'a Self: Walked { uncallable!() }
    pub fn next_worker<'a>(&'a self) -> W::Handle where &'a Self: Walked { uncallable!() }
    pub fn checkout<'a>(&'a self) -> W::Handle where &'a Self: Walked { uncallable!() }
    pub fn worker<'a, I>(&'a self, _: I) -> Option<W::Handle> where &'a Self: Walked { uncallable!() }
}

#[doc(hidden)]
impl<W: Child, V, I: Numbered> Index<I> for Pool<W, V> {
    type Output = W::Handle;

    fn index(&self, _index: I) -> &W::Handle {
        unreachable!("nothing is `Numbered`")
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<W: Worker, V> PoolElsewhere<W, V> {
    pub fn broadcast<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Addressed { uncallable!() }
    pub fn send_all<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Addressed { uncallable!() }
    pub fn send<'a>(&'a self, _: W::Message) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Addressed { uncallable!() }
    pub fn ask<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> W::Message) -> future::Ready<Result<R, SupervisorError>> where &'a Self: Addressed { uncallable!() }
}
