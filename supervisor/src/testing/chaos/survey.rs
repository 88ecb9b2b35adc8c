//! A survey of the children of a tree: the state of each, and the cost of its failure.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::child::AnyChildRef;
use crate::engine::{Child, Key};
use crate::error::SupervisorError;
use crate::inbox::Reply;
use crate::packed_instant::PackedInstant;
use crate::runtime::{Body, ChildTask, Node, SupervisorRun};
use crate::spec::{AutoShutdown, ChildPath, ChildState, MaxRestarts, RestartPolicy};
use crate::supervisor::Supervisor;
use crate::testing::report::FaultKind;

/// A tree at one moment.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) children: Vec<SurveyedChild>,
    /// The restarts that each running supervisor has made.
    pub(super) restarts: Vec<(ChildPath, u64)>,
    /// The longest restart window.
    pub(super) window: Duration,
}

/// A child at the moment of the survey.
#[derive(Debug)]
pub(super) struct SurveyedChild {
    pub(super) path: ChildPath,
    pub(super) address: AnyChildRef,
    pub(super) state: ChildState,
    pub(super) incarnation: u64,
    pub(super) restarts: u64,
    /// The faults that can bring the child down.
    pub(super) faults: &'static [FaultKind],
    /// `true` if the child and all its ancestors are declared and not `Temporary`, so that the
    /// child is to run as long as the tree.
    pub(super) is_lasting: bool,
    /// `true` if the child's end could end the tree.
    pub(super) is_needed: bool,
    /// `true` if the child has ended normally, and its restart policy does not restart it then.
    pub(super) is_finished: bool,
}

/// The properties that the children of a supervisor inherit from it.
#[derive(Clone, Copy)]
struct Above {
    is_lasting: bool,
    /// `true` if the supervisor's end could end the tree.
    is_fatal: bool,
}

impl Survey {
    pub(super) async fn of(root: &Supervisor) -> Result<Self, SupervisorError> {
        let mut survey = Self::default();
        let above = Above { is_lasting: true, is_fatal: true };
        let mut next = VecDeque::from([(Arc::clone(root.node()), above)]);
        while let Some((node, above)) = next.pop_front() {
            let supervisor = Supervisor::observing(Arc::clone(&node));
            let found = match supervisor.query(move |run| members(run, above)).await {
                Ok(found) => found,
                Err(error) if Arc::ptr_eq(&node, root.node()) => return Err(error),
                // A nested supervisor that does not run is in the survey as a child of its parent.
                Err(_) => continue,
            };
            survey.restarts.push((node.path(), node.restarts()));
            survey.window = survey.window.max(node.rules().restart_window);
            for (member, below) in found {
                survey.children.push(member);
                next.extend(below);
            }
        }
        Ok(survey)
    }

    pub(super) fn get(&self, path: &ChildPath) -> Option<&SurveyedChild> {
        self.children.iter().find(|member| member.path == *path)
    }
}

/// A child, with its node and what its children inherit if it is a supervisor.
type Found = (SurveyedChild, Option<(Arc<Node>, Above)>);

/// Returns the children of a supervisor.
fn members(run: &mut SupervisorRun, above: Above) -> Vec<Found> {
    let is_spent = is_spent(run);
    let spent_alone = spent_alone(run);
    let shuts_down = run.node.rules().auto_shutdown != AutoShutdown::Never;
    let of = |key: Key, child: &Child<ChildTask, Reply>| -> Found {
        let slot = child.data.slot();
        let core = slot.core();
        let policy = child.rules.restart;
        let is_temporary = policy == RestartPolicy::Temporary;
        let costs = match child.rules.max_restarts {
            _ if is_temporary => child.rules.significant && shuts_down,
            // Another failure could leave it down.
            Some(_) => spent_alone.contains(&key),
            None => is_spent,
        };
        let is_needed = costs && above.is_fatal;
        let is_lasting = above.is_lasting && child.declared && !is_temporary;
        let state = core.state();
        let went_well = core.last_exit().is_some_and(|reason| !reason.is_abnormal());
        let (faults, node): (&[FaultKind], _) = match &child.data.body {
            Body::Supervisor { node, .. } => (&[FaultKind::Kill], Some(node)),
            // A child without a heartbeat does not hang: its supervisor would never notice.
            Body::Task { factory, .. } if child.rules.heartbeat.is_some() && factory.can_hang() => {
                (&[FaultKind::Kill, FaultKind::Fail, FaultKind::Panic, FaultKind::Hang], None)
            }
            Body::Task { .. } => (&[FaultKind::Kill, FaultKind::Fail, FaultKind::Panic], None),
        };
        let member = SurveyedChild {
            path: core.path(),
            address: AnyChildRef::new(Arc::clone(slot)),
            state,
            incarnation: child.generation,
            restarts: core.restarts(),
            faults,
            is_lasting,
            is_needed,
            is_finished: policy == RestartPolicy::Transient && state.is_down() && went_well,
        };
        let below = Above { is_lasting, is_fatal: is_needed };
        (member, node.map(|node| (Arc::clone(node), below)))
    };
    run.engine.children().map(|(key, child)| of(key, child)).collect()
}

/// Returns the children that have used up half of the restarts of their own limits.
fn spent_alone(run: &mut SupervisorRun) -> Vec<Key> {
    let limited =
        run.engine.children().filter_map(|(key, child)| match child.rules.max_restarts? {
            MaxRestarts::AtMost(limit) => Some((key, limit)),
            MaxRestarts::Unlimited => None,
        });
    let mut limited: Vec<(Key, u32)> = limited.collect();
    let now = PackedInstant::now();
    limited.retain(|(key, limit)| {
        run.engine.own_restarts_left(now, *key).is_some_and(|left| left <= limit / 2)
    });
    limited.into_iter().map(|(key, _)| key).collect()
}

/// Returns `true` if a supervisor has used up half of its restarts: the other half is for the
/// restarts that follow from the provoked ones.
fn is_spent(run: &mut SupervisorRun) -> bool {
    match (run.node.rules().max_restarts, run.engine.restarts_left(PackedInstant::now())) {
        (MaxRestarts::AtMost(limit), Some(left)) => left <= limit / 2,
        _ => false,
    }
}
