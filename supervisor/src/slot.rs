//! A child's place in its tree: what belongs to the specification and outlives every life.

use std::any::Any;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Poll, Waker};

use tokio::time::Instant;

use crate::driver::{Link, Sign};
use crate::engine::ChildState;
use crate::exit::ExitReason;
use crate::mailbox::{Closing, Mailbox};
use crate::node::Node;
use crate::path::{ChildPath, Name};

/// The message type of a place that takes none: a nested supervisor's.
#[derive(Debug)]
pub(crate) enum Nobody {}

/// A place with its mailbox.
#[derive(Debug)]
pub(crate) struct Slot<M> {
    pub(crate) core: SlotCore,
    pub(crate) mailbox: Mailbox<M>,
}

/// A place whose message type does not matter.
pub(crate) trait AnySlot: Send + Sync + 'static {
    fn core(&self) -> &SlotCore;
    fn set_capacity(&self, capacity: usize);
    /// A life begins; it alone may receive.
    fn open(&self, generation: u64);
    /// The life has ended; nobody receives, senders go on.
    fn end_life(&self, generation: u64) -> Option<Link>;
    fn wake_receiver(&self);
    /// Sends back what is sent from now on; what was waiting goes to the dead-letter
    /// receiver, if there is one, and is counted. What is returned beside the number is to be
    /// dropped where the user's code may run.
    fn close(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)>;
    fn queued(&self) -> usize;
    fn message_type(&self) -> &'static str;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// What a place holds whatever its messages are.
#[derive(Debug)]
pub(crate) struct SlotCore {
    name: Name,
    /// The supervisor whose child it is.
    owner: OnceLock<Weak<Node>>,
    /// The generation of the last life, shifted, with [`LOOKED`], [`STOP`], [`ENDED`] and [`HUNG`].
    signal: AtomicU64,
    /// Whether the last life's task still exists.
    occupied: AtomicBool,
    /// Whether the life has dropped its context before it was ready.
    abandoned: AtomicBool,
    place: Mutex<Place>,
}

/// The life has looked at its shutdown signal, so it can notice it.
const LOOKED: u64 = 1;
/// The life has been asked to stop.
const STOP: u64 = 2;
/// The life is over.
const ENDED: u64 = 4;
/// The life is not polled any more, as a test wants it.
#[cfg(feature = "test-util")]
const HUNG: u64 = 8;
/// How far the generation is shifted.
const SHIFT: u32 = 4;

#[derive(Debug)]
struct Place {
    /// Where the child stands in the current life of its supervisor.
    link: Option<Link>,
    state: ChildState,
    up_since: Option<Instant>,
    restarts: u64,
    last_exit: Option<ExitReason>,
    last_sign: Sign,
    waiting: Waiting,
    duties: Duties,
}

/// What a life owes its supervisor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Duties {
    /// To report that it is up.
    pub(crate) notify: bool,
    /// To show that it lives.
    pub(crate) heartbeat: bool,
}

/// The futures of `shutdown_requested`, by number. Nearly always there is one at most, and it
/// takes no allocation.
#[derive(Debug, Default)]
struct Waiting {
    first: Option<(NonZeroU32, Waker)>,
    #[expect(clippy::box_collection, reason = "nearly always absent: one word, not three")]
    others: Option<Box<Vec<(NonZeroU32, Waker)>>>,
    last: u32,
}

impl Waiting {
    fn iter_mut(&mut self) -> impl Iterator<Item = &mut (NonZeroU32, Waker)> {
        self.first.iter_mut().chain(self.others.iter_mut().flat_map(|others| others.iter_mut()))
    }

    /// Adds a future, and gives its number.
    fn add(&mut self, waker: Waker) -> NonZeroU32 {
        self.last = self.last.wrapping_add(1).max(1);
        let number = NonZeroU32::new(self.last).unwrap_or(NonZeroU32::MIN);
        match &mut self.first {
            first @ None => *first = Some((number, waker)),
            Some(_) => self.others.get_or_insert_default().push((number, waker)),
        }
        number
    }

    fn remove(&mut self, number: NonZeroU32) -> Option<Waker> {
        if let Some((_, waker)) = self.first.take_if(|(first, _)| *first == number) {
            return Some(waker);
        }
        let others = self.others.as_mut()?;
        let at = others.iter().position(|(other, _)| *other == number)?;
        Some(others.swap_remove(at).1)
    }

    /// Removes all of them. Their numbers are not used again soon: a future that outlives its
    /// life still has its own, and must not take another's place by it.
    fn take_all(&mut self) -> Self {
        Self { first: self.first.take(), others: self.others.take(), last: self.last }
    }

    /// To be called without the lock.
    fn wake(self) {
        let others = self.others.into_iter().flat_map(|others| *others);
        self.first.into_iter().chain(others).for_each(|(_, waker)| waker.wake());
    }
}

