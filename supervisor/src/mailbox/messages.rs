//! Queued messages, which are dropped one by one.

use std::collections::VecDeque;
use std::collections::vec_deque;
use std::mem;
use std::ops::{Deref, DerefMut};

use crate::catch::drop_each;

/// Messages, the oldest first.
///
/// Messages that no life receives are dropped each by itself: the destructor of a message is the
/// user's code, and a second one that panics while the first unwinds would end the process.
pub(super) struct Messages<M>(VecDeque<M>);

impl<M> Default for Messages<M> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<M> Deref for Messages<M> {
    type Target = VecDeque<M>;

    fn deref(&self) -> &VecDeque<M> {
        &self.0
    }
}

impl<M> DerefMut for Messages<M> {
    fn deref_mut(&mut self) -> &mut VecDeque<M> {
        &mut self.0
    }
}

impl<M> Drop for Messages<M> {
    fn drop(&mut self) {
        drop_each(mem::take(&mut self.0));
    }
}

impl<M> IntoIterator for Messages<M> {
    type Item = M;
    type IntoIter = vec_deque::IntoIter<M>;

    fn into_iter(mut self) -> Self::IntoIter {
        mem::take(&mut self.0).into_iter()
    }
}
