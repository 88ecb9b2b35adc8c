//! Starts of children: each when it is ready.

use std::time::Duration;

use super::child::{Down, FailingStart, OwnStop, Pending, Purpose, StartRule, State};
use super::exits::is_hopeless;
use super::gate::keeps_shut;
use super::walk::Way;
use super::{
    Answer, BURST, Effect, Ending, Engine, GroupRestart, Key, Mode, Named, Notice, Refusal,
};
use crate::packed_instant::PackedInstant;
use crate::spec::{ExitReason, RestartPolicy, SupervisionStrategy};

impl<C: Named, R> Engine<C, R> {
    pub(super) fn start(&mut self, now: PackedInstant) {
        if matches!(self.mode, Mode::Idle) {
            self.mode = Mode::Starting;
            self.walk_all(Way::Start);
            self.go_on(now);
        }
    }

    /// Goes on with the start, group restart or stop that the supervisor is in.
    pub(super) fn go_on(&mut self, now: PackedInstant) {
        match self.mode {
            Mode::Starting | Mode::RestartingGroup(GroupRestart::Starting { .. }) => {
                self.start_next(now);
            }
            Mode::RestartingGroup(GroupRestart::Stopping { .. }) => self.stop_scope(now),
            Mode::Stopping { .. } => self.stop_next(now),
            Mode::Idle | Mode::Running | Mode::Ended => {}
        }
    }

    /// Starts the children that are ready.
    fn start_next(&mut self, now: PackedInstant) {
        if self.walk_rests() {
            return;
        }
        for _ in 0..BURST {
            let skip = match self.mode {
                Mode::Starting => None,
                Mode::RestartingGroup(GroupRestart::Starting { skip }) => skip,
                _ => return,
            };
            let Some(key) = self.take_ready() else { return self.end_start_if_over() };
            let Some(child) = self.children.get(key) else { return };
            let is_temporary = child.rules.restart == RestartPolicy::Temporary;
            // (A temporary child would not be started again, so its zombie blocks no start.)
            if matches!(child.state, State::Zombie) && !is_temporary {
                return self.give_up(now, key, ExitReason::StillRunning);
            }
            let down = matches!(
                child.state,
                State::Down(_) | State::Held | State::Waiting(_) | State::Resting
            );
            if !down || skip == Some(key) {
                self.pass(key);
            } else if self.is_held_back(key) {
                self.hold_back(key);
            } else {
                #[cfg(all(test, not(shuttle)))]
                super::tests::invariants::may_start(self, key);
                self.launch(now, key, Purpose::Sequence);
            }
        }
        if !self.rest_walk() {
            self.end_start_if_over();
        }
    }

    /// Ends the start of the supervisor, or of a group, once no child is ready or starting.
    fn end_start_if_over(&mut self) {
        if !self.is_walk_over() {
            return self.notify_of_waits();
        }
        if matches!(self.mode, Mode::Starting) {
            self.effects.push_back(Effect::Started);
        }
        self.mode = Mode::Running;
    }

    /// Starts a child that has no life.
    pub(super) fn launch(&mut self, now: PackedInstant, key: Key, purpose: Purpose<R>) {
        let Some(child) = self.children.get_mut(key) else { return };
        if keeps_shut(&child.rules, &self.open_gates, key) {
            return self.stand_by(key, purpose);
        }
        child.generation += 1;
        let (generation, rule) = (child.generation, child.rules.start);
        let restarts = self.is_restart(&purpose);
        self.effects.push_back(Effect::Spawn { child: key, generation, restarts });
        match rule {
            StartRule::Spawned => {
                self.enter_shown(key, State::Up { since: now });
                self.came_up(now, key, purpose);
            }
            StartRule::Ready(limit) => {
                self.enter_shown(key, State::Starting(purpose));
                limit.into_iter().for_each(|limit| self.arm(now, key, limit));
            }
            StartRule::Retry(limit) => {
                self.enter_shown(key, State::Trying { again: restarts });
                limit.into_iter().for_each(|limit| self.arm(now, key, limit));
                self.tries(key, purpose);
            }
        }
    }

    /// Returns `true` if a start for this purpose is a restart.
    fn is_restart(&self, purpose: &Purpose<R>) -> bool {
        matches!(purpose, Purpose::Restart)
            || matches!(self.mode, Mode::RestartingGroup(_)) && matches!(purpose, Purpose::Sequence)
    }

    pub(super) fn ready(&mut self, now: PackedInstant, key: Key, generation: u64) {
        let Some(child) = self.children.get(key) else { return };
        if child.generation != generation
            || !matches!(child.state, State::Starting(_) | State::Trying { .. })
        {
            return;
        }
        match self.enter(key, State::Up { since: now }) {
            Some(State::Starting(purpose)) => self.came_up(now, key, purpose),
            Some(State::Trying { again }) => self.report_up(now, key, again),
            _ => {}
        }
    }