/// What a life sees when it looks at its shutdown signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Go on.
    Live,
    /// Please stop.
    Asked,
    /// It is being dropped already: it must not begin to clean up and be cut half-way.
    TooLate,
    /// The life is over.
    Stale,
}

impl SlotCore {
    pub(crate) fn new(name: Name) -> Self {
        Self {
            name,
            owner: OnceLock::new(),
            signal: AtomicU64::new(ENDED),
            occupied: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            place: Mutex::new(Place {
                link: None,
                state: ChildState::Stopped,
                up_since: None,
                restarts: 0,
                last_exit: None,
                last_sign: Sign::Idle,
                waiting: Waiting::default(),
                duties: Duties::default(),
            }),
        }
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) fn set_owner(&self, owner: &Arc<Node>) {
        let _ = self.owner.set(Arc::downgrade(owner));
    }

    pub(crate) fn owner(&self) -> Option<Arc<Node>> {
        self.owner.get()?.upgrade()
    }

    pub(crate) fn path(&self) -> ChildPath {
        self.owner().map_or_else(ChildPath::root, |owner| owner.path()).join(&self.name)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.signal.load(Ordering::Acquire) >> SHIFT
    }

    /// Whether a life's task exists.
    pub(crate) fn is_occupied(&self) -> bool {
        self.occupied.load(Ordering::Acquire)
    }

    /// A life begins. The previous one has ended: never two at once.
    pub(crate) fn begin(&self, generation: u64, link: Link, duties: Duties) {
        let was_occupied = self.occupied.swap(true, Ordering::AcqRel);
        debug_assert!(!was_occupied, "two lives of `{}` at once", self.name);
        self.abandoned.store(false, Ordering::Release);
        self.signal.store(generation << SHIFT, Ordering::Release);
        let mut place = self.lock();
        place.link = Some(link);
        place.duties = duties;
        place.state = ChildState::Starting;
    }

