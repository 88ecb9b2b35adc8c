//! Carrying out what the engine has decided, one function for each kind of effect.

use std::sync::Arc;

use tokio::time::Instant;

use super::Reign;
use super::seat::{Link, Message, Reply, Seat, Task, refuse};
use crate::child_spec::Body;
use crate::engine::{Child, Effect, Event, Exit, Key};
use crate::exit::ExitReason;
use crate::journal;
use crate::kept::StopTimes;
use crate::life::Seed;
use crate::mailbox::Closing;
use crate::slot::{Beginning, Duties, Sign};

impl Reign {
    pub(super) fn perform(&mut self, now: Instant, effect: Effect<Seat, Reply>) {
        match effect {
            Effect::Spawn { child, generation } => self.launch(now, child, generation),
            Effect::Adopt(child) => self.adopt(now, child),
            Effect::Ask(child) => self.ask(now, child),
            Effect::Abort(child) => self.abort(now, child),
            Effect::CheckHeartbeat(child) => self.check_heartbeat(now, child),
            Effect::RetryLater(child, retry) => self.later(Event::Retry(child, retry)),
            Effect::ContinueLater => self.later(Event::Continue),
            Effect::Close(child) => self.close(child),
            Effect::Forgotten(child) => {
                if let Some(child) = self.engine.take_forgotten(child) {
                    self.forget(child);
                }
            }
            Effect::Refused(seat) => refuse(*seat, &mut self.reaper),
            Effect::Answer(reply, answer) => {
                // A caller who no longer waits does not undo the command.
                let _ = reply.send(answer);
            }
            Effect::Tell(notice) => journal::tell(self, now, notice),
            Effect::Started => self.node.started(),
            Effect::Ended(ending) => self.ending = Some(*ending),
        }
    }

    /// Puts an event behind what is already waiting.
    fn later(&self, event: Event<Seat, Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }

    fn launch(&mut self, now: Instant, key: Key, generation: u64) {
        let Some(child) = self.engine.child(key) else { return };
        let rules = &child.rules;
        let slot = Arc::clone(child.data.slot());
        if slot.core().is_occupied() {
            // An earlier life, perhaps of an earlier life of this supervisor, goes on.
            let exit = Exit::Returned(ExitReason::StillRunning);
            return self.later(Event::Exited(key, generation, exit));
        }
        let span = journal::span(slot.core(), generation);
        let duties = Duties { notify: rules.needs_report(), heartbeat: rules.heartbeat.is_some() };
        let up = rules.is_up_once_spawned().then_some(now);
        let times =
            StopTimes { shutdown: rules.shutdown, kill_grace: self.node.rules().kill_grace };
        let beginning = Beginning { inbox: &self.inbox, key, duties, up };
        slot.begin_life(generation, beginning);
        let Some(seat) = self.engine.child_mut(key) else { return };
        match &seat.body {
            Body::Supervisor { node, .. } => {
                node.launch(Link { inbox: Arc::clone(&self.inbox), key }, generation);
            }
            Body::Task { recipe, .. } => {
                match Arc::clone(recipe).launch(Seed { slot, generation, span, times }) {
                    Ok(task) => seat.task = Task::new(task),
                    Err(reason) => {
                        seat.slot().end_life(generation);
                        self.later(Event::Exited(key, generation, Exit::Returned(reason)));
                    }
                }
            }
        }
    }

    /// A running supervisor is now a child of this one.
    fn adopt(&mut self, now: Instant, key: Key) {
        let Some(child) = self.engine.child(key) else { return };
        if let Body::Supervisor { node, slot } = &child.data.body {
            let (inbox, duties) = (&self.inbox, Duties::default());
            slot.core().begin(child.generation, Beginning { inbox, key, duties, up: Some(now) });
            node.report_to(&Link { inbox: Arc::clone(inbox), key }, child.generation);
        }
    }

    fn ask(&mut self, now: Instant, key: Key) {
        let Some(seat) = self.engine.child_mut(key) else { return };
        match &seat.body {
            Body::Supervisor { node, slot } => {
                slot.core().begin_stop(now);
                node.tell(Event::Stop);
            }
            Body::Task { slot, .. } => {
                match slot.ask(now) {
                    Some(woken) => {
                        // The last one is woken when all is done here: it may run at once, on
                        // another thread, and has nothing to wait for then.
                        if let Some(before) = self.woken.replace(woken) {
                            before.wake();
                        }
                    }
                    None => seat.task.abort(),
                }
            }
        }
    }

    fn abort(&mut self, now: Instant, key: Key) {
        let Some(seat) = self.engine.child_mut(key) else { return };
        seat.slot().core().begin_stop(now);
        match &seat.body {
            Body::Supervisor { node, .. } => node.tell(Event::Kill),
            Body::Task { .. } => seat.task.abort(),
        }
    }

    fn check_heartbeat(&mut self, now: Instant, key: Key) {
        let Some(child) = self.engine.child(key) else { return };
        let (Some(limit), generation) = (child.rules.heartbeat, child.generation) else { return };
        let core = child.data.slot().core();
        let event = match core.last_sign() {
            Sign::Given(at) if now.saturating_duration_since(at) >= limit => {
                Event::Hung(key, generation, limit)
            }
            Sign::Given(at) => Event::Alive(key, generation, at),
            // Waiting for a message is as good as a sign.
            Sign::Idle => Event::Alive(key, generation, now),
        };
        self.engine.on(now, event);
    }

    /// No life of the child is pending.
    fn close(&mut self, key: Key) {
        if let Some(child) = self.engine.child(key) {
            self.node.retire(&child.data.body, Closing::NotRunning, &mut self.reaper);
        }
    }

    fn forget(&mut self, child: Child<Seat, Reply>) {
        let seat = child.data;
        let slot = seat.slot();
        // A declared child comes back if its supervisor is restarted.
        let returns = child.declared && self.node.is_supervised();
        let closing = if returns { Closing::NotRunning } else { Closing::Gone };
        self.node.retire(&seat.body, closing, &mut self.reaper);
        if closing == Closing::Gone {
            slot.core().set_link(None);
        }
        self.reaper.take_seat(seat);
    }
}
