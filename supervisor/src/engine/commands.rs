//! What a user can ask of a running supervisor; OTP's operations with OTP's answers.

use std::sync::Arc;

use tokio::time::Instant;

use super::child::{Child, ChildRules, Failing, OwnStop, Pending, Purpose, State};
use super::{Cycle, Effect, Engine, Key, Mode, Named, Notice};
use crate::exit::ExitReason;
use crate::path::Name;
use crate::strategy::SupervisionStrategy;

/// Which child a command is about.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Name(Name),
    /// From an address that knows its place.
    Key(Key),
}

#[derive(Debug)]
pub(crate) enum Command<C, R> {
    /// `add_child`, and `add_worker` of a pool.
    Add { rules: Arc<ChildRules>, generation: u64, running: bool, data: C, reply: R },
    /// `add_workers`, of a pool whose workers are up once they are spawned.
    AddMany { rules: Arc<ChildRules>, workers: Vec<C>, reply: R },
    /// `terminate_child`.
    Terminate(Subject, R),
    /// `restart_child`: start one that is down.
    Restart(Subject, R),
    /// `delete_child`.
    Delete(Subject, R),
    /// `ChildRef::restart`: stop and start, uncounted.
    Cycle(Subject, R),
    /// `ChildRef::kill`: a failure, counted.
    Kill(Subject, R),
    /// `testing::fail`: a failure of the test's choice, counted.
    #[cfg(feature = "test-util")]
    Fail(Subject, ExitReason, R),
}

impl<C, R> Command<C, R> {
    pub(crate) fn into_parts(self) -> (Vec<C>, R) {
        match self {
            Self::Add { data, reply, .. } => (vec![data], reply),
            Self::AddMany { workers, reply, .. } => (workers, reply),
            Self::Terminate(_, reply)
            | Self::Restart(_, reply)
            | Self::Delete(_, reply)
            | Self::Cycle(_, reply)
            | Self::Kill(_, reply) => (Vec::new(), reply),
            #[cfg(feature = "test-util")]
            Self::Fail(_, _, reply) => (Vec::new(), reply),
        }
    }
}

/// What a command led to.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Done,
    /// The child declined its start: OTP's `ignore`.
    Declined,
    /// So many were added, and why the next one was not.
    Added(usize, Option<Box<Refusal>>),
    Refused(Refusal),
}

/// Why a command was not carried out.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    AlreadyStarted,
    AlreadyPresent,
    NotFound,
    Running,
    Restarting,
    StillRunning,
    StartFailed(ExitReason),
    SimpleOneForOne,
    MaxChildren(usize),
    ShuttingDown,
}

impl<C: Named, R> Engine<C, R> {
    /// The child that a command has to wait for.
    pub(super) fn subject(&mut self, command: &Command<C, R>) -> Option<Key> {
        match command {
            Command::Add { data, .. } => self.children.find(data.name()),
            Command::AddMany { .. } => None,
            Command::Terminate(subject, _)
            | Command::Restart(subject, _)
            | Command::Delete(subject, _)
            | Command::Cycle(subject, _)
            | Command::Kill(subject, _) => self.resolve(subject),
            #[cfg(feature = "test-util")]
            Command::Fail(subject, ..) => self.resolve(subject),
        }
    }

    fn resolve(&mut self, subject: &Subject) -> Option<Key> {
        match subject {
            Subject::Name(name) => self.children.find(name),
            Subject::Key(key) => self.children.get(*key).map(|_| *key),
        }
    }

