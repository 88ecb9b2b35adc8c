//! Makes a running root the child of another supervisor.

use std::sync::Arc;

use super::SupervisorRun;
use super::users::present_uses;
use crate::engine::{Event, Key};
use crate::inbox::Link;
use crate::runtime::node::{Body, Declared, Node};
use crate::slot::{Beginning, Duties};
use crate::spec::RestartPolicy;

impl SupervisorRun {
    /// Makes a running supervisor the life of this child, and tells the engine whether that is
    /// possible: the supervisor may be ending as a root.
    pub(super) fn adopt(&mut self, key: Key) {
        let Some(child) = self.engine.child(key) else { return };
        let Body::Supervisor { node, slot } = &child.data.body else { return };
        let policy = child.rules.restart;
        let (node, slot, generation) = (Arc::clone(node), Arc::clone(slot), child.generation);
        let (inbox, duties) = (&self.inbox, Duties::default());
        let (up, restarts) = (Some(self.now), false);
        slot.core().begin(generation, Beginning { inbox, key, duties, up, restarts });
        let link = Link { inbox: Arc::clone(inbox), key };
        let refusal = node.go_on_as_child(&link, generation).err();
        if refusal.is_some() {
            slot.end_life(generation);
        } else {
            node.become_child(policy);
        }
        self.engine.on(self.now, Event::Adopted(key, generation, refusal.map(Box::new)));
    }
}

impl Node {
    /// Makes the life of a root that has just become a child, with this restart policy, one that
    /// others may follow. The present children are the declaration, unless they are a pool's
    /// workers: the next life of the supervisor brings them back.
    pub(super) fn become_child(self: &Arc<Self>, policy: RestartPolicy) {
        let Some(inbox) = self.inbox() else { return };
        let node = Arc::clone(self);
        let visit = SupervisorRun::visit(move |run| {
            let Some(run) = run else { return };
            run.engine.become_child(policy);
            if node.template().is_some() {
                return;
            }
            run.engine.declare_all();
            let declared = run.engine.children().map(|(_, child)| Declared {
                rules: Arc::clone(&child.rules),
                body: child.data.body.clone(),
            });
            node.set_declared(declared.collect());
            node.set_uses(present_uses(&run.engine));
            run.has_declaration = false;
        });
        // The inbox is ordered: the supervisor handles this message before any of its new parent's.
        if let Err(message) = inbox.push(visit) {
            message.turn_away();
        }
    }
}
