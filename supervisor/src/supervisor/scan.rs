//! Reads all children of a tree, a few hundred at a time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Supervisor;
use super::queries::{ChildView, Left, fill_in};
use crate::error::SupervisorError;
use crate::inbox::Inbox;
use crate::observe::Snapshot;
use crate::runtime::{Node, SupervisorRun};
use crate::spec::{ChildKind, ChildState};
use crate::sync::{clock, task};

/// The number of children that a supervisor shows at a time, before it handles other messages.
const AT_ONCE: usize = 512;

impl Supervisor {
    /// Begins to read all children of the tree, a few hundred at a time.
    ///
    /// A [snapshot](Self::snapshot) holds the whole tree, and each supervisor reports all of its
    /// children at once. A scan holds a few hundred children, and the supervisors that it has
    /// still to read. It is for metrics of large trees: a supervisor of 100,000 children goes on with
    /// its work between two slices, and so do the other tasks of the runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::info::ChildState;
    /// use supervisor::prelude::*;
    ///
    /// let cache = ChildSpec::new("cache").with_task(async |ctx: Context| {
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// });
    /// let supervisor = Supervisor::new().with_child(cache).build();
    /// supervisor.start().await?;
    /// let (mut running, mut scan) = (0, supervisor.scan());
    /// while let Some(slice) = scan.next().await {
    ///     running += slice.children().filter(|child| child.state() == ChildState::Running).count();
    /// }
    /// assert_eq!(running, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # What it shows
    ///
    /// A child that exists from the first slice to the last one is seen once, in the state that it
    /// has when its slice is taken. A child that is added or removed meanwhile may be seen or not,
    /// and one that is removed and added again may be seen twice. If a supervisor is restarted
    /// meanwhile, its remaining slices are left out. The children of a supervisor come in start order,
    /// but one that was added may take the place of one that was removed.
    pub fn scan(&self) -> Scan {
        Scan {
            top: Some(Self::observing(Arc::clone(self.node()))),
            pending: VecDeque::new(),
            present: None,
        }
    }
}

/// An iteration over all children of a tree, a few hundred at a time, from [`Supervisor::scan`].
#[must_use = "nothing is looked at until `next` is awaited"]
pub struct Scan {
    /// The supervisor to begin with; `None` once that is done.
    top: Option<Supervisor>,
    /// The supervisors whose children are still to be shown.
    pending: VecDeque<(Snapshot, Arc<Node>)>,
    /// The supervisor of which some children have been shown.
    present: Option<Present>,
}

/// The supervisor whose children are being shown.
struct Present {
    supervisor: Arc<Snapshot>,
    node: Arc<Node>,
    /// The life that is being looked at.
    inbox: Arc<Inbox>,
    /// The place of the next child, among all places of that life.
    next: usize,
}

/// The answer of a supervisor: what it has left, its children in some places, and how many places there
/// are.
type Answer = (Left, Vec<ChildView>, usize);

impl Scan {
    /// Returns the next slice, or `None` at the end. Each supervisor has one slice or more, which
    /// come before those of the supervisors below it.
    ///
    /// A supervisor that does not run has a slice without children. Before each slice but the first
    /// one, the task yields to others.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no slice is lost.
    pub async fn next(&mut self) -> Option<Slice> {
        if let Some(top) = &self.top {
            let part = (top.own_part().await, Arc::clone(top.node()));
            self.pending.push_back(part);
            self.top = None;
        } else {
            task::yield_now().await;
        }
        loop {
            let Some(present) = &mut self.present else {
                let (snapshot, node) = self.pending.pop_front()?;
                let Some(inbox) = node.inbox() else { return Some(Slice::without(snapshot)) };
                let supervisor = Arc::new(snapshot);
                self.present = Some(Present { supervisor, node, inbox, next: 0 });
                continue;
            };
            let is_first = present.next == 0;
            let (now, answer) = (clock::now(), present.ask().await);
            let Ok((left, children, places)) = answer else {
                let ended = self.present.take()?;
                if is_first {
                    return Some(Slice::without(Snapshot::clone(&ended.supervisor)));
                }
                continue;
            };
            if is_first {
                left.fill_in(Arc::make_mut(&mut present.supervisor));
            }
            let supervisor = Arc::clone(&present.supervisor);
            present.next += AT_ONCE;
            if present.next >= places {
                self.present = None;
            }
            let slice = Slice { supervisor, is_first, children, now };
            self.pending.extend(slice.children().filter_map(|child| {
                let node = child.view.nested.as_ref()?;
                Some((child.snapshot(), Arc::clone(node)))
            }));
            return Some(slice);
        }
    }
}