    pub(super) fn command(&mut self, now: Instant, command: Command<C, R>) {
        let command = match command {
            Command::Add { rules, generation, running, data, reply } => {
                let child = Child::new(rules, generation, data);
                return self.add(now, child, running, reply);
            }
            Command::AddMany { rules, workers, reply } => {
                return self.add_many(now, &rules, workers, reply);
            }
            other => other,
        };
        if self.rules.strategy == SupervisionStrategy::SimpleOneForOne
            && let Command::Restart(_, reply) | Command::Delete(_, reply) = command
        {
            // OTP's answer too, whatever child is named.
            return self.answer(reply, Answer::Refused(Refusal::SimpleOneForOne));
        }
        let Some(key) = self.subject(&command) else {
            // A pool knows its workers by number only.
            let pool = self.rules.strategy == SupervisionStrategy::SimpleOneForOne;
            let refusal = match &command {
                Command::Terminate(Subject::Name(name), _) if pool && name.number().is_none() => {
                    Refusal::SimpleOneForOne
                }
                _ => Refusal::NotFound,
            };
            let (_, reply) = command.into_parts();
            return self.answer(reply, Answer::Refused(refusal));
        };
        match command {
            Command::Add { .. } | Command::AddMany { .. } => {}
            Command::Terminate(_, reply) => self.terminate(now, key, reply),
            Command::Restart(_, reply) => self.restart(now, key, reply),
            Command::Delete(_, reply) => self.delete(key, reply),
            Command::Cycle(_, reply) => self.cycle_one(now, key, reply),
            Command::Kill(_, reply) => {
                self.fail(now, key, ExitReason::Killed, Some(reply));
            }
            #[cfg(feature = "test-util")]
            Command::Fail(_, reason, reply) => self.fail(now, key, reason, Some(reply)),
        }
    }

    /// Why a child cannot be added.
    fn refusal_of_child(&mut self, data: &C) -> Option<Refusal> {
        match self.children.find(data.name()) {
            Some(key) if self.children.get(key).is_some_and(|child| child.state.has_life()) => {
                Some(Refusal::AlreadyStarted)
            }
            Some(_) => Some(Refusal::AlreadyPresent),
            None => {
                let limit = self.rules.max_children.unwrap_or(u32::MAX as usize);
                (self.children.len() >= limit).then_some(Refusal::MaxChildren(limit))
            }
        }
    }

    /// The first that is refused is the last that is looked at.
    fn add_many(&mut self, now: Instant, rules: &Arc<ChildRules>, workers: Vec<C>, reply: R) {
        debug_assert!(rules.is_up_once_spawned(), "each would have an answer of its own");
        let (mut added, mut refusal) = (0, None);
        for data in workers {
            refusal = refusal.or_else(|| self.refusal_of_child(&data));
            if refusal.is_some() {
                self.effects.push_back(Effect::Refused(Box::new(data)));
            } else {
                let key = self.children.push(Child::new(Arc::clone(rules), 0, data));
                self.launch(now, key, Purpose::Together);
                added += 1;
            }
        }
        self.answer(reply, Answer::Added(added, refusal.map(Box::new)));
    }

    fn add(&mut self, now: Instant, child: Child<C, R>, running: bool, reply: R) {
        if let Some(refusal) = self.refusal_of_child(&child.data) {
            self.effects.push_back(Effect::Refused(Box::new(child.data)));
            return self.answer(reply, Answer::Refused(refusal));
        }
        let generation = child.generation;
        let key = self.children.push(child);
        if running {
            // An adopted supervisor keeps its life.
            if let Some(child) = self.children.get_mut(key) {
                child.generation = generation + 1;
            }
            let since = self.last_moment.of(now);
            self.enter(key, State::Up { since });
            self.effects.push_back(Effect::Adopt(key));
            self.tell(Notice::Started(key));
            self.answer(reply, Answer::Done);
        } else {
            self.launch(now, key, Purpose::Add(reply));
        }
    }

    fn terminate(&mut self, now: Instant, key: Key, reply: R) {
        let Some(child) = self.children.get(key) else { return };
        match &child.state {
            // (A command for a child that is starting or stopping waits for its turn.)
            State::Up { .. } | State::Starting(_) | State::Stopping(_) | State::Killing(_) => {
                self.halt(now, key, OwnStop::Terminate(reply).into());
            }
            State::Zombie => self.answer(reply, Answer::Refused(Refusal::StillRunning)),
            State::Waiting(pending) => {
                // Without a backoff there is no delay to be ended early, and OTP's rule holds:
                // what the failed start left down stays down.
                let resumes = matches!(pending, Pending::Start) || child.rules.backoff.is_some();
                let next = self.scope_start(key);
                self.stay_down(key);
                self.answer(reply, Answer::Done);
                if !self.rules.strategy.is_group() {
                    return;
                }
                if resumes {
                    self.mode = Mode::Cycling(Cycle::Starting { next, skip: Some(key) });
                    self.go_on(now);
                } else {
                    self.let_go_of_the_held();
                }
            }
            State::Down | State::Held | State::Fallen(_) => {
                self.stay_down(key);
                self.answer(reply, Answer::Done);
            }
        }
    }

