//! A reader of the time line.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::Feed;
use crate::json::Entry;

/// A reader of a feed: a position in it.
pub(crate) struct Reader {
    feed: Arc<Feed>,
    /// The reader's number among those of the feed.
    number: u64,
    /// The position of the next entry; `None` before the first look.
    next: Option<u64>,
    /// The number of lost entries that were passed on the way to the next failure, and not reported
    /// yet.
    lost: u64,
}

/// An item of the stream that a reader gets.
#[derive(Debug)]
pub(crate) enum Item {
    Entry {
        position: u64,
        entry: Entry,
    },
    /// The reader was too slow, and this number of entries is gone.
    Lost(u64),
}

impl Reader {
    pub(super) fn new(feed: Arc<Feed>, number: u64, from: Option<u64>) -> Self {
        Self { feed, number, next: from, lost: 0 }
    }

    /// Returns the next item; `None` once the tree has ended and all was read.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let feed = Arc::clone(&self.feed);
        let (ring, next) = feed.look(self.number, self.next, cx);
        self.next = Some(next);
        let item = if next < ring.first {
            // The failures that are kept come first, then the number of entries that are gone.
            let position = ring.failure_from(next).map_or(ring.first, |(position, _)| *position);
            self.lost += position - next;
            if let Some((_, entry)) = ring.failure_from(next) {
                self.next = Some(position + 1);
                Some(Item::Entry { position, entry: entry.clone() })
            } else {
                self.next = Some(position);
                Some(Item::Lost(std::mem::take(&mut self.lost)))
            }
        } else if self.lost > 0 {
            Some(Item::Lost(std::mem::take(&mut self.lost)))
        } else {
            let entry = ring.get(next);
            self.next = Some(next + u64::from(entry.is_some()));
            entry.map(|entry| Item::Entry { position: next, entry: entry.clone() })
        };
        let has_ended = ring.source.is_none();
        drop(ring);
        if item.is_none() && !has_ended {
            return Poll::Pending;
        }
        feed.readers.forget(self.number);
        Poll::Ready(item)
    }

    /// Waits until there is an item, or the tree has ended.
    pub(crate) fn poll_any(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let feed = Arc::clone(&self.feed);
        let (ring, next) = feed.look(self.number, self.next, cx);
        self.next = Some(next);
        if next == ring.end() && ring.source.is_some() {
            return Poll::Pending;
        }
        drop(ring);
        feed.readers.forget(self.number);
        Poll::Ready(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut waiting = self.feed.readers.lock();
        waiting.count -= 1;
        let waker = waiting.wakers.remove(&self.number);
        drop(waiting);
        drop(waker);
    }
}
