//! A supervisor's place in the tree: what stays the same while its lives come and go.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::child_spec::Body;
use crate::declaration::{Declaration, Unplaced};
use crate::driver::Link;
use crate::engine::{ChildKind, ChildRules, StartRule, SupervisorRules};
use crate::error::SupervisorError;
use crate::event::EventKind;
use crate::exit::ExitReason;
use crate::hub::Hub;
use crate::inbox::Inbox;
use crate::options::{ChildOptions, StartMode};
use crate::outline::Budget;
use crate::path::{ChildPath, Name};
use crate::report::Stops;
use crate::rules;
use crate::shutdown::Shutdown;
use crate::slot::AnySlot;
use crate::supervisor::Keep;

mod lives;
mod names;
mod trees;

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
    /// With the running life, if that is the only one.
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
        let (children, all_options) = children.into_parts();
        let repeated = names::repeated(&children.iter().map(|child| &child.name));
        let mut broken = None;
        let mut need = Budget::ZERO;
        // Tasks that are declared alike break the same rules, and share theirs.
        let mut last: Option<(usize, Arc<ChildRules>)> = None;
        let declare = |(at, Unplaced { name, body, options: which }): (usize, Unplaced)| {
            let options = &all_options[which];
            let is_task = matches!(*body, Body::Task { .. });
            let alike = last.take().filter(|(other, _)| is_task && *other == which);
            let unchecked = alike.is_none().then_some(options);
            let fault = if repeated.contains(&at) {
                let path = node.path().join(&name);
                Some(SupervisorError::InvalidSpec(path, "two children have this name".to_owned()))
            } else {
                node.own(&name, unchecked, &body).err()
            };
            let body = body.place();
            if fault.is_none() {
                // One that is just ending is started again with this supervisor.
                let _ = crate::placing::take_in(&body);
            }
            let rules = alike.map(|(_, rules)| rules);
            let rules = rules.unwrap_or_else(|| Arc::new(rules_of(options, &body)));
            if is_task && fault.is_none() {
                last = Some((which, Arc::clone(&rules)));
            }
            broken = broken.take().or(fault);
            need = need.then(body.need().capped(rules.shutdown));
            Declared { rules, body }
        };
        // (In the memory of what it is made from.)
        let mut declared: Vec<Declared> = children.into_iter().enumerate().map(declare).collect();
        declared.shrink_to_fit();
        {
            let mut place = node.lock();
            place.declared = Arc::new(declared);
            place.need = need;
            place.broken = place.broken.take().or(broken.map(Box::new));
        }
        node
    }

    /// Makes a child one of this supervisor's: its address leads here from now on. Its options are
    /// checked, if it has any of its own that have not been.
    pub(crate) fn own(
        self: &Arc<Self>,
        name: &Name,
        options: Option<&ChildOptions>,
        body: &Body,
    ) -> Result<(), SupervisorError> {
        let is_worker = name.number().is_some();
        if !name.is_valid() || is_worker && self.template.is_none() {
            let rule = "a name is not empty, has no `/`, and is not `#` and a number".to_owned();
            return Err(SupervisorError::InvalidSpec(self.path().join(name), rule));
        }
        // A pool's workers have the template's options; as tasks they break no rule that the
        // template did not break before them.
        let options = match &self.template {
            Some(_) if matches!(body, Body::Task { .. }) => None,
            Some(template) => Some(&template.options),
            None => options,
        };
        if let Some(options) = options
            && let Some(rule) = rules::broken_by(name, options, body, &self.rules)
        {
            return Err(SupervisorError::InvalidSpec(self.path().join(name), rule.to_string()));
        }
        if let Body::Supervisor { node, slot } = body {
            node.attach(self, slot)?;
        }
        body.slot().core().set_owner(self);
        Ok(())
    }

    fn attach(
        self: &Arc<Self>,
        parent: &Arc<Self>,
        slot: &Arc<dyn AnySlot>,
    ) -> Result<(), SupervisorError> {
        let mut ancestor = Some(Arc::clone(parent));
        while let Some(node) = ancestor {
            if Arc::ptr_eq(&node, self) {
                return Err(SupervisorError::Cycle(self.path()));
            }
            ancestor = node.parent();
        }
        {
            let mut place = self.lock();
            if place.parent.is_some() {
                drop(place);
                return Err(SupervisorError::AlreadySupervised(self.path()));
            }
            if let Phase::Ended(reason) = &place.phase {
                let reason = reason.clone();
                drop(place);
                return Err(SupervisorError::Ended(self.path(), reason));
            }
            place.parent = Some(Parent { node: Arc::downgrade(parent), slot: Arc::clone(slot) });
        }
        // Whoever listens to this tree goes on listening to the same part of the larger one.
        let root = parent.root();
        root.hub.take_over(&self.hub, &self.path());
        Ok(())
    }

    /// Keeps it alive until its parent does, or has refused it.
    pub(crate) fn hold(&self, keep: Option<Arc<Keep>>) {
        let old = std::mem::replace(&mut self.lock().keep, keep);
        drop(old);
    }

    /// Undoes [`own`](Self::own) for a child that was refused: a supervisor is a root again. What
    /// is returned is to be dropped where the user's code may run.
    pub(crate) fn disown(body: &Body) -> Option<(Option<TreeHandle>, Option<Arc<Keep>>)> {
        let Body::Supervisor { node, slot } = body else { return None };
        let (root, path) = (node.root(), node.path());
        let (parent, keep, ended) = {
            let mut place = node.lock();
            (place.parent.take(), place.keep.take(), matches!(place.phase, Phase::Down(_)))
        };
        let handle = parent.and_then(|parent| parent.node.upgrade()?.let_go_of(slot.core().name()));
        root.hub.give_back(&node.hub, &path);
        if ended {
            // It ended in between, when it had a parent who could have started it again.
            node.bury();
        }
        Some((handle, keep))
    }

    /// Forgets the handle of a worker that is a tree.
    pub(crate) fn let_go_of(&self, worker: &Name) -> Option<TreeHandle> {
        self.template.as_ref()?.trees.remove(worker)
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

/// A child's options with its defaults filled in, which depend on what it is.
pub(crate) fn rules_of(options: &ChildOptions, body: &Body) -> ChildRules {
    let kind = match body {
        Body::Task { .. } => ChildKind::Worker,
        Body::Supervisor { .. } => ChildKind::Supervisor,
    };
    worker_rules(options, kind)
}

pub(crate) fn worker_rules(options: &ChildOptions, kind: ChildKind) -> ChildRules {
    let (shutdown, start) = match kind {
        ChildKind::Worker => {
            let start = match options.start() {
                StartMode::Spawned => StartRule::Spawned,
                StartMode::Notify => StartRule::Ready(Some(options.start_timeout())),
            };
            (Shutdown::WORKER, start)
        }
        ChildKind::Supervisor => (Shutdown::SUPERVISOR, StartRule::Ready(None)),
    };
    ChildRules {
        kind,
        restart: options.restart_policy(),
        shutdown: options.shutdown().unwrap_or(shutdown),
        backoff: options.backoff(),
        start,
        significant: options.is_significant(),
        heartbeat: options.heartbeat(),
    }
}
