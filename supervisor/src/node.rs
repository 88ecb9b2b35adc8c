//! A supervisor's place in the tree: what stays the same while its lives come and go.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::child_spec::{Body, Parts};
use crate::driver::{self, Link, Message, Reply, Seat};
use crate::engine::{ChildKind, ChildRules, Event, Exit, StartRule, SupervisorRules};
use crate::error::SupervisorError;
use crate::event::{EventKind, Hub};
use crate::exit::ExitReason;
use crate::inbox::Inbox;
use crate::mailbox::Closing;
use crate::options::{ChildOptions, StartMode};
use crate::path::{ChildPath, Name};
use crate::reaper::Reaper;
use crate::shutdown::Shutdown;
use crate::slot::AnySlot;

/// A child that comes back with its supervisor.
#[derive(Clone)]
pub(crate) struct Declared {
    pub(crate) name: Name,
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) body: Body,
}

/// What the workers of a pool are made from.
pub(crate) struct Template {
    pub(crate) rules: Arc<ChildRules>,
    pub(crate) capacity: usize,
    /// Absent when each worker gets a value of its own.
    pub(crate) recipe: Option<Arc<dyn crate::recipe::Recipe>>,
}

/// A supervisor, running or not.
pub(crate) struct Node {
    /// The root's own name, for logs and pictures.
    label: Option<Arc<str>>,
    rules: SupervisorRules,
    template: Option<Template>,
    next_worker: AtomicU64,
    restarts: AtomicU64,
    failures: AtomicU64,
    hub: Hub,
    place: Mutex<Place>,
}

