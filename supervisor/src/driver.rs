//! The task of a supervisor: it tells the engine what happened, and does what the engine decides.

mod alarm;
mod seat;

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::mem;
use std::sync::Arc;

use tokio::time::Instant;

use crate::child_spec::Body;
use crate::engine::{Child, ChildState, Effect, Ending, Engine, Event, Exit, Key};
use crate::exit::{Escalation, ExitReason};
use crate::inbox::{Inbox, Rest};
use crate::journal;
use crate::kept::StopTimes;
use crate::life::Seed;
use crate::mailbox::Closing;
use crate::moment::Moment;
use crate::node::{Declared, Node};
use crate::reaper::Reaper;
use crate::report;
use crate::slot::{Beginning, Duties, Sign, Woken};

pub(crate) use self::alarm::Alarm;
pub(crate) use self::seat::{Link, Message, Reply, Seat};
use self::seat::{Task, refuse};

/// How many messages are handled before other tasks get their turn.
const BATCH: usize = 128;

/// How often a life that has ended looks for more messages before it leaves them to the
/// supervisor's own task.
const ROUNDS: usize = 8;

/// One life of a supervisor: its state, for whoever handles its messages.
pub(crate) struct Reign {
    pub(crate) node: Arc<Node>,
    pub(crate) engine: Engine<Seat, Reply>,
    inbox: Arc<Inbox>,
    reaper: Reaper,
    /// The messages in hand: none, while nobody handles any.
    pub(crate) batch: VecDeque<Message>,
    /// The node's declaration is here, and goes back to it at the end.
    pub(crate) has_declaration: bool,
    /// Who was asked to end, and has not been woken yet.
    woken: Option<Woken>,
    /// The engine has ended; it is for the supervisor's own task to tell.
    ending: Option<Ending>,
    concluded: bool,
}

/// Spawns a life of a supervisor with the children that it was declared with.
pub(crate) fn spawn(node: Arc<Node>, inbox: Arc<Inbox>) {
    let seed = RandomState::new().build_hasher().finish();
    #[cfg(feature = "test-util")]
    let seed = crate::testing::Draws::seed_of(&node).unwrap_or(seed);
    let mut engine = Engine::new(node.rules().clone(), seed);
    // A root has one life: its children's specifications need not be there twice.
    let has_declaration = !node.is_supervised();
    let declared = if has_declaration { node.take_declared() } else { node.declared().to_vec() };
    engine.reserve(declared.len());
    for Declared { rules, body } in declared {
        let generation = body.slot().core().generation();
        let key = engine.declare(rules, generation, Seat::new(body));
        if let Some(seat) = engine.child_mut(key) {
            seat.slot().core().set_link(Some(Link { inbox: Arc::clone(&inbox), key }));
        }
    }
    let reign = Box::new(Reign {
        node,
        engine,
        inbox,
        reaper: Reaper::default(),
        batch: VecDeque::new(),
        has_declaration,
        woken: None,
        ending: None,
        concluded: false,
    });
    reign.node.stops().reset();
    tokio::spawn(rule(reign));
}

/// The supervisor's task.
async fn rule(mut reign: Box<Reign>) {
    let desk = Desk(Arc::clone(&reign.inbox));
    let mut alarm = Alarm::default();
    reign.handle(Instant::now(), Message::Event(Event::Start));
    // Many a supervisor of a large tree hears nothing more until its end.
    reign.engine.shrink();
    loop {
        reign.work().await;
        if reign.conclude_if_ended() {
            return;
        }
        reign = match desk.0.rest(reign) {
            Rest::Done => {
                let taken = poll_fn(|cx| desk.0.poll_take(cx, &mut alarm)).await;
                let Some(reign) = taken else { return };
                reign
            }
            Rest::More(reign) | Rest::Deserted(reign) => reign,
        };
        // A storm of restarts shares the thread with everything else.
        tokio::task::coop::consume_budget().await;
    }
}

/// Where the supervisor's task waits.
struct Desk(Arc<Inbox>);

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.0.desert());
    }
}

