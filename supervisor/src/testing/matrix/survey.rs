//! A look at a tree: its plain data, and the state of each child.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::plan::{Inside, Plan};
use crate::engine::{ChildRules, Key, StartRule};
use crate::packed_instant::PackedInstant;
use crate::runtime::{Body, Node, NodeState};
use crate::slot::AnySlot;
use crate::spec::{
    ChildPath, ChildState, ExitReason, MaxRestarts, RestartPolicy, Shutdown, StartMode,
};
use crate::supervisor::Supervisor;

/// A tree at one moment.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) plan: Plan,
    pub(super) children: BTreeMap<String, Seen>,
    /// The reason for which the tree has ended, if it has.
    pub(super) end: Option<ExitReason>,
}

/// A child at the moment of a survey.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) state: ChildState,
    /// The number of lives that have begun.
    pub(super) lives: u64,
    /// The number of messages that wait in its mailbox.
    pub(super) queued: usize,
    pub(super) slot: Weak<dyn AnySlot>,
}

/// A child, and what its plan is made from.
struct Member {
    path: ChildPath,
    rules: Arc<ChildRules>,
    declared: bool,
    body: Body,
    lives: u64,
    /// The restarts that count for a limit of its own.
    own_used: u32,
    /// The positions of the siblings that the child uses.
    uses: Vec<usize>,
}

impl Survey {
    pub(super) async fn of(root: &Supervisor) -> Self {
        let mut children = BTreeMap::new();
        let inside = Box::pin(inside_of(root.node(), &mut children)).await;
        let end = match root.node().state() {
            NodeState::Ended { reason } => Some(reason),
            _ => None,
        };
        let plan = Plan {
            path: String::new(),
            restart: RestartPolicy::Always,
            shutdown: Shutdown::Infinity,
            backoff: None,
            own_limit: None,
            start: StartMode::Notify,
            start_timeout: None,
            heartbeat: None,
            significant: false,
            declared: true,
            is_up: end.is_none(),
            is_once: false,
            can_hang: false,
            lease: None,
            inside: Some(inside),
        };
        Self { plan, children, end }
    }

    /// Returns `true` if no child is starting, stopping or about to be restarted.
    pub(super) fn is_at_rest(&self) -> bool {
        self.children.iter().all(|(path, seen)| match seen.state {
            ChildState::Running
            | ChildState::NotStarted
            | ChildState::Stopped
            | ChildState::Finished
            | ChildState::Failed
            | ChildState::Unstoppable => true,
            ChildState::Standby => !self.awaits_a_lease(path),
            _ => false,
        })
    }

    /// Returns `true` if a child on standby is started when its lease is acquired: the keeper of the
    /// lease, a sibling of the supervisor that needs it, runs.
    fn awaits_a_lease(&self, path: &str) -> bool {
        let mut above = path.rsplit_once('/');
        while let Some((path, _)) = above {
            match self.children.get(path).map(|seen| seen.state) {
                Some(ChildState::Standby) => above = path.rsplit_once('/'),
                state => return state == Some(ChildState::Running),
            }
        }
        true
    }
}

