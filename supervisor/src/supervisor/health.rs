//! The health of a tree, and the changes of it.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Supervisor;
use crate::engine::{Child, Key};
use crate::inbox::Reply;
use crate::observe::{Health, HealthLease, HealthProblem, HealthReason, HealthWatch};
use crate::packed_instant::PackedInstant;
use crate::runtime::{Body, ChildTask, Node, NodeState, SupervisorRun};
use crate::slot::{AnySlot, Trouble};
use crate::spec::{ChildPath, ChildState, ExitReason, HealthPart};
use crate::sync::{clock, time};

impl Supervisor {
    /// Returns whether the tree is live and ready, with all that is wrong.
    ///
    /// The call is answered at once, also while children are starting, stopping or backing off, and
    /// before the start and after the end. Of a nested supervisor it tells the health of that part
    /// of the tree. See [the guide](crate::guide::health) for what counts.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::prelude::*;
    ///
    /// let cache = ChildSpec::new("cache").with_task(async |ctx: Context| {
    ///     ctx.unready("warming up");
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// });
    /// let supervisor = Supervisor::new().with_child(cache).build();
    /// supervisor.start().await?;
    /// # tokio::task::yield_now().await;
    /// let health = supervisor.health().await;
    /// assert!(health.live && !health.ready);
    /// assert!(health.to_string().contains("not ready: cache is not ready: warming up"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn health(&self) -> Health {
        self.survey().await.0
    }

    /// Returns the health, and the cost of reading it, as a number of children.
    async fn survey(&self) -> (Health, usize) {
        let (reasons, pending) = (Vec::new(), VecDeque::new());
        let leases = Vec::new();
        let mut survey = Survey { now: clock::now(), reasons, leases, pending, children: 0 };
        let top =
            Part { node: Arc::clone(self.node()), path: self.path(), limit: HealthPart::Required };
        let phase = survey.look_into(&top).await;
        survey.look_at_top(&top, phase);
        while let Some(part) = survey.pending.pop_front() {
            survey.look_into(&part).await;
        }
        let health = Health { leases: survey.leases, ..Health::of(survey.reasons) };
        (health, survey.children)
    }

    /// Watches the tree's health.
    ///
    /// Nothing polls: an idle tree has no wake-ups. See [`HealthChanges::next`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// # use supervisor::prelude::*;
    /// let supervisor = Supervisor::new().build();
    /// let mut changes = supervisor.health_changes();
    /// supervisor.start().await?;
    /// assert!(changes.next().await.is_some_and(|health| health.ready));
    /// supervisor.shutdown().await?;
    /// assert!(changes.next().await.is_some_and(|health| !health.ready));
    /// assert!(changes.next().await.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn health_changes(&self) -> HealthChanges {
        HealthChanges {
            supervisor: Self::observing(Arc::clone(self.node())),
            watch: self.node().watch_health(),
            last: None,
            not_before: None,
        }
    }
}

/// The changes of a tree's health, from [`Supervisor::health_changes`].
#[must_use = "nothing is watched until `next` is awaited"]
pub struct HealthChanges {
    supervisor: Supervisor,
    watch: HealthWatch,
    last: Option<Health>,
    /// The next reading waits until then, so that in a storm of changes readings take a small part
    /// of the time.
    not_before: Option<Instant>,
}

/// The pause after a reading, as a multiple of the time that the reading took.
const REST: u32 = 10;

/// The longest pause for each child that a reading has looked at: about ten times what that costs.
/// The time of the reading alone is no measure of its cost, since it may have waited for a processor.
const REST_OF_CHILD: Duration = Duration::from_micros(1);

/// The number of children that cost as much as one supervisor, which is asked by a message.
const CHILDREN_OF_SUPERVISOR: usize = 20;

/// The longest time that passes between readings while there are changes.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// Returns the pause after a reading that took this time and cost as much as this number of children.
fn rest(took: Duration, children: usize) -> Duration {
    let children = u32::try_from(children).unwrap_or(u32::MAX);
    let of_children = REST_OF_CHILD.saturating_mul(children);
    took.saturating_mul(REST).min(of_children).min(LONGEST_REST)
}

impl HealthChanges {
    /// Returns the health as it is now, and later waits until it differs from the one that was
    /// returned before: in its three figures, or in the paths, parts or problems of its reasons. (A
    /// child that is tried again and again is away all the time: no attempt is a change.)
    /// Returns `None` once the tree has ended for good and that was returned.
    ///
    /// Changes that follow one another closely may be seen as one: after each reading there is a pause, so
    /// that readings take a small part of the time, however fast the changes are. It is as long as ten
    /// readings take, at most a microsecond for each child and twenty for each supervisor of the tree, and
    /// at most 100 ms. So a change is reported within a few milliseconds in a tree of a few thousand
    /// children.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no change is lost.
    pub async fn next(&mut self) -> Option<Health> {
        loop {
            if self.last.as_ref().is_some_and(has_ended) {
                return None;
            }
            poll_fn(|cx| self.watch.poll_raised(cx)).await;
            if let Some(at) = self.not_before.filter(|at| *at > clock::now()) {
                time::sleep_until(at).await;
            }
            let health = self.read().await;
            if self.last.as_ref().is_none_or(|last| !last.is_same(&health)) {
                self.last = Some(health.clone());
                return Some(health);
            }
        }
    }

