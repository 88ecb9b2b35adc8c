//! A supervisor's place in the tree: what stays the same while its lives come and go.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::child_spec::Body;
use crate::declaration::Declaration;
use crate::driver::Link;
use crate::engine::{ChildRules, SupervisorRules};
use crate::error::SupervisorError;
use crate::event::EventKind;
use crate::exit::ExitReason;
use crate::hub::Hub;
use crate::inbox::Inbox;
use crate::options::ChildOptions;
use crate::outline::Budget;
use crate::path::{ChildPath, Name};
use crate::report::Stops;
use crate::rules;
use crate::slot::AnySlot;
use crate::supervisor::Keep;

mod declaring;
mod defaults;
mod family;
mod lives;
mod names;
mod trees;

pub(crate) use self::defaults::{rules_of, rules_of_kind};
pub(crate) use self::trees::{TreeHandle, Trees};

/// A child that comes back with its supervisor.
#[derive(Clone)]
pub(crate) struct Declared {
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) body: Body,
}

/// What the workers of a pool are made from.
pub(crate) struct Template {
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) options: ChildOptions,
    /// Absent when each worker gets a value of its own.
    pub(crate) recipe: Option<Arc<dyn crate::recipe::Recipe>>,
    /// The handles of the workers, if they are trees.
    pub(crate) trees: Trees,
}

/// A supervisor, running or not.
pub(crate) struct Node {
    /// The root's own name, for logs and pictures.
    label: Option<Arc<str>>,
    rules: SupervisorRules,
    template: Option<Box<Template>>,
    next_worker: AtomicU64,
    restarts: AtomicU64,
    failures: AtomicU64,
    hub: Hub,
    stops: Stops,
    #[cfg(feature = "test-util")]
    draws: crate::testing::Draws,
    place: Mutex<Place>,
}

struct Place {
    phase: Phase,
    /// Empty while a root runs, which has only one life: they are there.
    declared: Arc<Vec<Declared>>,
    /// What the children that it was built with need to stop.
    need: Budget,
    /// What keeps it alive until its parent does.
    keep: Option<Arc<Keep>>,
    parent: Option<Parent>,
    /// To whom the end of the current life is told, and that life's number.
    reports_to: Option<(Link, u64)>,
    /// What is wrong with the declaration, told when it is started.
    broken: Option<Box<SupervisorError>>,
    starting: Vec<oneshot::Sender<()>>,
    waiting: Vec<oneshot::Sender<()>>,
    /// No life is pending: its parent has stopped it, or given it up.
    retired: bool,
    /// Its parent is gone for good while it still runs: nobody starts it again.
    orphaned: bool,
}

/// Whose child it is, and as which.
#[derive(Clone)]
struct Parent {
    node: Weak<Node>,
    slot: Arc<dyn AnySlot>,
}

/// Where a supervisor stands.
#[derive(Clone)]
pub(crate) enum Phase {
    /// Not started yet.
    Built,
    Starting {
        inbox: Arc<Inbox>,
        since: Instant,
    },
    Running {
        inbox: Arc<Inbox>,
        since: Instant,
    },
    /// A nested supervisor between two lives, or stopped by its parent.
    Down(ExitReason),
    /// Nobody will start it again.
    Ended(ExitReason),
}

impl Node {
    pub(crate) fn new(
        label: Option<Arc<str>>,
        rules: SupervisorRules,
        template: Option<Template>,
        children: Declaration,
    ) -> Arc<Self> {
        let node = Arc::new(Self {
            label,
            rules,
            template: template.map(Box::new),
            next_worker: AtomicU64::new(1),
            restarts: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            hub: Hub::default(),
            stops: Stops::default(),
            #[cfg(feature = "test-util")]
            draws: crate::testing::Draws::default(),
            place: Mutex::new(Place {
                phase: Phase::Built,
                declared: Arc::default(),
                need: Budget::ZERO,
                keep: None,
                parent: None,
                reports_to: None,
                broken: None,
                starting: Vec::new(),
                waiting: Vec::new(),
                retired: false,
                orphaned: false,
            }),
        });
        let template = node.template.as_ref().map(|template| &template.options);
        if let Some(rule) = rules::broken_at_build(template, children.len(), &node.rules) {
            let fault = SupervisorError::InvalidSpec(node.path(), rule.to_string());
            node.lock().broken = Some(Box::new(fault));
        }
        node.declare(children);
        node
    }

    pub(crate) fn rules(&self) -> &SupervisorRules {
        &self.rules
    }

    pub(crate) fn template(&self) -> Option<&Template> {
        self.template.as_deref()
    }

    pub(crate) fn next_worker(&self) -> Name {
        Name::worker(self.next_worker.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether a worker of this name was ever added.
    pub(crate) fn has_numbered(&self, name: &str) -> bool {
        let next = self.next_worker.load(Ordering::Relaxed);
        Name::parse(name).number().is_some_and(|number| (1..next).contains(&number))
    }

    pub(crate) fn declared(&self) -> Arc<Vec<Declared>> {
        Arc::clone(&self.lock().declared)
    }

    /// As [`declared`](Self::declared), for a life after which there is no other.
    pub(crate) fn take_declared(&self) -> Vec<Declared> {
        let declared = std::mem::take(&mut self.lock().declared);
        Arc::unwrap_or_clone(declared)
    }

    /// What its children need to stop.
    pub(crate) fn need(&self) -> Budget {
        match self.template() {
            Some(template) => Budget::Unbounded.capped(template.rules.shutdown),
            None => self.lock().need,
        }
    }

    /// The children that an adopted supervisor had become its specification.
    pub(crate) fn set_declared(&self, declared: Vec<Declared>) {
        let old = std::mem::replace(&mut self.lock().declared, Arc::new(declared));
        drop(old);
    }

    pub(crate) fn phase(&self) -> Phase {
        self.lock().phase.clone()
    }

    pub(crate) fn parent(&self) -> Option<Arc<Self>> {
        self.lock().parent.as_ref()?.node.upgrade()
    }

    pub(crate) fn is_supervised(&self) -> bool {
        self.lock().parent.is_some()
    }

    /// Its place as a child, if it has a supervisor.
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

    /// The name that pictures and logs give it.
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

    #[cfg(feature = "test-util")]
    pub(crate) fn draws(&self) -> &crate::testing::Draws {
        &self.draws
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Tells whoever subscribed to the tree.
    pub(crate) fn publish(self: &Arc<Self>, path: &ChildPath, kind: EventKind) {
        self.root().hub.publish(path, kind);
    }

    pub(crate) fn count_restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("name", &self.label()).finish_non_exhaustive()
    }
}
