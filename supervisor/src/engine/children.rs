//! A supervisor's children in start order, found by key and by name in constant time.

use std::collections::HashMap;
use std::num::NonZeroU32;

use super::child::{Child, Named};
use crate::spec::Name;

/// A child's place in this life of its supervisor. A key is never given out twice, so a late
/// message about a child that has been removed finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    index: Index,
    epoch: u32,
}

/// Where in the slab a child is. (Counted from one, so that an `Option` of it is no larger.)
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
    len: usize,
    /// The highest number that a worker has had: what is above it is nobody's.
    last_worker: Option<u64>,
    /// Where each name is: made when one is looked for among many, and kept from then on. Children
    /// have keys, which most who ask know.
    by_name: Option<HashMap<Name, Key>>,
}

/// Among so many children a name is found by going through them; few in tests, so that they see the
/// index.
const FEW: usize = if cfg!(test) { 2 } else { 16 };

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

/// All children, in start order.
pub(crate) struct InOrder<C, R> {
    slab: Vec<Place<C, R>>,
    next: Option<Index>,
}

impl<C, R> Iterator for InOrder<C, R> {
    type Item = Child<C, R>;

    fn next(&mut self) -> Option<Child<C, R>> {
        let place = self.slab.get_mut(self.next?.position())?;
        self.next = place.next;
        place.child.take()
    }
}

impl<C: Named, R> Children<C, R> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn reserve(&mut self, declared: usize) {
        self.slab.reserve_exact(declared);
    }

    /// Appends a child. The name has to be free.
    pub(crate) fn push(&mut self, child: Child<C, R>) -> Key {
        let (number, name) = (child.data.name().number(), self.by_name.is_some());
        let name = name.then(|| child.data.name().clone());
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
        self.last_worker = self.last_worker.max(number);
        if let Some((by_name, name)) = self.by_name.as_mut().zip(name) {
            by_name.insert(name, key);
        }
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
        self.len -= 1;
        if self.len == 0 {
            // A pool that has emptied gives back what its peak took.
            self.by_name = None;
        } else if let Some(by_name) = &mut self.by_name {
            by_name.remove(child.data.name());
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

    pub(crate) fn find(&mut self, name: &Name) -> Option<Key> {
        if name.number().is_some_and(|number| Some(number) > self.last_worker) {
            return None;
        }
        if self.by_name.is_none() && self.len <= FEW {
            return self.iter().find(|(_, child)| child.data.name() == name).map(|(key, _)| key);
        }
        if self.by_name.is_none() {
            let all = self.iter().map(|(key, child)| (child.data.name().clone(), key));
            self.by_name = Some(all.collect());
        }
        self.by_name.as_ref()?.get(name).copied()
    }

    pub(crate) fn for_each_mut(&mut self, change: impl FnMut(&mut Child<C, R>)) {
        self.slab.iter_mut().filter_map(|place| place.child.as_mut()).for_each(change);
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

    /// The index, if there is one, has all children and no other.
    #[cfg(test)]
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

    fn place_mut(&mut self, key: Key) -> Option<&mut Place<C, R>> {
        self.slab.get_mut(key.index.position()).filter(|place| place.epoch == key.epoch)
    }
}