    /// The life's task is gone. Nothing can be asked of it any more; whoever still waits to be
    /// told that it is to stop, in a task of the user's own, is told now. Gives back to whom the
    /// end is to be told.
    pub(crate) fn end(&self, generation: u64) -> Option<Link> {
        debug_assert_eq!(self.generation(), generation, "the exit of another life");
        self.signal.fetch_or(ENDED, Ordering::AcqRel);
        self.occupied.store(false, Ordering::Release);
        let (waiting, link) = {
            let mut place = self.lock();
            if place.state == ChildState::Unstoppable {
                // Its supervisor may have ended without it.
                place.state = ChildState::Stopped;
            }
            (place.waiting.take_all(), place.link.clone())
        };
        waiting.wake();
        link
    }

    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    pub(crate) fn take_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire) && self.abandoned.swap(false, Ordering::AcqRel)
    }

    /// Looks at the shutdown signal, which a life has to do to be asked rather than dropped.
    pub(crate) fn look(&self, generation: u64) -> Signal {
        let mut word = self.signal.load(Ordering::Acquire);
        loop {
            let signal = signal_of(word, generation);
            if signal != Signal::Live || word & LOOKED != 0 {
                return signal;
            }
            let looked = word | LOOKED;
            match self.signal.compare_exchange_weak(
                word,
                looked,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Signal::Live,
                Err(now) => word = now,
            }
        }
    }

    /// Asks the life to stop; `false` if it never looked and so cannot notice.
    #[must_use]
    pub(crate) fn ask(&self) -> bool {
        let looked = self.signal.fetch_or(STOP, Ordering::AcqRel) & LOOKED != 0;
        if looked {
            let waiting = self.lock().waiting.take_all();
            waiting.wake();
        }
        looked
    }

    /// As [`ask`](Self::ask), unless the life is over and perhaps another one has begun.
    pub(crate) fn ask_life(&self, generation: u64) -> bool {
        let asked = self.signal.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (signal_of(word, generation) != Signal::Stale).then_some(word | STOP)
        });
        if asked.is_ok() {
            // If another life has begun by now, its futures are woken for nothing.
            let waiting = self.lock().waiting.take_all();
            waiting.wake();
        }
        asked.is_ok()
    }

    /// Waits for the life to be asked, or to be over.
    pub(crate) fn poll_asked(
        &self,
        generation: u64,
        number: &mut Option<NonZeroU32>,
        waker: &Waker,
    ) -> Poll<()> {
        let mut place = self.lock();
        // Under the lock: who sets the signal then takes the lock to wake. (The old waker is
        // dropped without it: that may run anybody's code.)
        match signal_of(self.signal.load(Ordering::Acquire), generation) {
            Signal::Asked | Signal::Stale => return Poll::Ready(()),
            Signal::TooLate => return Poll::Pending,
            Signal::Live => {}
        }
        let known = number
            .and_then(|number| place.waiting.iter_mut().find(|(waiting, _)| *waiting == number));
        let mut replaced = None;
        match known {
            Some((_, waiting)) if waiting.will_wake(waker) => {}
            Some((_, waiting)) => replaced = Some(std::mem::replace(waiting, waker.clone())),
            None => *number = Some(place.waiting.add(waker.clone())),
        }
        drop(place);
        drop(replaced);
        Poll::Pending
    }

    pub(crate) fn forget_waiting(&self, number: NonZeroU32) {
        let waker = self.lock().waiting.remove(number);
        drop(waker);
    }

    pub(crate) fn duties(&self) -> Duties {
        self.lock().duties
    }

    pub(crate) fn link(&self) -> Option<Link> {
        self.lock().link.clone()
    }

    /// The child stands in a new life of its supervisor, or in none.
    pub(crate) fn set_link(&self, link: Option<Link>) {
        self.lock().link = link;
    }

    pub(crate) fn state(&self) -> ChildState {
        self.lock().state
    }

    pub(crate) fn set_state(&self, state: ChildState) {
        self.lock().state = state;
    }

    /// No life is pending. A life that could not be stopped is still shown as such.
    pub(crate) fn lie_down(&self) {
        if !self.is_occupied() {
            self.set_state(ChildState::Stopped);
        }
    }

    pub(crate) fn came_up(&self, now: Instant, restarted: bool) -> u64 {
        let mut place = self.lock();
        place.state = ChildState::Running;
        place.up_since = Some(now);
        place.last_sign = Sign::Given(now);
        place.restarts += u64::from(restarted);
        place.restarts
    }

    pub(crate) fn went_down(&self, state: ChildState, reason: ExitReason) {
        if self.is_occupied() {
            // It is another life that did not begin: the one that could not be stopped goes on.
            return self.set_state(ChildState::Unstoppable);
        }
        let old = {
            let mut place = self.lock();
            place.state = state;
            place.up_since = None;
            place.last_exit.replace(reason)
        };
        drop(old);
    }

    pub(crate) fn last_exit(&self) -> Option<ExitReason> {
        self.lock().last_exit.clone()
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.lock().restarts
    }

    pub(crate) fn up_since(&self) -> Option<Instant> {
        self.lock().up_since
    }

    pub(crate) fn sign_of_life(&self, sign: Sign) {
        self.lock().last_sign = sign;
    }

    pub(crate) fn last_sign(&self) -> Sign {
        self.lock().last_sign
    }

    /// Makes the life hang: it is polled no more. `false` if it is over.
    #[cfg(feature = "test-util")]
    pub(crate) fn hang(&self, generation: u64) -> bool {
        let hung = self.signal.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (signal_of(word, generation) != Signal::Stale).then_some(word | HUNG)
        });
        hung.is_ok() && self.hangs()
    }

    /// Whether the life hangs. If so, that it was waiting for a message is no sign of life.
    #[cfg(feature = "test-util")]
    pub(crate) fn hangs(&self) -> bool {
        let hangs = self.signal.load(Ordering::Acquire) & HUNG != 0;
        if hangs {
            let last_sign = &mut self.lock().last_sign;
            if *last_sign == Sign::Idle {
                *last_sign = Sign::Given(Instant::now());
            }
        }
        hangs
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signal_of(word: u64, generation: u64) -> Signal {
    let is_current = word >> SHIFT == generation && word & ENDED == 0;
    match (is_current, word & LOOKED != 0, word & STOP != 0) {
        (false, ..) => Signal::Stale,
        (true, _, false) => Signal::Live,
        (true, true, true) => Signal::Asked,
        (true, false, true) => Signal::TooLate,
    }
}

impl<M: Send + 'static> Slot<M> {
    pub(crate) fn new(name: Name, capacity: usize) -> Self {
        Self { core: SlotCore::new(name), mailbox: Mailbox::new(capacity) }
    }
}

impl<M: Send + 'static> AnySlot for Slot<M> {
    fn core(&self) -> &SlotCore {
        &self.core
    }

    fn set_capacity(&self, capacity: usize) {
        self.mailbox.set_capacity(capacity);
    }

    fn open(&self, generation: u64) {
        self.mailbox.open(generation);
    }

    fn end_life(&self, generation: u64) -> Option<Link> {
        self.mailbox.end_life(generation);
        self.core.end(generation)
    }

    fn wake_receiver(&self) {
        self.mailbox.wake_receiver();
    }

    fn close(&self, closing: Closing) -> Option<(usize, Box<dyn Send>)> {
        let leftovers = self.mailbox.close(closing);
        let count = leftovers.len();
        let garbage: Box<dyn Send> = match self.mailbox.heir() {
            Some(letters) => {
                letters.receive(leftovers, closing == Closing::Gone);
                Box::new(letters)
            }
            None if count == 0 => return None,
            None => Box::new(leftovers),
        };
        Some((count, garbage))
    }

    fn queued(&self) -> usize {
        self.mailbox.len()
    }

    fn message_type(&self) -> &'static str {
        std::any::type_name::<M>()
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl std::fmt::Debug for dyn AnySlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.core(), f)
    }
}
