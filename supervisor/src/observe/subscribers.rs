//! The subscribers of a tree, each with a queue of the events that it has still to read.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker, ready};

use crate::catch::wake_each;
use crate::observe::{Event, EventKind, Moves, Moving};
use crate::spec::ChildPath;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, OnceLock, PoisonError, clock, shared_static, task};

/// The number of events that a subscriber may be behind; a few in the models, which fill a queue.
const CAPACITY: usize = if cfg!(all(test, shuttle)) { 3 } else { 4096 };

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
            // In a storm of events there is always another one: then the task yields now and then.
            let budget = ready!(task::poll_proceed(cx));
            let mut queue = self.0.lock();
            let event = queue.take();
            if event.is_some() || queue.has_ended {
                budget.made_progress();
                return Poll::Ready(event);
            }
            let replaced = match &mut queue.waker {
                Some(parked) if parked.will_wake(cx.waker()) => None,
                parked => parked.replace(cx.waker().clone()),
            };
            drop(queue);
            // The destructor of a waker may be foreign code, which runs without the lock.
            drop(replaced);
            Poll::Pending
        })
        .await
    }

    /// Returns the next event if there is one already.
    #[must_use]
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.lock().take()
    }

    /// Takes the events that are there already, and none of those that come while the caller looks at
    /// them: in a storm, a loop of [`try_next`](Self::try_next) need not end.
    #[cfg(feature = "test-util")]
    pub(crate) fn take_present(&mut self) -> impl Iterator<Item = Event> + use<> {
        let mut queue = self.0.lock();
        // The first one may be the number of events that were missed.
        let first = queue.take();
        first.into_iter().chain(std::mem::take(&mut queue.events))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        SUBSCRIPTIONS.fetch_sub(1, Ordering::Relaxed);
        self.0.has_left.store(true, Ordering::Release);
        let (list, events, waker) = {
            let mut queue = self.0.lock();
            (queue.list.take(), std::mem::take(&mut queue.events), queue.waker.take())
        };
        drop((events, waker));
        if let Some(list) = list {
            list.one_has_left();
        }
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
    /// Made with the first subscription, or at the end of the tree.
    list: OnceLock<Arc<List>>,
}

/// The list of a tree's subscribers, to which each subscriber refers, so as to leave it.
#[derive(Debug, Default)]
struct List {
    /// The number of entries, for a look without the lock.
    count: AtomicUsize,
    locked: Mutex<Locked>,
}

/// The part of a list that changes under its lock.
#[derive(Debug, Default)]
struct Locked {
    subscribers: Vec<Arc<Subscriber>>,
    /// The number of subscribers that have left since the last time that these were removed.
    left: usize,
    /// The number of the last event.
    last_number: u64,
    /// Set once the tree has ended, or is gone without having been started.
    has_ended: bool,
}

#[derive(Debug)]
struct Subscriber {
    queue: Mutex<Queue>,
    /// Set once the subscription is dropped.
    has_left: AtomicBool,
}

shared_static! {
    /// The number of subscriptions in the process. While it is zero, an event costs one load.
    static SUBSCRIPTIONS: AtomicUsize = AtomicUsize::new(0);
}

/// Returns whether there is any subscription to any tree.
pub(crate) fn is_subscribed() -> bool {
    SUBSCRIPTIONS.load(Ordering::Relaxed) > 0
}

/// The events that a subscriber has still to read.
#[derive(Debug)]
struct Queue {
    /// The list that the subscriber is in; `None` if the subscription has ended or is dropped.
    list: Option<Arc<List>>,
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
    fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn take(&mut self) -> Option<Event> {
        let count = std::mem::take(&mut self.missed);
        if count > 0 {
            let next = self.events.front();
            let number = next.map_or(0, |next| next.number - 1);
            let at = next.map_or_else(clock::now, |next| next.at);
            let kind = EventKind::Missed { count };
            return Some(Event { number, at, path: self.root.clone(), kind });
        }
        self.events.pop_front()
    }
}

impl Subscribers {
    /// Returns `true` if the tree may have a subscriber.
    pub(crate) fn is_any(&self) -> bool {
        // (An empty list is looked up before the number of moves, which may have emptied it.)
        self.list.get().is_some_and(|list| list.count.load(Ordering::Acquire) > 0)
    }

    /// Subscribes to the events of the supervisor at this path, and of all below it.
    pub(crate) fn subscribe(&self, root: ChildPath) -> Events {
        let list = self.list.get_or_init(Arc::default);
        let mut locked = list.lock();
        let has_ended = locked.has_ended;
        let queue = Queue {
            list: (!has_ended).then(|| Arc::clone(list)),
            root,
            events: VecDeque::new(),
            missed: 0,
            waker: None,
            has_ended,
        };
        let has_left = AtomicBool::new(false);
        let subscriber = Arc::new(Subscriber { queue: Mutex::new(queue), has_left });
        if !has_ended {
            list.change(&mut locked, |subscribers| subscribers.push(Arc::clone(&subscriber)));
        }
        SUBSCRIPTIONS.fetch_add(1, Ordering::Relaxed);
        Events(subscriber)
    }

