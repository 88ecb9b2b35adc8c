//! Exits: OTP's table of exit reason and restart policy, and the restarts of each strategy.

use std::time::Duration;

use super::child::{Down, Failing, FailingStart, OwnStop, Purpose, State, StopPurpose};
use super::deferred::Deferred;
use super::walk::Way;
use super::{
    Answer, Child, Effect, Ending, Engine, Exit, GroupRestart, Intensity, Key, Mode, Named, Notice,
    Refusal,
};
use crate::packed_instant::PackedInstant;
use crate::spec::{AutoShutdown, ChildKind, ExitReason, RestartPolicy, SupervisionStrategy};

impl<C: Named, R> Engine<C, R> {
    pub(super) fn exited(&mut self, now: PackedInstant, key: Key, generation: u64, exit: Exit) {
        let Some(child) = self.children.get(key) else { return };
        let ended = child.state.has_life() || matches!(child.state, State::Zombie);
        if child.generation != generation || !ended {
            return;
        }
        let is_supervisor = child.rules.kind == ChildKind::Supervisor;
        let exit = match (exit, &child.state) {
            // A supervisor that is killed kills its children, and then ends by itself.
            (Exit::Returned(ExitReason::Shutdown), State::Killing(_)) if is_supervisor => {
                Exit::Dropped
            }
            (exit, _) => exit,
        };
        let reason = match (exit, &child.state) {
            (Exit::Returned(reason), _) => reason,
            // A life that is dropped before it has ever looked at its shutdown signal has stopped
            // in order.
            (Exit::Dropped, State::Stopping(_)) => ExitReason::Shutdown,
            (Exit::Dropped, State::Killing(_)) => match child.state.own_stop() {
                Some(OwnStop::Fail(failing)) => failing.reason.clone(),
                _ => ExitReason::Killed,
            },
            (Exit::Dropped, State::Zombie) => ExitReason::Killed,
            (Exit::Dropped, _) => ExitReason::RuntimeGone,
        };
        if matches!(reason, ExitReason::RuntimeGone) {
            // The engine did not ask for this drop: the runtime drops its tasks, and would drop a
            // new life too.
            return self.end_at_once(Ending::RuntimeGone);
        }
        let awaited = self.take_awaited_ends(key);
        self.life_ended(now, key, reason);
        if let Some(replies) = awaited {
            replies.into_iter().for_each(|reply| self.answer(reply, Answer::Done));
        }
    }

    /// Decides what follows from the end of a life of this child.
    fn life_ended(&mut self, now: PackedInstant, key: Key, reason: ExitReason) {
        let Some(child) = self.children.get(key) else { return };
        let all_stop = matches!(self.mode, Mode::Stopping { .. });
        let (is_notified, failed) = match (&child.state, child.state.own_stop()) {
            // A failed start has a notice of its own.
            (State::Starting(_) | State::Trying { .. }, _)
            | (_, Some(OwnStop::FailedStart(_) | OwnStop::FailedAttempt(_))) => (all_stop, false),
            (_, Some(OwnStop::Fail(failing))) => {
                (true, failing.reason.is_abnormal() || reason.is_abnormal())
            }
            (State::Stopping(_) | State::Killing(_) | State::Zombie, _) => (true, false),
            _ => (true, reason.is_abnormal()),
        };
        let closes = all_stop && self.is_closed_by_its_exit(child);
        if is_notified {
            let reason = reason.clone();
            self.notify(Notice::Terminated { child: key, reason, failed, closes });
        }
        if all_stop {
            return self.ended_while_stopping(now, key, closes);
        }
        self.note_health(now, key);
        match self.enter(key, State::Down(Down::Stopped)) {
            Some(State::Starting(purpose)) => {
                if matches!(reason, ExitReason::Normal) && self.needs_report(key) {
                    self.declined(now, key, purpose);
                } else {
                    self.start_failed(now, key, purpose, reason);
                }
            }
            Some(State::Trying { .. }) if !reason.is_abnormal() => self.attempt_declined(key),
            Some(State::Trying { .. }) => self.attempt_failed(now, key, reason),
            Some(State::Up { .. }) => self.exited_while_up(now, key, reason),
            Some(State::Stopping(purpose) | State::Killing(purpose)) => {
                self.halted(now, key, purpose, reason);
            }
            Some(State::Zombie) => {
                self.notify(Notice::StoppedLate(key));
                self.settle_without_life(key, Down::Stopped);
            }
            _ => {}
        }
    }

