//! The waits of a child's lives for other children, as a snapshot shows them.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::{AnySlot, SlotCore};
use crate::inbox::Anchor;
use crate::packed_instant::PackedInstant;
use crate::spec::{ChildPath, Name};

/// A wait of a life for another child.
#[derive(Clone, Debug)]
pub(crate) struct WaitFor {
    pub(crate) target: Target,
    /// `true` if the wait is for an answer, and not for room in the mailbox.
    pub(crate) for_answer: bool,
    pub(crate) since: PackedInstant,
}

/// A child that is waited for. The path is made when somebody asks for it: to wait is common, and to
/// look at the waits is not.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) owner: Option<Arc<Anchor>>,
    pub(super) name: Name,
}

impl Target {
    pub(crate) fn path(&self) -> ChildPath {
        let owner = self.owner.as_ref().and_then(|anchor| anchor.owner());
        owner.map_or_else(ChildPath::root, |owner| owner.path()).join_lazily(&self.name)
    }
}

/// The waits of a child, with the longest first.
#[derive(Debug, Default)]
pub(super) struct Waits {
    list: Vec<(u32, WaitFor)>,
    /// The number of the last wait. (Numbers are used again after 2³² waits, which none outlasts.)
    last: u32,
}

impl Waits {
    pub(super) fn begin(&mut self, wait: WaitFor) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.list.push((self.last, wait));
        self.last
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut WaitFor> {
        self.list.iter_mut().find(|(other, _)| *other == number).map(|(_, wait)| wait)
    }

    #[must_use = "a wait is dropped without the lock"]
    pub(super) fn end(&mut self, number: u32) -> Option<WaitFor> {
        let at = self.list.iter().position(|(other, _)| *other == number)?;
        Some(self.list.remove(at).1)
    }

    /// Returns the instant at which the longest wait began.
    pub(super) fn longest(&self) -> Option<PackedInstant> {
        self.list.first().map(|(_, wait)| wait.since)
    }

    pub(super) fn all(&self) -> Vec<WaitFor> {
        self.list.iter().map(|(_, wait)| wait.clone()).collect()
    }
}

/// A wait that is on record until this is dropped.
pub(crate) struct NotedWait {
    slot: Arc<dyn AnySlot>,
    number: u32,
    for_answer: bool,
}

impl NotedWait {
    /// Puts a wait of the life in `slot` on record.
    pub(crate) fn new(
        slot: Arc<dyn AnySlot>,
        target: &SlotCore,
        for_answer: bool,
        now: Instant,
    ) -> Self {
        let wait = WaitFor { target: target.target(), for_answer, since: PackedInstant::of(now) };
        let number = slot.core().begin_wait(wait);
        Self { slot, number, for_answer }
    }

    /// Notes what the wait is for.
    pub(crate) fn is_for_answer(&mut self, for_answer: bool) {
        if self.for_answer != for_answer {
            self.for_answer = for_answer;
            self.slot.core().change_wait(self.number, for_answer);
        }
    }
}

impl Drop for NotedWait {
    fn drop(&mut self) {
        self.slot.core().end_wait(self.number);
    }
}

impl fmt::Debug for NotedWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotedWait").field("number", &self.number).finish_non_exhaustive()
    }
}
