//! The part of a slot that is under its lock.

use std::any::Any;
use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use super::Heartbeat;
use super::state::{AtomicState, Duties, LastExit};
use super::trouble::Trouble;
use super::waiters::MoreWaiting;
use super::waits::Waits;
use crate::engine::Shown;
use crate::inbox::{Anchor, Link, Owner};
use crate::packed_instant::PackedInstant;
use crate::spec::{ChildState, ExitReason, Failure, OwnWord};
use crate::sync::MutexGuard;

/// The fields under the lock. Common ones stand here and need no allocation; rare ones are boxed
/// and take no room until they are needed.
#[derive(Debug, Default)]
pub(super) struct Locked {
    pub(super) attachment: Attachment,
    /// The first future of `shutdown_requested` that waits. There is rarely another.
    pub(super) first_waiting: Option<Waker>,
    /// The instant at which the stop that is under way began.
    stop_began: Option<PackedInstant>,
    pub(super) rare: Option<Box<Rare>>,
}

/// The connection of a child to its supervisor.
#[derive(Debug)]
pub(super) enum Attachment {
    /// The child is in no life of a supervisor; its owner, once it has one.
    Unlinked(Option<Arc<Anchor>>),
    /// The child is in the current life of its supervisor.
    Linked(Link),
}

/// Fields that most slots never need.
#[derive(Debug, Default)]
pub(super) struct Rare {
    restarts: u64,
    pub(super) trouble: Trouble,
    /// The life's own word about its health, and since when; valid while the state's flag is set.
    word: Option<(OwnWord, PackedInstant)>,
    /// The exit of the last life, if its [`LastExit`] is `Other`.
    exit: Option<ExitReason>,
    /// The failure before the last one, whose error is dropped in the task of the next life that fails.
    replaced: Option<Failure>,
    /// The last heartbeat, if the child has the option `heartbeat` and has come up.
    pub(super) heartbeat: Option<Heartbeat>,
    /// The futures that wait beside the first one.
    pub(super) more_waiting: MoreWaiting,
    /// The futures that wait for the child's end for good.
    pub(super) end_waiting: Option<Box<MoreWaiting>>,
    /// The factory of a child that was refused, for the caller that tried to add the child.
    pub(super) refused: Refused,
    /// The waits of the child's lives for other children.
    pub(super) waits: Waits,
    /// The tasks that the present life, or an earlier one, has spawned.
    pub(super) scope: Option<Scope>,
}

/// The tasks of a life, of which the slot knows nothing else.
pub(super) struct Scope {
    pub(super) generation: u64,
    pub(super) tasks: Arc<dyn Any + Send + Sync>,
}

/// The factory of a child that was refused, of which the slot knows nothing else.
#[derive(Default)]
pub(super) enum Refused {
    /// It is kept, if the child is refused.
    #[default]
    Wanted,
    /// The child was refused.
    Kept(Box<dyn Any + Send + Sync>),
    /// The caller that tried to add the child has taken it, or has given up.
    Unwanted,
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wanted => "Wanted",
            Self::Kept(_) => "Kept",
            Self::Unwanted => "Unwanted",
        })
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl Default for Attachment {
    fn default() -> Self {
        Self::Unlinked(None)
    }
}

impl Attachment {
    pub(super) fn link(&self) -> Option<&Link> {
        match self {
            Self::Linked(link) => Some(link),
            Self::Unlinked(_) => None,
        }
    }

    pub(super) fn anchor(&self) -> Option<&Arc<Anchor>> {
        match self {
            Self::Linked(link) => Some(link.inbox.owner()),
            Self::Unlinked(owner) => owner.as_ref(),
        }
    }

    pub(super) fn owner(&self) -> Option<Arc<dyn Owner>> {
        self.anchor()?.owner()
    }

    /// Sets or removes the link. Returns the old value, to be dropped without the lock.
    pub(super) fn set_link(&mut self, link: Option<Link>) -> Option<Self> {
        let attachment = match (link, &*self) {
            (Some(link), _) => Self::Linked(link),
            (None, Self::Linked(link)) => Self::Unlinked(Some(Arc::clone(link.inbox.owner()))),
            (None, Self::Unlinked(_)) => return None,
        };
        Some(mem::replace(self, attachment))
    }
}

