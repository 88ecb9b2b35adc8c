//! The children of a supervisor at one moment, which its queries show, and what it has left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Supervisor;
use crate::engine::{Child, ChildRules, Key, State};
use crate::error::SupervisorError;
use crate::inbox::Reply;
use crate::observe::{Snapshot, Wait};
use crate::packed_instant::PackedInstant;
use crate::runtime::{Body, ChildTask, Node, SupervisorRun};
use crate::slot::{AnySlot, SlotCore};
use crate::spec::{ChildKind, ChildPath, ChildState};
use crate::sync::clock;

impl Supervisor {
    /// Returns the slots of the children that have a life, in start order.
    pub(crate) async fn living(&self) -> Result<Vec<Arc<dyn AnySlot>>, SupervisorError> {
        let (_, views) = self.views().await?;
        Ok(views.into_iter().filter(|view| view.has_life).map(|view| view.slot).collect())
    }

    /// Returns what the supervisor has left, and the views of all children in start order.
    ///
    /// A supervisor of thousands of children handles other messages in between: one turn only reads
    /// its own records, and each of the next ones looks up the slots of some children.
    pub(super) async fn views(&self) -> Result<(Left, Vec<ChildView>), SupervisorError> {
        loop {
            let inbox = self.inbox()?;
            let now = clock::now();
            let few = move |run: &mut SupervisorRun| {
                views_of_few(run).map(|views| (Left::of(run, now), views))
            };
            let count = match self.query_life(&inbox, few).await? {
                Ok(all) => return Ok(all),
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
    pub(super) incarnation: u64,
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
            restart: Some(self.rules.restart),
            shutdown: Some(self.rules.shutdown),
            health: Some(self.rules.health),
            uses: self.uses.iter().map(|slot| slot.core().name().into()).collect(),
            incarnation: self.incarnation,
            restarts: core.restarts(),
            failures: trouble.all_failures(),
            failed_starts: trouble.failed_starts(),
            uptime: self.up_since.map(|since| now.saturating_duration_since(since)),
            stopping: core.stop_began().map(|at| now.saturating_duration_since(at.instant())),
            queued: self.slot.queued(),
            capacity: self.slot.capacity(),
            waits: waits(core, now),
            message_times: self.slot.message_times(),
            last_exit: core.last_exit(),
            ..Snapshot::new(core.name().into(), parent.join_lazily(core.name()), self.state)
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