    async fn read(&mut self) -> Health {
        let reading = Reading(&self.watch, true);
        reading.0.clear();
        let began = clock::now();
        let (health, children) = self.supervisor.survey().await;
        let now = clock::now();
        reading.finish();
        let rest = rest(now.saturating_duration_since(began), children);
        self.not_before = now.checked_add(rest).filter(|_| !rest.is_zero());
        health
    }
}

/// Guard of a reading: if it is dropped before it is finished, the next one follows at once.
struct Reading<'a>(&'a HealthWatch, bool);

impl Reading<'_> {
    fn finish(mut self) {
        self.1 = false;
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if self.1 {
            self.0.set();
        }
    }
}

/// Returns `true` if the tree has ended for good.
fn has_ended(health: &Health) -> bool {
    health.reasons.iter().any(|reason| reason.problem == HealthProblem::Ended)
}

impl fmt::Debug for HealthChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthChanges").field("last", &self.last).finish_non_exhaustive()
    }
}

/// A supervisor whose children are still to be looked at.
struct Part {
    node: Arc<Node>,
    path: ChildPath,
    /// The largest part that something below this supervisor can have in the health of the tree.
    limit: HealthPart,
}

/// The phase in which a supervisor is as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Starting,
    Running,
    Draining,
    Stopping,
}

/// The collection of what is wrong with a tree. (A loop and not a recursion, since a tree can be
/// deep.)
struct Survey {
    now: Instant,
    reasons: Vec<HealthReason>,
    leases: Vec<HealthLease>,
    pending: VecDeque<Part>,
    /// The cost of the reading, as a number of children.
    children: usize,
}

/// A child that is not well, or has children of its own, as its supervisor sees it.
struct Found {
    slot: Arc<dyn AnySlot>,
    state: ChildState,
    part: HealthPart,
    /// The instant at which its start began, if it starts.
    start_began: Option<Instant>,
    nested: Option<Arc<Node>>,
}

impl Survey {
    /// Looks at the children of a supervisor. Returns what it is doing; `None` if it does not run.
    async fn look_into(&mut self, at: &Part) -> Option<Phase> {
        let limit = at.limit;
        let supervisor = Supervisor::observing(Arc::clone(&at.node));
        let answer = supervisor.query(move |run| (phase(run), found(run, limit))).await;
        let (phase, (children, found)) = answer.ok()?;
        self.children += children + CHILDREN_OF_SUPERVISOR;
        if let Some(status) = at.node.lease_status() {
            self.leases.push(HealthLease { path: at.path.clone(), status });
        }
        for found in found {
            let path = at.path.join_lazily(found.slot.core().name());
            if let Some(reason) = self.reason(&found, &path) {
                self.reasons.push(reason);
            }
            let limit = found.part;
            let below = found.nested.map(|node| Part { node, path, limit });
            self.pending.extend(below);
        }
        Some(phase)
    }

    /// Returns what is wrong with a child.
    fn reason(&self, found: &Found, path: &ChildPath) -> Option<HealthReason> {
        let core = found.slot.core();
        let (word, said) = core.word().unzip();
        let problem = HealthProblem::of(found.state, word)?;
        let trouble = core.trouble();
        let began = || match (found.start_began, &found.nested) {
            (Some(began), _) => Some(began),
            (None, Some(node)) => life_began(node),
            (None, None) => None,
        };
        let since = match &problem {
            HealthProblem::Degraded(_) | HealthProblem::Unready(_) => said,
            HealthProblem::Starting => trouble.down_since().or_else(began),
            HealthProblem::Stopping | HealthProblem::Unstoppable => {
                core.stop_began().map(PackedInstant::instant)
            }
            _ => trouble.down_since(),
        };
        Some(self.reason_of(path, found.part, problem, since, trouble, core.last_exit()))
    }

    fn reason_of(
        &self,
        path: &ChildPath,
        part: HealthPart,
        problem: HealthProblem,
        since: Option<Instant>,
        trouble: Trouble,
        last_exit: Option<ExitReason>,
    ) -> HealthReason {
        let lasted = since.map(|since| self.now.saturating_duration_since(since));
        let (path, failures) = (path.clone(), trouble.failures());
        HealthReason { path, part, problem, since, lasted, failures, last_exit }
    }