    fn came_up(&mut self, now: PackedInstant, key: Key, purpose: Purpose<R>) {
        self.failed_starts.forget(key);
        self.report_up(now, key, self.is_restart(&purpose));
        match purpose {
            Purpose::Sequence => {
                self.pass(key);
                // For a child that is up once it is spawned, `start_next` goes on by itself.
                if self.rules_of(key).is_some_and(|rules| rules.start != StartRule::Spawned) {
                    self.go_on(now);
                }
            }
            Purpose::Restart | Purpose::Together => {}
            Purpose::Add(reply) | Purpose::Command(reply) => self.answer(reply, Answer::Done),
        }
    }

    /// Reports that a life is up.
    fn report_up(&mut self, now: PackedInstant, key: Key, restarted: bool) {
        self.arm_heartbeat(now, key);
        if restarted {
            let left = self.credits_of(key).left(now);
            self.notify(Notice::Restarted { child: key, left });
        } else {
            self.notify(Notice::Started(key));
        }
    }

    /// Handles a life that declined (OTP's `ignore`): it ended normally before it was up.
    pub(super) fn declined(&mut self, now: PackedInstant, key: Key, purpose: Purpose<R>) {
        self.failed_starts.forget(key);
        self.notify(Notice::Declined(key));
        let pool = self.rules.strategy == SupervisionStrategy::SimpleOneForOne;
        match purpose {
            Purpose::Sequence => {
                self.pass(key);
                self.settle_without_life(key, Down::Finished);
                self.go_on(now);
            }
            Purpose::Add(reply) | Purpose::Command(reply) => {
                self.settle_without_life(key, Down::Finished);
                self.answer(reply, Answer::Declined);
            }
            // OTP 25 keeps a pool's worker without a life here, and crashes because of it later.
            Purpose::Together => self.forget(key, Down::Finished),
            Purpose::Restart if pool => self.forget(key, Down::Finished),
            Purpose::Restart => self.close_child(key, Down::Finished),
        }
    }

    pub(super) fn start_timed_out(&mut self, now: PackedInstant, key: Key) {
        let limit = match self.rules_of(key).map(|rules| rules.start) {
            Some(StartRule::Ready(Some(limit)) | StartRule::Retry(Some(limit))) => limit,
            _ => Duration::ZERO,
        };
        self.abort_start(now, key, ExitReason::StartTimeout(limit));
    }

    /// Fails the start of a life that has dropped its context, so that it can no longer report.
    pub(super) fn abandoned(&mut self, now: PackedInstant, key: Key, generation: u64) {
        let Some(child) = self.children.get(key) else { return };
        let starts = matches!(child.state, State::Starting(_) | State::Trying { .. });
        if child.generation == generation && starts {
            self.abort_start(now, key, ExitReason::StartAbandoned);
        }
    }

    /// Aborts a life that will not be ready; the start has failed once the life is gone.
    pub(super) fn abort_start(&mut self, now: PackedInstant, key: Key, reason: ExitReason) {
        let failed = match self.enter(key, State::Down(Down::Stopped)) {
            Some(State::Starting(purpose)) => {
                OwnStop::FailedStart(FailingStart { purpose, reason })
            }
            Some(State::Trying { .. }) => OwnStop::FailedAttempt(reason),
            _ => return,
        };
        self.abort(key, failed.into());
        self.arm_kill(now, key);
    }

    /// Handles a failed start, whose life is gone.
    pub(super) fn start_failed(
        &mut self,
        now: PackedInstant,
        key: Key,
        purpose: Purpose<R>,
        reason: ExitReason,
    ) {
        self.notify(Notice::StartFailed { child: key, reason: reason.clone() });
        let hopeless = is_hopeless(&reason);
        match purpose {
            Purpose::Add(reply) => {
                self.forget(key, Down::Stopped);
                self.answer(reply, Answer::Refused(Refusal::StartFailed(reason)));
            }
            Purpose::Command(reply) => {
                self.settle_without_life(key, Down::Stopped);
                self.answer(reply, Answer::Refused(Refusal::StartFailed(reason)));
            }
            Purpose::Together => self.forget(key, Down::Stopped),
            Purpose::Sequence if matches!(self.mode, Mode::Starting) => {
                self.enter(key, State::Held);
                let Some(child) = self.children.get(key) else { return };
                self.stop(now, Ending::StartFailed { name: child.data.name().clone(), reason });
            }
            Purpose::Sequence | Purpose::Restart if hopeless => self.give_up(now, key, reason),
            Purpose::Sequence => {
                self.hold_back(key);
                if self.is_walk_over() {
                    self.mode = Mode::Running;
                }
                self.try_again_later(now, key, reason);
            }
            Purpose::Restart => self.try_again_later(now, key, reason),
        }
    }

    /// Schedules another attempt behind the messages that are already waiting: OTP's
    /// `try_again_restart`.
    fn try_again_later(&mut self, now: PackedInstant, key: Key, reason: ExitReason) {
        self.failed_starts.add(key);
        self.enter(key, State::Waiting(Pending::Again(Box::new(reason))));
        self.wait_for_restart(now, key);
    }

    /// Returns `true` if the child is a worker that has to report that it is up.
    pub(super) fn needs_report(&self, key: Key) -> bool {
        self.children.get(key).is_some_and(|child| child.rules.needs_report())
    }
}
