//! What a slot holds whatever its messages are.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Instant;

use super::locked::{Attachment, Guard, Locked};
use super::state::{AtomicState, Duties, Signal};
use super::waiters::Wakers;
use super::{Beginning, Heartbeat};
use crate::inbox::{Anchor, Link, Owner};
use crate::packed_instant::PackedInstant;
use crate::spec::{ChildPath, ChildState, ExitReason, Name};

/// A life is over.
#[must_use = "the supervisor has to be told"]
pub(super) struct End {
    /// To whom it is to be told.
    pub(super) link: Option<Link>,
    /// Whether the life has ever looked at its shutdown signal, as all do that receive a message.
    pub(super) has_looked: bool,
}

/// The part of a slot that is the same for all.
#[derive(Debug)]
pub(crate) struct SlotCore {
    name: Name,
    state: AtomicState,
    locked: Mutex<Locked>,
}

impl SlotCore {
    pub(crate) fn new(name: Name) -> Self {
        Self { name, state: AtomicState::new(), locked: Mutex::default() }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Its supervisor, once and for all.
    pub(crate) fn set_owner(&self, owner: &Arc<Anchor>) {
        let mut locked = self.lock();
        if let Attachment::Apart(nobody @ None) = &mut locked.attachment {
            *nobody = Some(Arc::clone(owner));
        }
    }

    pub(crate) fn owner(&self) -> Option<Arc<dyn Owner>> {
        self.lock().attachment.owner()
    }

    pub(crate) fn path(&self) -> ChildPath {
        self.owner().map_or_else(ChildPath::root, |owner| owner.path()).join(&self.name)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.state.generation()
    }

    /// Whether a life's task exists.
    pub(crate) fn is_occupied(&self) -> bool {
        self.state.is_occupied()
    }

    pub(crate) fn duties(&self) -> Duties {
        self.state.duties()
    }

    /// A life begins. The previous one has ended: never two at once.
    pub(crate) fn begin(&self, generation: u64, beginning: Beginning<'_>) {
        let Beginning { inbox, key, duties, up } = beginning;
        let mut locked = self.lock();
        let was_free = locked.begin(generation, duties, up);
        debug_assert!(was_free, "two lives of `{}` at once", self.name);
        // A restart in the same life of the supervisor keeps the link.
        let stood_there = locked.attachment.link().is_some_and(|link| link.leads_to(inbox, key));
        let link = (!stood_there).then(|| Link { inbox: Arc::clone(inbox), key });
        let old = link.and_then(|link| locked.attachment.set_link(Some(link)));
        drop(locked);
        drop(old);
    }

    /// The life's task is gone. Nothing can be asked of it any more; whoever still waits to be
    /// told that it is to stop, in a task of the user's own, is told now.
    pub(super) fn end(&self, generation: u64) -> End {
        debug_assert_eq!(self.generation(), generation, "the exit of another life");
        let mut locked = self.lock();
        // Under the lock: as soon as it is over the next life may begin, with futures of its own.
        let has_looked = locked.end();
        let (waiting, link) = (locked.take_waiting(), locked.attachment.link().cloned());
        drop(locked);
        waiting.wake();
        End { link, has_looked }
    }

    pub(crate) fn abandon(&self) {
        self.state.abandon();
    }

    pub(crate) fn take_abandoned(&self) -> bool {
        self.state.take_abandoned()
    }

    /// Looks at the shutdown signal, which a life has to do to be asked rather than dropped.
    pub(crate) fn observe_stop(&self, generation: u64) -> Signal {
        self.state.observe_stop(generation)
    }

    /// Asks the life to stop: whom that wakes, or nothing if the life never looked and so cannot
    /// notice.
    #[must_use]
    pub(super) fn ask(&self, now: Instant) -> Option<Wakers> {
        let mut locked = self.lock();
        locked.ask(now).then(|| locked.take_waiting())
    }

    /// Whether the present life was asked to stop.
    pub(crate) fn was_asked(&self) -> bool {
        self.state.is_asked()
    }

    /// Raises the signal of this life, which is not being stopped by its supervisor; `false` if the
    /// life is over, and perhaps another one has begun.
    pub(crate) fn signal_life(&self, generation: u64) -> bool {
        let mut locked = self.lock();
        let raised = self.state.signal_life(generation);
        let waiting = raised.then(|| locked.take_waiting());
        drop(locked);
        waiting.into_iter().for_each(Wakers::wake);
        raised
    }

    /// Waits for the life to be asked, or to be over.
    pub(crate) fn poll_asked(
        &self,
        generation: u64,
        number: &mut Option<NonZeroU32>,
        waker: &Waker,
    ) -> Poll<()> {
        let mut locked = self.lock();
        // Under the lock, as all that raises the signal. (The old waker is dropped without it: that
        // may run anybody's code.)
        match self.state.signal(generation) {
            Signal::Asked | Signal::Stale => return Poll::Ready(()),
            Signal::TooLate => return Poll::Pending,
            Signal::Live => {}
        }
        let mut replaced = None;
        match number.and_then(|number| locked.find_waiting(number)) {
            Some(waiting) if waiting.will_wake(waker) => {}
            Some(waiting) => replaced = Some(std::mem::replace(waiting, waker.clone())),
            None => *number = Some(locked.add_waiting(waker.clone())),
        }
        drop(locked);
        drop(replaced);
        Poll::Pending
    }

    /// A future that waited does so no more.
    pub(crate) fn forget_waiting(&self, generation: u64, number: NonZeroU32) {
        let mut locked = self.lock();
        // Otherwise it has been taken to be woken, or will be.
        let is_there = self.state.signal(generation) == Signal::Live;
        let waker = if is_there { locked.remove_waiting(number) } else { None };
        drop(locked);
        drop(waker);
    }

    pub(crate) fn link(&self) -> Option<Link> {
        self.lock().attachment.link().cloned()
    }

    /// The child stands in a new life of its supervisor, or in none.
    pub(crate) fn set_link(&self, link: Option<Link>) {
        let old = self.lock().attachment.set_link(link);
        drop(old);
    }

    pub(crate) fn state(&self) -> ChildState {
        self.state.state()
    }

    /// Shows this state, which the supervisor has given to the child and to this life of it.
    ///
    /// The state of a life that could not be stopped stays as it is until that life has ended: it
    /// occupies the slot, whatever was decided about later lives.
    pub(crate) fn show(&self, generation: u64, state: ChildState) {
        let locked = &mut self.lock();
        let has_life = !matches!(state, ChildState::Stopped | ChildState::Restarting);
        let is_own = has_life && self.generation() == generation;
        if is_own || !self.is_occupied() {
            locked.enter(state);
        }
    }

    /// Shows that no life is pending. A life that could not be stopped is still shown as such.
    pub(crate) fn mark_stopped(&self) {
        if !self.is_occupied() {
            self.lock().enter(ChildState::Stopped);
        }
    }

    /// Begins to expect signs of life from a child that has come up, if it has a heartbeat.
    pub(crate) fn came_up(&self, now: Instant) {
        self.lock().came_up(now);
    }

    /// It is being dropped, asked or not.
    pub(crate) fn begin_stop(&self, now: Instant) {
        self.lock().begin_stop(now);
    }

    /// When the stop began that is under way.
    pub(crate) fn stop_began(&self) -> Option<PackedInstant> {
        self.lock().stop_began()
    }

    /// Records how the last life ended, and returns when its stop began if it was told to end.
    pub(crate) fn record_exit(&self, reason: ExitReason) -> Option<PackedInstant> {
        let mut locked = self.lock();
        if self.is_occupied() {
            // Another life could not be stopped and goes on, so this one did not begin.
            return locked.stop_began();
        }
        let (began, old) = locked.record_exit(reason);
        drop(locked);
        drop(old);
        began
    }

    pub(crate) fn last_exit(&self) -> Option<ExitReason> {
        self.lock().last_exit()
    }

    pub(crate) fn count_restart(&self) {
        self.lock().count_restart();
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.lock().restarts()
    }

    pub(crate) fn heartbeat(&self, heartbeat: Heartbeat) {
        if let Some(last) = self.lock().last_heartbeat() {
            *last = heartbeat;
        }
    }

    pub(crate) fn last_heartbeat(&self) -> Heartbeat {
        self.lock().last_heartbeat().copied().unwrap_or(Heartbeat::Idle)
    }

    /// Makes the life hang: it is polled no more. `false` if it is over.
    #[cfg(feature = "test-util")]
    pub(crate) fn hang(&self, generation: u64) -> bool {
        self.state.hang(generation) && self.hangs()
    }

    /// Whether the life hangs. If so, that it was waiting for a message is no sign of life.
    #[cfg(feature = "test-util")]
    pub(crate) fn hangs(&self) -> bool {
        let hangs = self.state.hangs();
        if hangs
            && let Some(last) = self.lock().last_heartbeat()
            && *last == Heartbeat::Idle
        {
            *last = Heartbeat::Given(crate::clock::now());
        }
        hangs
    }

    fn lock(&self) -> Guard<'_> {
        Guard::new(&self.state, self.locked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::count_waker::count_waker;

    #[test]
    fn the_last_exit_is_the_last_one() {
        let core = SlotCore::new(Name::declared("child"));
        assert!(core.last_exit().is_none());
        for _ in 0..2 {
            core.record_exit(ExitReason::Killed);
            assert!(matches!(core.last_exit(), Some(ExitReason::Killed)));
            core.record_exit(ExitReason::UsedUp);
            assert!(matches!(core.last_exit(), Some(ExitReason::UsedUp)));
            core.record_exit(ExitReason::Normal);
            assert!(matches!(core.last_exit(), Some(ExitReason::Normal)));
            core.record_exit(ExitReason::Shutdown);
            assert!(matches!(core.last_exit(), Some(ExitReason::Shutdown)));
        }
    }

    fn begin(core: &SlotCore, generation: u64) {
        let was_free = core.lock().begin(generation, Duties::default(), Some(Instant::now()));
        assert!(was_free, "two lives at once");
        let _ = core.observe_stop(generation);
    }

    /// Whether `late`, which is about life 1 and done by another thread when that life is about to
    /// end, wakes a future that waits in life 2.
    fn wakes_the_next_life(late: fn(&SlotCore), end: fn(&SlotCore)) -> bool {
        let core = SlotCore::new(Name::declared("child"));
        begin(&core, 1);
        let (count_waker, waker) = count_waker();
        thread::scope(|threads| {
            let thread = threads.spawn(|| late(&core));
            end(&core);
            while core.is_occupied() {
                std::hint::spin_loop();
            }
            begin(&core, 2);
            assert!(core.poll_asked(2, &mut None, &waker).is_pending());
            thread.join().unwrap();
        });
        count_waker.count() > 0
    }

    #[test]
    fn what_comes_late_to_a_life_leaves_the_next_one_alone() {
        for _ in 0..10_000 {
            assert!(!wakes_the_next_life(|core| drop(core.end(1).link), |_| {}), "the end");
            let signal = |core: &SlotCore| {
                core.signal_life(1);
            };
            assert!(!wakes_the_next_life(signal, |core| drop(core.end(1).link)), "the signal");
        }
    }
}
