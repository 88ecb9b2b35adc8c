//! Stops of children: alone, one after the other, or all at once.

use super::child::{Down, OwnStop, State, StopPurpose};
use super::timers::{Target, Timers};
use super::walk::Way;
use super::{
    Answer, BURST, Child, Effect, Ending, Engine, Key, Mode, Named, Notice, Refusal, Shown,
};
use crate::packed_instant::PackedInstant;
use crate::spec::{ChildKind, RestartPolicy, Shutdown, SupervisionStrategy};

/// The scheme by which the children of a supervisor that ends are stopped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scheme {
    /// Each when it is ready, by its own shutdown mode.
    InOrder,
    /// All together, within one time limit.
    AtOnce { killed: bool },
}

impl<C: Named, R> Engine<C, R> {
    /// Stops one life by the child's own shutdown mode.
    pub(super) fn halt(&mut self, now: PackedInstant, key: Key, purpose: StopPurpose<R>) {
        let Some(shutdown) = self.children.get(key).map(|child| child.rules.shutdown) else {
            return;
        };
        #[cfg(all(test, not(shuttle)))]
        super::tests::invariants::may_stop(self, key, &purpose);
        self.note_health(now, key);
        self.announce_no_return(key, &purpose);
        match shutdown {
            Shutdown::BrutalKill => {
                self.abort(key, purpose);
                self.arm_kill(now, key);
            }
            Shutdown::Timeout(limit) => {
                self.ask(key, purpose);
                self.arm(now, key, limit);
            }
            Shutdown::Infinity => self.ask(key, purpose),
        }
    }

    /// Tells a nested supervisor that will stay down so, before it is stopped: its children are
    /// closed as they end.
    fn announce_no_return(&mut self, key: Key, purpose: &StopPurpose<R>) {
        let Some(child) = self.children.get(key) else { return };
        if child.rules.kind != ChildKind::Worker && self.stays_down(child, purpose) {
            self.effects.push_back(Effect::NoReturn(key));
        }
    }

    /// Returns `true` if no life follows the one that is stopped for this purpose.
    fn stays_down(&self, child: &Child<C, R>, purpose: &StopPurpose<R>) -> bool {
        match purpose.own() {
            None if self.is_stopping() => !self.returns(child),
            None => child.rules.restart == RestartPolicy::Temporary,
            Some(OwnStop::Terminate(_)) => true,
            Some(_) => false,
        }
    }

    /// Sends the child's life a shutdown request. Messages that are queued wait for the next life; if
    /// none follows, a child with `drain` receives them first.
    pub(super) fn ask(&mut self, key: Key, purpose: StopPurpose<R>) {
        let drains = |child: &Child<C, R>| child.rules.drain && self.stays_down(child, &purpose);
        if self.children.get(key).is_some_and(drains) {
            self.effects.push_back(Effect::DrainMailbox(key));
        }
        self.enter_shown(key, State::Stopping(purpose));
        self.effects.push_back(Effect::Ask(key));
    }

    /// Sets the deadline after which an aborted life counts as one that cannot be stopped.
    pub(super) fn arm_kill(&mut self, now: PackedInstant, key: Key) {
        // A child that is a supervisor gets no deadline: it ends by itself, and reports which of
        // its own children it could not stop.
        if self.rules_of(key).is_some_and(|rules| rules.kind == ChildKind::Worker) {
            self.arm(now, key, self.rules.kill_grace);
        }
    }

    /// Aborts a life that has used up its shutdown time.
    pub(super) fn stop_timed_out(&mut self, now: PackedInstant, key: Key) {
        self.notify(Notice::TimedOut(key));
        self.abort_stopping(now, key);
    }

    /// Aborts a life that has been asked to end, without waiting for it any longer.
    pub(super) fn abort_stopping(&mut self, now: PackedInstant, key: Key) {
        if self.abort_asked(key) {
            self.arm_kill(now, key);
        }
    }

    /// Begins to stop the supervisor by its own decision. If its restart policy does not bring it
    /// back after such an end, its children are closed as they end.
    pub(super) fn stop_by_itself(&mut self, now: PackedInstant, ending: Ending) {
        let comes_back = match self.policy {
            RestartPolicy::Always => true,
            RestartPolicy::Transient => !matches!(ending, Ending::Shutdown),
            RestartPolicy::Temporary => false,
        };
        if !comes_back && !self.is_stopping() {
            self.may_return = false;
        }
        self.stop(now, ending);
    }

    /// Begins to stop the supervisor, unless a stop has already begun.
    pub(super) fn stop(&mut self, now: PackedInstant, ending: Ending) {
        if self.is_stopping() {
            return;
        }
        self.leave_drain();
        self.notify(Notice::Stopping);
        self.close_children_not_started();
        let scheme = if let Some(shutdown) = self.common_shutdown() {
            self.begin_at_once(now, shutdown)
        } else {
            self.walk_all(Way::Stop);
            Scheme::InOrder
        };
        self.mode = Mode::Stopping { ending, scheme };
        self.close_waiting_children();
        self.go_on(now);
    }

