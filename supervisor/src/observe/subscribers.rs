//! The subscribers of a tree, each with a queue of the events that it has still to read.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use crate::observe::{Event, EventKind};
use crate::spec::ChildPath;

/// The number of events that a subscriber may be behind.
const CAPACITY: usize = 4096;

/// A subscription to the events of a supervisor and all below it.
///
/// Events come in order. A subscriber that falls behind by more than 4,096 events loses the oldest,
/// and gets their number by an [`EventKind::Missed`] instead.
#[must_use = "a subscription that is dropped receives nothing"]
pub struct Events(Arc<Subscriber>);

impl Events {
    /// Waits for the next event, and returns `None` when the tree has ended and all its events have
    /// been read.
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
            if queue.has_ended {
                return Poll::Ready(None);
            }
            queue.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Returns the next event if there is one already.
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

/// The subscribers of a tree. A tree without subscribers allocates nothing here.
#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    locked: Mutex<Locked>,
}

/// The part of the subscribers that changes under their lock.
#[derive(Debug, Default)]
struct Locked {
    subscribers: Vec<Weak<Subscriber>>,
    /// The number of the last event.
    last_number: u64,
    /// Set once the tree has ended, or is gone without having been started.
    has_ended: bool,
}

#[derive(Debug)]
struct Subscriber {
    queue: Mutex<Queue>,
}

/// The number of subscriptions in the process. While it is zero, an event costs one load.
static SUBSCRIPTIONS: AtomicUsize = AtomicUsize::new(0);

impl Drop for Subscriber {
    fn drop(&mut self) {
        SUBSCRIPTIONS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns whether there is any subscription to any tree.
pub(crate) fn is_subscribed() -> bool {
    SUBSCRIPTIONS.load(Ordering::Relaxed) > 0
}

/// The events that a subscriber has still to read.
#[derive(Debug)]
struct Queue {
    /// The path of the supervisor whose events, and those of all below it, the subscriber gets.
    root: ChildPath,
    events: VecDeque<Event>,
    /// The number of events that were lost before the first one in the queue.
    missed: u64,
    /// The task that waits in [`Events::next`].
    waker: Option<Waker>,
    /// Set once the tree has ended.
    has_ended: bool,
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

impl Subscribers {
    /// Subscribes to the events of the supervisor at this path, and of all below it.
    pub(crate) fn subscribe(&self, root: ChildPath) -> Events {
        SUBSCRIPTIONS.fetch_add(1, Ordering::Relaxed);
        let mut locked = self.lock();
        let subscriber = Arc::new(Subscriber {
            queue: Mutex::new(Queue {
                root,
                events: VecDeque::new(),
                missed: 0,
                waker: None,
                has_ended: locked.has_ended,
            }),
        });
        locked.subscribers.push(Arc::downgrade(&subscriber));
        Events(subscriber)
    }

    /// Gives an event to each subscriber to a part of the tree that includes this path.
    pub(crate) fn publish(&self, path: &ChildPath, kind: EventKind) {
        let mut wakers = Vec::new();
        {
            let mut locked = self.lock();
            if locked.subscribers.is_empty() {
                return;
            }
            locked.last_number += 1;
            let event = Event { number: locked.last_number, path: path.clone(), kind };
            locked.subscribers.retain(|subscriber| {
                let Some(subscriber) = subscriber.upgrade() else { return false };
                let mut queue = subscriber.lock();
                if event.path.is_at_or_below(&queue.root) {
                    if queue.events.len() == CAPACITY {
                        queue.events.pop_front();
                        queue.missed += 1;
                    }
                    queue.events.push_back(event.clone());
                    wakers.extend(queue.waker.take());
                }
                true
            });
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Ends all subscriptions, present and future: the tree has ended, and no event follows.
    pub(crate) fn finish(&self) {
        let mut wakers = Vec::new();
        {
            let mut locked = self.lock();
            locked.has_ended = true;
            for subscriber in locked.subscribers.drain(..).filter_map(|weak| weak.upgrade()) {
                let mut queue = subscriber.lock();
                queue.has_ended = true;
                wakers.extend(queue.waker.take());
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Takes the subscribers of another tree, which has become a part of this one at `path`.
    pub(crate) fn absorb(&self, other: &Self, path: &ChildPath) {
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

    /// Gives the subscribers at or below `path` to another tree: the part of this tree at `path` is
    /// a tree of its own again.
    pub(crate) fn split_off(&self, other: &Self, path: &ChildPath) {
        let moves_over = |subscriber: &mut Weak<Subscriber>| {
            let Some(subscriber) = subscriber.upgrade() else { return true };
            let mut queue = subscriber.lock();
            let root = queue.root.below(path);
            let moves = root.is_some();
            queue.root = root.unwrap_or_else(|| queue.root.clone());
            moves
        };
        let moved: Vec<_> = self.lock().subscribers.extract_if(.., moves_over).collect();
        other.lock().subscribers.extend(moved);
    }

    fn lock(&self) -> MutexGuard<'_, Locked> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