    /// Ends a life as a failure because a task that it has spawned has panicked. A life that is being
    /// stopped goes on with its clean-up.
    pub(super) fn task_failed(
        &mut self,
        now: PackedInstant,
        key: Key,
        generation: u64,
        reason: ExitReason,
    ) {
        let Some(child) = self.children.get(key).filter(|child| child.generation == generation)
        else {
            return;
        };
        match child.state {
            State::Up { .. } | State::Starting(_) | State::Trying { .. } => {
                self.fail(now, key, reason, None);
            }
            _ => {}
        }
    }

    /// Bounds the time for which the tasks of a life may go on after the life's own code has ended. A
    /// life that starts or is being stopped has a limit already.
    pub(super) fn tasks_left(
        &mut self,
        now: PackedInstant,
        key: Key,
        generation: u64,
        reason: Option<Box<ExitReason>>,
    ) {
        let is_up = |child: &Child<C, R>| {
            child.generation == generation && matches!(child.state, State::Up { .. })
        };
        // A life that is dropped without the engine's order goes away with its runtime.
        if let Some(reason) = reason
            && self.children.get(key).is_some_and(is_up)
        {
            self.fail(now, key, *reason, None);
        }
    }

    /// Returns `true` if this exit has no effect on any other child.
    pub(crate) fn affects_only_itself(&self, key: Key, exit: &Exit) -> bool {
        let Some(child) = self.children.get(key) else { return false };
        // Any other work of the supervisor may wait for this child.
        if !matches!(self.mode, Mode::Running) || !self.deferred.is_empty() {
            return false;
        }
        // A child that is not up is being started or stopped, perhaps by a command.
        if !matches!(child.state, State::Up { .. }) {
            return false;
        }
        let may_end_the_supervisor = match exit {
            Exit::Returned(reason) => is_hopeless(reason),
            // The runtime may be going away, which ends the supervisor.
            Exit::Dropped => true,
        };
        self.is_alone_in_its_scope(key)
            && !may_end_the_supervisor
            && !child.rules.significant
            && (child.rules.max_restarts.is_some() || self.intensity.has_credit())
    }

    /// Resets the attempts of a child whose life was up for a whole restart window before it ended
    /// or was asked to end.
    pub(super) fn note_health(&mut self, now: PackedInstant, key: Key) {
        let window = self.rules.restart_window;
        if let Some(child) = self.children.get_mut(key)
            && child.attempts > 0
            && let State::Up { since } = child.state
            && now.is_later_by(window, since)
        {
            child.attempts = 0;
        }
    }

    /// Handles the end of a life that the engine has stopped.
    fn halted(&mut self, now: PackedInstant, key: Key, purpose: StopPurpose<R>, exit: ExitReason) {
        let StopPurpose::Own(own) = purpose else {
            return self.resume_scope_stop(now, key);
        };
        match *own {
            OwnStop::Terminate(reply) => {
                self.settle_without_life(key, Down::Stopped);
                self.answer(reply, Answer::Done);
            }
            OwnStop::StopAndStart(reply) => self.launch(now, key, Purpose::Command(reply)),
            // What ended the life counts, unless the life itself has come to a worse end.
            OwnStop::Fail(Failing { reason }) if reason.is_abnormal() => {
                self.exited_while_up(now, key, reason);
            }
            OwnStop::Fail(_) => self.exited_while_up(now, key, exit),
            OwnStop::FailedStart(FailingStart { purpose, reason }) => {
                self.start_failed(now, key, purpose, reason);
            }
            OwnStop::FailedAttempt(reason) => self.attempt_failed(now, key, reason),
        }
    }