impl Present {
    async fn ask(&self) -> Result<Answer, SupervisorError> {
        let (from, now) = (self.next, clock::now());
        let look = move |run: &mut SupervisorRun| {
            let mut children = Vec::with_capacity(AT_ONCE.min(run.engine.count()));
            let slice = run.engine.children_in(from..from + AT_ONCE);
            children.extend(slice.map(|(key, child)| ChildView::of(run, key, child)));
            (Left::of(run, now), children, run.engine.places())
        };
        Supervisor::observing(Arc::clone(&self.node)).query_life(&self.inbox, look).await
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

/// Some children of one supervisor, from [`Scan::next`].
pub struct Slice {
    supervisor: Arc<Snapshot>,
    is_first: bool,
    children: Vec<ChildView>,
    now: Instant,
}

impl Slice {
    /// Makes the slice of a supervisor that does not run.
    fn without(supervisor: Snapshot) -> Self {
        let (supervisor, now) = (Arc::new(supervisor), clock::now());
        Self { supervisor, is_first: true, children: Vec::new(), now }
    }

    /// Returns the supervisor's own part of a snapshot, without children, as it was at its first
    /// slice.
    #[must_use]
    pub fn supervisor(&self) -> &Snapshot {
        &self.supervisor
    }

    /// Returns `true` for the first slice of this supervisor.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// Returns the children.
    #[must_use]
    pub fn children(&self) -> impl ExactSizeIterator<Item = ScannedChild<'_>> {
        self.children.iter().map(|view| ScannedChild { view, slice: self })
    }
}

impl fmt::Debug for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slice")
            .field("supervisor", &self.supervisor.path)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}

/// A child in a [`Slice`]. Its methods read from the child when they are called, without its
/// supervisor.
#[derive(Clone, Copy)]
pub struct ScannedChild<'a> {
    view: &'a ChildView,
    slice: &'a Slice,
}

impl ScannedChild<'_> {
    /// Returns whether the child is a worker or a supervisor.
    #[must_use]
    pub fn kind(&self) -> ChildKind {
        self.view.kind
    }

    /// Returns the child's state when the slice was taken.
    #[must_use]
    pub fn state(&self) -> ChildState {
        self.view.state
    }

    /// Returns the number of messages that wait in the mailbox.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.view.slot.queued()
    }

    /// Returns the number of messages that the mailbox has room for; 0 for a supervisor.
    #[must_use]
    pub fn capacity(&self) -> usize {
        if self.view.nested.is_some() { 0 } else { self.view.slot.capacity() }
    }

    /// Returns the time for which the child has been waiting for another one, if it does; the longest
    /// of several.
    #[must_use]
    pub fn longest_wait(&self) -> Option<Duration> {
        let began = self.view.slot.core().longest_wait()?.instant();
        Some(self.slice.now.saturating_duration_since(began))
    }

    /// Returns the child's part of a [`Snapshot`], without the children of a supervisor.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut part = self.view.part(&self.slice.supervisor.path, self.slice.now);
        if let Some(node) = &self.view.nested {
            fill_in(&mut part, node, self.slice.now);
        }
        part
    }
}

impl fmt::Debug for ScannedChild<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScannedChild")
            .field("name", self.view.slot.core().name())
            .field("state", &self.view.state)
            .finish_non_exhaustive()
    }
}
