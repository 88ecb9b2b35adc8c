//! The task of a supervisor: it tells the engine what happened, and does what the engine decides.

mod seat;

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::time::{Instant, Sleep};

use crate::child_spec::Body;
use crate::engine::{ChildState, Effect, Ending, Engine, Event, Exit, Key};
use crate::exit::{Escalation, ExitReason};
use crate::inbox::Inbox;
use crate::journal;
use crate::kept::StopTimes;
use crate::life::Seed;
use crate::mailbox::Closing;
use crate::node::{Declared, Node};
use crate::reaper::Reaper;
use crate::report;
use crate::slot::{Beginning, Duties, Sign};

use self::seat::refuse;
pub(crate) use self::seat::{Link, Message, Reply, Seat};

/// How many messages are handled before other tasks get their turn.
const BATCH: usize = 128;

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
    #[cfg(feature = "test-util")]
    let seed = crate::testing::Draws::seed_of(&node).unwrap_or(seed);
    let mut engine = Engine::new(node.rules().clone(), seed);
    let declared = node.declared();
    engine.reserve(declared.len());
    for Declared { name, rules, body } in declared.iter() {
        let core = body.slot().core();
        let seat = Seat::new(body.clone(), true);
        let key = engine.declare(name.clone(), Arc::clone(rules), core.generation(), seat);
        core.set_link(Some(Link { inbox: Arc::clone(&inbox), key }));
    }
    let mut reign =
        Reign { node, engine, inbox, reaper: Reaper::default(), timer: None, ending: None };
    reign.node.stops().reset();
    // Run by reference: a future that is given its state by value has room for it twice.
    tokio::spawn(async move { reign.run().await });
}

