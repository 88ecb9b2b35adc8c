//! What happens in a tree, as it happens, for whoever wants to know.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::exit::ExitReason;
use crate::path::ChildPath;
use crate::restart::MaxRestarts;

/// Something that happened in a tree.
#[derive(Clone, Debug)]
pub struct Event {
    number: u64,
    path: ChildPath,
    kind: EventKind,
}

impl Event {
    /// Counts the events of the tree, from 1 at the first subscription.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The child or supervisor that it happened to.
    #[must_use]
    pub fn path(&self) -> &ChildPath {
        &self.path
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.kind)
    }
}

/// What happened to a child or a supervisor.
///
/// Each life of a child begins with `ChildStarted` or `ChildRestarted`, and ends with
/// `ChildTerminated`. What happens below a nested supervisor comes before its own
/// `ChildTerminated`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// A life has begun: with its supervisor, or because a user asked for it.
    ChildStarted {
        /// The number of the life.
        incarnation: u64,
    },
    /// A life has begun because an earlier one ended.
    ChildRestarted {
        /// The number of the life.
        incarnation: u64,
        /// How often the child has been restarted so far.
        restarts: u64,
        /// How many restarts its supervisor has left now; `None` means any number.
        restarts_left: Option<u32>,
    },
    /// A life has ended.
    ChildTerminated {
        /// The number of the life.
        incarnation: u64,
        /// How it ended.
        reason: ExitReason,
    },
    /// The child ended normally before it was up: OTP's `ignore`.
    ChildDeclined,
    /// The child ended before it was up.
    ChildStartFailed {
        /// How it ended.
        reason: ExitReason,
    },
    /// A restart is pending.
    RestartDelayed {
        /// How long it waits.
        delay: Duration,
        /// How many restarts its supervisor has left now; `None` means any number.
        restarts_left: Option<u32>,
    },
    /// The child did not stop within its shutdown time, so it is dropped.
    ChildKilled {
        /// How long the stop has taken so far.
        after: Duration,
    },
    /// The child goes on although it was dropped: it blocks its thread.
    ChildNotStopped {
        /// How long the stop has taken so far.
        after: Duration,
    },
    /// A child that could not be stopped has ended after all.
    ChildStoppedLate,
    /// The child has ended for good with messages in its mailbox that nobody will handle.
    MessagesLeft {
        /// How many.
        count: usize,
    },
    /// The child failed once more than its supervisor allows, so the supervisor gives up.
    MaxRestartsExceeded {
        /// How many restarts are allowed.
        max_restarts: MaxRestarts,
        /// Within what time.
        restart_window: Duration,
        /// How the child ended.
        reason: ExitReason,
    },
    /// A supervisor has started all its children.
    SupervisorStarted,
    /// A supervisor stops its children, and will then end.
    SupervisorStopping,
    /// A supervisor has ended, and all below it.
    SupervisorTerminated {
        /// Why.
        reason: ExitReason,
    },
    /// The subscriber fell behind, and missed this many events at this point.
    Missed {
        /// How many.
        count: u64,
    },
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChildStarted { incarnation } => write!(f, "started (life {incarnation})"),
            Self::ChildRestarted { incarnation, restarts_left, .. } => {
                write!(f, "restarted (life {incarnation}; {})", Left(*restarts_left))
            }
            Self::ChildTerminated { incarnation, reason } => {
                write!(f, "ended (life {incarnation}): {reason}")
            }
            Self::ChildDeclined => f.write_str("declined to start"),
            Self::ChildStartFailed { reason } => write!(f, "did not start: {reason}"),
            Self::RestartDelayed { delay, restarts_left } => {
                write!(f, "will be restarted in {delay:?} ({})", Left(*restarts_left))
            }
            Self::ChildKilled { after } => write!(f, "did not stop within {after:?}: killed"),
            Self::ChildNotStopped { after } => {
                write!(f, "cannot be stopped: it still runs after {after:?}")
            }
            Self::ChildStoppedLate => f.write_str("has stopped after all"),
            Self::MessagesLeft { count } => write!(f, "ended with {count} messages unhandled"),
            Self::MaxRestartsExceeded { max_restarts, restart_window, reason } => write!(
                f,
                "failed again after {max_restarts} restarts within {restart_window:?}: {reason}"
            ),
            Self::SupervisorStarted => f.write_str("all children started"),
            Self::SupervisorStopping => f.write_str("stopping"),
            Self::SupervisorTerminated { reason } => write!(f, "supervisor ended: {reason}"),
            Self::Missed { count } => write!(f, "{count} events missed"),
        }
    }
}

