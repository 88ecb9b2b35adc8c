//! The node: a supervisor's place in the tree, which outlives the supervisor's lives.

mod adoption;
mod announce;
mod body;
#[cfg(feature = "lease")]
mod gate;
mod health;
mod lives;
mod resolve;
pub(super) mod rules;
mod steps;
mod stops;
mod trees;
mod unplaced;
mod uses;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Instant;

use tokio::sync::oneshot;

pub(crate) use self::body::Body;
pub(super) use self::lives::{NestedStart, RootStart};
pub(crate) use self::resolve::{resolve, resolve_template};
pub(crate) use self::steps::Steps;
use self::stops::Stops;
pub(crate) use self::trees::{TreeHandle, Trees};
pub use self::unplaced::ErasedSpec;
pub(crate) use self::unplaced::Unplaced;
pub(crate) use self::uses::Uses;
use crate::engine::{ChildRules, SupervisorRules};
use crate::error::SupervisorError;
use crate::inbox::{Anchor, Inbox, Link, Owner};
use crate::life::LifeFactory;
use crate::mailbox::PoolTimes;
use crate::observe::{HealthSignal, Subscribers};
use crate::runtime::backoff_seed::BackoffSeed;
use crate::slot::{AnySlot, address_of};
use crate::spec::{Budget, ChildOptions, ChildPath, ExitReason, Name};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// A declared child: a restart of its supervisor brings it back.
#[derive(Clone)]
pub(crate) struct Declared {
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) body: Body,
}

/// The template from which a pool makes its workers.
pub(crate) struct PoolTemplate {
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) options: ChildOptions,
    /// The factory that all workers share; `None` if each worker gets a value of its own.
    pub(crate) factory: Option<Arc<dyn LifeFactory>>,
    /// The handles of the workers, if they are trees.
    pub(crate) trees: Trees,
    /// The times of the workers' messages, if they have the option `histograms`.
    pub(crate) times: Option<Arc<PoolTimes>>,
}

/// A supervisor, running or not.
pub(crate) struct Node {
    /// The root's name in logs and snapshots.
    label: Option<Arc<str>>,
    /// The weak reference to this node that its children hold.
    anchor: Arc<Anchor>,
    rules: SupervisorRules,
    template: Option<Box<PoolTemplate>>,
    /// The number of partitions that the declared children are; 0 if they are none.
    partitions: usize,
    next_worker: AtomicU64,
    restarts: AtomicU64,
    failures: AtomicU64,
    subscribers: Subscribers,
    health: HealthSignal,
    stops: Stops,
    backoff_seed: BackoffSeed,
    locked: Mutex<Locked>,
}

/// The part of a node that changes under its lock.
struct Locked {
    state: NodeState,
    /// The declared children; empty while a root runs, since a root's only life owns them.
    declared: Arc<Vec<Declared>>,
    /// The uses between the declared children; `None` if there are none.
    uses: Option<Arc<Uses>>,
    /// The time that the declared children need to stop.
    need: Budget,
    /// Keeps an adopted root alive until its parent holds it.
    keeper: Option<Arc<ShutdownOnDrop>>,
    parent: Option<Parent>,
    /// The times of the steps in which a root stops.
    steps: Steps,
    /// Set once a root is stopped, or ends: it is not adopted any more.
    is_final_stop: bool,
    /// The link to which the end of the current life is reported, and the number of that life.
    reports_to: Option<(Link, u64)>,
    /// The gate in front of the supervisor, if it runs only while it holds a lease.
    #[cfg(feature = "lease")]
    gate: Option<Arc<crate::life::gate::Gate>>,
    /// The gate of the lease that a child of this supervisor keeps.
    #[cfg(feature = "lease")]
    kept_lease: Option<Arc<crate::life::gate::Gate>>,
    /// A fault of the declaration, which the start returns as its error.
    fault: Option<Box<SupervisorError>>,
    /// The callers that wait until all children have started.
    start_waiters: Vec<oneshot::Sender<()>>,
    /// The callers that wait for the end.
    end_waiters: Vec<oneshot::Sender<()>>,
}

/// The parent of a supervisor, and the supervisor's slot there.
#[derive(Clone)]
struct Parent {
    node: Weak<Node>,
    slot: Arc<dyn AnySlot>,
    hold: Hold,
}

/// The hold that a parent has on a supervisor. Until the parent holds it, a supervisor that runs is
/// its own root: it is stopped by a shutdown of its own, and ends for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The supervisor is declared, and its parent has not started it.
    Declared,
    /// The parent is asked to add the supervisor.
    Asked,
    /// The supervisor was, or is, a life of its slot in the parent.
    Held,
}

