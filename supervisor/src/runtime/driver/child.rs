//! A child as its supervisor holds it.

use std::fmt;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::engine::Named;
use crate::mailbox::Closing;
use crate::runtime::{Body, Node, Reaper};
use crate::slot::AnySlot;
use crate::spec::Name;

/// The driver's part of a child.
pub(crate) struct ChildTask {
    pub(crate) body: Body,
    pub(super) task: AbortOnDrop,
}

/// The task of a life, if there is one: no task outlives its supervisor, even if the supervisor's
/// own task is dropped.
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

    /// Forgets a task that has ended, so that its memory is free before the next one is spawned.
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

    /// Gives the user's values of a child that is gone to the reaper.
    pub(super) fn reap(self, reaper: &mut Reaper) {
        match self.body {
            Body::Task { factory, .. } if factory.captures_nothing() => {}
            Body::Task { factory, .. } => reaper.take_shared(factory),
            Body::Supervisor { .. } => reaper.take(self),
        }
    }

    /// Closes a child that did not get its place for good; a supervisor goes on as it was.
    pub(crate) fn refuse(self, reaper: &mut Reaper) {
        if let Some((_, leftovers)) = self.slot().close(Closing::Gone) {
            reaper.take(leftovers);
        }
        if let Some(rest) = Node::release_child(&self.body) {
            reaper.take(rest);
        }
        reaper.take(self);
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
