//! The end of a supervisor's life: by the engine's decision, or because its task was dropped.

use std::mem;
use std::sync::Arc;

use super::SupervisorRun;
use super::child::ChildTask;
use crate::engine::{Child, Effect, Ending, State};
use crate::inbox::Message;
use crate::mailbox::Closing;
use crate::packed_instant::PackedInstant;
use crate::runtime::node::Declared;
use crate::slot::Wakers;
use crate::spec::{Escalation, ExitReason};

impl SupervisorRun {
    /// Ends the life and returns `true`, if the engine has decided to end it.
    pub(super) fn conclude_if_ended(&mut self) -> bool {
        let Some(ending) = self.ending.take() else { return false };
        let blame = |name, reason| Escalation { path: self.node.path().join(&name), reason };
        let reason = match ending {
            Ending::Shutdown => ExitReason::Shutdown,
            Ending::RuntimeGone => ExitReason::RuntimeGone,
            Ending::GaveUp { name, reason } => ExitReason::Escalated(Arc::new(blame(name, reason))),
            Ending::StartFailed { name, reason } => {
                ExitReason::StartFailed(Arc::new(blame(name, reason)))
            }
        };
        self.conclude(&reason);
        true
    }

    /// Ends the life: closes the mailbox of each child that does not come back, and answers every
    /// pending caller.
    fn conclude(&mut self, reason: &ExitReason) {
        self.concluded = true;
        self.wakers.take().into_iter().for_each(Wakers::wake);
        let mut declared = Vec::new();
        if self.has_declaration {
            declared.reserve_exact(self.engine.count());
        }
        for child in self.engine.take_children() {
            if matches!(child.state, State::Zombie) {
                let slot = child.data.slot();
                let began = slot.core().stop_began().unwrap_or_else(PackedInstant::now);
                self.node.child_left_behind(slot, began);
            }
            if !child.declared {
                child.data.slot().core().set_link(None);
                self.node.close_for_good(&child.data.body, Closing::Gone, &mut self.reaper);
                child.data.reap(&mut self.reaper);
            } else if self.has_declaration {
                let Child { rules, data: ChildTask { body, .. }, .. } = child;
                declared.push(Declared { rules, body });
            }
        }
        if self.has_declaration {
            self.node.set_declared(declared);
        }
        let messages = mem::take(&mut self.batch).into_iter().chain(self.inbox.close());
        messages.for_each(Message::turn_away);
        self.node.ended(reason, &mut self.reaper);
        self.reaper.reap();
    }
}

impl Drop for SupervisorRun {
    /// Answers every pending caller, and ends the life, if the task was dropped or panicked.
    fn drop(&mut self) {
        if self.concluded {
            return;
        }
        self.engine.abandon();
        while let Some(effect) = self.engine.effect() {
            match effect {
                Effect::Answer(..) | Effect::Refused(_) => self.perform(effect),
                // All other effects need a runtime, which is gone.
                _ => {}
            }
        }
        if !self.conclude_if_ended() {
            self.conclude(&ExitReason::RuntimeGone);
        }
    }
}