    /// Closes each child that the first start has not come to; shows it as held if the next life of
    /// the supervisor starts it.
    fn close_children_not_started(&mut self) {
        if !matches!(self.mode, Mode::Starting) {
            return;
        }
        for key in self.not_passed() {
            let Some(child) = self.children.get(key) else { return };
            if self.returns(child) {
                self.changed.push(key);
            } else {
                self.close_unless_it_returns(key);
            }
        }
    }

    /// Closes each child that has no life and waits for its next one, which will not come. Tells
    /// each nested supervisor that is being stopped already, and might have come back, that it will
    /// not.
    fn close_waiting_children(&mut self) {
        let concerned = |child: &Child<C, R>| {
            !self.returns(child)
                && match child.state {
                    State::Held
                    | State::Waiting(_)
                    | State::Resting
                    | State::ExitPending(_)
                    // The supervisor gave up because this child could not be restarted.
                    | State::Zombie => true,
                    State::Stopping(_) | State::Killing(_) => {
                        child.rules.kind == ChildKind::Supervisor
                    }
                    _ => false,
                }
        };
        let concerned = self.children.iter().filter(|(_, child)| concerned(child));
        let keys: Vec<Key> = concerned.map(|(key, _)| key).collect();
        for key in keys {
            match self.children.get(key).map(|child| &child.state) {
                Some(State::Zombie) => self.close_unless_it_returns(key),
                Some(state) if state.is_moving() => self.effects.push_back(Effect::NoReturn(key)),
                _ => self.close_child(key, Down::Stopped),
            }
        }
    }