    /// Handles the exit of a life that was up and ended by itself (the child's state is `Down` for
    /// now).
    fn exited_while_up(&mut self, now: PackedInstant, key: Key, reason: ExitReason) {
        if is_hopeless(&reason) {
            return self.give_up(now, key, reason);
        }
        if self.rules.strategy.is_group() && (self.is_busy() || !self.deferred.is_empty()) {
            // If a group restart reaches the child first, the child counts as stopped with its
            // group.
            let is_temporary =
                self.rules_of(key).map(|rules| rules.restart) == Some(RestartPolicy::Temporary);
            self.enter(key, State::ExitPending(Box::new(reason)));
            if is_temporary {
                // Nobody restarts it, whatever its exit leads to.
                self.effects.push_back(Effect::Close(key));
            }
            let generation = self.children.get(key).map_or(0, |child| child.generation);
            self.deferred.push_back(Deferred::ExitPending(key, generation));
            self.resume_scope_stop(now, key);
        } else if !self.terminate_as_deferred(now, key) {
            self.decide(now, key, reason);
        }
    }

    /// Handles the exit of a child that ended while its supervisor was busy.
    pub(super) fn handle_deferred_exit(&mut self, now: PackedInstant, key: Key, generation: u64) {
        // The child may have been started and have ended again since; that later exit is deferred
        // on its own.
        let is_pending = |child: &Child<C, R>| {
            child.generation == generation && matches!(child.state, State::ExitPending(_))
        };
        if self.children.get(key).is_some_and(is_pending)
            && let Some(State::ExitPending(reason)) = self.enter(key, State::Down(Down::Stopped))
        {
            self.decide(now, key, *reason);
        }
    }

    /// Restarts, forgets or closes a child after its exit: OTP's `do_restart`.
    fn decide(&mut self, now: PackedInstant, key: Key, reason: ExitReason) {
        let Some(rules) = self.rules_of(key) else { return };
        let (restart, significant) = (rules.restart, rules.significant);
        let restarts = match restart {
            RestartPolicy::Always => true,
            RestartPolicy::Transient => reason.is_abnormal(),
            RestartPolicy::Temporary => false,
        };
        if restarts {
            let delay = self.draw_delay(key);
            return self.try_restart(now, key, reason, delay);
        }
        if restart == RestartPolicy::Temporary
            || self.rules.strategy == SupervisionStrategy::SimpleOneForOne
        {
            self.forget(key, Down::Finished);
        } else {
            self.close_child(key, Down::Finished);
        }
        self.significant_ended(now, significant);
    }

    /// Handles the end of a child that has ended by itself and is not restarted.
    fn significant_ended(&mut self, now: PackedInstant, significant: bool) {
        if significant && self.is_busy() {
            // `AllSignificant` also counts the children that are about to be started.
            self.deferred.push_back(Deferred::SignificantEnded);
        } else if significant {
            self.auto_shutdown(now);
        }
    }

