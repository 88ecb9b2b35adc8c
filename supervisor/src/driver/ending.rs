//! The end of a supervisor's life, in whatever way it comes.

use std::mem;
use std::sync::Arc;

use tokio::time::Instant;

use super::Reign;
use super::seat::Seat;
use crate::engine::{Child, ChildState, Effect, Ending};
use crate::exit::{Escalation, ExitReason};
use crate::mailbox::Closing;
use crate::moment::Moment;
use crate::node::Declared;
use crate::report;
use crate::slot::Woken;

impl Reign {
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

    /// Leaves nothing open: no mailbox of a child that does not come back, no caller.
    fn conclude(&mut self, reason: &ExitReason) {
        self.concluded = true;
        self.woken.take().into_iter().for_each(Woken::wake);
        let mut declared = Vec::new();
        if self.has_declaration {
            declared.reserve_exact(self.engine.count());
        }
        for child in self.engine.take_children() {
            if matches!(ChildState::from(&child.state), ChildState::Unstoppable) {
                let slot = child.data.slot();
                let began = slot.core().stop_began().map_or_else(Instant::now, Moment::instant);
                report::left(&self.node, slot, began);
            }
            if !child.declared {
                child.data.slot().core().set_link(None);
                self.node.retire(&child.data.body, Closing::Gone, &mut self.reaper);
                self.reaper.take_seat(child.data);
            } else if self.has_declaration {
                let Child { rules, data: Seat { body, .. }, .. } = child;
                declared.push(Declared { rules, body });
            }
        }
        if self.has_declaration {
            self.node.set_declared(declared);
        }
        for message in mem::take(&mut self.batch).into_iter().chain(self.inbox.close()) {
            message.turn_away(&mut self.reaper);
        }
        self.node.ended(reason, &mut self.reaper);
        self.reaper.reap();
    }
}

impl Drop for Reign {
    /// The task was dropped, or panicked: whoever waits is told all the same.
    fn drop(&mut self) {
        if self.concluded {
            return;
        }
        self.engine.abandon();
        while let Some(effect) = self.engine.effect() {
            match effect {
                Effect::Answer(..) | Effect::Refused(_) => self.perform(Instant::now(), effect),
                // There is no runtime to do it on.
                _ => {}
            }
        }
        if !self.conclude_if_ended() {
            self.conclude(&ExitReason::RuntimeGone);
        }
    }
}
