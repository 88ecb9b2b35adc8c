//! The time line: the last entries of a tree, kept once for all readers.
//!
//! While nobody reads, nothing runs: the events stay in the subscription, which keeps the newest ones.
//! A reader that has read all entries moves the next events into a ring buffer that all readers share. So
//! a slow reader costs one position in the ring, and all readers together are one subscriber of the tree.

mod reader;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use supervisor::events::Events;

pub(crate) use self::reader::{Item, Reader};
use crate::json::{Entry, unix_now};

/// The number of entries that are kept.
const KEPT: usize = 2048;

/// The number of failures that are kept longer than the entries around them.
const KEPT_FAILURES: usize = 128;

/// The number of failures of one child among them, so that a child that fails again and again does
/// not displace the failures of others.
const KEPT_OF_ONE: usize = 4;

/// The number of events that are moved into the ring at a time, for a reader that has read all others:
/// other readers wait meanwhile.
const AT_ONCE: usize = 256;

/// The number of events that a subscription holds for a reader that falls behind.
pub(crate) const QUEUED: usize = 4096;

/// The number of readers at a time: each holds a connection.
const MOST_READERS: usize = 2048;

/// The entries of a tree's time line, and their readers.
pub(crate) struct Feed {
    /// The time at which this feed began, in milliseconds since 1970; it tells this process from an
    /// earlier one.
    boot: u64,
    ring: Mutex<Ring>,
    readers: Arc<Readers>,
}

struct Ring {
    /// The subscription; `None` once the tree has ended for good.
    source: Option<Events>,
    entries: VecDeque<Entry>,
    /// Failures that other entries have displaced, with their positions.
    failures: VecDeque<(u64, Entry)>,
    /// The position of the first entry in the ring, from 0 at the beginning of the feed.
    first: u64,
}

/// The readers that wait. The waker of the subscription wakes all of them.
#[derive(Default)]
struct Readers(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last_number: u64,
    count: usize,
    wakers: HashMap<u64, Waker>,
}

impl Readers {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a reader from those that wait.
    fn forget(&self, reader: u64) {
        let waker = self.lock().wakers.remove(&reader);
        drop(waker);
    }

    fn wake_all(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_values().for_each(Waker::wake);
    }
}

impl Wake for Readers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }
}

impl Ring {
    /// Moves at most so many events of the subscription into the ring. Returns `true` if there were any.
    fn take_over(&mut self, most: usize) -> bool {
        // A loop without this limit need not end: a tree in which children fail in a storm makes events as
        // fast as they are moved.
        for count in 0..most {
            let Some(event) = self.source.as_mut().and_then(Events::try_next) else {
                return count > 0;
            };
            self.push(Entry::from(&event));
        }
        true
    }

    /// Moves the next events of the subscription into the ring. If there are none, registers `waker` for
    /// the next one, or notes that the tree has ended.
    fn take_over_or_wait(&mut self, waker: &Waker) {
        if self.take_over(AT_ONCE) {
            return;
        }
        let Some(source) = &mut self.source else { return };
        let polled = pin!(source.next()).poll(&mut Context::from_waker(waker));
        match polled {
            Poll::Ready(Some(event)) => self.push(Entry::from(&event)),
            Poll::Ready(None) => self.source = None,
            Poll::Pending => {}
        }
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == KEPT {
            let oldest = self.entries.pop_front();
            if let Some(oldest) = oldest.filter(|oldest| oldest.failed.is_some()) {
                self.keep_failure(self.first, oldest);
            }
            self.first += 1;
        }
        self.entries.push_back(entry);
    }

    /// Keeps a failure that the ring has dropped. If there is no room, it replaces the oldest failure:
    /// that of the same child, if many failures of this child are kept.
    fn keep_failure(&mut self, position: u64, failure: Entry) {
        let same = |(_, other): &(u64, Entry)| other.failed == failure.failed;
        let of_one = self.failures.iter().filter(|other| same(other)).count();
        if of_one >= KEPT_OF_ONE {
            let oldest = self.failures.iter().position(same).unwrap_or_default();
            self.failures.remove(oldest);
        } else if self.failures.len() == KEPT_FAILURES {
            self.failures.pop_front();
        }
        self.failures.push_back((position, failure));
    }

    /// Returns the first failure that is kept from this position on.
    fn failure_from(&self, position: u64) -> Option<&(u64, Entry)> {
        self.failures.get(self.failures.partition_point(|(at, _)| *at < position))
    }

    /// Returns the position of the oldest entry that is kept.
    fn oldest(&self) -> u64 {
        self.failures.front().map_or(self.first, |(position, _)| *position)
    }

    /// Returns the position behind the last entry.
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    fn get(&self, position: u64) -> Option<&Entry> {
        let index = usize::try_from(position.checked_sub(self.first)?).ok()?;
        self.entries.get(index)
    }
}

impl Feed {
    pub(crate) fn new(source: Events) -> Arc<Self> {
        let ring = Ring {
            source: Some(source),
            entries: VecDeque::new(),
            failures: VecDeque::new(),
            first: 0,
        };
        Arc::new(Self { boot: unix_now(), ring: Mutex::new(ring), readers: Arc::default() })
    }

    pub(crate) fn boot(&self) -> u64 {
        self.boot
    }

    /// Adds an entry that is no event of the tree, after the events so far.
    pub(crate) fn push(&self, entry: Entry) {
        let mut ring = self.lock();
        // In a storm of events, those that come meanwhile are not waited for. (One more event tells how many
        // were missed.) Who waits is woken below, so the waker of the subscription may stay as it is.
        ring.take_over(QUEUED + 1);
        ring.push(entry);
        drop(ring);
        self.readers.wake_all();
    }

    /// Begins to read at this position, or at the oldest entry; `None` if there are too many readers.
    pub(crate) fn read(self: &Arc<Self>, from: Option<u64>) -> Option<Reader> {
        let mut waiting = self.readers.lock();
        if waiting.count >= MOST_READERS {
            return None;
        }
        waiting.count += 1;
        waiting.last_number += 1;
        Some(Reader::new(Arc::clone(self), waiting.last_number, from))
    }

    /// Looks for entries from this position on, or from the oldest one; a position beyond the end counts as
    /// the end. Returns the position, too.
    ///
    /// Events are moved into the ring only for a reader that has read all entries: otherwise, in a storm of
    /// events, a reader would move more of them than it reads, and lose the entries before it has read
    /// them. If there are no events either, the reader's waker is registered.
    fn look(
        &self,
        reader: u64,
        position: Option<u64>,
        cx: &Context<'_>,
    ) -> (MutexGuard<'_, Ring>, u64) {
        let mut ring = self.lock();
        let position = position.unwrap_or(ring.oldest()).min(ring.end());
        if position < ring.end() {
            return (ring, position);
        }
        // The waker is registered before the events are read, so that an event in between is not
        // missed.
        let old = self.readers.lock().wakers.insert(reader, cx.waker().clone());
        ring.take_over_or_wait(&Waker::from(Arc::clone(&self.readers)));
        drop(old);
        (ring, position)
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("boot", &self.boot).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