    /// Stops the supervisor if its significant children require it: OTP's `do_auto_shutdown`, after
    /// a significant child has ended by itself and is not restarted.
    pub(super) fn auto_shutdown(&mut self, now: PackedInstant) {
        let over = match self.rules.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => self.significant == 0,
        };
        if over {
            self.stop_by_itself(now, Ending::Shutdown);
        }
    }

    /// Restarts a child once more: takes the credit, then restarts the child or its scope.
    pub(super) fn try_restart(
        &mut self,
        now: PackedInstant,
        key: Key,
        reason: ExitReason,
        delay: Option<Duration>,
    ) {
        let failed_starts = self.failed_starts.of(key);
        if !self.credits_of(key).take(now, failed_starts) {
            self.notify(Notice::MaxRestartsExceeded { child: key, reason: reason.clone() });
            return match self.rules_of(key).and_then(|rules| rules.max_restarts) {
                None => self.give_up(now, key, reason),
                Some(_) => self.give_up_child(now, key),
            };
        }
        if self.restarts_as_group(key) {
            self.enter(key, State::Held);
            self.mode = Mode::RestartingGroup(GroupRestart::Stopping { failed: key, delay });
            self.walk_scope(Way::Stop, key);
            return self.stop_scope(now);
        }
        match delay {
            None => self.launch(now, key, Purpose::Restart),
            Some(delay) => self.delay(now, key, delay),
        }
    }

    /// Returns the record of the restarts that count for a child: its own, if it has a limit of its own,
    /// or the supervisor's.
    pub(super) fn credits_of(&mut self, key: Key) -> &mut Intensity {
        let limit = self.children.get(key).and_then(|child| child.rules.max_restarts);
        match limit {
            None => &mut self.intensity,
            Some(limit) => self.own_limits.of(key, limit, self.rules.restart_window),
        }
    }

    /// Gives up a child that has failed more often than its own limit allows: it stays down alone. A
    /// user's call starts it again, with a limit that is not used up.
    fn give_up_child(&mut self, now: PackedInstant, key: Key) {
        let Some(child) = self.children.get(key) else { return };
        let significant = child.rules.significant;
        // Its start within a group restart has failed: those of the group that were to start after it
        // start without it.
        let was_waiting = matches!(child.state, State::Waiting(_));
        self.own_limits.forget(key);
        self.failed_starts.forget(key);
        let others_wait = was_waiting && self.rules.strategy.is_group();
        if self.rules.strategy == SupervisionStrategy::SimpleOneForOne {
            self.forget(key, Down::Failed);
        } else {
            self.close_child(key, Down::Failed);
        }
        if others_wait {
            self.start_scope_but(now, key, Some(key));
        }
        self.significant_ended(now, significant);
    }

    /// Gives up, because no restart can help or none is left: stops the children, then ends.
    pub(super) fn give_up(&mut self, now: PackedInstant, key: Key, reason: ExitReason) {
        let Some(child) = self.children.get(key) else { return };
        let name = child.data.name().clone();
        if !matches!(child.state, State::Zombie) {
            // If the next life of the supervisor does not bring the child back, the stop closes it.
            self.enter(key, State::Held);
        }
        self.stop_by_itself(now, Ending::GaveUp { name, reason });
    }

    /// Handles a life that was aborted and goes on, because it blocks its thread.
    pub(super) fn not_stopped(&mut self, now: PackedInstant, key: Key) {
        if matches!(self.mode, Mode::Stopping { .. }) {
            self.give_up_on(key);
            self.pass(key);
            return self.stop_next(now);
        }
        let old = self.enter(key, State::Zombie);
        let Some(State::Stopping(purpose) | State::Killing(purpose)) = old else { return };
        let Some(rules) = self.rules_of(key) else { return };
        let significant = rules.significant;
        let own = purpose.own();
        // A group restart gives up only when it comes to start this child.
        let is_needed = match own {
            Some(OwnStop::Fail(_)) => rules.restart != RestartPolicy::Temporary,
            Some(OwnStop::FailedStart(failing)) => {
                matches!(failing.purpose, Purpose::Sequence | Purpose::Restart)
            }
            Some(OwnStop::FailedAttempt(_)) => true,
            _ => false,
        };
        let failed = matches!(own, Some(OwnStop::Fail(_)));
        if !is_needed && own.is_some() {
            self.effects.push_back(Effect::Close(key));
        }
        // This notice comes after `Close`, because it is the last report on the child's state.
        self.notify(Notice::NotStopped(key));
        self.refuse_awaited_ends(key, &Refusal::StillRunning);
        if let Some(reply) = purpose.into_reply() {
            self.answer(reply, Answer::Refused(Refusal::StillRunning));
        }
        if is_needed {
            return self.give_up(now, key, ExitReason::StillRunning);
        }
        if failed {
            self.significant_ended(now, significant);
        }
        self.resume_scope_stop(now, key);
    }
}

/// Returns `true` if no restart can help after this exit.
pub(super) fn is_hopeless(reason: &ExitReason) -> bool {
    match reason {
        ExitReason::Escalate(_) | ExitReason::EscalateToRoot(_) | ExitReason::StillRunning => true,
        // A life below that blocks its thread blocks every supervisor above, up to the root, and an
        // error may be meant for the root.
        ExitReason::Escalated(escalation) | ExitReason::StartFailed(escalation) => {
            is_beyond_help(escalation.reason())
        }
        _ => false,
    }
}

/// Returns `true` if the cause, however deep, is a life that cannot be stopped, or an error that is
/// meant for the root.
fn is_beyond_help(reason: &ExitReason) -> bool {
    match reason {
        ExitReason::StillRunning | ExitReason::EscalateToRoot(_) => true,
        ExitReason::Escalated(escalation) | ExitReason::StartFailed(escalation) => {
            is_beyond_help(escalation.reason())
        }
        _ => false,
    }
}
