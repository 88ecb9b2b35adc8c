//! The commands that a user can give a running supervisor: OTP's operations, with OTP's answers,
//! plus kill and stop-and-start.

use std::sync::Arc;

use super::child::{Child, ChildRules, Down, Failing, OwnStop, Pending, Purpose, State};
use super::deferred::Deferred;
use super::{Addition, Answer, Effect, Engine, Key, Named, Order, Refusal, Subject, Verb};
use crate::packed_instant::PackedInstant;
use crate::spec::{ExitReason, Name, SupervisionStrategy};

impl<C: Named, R> Engine<C, R> {
    /// Returns the child that is the subject of an order, if the supervisor has it.
    pub(super) fn resolve(&mut self, subject: &Subject) -> Option<Key> {
        match subject {
            Subject::Name(name) => self.children.find(name),
            Subject::Key(key) => self.children.get(*key).map(|_| *key),
        }
    }

    pub(super) fn carry_out(&mut self, now: PackedInstant, order: Order<R>) {
        let Order { subject, verb, reply, .. } = order;
        let is_pool = self.rules.strategy == SupervisionStrategy::SimpleOneForOne;
        if is_pool && matches!(verb, Verb::Restart | Verb::Delete) {
            // OTP gives this answer for every name, known or not.
            return self.answer(reply, Answer::Refused(Refusal::SimpleOneForOne));
        }
        let Some(key) = self.resolve(&subject) else {
            // A pool knows its workers by number only.
            let refusal = match (&verb, &subject) {
                (Verb::Terminate | Verb::TerminateBy(_), Subject::Name(name))
                    if is_pool && name.number().is_none() =>
                {
                    Refusal::SimpleOneForOne
                }
                _ => Refusal::NotFound,
            };
            return self.answer(reply, Answer::Refused(refusal));
        };
        match verb {
            Verb::Terminate => self.terminate(now, key, reply),
            Verb::TerminateBy(limit) => {
                self.terminate(now, key, reply);
                if self.children.get(key).is_some_and(|child| child.state.has_life()) {
                    self.effects.push_back(Effect::Limit(key, limit));
                }
            }
            Verb::Restart => self.restart(now, key, reply),
            Verb::Delete => self.delete(key, reply),
            Verb::StopAndStart => self.stop_and_start(now, key, reply),
            // `order` handles `Fail` at once; it comes here only if the child was unknown then.
            Verb::Fail(reason) => self.fail(now, key, reason, Some(reply)),
            #[cfg(feature = "lease")]
            Verb::Open => self.open(now, key, reply),
            #[cfg(feature = "lease")]
            Verb::Shut => self.shut(now, key, reply),
        }
    }

    pub(super) fn bring_in(&mut self, now: PackedInstant, addition: Addition<C, R>) {
        match addition {
            Addition::One { rules, generation, running, data, after, reply, .. } => {
                self.add_one(now, Child::new(rules, generation, data), running, &after, reply);
            }
            Addition::Many { rules, workers, reply, .. } => {
                self.add_many(now, &rules, workers, reply);
            }
        }
    }

    /// Returns the refusal of a child that cannot be added.
    fn refusal_of_child(&mut self, data: &C) -> Option<Refusal> {
        match self.children.find(data.name()) {
            Some(key) if self.children.get(key).is_some_and(|child| child.state.has_life()) => {
                Some(Refusal::AlreadyStarted)
            }
            Some(_) => Some(Refusal::AlreadyPresent),
            None => (!self.has_room()).then(|| Refusal::MaxChildren(self.most_children())),
        }
    }

    /// Adds workers until one is refused; the workers after it are not examined.
    fn add_many(&mut self, now: PackedInstant, rules: &Arc<ChildRules>, workers: Vec<C>, reply: R) {
        debug_assert!(rules.is_up_once_spawned(), "each would have an answer of its own");
        let (mut added, mut refusal) = (0, None);
        for data in workers {
            refusal = refusal.or_else(|| self.refusal_of_child(&data));
            if refusal.is_some() {
                self.effects.push_back(Effect::Refused(Box::new(data)));
            } else {
                let key = self.push(Child::new(Arc::clone(rules), 0, data), &[]);
                self.launch(now, key, Purpose::Together);
                added += 1;
            }
        }
        self.answer(reply, Answer::Added(added, refusal.map(Box::new)));
    }