    /// Gives an event to each subscriber to a part of the tree that includes this path. Returns the
    /// wakers of those that wait; or `None`, with no event given, if trees have been joined or
    /// separated since `seen`: the tree may be a part of another one by now, and the path another.
    pub(crate) fn publish(
        &self,
        path: &ChildPath,
        kind: &EventKind,
        seen: Moves,
    ) -> Option<Vec<Waker>> {
        let mut wakers = Vec::new();
        let Some(list) = self.list.get() else { return seen.are_all().then_some(wakers) };
        let mut locked = list.lock();
        // Read under the lock: subscribers that move from now on have the event already.
        if !seen.are_all() {
            return None;
        }
        if locked.subscribers.is_empty() {
            return Some(wakers);
        }
        locked.last_number += 1;
        let (number, path) = (locked.last_number, path.clone());
        let event = Event { number, at: clock::now(), path, kind: kind.clone() };
        for subscriber in &locked.subscribers {
            let mut queue = subscriber.lock();
            if !subscriber.has_left() && event.path.is_at_or_below(&queue.root) {
                if queue.events.len() == CAPACITY {
                    queue.events.pop_front();
                    queue.missed += 1;
                }
                queue.events.push_back(event.clone());
                wakers.extend(queue.waker.take());
            }
        }
        Some(wakers)
    }

    /// Ends all subscriptions, present and future: the tree has ended, and no event follows.
    pub(crate) fn finish(&self) {
        let list = self.list.get_or_init(Arc::default);
        let mut wakers = Vec::new();
        {
            let mut locked = list.lock();
            locked.has_ended = true;
            for subscriber in list.change(&mut locked, std::mem::take) {
                let mut queue = subscriber.lock();
                queue.has_ended = true;
                // The subscription refers no more to the list, and the list to the subscription.
                queue.list = None;
                wakers.extend(queue.waker.take());
            }
        }
        wake_each(wakers);
    }

    /// Takes the subscribers of another tree, which has become a part of this one at `path`.
    pub(crate) fn absorb(&self, other: &Self, path: &ChildPath, _: &Moving) {
        let Some(other) = other.list.get() else { return };
        let moved = {
            let mut locked = other.lock();
            other.change(&mut locked, std::mem::take)
        };
        self.enter(moved, |queue| {
            queue.root = if queue.root.is_root() {
                path.clone()
            } else {
                ChildPath::from_parts(path, &queue.root)
            };
        });
    }

    /// Gives the subscribers at or below `path` to another tree: the part of this tree at `path` is
    /// a tree of its own again.
    pub(crate) fn split_off(&self, other: &Self, path: &ChildPath, _: &Moving) {
        let Some(list) = self.list.get() else { return };
        let leaves =
            |subscriber: &mut Arc<Subscriber>| subscriber.lock().root.below(path).is_some();
        let moved: Vec<_> = list
            .change(&mut list.lock(), |subscribers| subscribers.extract_if(.., leaves).collect());
        other.enter(moved, |queue| {
            if let Some(root) = queue.root.below(path) {
                queue.root = root;
            }
        });
    }

    /// Adds subscribers that have left another list.
    fn enter(&self, moved: Vec<Arc<Subscriber>>, mut change: impl FnMut(&mut Queue)) {
        if moved.is_empty() {
            return;
        }
        let list = self.list.get_or_init(Arc::default);
        let mut locked = list.lock();
        for subscriber in &moved {
            let mut queue = subscriber.lock();
            change(&mut queue);
            queue.list = (!subscriber.has_left()).then(|| Arc::clone(list));
        }
        // Subscribers that were dropped in between are removed by the next one that leaves.
        list.change(&mut locked, |subscribers| {
            subscribers.extend(moved.into_iter().filter(|subscriber| !subscriber.has_left()));
        });
    }
}

impl List {
    /// Notes that a subscription was dropped. Subscribers are removed when half of the entries
    /// are of dropped subscriptions: in constant time for each, on average.
    fn one_has_left(&self) {
        let removed: Vec<_> = {
            let mut locked = self.lock();
            locked.left += 1;
            if locked.left * 2 < locked.subscribers.len() {
                return;
            }
            locked.left = 0;
            self.change(&mut locked, |subscribers| {
                let removed = subscribers.extract_if(.., |subscriber| subscriber.has_left());
                let removed = removed.collect();
                subscribers.shrink_to(2 * subscribers.len());
                removed
            })
        };
        drop(removed);
    }