/// The locked slot. The state, which may be read without the lock, changes only by this guard.
pub(super) struct Guard<'a> {
    state: &'a AtomicState,
    locked: MutexGuard<'a, Locked>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(state: &'a AtomicState, locked: MutexGuard<'a, Locked>) -> Self {
        Self { state, locked }
    }

    pub(super) fn enter(&mut self, state: Shown) {
        self.state.enter(state);
    }

    /// Begins a life. Returns `false` if another life has not ended.
    #[inline]
    pub(super) fn begin(
        &mut self,
        generation: u64,
        duties: Duties,
        up: Option<PackedInstant>,
    ) -> bool {
        let state = if up.is_some() { ChildState::Running } else { ChildState::Starting };
        let was_free = self.state.begin(generation, duties, state);
        self.stop_began = None;
        if let Some(now) = up {
            self.note_up(now);
        }
        if duties.heartbeat {
            self.expect_heartbeats(up.unwrap_or_else(PackedInstant::now), duties);
        }
        was_free
    }

    /// Ends the life, whose task is gone. Returns `true` if a receiver may wait in its name.
    pub(super) fn end(&mut self) -> bool {
        let may_receive = self.state.end();
        if self.state.state() == ChildState::Unstoppable {
            // The supervisor may have ended before the life, and then no longer shows its state.
            self.enter(Shown::Is(ChildState::Stopped));
        }
        may_receive
    }

    pub(super) fn came_up(&mut self, now: PackedInstant) {
        self.note_up(now);
        // A child that has said that it is ready may wait for a message before its supervisor has
        // read so. That wait goes on.
        if self.last_heartbeat().is_none_or(|last| *last != Heartbeat::Idle) {
            self.expect_heartbeats(now, self.state.duties());
        }
    }

    fn note_up(&mut self, now: PackedInstant) {
        if let Some(rare) = &mut self.rare {
            rare.trouble.came_up(now);
        }
    }

    /// Records what this life says of itself. Returns whether that is news: it is none if nothing
    /// has changed, or the life has ended. Returns also the old word, to be dropped without the lock.
    pub(super) fn say(
        &mut self,
        generation: u64,
        word: Option<OwnWord>,
        now: Instant,
    ) -> (bool, Option<OwnWord>) {
        let is_said = self.state.is_said();
        let old = self.rare.as_ref().filter(|_| is_said).and_then(|rare| rare.word.as_ref());
        if old.map(|(old, _)| old) == word.as_ref()
            || !self.state.set_said(generation, word.is_some())
        {
            return (false, None);
        }
        let word = word.map(|word| (word, PackedInstant::of(now)));
        let old = mem::replace(&mut self.rare.get_or_insert_default().word, word);
        (true, old.map(|(word, _)| word))
    }

    /// Returns what the present life says of itself, and since when.
    pub(super) fn word(&self) -> Option<(OwnWord, PackedInstant)> {
        if !self.state.is_said() {
            return None;
        }
        self.rare.as_ref()?.word.clone()
    }

    pub(super) fn trouble(&self) -> Trouble {
        self.rare.as_ref().map_or_else(Trouble::default, |rare| rare.trouble)
    }

    pub(super) fn trouble_mut(&mut self) -> &mut Trouble {
        &mut self.rare.get_or_insert_default().trouble
    }

    fn expect_heartbeats(&mut self, now: PackedInstant, duties: Duties) {
        if duties.heartbeat {
            self.rare.get_or_insert_default().heartbeat = Some(Heartbeat::Given(now.instant()));
        }
    }

    /// Asks the life to stop. Returns `false` if it has never checked its shutdown signal and so
    /// cannot notice.
    pub(super) fn ask(&mut self, now: PackedInstant) -> bool {
        self.record_stop(now);
        self.state.ask()
    }

    /// Records that the life is being dropped, asked or not.
    pub(super) fn begin_stop(&mut self, now: PackedInstant) {
        self.record_stop(now);
        self.enter(Shown::Is(ChildState::Stopping));
    }

    /// Records the beginning of a stop, unless one is under way.
    fn record_stop(&mut self, now: PackedInstant) {
        self.stop_began.get_or_insert(now);
    }

    /// Returns the instant at which the stop of the last life began, until its exit is recorded.
    pub(super) fn stop_began(&self) -> Option<PackedInstant> {
        self.stop_began
    }

    /// Records the exit of the last life. Returns the instant at which its stop began, and the exit
    /// of the life before it.
    #[must_use = "an exit is dropped without the lock"]
    pub(super) fn record_exit(
        &mut self,
        exit: ExitReason,
    ) -> (Option<PackedInstant>, Option<ExitReason>) {
        let (exit, other) = match exit {
            ExitReason::Normal => (LastExit::Normal, None),
            ExitReason::Shutdown => (LastExit::Shutdown, None),
            other => (LastExit::Other, Some(other)),
        };
        self.state.record_exit(exit);
        let old = match other {
            Some(other) => self.rare.get_or_insert_default().exit.replace(other),
            None => self.rare.as_mut().and_then(|rare| rare.exit.take()),
        };
        (self.stop_began.take(), old)
    }

    /// Keeps the error of an exit that was replaced, for the next life that fails to drop. Returns an
    /// exit that is to be dropped without the lock.
    pub(super) fn keep_replaced(&mut self, old: Option<ExitReason>) -> Option<ExitReason> {
        use ExitReason::{Error, Escalate, EscalateToRoot};
        match (old, &mut self.rare) {
            (Some(Error(failure) | Escalate(failure) | EscalateToRoot(failure)), Some(rare))
                if rare.replaced.is_none() && failure.has_destructor() =>
            {
                rare.replaced = Some(failure);
                None
            }
            (old, _) => old,
        }
    }

    /// Takes the failure that was kept by [`keep_replaced`](Self::keep_replaced).
    pub(super) fn take_replaced(&mut self) -> Option<Failure> {
        self.rare.as_mut()?.replaced.take()
    }

    pub(super) fn last_exit(&self) -> Option<ExitReason> {
        match self.state.last_exit() {
            LastExit::None => None,
            LastExit::Normal => Some(ExitReason::Normal),
            LastExit::Shutdown => Some(ExitReason::Shutdown),
            LastExit::Other => self.rare.as_ref()?.exit.clone(),
        }
    }

    /// Returns `true` if this exit reads like the last one.
    pub(super) fn last_exit_is_like(&self, exit: &ExitReason) -> bool {
        match (self.state.last_exit(), self.rare.as_ref().and_then(|rare| rare.exit.as_ref())) {
            (LastExit::Other, Some(last)) => last.reads_like(exit),
            _ => false,
        }
    }

    pub(super) fn count_restart(&mut self) {
        self.rare.get_or_insert_default().restarts += 1;
    }

    pub(super) fn restarts(&self) -> u64 {
        self.rare.as_ref().map_or(0, |rare| rare.restarts)
    }

    pub(super) fn last_heartbeat(&mut self) -> Option<&mut Heartbeat> {
        self.rare.as_mut()?.heartbeat.as_mut()
    }
}

impl Deref for Guard<'_> {
    type Target = Locked;

    fn deref(&self) -> &Locked {
        &self.locked
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Locked {
        &mut self.locked
    }
}
