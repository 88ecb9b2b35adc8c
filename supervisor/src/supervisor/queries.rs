//! Queries about a supervisor's children: those of OTP, statistics, and the snapshot of a tree.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Supervisor;
use super::views::ChildView;
use crate::engine::{ChildRules, StartRule};
use crate::error::SupervisorError;
use crate::observe::{ChildCount, ChildInfo, ChildSpecInfo, Snapshot, Snapshots, SupervisorStats};
use crate::packed_instant::PackedInstant;
use crate::runtime::{Node, NodeState, SupervisorRun};
use crate::slot::AnySlot;
use crate::spec::{ChildKind, ChildPath, ChildState, Name, StartMode, SupervisionStrategy};
use crate::sync::clock;

impl Supervisor {
    /// Returns all children, the newest first, as in OTP.
    ///
    /// The call is answered at once, also while children are starting, stopping or backing off. It
    /// shows all children at one moment, as [`snapshot`](Self::snapshot) does.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn which_children(&self) -> Result<Vec<ChildInfo>, SupervisorError> {
        let (_, views) = self.views().await?;
        let info = |view: ChildView| ChildInfo {
            name: view.slot.core().name().into(),
            kind: view.kind,
            state: view.state,
            incarnation: view.incarnation,
        };
        Ok(views.into_iter().rev().map(info).collect())
    }

    /// Counts the children.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn count_children(&self) -> Result<ChildCount, SupervisorError> {
        let pool = self.strategy() == SupervisionStrategy::SimpleOneForOne;
        self.query(move |run| {
            let mut count = ChildCount::default();
            for (_, child) in run.engine.children() {
                count.specs += 1;
                count.active += usize::from(child.state.has_life());
                match child.rules.kind {
                    ChildKind::Worker => count.workers += 1,
                    ChildKind::Supervisor => count.supervisors += 1,
                }
            }
            if pool {
                count.specs = 1;
            }
            count
        })
        .await
    }

    /// Returns a child's specification; a pool's workers have the template's.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound), and those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn child_spec(&self, name: &str) -> Result<ChildSpecInfo, SupervisorError> {
        let name = Name::parse(name);
        let path = self.path().join(&name);
        let found = self
            .query(move |run| {
                let key = run.engine.find(&name)?;
                let child = run.engine.child(key)?;
                Some(spec_info(&name, &child.rules))
            })
            .await?;
        found.ok_or(SupervisorError::NotFound(path))
    }

    /// Returns the figures of this supervisor; only the totals if it does not run.
    ///
    /// # Errors
    ///
    /// None at present: the totals outlive the supervisor.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn stats(&self) -> Result<SupervisorStats, SupervisorError> {
        let mut stats = self.query(count_states).await.unwrap_or_default();
        stats.restarts = self.node().restarts();
        stats.failures = self.node().failures();
        stats.uptime = uptime(self.node()).unwrap_or_default();
        Ok(stats)
    }

    /// Returns the tree below this supervisor as it is now; its `Display` draws a picture.
    ///
    /// Each supervisor's part shows the states of its children at one moment; their statistics
    /// and queues are read right after that moment, so that the supervisor does not wait for it. Of
    /// thousands of children, those that are removed in this time are left out.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run; a nested one that does not run is shown
    /// without children.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn snapshot(&self) -> Result<Snapshot, SupervisorError> {
        let top = self.own_part().await;
        let mut builder = SnapshotBuilder::new(top, Arc::clone(self.node()));
        while let Some(Pending { position, path, node }) = builder.pending.pop_front() {
            let now = clock::now();
            match Self::observing(node).views().await {
                Ok((left, views)) => {
                    if let Some(supervisor) = builder.part(position) {
                        left.fill_in(supervisor);
                    }
                    builder.add(position, &path, views, now);
                }
                // A nested supervisor that does not run is shown without children.
                Err(_) if position.is_some() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(builder.finish())
    }
}

fn spec_info(name: &Name, rules: &ChildRules) -> ChildSpecInfo {
    // All fields are named, so that a new option of a child is not forgotten here.
    let ChildRules {
        kind,
        restart,
        shutdown,
        backoff,
        max_restarts,
        start,
        significant,
        drain,
        heartbeat,
        health,
        gated: _,
    } = *rules;
    let (start, start_timeout) = match start {
        StartRule::Ready(timeout) if kind == ChildKind::Worker => (StartMode::Notify, timeout),
        StartRule::Retry(timeout) => (StartMode::Retry, timeout),
        StartRule::Ready(_) | StartRule::Spawned => (StartMode::Spawned, None),
    };
    ChildSpecInfo {
        name: name.into(),
        kind,
        restart,
        shutdown,
        backoff,
        max_restarts,
        start,
        start_timeout,
        heartbeat,
        health,
        significant,
        drain,
    }
}

/// Fills in what a supervisor's part of a snapshot has, and a worker's has not.
pub(super) fn fill_in(part: &mut Snapshot, node: &Node, now: Instant) {
    let rules = node.rules();
    part.strategy = Some(rules.strategy);
    part.order = Some(rules.order);
    part.max_restarts = Some(rules.max_restarts);
    part.restart_window = Some(rules.restart_window);
    part.child_restarts = node.restarts();
    part.child_failures = node.failures();
    part.uptime = uptime(node);
    part.stopping = (part.state == ChildState::Stopping)
        .then(|| node.stops().began().map(PackedInstant::instant))
        .flatten()
        .map(|began| now.saturating_duration_since(began))
        .or(part.stopping);
    part.capacity = 0;
    let times = node.template().and_then(|template| template.times.as_ref());
    part.message_times = times.map(|times| times.known());
    part.lease = node.lease_status().map(Box::new);
}