impl Reign {
    /// Handles the messages in hand, and what has become due.
    async fn work(&mut self) {
        // One look at the clock does for what is handled in one go.
        let mut now = Instant::now();
        // Also behind a flood of queries, which do not move the engine's clock.
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            self.handle(now, Message::Event(Event::Tick));
        }
        let mut done = 0;
        // One by one: what is not done yet is in its place if the task is dropped in between.
        while let Some(message) = self.batch.pop_front() {
            self.handle(now, message);
            done += 1;
            if done % BATCH == 0 {
                self.reaper.reap();
                self.woken.take().into_iter().for_each(Woken::wake);
                tokio::task::yield_now().await;
                now = Instant::now();
            }
        }
        self.reaper.reap();
        self.woken.take().into_iter().for_each(Woken::wake);
    }

    /// Handles the messages in hand, and those that come meanwhile, in the task of a child that has
    /// ended and has found nobody at it.
    pub(crate) fn assist(mut self: Box<Self>, inbox: &Inbox) {
        let mut rounds = 0;
        loop {
            let now = Instant::now();
            while let Some(message) = self.batch.pop_front() {
                self.handle(now, message);
            }
            if self.engine.is_stopping() {
                // The recipes of a few workers are kept until then as others are.
                self.reaper.reap_many();
            } else {
                self.reaper.reap();
            }
            rounds += 1;
            let woken = self.woken.take();
            let has_to_end = self.has_work() || rounds == ROUNDS;
            let rest = if has_to_end { inbox.hand_over(self) } else { inbox.rest(self) };
            woken.into_iter().for_each(Woken::wake);
            match rest {
                Rest::Done => return,
                Rest::More(reign) => self = reign,
                // With the task it has lost its runtime: whoever waits is told.
                Rest::Deserted(reign) => return drop(reign),
            }
        }
    }

    /// Whether nothing follows for other children from what the message tells.
    pub(crate) fn is_private(&self, message: &Message) -> bool {
        match message {
            Message::Event(Event::Exited(key, _, exit)) => self.engine.is_private(*key, exit),
            _ => false,
        }
    }

    /// Whether there is something that only the supervisor's own task does.
    pub(crate) fn has_work(&self) -> bool {
        self.ending.is_some()
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
            seat.task.let_go();
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
                if let Some(child) = self.engine.take_forgotten(child) {
                    self.forget(child);
                }
            }
            Effect::Refused(seat) => refuse(*seat, &mut self.reaper),
            Effect::Answer(reply, answer) => {
                // A caller who no longer waits does not undo the command.
                let _ = reply.send(answer);
            }
            Effect::Tell(notice) => journal::tell(self, now, notice),
            Effect::Started => self.node.started(),
            Effect::Ended(ending) => self.ending = Some(*ending),
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
        match &seat.body {
            Body::Supervisor { node, .. } => {
                node.launch(Link { inbox: Arc::clone(&self.inbox), key }, generation);
            }
            Body::Task { recipe, .. } => {
                match Arc::clone(recipe).launch(Seed { slot, generation, span, times }) {
                    Ok(task) => seat.task = Task::new(task),
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
                slot.core().begin_stop(now);
                node.tell(Event::Stop);
            }
            Body::Task { slot, .. } => {
                match slot.ask(now) {
                    Some(woken) => {
                        // The last one is woken when all is done here: it may run at once, on
                        // another thread, and has nothing to wait for then.
                        if let Some(before) = self.woken.replace(woken) {
                            before.wake();
                        }
                    }
                    None => seat.task.abort(),
                }
            }
        }
    }

    fn abort(&mut self, now: Instant, key: Key) {
        let Some(seat) = self.engine.child_mut(key) else { return };
        seat.slot().core().begin_stop(now);
        match &seat.body {
            Body::Supervisor { node, .. } => node.tell(Event::Kill),
            Body::Task { .. } => seat.task.abort(),
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

    fn forget(&mut self, child: Child<Seat, Reply>) {
        let seat = child.data;
        let slot = seat.slot();
        // A declared child comes back if its supervisor is restarted.
        let returns = child.declared && self.node.is_supervised();
        let closing = if returns { Closing::NotRunning } else { Closing::Gone };
        self.node.retire(&seat.body, closing, &mut self.reaper);
        if closing == Closing::Gone {
            slot.core().set_link(None);
        }
        self.reaper.take_seat(seat);
    }

    fn conclude_if_ended(&mut self) -> bool {
        let Some(ending) = self.ending.take() else { return false };
        let blame = |name, reason| Escalation { path: self.node.path().join(&name), reason };
        let reason = match ending {
            Ending::Shutdown => ExitReason::Shutdown,
            Ending::RuntimeGone => ExitReason::RuntimeGone,
            Ending::GaveUp { name, reason } => ExitReason::Escalated(Arc::new(blame(name, reason))),
            Ending::StartFailed { name, reason } => {
                ExitReason::StartFailed(Arc::new(blame(name, reason)))
            }
        };
        self.conclude(&reason);
        true
    }

    /// Leaves nothing open: no mailbox of a child that does not come back, no caller.
    fn conclude(&mut self, reason: &ExitReason) {
        self.concluded = true;
        self.woken.take().into_iter().for_each(Woken::wake);
        let mut declared = Vec::new();
        if self.has_declaration {
            declared.reserve_exact(self.engine.count());
        }
        for child in self.engine.take_children() {
            if matches!(ChildState::from(&child.state), ChildState::Unstoppable) {
                let slot = child.data.slot();
                let began = slot.core().stop_began().map_or_else(Instant::now, Moment::instant);
                report::left(&self.node, slot, began);
            }
            if !child.declared {
                child.data.slot().core().set_link(None);
                self.node.retire(&child.data.body, Closing::Gone, &mut self.reaper);
                self.reaper.take_seat(child.data);
            } else if self.has_declaration {
                let Child { rules, data: Seat { body, .. }, .. } = child;
                declared.push(Declared { rules, body });
            }
        }
        if self.has_declaration {
            self.node.set_declared(declared);
        }
        for message in mem::take(&mut self.batch).into_iter().chain(self.inbox.close()) {
            message.turn_away(&mut self.reaper);
        }
        self.node.ended(reason, &mut self.reaper);
        self.reaper.reap();
    }
}

impl Drop for Reign {
    /// The task was dropped, or panicked: whoever waits is told all the same.
    fn drop(&mut self) {
        if self.concluded {
            return;
        }
        self.engine.abandon();
        while let Some(effect) = self.engine.effect() {
            match effect {
                Effect::Answer(..) | Effect::Refused(_) => self.perform(Instant::now(), effect),
                // There is no runtime to do it on.
                _ => {}
            }
        }
        if !self.conclude_if_ended() {
            self.conclude(&ExitReason::RuntimeGone);
        }
    }
}

impl fmt::Debug for Reign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reign").field("node", &self.node).finish_non_exhaustive()
    }
}