    fn add_one(
        &mut self,
        now: PackedInstant,
        child: Child<C, R>,
        running: bool,
        after: &[Name],
        reply: R,
    ) {
        let uses: Result<Vec<Key>, Refusal> = match self.refusal_of_child(&child.data) {
            Some(refusal) => Err(refusal),
            None => after.iter().map(|name| self.sibling(name)).collect(),
        };
        let uses = match uses {
            Ok(uses) => uses,
            Err(refusal) => {
                self.effects.push_back(Effect::Refused(Box::new(child.data)));
                return self.answer(reply, Answer::Refused(refusal));
            }
        };
        let key = self.push(child, &uses);
        if running {
            self.adopt(key, reply);
        } else {
            self.launch(now, key, Purpose::Add(reply));
        }
    }

    /// Returns the child that a new child is to be started after.
    fn sibling(&mut self, name: &Name) -> Result<Key, Refusal> {
        self.children.find(name).ok_or_else(|| Refusal::NoSibling(name.clone()))
    }

    /// Asks for a running supervisor to become the life of this child.
    fn adopt(&mut self, key: Key, reply: R) {
        if let Some(child) = self.children.get_mut(key) {
            child.generation += 1;
        }
        self.effects.push_back(Effect::Adopt(key));
        self.enter_shown(key, State::Starting(Purpose::Add(reply)));
    }

    /// Handles the outcome of an adoption: the supervisor goes on as this child, or the command is
    /// refused.
    pub(super) fn adopted(
        &mut self,
        now: PackedInstant,
        key: Key,
        generation: u64,
        refusal: Option<Box<Refusal>>,
    ) {
        let Some(refusal) = refusal else { return self.ready(now, key, generation) };
        let Some(State::Starting(purpose)) = self.enter(key, State::Down(Down::Stopped)) else {
            return;
        };
        let child = self.remove(key);
        self.effects.extend(child.map(|child| Effect::Refused(Box::new(child.data))));
        if let Some(reply) = purpose.into_reply() {
            self.answer(reply, Answer::Refused(*refusal));
        }
    }

    pub(super) fn terminate(&mut self, now: PackedInstant, key: Key, reply: R) {
        let Some(child) = self.children.get(key) else { return };
        match &child.state {
            // (Only `Up` and `Trying` occur: a command about a child that is starting or stopping is deferred.)
            State::Up { .. }
            | State::Trying { .. }
            | State::Starting(_)
            | State::Stopping(_)
            | State::Killing(_) => {
                self.halt(now, key, OwnStop::Terminate(reply).into());
            }
            State::Zombie => self.answer(reply, Answer::Refused(Refusal::StillRunning)),
            State::Waiting(pending) => {
                // With a backoff, the rest of the group is started now. Without one, OTP's rule
                // applies: children left down by the failed start stay down.
                let resumes = matches!(pending, Pending::Start) || child.rules.backoff.is_some();
                self.settle_without_life(key, Down::Stopped);
                self.answer(reply, Answer::Done);
                if !self.rules.strategy.is_group() {
                    return;
                }
                if resumes {
                    self.start_scope_but(now, key, Some(key));
                } else {
                    self.close_held_children();
                }
            }
            State::Down(down) => {
                let down = *down;
                self.settle_without_life(key, down);
                self.answer(reply, Answer::Done);
            }
            State::Held | State::ExitPending(_) | State::Resting => {
                self.settle_without_life(key, Down::Stopped);
                self.answer(reply, Answer::Done);
            }
        }
    }

    /// Closes the held children that no pending restart will start any more.
    fn close_held_children(&mut self) {
        let held = self.held_in_vain();
        held.into_iter().for_each(|key| self.close_child(key, Down::Stopped));
    }

    /// Leaves a child without a pending life: it stays down, or is forgotten.
    pub(super) fn settle_without_life(&mut self, key: Key, down: Down) {
        if self.is_forgettable(key) {
            self.forget(key, down);
        } else {
            self.close_child(key, down);
        }
    }

    pub(super) fn is_forgettable(&self, key: Key) -> bool {
        use crate::spec::RestartPolicy::Temporary;
        self.rules.strategy == SupervisionStrategy::SimpleOneForOne
            || self.children.get(key).is_some_and(|child| child.rules.restart == Temporary)
    }

    pub(super) fn restart(&mut self, now: PackedInstant, key: Key, reply: R) {
        match self.refusal_to_start_or_delete(key) {
            None => self.launch(now, key, Purpose::Command(reply)),
            Some(refusal) => self.answer(reply, Answer::Refused(refusal)),
        }
    }

