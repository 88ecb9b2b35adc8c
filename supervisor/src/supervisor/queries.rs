//! Queries about a supervisor's children: those of OTP, statistics, and the snapshot of a tree.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Supervisor;
use crate::engine::{Child, ChildRules, Key, StartRule, State};
use crate::error::SupervisorError;
use crate::inbox::Reply;
use crate::observe::{
    ChildCount, ChildInfo, ChildSpecInfo, Snapshot, Snapshots, SupervisorStats, Wait,
};
use crate::packed_instant::PackedInstant;
use crate::runtime::{Body, ChildTask, Node, NodeState, SupervisorRun};
use crate::slot::{AnySlot, SlotCore};
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
            name: view.slot.core().name().to_string(),
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

    /// Returns the slots of the children that have a life, in start order.
    pub(crate) async fn living(&self) -> Result<Vec<Arc<dyn AnySlot>>, SupervisorError> {
        let (_, views) = self.views().await?;
        Ok(views.into_iter().filter(|view| view.has_life).map(|view| view.slot).collect())
    }

    /// Returns what the supervisor has left, and the views of all children in start order.
    ///
    /// A supervisor of thousands of children handles other messages in between: one turn only reads
    /// its own records, and each of the next ones looks up the slots of some children.
    async fn views(&self) -> Result<(Left, Vec<ChildView>), SupervisorError> {
        loop {
            let inbox = self.inbox()?;
            let now = clock::now();
            let few = move |run: &mut SupervisorRun| (Left::of(run, now), views_of_few(run));
            let (left, few) = self.query_life(&inbox, few).await?;
            let count = match few {
                Ok(views) => return Ok((left, views)),
                Err(count) => count,
            };
            // Written here for the first time: new pages of memory would take longer in the
            // supervisor's turn than all else, and may have to wait for other threads.
            let mut glimpses = vec![None; count];
            let glimpse = move |run: &mut SupervisorRun| {
                glimpses.clear();
                glimpses.extend(
                    run.engine.children().map(|(key, child)| Some(Glimpse::of(key, child))),
                );
                (Left::of(run, now), glimpses)
            };
            let (left, glimpses) = self.query_life(&inbox, glimpse).await?;
            let mut views = Vec::with_capacity(glimpses.len());
            let mut glimpses = glimpses.into_iter().flatten();
            loop {
                let some: Vec<_> = glimpses.by_ref().take(AT_ONCE).collect();
                if some.is_empty() {
                    return Ok((left, views));
                }
                let complete = move |run: &mut SupervisorRun| -> Vec<_> {
                    let view = |glimpse: Glimpse| {
                        let child = run.engine.child(glimpse.key)?;
                        Some(ChildView::from_glimpse(run, glimpse, child))
                    };
                    some.into_iter().filter_map(view).collect()
                };
                // If the supervisor's life has ended meanwhile, its next life is asked.
                let Ok(more) = self.query_life(&inbox, complete).await else { break };
                views.extend(more);
            }
        }
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
    let name = name.to_string();
    ChildSpecInfo {
        name,
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

/// The restarts and the time that a running supervisor has left.
#[derive(Clone, Copy)]
pub(super) struct Left {
    restarts: Option<u32>,
    drain: Option<Duration>,
    stop: Option<Duration>,
}

impl Left {
    pub(super) fn of(run: &mut SupervisorRun, now: Instant) -> Self {
        let now = PackedInstant::of(now);
        Self {
            restarts: run.engine.restarts_left(now),
            drain: run.engine.drain_left(now),
            stop: run.engine.time_left(now),
        }
    }

    pub(super) fn fill_in(self, part: &mut Snapshot) {
        part.restarts_left = self.restarts;
        part.drain_left = self.drain;
        part.stop_left = self.stop;
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
        let part = part.unwrap_or_else(|| Snapshot {
            name: node.label(),
            path: self.path(),
            state: ChildState::NotStarted,
            strategy: None,
            restart: None,
            shutdown: None,
            health: None,
            max_restarts: None,
            restart_window: None,
            restarts_left: None,
            order: None,
            drain_left: None,
            stop_left: None,
            lease: None,
            uses: Vec::new(),
            incarnation: 1,
            restarts: 0,
            failures: 0,
            failed_starts: 0,
            child_restarts: 0,
            child_failures: 0,
            uptime: None,
            stopping: None,
            queued: 0,
            capacity: 0,
            waits: Vec::new(),
            message_times: None,
            last_exit: None,
            children: Snapshots::default(),
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

/// The number of children whose slots a supervisor looks up in one turn.
const AT_ONCE: usize = 2048;

/// Returns the views of all children in start order, or only their number if there are many.
fn views_of_few(run: &SupervisorRun) -> Result<Vec<ChildView>, usize> {
    let count = run.engine.count();
    if count > AT_ONCE {
        return Err(count);
    }
    let mut views = Vec::with_capacity(count);
    views.extend(run.engine.children().map(|(key, child)| ChildView::of(run, key, child)));
    Ok(views)
}

/// The state of a child at one moment, of which the engine has all: a look at the slots of 100,000
/// children would take the supervisor ten times as long.
#[derive(Clone, Copy)]
struct Glimpse {
    key: Key,
    state: ChildState,
    has_life: bool,
    incarnation: u64,
    up_since: Option<PackedInstant>,
}

impl Glimpse {
    fn of(key: Key, child: &Child<ChildTask, Reply>) -> Self {
        let up_since = match child.state {
            State::Up { since } => Some(since),
            _ => None,
        };
        Self {
            key,
            state: child.shown(),
            has_life: child.state.has_life(),
            incarnation: child.generation,
            up_since,
        }
    }
}

/// A child as its supervisor sees it at one moment.
///
/// Making a view takes the supervisor's time, so it holds little; the caller reads the rest from
/// the child's slot, and formats it.
pub(super) struct ChildView {
    pub(super) slot: Arc<dyn AnySlot>,
    pub(super) kind: ChildKind,
    pub(super) state: ChildState,
    has_life: bool,
    rules: Arc<ChildRules>,
    incarnation: u64,
    up_since: Option<Instant>,
    pub(super) nested: Option<Arc<Node>>,
    /// The siblings that the child uses.
    uses: Vec<Arc<dyn AnySlot>>,
}

impl ChildView {
    pub(super) fn of(run: &SupervisorRun, key: Key, child: &Child<ChildTask, Reply>) -> Self {
        Self::from_glimpse(run, Glimpse::of(key, child), child)
    }

    /// Completes a glimpse of this child.
    fn from_glimpse(
        run: &SupervisorRun,
        glimpse: Glimpse,
        child: &Child<ChildTask, Reply>,
    ) -> Self {
        let Glimpse { key, state, has_life, incarnation, up_since } = glimpse;
        let slot = |used| Some(Arc::clone(run.engine.child(used)?.data.slot()));
        Self {
            slot: Arc::clone(child.data.slot()),
            kind: child.rules.kind,
            state,
            has_life,
            rules: Arc::clone(&child.rules),
            incarnation,
            up_since: up_since.map(PackedInstant::instant),
            nested: match &child.data.body {
                Body::Supervisor { node, .. } => Some(Arc::clone(node)),
                Body::Task { .. } => None,
            },
            uses: run.engine.uses(key).into_iter().filter_map(slot).collect(),
        }
    }

    /// Returns the child's part of a snapshot; `parent` is the path of its supervisor.
    pub(super) fn part(&self, parent: &ChildPath, now: Instant) -> Snapshot {
        let core = self.slot.core();
        let trouble = core.trouble();
        Snapshot {
            name: core.name().to_string(),
            path: parent.join_lazily(core.name()),
            state: self.state,
            strategy: None,
            restart: Some(self.rules.restart),
            shutdown: Some(self.rules.shutdown),
            health: Some(self.rules.health),
            max_restarts: None,
            restart_window: None,
            restarts_left: None,
            order: None,
            drain_left: None,
            stop_left: None,
            lease: None,
            uses: self.uses.iter().map(|slot| slot.core().name().to_string()).collect(),
            incarnation: self.incarnation,
            restarts: core.restarts(),
            failures: trouble.all_failures(),
            failed_starts: trouble.failed_starts(),
            child_restarts: 0,
            child_failures: 0,
            uptime: self.up_since.map(|since| now.saturating_duration_since(since)),
            stopping: core.stop_began().map(|at| now.saturating_duration_since(at.instant())),
            queued: self.slot.queued(),
            capacity: self.slot.capacity(),
            waits: waits(core, now),
            message_times: self.slot.message_times(),
            last_exit: core.last_exit(),
            children: Snapshots::default(),
        }
    }
}

/// Returns the children for which a child waits; the longest wait comes first.
fn waits(core: &SlotCore, now: Instant) -> Vec<Wait> {
    let waits = core.waits().into_iter().map(|wait| Wait {
        on: wait.target.path(),
        for_answer: wait.for_answer,
        lasted: now.saturating_duration_since(wait.since.instant()),
    });
    waits.collect()
}