/// How many restarts are left, in words.
pub(crate) struct Left(pub(crate) Option<u32>);

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("any number of restarts left"),
            Some(1) => f.write_str("1 restart left"),
            Some(left) => write!(f, "{left} restarts left"),
        }
    }
}

/// How many events a subscriber may be behind.
const CAPACITY: usize = 4096;

/// A subscription to the events of a supervisor and all below it.
///
/// Events come in order. A subscriber that falls behind by more than 4,096 events loses the
/// oldest, and is told how many by [`EventKind::Missed`] in their place.
#[must_use = "a subscription that is dropped receives nothing"]
pub struct Events(Arc<Subscriber>);

impl Events {
    /// The next event, or `None` when the tree has ended and all its events have been read.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an event is taken only when the future completes.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| {
            let mut queue = self.0.lock();
            if let Some(event) = queue.take() {
                return Poll::Ready(Some(event));
            }
            if queue.over {
                return Poll::Ready(None);
            }
            queue.reader = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// An event that is already there.
    #[must_use]
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.lock().take()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// The subscribers of a tree; it costs nothing while there are none.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
    subscribers: Vec<Weak<Subscriber>>,
    number: u64,
    /// The tree has ended, or was never started and is gone.
    over: bool,
}

#[derive(Debug)]
struct Subscriber {
    queue: Mutex<Queue>,
}

/// How many subscriptions there are in the process: without one, an event costs one load.
static SUBSCRIPTIONS: AtomicUsize = AtomicUsize::new(0);

impl Drop for Subscriber {
    fn drop(&mut self) {
        SUBSCRIPTIONS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether anybody listens to any tree.
pub(crate) fn somebody_listens() -> bool {
    SUBSCRIPTIONS.load(Ordering::Relaxed) > 0
}

#[derive(Debug)]
struct Queue {
    /// The part of the tree that it listens to.
    root: ChildPath,
    events: VecDeque<Event>,
    missed: u64,
    reader: Option<Waker>,
    over: bool,
}

impl Subscriber {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn take(&mut self) -> Option<Event> {
        let count = std::mem::take(&mut self.missed);
        if count > 0 {
            let number = self.events.front().map_or(0, |next| next.number - 1);
            let kind = EventKind::Missed { count };
            return Some(Event { number, path: self.root.clone(), kind });
        }
        self.events.pop_front()
    }
}

impl Hub {
    pub(crate) fn subscribe(&self, root: ChildPath) -> Events {
        SUBSCRIPTIONS.fetch_add(1, Ordering::Relaxed);
        let mut listeners = self.lock();
        let subscriber = Arc::new(Subscriber {
            queue: Mutex::new(Queue {
                root,
                events: VecDeque::new(),
                missed: 0,
                reader: None,
                over: listeners.over,
            }),
        });
        listeners.subscribers.push(Arc::downgrade(&subscriber));
        Events(subscriber)
    }

    pub(crate) fn publish(&self, path: &ChildPath, kind: EventKind) {
        let mut readers = Vec::new();
        {
            let mut listeners = self.lock();
            if listeners.subscribers.is_empty() {
                return;
            }
            listeners.number += 1;
            let event = Event { number: listeners.number, path: path.clone(), kind };
            listeners.subscribers.retain(|subscriber| {
                let Some(subscriber) = subscriber.upgrade() else { return false };
                let mut queue = subscriber.lock();
                if event.path.is_at_or_below(&queue.root) {
                    if queue.events.len() == CAPACITY {
                        queue.events.pop_front();
                        queue.missed += 1;
                    }
                    queue.events.push_back(event.clone());
                    readers.extend(queue.reader.take());
                }
                true
            });
        }
        readers.into_iter().for_each(Waker::wake);
    }

    /// The tree has ended: what has been published is all there is.
    pub(crate) fn finish(&self) {
        let mut readers = Vec::new();
        {
            let mut listeners = self.lock();
            listeners.over = true;
            for subscriber in listeners.subscribers.drain(..).filter_map(|weak| weak.upgrade()) {
                let mut queue = subscriber.lock();
                queue.over = true;
                readers.extend(queue.reader.take());
            }
        }
        readers.into_iter().for_each(Waker::wake);
    }

    /// The other tree has become a part of this one, at `path`.
    pub(crate) fn take_over(&self, other: &Self, path: &ChildPath) {
        let moved = std::mem::take(&mut other.lock().subscribers);
        for subscriber in moved.iter().filter_map(Weak::upgrade) {
            let mut queue = subscriber.lock();
            queue.root = if queue.root.is_root() {
                path.clone()
            } else {
                ChildPath::from_parts(path, &queue.root)
            };
        }
        self.lock().subscribers.extend(moved);
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
