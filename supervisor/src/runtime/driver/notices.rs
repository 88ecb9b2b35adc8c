//! Applies a notice of the engine: updates the statistics, then publishes the event to subscribers
//! and the log.

use std::time::Duration;

use super::{ChildTask, SupervisorRun};
use crate::engine::{Child, Key, Notice};
use crate::inbox::Reply;
use crate::observe::{Circumstances, EventKind};
use crate::packed_instant::PackedInstant;
use crate::slot::{FailedAt, SlotCore};
use crate::spec::{ChildPath, ExitReason, HealthPart, RestartPolicy, SupervisionStrategy};

impl SupervisorRun {
    /// Applies a notice, and closes the child whose exit is its last one.
    pub(super) fn notify(&mut self, notice: Notice) {
        let closed = match &notice {
            Notice::Terminated { child, closes: true, .. } => Some(*child),
            _ => None,
        };
        // Skip building the event if nobody subscribes and nothing logs.
        if self.node.is_observed() {
            self.publish(notice);
        } else {
            self.update_statistics(notice, false);
        }
        if let Some(child) = closed {
            self.close(child);
        }
    }

    /// Updates the statistics, and publishes the event.
    fn publish(&self, notice: Notice) {
        let asked_at = self.update_statistics(notice.clone(), true);
        let stopped_late = match &notice {
            Notice::StoppedLate(key) => self.engine.child(*key),
            _ => None,
        };
        self.announce(notice, asked_at);
        // The child was closed while its life went on.
        if let Some(child) = stopped_late
            && child.data.slot().core().is_over()
        {
            self.node.announce_child_ended(child.data.slot().core());
        }
    }

    /// Updates the statistics. Returns the instant at which the child's stop began, if the child
    /// was asked to end.
    fn update_statistics(&self, notice: Notice, is_observed: bool) -> Option<PackedInstant> {
        let (node, now) = (&self.node, self.now);
        let failed_at = |of_start| {
            let window = node.rules().restart_window;
            FailedAt { now, window, of_start, is_observed }
        };
        let child = |key| self.engine.child(key).map(|child| (child, child.data.slot()));
        match notice {
            Notice::Started(key) => {
                let (child, slot) = child(key)?;
                // A child that is up once it is spawned was marked so at the beginning of its life.
                if !child.rules.is_up_once_spawned() && has_begun(child, slot.core()) {
                    slot.core().came_up(now);
                }
            }
            Notice::Restarted { child: key, .. } => {
                let (child, slot) = child(key)?;
                let core = slot.core();
                if has_begun(child, core) {
                    node.count_restart();
                    if !child.rules.is_up_once_spawned() {
                        core.came_up_again(now);
                    }
                }
            }
            Notice::Terminated { child: key, reason, failed, closes } => {
                if failed {
                    node.count_failure();
                }
                let (child, slot) = child(key)?;
                let core = slot.core();
                let asked_at = if failed {
                    core.record_failure(reason, failed_at(false))
                } else {
                    let has_finished = has_finished(child, &reason);
                    node.child_ended(slot, &reason);
                    let asked_at = core.record_exit(reason);
                    if !has_finished && !self.engine.is_stopping() {
                        core.went_down(asked_at.unwrap_or(now));
                    }
                    asked_at
                };
                if closes {
                    core.mark_stopped();
                }
                // The child may be on record as killed, also if it ended before the abort reached
                // it.
                node.killed_child_ended(slot, now);
                return asked_at;
            }
            Notice::StartFailed { child: key, reason } => {
                node.count_failure();
                return child(key)?.1.core().record_failure(reason, failed_at(true));
            }
            Notice::Declined(key) => {
                child(key)?.1.core().record_exit(ExitReason::Normal);
            }
            Notice::TimedOut(key) => {
                let (_, slot) = child(key)?;
                // A child can be dropped before it was asked to stop: its time then begins now.
                let began = slot.core().stop_began();
                node.child_killed(slot, began.unwrap_or(now));
                return began;
            }
            Notice::NotStopped(key) => return child(key)?.1.core().stop_began(),
            Notice::StartWaits { .. }
            | Notice::StopWaits { .. }
            | Notice::Delayed { .. }
            | Notice::StoppedLate(_)
            | Notice::MaxRestartsExceeded { .. }
            | Notice::OutOfTime => {}
            Notice::Draining(_) => node.stops().begin_drain(now),
            Notice::Stopping => node.stops().begin(now),
        }
        None
    }