impl Reign {
    async fn run(&mut self) {
        self.handle(Instant::now(), Message::Event(Event::Start));
        let mut batch = Vec::new();
        while self.ending.is_none() {
            self.next(&mut batch).await;
            // One look at the clock does for what is handled in one go.
            let mut now = Instant::now();
            // Also behind a flood of queries, which do not move the engine's clock.
            if self.engine.next_deadline().is_some_and(|at| at <= now) {
                self.handle(now, Message::Event(Event::Tick));
            }
            for (done, message) in batch.drain(..).enumerate() {
                self.handle(now, message);
                if done % BATCH == BATCH - 1 {
                    self.reaper.reap();
                    tokio::task::yield_now().await;
                    now = Instant::now();
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
            // Set too early, it is set again when it fires: that is cheaper than each time when
            // deadlines come and go, as in the stop of many children.
            (Some(at), Some((set, sleep))) if *set <= at && !sleep.is_elapsed() => {}
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

    fn handle(&mut self, now: Instant, message: Message) {
        match message {
            Message::Query(query) => query(self),
            Message::Event(event) => {
                if let Event::Exited(key, generation, _) = &event {
                    self.let_go(*key, *generation);
                }
                self.engine.on(now, event);
                while let Some(effect) = self.engine.effect() {
                    self.perform(now, effect);
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

    fn perform(&mut self, now: Instant, effect: Effect<Seat, Reply>) {
        match effect {
            Effect::Spawn { child, generation } => self.launch(now, child, generation),
            Effect::Adopt(child) => self.adopt(now, child),
            Effect::Ask(child) => self.ask(now, child),
            Effect::Abort(child) => self.abort(now, child),
            Effect::CheckHeartbeat(child) => self.check_heartbeat(now, child),
            Effect::RetryLater(child, retry) => self.later(Event::Retry(child, retry)),
            Effect::ContinueLater => self.later(Event::Continue),
            Effect::Close(child) => self.close(child),
            Effect::Forgotten(child) => {
                if let Some(seat) = self.engine.take_forgotten(child) {
                    self.forget(seat);
                }
            }
            Effect::Refused(seat) => refuse(*seat, &mut self.reaper),
            Effect::Answer(reply, answer) => {
                // A caller who no longer waits does not undo the command.
                let _ = reply.send(answer);
            }
            Effect::Tell(notice) => journal::tell(self, now, notice),
            Effect::Started => self.node.started(),
            Effect::Ended(ending) => self.end(*ending),
        }
    }

    /// Puts an event behind what is already waiting.
    fn later(&self, event: Event<Seat, Reply>) {
        let _ = self.inbox.push(Message::Event(event));
    }

    fn launch(&mut self, now: Instant, key: Key, generation: u64) {
        let Some(child) = self.engine.child(key) else { return };
        let rules = &child.rules;
        let slot = Arc::clone(child.data.slot());
        if slot.core().is_occupied() {
            // An earlier life, perhaps of an earlier life of this supervisor, goes on.
            let exit = Exit::Returned(ExitReason::StillRunning);
            return self.later(Event::Exited(key, generation, exit));
        }
        let span = journal::span(slot.core(), generation);
        let duties = Duties { notify: rules.needs_report(), heartbeat: rules.heartbeat.is_some() };
        let up = rules.is_up_once_spawned().then_some(now);
        let times =
            StopTimes { shutdown: rules.shutdown, kill_grace: self.node.rules().kill_grace };
        let beginning = Beginning { inbox: &self.inbox, key, duties, up };
        slot.begin_life(generation, beginning);
        let Some(seat) = self.engine.child_mut(key) else { return };
        seat.keep = None;
        match &seat.body {
            Body::Supervisor { node, .. } => {
                node.launch(Link { inbox: Arc::clone(&self.inbox), key }, generation);
            }
            Body::Task { recipe, .. } => {
                match Arc::clone(recipe).launch(Seed { slot, generation, span, times }) {
                    Ok(task) => seat.task = Some(task),
                    Err(reason) => {
                        seat.slot().end_life(generation);
                        self.later(Event::Exited(key, generation, Exit::Returned(reason)));
                    }
                }
            }
        }
    }

    /// A running supervisor is now a child of this one.
    fn adopt(&mut self, now: Instant, key: Key) {
        if let Some(seat) = self.engine.child_mut(key) {
            seat.keep = None;
        }
        let Some(child) = self.engine.child(key) else { return };
        if let Body::Supervisor { node, slot } = &child.data.body {
            let (inbox, duties) = (&self.inbox, Duties::default());
            slot.core().begin(child.generation, Beginning { inbox, key, duties, up: Some(now) });
            node.report_to(&Link { inbox: Arc::clone(inbox), key }, child.generation);
        }
    }

    fn ask(&mut self, now: Instant, key: Key) {
        let Some(seat) = self.engine.child_mut(key) else { return };
        match &seat.body {
            Body::Supervisor { node, slot } => {
                slot.core().stops(now);
                node.tell(Event::Stop);
            }
            Body::Task { slot, .. } => {
                if slot.core().ask(now) {
                    slot.wake_receiver();
                } else if let Some(task) = &seat.task {
                    task.abort();
                }
            }
        }
    }

    fn abort(&mut self, now: Instant, key: Key) {
        let Some(seat) = self.engine.child_mut(key) else { return };
        seat.slot().core().stops(now);
        match &seat.body {
            Body::Supervisor { node, .. } => node.tell(Event::Kill),
            Body::Task { .. } => {
                if let Some(task) = &seat.task {
                    task.abort();
                }
            }
        }
    }

    fn check_heartbeat(&mut self, now: Instant, key: Key) {
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
        if let Some(child) = self.engine.child(key) {
            self.node.retire(&child.data.body, Closing::NotRunning, &mut self.reaper);
        }
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
                let slot = child.data.slot();
                let began = slot.core().stop_began().unwrap_or_else(Instant::now);
                report::left(&self.node, slot, began);
            }
        }
        for (_, child) in self.engine.children().filter(|(_, child)| !child.data.declared) {
            let body = &child.data.body;
            body.slot().core().set_link(None);
            self.node.retire(body, Closing::Gone, &mut self.reaper);
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

impl fmt::Debug for Reign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reign").field("node", &self.node).finish_non_exhaustive()
    }
}
