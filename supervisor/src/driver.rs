//! The task of a supervisor: it tells the engine what happened, and does what the engine decides.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep};

use crate::child_spec::Body;
use crate::engine::{Answer, ChildState, Effect, Ending, Engine, Event, Exit, Key, Refusal};
use crate::exit::{Escalation, ExitReason};
use crate::inbox::Inbox;
use crate::journal;
use crate::kept::StopTimes;
use crate::life::Seed;
use crate::mailbox::Closing;
use crate::node::{Declared, Node};
use crate::reaper::Reaper;
use crate::report;
use crate::slot::{AnySlot, Duties};
use crate::supervisor::Keep;

/// How many messages are handled before other tasks get their turn.
const BATCH: usize = 128;

/// What a supervisor's task is told.
pub(crate) enum Message {
    Event(Event<Seat, Reply>),
    /// Looks at the supervisor's state, at once, whatever else is under way.
    Query(Box<dyn FnOnce(&mut Reign) + Send>),
}

impl Message {
    /// Nobody will handle it: whoever waits for an answer is told.
    pub(crate) fn turn_away(self, reaper: &mut Reaper) {
        if let Self::Event(Event::Command(command)) = self {
            let (seat, reply) = command.into_parts();
            if let Some(seat) = seat {
                refuse(seat, reaper);
            }
            let _ = reply.send(Answer::Refused(Refusal::ShuttingDown));
        }
    }
}

/// Where a child stands in the current life of its supervisor.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) inbox: Arc<Inbox<Message>>,
    pub(crate) key: Key,
}

impl Link {
    /// Tells the supervisor; one that has ended has no use for it.
    pub(crate) fn tell(&self, event: Event<Seat, Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.key).finish()
    }
}

/// Whoever waits for the answer to a command.
pub(crate) type Reply = oneshot::Sender<Answer>;

/// The driver's part of a child.
pub(crate) struct Seat {
    pub(crate) body: Body,
    /// Whether it comes back with its supervisor.
    pub(crate) declared: bool,
    /// Keeps a supervisor alive until it has its place here.
    pub(crate) keep: Option<Arc<Keep>>,
    pub(crate) task: Option<JoinHandle<()>>,
    /// When the stop that is under way began.
    pub(crate) stop_began: Option<Instant>,
}

impl Seat {
    pub(crate) fn new(body: Body, declared: bool) -> Self {
        Self { body, declared, keep: None, task: None, stop_began: None }
    }

    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        let (Body::Task { slot, .. } | Body::Supervisor { slot, .. }) = &self.body;
        slot
    }
}

impl Drop for Seat {
    /// Nothing outlives its supervisor, even if the supervisor's task is dropped.
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").field("declared", &self.declared).finish_non_exhaustive()
    }
}

/// One life of a supervisor.
pub(crate) struct Reign {
    pub(crate) node: Arc<Node>,
    pub(crate) engine: Engine<Seat, Reply>,
    inbox: Arc<Inbox<Message>>,
    reaper: Reaper,
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
    ending: Option<ExitReason>,
}

/// Spawns a life of a supervisor with the children that it was declared with.
pub(crate) fn spawn(node: Arc<Node>, inbox: Arc<Inbox<Message>>) {
    let seed = RandomState::new().build_hasher().finish();
    let mut engine = Engine::new(node.rules().clone(), seed);
    for Declared { name, rules, body } in node.declared() {
        let seat = Seat::new(body, true);
        let generation = seat.slot().core().generation();
        let slot = Arc::clone(seat.slot());
        let key = engine.declare(name, rules, generation, seat);
        slot.core().set_link(Some(Link { inbox: Arc::clone(&inbox), key }));
    }
    let reign = Reign { node, engine, inbox, reaper: Reaper::default(), timer: None, ending: None };
    reign.node.stops().reset();
    tokio::spawn(reign.run());
}

impl Reign {
    async fn run(mut self) {
        self.handle(Message::Event(Event::Start));
        let mut batch = Vec::new();
        while self.ending.is_none() {
            self.next(&mut batch).await;
            // Also behind a flood of queries, which do not move the engine's clock.
            if self.engine.next_deadline().is_some_and(|at| at <= Instant::now()) {
                self.handle(Message::Event(Event::Tick));
            }
            for (done, message) in batch.drain(..).enumerate() {
                self.handle(message);
                if done % BATCH == BATCH - 1 {
                    self.reaper.reap();
                    tokio::task::yield_now().await;
                }
            }
            self.reaper.reap();
            // A storm of restarts shares the thread with everything else.
            tokio::task::coop::consume_budget().await;
        }
    }