    /// Returns what decides on the log line of an event of this child, which was asked to end or not.
    fn circumstances(&self, child: &Child<ChildTask, Reply>, asked: bool) -> Circumstances {
        let trouble = child.data.slot().core().trouble();
        let comes_and_goes = child.rules.restart == RestartPolicy::Temporary
            || self.node.rules().strategy == SupervisionStrategy::SimpleOneForOne;
        Circumstances {
            is_expected: asked || comes_and_goes,
            is_folded: trouble.is_folded(),
            // The restart of a child that does not say when it is up does not say that it is well.
            recovery: (child.rules.needs_report() && trouble.failures() > 1)
                .then(|| (trouble.failures(), trouble.lasted(self.now))),
        }
    }

    /// Publishes the event for a notice to subscribers and the log. `asked_at` is the instant at
    /// which the child was asked to end, or `None` if it was not asked.
    fn announce(&self, notice: Notice, asked_at: Option<PackedInstant>) {
        let Some(key) = notice.child() else { return self.announce_own(&notice) };
        let Some(child) = self.engine.child(key) else { return };
        let core = child.data.slot().core();
        // The engine may have decided on the next life already; the slot has the present life's
        // number.
        let incarnation = core.generation();
        let after =
            asked_at.map_or(Duration::ZERO, |began| self.now.saturating_duration_since(began));
        let kind = match notice {
            Notice::Started(_) | Notice::Restarted { .. } if !has_begun(child, core) => return,
            Notice::StartWaits { on, .. } => EventKind::StartWaits { on: self.paths(&on) },
            Notice::StopWaits { on, .. } => EventKind::StopWaits { on: self.paths(&on) },
            Notice::Started(_) => EventKind::ChildStarted { incarnation },
            Notice::Restarted { left, .. } => {
                let restarts = core.restarts();
                EventKind::ChildRestarted { incarnation, restarts, restarts_left: left }
            }
            Notice::Terminated { reason: reason @ ExitReason::StillRunning, .. }
            | Notice::StartFailed { reason, .. } => EventKind::ChildStartFailed { reason },
            Notice::Terminated { reason, .. } => EventKind::ChildTerminated { incarnation, reason },
            Notice::Declined(_) => EventKind::ChildDeclined,
            Notice::Delayed { delay, left, .. } => {
                EventKind::RestartDelayed { delay, restarts_left: left }
            }
            Notice::TimedOut(_) => EventKind::ChildKilled { after },
            Notice::NotStopped(_) => EventKind::ChildNotStopped { after },
            Notice::StoppedLate(_) => EventKind::ChildStoppedLate,
            Notice::MaxRestartsExceeded { reason, .. } => {
                let rules = self.node.rules();
                let restart_window = rules.restart_window;
                match child.rules.max_restarts {
                    None => {
                        let max_restarts = rules.max_restarts;
                        EventKind::MaxRestartsExceeded { max_restarts, restart_window, reason }
                    }
                    Some(max_restarts) => {
                        EventKind::ChildGivenUp { max_restarts, restart_window, reason }
                    }
                }
            }
            Notice::Draining(_) | Notice::Stopping | Notice::OutOfTime => return,
        };
        self.node.announce(|| core.path(), &kind, self.circumstances(child, asked_at.is_some()));
    }
}

impl SupervisorRun {
    /// Publishes the event for a notice about the supervisor itself.
    fn announce_own(&self, notice: &Notice) {
        let kind = match notice {
            Notice::Draining(time) => EventKind::SupervisorDraining { time: *time },
            Notice::OutOfTime => {
                let began = self.node.stops().asked().unwrap_or(self.now);
                let after = self.now.saturating_duration_since(began);
                EventKind::ShutdownOutOfTime { after }
            }
            _ => EventKind::SupervisorStopping,
        };
        self.node.announce_own(|| kind);
    }

    /// Returns the paths of these children.
    fn paths(&self, keys: &[Key]) -> Vec<ChildPath> {
        let children = keys.iter().filter_map(|key| self.engine.child(*key));
        children.map(|child| child.data.slot().core().path()).collect()
    }
}

/// Returns `true` if the child's absence harms nobody's health after this end: it comes and goes, or
/// has done its work.
fn has_finished(child: &Child<ChildTask, Reply>, reason: &ExitReason) -> bool {
    child.rules.health == HealthPart::Ignored
        || child.rules.restart == RestartPolicy::Transient && matches!(reason, ExitReason::Normal)
}

/// Returns `true` if the life that the engine has decided on has begun. It has not begun if a life
/// that could not be stopped still occupies the slot.
fn has_begun(child: &Child<ChildTask, Reply>, core: &SlotCore) -> bool {
    core.generation() == child.generation
}
