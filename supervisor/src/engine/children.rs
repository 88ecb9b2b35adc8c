//! A supervisor's children in start order, found by key and by name in constant time.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::child::Child;
use super::numbers::ByNumber;
use crate::path::Name;

/// A child's place in this life of its supervisor. A key is never given out twice, so a late
/// message about a child that has been removed finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    index: Index,
    epoch: u32,
}

/// Where in the slab a child is. (Counted from one, so that none takes no room.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Index(NonZeroU32);

impl Index {
    /// The last place of so many; the engine refuses a child more than `u32::MAX`.
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
    slab: Vec<Place<C, R>>,
    /// The first of the free places, which are linked by `next`.
    free: Option<Index>,
    head: Option<Index>,
    tail: Option<Index>,
    declared: HashMap<Arc<str>, Key>,
    workers: HashMap<u64, Key, ByNumber>,
    len: usize,
}

#[derive(Debug)]
struct Place<C, R> {
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
            declared: HashMap::new(),
            workers: HashMap::default(),
            len: 0,
        }
    }
}

impl<C, R> Children<C, R> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn reserve(&mut self, declared: usize) {
        self.slab.reserve_exact(declared);
        self.declared.reserve(declared);
    }

    /// Appends a child. The name has to be free.
    pub(crate) fn push(&mut self, child: Child<C, R>) -> Key {
        let name = child.name.clone();
        let index = if let Some(index) = self.free {
            let place = &mut self.slab[index.position()];
            self.free = place.next.take();
            place.child = Some(child);
            index
        } else {
            let place = Place { epoch: 0, previous: None, next: None, child: Some(child) };
            self.slab.push(place);
            Index::last_of(self.slab.len())
        };
        self.slab[index.position()].previous = self.tail;
        match self.tail {
            Some(tail) => self.slab[tail.position()].next = Some(index),
            None => self.head = Some(index),
        }
        self.tail = Some(index);
        self.len += 1;
        let key = Key { index, epoch: self.slab[index.position()].epoch };
        match name {
            Name::Declared(name) => self.declared.insert(name, key),
            Name::Worker(number) => self.workers.insert(number, key),
        };
        key
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Child<C, R>> {
        let free = self.free;
        let place = self.place_mut(key)?;
        let child = place.child.take()?;
        let (previous, next) = (place.previous.take(), place.next.take());
        place.epoch = place.epoch.wrapping_add(1);
        place.next = free;
        self.free = Some(key.index);
        match previous {
            Some(previous) => self.slab[previous.position()].next = next,
            None => self.head = next,
        }
        match next {
            Some(next) => self.slab[next.position()].previous = previous,
            None => self.tail = previous,
        }
        match &child.name {
            Name::Declared(name) => self.declared.remove(name),
            Name::Worker(number) => self.workers.remove(number),
        };
        self.len -= 1;
        if self.len == 0 {
            // A pool that has emptied gives back what its peak took.
            self.workers.shrink_to_fit();
        }
        Some(child)
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Child<C, R>> {
        let place = self.slab.get(key.index.position())?;
        place.child.as_ref().filter(|_| place.epoch == key.epoch)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Child<C, R>> {
        self.place_mut(key)?.child.as_mut()
    }

    pub(crate) fn find(&self, name: &Name) -> Option<Key> {
        match name {
            Name::Declared(name) => self.declared.get(name).copied(),
            Name::Worker(number) => self.workers.get(number).copied(),
        }
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

    /// All children in start order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &Child<C, R>)> {
        std::iter::successors(self.first(), |&key| self.after(key))
            .filter_map(|key| Some((key, self.get(key)?)))
    }

    fn key_at(&self, index: Option<Index>) -> Option<Key> {
        let index = index?;
        Some(Key { index, epoch: self.slab[index.position()].epoch })
    }

    fn place_mut(&mut self, key: Key) -> Option<&mut Place<C, R>> {
        self.slab.get_mut(key.index.position()).filter(|place| place.epoch == key.epoch)
    }
}