    /// Waits for messages, or for the engine's next deadline.
    async fn next(&mut self, batch: &mut Vec<Message>) {
        match (self.engine.next_deadline(), &mut self.timer) {
            (None, timer) => *timer = None,
            (Some(at), Some((set, _))) if *set == at => {}
            (Some(at), Some((set, sleep))) => {
                sleep.as_mut().reset(at);
                *set = at;
            }
            (Some(at), timer) => *timer = Some((at, Box::pin(tokio::time::sleep_until(at)))),
        }
        let (inbox, timer) = (&self.inbox, &mut self.timer);
        poll_fn(|cx| {
            if inbox.poll_take(cx, batch).is_ready() {
                return Poll::Ready(());
            }
            match timer {
                Some((_, sleep)) => sleep.as_mut().poll(cx),
                None => Poll::Pending,
            }
        })
        .await;
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Query(query) => query(self),
            Message::Event(event) => {
                if let Event::Exited(key, generation, _) = &event {
                    self.let_go(*key, *generation);
                }
                self.engine.on(Instant::now(), event);
                while let Some(effect) = self.engine.effect() {
                    self.perform(effect);
                }
            }
        }
    }

    /// A task that has ended is not kept in memory until the next one.
    fn let_go(&mut self, key: Key, generation: u64) {
        if self.engine.child(key).is_some_and(|child| child.generation == generation)
            && let Some(seat) = self.engine.child_mut(key)
        {
            seat.task = None;
        }
    }

    fn perform(&mut self, effect: Effect<Seat, Reply>) {
        match effect {
            Effect::Spawn { child, generation } => self.launch(child, generation),
            Effect::Adopt(child) => self.adopt(child),
            Effect::Ask(child) => self.ask(child),
            Effect::Abort(child) => self.abort(child),
            Effect::CheckHeartbeat(child) => self.check_heartbeat(child),
            Effect::RetryLater(child, retry) => self.later(Event::Retry(child, retry)),
            Effect::ContinueLater => self.later(Event::Continue),
            Effect::Close(child) => self.close(child),
            Effect::Forgotten(child) => {
                if let Some(seat) = self.engine.take_forgotten(child) {
                    self.forget(seat);
                }
            }
            Effect::Refused(seat) => refuse(seat, &mut self.reaper),
            Effect::Answer(reply, answer) => {
                // A caller who no longer waits does not undo the command.
                let _ = reply.send(answer);
            }
            Effect::Tell(notice) => journal::tell(self, notice),
            Effect::Started => self.node.started(),
            Effect::Ended(ending) => self.end(ending),
        }
    }

    /// Puts an event behind what is already waiting.
    fn later(&self, event: Event<Seat, Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }

    fn link(&self, key: Key) -> Link {
        Link { inbox: Arc::clone(&self.inbox), key }
    }

    fn launch(&mut self, key: Key, generation: u64) {
        let link = self.link(key);
        let Some(child) = self.engine.child(key) else { return };
        let rules = Arc::clone(&child.rules);
        let slot = Arc::clone(child.data.slot());
        if slot.core().is_occupied() {
            // An earlier life, perhaps of an earlier life of this supervisor, goes on.
            let exit = Exit::Returned(ExitReason::StillRunning);
            return self.later(Event::Exited(key, generation, exit));
        }
        let span = journal::span(slot.core(), generation);
        let duties = Duties { notify: rules.needs_report(), heartbeat: rules.heartbeat.is_some() };
        slot.core().begin(generation, link.clone(), duties);
        slot.open(generation);
        let Some(seat) = self.engine.child_mut(key) else { return };
        seat.stop_began = None;
        seat.keep = None;
        match &seat.body {
            Body::Supervisor { node, .. } => node.launch(link, generation),
            Body::Task { recipe, .. } => {
                let times = StopTimes {
                    shutdown: rules.shutdown,
                    kill_grace: self.node.rules().kill_grace,
                };
                let seed = Seed { slot: Arc::clone(&slot), generation, span, times };
                match Arc::clone(recipe).launch(seed) {
                    Ok(task) => seat.task = Some(task),
                    Err(reason) => {
                        slot.end_life(generation);
                        self.later(Event::Exited(key, generation, Exit::Returned(reason)));
                    }
                }
            }
        }
    }

    /// A running supervisor is now a child of this one.
    fn adopt(&mut self, key: Key) {
        let link = self.link(key);
        if let Some(seat) = self.engine.child_mut(key) {
            seat.keep = None;
        }
        let Some(child) = self.engine.child(key) else { return };
        if let Body::Supervisor { node, slot } = &child.data.body {
            slot.core().begin(child.generation, link.clone(), Duties::default());
            slot.core().came_up(Instant::now(), false);
            node.report_to(&link, child.generation);
        }
    }

    fn ask(&mut self, key: Key) {
        let Some(seat) = self.engine.child_mut(key) else { return };
        seat.stop_began = Some(Instant::now());
        seat.slot().core().set_state(ChildState::Stopping);
        match &seat.body {
            Body::Supervisor { node, .. } => node.tell(Event::Stop),
            Body::Task { slot, .. } => {
                if slot.core().ask() {
                    slot.wake_receiver();
                } else if let Some(task) = &seat.task {
                    task.abort();
                }
            }
        }
    }

    fn abort(&mut self, key: Key) {
        let Some(seat) = self.engine.child_mut(key) else { return };
        seat.stop_began.get_or_insert_with(Instant::now);
        seat.slot().core().set_state(ChildState::Stopping);
        match &seat.body {
            Body::Supervisor { node, .. } => node.tell(Event::Kill),
            Body::Task { .. } => {
                if let Some(task) = &seat.task {
                    task.abort();
                }
            }
        }
    }

    fn check_heartbeat(&mut self, key: Key) {
        let now = Instant::now();
        let Some(child) = self.engine.child(key) else { return };
        let (Some(limit), generation) = (child.rules.heartbeat, child.generation) else { return };
        let core = child.data.slot().core();
        let event = match core.last_sign() {
            Sign::Given(at) if now.saturating_duration_since(at) >= limit => {
                Event::Hung(key, generation, limit)
            }
            Sign::Given(at) => Event::Alive(key, generation, at),
            // Waiting for a message is as good as a sign.
            Sign::Idle => Event::Alive(key, generation, now),
        };
        self.engine.on(now, event);
    }

    /// No life of the child is pending.
    fn close(&mut self, key: Key) {
        let Some(child) = self.engine.child(key) else { return };
        let body = child.data.body.clone();
        self.node.retire(&body, Closing::NotRunning, &mut self.reaper);
    }

    fn forget(&mut self, seat: Seat) {
        let slot = seat.slot();
        // A declared child comes back if its supervisor is restarted.
        let returns = seat.declared && self.node.is_supervised();
        let closing = if returns { Closing::NotRunning } else { Closing::Gone };
        self.node.retire(&seat.body, closing, &mut self.reaper);
        if closing == Closing::Gone {
            slot.core().set_link(None);
        }
        self.reaper.take(seat);
    }

    fn end(&mut self, ending: Ending) {
        let blame = |name, reason| Escalation { path: self.node.path().join(&name), reason };
        let reason = match ending {
            Ending::Shutdown => ExitReason::Shutdown,
            Ending::RuntimeGone => ExitReason::RuntimeGone,
            Ending::GaveUp { name, reason } => ExitReason::Escalated(Arc::new(blame(name, reason))),
            Ending::StartFailed { name, reason } => {
                ExitReason::StartFailed(Arc::new(blame(name, reason)))
            }
        };
        self.conclude(reason);
    }

    /// Leaves nothing open: no mailbox of a child that does not come back, no caller.
    fn conclude(&mut self, reason: ExitReason) {
        for (_, child) in self.engine.children() {
            if matches!(ChildState::from(&child.state), ChildState::Unstoppable) {
                let began = child.data.stop_began.unwrap_or_else(Instant::now);
                report::left(&self.node, child.data.slot(), began);
            }
        }
        let dynamic: Vec<Body> = self
            .engine
            .children()
            .filter(|(_, child)| !child.data.declared)
            .map(|(_, child)| child.data.body.clone())
            .collect();
        for body in dynamic {
            let (Body::Task { slot, .. } | Body::Supervisor { slot, .. }) = &body;
            slot.core().set_link(None);
            self.node.retire(&body, Closing::Gone, &mut self.reaper);
        }
        for message in self.inbox.close() {
            message.turn_away(&mut self.reaper);
        }
        self.node.ended(&reason, &mut self.reaper);
        self.reaper.reap();
        self.ending = Some(reason);
    }
}

impl Drop for Reign {
    /// The task was dropped, or panicked: whoever waits is told all the same.
    fn drop(&mut self) {
        if self.ending.is_none() {
            self.conclude(ExitReason::RuntimeGone);
        }
    }
}

/// A child that did not get its place is gone; a supervisor goes on as it was.
fn refuse(seat: Seat, reaper: &mut Reaper) {
    if let Some((_, leftovers)) = seat.slot().close(Closing::Gone) {
        reaper.take(leftovers);
    }
    Node::disown(&seat.body);
    reaper.take(seat);
}

/// What is known of a child's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Given(Instant),
    /// It waits for a message.
    Idle,
}

impl fmt::Debug for Reign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reign").field("node", &self.node).finish_non_exhaustive()
    }
}

/// How long a stop has taken so far.
pub(crate) fn elapsed(seat: &Seat, now: Instant) -> Duration {
    seat.stop_began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began))
}
