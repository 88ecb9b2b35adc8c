//! Functions with the names that other libraries use, as in `child/elsewhere.rs`: each exists for the
//! compiler's error, and those of a program's own traits come first.

#![expect(clippy::unused_self, reason = "nothing can call these functions")]

use std::convert::Infallible;
use std::future;
use std::marker::PhantomData;
use std::ops::Deref;

use super::{ChildSpec, SupervisorBuilder};
use crate::child::Question;
use crate::error::SupervisorError;
use crate::spec::RestartPolicy;
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
impl BuilderElsewhere {
    pub fn with_children<'a, T>(&'a self, _children: T) -> SupervisorBuilder
    where
        &'a Self: OneByOne,
    {
        unreachable!("no builder is `OneByOne`")
    }

    pub fn add_child<'a, S>(&'a self, _spec: ChildSpec<S>) -> Infallible
    where
        &'a Self: Built,
    {
        unreachable!("no builder is `Built`")
    }

    pub fn start<'a>(&'a self) -> future::Ready<Infallible>
    where
        &'a Self: Built,
    {
        unreachable!("no builder is `Built`")
    }
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
impl<S> SpecElsewhere<S> {
    // Without it, the compiler suggests `with_start`.
    pub fn with_restart<'a>(&'a self, _policy: RestartPolicy) -> ChildSpec<S>
    where
        &'a Self: NamedOtherwise,
    {
        unreachable!("nothing is `NamedOtherwise`")
    }
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
impl<M> PartitionedElsewhere<M> {
    pub fn send<'a>(&'a self, _message: M) -> future::Ready<Result<(), SupervisorError>>
    where
        &'a Self: Keyless,
    {
        unreachable!("no partitions are `Keyless`")
    }

    pub fn ask<'a, R>(
        &'a self,
        _make: impl Question<M, R>,
    ) -> future::Ready<Result<R, SupervisorError>>
    where
        &'a Self: Keyless,
    {
        unreachable!("no partitions are `Keyless`")
    }
}
