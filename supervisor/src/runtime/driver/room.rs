//! The callers who wait until a supervisor with `max_children` has room for another child.

use tokio::sync::oneshot;

use super::SupervisorRun;
use crate::catch::catch_panic;

/// The callers who wait for room. When the supervisor's life ends, their senders are dropped with it.
#[derive(Default)]
pub(super) struct RoomWaiters(Vec<oneshot::Sender<()>>);

impl SupervisorRun {
    /// Answers at once if there is room for another child, otherwise once there is.
    pub(crate) fn tell_of_room(&mut self, waiter: oneshot::Sender<()>) {
        let waiters = self.room.get_or_insert_default();
        // Callers who have given up leave nothing behind.
        waiters.0.retain(|waiter| !waiter.is_closed());
        waiters.0.push(waiter);
        self.wake_if_there_is_room();
    }

    /// Wakes all who wait if there is room: whoever comes too late waits again.
    pub(super) fn wake_if_there_is_room(&mut self) {
        if self.room.is_none() || !self.engine.has_room() {
            return;
        }
        let waiters = self.room.take();
        for waiter in waiters.into_iter().flat_map(|waiters| waiters.0) {
            // The waker of a caller is foreign code, and this is the supervisor's task.
            catch_panic(|| waiter.send(()));
        }
    }
}
