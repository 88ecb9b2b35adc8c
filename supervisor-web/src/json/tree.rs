//! A tree as data: a flat list of its children, since a tree can be deeper than a parser's stack.

use serde::Serialize;
use supervisor::health::Health;
use supervisor::info::{ChildName, MessageTimes, Snapshot, TimeHistogram, Wait};
use supervisor::{HealthPart, MaxRestarts, Order, RestartPolicy, Shutdown, SupervisionStrategy};

use super::lease::LeaseJson;
use super::reason::ReasonJson;
use super::{HealthJson, cut, millis, unix_now};

#[derive(Serialize)]
pub(crate) struct TreeJson<'a> {
    /// Milliseconds since 1970.
    now: u64,
    /// A number that tells this process from those before a restart of the program.
    boot: u64,
    health: HealthJson,
    /// The actions that an operator may ask for.
    actions: &'a [&'static str],
    /// All children, each after its supervisor and before the next sibling. The first one is the root.
    nodes: Vec<NodeJson<'a>>,
}

/// A child. What is zero, empty or not known is left out.
#[derive(Serialize)]
struct NodeJson<'a> {
    name: &'a str,
    /// The index of the supervisor in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<usize>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restart: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'static str>,
    /// The limit of restarts of a supervisor; left out if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_restarts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restarts_left: Option<u32>,
    /// The order of starts and stops of a supervisor's children, if it is not that of the declaration.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'static str>,
    /// The time until a supervisor that drains is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    drain_left_ms: Option<u64>,
    /// The time until a supervisor kills what is left of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_left_ms: Option<u64>,
    /// The lease that the children of a supervisor need.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<LeaseJson>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    uses: Vec<&'a str>,
    life: u64,
    #[serde(skip_serializing_if = "is_zero")]
    restarts: u64,
    #[serde(skip_serializing_if = "is_zero")]
    failures: u64,
    #[serde(skip_serializing_if = "is_zero")]
    failed_starts: u64,
    #[serde(skip_serializing_if = "is_zero")]
    child_restarts: u64,
    #[serde(skip_serializing_if = "is_zero")]
    child_failures: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopping_ms: Option<u64>,
    /// The time that the child has for its stop; left out if there is no limit, and 0 if it is
    /// dropped at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown_ms: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    queued: u64,
    #[serde(skip_serializing_if = "is_zero")]
    capacity: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<TimesJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waits: Vec<WaitJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_exit: Option<ReasonJson>,
}

/// The times of a child's messages in microseconds: the histogram bounds that 50 % and 99 % of them
/// do not exceed. A value above all bounds is left out.
#[derive(Serialize)]
struct TimesJson {
    messages: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_half: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_most: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handling_half: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handling_most: Option<u64>,
}

#[derive(Serialize)]
struct WaitJson {
    on: String,
    for_answer: bool,
    lasted_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl<'a> TreeJson<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        health: &Health,
        boot: u64,
        actions: &'a [&'static str],
    ) -> Self {
        let (mut nodes, mut pending) = (Vec::new(), vec![(None, snapshot)]);
        while let Some((parent, part)) = pending.pop() {
            let index = nodes.len();
            nodes.push(NodeJson::new(parent, part));
            pending.extend(part.children.iter().rev().map(|child| (Some(index), child)));
        }
        Self { now: unix_now(), boot, health: health.into(), actions, nodes }
    }
}

impl<'a> NodeJson<'a> {
    fn new(parent: Option<usize>, part: &'a Snapshot) -> Self {
        Self {
            name: &part.name,
            parent,
            state: part.state.as_str(),
            strategy: part.strategy.map(SupervisionStrategy::as_str),
            restart: part.restart.map(RestartPolicy::as_str),
            health: part.health.map(HealthPart::as_str),
            max_restarts: part.max_restarts.and_then(|limit| match limit {
                MaxRestarts::AtMost(limit) => Some(limit),
                MaxRestarts::Unlimited => None,
            }),
            window_ms: part.restart_window.map(millis),
            restarts_left: part.restarts_left,
            order: part.order.filter(|order| *order != Order::Declaration).map(Order::as_str),
            drain_left_ms: part.drain_left.map(millis),
            stop_left_ms: part.stop_left.map(millis),
            lease: part.lease.as_deref().map(Into::into),
            uses: part.uses.iter().map(ChildName::as_str).collect(),
            life: part.incarnation,
            restarts: part.restarts,
            failures: part.failures,
            failed_starts: part.failed_starts,
            child_restarts: part.child_restarts,
            child_failures: part.child_failures,
            uptime_ms: part.uptime.map(millis),
            stopping_ms: part.stopping.map(millis),
            shutdown_ms: match part.shutdown {
                Some(Shutdown::Timeout(time)) => Some(millis(time)),
                Some(Shutdown::BrutalKill) => Some(0),
                Some(Shutdown::Infinity) | None => None,
            },
            queued: part.queued as u64,
            capacity: part.capacity as u64,
            times: part.message_times.as_deref().map(Into::into),
            waits: part.waits.iter().map(Into::into).collect(),
            last_exit: part.last_exit.as_ref().map(Into::into),
        }
    }
}

impl From<&MessageTimes> for TimesJson {
    fn from(times: &MessageTimes) -> Self {
        let bound = |of: &TimeHistogram, of_hundred| {
            u64::try_from(of.percentile(of_hundred)?.as_micros()).ok()
        };
        Self {
            messages: times.waiting.count(),
            waiting_half: bound(&times.waiting, 50),
            waiting_most: bound(&times.waiting, 99),
            handling_half: bound(&times.handling, 50),
            handling_most: bound(&times.handling, 99),
        }
    }
}

impl From<&Wait> for WaitJson {
    fn from(wait: &Wait) -> Self {
        Self {
            on: cut(wait.on.as_str()),
            for_answer: wait.for_answer,
            lasted_ms: millis(wait.lasted),
        }
    }
}