struct Place {
    phase: Phase,
    declared: Vec<Declared>,
    parent: Option<Parent>,
    /// To whom the end of the current life is told, and that life's number.
    reports_to: Option<(Link, u64)>,
    /// What is wrong with the declaration, told when it is started.
    broken: Option<SupervisorError>,
    starting: Vec<oneshot::Sender<()>>,
    waiting: Vec<oneshot::Sender<()>>,
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
        inbox: Arc<Inbox<Message>>,
        since: Instant,
    },
    Running {
        inbox: Arc<Inbox<Message>>,
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
        children: Vec<Parts>,
    ) -> Arc<Self> {
        let node = Arc::new(Self {
            label,
            rules,
            template,
            next_worker: AtomicU64::new(1),
            restarts: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            hub: Hub::default(),
            place: Mutex::new(Place {
                phase: Phase::Built,
                declared: Vec::with_capacity(children.len()),
                parent: None,
                reports_to: None,
                broken: None,
                starting: Vec::new(),
                waiting: Vec::new(),
            }),
        });
        let mut names = std::collections::HashSet::with_capacity(children.len());
        for parts in children {
            let fault = if names.insert(parts.name.clone()) {
                node.own(&parts).err()
            } else {
                let path = node.path().join(&parts.name);
                Some(SupervisorError::InvalidSpec(path, "two children have this name".to_owned()))
            };
            let Parts { name, options, body } = parts;
            let rules = Arc::new(rules_of(&options, &body));
            let mut place = node.lock();
            if fault.is_some() && place.broken.is_none() {
                place.broken = fault;
            }
            place.declared.push(Declared { name, rules, body });
        }
        node
    }

    /// Makes a child one of this supervisor's: its address leads here from now on.
    pub(crate) fn own(self: &Arc<Self>, parts: &Parts) -> Result<(), SupervisorError> {
        if !parts.name.is_valid() {
            let rule = "a name is not empty and has no `/`".to_owned();
            return Err(SupervisorError::InvalidSpec(self.path().join(&parts.name), rule));
        }
        let (Body::Task { slot, .. } | Body::Supervisor { slot, .. }) = &parts.body;
        slot.core().set_owner(self);
        if let Body::Supervisor { node, slot } = &parts.body {
            node.attach(self, slot)?;
        }
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

    /// Undoes [`own`](Self::own) for a child that was refused.
    pub(crate) fn disown(body: &Body) {
        if let Body::Supervisor { node, .. } = body {
            node.lock().parent = None;
        }
    }

    pub(crate) fn rules(&self) -> &SupervisorRules {
        &self.rules
    }

    pub(crate) fn template(&self) -> Option<&Template> {
        self.template.as_ref()
    }

    pub(crate) fn next_worker(&self) -> Name {
        Name::Worker(self.next_worker.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn declared(&self) -> Vec<Declared> {
        self.lock().declared.clone()
    }

    /// The children that an adopted supervisor had become its specification.
    pub(crate) fn set_declared(&self, declared: Vec<Declared>) {
        self.lock().declared = declared;
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

    /// Starts a life of its own, if it has not been started; the receiver hears when all its
    /// children have started, or is dropped when that fails.
    pub(crate) fn start_root(
        self: &Arc<Self>,
    ) -> Result<Option<oneshot::Receiver<()>>, SupervisorError> {
        {
            let mut place = self.lock();
            match &place.phase {
                Phase::Built if place.parent.is_none() => {}
                Phase::Starting { .. } => {
                    let (told, hears) = oneshot::channel();
                    place.starting.push(told);
                    return Ok(Some(hears));
                }
                Phase::Running { .. } => return Ok(None),
                Phase::Built | Phase::Down(_) => {
                    drop(place);
                    return Err(SupervisorError::NotRunning(self.path()));
                }
                Phase::Ended(reason) => {
                    let reason = reason.clone();
                    drop(place);
                    return Err(SupervisorError::Ended(self.path(), reason));
                }
            }
            if let Some(fault) = &place.broken {
                return Err(fault.clone());
            }
        }
        check_runtime()?;
        crate::current::install_panic_hook();
        let (told, hears) = oneshot::channel();
        let inbox = Arc::new(Inbox::new());
        {
            let mut place = self.lock();
            place.starting.push(told);
            if !matches!(place.phase, Phase::Built) {
                // Another caller was faster.
                return Ok(Some(hears));
            }
            place.phase = Phase::Starting { inbox: Arc::clone(&inbox), since: Instant::now() };
        }
        driver::spawn(Arc::clone(self), inbox);
        Ok(Some(hears))
    }

    /// Starts a life under the parent, which hears of its end.
    pub(crate) fn launch(self: &Arc<Self>, link: Link, generation: u64) {
        let fault = self.lock().broken.clone();
        if let Some(fault) = fault {
            // A declaration that breaks a rule fails to start, as it would at the root.
            let reason = ExitReason::Error(crate::exit::Failure::of_error(&fault));
            if let Some(slot) = self.slot() {
                slot.end_life(generation);
            }
            return link.tell(Event::Exited(link.key, generation, Exit::Returned(reason)));
        }
        let inbox = Arc::new(Inbox::new());
        {
            let mut place = self.lock();
            place.reports_to = Some((link, generation));
            place.phase = Phase::Starting { inbox: Arc::clone(&inbox), since: Instant::now() };
        }
        driver::spawn(Arc::clone(self), inbox);
    }

    /// The end of the running life is told to this parent from now on.
    pub(crate) fn report_to(&self, link: &Link, generation: u64) {
        let ended = {
            let mut place = self.lock();
            match &place.phase {
                Phase::Down(reason) | Phase::Ended(reason) => Some(reason.clone()),
                _ => {
                    place.reports_to = Some((link.clone(), generation));
                    None
                }
            }
        };
        if let Some(reason) = ended {
            if let Some(slot) = self.slot() {
                slot.end_life(generation);
            }
            link.tell(Event::Exited(link.key, generation, Exit::Returned(reason)));
        }
    }

    /// Tells the running life.
    pub(crate) fn tell(&self, event: Event<Seat, Reply>) {
        if let Phase::Starting { inbox, .. } | Phase::Running { inbox, .. } = self.phase() {
            let _ = inbox.push(Message::Event(event));
        }
    }

    /// All children have started.
    pub(crate) fn started(self: &Arc<Self>) {
        let (starting, reports_to) = {
            let mut place = self.lock();
            if let Phase::Starting { inbox, since } = &place.phase {
                place.phase = Phase::Running { inbox: Arc::clone(inbox), since: *since };
            }
            (std::mem::take(&mut place.starting), place.reports_to.clone())
        };
        crate::journal::supervisor_started(self);
        for told in starting {
            let _ = told.send(());
        }
        if let Some((link, generation)) = reports_to {
            link.tell(Event::Ready(link.key, generation));
        }
    }

    /// A life has ended, and everything below it.
    pub(crate) fn ended(self: &Arc<Self>, reason: &ExitReason, reaper: &mut Reaper) {
        let supervised = self.is_supervised();
        if !supervised {
            // Above a root there is nobody who could start its children again.
            self.close_declared(Closing::Gone, reaper);
        }
        crate::journal::supervisor_terminated(self, reason);
        let (starting, waiting, reports_to) = {
            let mut place = self.lock();
            let waiting = if supervised {
                place.phase = Phase::Down(reason.clone());
                Vec::new()
            } else {
                place.phase = Phase::Ended(reason.clone());
                std::mem::take(&mut place.waiting)
            };
            (std::mem::take(&mut place.starting), waiting, place.reports_to.take())
        };
        drop(starting);
        for told in waiting {
            let _ = told.send(());
        }
        if let Some((link, generation)) = reports_to {
            if let Some(slot) = self.slot() {
                slot.end_life(generation);
            }
            link.tell(Event::Exited(link.key, generation, Exit::Returned(reason.clone())));
        }
    }

    /// Sends back what is sent to a child, and to all below it, from now on.
    pub(crate) fn retire(self: &Arc<Self>, body: &Body, closing: Closing, reaper: &mut Reaper) {
        let (Body::Task { slot, .. } | Body::Supervisor { slot, .. }) = body;
        if let Some((count, leftovers)) = slot.close(closing) {
            crate::journal::messages_left(self, slot.core(), count);
            reaper.take(leftovers);
        }
        if let Body::Supervisor { node, .. } = body {
            if closing == Closing::Gone {
                let mut place = node.lock();
                let reason = match &place.phase {
                    Phase::Down(reason) | Phase::Ended(reason) => reason.clone(),
                    Phase::Built => ExitReason::Shutdown,
                    // It was refused as a child and goes on by itself.
                    Phase::Starting { .. } | Phase::Running { .. } => return,
                };
                place.phase = Phase::Ended(reason);
            }
            node.close_declared(closing, reaper);
            let waiting = std::mem::take(&mut node.lock().waiting);
            for told in waiting {
                let _ = told.send(());
            }
        }
    }

    fn close_declared(self: &Arc<Self>, closing: Closing, reaper: &mut Reaper) {
        for child in self.declared() {
            self.retire(&child.body, closing, reaper);
        }
    }

    /// A receiver that hears when the supervisor has ended and nobody will start it again;
    /// nothing if that is already so.
    pub(crate) fn end(&self) -> Option<oneshot::Receiver<()>> {
        let mut place = self.lock();
        if matches!(place.phase, Phase::Ended(_)) {
            return None;
        }
        let (told, hears) = oneshot::channel();
        place.waiting.push(told);
        Some(hears)
    }

    /// The last handle of a root is gone.
    pub(crate) fn release(self: &Arc<Self>) {
        let built = {
            let mut place = self.lock();
            if place.parent.is_some() {
                return;
            }
            let built = matches!(place.phase, Phase::Built);
            if built {
                place.phase = Phase::Ended(ExitReason::Shutdown);
            }
            built
        };
        if built {
            self.close_declared(Closing::Gone, &mut Reaper::default());
            self.hub.finish();
        } else {
            self.tell(Event::Stop);
        }
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

/// Whether this thread can spawn tasks and set timers.
fn check_runtime() -> Result<(), SupervisorError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(SupervisorError::NoRuntime);
    }
    // There is no other way to ask whether the runtime has timers.
    std::panic::catch_unwind(|| drop(tokio::time::sleep(std::time::Duration::ZERO)))
        .map_err(|_| SupervisorError::NoRuntime)
}
