//! Adoption: makes a child, or a running supervisor, the child of a supervisor.

use std::sync::Arc;

use super::{Body, Hold, Node, NodeState, Parent, ShutdownOnDrop, TreeHandle, rules};
use crate::error::SupervisorError;
use crate::observe::{Moving, log};
use crate::slot::AnySlot;
use crate::spec::{ChildOptions, Name};
use crate::sync::{Mutex, MutexGuard, PoisonError, shared_static};

shared_static! {
    /// The lock under which trees are joined and separated, for all trees of the process: adoptions
    /// are rare, and two of them at once could make a supervisor its own ancestor.
    static ADOPTING: Mutex<()> = Mutex::new(());
}

/// Waits until no other adoption goes on, and keeps others from beginning.
pub(super) fn adopting() -> MutexGuard<'static, ()> {
    ADOPTING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Node {
    /// Makes this supervisor the owner of a child, and checks the child's `options`, unless they
    /// are `None` because they have been checked before.
    ///
    /// # Errors
    ///
    /// `InvalidSpec` if the name or the options break a rule; `Cycle`, `AlreadySupervised` or
    /// `Ended` if the child is a supervisor that cannot be adopted.
    pub(crate) fn adopt_child(
        self: &Arc<Self>,
        name: &Name,
        options: Option<&ChildOptions>,
        body: &Body,
        hold: Hold,
    ) -> Result<(), SupervisorError> {
        let is_worker = name.number().is_some();
        if !name.is_valid() || is_worker && self.template.is_none() {
            let path = self.path().join(name);
            return Err(SupervisorError::InvalidSpec(path, Name::RULE.to_owned()));
        }
        // A pool's workers have the template's options, and a worker that is a task breaks no rule
        // that the template does not break.
        let options = match &self.template {
            Some(_) if matches!(body, Body::Task { .. }) => None,
            Some(template) => Some(&template.options),
            None => options,
        };
        if let Some(options) = options
            && let Some(rule) = rules::broken_by(name, options, body, &self.rules)
        {
            return Err(SupervisorError::InvalidSpec(self.path().join(name), rule.to_string()));
        }
        if let Some(options) = options
            && let Some(doubt) = rules::doubtful_by(name, options, body, &self.rules)
        {
            log::doubtful(self.path().join(name).as_ref(), doubt.as_str());
        }
        if let Body::Supervisor { node, slot } = body {
            node.attach(self, slot, hold)?;
        }
        body.slot().core().set_owner(&self.anchor);
        Ok(())
    }

    /// Makes `parent` the parent of this supervisor.
    fn attach(
        self: &Arc<Self>,
        parent: &Arc<Self>,
        slot: &Arc<dyn AnySlot>,
        hold: Hold,
    ) -> Result<(), SupervisorError> {
        let adopting = adopting();
        let mut ancestor = Some(Arc::clone(parent));
        while let Some(node) = ancestor {
            if Arc::ptr_eq(&node, self) {
                return Err(SupervisorError::Cycle(self.path()));
            }
            ancestor = node.parent();
        }
        if self.is_supervised() {
            return Err(SupervisorError::AlreadySupervised(self.path()));
        }
        if let NodeState::Ended { reason } = self.state() {
            return Err(SupervisorError::Ended(self.path(), reason));
        }
        // The subscribers of this tree keep their subscription to the same part of the larger tree.
        let path = parent.path().join(slot.core().name());
        let moving = Moving::begin();
        parent.root().subscribers.absorb(&self.subscribers, &path, &moving);
        let node = Arc::downgrade(parent);
        self.lock().parent = Some(Parent { node, slot: Arc::clone(slot), hold });
        #[cfg(feature = "lease")]
        if parent.gate().is_some()
            && let Some(rule) = self.unfit_for_gate()
        {
            // Checked only now: a life that begins from here on finds the gate.
            self.lock().parent = None;
            parent.root().subscribers.split_off(&self.subscribers, &path, &moving);
            return Err(SupervisorError::InvalidSpec(path, rule));
        }
        drop(moving);
        // (This wakes those who watch, and so waits for the end of the lock.)
        drop(adopting);
        self.health_changed();
        Ok(())
    }

    /// Sets the guard that keeps the supervisor alive until its parent holds or refuses it.
    pub(crate) fn set_keeper(&self, keeper: Option<Arc<ShutdownOnDrop>>) {
        let old = std::mem::replace(&mut self.lock().keeper, keeper);
        drop(old);
    }

    /// Undoes [`adopt_child`](Self::adopt_child) for a refused child: a supervisor is a root again.
    /// Drop the returned values only where the user's code may run.
    pub(crate) fn release_child(
        body: &Body,
    ) -> Option<(Option<TreeHandle>, Option<Arc<ShutdownOnDrop>>)> {
        let Body::Supervisor { node, slot } = body else { return None };
        let adopting = adopting();
        let (root, path) = (node.root(), node.path());
        let moving = Moving::begin();
        let (parent, keeper, has_ended) = {
            let mut locked = node.lock();
            // A supervisor that ended while its parent could still have started it again has ended
            // for good as a root.
            let reason = match &locked.state {
                NodeState::Down { reason, .. } => Some(reason.clone()),
                _ => None,
            };
            let has_ended = reason.is_some();
            if let Some(reason) = reason {
                locked.state = NodeState::Ended { reason };
            }
            (locked.parent.take(), locked.keeper.take(), has_ended)
        };
        root.subscribers.split_off(&node.subscribers, &path, &moving);
        drop(moving);
        drop(adopting);
        let handle =
            parent.and_then(|parent| parent.node.upgrade()?.take_tree_handle(slot.core().name()));
        if has_ended {
            node.end_for_good();
        }
        Some((handle, keeper))
    }

    /// Removes and returns the handle of a pool's worker that is a tree.
    pub(crate) fn take_tree_handle(&self, worker: &Name) -> Option<TreeHandle> {
        self.template.as_ref()?.trees.remove(worker)
    }
}
