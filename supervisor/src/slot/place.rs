//! What a place keeps under its lock.

use std::mem;
use std::num::NonZeroU32;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard, Weak};
use std::task::Waker;

use tokio::time::Instant;

use super::Sign;
use super::word::{Duties, LastExit, Word};
use crate::driver::Link;
use crate::engine::ChildState;
use crate::exit::ExitReason;
use crate::moment::Moment;
use crate::node::Node;

/// What is common takes no allocation, and what is rare no room.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) standing: Standing,
    /// A future of `shutdown_requested` that waits. Nearly always there is one at most.
    pub(super) first_waiting: Option<Waker>,
    /// When the stop began that is under way, in the states in which one is.
    stop_began: Option<Moment>,
    pub(super) rare: Option<Box<Rare>>,
}

/// Whose child it is.
#[derive(Debug)]
pub(super) enum Standing {
    /// In no life of a supervisor; whose child it is, once it is somebody's.
    Apart(Option<Weak<Node>>),
    /// In the current life of its supervisor.
    Linked(Link),
}

#[derive(Debug, Default)]
pub(super) struct Rare {
    restarts: u64,
    /// How the last life ended, if its [`LastExit`] does not say it.
    exit: Option<ExitReason>,
    /// Absent unless it has a heartbeat.
    pub(super) sign: Option<Sign>,
    /// The futures that wait beside the first one.
    pub(super) more_waiting: Vec<(NonZeroU32, Waker)>,
    /// The number that the last one of those was given.
    pub(super) last_waiting: u32,
}

impl Default for Standing {
    fn default() -> Self {
        Self::Apart(None)
    }
}

impl Standing {
    pub(super) fn link(&self) -> Option<&Link> {
        match self {
            Self::Linked(link) => Some(link),
            Self::Apart(_) => None,
        }
    }

    pub(super) fn owner(&self) -> Option<Arc<Node>> {
        match self {
            Self::Linked(link) => link.inbox.node().upgrade(),
            Self::Apart(owner) => owner.as_ref()?.upgrade(),
        }
    }

    /// Gives back what is to be dropped.
    pub(super) fn set_link(&mut self, link: Option<Link>) -> Option<Self> {
        let standing = match (link, &*self) {
            (Some(link), _) => Self::Linked(link),
            (None, Self::Linked(link)) => Self::Apart(Some(link.inbox.node().clone())),
            (None, Self::Apart(_)) => return None,
        };
        Some(mem::replace(self, standing))
    }
}

/// The place, locked: its state, which all may read, changes only by this.
pub(super) struct Held<'a> {
    word: &'a Word,
    place: MutexGuard<'a, Place>,
}

impl<'a> Held<'a> {
    pub(super) fn new(word: &'a Word, place: MutexGuard<'a, Place>) -> Self {
        Self { word, place }
    }

    pub(super) fn enter(&mut self, state: ChildState) {
        self.word.enter(state);
        self.end_stop(state);
    }

    /// A life begins; `false` if another one has not ended.
    pub(super) fn begin(&mut self, generation: u64, duties: Duties, up: Option<Instant>) -> bool {
        let state = if up.is_some() { ChildState::Running } else { ChildState::Starting };
        let was_free = self.word.begin(generation, duties, state);
        self.end_stop(state);
        if let Some(now) = up {
            self.show_life(now, duties);
        }
        was_free
    }

    /// The life's task is gone. Whether the life has ever looked at its shutdown signal.
    pub(super) fn end(&mut self) -> bool {
        let has_looked = self.word.end();
        if self.word.state() == ChildState::Unstoppable {
            // Its supervisor may have ended without it.
            self.enter(ChildState::Stopped);
        }
        has_looked
    }

    pub(super) fn came_up(&mut self, now: Instant) {
        self.word.enter(ChildState::Running);
        self.show_life(now, self.word.duties());
    }

    fn show_life(&mut self, now: Instant, duties: Duties) {
        if duties.heartbeat {
            self.rare.get_or_insert_default().sign = Some(Sign::Given(now));
        }
    }

    /// Asks the life to stop; `false` if it never looked and so cannot notice.
    pub(super) fn ask(&mut self, now: Instant) -> bool {
        self.note_stop(now);
        self.word.ask()
    }

    /// It is being dropped, asked or not.
    pub(super) fn begin_stop(&mut self, now: Instant) {
        self.note_stop(now);
        self.word.enter(ChildState::Stopping);
    }

    fn note_stop(&mut self, now: Instant) {
        if self.stop_began().is_none() {
            self.stop_began = Some(Moment::of(now));
        }
    }

    fn end_stop(&mut self, state: ChildState) {
        if state != ChildState::Unstoppable {
            self.stop_began = None;
        }
    }

    pub(super) fn stop_began(&self) -> Option<Moment> {
        let stops = matches!(self.word.state(), ChildState::Stopping | ChildState::Unstoppable);
        self.stop_began.filter(|_| stops)
    }

    /// The life is over. Gives back what is to be dropped.
    #[must_use = "to be dropped without the lock"]
    pub(super) fn went_down(&mut self, state: ChildState, exit: ExitReason) -> Option<ExitReason> {
        let (exit, other) = match exit {
            ExitReason::Normal => (LastExit::Normal, None),
            ExitReason::Shutdown => (LastExit::Shutdown, None),
            other => (LastExit::Other, Some(other)),
        };
        self.word.went_down(state, exit);
        self.end_stop(state);
        match other {
            Some(other) => self.rare.get_or_insert_default().exit.replace(other),
            None => self.rare.as_mut()?.exit.take(),
        }
    }

    pub(super) fn last_exit(&self) -> Option<ExitReason> {
        match self.word.last_exit() {
            LastExit::None => None,
            LastExit::Normal => Some(ExitReason::Normal),
            LastExit::Shutdown => Some(ExitReason::Shutdown),
            LastExit::Other => self.rare.as_ref()?.exit.clone(),
        }
    }

    pub(super) fn count_restart(&mut self) {
        self.rare.get_or_insert_default().restarts += 1;
    }

    pub(super) fn restarts(&self) -> u64 {
        self.rare.as_ref().map_or(0, |rare| rare.restarts)
    }

    pub(super) fn last_sign(&mut self) -> Option<&mut Sign> {
        self.rare.as_mut()?.sign.as_mut()
    }
}

impl Deref for Held<'_> {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Place {
        &mut self.place
    }
}
