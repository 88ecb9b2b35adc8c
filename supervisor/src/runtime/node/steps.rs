//! Requests to stop a root, in steps: the drain, the stop in order, the kill.

use std::sync::Arc;
use std::time::Duration;

use super::{Node, NodeState};
use crate::engine::Event;
use crate::inbox::Reply;
use crate::packed_instant::PackedInstant;
use crate::spec::ExitReason;

/// The times of the steps in which a root stops.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    /// The time from the request to the stop in order, in which the children go on.
    pub(crate) drain: Duration,
    /// The time from the request to the kill of what has not ended; `None` if there is no limit.
    pub(crate) total: Option<Duration>,
}

impl Node {
    pub(crate) fn steps(&self) -> Steps {
        self.lock().steps
    }

    /// Sets the times of the steps. A stop that was asked for before is limited by them, too.
    pub(crate) fn set_steps(&self, steps: Steps) {
        let was_asked = {
            let mut locked = self.lock();
            locked.steps = steps;
            locked.was_asked_to_stop()
        };
        if let Some(total) = steps.total.filter(|_| was_asked) {
            self.end_by(self.stops().asked().unwrap_or_else(PackedInstant::now), total);
        }
    }

    /// Begins the first step of a root's stop. Does nothing, and returns `false`, if a parent is in
    /// charge of the supervisor.
    pub(crate) fn stop_root(self: &Arc<Self>) -> bool {
        let stops = self.stop_root_by(|steps| Event::Drain(steps.drain));
        // Read when the request is on record: if the times are set later, that limits the stop.
        if let Some(total) = self.steps().total.filter(|_| stops) {
            self.end_within(total);
        }
        stops
    }

    /// Ends the drain of a root that was asked to stop: the stop in order begins.
    pub(crate) fn end_drain(&self) {
        let was_asked = self.lock().was_asked_to_stop();
        if was_asked {
            self.tell(Event::Stop);
        }
    }

    /// Stops everything at once. Does nothing, and returns `false`, if a parent is in charge of the
    /// supervisor.
    pub(crate) fn kill_root(self: &Arc<Self>) -> bool {
        self.stop_root_by(|_| Event::Kill)
    }

    /// Has the running life stop everything at once when this time has passed.
    pub(crate) fn end_within(&self, total: Duration) {
        self.end_by(PackedInstant::now(), total);
    }

    /// Has the running life stop everything at once at this time after a request.
    fn end_by(&self, asked: PackedInstant, total: Duration) {
        // An instant that `PackedInstant` cannot represent never comes.
        if let Some(at) = asked.checked_add(total) {
            self.tell(Event::EndBy(at));
        }
    }

    fn stop_root_by(self: &Arc<Self>, event: fn(Steps) -> Event<Reply>) -> bool {
        {
            let mut locked = self.lock();
            if locked.is_held() || locked.is_built() && !locked.starts_by_itself() {
                return false;
            }
            locked.is_final_stop = true;
            if !locked.is_built() {
                let event = event(locked.steps);
                drop(locked);
                self.tell(event);
                return true;
            }
            locked.state = NodeState::Ended { reason: ExitReason::Shutdown };
        }
        // A root that was never started has no life to wait for.
        self.end_for_good();
        true
    }
}
