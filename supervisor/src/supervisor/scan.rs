//! Reads all children of a tree, a few hundred at a time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Supervisor;
use super::queries::fill_in;
use super::views::{ChildView, Left};
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
    /// children at once. A scan holds a few hundred children, and at most as many supervisors that it has
    /// still to read at each level of the tree. It is for metrics of large trees: a supervisor of 100,000 children goes on with
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
            pending: Vec::new(),
            present: None,
        }
    }
}

/// An iteration over all children of a tree, a few hundred at a time, from [`Supervisor::scan`].
#[must_use = "nothing is looked at until `next` is awaited"]
pub struct Scan {
    /// The supervisor to begin with; `None` once that is done.
    top: Option<Supervisor>,
    /// The supervisors whose children are still to be shown; the last one comes next. Those of one slice are
    /// shown, with all below them, before the next slice of their supervisor: so they are few.
    pending: Vec<Pending>,
    /// The supervisor whose children are being shown.
    present: Option<Present>,
}

/// A supervisor whose children are still to be shown: all of them, or the rest.
enum Pending {
    All(Arc<Snapshot>, Arc<Node>),
    Rest(Present),
}

/// A supervisor of which some children may have been shown.
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
    /// Returns the next slice, or `None` at the end.
    ///
    /// Each supervisor has one slice or more. The supervisors in a slice, and all below them, have theirs
    /// directly after it, before the next slice of their own supervisor.
    ///
    /// A supervisor that does not run has a slice without children. Before each slice but the first
    /// one, the task yields to others.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no slice is lost.
    pub async fn next(&mut self) -> Option<Slice> {
        if let Some(top) = &self.top {
            let part = Arc::new(top.own_part().await);
            self.pending.push(Pending::All(part, Arc::clone(top.node())));
            self.top = None;
        } else {
            task::yield_now().await;
        }
        loop {
            let Some(present) = &mut self.present else {
                self.present = Some(match self.pending.pop()? {
                    Pending::Rest(present) => present,
                    Pending::All(supervisor, node) => {
                        let Some(inbox) = node.inbox() else {
                            return Some(Slice::without(supervisor));
                        };
                        Present { supervisor, node, inbox, next: 0 }
                    }
                });
                continue;
            };
            let is_first = present.next == 0;
            let (now, answer) = (clock::now(), present.ask().await);
            let Ok((left, children, places)) = answer else {
                let ended = self.present.take()?;
                if is_first {
                    return Some(Slice::without(ended.supervisor));
                }
                continue;
            };
            if is_first {
                left.fill_in(Arc::make_mut(&mut present.supervisor));
            }
            let supervisor = Arc::clone(&present.supervisor);
            present.next += AT_ONCE;
            let rest = self.present.take().filter(|present| present.next < places);
            self.pending.extend(rest.map(Pending::Rest));
            let slice = Slice { supervisor, is_first, children, now };
            // The last one in the list comes next.
            self.pending.extend(slice.children.iter().rev().filter_map(|view| {
                let node = view.nested.as_ref()?;
                let child = ScannedChild { view, slice: &slice };
                Some(Pending::All(Arc::new(child.snapshot()), Arc::clone(node)))
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
    fn without(supervisor: Arc<Snapshot>) -> Self {
        Self { supervisor, is_first: true, children: Vec::new(), now: clock::now() }
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

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use crate::tree::ChildSpec;

    fn tree(children: impl IntoIterator<Item = Supervisor>) -> Supervisor {
        let mut builder = Supervisor::new();
        for (number, child) in children.into_iter().enumerate() {
            builder =
                builder.with_child(ChildSpec::new(&format!("s{number}")).with_supervisor(child));
        }
        builder.build()
    }

    /// Returns a tree with two supervisors below each one, down to this level.
    fn binary(levels: usize) -> Supervisor {
        tree((0..2).take_while(|_| levels > 0).map(|_| binary(levels - 1)))
    }

    /// Scans a tree. Returns the number of slices, and the most supervisors that were pending.
    async fn scan(tree: &Supervisor) -> (usize, usize) {
        tree.start().await.expect("it starts");
        let (mut scan, mut slices, mut most) = (tree.scan(), 0, 0);
        while scan.next().await.is_some() {
            slices += 1;
            most = most.max(scan.pending.len());
        }
        tree.shutdown().await.expect("it stops");
        (slices, most)
    }

    #[tokio::test(start_paused = true)]
    async fn a_scan_holds_the_supervisors_of_one_slice_at_each_level() {
        assert_eq!(scan(&binary(10)).await, (2047, 11));
        let wide = tree((0..5 * AT_ONCE).map(|_| tree([tree([])])));
        assert_eq!(scan(&wide).await, (5 + 2 * 5 * AT_ONCE, AT_ONCE + 1));
    }
}
