//! The driver's record of a child: its body and the task of its life.

use std::fmt;
use std::sync::Arc;

use crate::engine::Named;
use crate::mailbox::Closing;
use crate::runtime::node::{Body, Node};
use crate::runtime::reaper::Reaper;
use crate::slot::AnySlot;
use crate::spec::Name;
use crate::sync::task::JoinHandle;

/// The driver's record of a child, which the engine stores beside its own.
pub(crate) struct ChildTask {
    pub(crate) body: Body,
    pub(super) task: AbortOnDrop,
}

/// The task of a life, if there is one. Dropping it aborts the task, so that no task outlives its
/// supervisor, even if the supervisor's own task is dropped.
#[derive(Debug, Default)]
pub(super) struct AbortOnDrop(Option<JoinHandle<()>>);

impl AbortOnDrop {
    pub(super) fn new(task: JoinHandle<()>) -> Self {
        Self(Some(task))
    }

    pub(super) fn abort(&self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }

    /// Drops the handle of a task that has ended, so that the task's memory is free before the next
    /// task is spawned.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.abort();
    }
}

impl ChildTask {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, task: AbortOnDrop::default() }
    }

    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        self.body.slot()
    }

    /// Gives the user's values of a forgotten child to the reaper.
    pub(super) fn reap(self, reaper: &mut Reaper) {
        match self.body {
            Body::Task { factory, .. } if factory.captures_nothing() => {}
            Body::Task { factory, .. } => reaper.take_shared(factory),
            Body::Supervisor { .. } => reaper.take(self),
        }
    }

    /// Closes a refused child for good; a refused supervisor goes on as its own root.
    pub(crate) fn refuse(self, reaper: &mut Reaper) {
        if let Some((_, leftovers)) = self.slot().close(Closing::Gone) {
            reaper.take(leftovers);
        }
        if let Some(rest) = Node::release_child(&self.body) {
            reaper.take(rest);
        }
        match self.body.keep_refused() {
            Ok(slot) => reaper.take_shared(slot.into_any()),
            Err(body) => reaper.take(body),
        }
    }
}

impl fmt::Debug for ChildTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildTask").field(self.slot()).finish()
    }
}

impl Named for ChildTask {
    fn name(&self) -> &Name {
        self.slot().core().name()
    }
}