/// Returns the time since the supervisor's current life began, if it has one.
fn uptime(node: &Node) -> Option<Duration> {
    match node.state() {
        NodeState::Alive { since, .. } => Some(clock::now().saturating_duration_since(since)),
        NodeState::Built | NodeState::Down { .. } | NodeState::Ended { .. } => None,
    }
}

/// Counts the children in each state.
fn count_states(run: &mut SupervisorRun) -> SupervisorStats {
    let mut stats = SupervisorStats::default();
    for (_, child) in run.engine.children() {
        *match child.shown() {
            ChildState::Running => &mut stats.running,
            ChildState::Starting => &mut stats.starting,
            ChildState::Restarting => &mut stats.restarting,
            ChildState::Stopping => &mut stats.stopping,
            ChildState::Stopped => &mut stats.stopped,
            ChildState::NotStarted => &mut stats.not_started,
            ChildState::Finished => &mut stats.finished,
            ChildState::Failed => &mut stats.failed,
            ChildState::Standby => &mut stats.standby,
            ChildState::Unstoppable => &mut stats.unstoppable,
        } += 1;
    }
    stats
}

/// A snapshot that is being put together.
struct SnapshotBuilder {
    top: Snapshot,
    /// The children of one supervisor each; those of a supervisor come after the list that it is in.
    lists: Vec<(Position, Vec<Snapshot>)>,
    /// The supervisors whose children are still to be added.
    pending: VecDeque<Pending>,
}

/// The position of a supervisor: the index of its list, and its index there; `None` for the top.
type Position = Option<(usize, usize)>;

/// A supervisor whose children are still to be added.
struct Pending {
    position: Position,
    path: ChildPath,
    node: Arc<Node>,
}

impl SnapshotBuilder {
    fn new(top: Snapshot, node: Arc<Node>) -> Self {
        let pending = Pending { position: None, path: top.path.clone(), node };
        Self { top, lists: Vec::new(), pending: VecDeque::from([pending]) }
    }

    /// Returns the part at this position.
    fn part(&mut self, position: Position) -> Option<&mut Snapshot> {
        match position {
            Some((list, at)) => self.lists.get_mut(list).and_then(|(_, parts)| parts.get_mut(at)),
            None => Some(&mut self.top),
        }
    }

    /// Adds the children of the supervisor at this position.
    fn add(&mut self, position: Position, path: &ChildPath, views: Vec<ChildView>, now: Instant) {
        let (list, pending) = (self.lists.len(), &mut self.pending);
        let children = views.into_iter().enumerate().map(|(at, view)| {
            let mut part = view.part(path, now);
            if let Some(node) = view.nested {
                fill_in(&mut part, &node, now);
                let (position, path) = (Some((list, at)), part.path.clone());
                pending.push_back(Pending { position, path, node });
            }
            part
        });
        let children = children.collect();
        self.lists.push((position, children));
    }

    /// Puts each list into its supervisor's part. A loop and not a recursion, since a tree can be
    /// deep.
    fn finish(mut self) -> Snapshot {
        while let Some((position, children)) = self.lists.pop() {
            if let Some(supervisor) = self.part(position) {
                supervisor.children = Snapshots::from(children);
            }
        }
        self.top
    }
}

impl Supervisor {
    /// Returns the supervisor's own part of a snapshot; its parent provides it, if there is one.
    pub(super) async fn own_part(&self) -> Snapshot {
        let node = self.node();
        let part = match (node.parent(), node.slot()) {
            (Some(parent), Some(slot)) => Self::observing(parent).part_of(slot).await,
            _ => None,
        };
        let part = part.unwrap_or_else(|| {
            let root = Snapshot::new(node.label().into(), self.path(), ChildState::NotStarted);
            Snapshot { incarnation: 1, ..root }
        });
        let state = if node.is_held() { part.state } else { self.root_state().await };
        let mut part = Snapshot { state, ..part };
        fill_in(&mut part, node, clock::now());
        part
    }

    /// Returns the part of one child.
    async fn part_of(&self, slot: Arc<dyn AnySlot>) -> Option<Snapshot> {
        let name = slot.core().name().clone();
        let view = self.query(move |run| {
            let key = run.engine.find(&name)?;
            run.engine.child(key).map(|child| ChildView::of(run, key, child))
        });
        let (path, now) = (self.path(), clock::now());
        Some(view.await.ok()??.part(&path, now))
    }

    /// Returns the state of a root.
    async fn root_state(&self) -> ChildState {
        let is_up = match self.node().state() {
            NodeState::Alive { is_up, .. } => is_up,
            NodeState::Built => return ChildState::NotStarted,
            NodeState::Down { .. } | NodeState::Ended { .. } => return ChildState::Stopped,
        };
        match self.query(|run| run.engine.is_stopping()).await {
            Ok(true) => ChildState::Stopping,
            Ok(false) if is_up => ChildState::Running,
            Ok(false) => ChildState::Starting,
            Err(_) => ChildState::Stopped,
        }
    }
}
