//! Queries about a supervisor's children: OTP's, statistics, and the snapshot of a tree.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Supervisor;
use crate::clock;
use crate::engine::{Child, ChildRules, State};
use crate::error::SupervisorError;
use crate::inbox::Reply;
use crate::observe::{ChildCount, ChildInfo, ChildSpecInfo, Snapshot, SupervisorStats};
use crate::runtime::{Body, ChildTask, Node, NodeState, SupervisorRun};
use crate::slot::AnySlot;
use crate::spec::{ChildKind, ChildPath, ChildState, Name, RestartPolicy, SupervisionStrategy};

impl Supervisor {
    /// All children, the newest first, as in OTP.
    ///
    /// Answered at once, also while children are starting, stopping or backing off.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn which_children(&self) -> Result<Vec<ChildInfo>, SupervisorError> {
        let views = self.query(child_views).await?;
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

    /// What a child's specification says; a pool's workers have the template's.
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
                let ChildRules { kind, restart, shutdown, backoff, significant, .. } = *child.rules;
                let name = name.to_string();
                Some(ChildSpecInfo { name, kind, restart, shutdown, backoff, significant })
            })
            .await?;
        found.ok_or(SupervisorError::NotFound(path))
    }

    /// Figures of this supervisor; of one that does not run, the totals.
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

    /// The tree below this supervisor as it is now; printed, it is a picture.
    ///
    /// Each supervisor's part shows the states of its children at one moment; their statistics
    /// and queues are read right after it, so that the supervisor goes on meanwhile.
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
        let mut drawing = Drawing::of(top, Arc::clone(self.node()));
        while let Some((above, node)) = drawing.open.pop_front() {
            let now = clock::now();
            match Self::observing(node).query(child_views).await {
                Ok(views) => drawing.add(above, views, now),
                // A nested supervisor that does not run is shown without children.
                Err(_) if above > 0 => {}
                Err(error) => return Err(error),
            }
        }
        drawing.into_snapshot().ok_or_else(|| self.node().unavailable())
    }
}

/// Returns how long the supervisor's current life has lasted.
fn uptime(node: &Node) -> Option<Duration> {
    match node.state() {
        NodeState::Alive { since, .. } => Some(clock::now().saturating_duration_since(since)),
        NodeState::Built | NodeState::Down { .. } | NodeState::Ended { .. } => None,
    }
}

fn count_states(run: &mut SupervisorRun) -> SupervisorStats {
    let mut stats = SupervisorStats::default();
    for (_, child) in run.engine.children() {
        *match child.data.slot().core().state() {
            ChildState::Running => &mut stats.running,
            ChildState::Starting => &mut stats.starting,
            ChildState::Restarting => &mut stats.restarting,
            ChildState::Stopping => &mut stats.stopping,
            ChildState::Stopped => &mut stats.stopped,
            ChildState::Unstoppable => &mut stats.unstoppable,
        } += 1;
    }
    stats
}

/// A picture that is being drawn: each part stands behind the one that it is below.
struct Drawing {
    parts: Vec<(usize, Snapshot)>,
    /// The supervisors whose children are still to be drawn, with their parts.
    open: VecDeque<(usize, Arc<Node>)>,
}

impl Drawing {
    fn of(top: Snapshot, node: Arc<Node>) -> Self {
        Self { parts: vec![(0, top)], open: VecDeque::from([(0, node)]) }
    }

    /// Adds the children of one supervisor.
    fn add(&mut self, above: usize, views: Vec<ChildView>, now: Instant) {
        let path = self.parts[above].1.path.clone();
        for view in views {
            let mut part = view.part(&path, now);
            if let Some(nested) = view.nested {
                part.strategy = Some(nested.rules().strategy);
                part.uptime = uptime(&nested);
                self.open.push_back((self.parts.len(), nested));
            }
            self.parts.push((above, part));
        }
    }