async fn inside_of(node: &Arc<Node>, children: &mut BTreeMap<String, Seen>) -> Inside {
    let supervisor = Supervisor::observing(Arc::clone(node));
    let found = supervisor.query(|run| {
        let keys: Vec<Key> = run.engine.children().map(|(key, _)| key).collect();
        let place = |used: Key| keys.iter().position(|key| *key == used);
        let now = PackedInstant::now();
        let used =
            |key: &Key| match run.engine.child(*key).and_then(|child| child.rules.max_restarts) {
                Some(MaxRestarts::AtMost(limit)) => {
                    let left = run.engine.own_restarts_left(now, *key);
                    limit.saturating_sub(left.unwrap_or(limit))
                }
                _ => 0,
            };
        let mut own_used = keys.iter().map(used).collect::<Vec<u32>>().into_iter();
        let members = run.engine.children().map(|(key, child)| Member {
            own_used: own_used.next().unwrap_or(0),
            uses: run.engine.uses(key).into_iter().filter_map(place).collect(),
            path: child.data.slot().core().path(),
            rules: Arc::clone(&child.rules),
            declared: child.declared,
            body: child.data.body.clone(),
            lives: child.generation,
        });
        let members = members.collect::<Vec<_>>();
        (members, run.engine.restarts_left(PackedInstant::now()))
    });
    let (members, left) = match found.await {
        Ok(found) => found,
        Err(_) => (declared_members(node), None),
    };
    let rules = node.rules();
    let used = match (rules.max_restarts, left) {
        (MaxRestarts::AtMost(limit), Some(left)) => limit.saturating_sub(left),
        _ => 0,
    };
    let mut plans = Vec::with_capacity(members.len());
    let mut before = Vec::with_capacity(members.len());
    for mut member in members {
        before.push(std::mem::take(&mut member.uses));
        plans.push(plan_of(member, children).await);
    }
    Inside {
        strategy: rules.strategy,
        max_restarts: rules.max_restarts,
        restart_window: rules.restart_window,
        auto_shutdown: rules.auto_shutdown,
        used,
        children: plans,
        uses: rules.order.is_by_use().then_some(before),
    }
}

/// Returns the children with which the next life of a supervisor that is down begins.
fn declared_members(node: &Arc<Node>) -> Vec<Member> {
    let declared = node.declared();
    let (uses, mut next) = (node.uses(), 0);
    let mut uses_of = |position| match &uses {
        Some(uses) => uses.of(position, &mut next).collect(),
        None => Vec::new(),
    };
    let members = declared.iter().enumerate().map(|(position, child)| Member {
        own_used: 0,
        uses: uses_of(position),
        path: child.body.slot().core().path(),
        rules: Arc::clone(&child.rules),
        declared: true,
        body: child.body.clone(),
        lives: child.body.slot().core().generation(),
    });
    members.collect()
}

/// Returns the time that the lease of a supervisor lasts if it is not released.
#[cfg(feature = "lease")]
fn lease_time(node: &Arc<Node>) -> Option<Duration> {
    node.own_gate().map(|gate| gate.ttl())
}

/// Without the feature, no supervisor has a lease.
#[cfg(not(feature = "lease"))]
fn lease_time(_: &Arc<Node>) -> Option<Duration> {
    None
}

async fn plan_of(member: Member, children: &mut BTreeMap<String, Seen>) -> Plan {
    let Member { path, rules, declared, body, lives, own_used, .. } = member;
    let path = path.as_str().to_owned();
    let (slot, can_hang, is_once, node) = match &body {
        Body::Task { slot, factory } => (slot, factory.can_hang(), factory.is_once(), None),
        Body::Supervisor { slot, node } => (slot, false, false, Some(node)),
    };
    let state = slot.core().state();
    let seen = Seen { state, lives, queued: slot.queued(), slot: Arc::downgrade(slot) };
    children.insert(path.clone(), seen);
    let lease = node.and_then(lease_time);
    let inside = match node {
        Some(node) => Some(Box::pin(inside_of(node, children)).await),
        None => None,
    };
    let (start, start_timeout): (StartMode, Option<Duration>) = match rules.start {
        StartRule::Spawned => (StartMode::Spawned, None),
        StartRule::Ready(limit) => (StartMode::Notify, limit),
        StartRule::Retry(limit) => (StartMode::Retry, limit),
    };
    Plan {
        path,
        restart: rules.restart,
        shutdown: rules.shutdown,
        backoff: rules.backoff,
        own_limit: rules.max_restarts.map(|limit| (limit, own_used)),
        start,
        start_timeout,
        heartbeat: rules.heartbeat,
        significant: rules.significant,
        declared,
        is_up: state == ChildState::Running,
        is_once,
        can_hang,
        lease,
        inside,
    }
}