    /// Lays down the children on hold that no pending restart will start any more.
    fn let_go_of_the_held(&mut self) {
        let waits = |child: &Child<C, R>| matches!(child.state, State::Waiting(_));
        let all = self.rules.strategy == SupervisionStrategy::OneForAll;
        let mut comes_back = all && self.children.iter().any(|(_, child)| waits(child));
        let mut next = self.children.first();
        while let Some((key, child)) = next.and_then(|key| Some((key, self.children.get(key)?))) {
            next = self.children.after(key);
            comes_back = comes_back || waits(child);
            if !comes_back && matches!(child.state, State::Held) {
                self.lay_down(key);
            }
        }
    }

    /// A child that its user has terminated: it stays down, or is forgotten.
    pub(super) fn stay_down(&mut self, key: Key) {
        if self.is_forgettable(key) {
            self.forget(key);
        } else {
            self.lay_down(key);
        }
    }

    pub(super) fn is_forgettable(&self, key: Key) -> bool {
        use crate::restart::RestartPolicy::Temporary;
        self.rules.strategy == SupervisionStrategy::SimpleOneForOne
            || self.children.get(key).is_some_and(|child| child.rules.restart == Temporary)
    }

    fn restart(&mut self, now: Instant, key: Key, reply: R) {
        match self.refusal_of_life(key) {
            None => self.launch(now, key, Purpose::Command(reply)),
            Some(refusal) => self.answer(reply, Answer::Refused(refusal)),
        }
    }

    fn delete(&mut self, key: Key, reply: R) {
        match self.refusal_of_life(key) {
            None => {
                self.forget(key);
                self.answer(reply, Answer::Done);
            }
            Some(refusal) => self.answer(reply, Answer::Refused(refusal)),
        }
    }

    /// Why a child cannot be started or deleted now.
    fn refusal_of_life(&self, key: Key) -> Option<Refusal> {
        match self.children.get(key)?.state {
            State::Down | State::Held => None,
            State::Waiting(_) | State::Fallen(_) => Some(Refusal::Restarting),
            State::Zombie => Some(Refusal::StillRunning),
            State::Starting(_) | State::Up { .. } | State::Stopping(_) | State::Killing(_) => {
                Some(Refusal::Running)
            }
        }
    }

    fn cycle_one(&mut self, now: Instant, key: Key, reply: R) {
        let Some(child) = self.children.get(key) else { return };
        match child.state {
            State::Starting(_) | State::Up { .. } | State::Stopping(_) | State::Killing(_) => {
                self.halt(now, key, OwnStop::Cycle(reply).into());
            }
            State::Zombie => self.answer(reply, Answer::Refused(Refusal::StillRunning)),
            State::Waiting(_) if self.rules.strategy.is_group() => {
                // The delay is over; the whole scope comes back with the child.
                self.answer(reply, Answer::Done);
                self.cycle_from(now, key);
            }
            State::Down | State::Held | State::Waiting(_) | State::Fallen(_) => {
                self.launch(now, key, Purpose::Command(reply));
            }
        }
    }

    /// Ends a life from outside, as this failure.
    pub(super) fn fail(&mut self, now: Instant, key: Key, reason: ExitReason, reply: Option<R>) {
        let Some(child) = self.children.get(key) else { return };
        if !matches!(child.state, State::Up { .. }) {
            let answer = match child.state {
                State::Zombie => Answer::Refused(Refusal::StillRunning),
                _ => Answer::Done,
            };
            reply.into_iter().for_each(|reply| self.answer(reply, answer.clone()));
            return;
        }
        self.note_health(now, key);
        self.enter(key, State::Killing(OwnStop::Fail(Failing { reason, reply }).into()));
        self.effects.push_back(Effect::Abort(key));
        self.arm_kill(now, key);
    }
}
