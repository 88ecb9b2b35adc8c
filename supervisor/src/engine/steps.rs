//! The steps of a stop that somebody has asked for: the drain, in which the children go on; the stop
//! in order; and the kill of what has not ended when the time for the whole is over.

use std::time::Duration;

use super::stopping::Scheme;
use super::timers::Target;
use super::{Child, Ending, Engine, Mode, Named, Notice, State};
use crate::packed_instant::PackedInstant;

impl<C: Named, R> Engine<C, R> {
    /// Begins to drain: the children go on for this time, restarts included, and are then stopped in
    /// order. A supervisor whose children have not all started has no users yet, and stops at once.
    pub(super) fn drain(&mut self, now: PackedInstant, time: Duration) {
        if self.draining || self.is_stopping() {
            return;
        }
        if time.is_zero() || self.is_starting() {
            return self.stop_when_asked(now);
        }
        self.draining = true;
        // A drain that ends at an instant that `PackedInstant` cannot represent goes on until it is cut
        // short.
        if let Some(at) = now.checked_add(time) {
            self.timers.set(at, Target::Drain);
        }
        self.notify(Notice::Draining(time));
    }

    /// Ends the drain, if there is one: the supervisor stops, or gives up.
    pub(super) fn leave_drain(&mut self) {
        if std::mem::replace(&mut self.draining, false) {
            self.timers.cancel(Target::Drain);
        }
    }

    /// Begins the stop in order that somebody has asked for.
    pub(super) fn stop_when_asked(&mut self, now: PackedInstant) {
        self.await_ends_of_deferred();
        self.stop(now, Ending::Shutdown);
    }

    /// Stops everything at once, as somebody has asked.
    pub(super) fn kill_when_asked(&mut self, now: PackedInstant) {
        self.await_ends_of_deferred();
        self.kill(now);
    }

    /// Sets the instant at which what has not ended is stopped at once; the earliest one counts.
    pub(super) fn end_by(&mut self, at: PackedInstant) {
        if self.timers.at(Target::End).is_none_or(|set| at < set) {
            self.timers.set(at, Target::End);
        }
    }

    /// Stops what has not ended at once, since the time for the whole is over. If each life is being
    /// aborted already, nothing is left to do, in either scheme of a stop.
    pub(super) fn out_of_time(&mut self, now: PackedInstant) {
        let goes_on = |child: &Child<C, R>| {
            child.state.has_life() && !matches!(child.state, State::Killing(_))
        };
        let all_aborted = match self.mode {
            Mode::Stopping { scheme: Scheme::AtOnce { killed: true }, .. } => true,
            Mode::Stopping { .. } => !self.children.iter().any(|(_, child)| goes_on(child)),
            _ => false,
        };
        if all_aborted {
            return;
        }
        self.notify(Notice::OutOfTime);
        self.kill_when_asked(now);
    }
}
