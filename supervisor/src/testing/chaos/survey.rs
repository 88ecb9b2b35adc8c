//! Who is in a tree, how each stands, and what it would cost to kill it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::report::FaultKind;
use crate::child::AnyChildRef;
use crate::clock;
use crate::engine::Child;
use crate::error::SupervisorError;
use crate::inbox::Reply;
use crate::runtime::{Body, ChildTask, Node, SupervisorRun};
use crate::spec::{AutoShutdown, ChildPath, ChildState, MaxRestarts, RestartPolicy};
use crate::supervisor::Supervisor;

/// A tree at one moment.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) children: Vec<SurveyedChild>,
    /// The restarts that each running supervisor has made.
    pub(super) restarts: Vec<(ChildPath, u64)>,
    /// The longest restart window.
    pub(super) window: Duration,
}

/// A child at that moment.
#[derive(Debug)]
pub(super) struct SurveyedChild {
    pub(super) path: ChildPath,
    pub(super) address: AnyChildRef,
    pub(super) state: ChildState,
    pub(super) incarnation: u64,
    pub(super) restarts: u64,
    /// How it can be brought down.
    pub(super) fault: &'static [FaultKind],
    /// Whether it is there for good: it and all above it are declared, and not `Temporary`.
    pub(super) is_lasting: bool,
    /// Whether its end could cost the tree too much.
    pub(super) is_needed: bool,
    /// Whether it has ended, and its policy leaves it at that.
    pub(super) is_finished: bool,
}

/// What the children of a supervisor have from above.
#[derive(Clone, Copy)]
struct Above {
    is_lasting: bool,
    /// Whether the supervisor's end could end the tree.
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
                // It is shown with its state by its own supervisor.
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

/// A child, with the supervisor that it is, if it is one.
type Found = (SurveyedChild, Option<(Arc<Node>, Above)>);

/// The children of a supervisor.
fn members(run: &mut SupervisorRun, above: Above) -> Vec<Found> {
    let is_spent = is_spent(run);
    let shuts_down = run.node.rules().auto_shutdown != AutoShutdown::Never;
    let of = |child: &Child<ChildTask, Reply>| -> Found {
        let slot = child.data.slot();
        let core = slot.core();
        let policy = child.rules.restart;
        let is_temporary = policy == RestartPolicy::Temporary;
        let costs = if is_temporary { child.rules.significant && shuts_down } else { is_spent };
        let is_needed = costs && above.is_fatal;
        let is_lasting = above.is_lasting && child.declared && !is_temporary;
        let state = core.state();
        let went_well = core.last_exit().is_some_and(|reason| !reason.is_abnormal());
        let (fault, node): (&[FaultKind], _) = match &child.data.body {
            Body::Supervisor { node, .. } => (&[FaultKind::Kill], Some(node)),
            // Without a heartbeat, nobody would notice.
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
            fault,
            is_lasting,
            is_needed,
            is_finished: policy == RestartPolicy::Transient
                && state == ChildState::Stopped
                && went_well,
        };
        let below = Above { is_lasting, is_fatal: is_needed };
        (member, node.map(|node| (Arc::clone(node), below)))
    };
    run.engine.children().map(|(_, child)| of(child)).collect()
}

/// Whether a supervisor has used up half of its restarts: the others are for what follows from
/// those that were provoked.
fn is_spent(run: &mut SupervisorRun) -> bool {
    match (run.node.rules().max_restarts, run.engine.restarts_left(clock::now())) {
        (MaxRestarts::AtMost(limit), Some(left)) => left <= limit / 2,
        _ => false,
    }
}
