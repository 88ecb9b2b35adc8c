//! What a slot holds whatever its messages are.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use tokio::time::Instant;

use super::place::{Held, Place, Standing};
use super::waiting::Woken;
use super::word::{Duties, Signal, Word};
use super::{Beginning, Sign};
use crate::driver::Link;
use crate::engine::ChildState;
use crate::exit::ExitReason;
use crate::moment::Moment;
use crate::node::Node;
use crate::path::{ChildPath, Name};

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
    word: Word,
    place: Mutex<Place>,
}

impl SlotCore {
    pub(crate) fn new(name: Name) -> Self {
        Self { name, word: Word::new(), place: Mutex::default() }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Its supervisor, once and for all.
    pub(crate) fn set_owner(&self, owner: &Arc<Node>) {
        let mut place = self.lock();
        if let Standing::Apart(nobody @ None) = &mut place.standing {
            *nobody = Some(Arc::downgrade(owner));
        }
    }

    pub(crate) fn owner(&self) -> Option<Arc<Node>> {
        self.lock().standing.owner()
    }

    pub(crate) fn path(&self) -> ChildPath {
        self.owner().map_or_else(ChildPath::root, |owner| owner.path()).join(&self.name)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.word.generation()
    }

    /// Whether a life's task exists.
    pub(crate) fn is_occupied(&self) -> bool {
        self.word.is_occupied()
    }

    pub(crate) fn duties(&self) -> Duties {
        self.word.duties()
    }

    /// A life begins. The previous one has ended: never two at once.
    pub(crate) fn begin(&self, generation: u64, beginning: Beginning<'_>) {
        let Beginning { inbox, key, duties, up } = beginning;
        let mut place = self.lock();
        let was_free = place.begin(generation, duties, up);
        debug_assert!(was_free, "two lives of `{}` at once", self.name);
        // A restart in the same life of the supervisor keeps the link.
        let stood_there = place.standing.link().is_some_and(|link| link.leads_to(inbox, key));
        let link = (!stood_there).then(|| Link { inbox: Arc::clone(inbox), key });
        let old = link.and_then(|link| place.standing.set_link(Some(link)));
        drop(place);
        drop(old);
    }

    /// The life's task is gone. Nothing can be asked of it any more; whoever still waits to be
    /// told that it is to stop, in a task of the user's own, is told now.
    pub(super) fn end(&self, generation: u64) -> End {
        debug_assert_eq!(self.generation(), generation, "the exit of another life");
        let mut place = self.lock();
        // Under the lock: as soon as it is over the next life may begin, with futures of its own.
        let has_looked = place.end();
        let (waiting, link) = (place.take_waiting(), place.standing.link().cloned());
        drop(place);
        waiting.wake();
        End { link, has_looked }
    }

    pub(crate) fn abandon(&self) {
        self.word.abandon();
    }

    pub(crate) fn take_abandoned(&self) -> bool {
        self.word.take_abandoned()
    }

    /// Looks at the shutdown signal, which a life has to do to be asked rather than dropped.
    pub(crate) fn look(&self, generation: u64) -> Signal {
        self.word.look(generation)
    }

    /// Asks the life to stop: whom that wakes, or nothing if the life never looked and so cannot
    /// notice.
    #[must_use]
    pub(super) fn ask(&self, now: Instant) -> Option<Woken> {
        let mut place = self.lock();
        place.ask(now).then(|| place.take_waiting())
    }

    /// Whether the present life was asked to stop.
    pub(crate) fn was_asked(&self) -> bool {
        self.word.is_asked()
    }

    /// Raises the signal of this life, which is not being stopped by its supervisor; `false` if the
    /// life is over, and perhaps another one has begun.
    pub(crate) fn signal_life(&self, generation: u64) -> bool {
        let mut place = self.lock();
        let raised = self.word.signal_life(generation);
        let waiting = raised.then(|| place.take_waiting());
        drop(place);
        waiting.into_iter().for_each(Woken::wake);
        raised
    }

    /// Waits for the life to be asked, or to be over.
    pub(crate) fn poll_asked(
        &self,
        generation: u64,
        number: &mut Option<NonZeroU32>,
        waker: &Waker,
    ) -> Poll<()> {
        let mut place = self.lock();
        // Under the lock, as all that raises the signal. (The old waker is dropped without it: that
        // may run anybody's code.)
        match self.word.signal(generation) {
            Signal::Asked | Signal::Stale => return Poll::Ready(()),
            Signal::TooLate => return Poll::Pending,
            Signal::Live => {}
        }
        let mut replaced = None;
        match number.and_then(|number| place.find_waiting(number)) {
            Some(waiting) if waiting.will_wake(waker) => {}
            Some(waiting) => replaced = Some(std::mem::replace(waiting, waker.clone())),
            None => *number = Some(place.add_waiting(waker.clone())),
        }
        drop(place);
        drop(replaced);
        Poll::Pending
    }

    /// A future that waited does so no more.
    pub(crate) fn forget_waiting(&self, generation: u64, number: NonZeroU32) {
        let mut place = self.lock();
        // Otherwise it has been taken to be woken, or will be.
        let is_there = self.word.signal(generation) == Signal::Live;
        let waker = if is_there { place.remove_waiting(number) } else { None };
        drop(place);
        drop(waker);
    }

    pub(crate) fn link(&self) -> Option<Link> {
        self.lock().standing.link().cloned()
    }

    /// The child stands in a new life of its supervisor, or in none.
    pub(crate) fn set_link(&self, link: Option<Link>) {
        let old = self.lock().standing.set_link(link);
        drop(old);
    }

    pub(crate) fn state(&self) -> ChildState {
        self.word.state()
    }

    pub(crate) fn set_state(&self, state: ChildState) {
        self.lock().enter(state);
    }

    /// No life is pending. A life that could not be stopped is still shown as such.
    pub(crate) fn lie_down(&self) {
        if !self.is_occupied() {
            self.set_state(ChildState::Stopped);
        }
    }

    pub(crate) fn came_up(&self, now: Instant) {
        self.lock().came_up(now);
    }

    /// It is being dropped, asked or not.
    pub(crate) fn begin_stop(&self, now: Instant) {
        self.lock().begin_stop(now);
    }

    /// When the stop began that is under way.
    pub(crate) fn stop_began(&self) -> Option<Moment> {
        self.lock().stop_began()
    }

    /// The life is over; gives back when its stop began, if it was told to end.
    pub(crate) fn went_down(&self, state: ChildState, reason: ExitReason) -> Option<Moment> {
        let mut place = self.lock();
        let began = place.stop_began();
        if self.is_occupied() {
            // It is another life that did not begin: the one that could not be stopped goes on.
            place.enter(ChildState::Unstoppable);
            return began;
        }
        let old = place.went_down(state, reason);
        drop(place);
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

    pub(crate) fn sign_of_life(&self, sign: Sign) {
        if let Some(last) = self.lock().last_sign() {
            *last = sign;
        }
    }

    pub(crate) fn last_sign(&self) -> Sign {
        self.lock().last_sign().copied().unwrap_or(Sign::Idle)
    }

    /// Makes the life hang: it is polled no more. `false` if it is over.
    #[cfg(feature = "test-util")]
    pub(crate) fn hang(&self, generation: u64) -> bool {
        self.word.hang(generation) && self.hangs()
    }

    /// Whether the life hangs. If so, that it was waiting for a message is no sign of life.
    #[cfg(feature = "test-util")]
    pub(crate) fn hangs(&self) -> bool {
        let hangs = self.word.hangs();
        if hangs
            && let Some(last) = self.lock().last_sign()
            && *last == Sign::Idle
        {
            *last = Sign::Given(Instant::now());
        }
        hangs
    }

    fn lock(&self) -> Held<'_> {
        Held::new(&self.word, self.place.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::bell::bell;

    #[test]
    fn the_last_exit_is_the_last_one() {
        let core = SlotCore::new(Name::declared("child"));
        assert!(core.last_exit().is_none());
        for _ in 0..2 {
            core.went_down(ChildState::Restarting, ExitReason::Killed);
            assert!(matches!(core.last_exit(), Some(ExitReason::Killed)));
            core.went_down(ChildState::Restarting, ExitReason::UsedUp);
            assert!(matches!(core.last_exit(), Some(ExitReason::UsedUp)));
            core.went_down(ChildState::Stopped, ExitReason::Normal);
            assert!(matches!(core.last_exit(), Some(ExitReason::Normal)));
            core.went_down(ChildState::Stopped, ExitReason::Shutdown);
            assert!(matches!(core.last_exit(), Some(ExitReason::Shutdown)));
        }
    }

    fn begin(core: &SlotCore, generation: u64) {
        let was_free = core.lock().begin(generation, Duties::default(), Some(Instant::now()));
        assert!(was_free, "two lives at once");
        let _ = core.look(generation);
    }

    /// Whether `late`, which is about life 1 and done by another thread when that life is about to
    /// end, wakes a future that waits in life 2.
    fn wakes_the_next_life(late: fn(&SlotCore), end: fn(&SlotCore)) -> bool {
        let core = SlotCore::new(Name::declared("child"));
        begin(&core, 1);
        let (bell, waker) = bell();
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
        bell.rings() > 0
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