    fn delete(&mut self, key: Key, reply: R) {
        match self.refusal_to_start_or_delete(key) {
            None => {
                self.forget(key, Down::Stopped);
                self.answer(reply, Answer::Done);
            }
            Some(refusal) => self.answer(reply, Answer::Refused(refusal)),
        }
    }

    /// Returns the refusal of a child that cannot be started or deleted now.
    fn refusal_to_start_or_delete(&self, key: Key) -> Option<Refusal> {
        match self.children.get(key)?.state {
            State::Down(_) | State::Held => None,
            State::Waiting(_) | State::Resting | State::ExitPending(_) => Some(Refusal::Restarting),
            State::Zombie => Some(Refusal::StillRunning),
            State::Starting(_)
            | State::Trying { .. }
            | State::Up { .. }
            | State::Stopping(_)
            | State::Killing(_) => Some(Refusal::Running),
        }
    }

    fn stop_and_start(&mut self, now: PackedInstant, key: Key, reply: R) {
        let Some(child) = self.children.get(key) else { return };
        match child.state {
            State::Starting(_)
            | State::Trying { .. }
            | State::Up { .. }
            | State::Stopping(_)
            | State::Killing(_) => {
                self.halt(now, key, OwnStop::StopAndStart(reply).into());
            }
            State::Zombie => self.answer(reply, Answer::Refused(Refusal::StillRunning)),
            State::Waiting(_) if self.rules.strategy.is_group() => {
                // The command ends the delay; the whole scope comes back with the child.
                self.answer(reply, Answer::Done);
                self.start_scope_of(now, key);
            }
            State::Down(_)
            | State::Held
            | State::Waiting(_)
            | State::Resting
            | State::ExitPending(_) => {
                self.launch(now, key, Purpose::Command(reply));
            }
        }
    }

    /// Handles an order. One that fails the child's present life acts on that life at once, since it
    /// may be what the supervisor waits for; so does one that shuts the child's gate, since a lease
    /// waits for nobody. Any other order waits for its turn, as in OTP.
    pub(super) fn order(&mut self, now: PackedInstant, order: Box<Order<R>>) {
        match (&order.verb, self.resolve(&order.subject)) {
            (Verb::Fail(reason), Some(key)) => {
                self.fail(now, key, ExitReason::clone(reason), Some(order.reply));
            }
            #[cfg(feature = "lease")]
            (Verb::Shut, Some(key)) if self.is_gated(key) => self.shut(now, key, order.reply),
            _ => self.run_or_defer(now, Deferred::Order(order)),
        }
    }

    /// Aborts the life and records this failure. A life already being stopped is aborted without a
    /// failure. Does not wait for the supervisor's other work.
    pub(super) fn fail(
        &mut self,
        now: PackedInstant,
        key: Key,
        reason: ExitReason,
        reply: Option<R>,
    ) {
        let Some(child) = self.children.get(key) else { return };
        let answer = match &child.state {
            State::Down(_)
            | State::Held
            | State::Waiting(_)
            | State::Resting
            | State::ExitPending(_) => Some(Answer::Done),
            State::Zombie => Some(Answer::Refused(Refusal::StillRunning)),
            State::Up { .. } => {
                self.note_health(now, key);
                self.abort(key, OwnStop::Fail(Failing { reason }).into());
                self.arm_kill(now, key);
                None
            }
            State::Starting(_) | State::Trying { .. } => {
                self.abort_start(now, key, reason);
                None
            }
            State::Stopping(_) => {
                self.abort_stopping(now, key);
                None
            }
            State::Killing(_) => None,
        };
        match (reply, answer) {
            (Some(reply), Some(answer)) => self.answer(reply, answer),
            (Some(reply), None) => self.awaited_ends.push((key, reply)),
            (None, _) => {}
        }
    }

    /// Takes the callers who wait for the end of the child's present life.
    pub(super) fn take_awaited_ends(&mut self, key: Key) -> Option<Vec<R>> {
        if self.awaited_ends.is_empty() {
            return None;
        }
        let ends = self.awaited_ends.extract_if(.., |(child, _)| *child == key);
        Some(ends.map(|(_, reply)| reply).collect())
    }

    /// Refuses the callers who wait for the end of the child's present life.
    pub(super) fn refuse_awaited_ends(&mut self, key: Key, refusal: &Refusal) {
        for reply in self.take_awaited_ends(key).into_iter().flatten() {
            self.answer(reply, Answer::Refused(refusal.clone()));
        }
    }
}