    /// Notes that no life of the supervisor follows this one by itself. If the supervisor is being
    /// stopped, the children that have ended are closed now: they were kept open for that life.
    pub(super) fn no_return(&mut self) {
        if !std::mem::replace(&mut self.may_return, false) || !self.is_stopping() {
            return;
        }
        let down = self.children.iter().filter(|(_, child)| matches!(child.state, State::Down(_)));
        let keys: Vec<Key> = down.map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.close_unless_it_returns(key));
        self.close_waiting_children();
    }

    /// Closes a child that has ended, unless the next life of the supervisor brings it back.
    pub(super) fn close_unless_it_returns(&mut self, key: Key) {
        let Some(child) = self.children.get(key) else { return };
        if child.state.has_ended() && !self.returns(child) {
            // The child waited for the supervisor's next life, which will not come.
            if matches!(child.state, State::Down(_)) && child.shown == Shown::Held {
                self.changed.push(key);
            }
            self.effects.push_back(Effect::Close(key));
        }
    }

    /// Aborts all lives.
    pub(super) fn kill(&mut self, now: PackedInstant) {
        let ending = match &self.mode {
            // The lives are being aborted already, and get no more time.
            Mode::Stopping { scheme: Scheme::AtOnce { killed: true }, .. } | Mode::Ended => return,
            Mode::Stopping { ending, .. } => {
                self.timers.cancel(Target::Stop);
                ending.clone()
            }
            _ => {
                self.notify(Notice::Stopping);
                Ending::Shutdown
            }
        };
        self.leave_drain();
        self.close_children_not_started();
        self.notify_cut_off_workers();
        let scheme = self.begin_at_once(now, Shutdown::BrutalKill);
        self.mode = Mode::Stopping { ending, scheme };
        self.close_waiting_children();
        self.go_on(now);
    }

    /// Returns the shutdown mode by which all children are stopped together: the workers of a pool,
    /// or workers that use none of each other and are stopped in the same way.
    fn common_shutdown(&self) -> Option<Shutdown> {
        if self.rules.strategy == SupervisionStrategy::SimpleOneForOne {
            let template = self.rules.template.as_ref();
            return Some(template.map_or(Shutdown::WORKER, |template| template.shutdown));
        }
        let graph = self.graph.as_ref()?;
        let shutdown = self.rules_of(self.children.first()?)?.shutdown;
        let is_alike = |(_, child): (Key, &Child<C, R>)| {
            child.rules.kind == ChildKind::Worker && child.rules.shutdown == shutdown
        };
        (graph.has_no_uses() && self.children.iter().all(is_alike)).then_some(shutdown)
    }

    /// Notifies of each worker that a kill cuts off before its own time limit has passed. (A child
    /// that is a supervisor notifies of its own workers.)
    fn notify_cut_off_workers(&mut self) {
        let cut_off = |child: &Child<C, R>| {
            child.state.has_life()
                && !matches!(child.state, State::Killing(_))
                && child.rules.kind == ChildKind::Worker
                && child.rules.shutdown != Shutdown::BrutalKill
        };
        let all = self.children.iter().filter(|(_, child)| cut_off(child));
        let keys: Vec<Key> = all.map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.notify(Notice::TimedOut(key)));
    }

    /// Begins to stop all lives within one common time limit.
    fn begin_at_once(&mut self, now: PackedInstant, shutdown: Shutdown) -> Scheme {
        let limit = match shutdown {
            Shutdown::BrutalKill => Some(self.rules.kill_grace),
            Shutdown::Timeout(limit) => Some(limit),
            Shutdown::Infinity => None,
        };
        if let Some(at) = limit.and_then(|limit| now.checked_add(limit)) {
            self.timers.set(at, Target::Stop);
        }
        self.walk_at_once();
        Scheme::AtOnce { killed: shutdown == Shutdown::BrutalKill }
    }

    /// Asks one life to end, or aborts it, without a deadline of its own.
    fn request_stop(&mut self, now: PackedInstant, key: Key, kill: bool) {
        let Some(child) = self.children.get(key) else { return };
        if matches!(child.state, State::Stopping(_) | State::Killing(_)) {
            // A stop that has begun keeps its deadline, unless the common one passes first.
            if kill {
                self.abort_asked(key);
            }
            return;
        }
        self.overtake_start(now, key);
        self.announce_no_return(key, &StopPurpose::Sequence);
        if kill {
            self.abort(key, StopPurpose::Sequence);
        } else {
            self.ask(key, StopPurpose::Sequence);
        }
    }

    /// Handles the common deadline of children that are stopped together.
    pub(super) fn stop_deadline(&mut self, now: PackedInstant) {
        let Mode::Stopping { scheme: Scheme::AtOnce { killed: all_killed }, .. } = self.mode else {
            return;
        };
        let is_late = |child: &Child<C, R>| {
            child.state.has_life() && !matches!(child.state, State::Killing(_))
        };
        let late = self.children.iter().filter(|(_, child)| is_late(child));
        let late: Vec<Key> = late.map(|(key, _)| key).collect();
        if !all_killed {
            late.into_iter().for_each(|key| self.notify(Notice::TimedOut(key)));
            let at_once = self.begin_at_once(now, Shutdown::BrutalKill);
            if let Mode::Stopping { scheme, .. } = &mut self.mode {
                *scheme = at_once;
            }
            return self.go_on(now);
        }
        self.cut_walk_short();
        if late.is_empty() {
            let alive = self.children.iter().filter(|(_, child)| child.state.has_life());
            let alive: Vec<Key> = alive.map(|(key, _)| key).collect();
            alive.into_iter().for_each(|key| self.give_up_on(key));
            return self.stop_next(now);
        }
        // The late lives have not been aborted yet, because it took that long to abort the others.
        // They get the same grace.
        late.into_iter().for_each(|key| self.request_stop(now, key, true));
        if let Some(at) = now.checked_add(self.rules.kill_grace) {
            self.timers.set(at, Target::Stop);
        }
    }

    /// Leaves behind a worker whose aborted life goes on. (A child that is a supervisor ends by
    /// itself, with a report of its own.)
    pub(super) fn give_up_on(&mut self, key: Key) {
        if self.rules_of(key).is_some_and(|rules| rules.kind == ChildKind::Worker) {
            let old = self.enter(key, State::Down(Down::Stopped));
            self.answer_overtaken(old, Answer::Refused(Refusal::StillRunning));
            self.refuse_awaited_ends(key, &Refusal::StillRunning);
            self.enter(key, State::Zombie);
            self.close_unless_it_returns(key);
            // This notice comes after `Close`, because it is the last report on the child's state.
            self.notify(Notice::NotStopped(key));
        }
    }

    /// Returns `true` if the notice of the child's exit closes the child, while the supervisor stops:
    /// its siblings may still run, and learn at once that no life of it follows.
    pub(super) fn is_closed_by_its_exit(&self, child: &Child<C, R>) -> bool {
        self.rules.strategy != SupervisionStrategy::SimpleOneForOne
            && !self.returns(child)
            && !matches!(child.state, State::Zombie)
    }

    /// Handles the end of a life while the supervisor stops; the notice of the exit has closed the
    /// child or not.
    pub(super) fn ended_while_stopping(&mut self, now: PackedInstant, key: Key, closed: bool) {
        let Some(child) = self.children.get(key) else { return };
        let was_left_behind = matches!(child.state, State::Zombie);
        if was_left_behind {
            self.notify(Notice::StoppedLate(key));
        }
        let old = if self.rules.strategy == SupervisionStrategy::SimpleOneForOne {
            // A pool's worker is forgotten now, so that the end needs no pass over all workers.
            self.forget_from(key, Down::Stopped)
        } else if closed {
            self.enter_shown(key, State::Down(Down::Stopped))
        } else {
            self.enter(key, State::Down(Down::Stopped))
        };
        if was_left_behind {
            self.close_unless_it_returns(key);
        }
        self.answer_overtaken(old, Answer::Done);
        self.pass(key);
        self.stop_next(now);
    }

    /// Answers the command that a stop has overtaken in this state. `end` is the answer to a command
    /// that wanted the life to end; any other is refused.
    fn answer_overtaken(&mut self, old: Option<State<R>>, end: Answer) {
        let (reply, answer) = match old {
            Some(
                State::Stopping(StopPurpose::Own(own)) | State::Killing(StopPurpose::Own(own)),
            ) => {
                let wanted_end = matches!(*own, OwnStop::Terminate(_) | OwnStop::Fail(_));
                let refused = Answer::Refused(Refusal::ShuttingDown);
                (own.into_reply(), if wanted_end { end } else { refused })
            }
            Some(State::Starting(purpose)) => {
                (purpose.into_reply(), Answer::Refused(Refusal::ShuttingDown))
            }
            _ => return,
        };
        if let Some(reply) = reply {
            self.answer(reply, answer);
        }
    }

    /// Stops the children that are ready, or ends the supervisor if all have been stopped. With many
    /// children, lives end between the bursts. This keeps the number of stopping children small, so
    /// they stay in the CPU cache.
    pub(super) fn stop_next(&mut self, now: PackedInstant) {
        if self.walk_rests() {
            return;
        }
        let mut asked = 0;
        while let Mode::Stopping { scheme, .. } = self.mode {
            let Some(key) = self.take_ready() else {
                return if self.is_walk_over() {
                    self.end_as_planned();
                } else {
                    self.notify_of_waits();
                };
            };
            let Some(child) = self.children.get(key) else { continue };
            match (&child.state, scheme) {
                (State::Zombie | State::Down(_), _) => {
                    self.pass(key);
                    continue;
                }
                (State::Held | State::Waiting(_) | State::Resting | State::ExitPending(_), _) => {
                    self.enter(key, State::Down(Down::Stopped));
                    self.pass(key);
                    continue;
                }
                (_, Scheme::AtOnce { killed }) => self.request_stop(now, key, killed),
                // A stop that has begun keeps its deadline.
                (State::Stopping(_) | State::Killing(_), Scheme::InOrder) => {}
                (State::Starting(_) | State::Trying { .. } | State::Up { .. }, Scheme::InOrder) => {
                    self.overtake_start(now, key);
                    self.halt(now, key, StopPurpose::Sequence);
                }
            }
            asked += 1;
            if asked == BURST && self.rest_walk() {
                return;
            }
        }
    }

    /// Refuses the command that asked for a start, if a stop overtakes that start.
    pub(super) fn overtake_start(&mut self, now: PackedInstant, key: Key) {
        let starting = |child: &Child<C, R>| matches!(child.state, State::Starting(_));
        if !self.children.get(key).is_some_and(starting) {
            return;
        }
        if let Some(State::Starting(purpose)) = self.enter(key, State::Up { since: now })
            && let Some(reply) = purpose.into_reply()
        {
            self.answer(reply, Answer::Refused(Refusal::ShuttingDown));
        }
    }

    /// Ends the supervisor, whose children have all been stopped.
    fn end_as_planned(&mut self) {
        let Mode::Stopping { ending, .. } = &self.mode else { return };
        // All children have been stopped, so the only commands left to answer are deferred ones.
        let ending = ending.clone();
        self.conclude(ending);
    }

    /// Ends the supervisor at once and answers every pending command.
    pub(super) fn end_at_once(&mut self, ending: Ending) {
        let open = |child: &Child<C, R>| !matches!(child.state, State::Down(_) | State::Zombie);
        let open = self.children.iter().filter(|(_, child)| open(child));
        let keys: Vec<Key> = open.map(|(key, _)| key).collect();
        for key in keys {
            let old = self.enter(key, State::Down(Down::Stopped));
            self.answer_overtaken(old, Answer::Refused(Refusal::ShuttingDown));
        }
        self.conclude(ending);
    }

    /// Ends the supervisor because its driver is gone: answers every pending command and refuses
    /// every pending addition.
    pub(crate) fn abandon(&mut self) {
        if !matches!(self.mode, Mode::Ended) {
            self.end_at_once(Ending::RuntimeGone);
        }
    }

    fn conclude(&mut self, ending: Ending) {
        self.leave_drain();
        self.timers = Timers::default();
        self.mode = Mode::Ended;
        self.refuse_all_deferred();
        for (_, reply) in std::mem::take(&mut self.awaited_ends) {
            self.answer(reply, Answer::Refused(Refusal::ShuttingDown));
        }
        self.effects.push_back(Effect::Ended(Box::new(ending)));
    }
}
