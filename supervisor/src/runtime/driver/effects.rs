//! Carries out the engine's effects.

use std::sync::Arc;

use super::SupervisorRun;
use super::child::{AbortOnDrop, ChildTask};
#[cfg(feature = "lease")]
use crate::engine::Down;
use crate::engine::{Child, Effect, Event, Exit, Key, Shown, State};
use crate::inbox::{self, Link, Message, Reply};
use crate::life::detached::StopTimes;
#[cfg(feature = "lease")]
use crate::life::gate::Gate;
use crate::life::{self, PendingLife};
use crate::mailbox::Closing;
use crate::observe::LifeSpan;
use crate::packed_instant::PackedInstant;
use crate::runtime::node::Body;
use crate::slot::{Beginning, Duties, Heartbeat};
use crate::spec::ExitReason;

impl SupervisorRun {
    /// Carries out one effect.
    pub(super) fn perform(&mut self, effect: Effect<ChildTask, Reply>) {
        match effect {
            Effect::Show(child, state) => self.show(child, state),
            Effect::Spawn { child, generation, restarts } => {
                self.launch(child, generation, restarts);
            }
            Effect::Adopt(child) => self.adopt(child),
            Effect::DrainMailbox(child) => self.drain_mailbox(child),
            Effect::Ask(child) => self.ask(child),
            Effect::Abort(child) => self.abort(child),
            Effect::CheckHeartbeat(child) => self.check_heartbeat(child),
            Effect::Limit(child, limit) => self.tell_nested(child, limit.event()),
            Effect::NoReturn(child) => self.tell_nested(child, Event::NoReturn),
            Effect::RetryLater(child, retry) => self.push_event(Event::Retry(child, retry)),
            Effect::ContinueLater => self.push_event(Event::Continue),
            Effect::Close(child) => self.close(child),
            Effect::Forgotten(child) => {
                if let Some(child) = self.engine.take_forgotten(child) {
                    self.forget(child);
                    self.wake_if_there_is_room();
                }
            }
            Effect::Refused(child) => child.refuse(&mut self.reaper),
            Effect::Answer(reply, answer) => inbox::answer(reply, answer),
            Effect::Notify(notice) => self.notify(notice),
            Effect::Started => self.node.started(),
            Effect::Ended(ending) => self.ending = Some(*ending),
        }
    }

    /// Puts an event behind the messages that already wait in the inbox.
    fn push_event(&self, event: Event<Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }

    fn show(&mut self, key: Key, state: Shown) {
        if let Some(child) = self.engine.child(key) {
            child.data.slot().core().show(child.generation, state);
        }
    }

    /// Begins a life of a child. A life that cannot begin is reported as one that has ended.
    fn launch(&mut self, key: Key, generation: u64, restarts: bool) {
        let Some((child, rules, _)) = self.engine.parts_mut(key) else { return };
        let slot = Arc::clone(child.slot());
        if slot.core().is_occupied() {
            // The child's previous life could not be stopped and still runs; an earlier life of
            // this supervisor may have begun it.
            let exit = Exit::Returned(ExitReason::StillRunning);
            return self.push_event(Event::Exited(key, generation, exit));
        }
        let span = LifeSpan::new(|| slot.core().path(), generation);
        let duties = Duties { notify: rules.needs_report(), heartbeat: rules.heartbeat.is_some() };
        let up = rules.is_up_once_spawned().then_some(self.now);
        let kill_grace = self.node.rules().kill_grace;
        let times = StopTimes { shutdown: rules.shutdown, kill_grace };
        let beginning = Beginning { inbox: &self.inbox, key, duties, up, restarts };
        slot.begin_life(generation, beginning);
        match &child.body {
            Body::Supervisor { node, .. } => {
                let link = Link { inbox: Arc::clone(&self.inbox), key };
                node.launch(&link, generation, rules.restart);
            }
            Body::Task { factory, .. } => {
                let life = PendingLife {
                    slot,
                    generation,
                    span,
                    times,
                    #[cfg(feature = "lease")]
                    pass: self.gate.as_ref().map(Gate::admit),
                };
                match life::launch(Arc::clone(factory), life) {
                    Ok(task) => child.task = AbortOnDrop::new(task),
                    Err(reason) => {
                        child.slot().end_life(generation);
                        let exit = Exit::Returned(reason);
                        self.push_event(Event::Exited(key, generation, exit));
                    }
                }
            }
        }
    }

    fn drain_mailbox(&self, key: Key) {
        if let Some(child) = self.engine.child(key) {
            child.data.slot().begin_drain();
        }
    }

    /// Asks a child's life to stop; aborts a life that has never checked its shutdown signal.
    fn ask(&mut self, key: Key) {
        let Some(child) = self.engine.child_mut(key) else { return };
        match &child.body {
            Body::Supervisor { node, slot } => {
                slot.core().begin_stop(self.now);
                node.tell(Event::Stop);
            }
            Body::Task { slot, .. } => {
                match slot.ask(self.now) {
                    Some(wakers) => {
                        // Keep the newest wakers until this batch is handled, and wake those kept
                        // before. A child woken now could end on another thread and wait for this
                        // task.
                        if let Some(previous) = self.wakers.replace(wakers) {
                            previous.wake();
                        }
                    }
                    None => child.task.abort(),
                }
            }
        }
    }

    /// Aborts a child's life: drops the task of a worker, kills the children of a supervisor.
    fn abort(&mut self, key: Key) {
        let Some(child) = self.engine.child_mut(key) else { return };
        child.slot().core().begin_stop(self.now);
        match &child.body {
            Body::Supervisor { node, .. } => node.tell(Event::Kill),
            Body::Task { .. } => child.task.abort(),
        }
    }

    /// Tells the life of a nested supervisor of this event.
    fn tell_nested(&self, key: Key, event: Event<Reply>) {
        if let Some(child) = self.engine.child(key)
            && let Body::Supervisor { node, .. } = &child.data.body
        {
            node.tell(event);
        }
    }

    fn check_heartbeat(&mut self, key: Key) {
        let Some(child) = self.engine.child(key) else { return };
        let at = match child.data.slot().core().last_heartbeat() {
            Heartbeat::Given(at) => PackedInstant::of(at),
            // A child that waits for a message is healthy.
            Heartbeat::Idle => self.now,
        };
        let event = Event::LastHeartbeat(key, child.generation, at);
        self.engine.on(self.now, event);
    }

    /// Closes the mailbox of a child that has no pending life.
    pub(super) fn close(&mut self, key: Key) {
        if let Some(child) = self.engine.child(key) {
            self.node.close_for_good(&child.data.body, Closing::NotRunning, &mut self.reaper);
            #[cfg(feature = "lease")]
            if let (Body::Supervisor { node, .. }, State::Down(Down::Standby)) =
                (&child.data.body, &child.state)
            {
                node.stand_by();
            }
        }
    }

    fn forget(&mut self, child: Child<ChildTask, Reply>) {
        if let State::Down(down) = child.state {
            child.data.slot().core().mark_down(down.into());
        }
        // A restart of this supervisor brings its declared children back.
        let returns = child.declared && self.node.is_held();
        let child = child.data;
        let closing = if returns { Closing::NotRunning } else { Closing::Gone };
        self.node.close_for_good(&child.body, closing, &mut self.reaper);
        if closing == Closing::Gone {
            child.slot().core().set_link(None);
        }
        child.reap(&mut self.reaper);
    }
}