/// The state of a supervisor.
#[derive(Clone)]
pub(crate) enum NodeState {
    /// The supervisor has not been started yet.
    Built,
    /// A life of the supervisor runs.
    Alive {
        inbox: Arc<Inbox>,
        since: Instant,
        /// Set once all children have started.
        is_up: bool,
        /// Set once the parent is gone for good, so that no life follows this one.
        is_orphan: bool,
    },
    /// A nested supervisor has no life; `comes_back` is `false` once its parent has decided against
    /// another one.
    Down { reason: ExitReason, comes_back: bool },
    /// The supervisor has ended, and no life follows.
    Ended { reason: ExitReason },
}

/// Guard of a root: when its last reference is dropped, the root shuts down.
pub(crate) struct ShutdownOnDrop(Arc<Node>);

impl ShutdownOnDrop {
    pub(crate) fn new(node: Arc<Node>) -> Arc<Self> {
        Arc::new(Self(node))
    }
}

impl Drop for ShutdownOnDrop {
    fn drop(&mut self) {
        // A parent that has declared the supervisor keeps it alive.
        if !self.0.is_supervised() {
            let _ = self.0.stop_root();
        }
    }
}

impl Node {
    pub(crate) fn new(
        label: Option<Arc<str>>,
        rules: SupervisorRules,
        template: Option<PoolTemplate>,
        partitions: usize,
    ) -> Arc<Self> {
        Arc::new_cyclic(|node: &Weak<Self>| Self {
            label,
            anchor: Anchor::new(Weak::clone(node) as _),
            rules,
            template: template.map(Box::new),
            partitions,
            next_worker: AtomicU64::new(1),
            restarts: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            subscribers: Subscribers::default(),
            health: HealthSignal::default(),
            stops: Stops::default(),
            backoff_seed: BackoffSeed::default(),
            locked: Mutex::new(Locked {
                state: NodeState::Built,
                declared: Arc::default(),
                uses: None,
                need: Budget::ZERO,
                keeper: None,
                parent: None,
                steps: Steps::default(),
                is_final_stop: false,
                reports_to: None,
                #[cfg(feature = "lease")]
                gate: None,
                #[cfg(feature = "lease")]
                kept_lease: None,
                fault: None,
                start_waiters: Vec::new(),
                end_waiters: Vec::new(),
            }),
        })
    }

    pub(crate) fn rules(&self) -> &SupervisorRules {
        &self.rules
    }

    pub(crate) fn template(&self) -> Option<&PoolTemplate> {
        self.template.as_deref()
    }

    /// Returns the number of partitions that the declared children are; 0 if they are none.
    pub(crate) fn partitions(&self) -> usize {
        self.partitions
    }