    /// Notes what is wrong with the supervisor that was asked about, as a whole.
    fn look_at_top(&mut self, top: &Part, phase: Option<Phase>) {
        let (state, core) = (top.node.state(), top.node.slot());
        let trouble = core.map_or_else(Trouble::default, |slot| slot.core().trouble());
        let (problem, since, reason) = match (state, phase) {
            (NodeState::Alive { .. }, Some(Phase::Running)) => {
                return self.look_at_left_behind(top);
            }
            (NodeState::Alive { since, .. }, Some(Phase::Starting)) => {
                (HealthProblem::Starting, trouble.down_since().or(Some(since)), None)
            }
            (NodeState::Alive { .. }, Some(Phase::Draining)) => {
                let since = top.node.stops().asked();
                (HealthProblem::Draining, since.map(PackedInstant::instant), None)
            }
            (NodeState::Alive { .. }, _) => {
                let since = top.node.stops().began();
                (HealthProblem::Stopping, since.map(PackedInstant::instant), None)
            }
            (NodeState::Built, _) => (HealthProblem::NotStarted, None, None),
            (NodeState::Down { reason, comes_back: true }, _) => {
                (HealthProblem::Restarting, trouble.down_since(), Some(reason))
            }
            (NodeState::Down { reason, .. }, _) => {
                (HealthProblem::Stopped, trouble.down_since(), Some(reason))
            }
            (NodeState::Ended { reason }, _) => (HealthProblem::Ended, None, Some(reason)),
        };
        let reason = self.reason_of(&top.path, top.limit, problem, since, trouble, reason);
        self.reasons.insert(0, reason);
        self.look_at_left_behind(top);
    }

    /// Notes the lives that could not be stopped and go on although their supervisors have ended.
    fn look_at_left_behind(&mut self, top: &Part) {
        for (path, began) in top.node.stops().left_behind() {
            let began = began.instant();
            if self.reasons.iter().any(|reason| reason.path == path) {
                continue;
            }
            let problem = HealthProblem::Unstoppable;
            let trouble = Trouble::default();
            let reason = self.reason_of(&path, top.limit, problem, Some(began), trouble, None);
            self.reasons.push(reason);
        }
    }
}

fn phase(run: &SupervisorRun) -> Phase {
    match &run.engine {
        engine if engine.is_stopping() => Phase::Stopping,
        engine if engine.is_draining() => Phase::Draining,
        engine if engine.is_starting() => Phase::Starting,
        _ => Phase::Running,
    }
}

/// Returns the number of a supervisor's children, and those of them that are not well or have children
/// of their own; `limit` is the largest part in the health that they can have.
fn found(run: &mut SupervisorRun, limit: HealthPart) -> (usize, Vec<Found>) {
    let phase = phase(run);
    let mut count = 0;
    let children = run.engine.children().inspect(|_| count += 1);
    let found = children.filter_map(|(key, child)| look_at(run, key, child, phase, limit));
    let found = found.collect();
    (count, found)
}

/// Looks at one child, in the time of its supervisor.
fn look_at(
    run: &SupervisorRun,
    key: Key,
    child: &Child<ChildTask, Reply>,
    phase: Phase,
    limit: HealthPart,
) -> Option<Found> {
    let (state, part) = (child.shown(), child.rules.health.min(limit));
    let slot = child.data.slot();
    let is_well = match state {
        ChildState::Unstoppable => false,
        _ if part == HealthPart::Ignored => true,
        // The supervisor as a whole stops, which is what is wrong.
        _ if phase == Phase::Stopping => true,
        ChildState::NotStarted => phase == Phase::Starting,
        ChildState::Running => !slot.core().is_said(),
        // It goes on standby, since the lease is lost.
        ChildState::Stopping => run.engine.is_shut(key),
        _ => matches!(state, ChildState::Finished | ChildState::Standby),
    };
    let nested = match &child.data.body {
        Body::Supervisor { node, .. } => Some(Arc::clone(node)),
        Body::Task { .. } => None,
    };
    if is_well && nested.is_none() {
        return None;
    }
    let state = if is_well { ChildState::Finished } else { state };
    let start_began = run.engine.start_began(key).map(PackedInstant::instant);
    Some(Found { slot: Arc::clone(slot), state, part, start_began, nested })
}

/// Returns the instant at which the present life of a supervisor began.
fn life_began(node: &Node) -> Option<Instant> {
    match node.state() {
        NodeState::Alive { since, .. } => Some(since),
        NodeState::Built | NodeState::Down { .. } | NodeState::Ended { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_waited_for_a_processor_delays_the_next_one_no_longer() {
        let twelve = rest(Duration::from_millis(5), 12 + CHILDREN_OF_SUPERVISOR);
        assert!(twelve < Duration::from_millis(1), "{twelve:?}");
        let many = rest(Duration::from_secs(1), 1_000_000);
        assert_eq!(many, LONGEST_REST);
        assert_eq!(rest(Duration::ZERO, 12), Duration::ZERO, "as by a clock that stands still");
        assert_eq!(rest(Duration::from_micros(100), 10_000), Duration::from_millis(1));
    }
}
