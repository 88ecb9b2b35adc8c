//! Who listens to a tree, and what each has still to read.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use crate::observe::{Event, EventKind};
use crate::spec::ChildPath;

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
pub(crate) struct Subscribers {
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

/// How many subscriptions there are in the process: without one, an event costs a load.
static SUBSCRIPTIONS: AtomicUsize = AtomicUsize::new(0);

impl Drop for Subscriber {
    fn drop(&mut self) {
        SUBSCRIPTIONS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether anybody listens to any tree.
pub(crate) fn is_subscribed() -> bool {
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

impl Subscribers {
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

    /// What was a part of this tree, at `path`, is a tree of its own again.
    pub(crate) fn split_off(&self, other: &Self, path: &ChildPath) {
        let below = |subscriber: &mut Weak<Subscriber>| {
            let Some(subscriber) = subscriber.upgrade() else { return true };
            let mut queue = subscriber.lock();
            let root = queue.root.below(path);
            let moves = root.is_some();
            queue.root = root.unwrap_or_else(|| queue.root.clone());
            moves
        };
        let moved: Vec<_> = self.lock().subscribers.extract_if(.., below).collect();
        other.lock().subscribers.extend(moved);
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
