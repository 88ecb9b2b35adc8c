//! Functions of a pool with the names that other libraries use, as in `child/elsewhere.rs`: each exists
//! for the compiler's error, and those of a program's own traits come first.

#![expect(clippy::unused_self, reason = "nothing can call these functions")]

use std::future;
use std::marker::PhantomData;
use std::ops::Deref;

use super::{AddWorker, OwnValue};
use crate::child::{Question, Worker};
use crate::error::SupervisorError;
use crate::supervisor::Supervisor;
use crate::tree::Child;

no_condition!(
    Addressed: "a pool receives no messages: its workers do",
    "`add_worker` and `add_worker_with` return the address of a worker",
    note = "workers that share the messages by a key are `simple_one_for_one(partitions = 4)`"
);
no_condition!(
    Startable: "a worker is added to a pool by `add_worker_with`",
    "write `add_worker_with(value)`; if all workers are alike, `add_worker()`"
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
impl<W: Child, V> PoolElsewhere<W, V> {
    // Without it, the compiler suggests `restart_child`.
    pub fn start_child<'a>(&'a self, _value: W::Recipe) -> AddWorker<'a, W, V>
    where
        &'a Self: Startable,
        V: OwnValue,
    {
        unreachable!("no pool is `Startable`")
    }

    pub fn spawn<'a>(&'a self, _value: W::Recipe) -> AddWorker<'a, W, V>
    where
        &'a Self: Startable,
        V: OwnValue,
    {
        unreachable!("no pool is `Startable`")
    }

    // Without it, the compiler finds that of the pool's supervisor, which adds no workers.
    pub fn add_child<'a, T>(&'a self, _child: T) -> future::Ready<Result<T, SupervisorError>>
    where
        &'a Self: Startable,
    {
        unreachable!("no pool is `Startable`")
    }

    pub fn push<'a>(&'a self, _value: W::Recipe) -> AddWorker<'a, W, V>
    where
        &'a Self: Startable,
        V: OwnValue,
    {
        unreachable!("no pool is `Startable`")
    }
}

#[doc(hidden)]
impl<W: Worker, V> PoolElsewhere<W, V> {
    pub fn send<'a>(&'a self, _message: W::Message) -> future::Ready<Result<(), SupervisorError>>
    where
        &'a Self: Addressed,
    {
        unreachable!("no pool is `Addressed`")
    }

    pub fn ask<'a, R>(
        &'a self,
        _make: impl Question<W::Message, R>,
    ) -> future::Ready<Result<R, SupervisorError>>
    where
        &'a Self: Addressed,
    {
        unreachable!("no pool is `Addressed`")
    }
}
