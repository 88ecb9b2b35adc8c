//! The part of a slot that does not depend on the message type.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::mem;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use super::locked::{Attachment, Guard, Locked, Refused, Scope};
use super::state::{AtomicState, Duties, Signal};
use super::trouble::{FailedAt, Trouble};
use super::waiters::{WaiterNumber, Wakers};
use super::waits::{Target, WaitFor};
use super::{Beginning, Heartbeat};
use crate::catch::wake_each;
use crate::engine::Shown;
use crate::inbox::{Anchor, Link, Owner};
use crate::packed_instant::PackedInstant;
use crate::spec::{ChildPath, ChildState, ExitReason, Failure, Name, OwnWord};
use crate::sync::{Mutex, PoisonError};

/// The end of a life.
#[must_use = "the end has to be reported to the supervisor"]
pub(super) struct End {
    /// The link to report the end by.
    pub(super) link: Option<Link>,
    /// Set if a receiver may wait in the name of the life: every receiver has checked the shutdown
    /// signal, or has found that the life is being dropped.
    pub(super) may_receive: bool,
    /// The failure that this life's own pushes out.
    pub(super) replaced: Option<Failure>,
}

/// The part of a slot that does not depend on the message type.
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

    /// Sets the supervisor of the child, unless the child has one already.
    pub(crate) fn set_owner(&self, owner: &Arc<Anchor>) {
        let mut locked = self.lock();
        if let Attachment::Unlinked(unset @ None) = &mut locked.attachment {
            *unset = Some(Arc::clone(owner));
        }
    }

    pub(crate) fn owner(&self) -> Option<Arc<dyn Owner>> {
        self.lock().attachment.owner()
    }

    pub(crate) fn path(&self) -> ChildPath {
        let above = self.owner().map_or_else(ChildPath::root, |owner| owner.path());
        above.join_lazily(&self.name)
    }

    /// Returns what a wait for this child is recorded with.
    pub(super) fn target(&self) -> Target {
        Target { owner: self.lock().attachment.anchor().cloned(), name: self.name.clone() }
    }

    /// Puts a wait of the present life on record. Returns its number.
    pub(super) fn begin_wait(&self, wait: WaitFor) -> u32 {
        self.lock().rare.get_or_insert_default().waits.begin(wait)
    }

    pub(super) fn change_wait(&self, number: u32, for_answer: bool) {
        let mut locked = self.lock();
        if let Some(wait) = locked.rare.as_mut().and_then(|rare| rare.waits.get_mut(number)) {
            wait.for_answer = for_answer;
        }
    }

    pub(super) fn end_wait(&self, number: u32) {
        let mut locked = self.lock();
        let ended = locked.rare.as_mut().and_then(|rare| rare.waits.end(number));
        drop(locked);
        drop(ended);
    }

    /// Returns the waits of the child, with the longest first.
    pub(crate) fn waits(&self) -> Vec<WaitFor> {
        self.lock().rare.as_ref().map(|rare| rare.waits.all()).unwrap_or_default()
    }

    /// Returns the instant at which the longest wait of the child began, if it waits.
    pub(crate) fn longest_wait(&self) -> Option<PackedInstant> {
        self.lock().rare.as_ref()?.waits.longest()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.state.generation()
    }

    /// Returns `true` if a life's task exists.
    pub(crate) fn is_occupied(&self) -> bool {
        self.state.is_occupied()
    }

    pub(crate) fn duties(&self) -> Duties {
        self.state.duties()
    }

    /// Begins a life. The previous life has ended: two lives never run at once.
    pub(crate) fn begin(&self, generation: u64, beginning: Beginning<'_>) {
        let Beginning { inbox, key, duties, up, restarts } = beginning;
        let mut locked = self.lock();
        let was_free = locked.begin(generation, duties, up);
        if restarts && up.is_some() {
            locked.count_restart();
        }
        debug_assert!(was_free, "two lives of `{}` at once", self.name);
        // A restart in the same life of the supervisor leaves the link as it is.
        let is_linked = locked.attachment.link().is_some_and(|link| link.leads_to(inbox, key));
        let link = (!is_linked).then(|| Link { inbox: Arc::clone(inbox), key });
        let old = link.and_then(|link| locked.attachment.set_link(Some(link)));
        drop(locked);
        drop(old);
    }

    /// Ends the life, whose task is gone. No request can reach the life any more, so the futures of
    /// `shutdown_requested` that still wait, in tasks of the user's own, complete now.
    ///
    /// If the life `leaves_error`, the failure that its own one pushes out is returned.
    pub(super) fn end(&self, generation: u64, leaves_error: bool) -> End {
        debug_assert_eq!(self.generation(), generation, "the exit of another life");
        let mut locked = self.lock();
        // Under the lock: as soon as the life has ended the next one may begin, with futures of
        // its own, which must not be woken.
        let may_receive = locked.end();
        let (waiting, link) = (locked.take_waiting(), locked.attachment.link().cloned());
        let replaced = if leaves_error { locked.take_replaced() } else { None };
        // A life that could not be stopped may end when the child is closed already.
        let ending = self.state.ending();
        let is_awaited = ending.is_awaited && ending.is_over();
        drop(locked);
        if is_awaited {
            self.wake_those_who_await_the_end();
        }
        waiting.wake();
        End { link, may_receive, replaced }
    }

    /// Keeps the factory of a child that was refused for the caller that tried to add it. Returns it if
    /// the caller has given up.
    pub(crate) fn keep_refused<T: Any + Send + Sync>(&self, factory: T) -> Option<T> {
        let mut locked = self.lock();
        let refused = &mut locked.rare.get_or_insert_default().refused;
        if matches!(refused, Refused::Unwanted) {
            return Some(factory);
        }
        // A child is refused once, so nothing is replaced that would be dropped under the lock.
        *refused = Refused::Kept(Box::new(factory));
        None
    }

    /// Takes the factory that was kept for the caller, if the child was refused. None is kept from now
    /// on.
    pub(crate) fn take_refused(&self) -> Option<Box<dyn Any + Send + Sync>> {
        let mut locked = self.lock();
        let refused = &mut locked.rare.get_or_insert_default().refused;
        match mem::replace(refused, Refused::Unwanted) {
            Refused::Kept(factory) => Some(factory),
            Refused::Wanted | Refused::Unwanted => None,
        }
    }

    /// Returns the tasks of this life, made on the first call; `None` if the life has ended.
    pub(crate) fn scope(
        &self,
        generation: u64,
        make: impl FnOnce() -> Arc<dyn Any + Send + Sync>,
    ) -> Option<Arc<dyn Any + Send + Sync>> {
        let mut locked = self.lock();
        if !self.state.set_scoped(generation) {
            return None;
        }
        let scope = &mut locked.rare.get_or_insert_default().scope;
        // What an earlier life has left is closed.
        let present = scope.take_if(|scope| scope.generation == generation);
        let present = present.unwrap_or_else(|| Scope { generation, tasks: make() });
        let old = scope.replace(present);
        let tasks = scope.as_ref().map(|scope| Arc::clone(&scope.tasks));
        drop(locked);
        drop(old);
        tasks
    }

    /// Returns `true` if the present life has spawned tasks.
    pub(crate) fn has_scope(&self) -> bool {
        self.state.is_scoped()
    }

    /// Returns the tasks of the present life.
    pub(crate) fn present_scope(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(Arc::clone(&self.lock().rare.as_ref()?.scope.as_ref()?.tasks))
    }

    /// Notes that no life of the child is pending. Returns `true` if that is news, and no life goes
    /// on: the child has ended for good.
    #[inline]
    pub(crate) fn close(&self) -> bool {
        let before = self.state.close();
        if before.is_closed || !before.is_free {
            return false;
        }
        if before.is_awaited {
            self.wake_those_who_await_the_end();
        }
        true
    }

    /// Returns `true` if the child has ended for good: no life goes on, and none is pending.
    pub(crate) fn is_over(&self) -> bool {
        self.state.ending().is_over()
    }

    #[cold]
    fn wake_those_who_await_the_end(&self) {
        let mut locked = self.lock();
        let waiting = locked.rare.as_mut().and_then(|rare| rare.end_waiting.as_mut());
        let waiting = waiting.map(|waiting| waiting.take()).unwrap_or_default();
        drop(locked);
        wake_each(waiting.into_values());
    }

    /// Waits for the child's end for good. `number` identifies the waiting future.
    pub(super) fn poll_over(
        &self,
        number: &mut Option<WaiterNumber>,
        waker: &Waker,
    ) -> Poll<Option<ExitReason>> {
        let mut locked = self.lock();
        // The wakers are taken under the lock, so that none is taken before this one is there.
        if self.state.await_end().is_over() {
            return Poll::Ready(locked.last_exit());
        }
        let mut replaced = None;
        let waiting = locked.rare.get_or_insert_default().end_waiting.get_or_insert_default();
        match number.and_then(|number| waiting.find(number)) {
            Some(waiting) if waiting.will_wake(waker) => {}
            Some(waiting) => replaced = Some(mem::replace(waiting, waker.clone())),
            None => *number = Some(waiting.add(waker.clone())),
        }
        drop(locked);
        drop(replaced);
        Poll::Pending
    }

    /// Removes the waker of a future that waits for the end and is dropped.
    pub(super) fn forget_end_waiting(&self, number: WaiterNumber) {
        let mut locked = self.lock();
        let waiting = locked.rare.as_mut().and_then(|rare| rare.end_waiting.as_mut());
        let waker = waiting.and_then(|waiting| waiting.remove(number));
        drop(locked);
        drop(waker);
    }

    /// Records that this life has dropped its context before it was ready. Does nothing if the life
    /// has ended, and perhaps another one has begun.
    pub(crate) fn abandon(&self, generation: u64) {
        self.state.abandon(generation);
    }

    /// Returns `true`, once, if the life has dropped its context before it was ready.
    pub(crate) fn take_abandoned(&self) -> bool {
        self.state.take_abandoned()
    }

    /// Checks the shutdown signal. A life that never does so is dropped, not asked to stop.
    pub(crate) fn observe_stop(&self, generation: u64) -> Signal {
        self.state.observe_stop(generation)
    }

    /// Asks the life to stop. Returns the wakers to be woken, or `None` if the life has never
    /// checked its shutdown signal and so cannot notice.
    #[must_use]
    pub(super) fn ask(&self, now: PackedInstant) -> Option<Wakers> {
        let mut locked = self.lock();
        locked.ask(now).then(|| locked.take_waiting())
    }

    /// Returns `true` if the present life was asked to stop.
    pub(crate) fn was_asked(&self) -> bool {
        self.state.is_asked()
    }

    /// Raises the shutdown signal of this life, without a request of its supervisor. Returns
    /// `false` if the life has ended, and perhaps another one has begun.
    pub(crate) fn signal_life(&self, generation: u64) -> bool {
        let mut locked = self.lock();
        let raised = self.state.signal_life(generation);
        // The futures of a life that never checked its signal do not see the request; they wait on,
        // for the end of the life.
        let is_seen = self.state.signal(generation) == Signal::Asked;
        let waiting = is_seen.then(|| locked.take_waiting());
        drop(locked);
        waiting.into_iter().for_each(Wakers::wake);
        raised
    }

    /// Waits for the life to be asked to stop, or to end. `number` identifies the waiting future.
    pub(super) fn poll_asked(
        &self,
        generation: u64,
        number: &mut Option<WaiterNumber>,
        waker: &Waker,
    ) -> Poll<()> {
        let mut locked = self.lock();
        // Read under the lock, since the signal is raised under it. The old waker is dropped after
        // the lock is released: its destructor may be foreign code.
        match self.state.signal(generation) {
            Signal::Asked | Signal::Stale => return Poll::Ready(()),
            // The future is woken by the end of the life.
            Signal::TooLate | Signal::Live => {}
        }
        let mut replaced = None;
        match number.and_then(|number| locked.find_waiting(number)) {
            Some(waiting) if waiting.will_wake(waker) => {}
            Some(waiting) => replaced = Some(mem::replace(waiting, waker.clone())),
            None => *number = Some(locked.add_waiting(waker.clone())),
        }
        drop(locked);
        drop(replaced);
        Poll::Pending
    }

    /// Removes the waker of a future that is dropped.
    pub(super) fn forget_waiting(&self, generation: u64, number: WaiterNumber) {
        let mut locked = self.lock();
        // In any other state the future has been taken to be woken; its number may be another
        // future's by now.
        let still_waits = matches!(self.state.signal(generation), Signal::Live | Signal::TooLate);
        let waker = if still_waits { locked.remove_waiting(number) } else { None };
        drop(locked);
        drop(waker);
    }

    pub(crate) fn link(&self) -> Option<Link> {
        self.lock().attachment.link().cloned()
    }

    /// Links the child to a new life of its supervisor, or to none.
    pub(crate) fn set_link(&self, link: Option<Link>) {
        let old = self.lock().attachment.set_link(link);
        drop(old);
    }

    pub(crate) fn state(&self) -> ChildState {
        self.state.state()
    }

    /// Returns `true` if the child has no life, and comes back only after what its supervisor does
    /// now; see [`Shown::Held`].
    #[inline]
    pub(crate) fn is_held(&self) -> bool {
        self.state.is_held()
    }

    /// Shows this state, which the supervisor has given to the child and to this life.
    ///
    /// The state of a life that could not be stopped stays as it is until that life has ended: that
    /// life occupies the slot, whatever was decided about later lives.
    pub(crate) fn show(&self, generation: u64, state: Shown) {
        let locked = &mut self.lock();
        let has_life = !state.state().is_down() && state.state() != ChildState::Restarting;
        let is_own = has_life && self.generation() == generation;
        if is_own || !self.is_occupied() {
            locked.enter(state);
        }
    }

    /// Shows that no life is pending, and why. A life that could not be stopped is still shown as
    /// such.
    pub(crate) fn mark_down(&self, state: ChildState) {
        if !self.is_occupied() {
            self.lock().enter(Shown::Is(state));
        }
    }

    /// Shows that no life is pending. A life that could not be stopped is still shown as such.
    pub(crate) fn mark_stopped(&self) {
        // Mostly the supervisor has shown it already.
        if !self.state().is_down() {
            self.mark_down(ChildState::Stopped);
        }
    }

    /// Begins to expect heartbeats from a child that has come up, if it has the option `heartbeat`.
    pub(crate) fn came_up(&self, now: PackedInstant) {
        self.lock().came_up(now);
    }

    /// Counts a restart, and does what [`came_up`](Self::came_up) does.
    pub(crate) fn came_up_again(&self, now: PackedInstant) {
        let mut locked = self.lock();
        locked.count_restart();
        locked.came_up(now);
    }

    /// Records what this life says of itself; `None` if it is well. Returns `true` if that is news.
    pub(crate) fn say(&self, generation: u64, word: Option<OwnWord>, now: Instant) -> bool {
        let (is_news, old) = self.lock().say(generation, word, now);
        drop(old);
        is_news
    }

    /// Returns `true` if a life goes on that says how it is.
    pub(crate) fn is_said(&self) -> bool {
        self.state.is_said()
    }

    /// Returns what the present life says of itself, and since when.
    pub(crate) fn word(&self) -> Option<(OwnWord, Instant)> {
        self.lock().word().map(|(word, since)| (word, since.instant()))
    }

    /// Returns the record of the child's trouble.
    pub(crate) fn trouble(&self) -> Trouble {
        self.lock().trouble()
    }

    /// Records that the child is not up from now on, if it was.
    pub(crate) fn went_down(&self, now: PackedInstant) {
        self.lock().trouble_mut().went_down(now);
    }

    /// Records the exit of a life that has failed, as [`record_exit`](Self::record_exit) does, and
    /// counts the failure.
    pub(crate) fn record_failure(
        &self,
        reason: ExitReason,
        failed: FailedAt,
    ) -> Option<PackedInstant> {
        let mut locked = self.lock();
        let alike = failed.is_observed && locked.last_exit_is_like(&reason);
        locked.trouble_mut().failed(failed, alike);
        if self.is_occupied() {
            return locked.stop_began();
        }
        let (began, old) = locked.record_exit(reason);
        let old = locked.keep_replaced(old);
        drop(locked);
        drop(old);
        began
    }

    /// Records that the life is being dropped, asked or not.
    pub(crate) fn begin_stop(&self, now: PackedInstant) {
        self.lock().begin_stop(now);
    }

    /// Returns the instant at which the stop that is under way began.
    pub(crate) fn stop_began(&self) -> Option<PackedInstant> {
        self.lock().stop_began()
    }

    /// Records the exit of the last life. Returns the instant at which its stop began, if the life
    /// was stopped.
    pub(crate) fn record_exit(&self, reason: ExitReason) -> Option<PackedInstant> {
        let mut locked = self.lock();
        if self.is_occupied() {
            // An earlier life could not be stopped and goes on, so this life did not begin.
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

    /// Returns the exit of the life before this one; `None` once this life has ended, since later
    /// exits replace it.
    pub(crate) fn last_exit_before(&self, generation: u64) -> Option<ExitReason> {
        let locked = self.lock();
        if self.is_present(generation) { locked.last_exit() } else { None }
    }

    /// Returns the link of this life, or `None` once the life has ended.
    pub(crate) fn link_of(&self, generation: u64) -> Option<Link> {
        let locked = self.lock();
        if self.is_present(generation) { locked.attachment.link().cloned() } else { None }
    }

    /// Returns `true` while this life goes on. Call with the slot's lock: no life begins or ends
    /// meanwhile.
    fn is_present(&self, generation: u64) -> bool {
        self.state.signal(generation) != Signal::Stale
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.lock().restarts()
    }

    /// Records a heartbeat of this life, if the child has the option `heartbeat`. A context that was kept
    /// beyond its life gives no heartbeat for the next one.
    pub(crate) fn heartbeat(&self, generation: u64, heartbeat: Heartbeat) {
        let mut locked = self.lock();
        if self.is_present(generation)
            && let Some(last) = locked.last_heartbeat()
        {
            *last = heartbeat;
        }
    }

    pub(crate) fn last_heartbeat(&self) -> Heartbeat {
        self.lock().last_heartbeat().copied().unwrap_or(Heartbeat::Idle)
    }

    /// Makes the life hang: it is polled no more. Returns `false` if the life has ended.
    #[cfg(feature = "test-util")]
    pub(crate) fn hang(&self, generation: u64) -> bool {
        self.state.hang(generation) && self.hangs()
    }

    /// Returns `true` if the life hangs. If so, its wait for a message no longer counts as a
    /// heartbeat.
    #[cfg(feature = "test-util")]
    pub(crate) fn hangs(&self) -> bool {
        let hangs = self.state.hangs();
        if hangs
            && let Some(last) = self.lock().last_heartbeat()
            && *last == Heartbeat::Idle
        {
            *last = Heartbeat::Given(crate::sync::clock::now());
        }
        hangs
    }

    /// Makes the child's next life fail when it is about to begin.
    #[cfg(feature = "test-util")]
    pub(crate) fn fail_next(&self) {
        self.state.fail_next();
    }

    /// Returns `true`, once, if the life that is about to begin has to fail.
    #[cfg(feature = "test-util")]
    pub(crate) fn take_fails_next(&self) -> bool {
        self.state.take_fails_next()
    }

    fn lock(&self) -> Guard<'_> {
        Guard::new(&self.state, self.locked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