    pub(crate) fn next_worker(&self) -> Name {
        Name::worker(self.next_worker.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns `true` if the number in this name was ever given to a worker.
    pub(crate) fn has_numbered(&self, name: &str) -> bool {
        let next = self.next_worker.load(Ordering::Relaxed);
        Name::parse(name).number().is_some_and(|number| (1..next).contains(&number))
    }

    pub(crate) fn declared(&self) -> Arc<Vec<Declared>> {
        Arc::clone(&self.lock().declared)
    }

    /// Takes the declared children for the only life of a root.
    pub(crate) fn take_declared(&self) -> Vec<Declared> {
        let declared = std::mem::take(&mut self.lock().declared);
        Arc::unwrap_or_clone(declared)
    }

    /// Sets the declared children.
    pub(crate) fn set_declared(&self, declared: Vec<Declared>) {
        let old = std::mem::replace(&mut self.lock().declared, Arc::new(declared));
        drop(old);
    }

    /// Returns the uses between the declared children.
    pub(crate) fn uses(&self) -> Option<Arc<Uses>> {
        self.lock().uses.clone()
    }

    /// Sets the uses between the declared children.
    pub(crate) fn set_uses(&self, uses: Uses) {
        self.lock().uses = uses.into_shared();
    }

    /// Sets the declared children of a supervisor that is being built, the time that they need to
    /// stop, and the first fault of the declaration, which the supervisor's start returns.
    pub(super) fn set_declaration(
        &self,
        declared: Vec<Declared>,
        uses: Uses,
        need: Budget,
        fault: Option<SupervisorError>,
    ) {
        let mut locked = self.lock();
        locked.declared = Arc::new(declared);
        locked.uses = uses.into_shared();
        locked.need = need;
        locked.fault = locked.fault.take().or(fault.map(Box::new));
    }

    /// Notes a rule that the declaration breaks; the supervisor's start returns it as its error.
    pub(crate) fn set_fault(&self, rule: String) {
        let fault = SupervisorError::InvalidSpec(self.path(), rule);
        self.lock().fault = Some(Box::new(fault));
    }

    /// Returns the time that the supervisor's children need to stop.
    pub(crate) fn need(&self) -> Budget {
        match self.template() {
            Some(template) => Budget::Unbounded.capped(template.rules.shutdown),
            None => self.lock().need,
        }
    }

    pub(crate) fn state(&self) -> NodeState {
        self.lock().state.clone()
    }

    /// Returns the inbox of the running life.
    pub(crate) fn inbox(&self) -> Option<Arc<Inbox>> {
        match &self.lock().state {
            NodeState::Alive { inbox, .. } => Some(Arc::clone(inbox)),
            NodeState::Built | NodeState::Down { .. } | NodeState::Ended { .. } => None,
        }
    }

    pub(crate) fn parent(&self) -> Option<Arc<Self>> {
        self.lock().parent.as_ref()?.node.upgrade()
    }

    pub(crate) fn is_supervised(&self) -> bool {
        self.lock().parent.is_some()
    }

    /// Returns `true` if the supervisor was, or is, a life of its slot in its parent.
    pub(crate) fn is_held(&self) -> bool {
        self.lock().is_held()
    }

    /// Returns the supervisor's slot as a child, if its parent holds the supervisor, or has declared
    /// it and not started it yet.
    pub(crate) fn slot_in_charge(&self) -> Option<Arc<dyn AnySlot>> {
        let locked = self.lock();
        let parent = locked.parent.as_ref()?;
        let is_in_charge = match parent.hold {
            Hold::Held => true,
            Hold::Declared => matches!(locked.state, NodeState::Built),
            Hold::Asked => false,
        };
        is_in_charge.then(|| Arc::clone(&parent.slot))
    }

    /// Returns the supervisor's slot as a child, if it has a parent.
    pub(crate) fn slot(&self) -> Option<Arc<dyn AnySlot>> {
        Some(Arc::clone(&self.lock().parent.as_ref()?.slot))
    }

    pub(crate) fn path(&self) -> ChildPath {
        self.slot().map_or_else(ChildPath::root, |slot| slot.core().path())
    }

    pub(crate) fn root(self: &Arc<Self>) -> Arc<Self> {
        let mut root = Arc::clone(self);
        while let Some(parent) = root.parent() {
            root = parent;
        }
        root
    }

    /// Returns the supervisor's name in snapshots and logs.
    pub(crate) fn label(&self) -> String {
        match (&self.label, self.slot()) {
            (_, Some(slot)) => slot.core().name().to_string(),
            (Some(label), None) => label.to_string(),
            (None, None) => "supervisor".to_owned(),
        }
    }

    pub(crate) fn stops(&self) -> &Stops {
        &self.stops
    }

    /// Returns the seed of the backoff delays of the life that begins now.
    pub(crate) fn backoff_seed(self: &Arc<Self>) -> u64 {
        let life = self.slot().map_or(0, |slot| slot.core().generation());
        self.root().backoff_seed.for_life(|| self.path(), life)
    }

    /// Fixes the seed of the backoff delays of the whole tree; `self` is its root.
    #[cfg(feature = "test-util")]
    pub(crate) fn fix_backoff_seed(&self, seed: u64) {
        self.backoff_seed.fix(seed);
    }

    pub(crate) fn count_restart(&self) {
        count(&self.restarts);
    }

    pub(crate) fn count_failure(&self) {
        count(&self.failures);
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Locked> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more. Only the task that has the state of the supervisor's present life counts, so that
/// two do not count at once.
fn count(counter: &AtomicU64) {
    let count = counter.load(Ordering::Relaxed);
    counter.store(count.wrapping_add(1), Ordering::Relaxed);
}

impl Drop for Node {
    /// Drops the declared children in a loop and not in a recursion, since a tree can be deep.
    fn drop(&mut self) {
        let mut rest = Vec::new();
        self.give_declared(&mut rest);
        while let Some(declared) = rest.pop() {
            for child in Arc::into_inner(declared).into_iter().flatten() {
                if let Body::Supervisor { node, .. } = child.body
                    && let Some(mut node) = Arc::into_inner(node)
                {
                    node.give_declared(&mut rest);
                }
            }
        }
    }
}

impl Node {
    fn give_declared(&mut self, rest: &mut Vec<Arc<Vec<Declared>>>) {
        let locked = self.locked.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !locked.declared.is_empty() {
            rest.push(std::mem::take(&mut locked.declared));
        }
    }
}

impl Owner for Node {
    fn path(&self) -> ChildPath {
        self.path()
    }

    fn parent(&self) -> Option<Arc<dyn Owner>> {
        self.parent().map(|parent| parent as _)
    }

    fn slot_address(&self) -> Option<usize> {
        self.slot().map(|slot| address_of(&*slot))
    }

    fn link(&self) -> Option<Link> {
        self.slot()?.core().link()
    }

    fn health_changed(&self) {
        self.health_changed();
    }

    fn unavailable(&self) -> SupervisorError {
        self.unavailable()
    }
}

impl Node {
    /// Returns the error for a call that cannot be answered because the supervisor does not run.
    pub(crate) fn unavailable(&self) -> SupervisorError {
        match self.state() {
            NodeState::Ended { reason } => SupervisorError::Ended(self.path(), reason),
            NodeState::Built | NodeState::Down { .. } => SupervisorError::NotRunning(self.path()),
            NodeState::Alive { .. } => SupervisorError::ShuttingDown(self.path()),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("name", &self.label()).finish_non_exhaustive()
    }
}
