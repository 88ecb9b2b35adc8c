//! A supervisor's children in start order, found by key and by name in constant time.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;

use super::child::{Child, Named};
use crate::spec::Name;

/// The identifier of a child in one life of its supervisor. A key is never given out twice, so a
/// late message about a child that has been removed finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    index: Index,
    epoch: u32,
}

impl Key {
    /// Returns the position of the child's entry, which no other present child has.
    pub(super) fn position(self) -> usize {
        self.index.position()
    }
}

/// The index of a slab entry. (Counted from one, so that an `Option` of it is no larger.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Index(NonZeroU32);

impl Index {
    /// Returns the index of the last of `len` entries; the engine refuses more than `u32::MAX`
    /// children.
    fn last_of(len: usize) -> Self {
        Self(u32::try_from(len).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX))
    }

    fn position(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A slab whose entries are linked in start order: OTP appends a new child as the last.
#[derive(Debug)]
pub(crate) struct Children<C, R> {
    slab: Vec<Entry<C, R>>,
    /// The first of the free entries, which are linked by `next`.
    free: Option<Index>,
    head: Option<Index>,
    tail: Option<Index>,
    len: usize,
    /// The highest number that a worker has had: no child has a number above it.
    last_worker: Option<u64>,
    /// The key of each name: built when a name is first looked up among many children, and kept
    /// from then on. Most look-ups are by key and need no index.
    by_name: Option<HashMap<Name, Key>>,
}

/// The number of children up to which a name is found without an index; small in tests, so that
/// the tests see the index.
const MAX_UNINDEXED: usize = if cfg!(test) { 2 } else { 16 };

/// An entry of the slab: a child and its neighbours in start order, or a free entry.
#[derive(Debug)]
struct Entry<C, R> {
    epoch: u32,
    previous: Option<Index>,
    next: Option<Index>,
    child: Option<Child<C, R>>,
}

impl<C, R> Default for Children<C, R> {
    fn default() -> Self {
        Self {
            slab: Vec::new(),
            free: None,
            head: None,
            tail: None,
            len: 0,
            last_worker: None,
            by_name: None,
        }
    }
}

impl<C, R> IntoIterator for Children<C, R> {
    type Item = Child<C, R>;
    type IntoIter = InOrder<C, R>;

    fn into_iter(self) -> InOrder<C, R> {
        InOrder { next: self.head, slab: self.slab }
    }
}

/// Iterator over all children in start order.
pub(crate) struct InOrder<C, R> {
    slab: Vec<Entry<C, R>>,
    next: Option<Index>,
}

impl<C, R> Iterator for InOrder<C, R> {
    type Item = Child<C, R>;

    fn next(&mut self) -> Option<Child<C, R>> {
        let entry = self.slab.get_mut(self.next?.position())?;
        self.next = entry.next;
        entry.child.take()
    }
}

impl<C: Named, R> Children<C, R> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn reserve(&mut self, declared: usize) {
        self.slab.reserve_exact(declared);
    }

    /// Appends a child. The child's name has to be free.
    pub(crate) fn push(&mut self, child: Child<C, R>) -> Key {
        let (number, name) = (child.data.name().number(), self.by_name.is_some());
        let name = name.then(|| child.data.name().clone());
        let (index, epoch) = if let Some(index) = self.free {
            let entry = &mut self.slab[index.position()];
            self.free = entry.next.take();
            (entry.previous, entry.child) = (self.tail, Some(child));
            (index, entry.epoch)
        } else {
            let (epoch, previous) = (0, self.tail);
            self.slab.push(Entry { epoch, previous, next: None, child: Some(child) });
            (Index::last_of(self.slab.len()), epoch)
        };
        match self.tail {
            Some(tail) => self.slab[tail.position()].next = Some(index),
            None => self.head = Some(index),
        }
        self.tail = Some(index);
        self.len += 1;
        let key = Key { index, epoch };
        self.last_worker = self.last_worker.max(number);
        if let Some((by_name, name)) = self.by_name.as_mut().zip(name) {
            by_name.insert(name, key);
        }
        key
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Child<C, R>> {
        let free = self.free;
        let entry = self.entry_mut(key)?;
        let child = entry.child.take()?;
        let (previous, next) = (entry.previous.take(), entry.next.take());
        entry.epoch = entry.epoch.wrapping_add(1);
        entry.next = free;
        self.free = Some(key.index);
        match previous {
            Some(previous) => self.slab[previous.position()].next = next,
            None => self.head = next,
        }
        match next {
            Some(next) => self.slab[next.position()].previous = previous,
            None => self.tail = previous,
        }
        self.len -= 1;
        if self.len == 0 {
            // An empty pool releases the index that it needed at its peak.
            self.by_name = None;
        } else if let Some(by_name) = &mut self.by_name {
            by_name.remove(child.data.name());
        }
        Some(child)
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Child<C, R>> {
        let entry = self.slab.get(key.index.position())?;
        entry.child.as_ref().filter(|_| entry.epoch == key.epoch)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Child<C, R>> {
        self.entry_mut(key)?.child.as_mut()
    }

    pub(crate) fn find(&mut self, name: &Name) -> Option<Key> {
        if name.number().is_some_and(|number| Some(number) > self.last_worker) {
            return None;
        }
        if self.by_name.is_none() && self.len <= MAX_UNINDEXED {
            return self.iter().find(|(_, child)| child.data.name() == name).map(|(key, _)| key);
        }
        if self.by_name.is_none() {
            let all = self.iter().map(|(key, child)| (child.data.name().clone(), key));
            self.by_name = Some(all.collect());
        }
        self.by_name.as_ref()?.get(name).copied()
    }

    pub(crate) fn for_each_mut(&mut self, change: impl FnMut(&mut Child<C, R>)) {
        self.slab.iter_mut().filter_map(|entry| entry.child.as_mut()).for_each(change);
    }

    pub(crate) fn first(&self) -> Option<Key> {
        self.key_at(self.head)
    }

    pub(crate) fn last(&self) -> Option<Key> {
        self.key_at(self.tail)
    }

    pub(crate) fn after(&self, key: Key) -> Option<Key> {
        self.get(key)?;
        self.key_at(self.slab[key.index.position()].next)
    }

    pub(crate) fn before(&self, key: Key) -> Option<Key> {
        self.get(key)?;
        self.key_at(self.slab[key.index.position()].previous)
    }

    /// Returns all children in start order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &Child<C, R>)> {
        let mut next = self.head;
        std::iter::from_fn(move || {
            let index = next?;
            let entry = self.slab.get(index.position())?;
            next = entry.next;
            Some((Key { index, epoch: entry.epoch }, entry.child.as_ref()?))
        })
    }

    /// Returns the number of entries, with those that are free.
    pub(crate) fn entries(&self) -> usize {
        self.slab.len()
    }

    /// Returns the children in these entries. A child stays in its entry for as long as it is present.
    pub(crate) fn in_entries(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = (Key, &Child<C, R>)> {
        let range = range.start..range.end.min(self.slab.len());
        let entries = self.slab.get(range.clone()).unwrap_or_default();
        range.zip(entries).filter_map(|(position, entry)| {
            let key = Key { index: Index::last_of(position + 1), epoch: entry.epoch };
            Some((key, entry.child.as_ref()?))
        })
    }

    /// Asserts that the index, if there is one, has all children and no other.
    #[cfg(all(test, not(shuttle)))]
    pub(super) fn assert_names_are_found(&self) {
        let Some(by_name) = &self.by_name else { return };
        assert_eq!(by_name.len(), self.len);
        for (key, child) in self.iter() {
            assert_eq!(by_name.get(child.data.name()), Some(&key));
        }
    }

    fn key_at(&self, index: Option<Index>) -> Option<Key> {
        let index = index?;
        Some(Key { index, epoch: self.slab[index.position()].epoch })
    }

    fn entry_mut(&mut self, key: Key) -> Option<&mut Entry<C, R>> {
        self.slab.get_mut(key.index.position()).filter(|entry| entry.epoch == key.epoch)
    }
}
