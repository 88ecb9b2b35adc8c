//! Whose child a supervisor is, and who its children are.

use std::sync::Arc;

use super::{Node, Parent, Phase, TreeHandle};
use crate::child_spec::Body;
use crate::error::SupervisorError;
use crate::options::ChildOptions;
use crate::path::Name;
use crate::rules;
use crate::slot::AnySlot;
use crate::supervisor::Keep;

impl Node {
    /// Makes a child one of this supervisor's: its address leads here from now on. Its options are
    /// checked, if it has any of its own that have not been.
    pub(crate) fn own(
        self: &Arc<Self>,
        name: &Name,
        options: Option<&ChildOptions>,
        body: &Body,
    ) -> Result<(), SupervisorError> {
        let is_worker = name.number().is_some();
        if !name.is_valid() || is_worker && self.template.is_none() {
            let rule = "a name is not empty, has no `/`, and is not `#` and a number".to_owned();
            return Err(SupervisorError::InvalidSpec(self.path().join(name), rule));
        }
        // A pool's workers have the template's options; as tasks they break no rule that the
        // template did not break before them.
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
        if let Body::Supervisor { node, slot } = body {
            node.attach(self, slot)?;
        }
        body.slot().core().set_owner(self);
        Ok(())
    }

    fn attach(
        self: &Arc<Self>,
        parent: &Arc<Self>,
        slot: &Arc<dyn AnySlot>,
    ) -> Result<(), SupervisorError> {
        let mut ancestor = Some(Arc::clone(parent));
        while let Some(node) = ancestor {
            if Arc::ptr_eq(&node, self) {
                return Err(SupervisorError::Cycle(self.path()));
            }
            ancestor = node.parent();
        }
        {
            let mut place = self.lock();
            if place.parent.is_some() {
                drop(place);
                return Err(SupervisorError::AlreadySupervised(self.path()));
            }
            if let Phase::Ended(reason) = &place.phase {
                let reason = reason.clone();
                drop(place);
                return Err(SupervisorError::Ended(self.path(), reason));
            }
            place.parent = Some(Parent { node: Arc::downgrade(parent), slot: Arc::clone(slot) });
        }
        // Whoever listens to this tree goes on listening to the same part of the larger one.
        let root = parent.root();
        root.hub.take_over(&self.hub, &self.path());
        Ok(())
    }

    /// Keeps it alive until its parent does, or has refused it.
    pub(crate) fn hold(&self, keep: Option<Arc<Keep>>) {
        let old = std::mem::replace(&mut self.lock().keep, keep);
        drop(old);
    }

    /// Undoes [`own`](Self::own) for a child that was refused: a supervisor is a root again. What
    /// is returned is to be dropped where the user's code may run.
    pub(crate) fn disown(body: &Body) -> Option<(Option<TreeHandle>, Option<Arc<Keep>>)> {
        let Body::Supervisor { node, slot } = body else { return None };
        let (root, path) = (node.root(), node.path());
        let (parent, keep, ended) = {
            let mut place = node.lock();
            (place.parent.take(), place.keep.take(), matches!(place.phase, Phase::Down(_)))
        };
        let handle = parent.and_then(|parent| parent.node.upgrade()?.let_go_of(slot.core().name()));
        root.hub.give_back(&node.hub, &path);
        if ended {
            // It ended in between, when it had a parent who could have started it again.
            node.bury();
        }
        Some((handle, keep))
    }

    /// Forgets the handle of a worker that is a tree.
    pub(crate) fn let_go_of(&self, worker: &Name) -> Option<TreeHandle> {
        self.template.as_ref()?.trees.remove(worker)
    }
}
