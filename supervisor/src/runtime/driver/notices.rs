//! Carries out what follows from a notice of the engine: statistics first, then the news for
//! subscribers and the log.

use std::time::Duration;

use super::{ChildTask, SupervisorRun};
use crate::engine::{Child, Notice};
use crate::inbox::Reply;
use crate::observe::EventKind;
use crate::packed_instant::PackedInstant;
use crate::runtime::Node;
use crate::spec::ExitReason;

impl SupervisorRun {
    pub(super) fn notify(&self, notice: Notice) {
        // Skip building the event if nobody subscribes and nothing logs.
        let news = Node::is_heard().then(|| notice.clone());
        let asked_at = self.keep_statistics(notice);
        if let Some(news) = news {
            self.announce(news, asked_at);
        }
    }

    /// Keeps the statistics. Returns when the stop of the child began, if it was told to end.
    fn keep_statistics(&self, notice: Notice) -> Option<PackedInstant> {
        let (node, now) = (&self.node, self.now);
        let child = |key| self.engine.child(key).map(|child| (child, child.data.slot()));
        match notice {
            Notice::Started(key) => {
                let (child, slot) = child(key)?;
                // One that is up once it is spawned was so from the beginning of its life.
                if !child.rules.is_up_once_spawned() && has_begun(child) {
                    slot.core().came_up(now);
                }
            }
            Notice::Restarted { child: key, .. } => {
                let (child, slot) = child(key)?;
                if has_begun(child) {
                    node.count_restart();
                    slot.core().count_restart();
                    if !child.rules.is_up_once_spawned() {
                        slot.core().came_up(now);
                    }
                }
            }
            Notice::Terminated { child: key, reason, failed } => {
                if failed {
                    node.count_failure();
                }
                let (_, slot) = child(key)?;
                let asked_at = slot.core().record_exit(reason);
                // It may have been named as one to be killed, and have ended before it was told.
                node.killed_child_ended(slot, now);
                return asked_at;
            }
            Notice::StartFailed { child: key, reason } => {
                node.count_failure();
                return child(key)?.1.core().record_exit(reason);
            }
            Notice::Declined(key) => {
                child(key)?.1.core().record_exit(ExitReason::Normal);
            }
            Notice::TimedOut(key) => {
                let (_, slot) = child(key)?;
                // Without a stop that has begun, it is dropped before it was asked.
                let began = slot.core().stop_began();
                node.child_killed(slot, began.map_or(now, PackedInstant::instant));
                return began;
            }
            Notice::NotStopped(key) => return child(key)?.1.core().stop_began(),
            Notice::Delayed { .. }
            | Notice::StoppedLate(_)
            | Notice::MaxRestartsExceeded { .. } => {}
            Notice::Stopping => node.stops().begin(),
        }
        None
    }

    /// Tells subscribers and the log. `asked_at` is the time at which the child was told to end, if it
    /// was.
    fn announce(&self, news: Notice, asked_at: Option<PackedInstant>) {
        let Some(key) = news.child() else {
            return self.node.announce_own(|| EventKind::SupervisorStopping);
        };
        let Some(child) = self.engine.child(key) else { return };
        let core = child.data.slot().core();
        // The engine may have decided on the next life already; the place knows the present one.
        let incarnation = core.generation();
        let after = asked_at
            .map_or(Duration::ZERO, |began| self.now.saturating_duration_since(began.instant()));
        let kind = match news {
            Notice::Started(_) | Notice::Restarted { .. } if !has_begun(child) => return,
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
                let (max_restarts, restart_window) = (rules.max_restarts, rules.restart_window);
                EventKind::MaxRestartsExceeded { max_restarts, restart_window, reason }
            }
            Notice::Stopping => EventKind::SupervisorStopping,
        };
        self.node.announce(|| core.path(), kind, asked_at.is_some());
    }
}

/// Returns whether the life that the engine has decided on has begun: the slot may be occupied by one
/// that could not be stopped.
fn has_begun(child: &Child<ChildTask, Reply>) -> bool {
    child.data.slot().core().generation() == child.generation
}