    /// Changes the entries, and the count of them.
    fn change<T>(
        &self,
        locked: &mut Locked,
        change: impl FnOnce(&mut Vec<Arc<Subscriber>>) -> T,
    ) -> T {
        let changed = change(&mut locked.subscribers);
        self.count.store(locked.subscribers.len(), Ordering::Release);
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Locked> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Subscribers {
    /// Returns the number of entries, with those of dropped subscriptions.
    fn count(&self) -> usize {
        self.list.get().map_or(0, |list| list.count.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Wake};

    use super::*;

    fn publish_at(tree: &Subscribers, path: &ChildPath) {
        // (Another test may join trees.)
        let publish = || tree.publish(path, &EventKind::SupervisorStarted, Moves::so_far()?);
        wake_each(std::iter::repeat_with(publish).flatten().next().unwrap());
    }

    fn publish(tree: &Subscribers) {
        publish_at(tree, &ChildPath::root());
    }

    #[test]
    fn a_dropped_subscription_leaves_no_entry() {
        let tree = Subscribers::default();
        for _ in 0..1000 {
            drop(tree.subscribe(ChildPath::root()));
        }
        assert_eq!(tree.count(), 0);
        let weak = {
            let events = tree.subscribe(ChildPath::root());
            publish(&tree);
            Arc::downgrade(&events.0)
        };
        assert_eq!(weak.strong_count(), 0, "its events are gone");
        assert_eq!(tree.count(), 0);
    }

    #[test]
    fn dropped_subscriptions_are_never_more_than_half_of_the_entries() {
        let tree = Subscribers::default();
        let mut all: Vec<_> = (0..1000).map(|_| tree.subscribe(ChildPath::root())).collect();
        while all.pop().is_some() {
            assert!(tree.count() <= 2 * all.len(), "{} of {}", all.len(), tree.count());
        }
        let mut kept = tree.subscribe(ChildPath::root());
        for _ in 0..1000 {
            drop(tree.subscribe(ChildPath::root()));
            assert!(tree.count() <= 2);
        }
        publish(&tree);
        assert!(kept.try_next().is_some());
    }

    #[cfg(feature = "test-util")]
    #[test]
    fn the_present_events_are_taken_without_those_that_come_meanwhile() {
        let tree = Subscribers::default();
        let mut events = tree.subscribe(ChildPath::root());
        (0..3).for_each(|_| publish(&tree));
        let taken: Vec<u64> = events
            .take_present()
            .map(|event| {
                publish(&tree);
                event.number()
            })
            .collect();
        assert_eq!(taken, [1, 2, 3]);
        (0..CAPACITY).for_each(|_| publish(&tree));
        let mut taken = events.take_present();
        assert!(
            taken
                .next()
                .is_some_and(|event| matches!(event.kind(), EventKind::Missed { count: 3 }))
        );
        assert_eq!(taken.next().map(|event| event.number()), Some(7));
        assert_eq!(taken.count(), CAPACITY - 1);
    }

    #[test]
    fn a_subscription_to_one_tree_is_none_to_another() {
        let (tree, other) = (Subscribers::default(), Subscribers::default());
        let events = tree.subscribe(ChildPath::root());
        assert!(tree.is_any() && !other.is_any());
        drop(events);
        assert!(!tree.is_any());
    }

    #[test]
    fn a_subscription_moves_with_its_tree_and_leaves_the_one_that_it_is_in() {
        let (part, whole) = (Subscribers::default(), Subscribers::default());
        let path = ChildPath::parse("part");
        let (mut stays, leaves) =
            (part.subscribe(ChildPath::root()), part.subscribe(ChildPath::root()));
        let moving = Moving::begin();
        whole.absorb(&part, &path, &moving);
        drop(moving);
        assert_eq!((part.count(), whole.count()), (0, 2));
        drop(leaves);
        assert_eq!(whole.count(), 1);
        publish_at(&whole, &path);
        assert!(stays.try_next().is_some());
        whole.split_off(&part, &path, &Moving::begin());
        assert_eq!((part.count(), whole.count()), (1, 0));
        publish(&part);
        assert!(stays.try_next().is_some_and(|event| event.path().is_root()));
        drop(stays);
        assert_eq!(part.count(), 0);
    }

    /// A waker that publishes an event when it is dropped.
    struct PublishesInDrop(Arc<Subscribers>);

    impl Wake for PublishesInDrop {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for PublishesInDrop {
        fn drop(&mut self) {
            publish(&self.0);
        }
    }

    #[test]
    fn a_replaced_waker_is_dropped_without_a_lock() {
        let tree = Arc::new(Subscribers::default());
        let mut events = tree.subscribe(ChildPath::root());
        let poll = |events: &mut Events, waker: &Waker| {
            pin!(events.next()).poll(&mut Context::from_waker(waker)).is_ready()
        };
        let first = Waker::from(Arc::new(PublishesInDrop(Arc::clone(&tree))));
        assert!(!poll(&mut events, &first));
        drop(first);
        assert!(!poll(&mut events, Waker::noop()));
        assert!(events.try_next().is_some());
    }

    #[tokio::test]
    async fn the_end_of_a_tree_ends_its_subscriptions_and_later_ones() {
        let tree = Subscribers::default();
        let mut events = tree.subscribe(ChildPath::root());
        publish(&tree);
        tree.finish();
        assert!(events.next().await.is_some() && events.next().await.is_none());
        assert!(tree.subscribe(ChildPath::root()).next().await.is_none());
        assert_eq!(tree.count(), 0);
        let never = Subscribers::default();
        never.finish();
        assert!(never.subscribe(ChildPath::root()).next().await.is_none());
    }
}
