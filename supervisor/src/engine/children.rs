//! A supervisor's children in start order, found by key and by name in constant time.

use std::collections::HashMap;
use std::sync::Arc;

use super::child::Child;
use super::numbers::ByNumber;
use crate::path::Name;

/// A child's place in this life of its supervisor. A key is never given out twice, so a late
/// message about a child that has been removed finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    index: u32,
    epoch: u32,
}

/// A slab whose entries are linked in start order: OTP appends a new child as the last.
#[derive(Debug)]
pub(crate) struct Children<C, R> {
    slab: Vec<Place<C, R>>,
    /// The first of the free places, which are linked by `next`.
    free: Option<u32>,
    head: Option<u32>,
    tail: Option<u32>,
    declared: HashMap<Arc<str>, Key>,
    workers: HashMap<u64, Key, ByNumber>,
    len: usize,
}

#[derive(Debug)]
struct Place<C, R> {
    epoch: u32,
    previous: Option<u32>,
    next: Option<u32>,
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

    /// Appends a child. The name has to be free.
    pub(crate) fn push(&mut self, child: Child<C, R>) -> Key {
        let name = child.name.clone();
        let index = if let Some(index) = self.free {
            let place = &mut self.slab[index as usize];
            self.free = place.next.take();
            place.child = Some(child);
            index
        } else {
            let place = Place { epoch: 0, previous: None, next: None, child: Some(child) };
            self.slab.push(place);
            Self::last_index(self.slab.len())
        };
        self.slab[index as usize].previous = self.tail;
        match self.tail {
            Some(tail) => self.slab[tail as usize].next = Some(index),
            None => self.head = Some(index),
        }
        self.tail = Some(index);
        self.len += 1;
        let key = Key { index, epoch: self.slab[index as usize].epoch };
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
            Some(previous) => self.slab[previous as usize].next = next,
            None => self.head = next,
        }
        match next {
            Some(next) => self.slab[next as usize].previous = previous,
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
        let place = self.slab.get(key.index as usize)?;
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
        self.key_at(self.slab[key.index as usize].next)
    }

    pub(crate) fn before(&self, key: Key) -> Option<Key> {
        self.get(key)?;
        self.key_at(self.slab[key.index as usize].previous)
    }

    /// All children in start order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &Child<C, R>)> {
        std::iter::successors(self.first(), |&key| self.after(key))
            .filter_map(|key| Some((key, self.get(key)?)))
    }

    /// The engine refuses a child more than `u32::MAX`.
    #[expect(clippy::cast_possible_truncation, reason = "refused before")]
    fn last_index(len: usize) -> u32 {
        (len - 1) as u32
    }

    fn key_at(&self, index: Option<u32>) -> Option<Key> {
        let index = index?;
        Some(Key { index, epoch: self.slab[index as usize].epoch })
    }

    fn place_mut(&mut self, key: Key) -> Option<&mut Place<C, R>> {
        self.slab.get_mut(key.index as usize).filter(|place| place.epoch == key.epoch)
    }
}