    /// Puts each part into the one above. A loop, however deep the tree is.
    fn into_snapshot(self) -> Option<Snapshot> {
        let mut parts = self.parts;
        while let Some((above, mut part)) = parts.pop() {
            part.children.reverse();
            match parts.get_mut(above) {
                Some((_, upper)) => upper.children.push(part),
                None => return Some(part),
            }
        }
        None
    }
}

impl Supervisor {
    /// Returns the supervisor's own line of a snapshot: that of a child, if it is one.
    async fn own_part(&self) -> Snapshot {
        let node = self.node();
        let part = match (node.parent(), node.slot()) {
            (Some(parent), Some(slot)) => Self::observing(parent).part_of(slot).await,
            _ => None,
        };
        let part = part.unwrap_or_else(|| Snapshot {
            name: node.label(),
            path: self.path(),
            state: ChildState::Stopped,
            strategy: None,
            restart: None,
            incarnation: 1,
            restarts: 0,
            uptime: None,
            queued: 0,
            last_exit: None,
            children: Vec::new(),
        });
        let strategy = Some(self.strategy());
        let state = if node.is_supervised() { part.state } else { self.root_state().await };
        Snapshot { state, strategy, uptime: uptime(node), ..part }
    }

    /// Returns the line of one child.
    async fn part_of(&self, slot: Arc<dyn AnySlot>) -> Option<Snapshot> {
        let name = slot.core().name().clone();
        let view = self.query(move |run| {
            let key = run.engine.find(&name)?;
            run.engine.child(key).map(ChildView::of)
        });
        let (path, now) = (self.path(), clock::now());
        Some(view.await.ok()??.part(&path, now))
    }

    /// Returns the state of a supervisor that is no child.
    async fn root_state(&self) -> ChildState {
        let is_up = match self.node().state() {
            NodeState::Alive { is_up, .. } => is_up,
            NodeState::Built | NodeState::Down { .. } | NodeState::Ended { .. } => {
                return ChildState::Stopped;
            }
        };
        match self.query(|run| run.engine.is_stopping()).await {
            Ok(true) => ChildState::Stopping,
            Ok(false) if is_up => ChildState::Running,
            Ok(false) => ChildState::Starting,
            Err(_) => ChildState::Stopped,
        }
    }
}

/// A child as its supervisor sees it at one moment. To make it takes the supervisor's time, so it is
/// little; the rest is read from the child's slot, and put into words, by the caller.
struct ChildView {
    slot: Arc<dyn AnySlot>,
    kind: ChildKind,
    state: ChildState,
    restart: RestartPolicy,
    incarnation: u64,
    up_since: Option<Instant>,
    nested: Option<Arc<Node>>,
}

/// Returns all children in start order.
fn child_views(run: &mut SupervisorRun) -> Vec<ChildView> {
    let mut views = Vec::with_capacity(run.engine.count());
    views.extend(run.engine.children().map(|(_, child)| ChildView::of(child)));
    views
}

impl ChildView {
    fn of(child: &Child<ChildTask, Reply>) -> Self {
        Self {
            slot: Arc::clone(child.data.slot()),
            kind: child.rules.kind,
            // The state that users see in all other places too.
            state: child.data.slot().core().state(),
            restart: child.rules.restart,
            incarnation: child.generation,
            up_since: match child.state {
                State::Up { since } => Some(since.instant()),
                _ => None,
            },
            nested: match &child.data.body {
                Body::Supervisor { node, .. } => Some(Arc::clone(node)),
                Body::Task { .. } => None,
            },
        }
    }

    fn part(&self, above: &ChildPath, now: Instant) -> Snapshot {
        let core = self.slot.core();
        Snapshot {
            name: core.name().to_string(),
            path: above.join(core.name()),
            state: self.state,
            strategy: None,
            restart: Some(self.restart),
            incarnation: self.incarnation,
            restarts: core.restarts(),
            uptime: self.up_since.map(|since| now.saturating_duration_since(since)),
            queued: self.slot.queued(),
            last_exit: core.last_exit(),
            children: Vec::new(),
        }
    }
}
