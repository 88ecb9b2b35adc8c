//! The driver of one life of a supervisor: the engine decides, and the driver carries out the
//! engine's effects, in the supervisor's own task ([`run_supervisor`]) or in the task of a child
//! that has just ended ([`handle_inline`](SupervisorRun::handle_inline)).

mod adoption;
mod child;
mod effects;
mod ending;
mod launch;
mod notices;
mod room;
mod users;

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

pub(crate) use self::child::ChildTask;
use self::room::RoomWaiters;
use self::users::Users;
use crate::engine::{Addition, Answer, Child, Effect, Ending, Engine, Event, Key, Notice, Refusal};
use crate::inbox::{self, Inbox, Link, Message, Parked, Reply, Resident, Timer};
use crate::observe::is_watched;
use crate::packed_instant::PackedInstant;
use crate::runtime::node::{Declared, Node};
use crate::runtime::reaper::Reaper;
use crate::slot::Wakers;
use crate::spec::{ChildState, HealthPart, RestartPolicy};
use crate::sync::task;

/// The number of messages that are handled before other tasks get their turn.
const BATCH: usize = 128;

/// The number of times that the task of a child that has ended looks for more messages before it
/// leaves them to the supervisor's own task.
const ROUNDS: usize = 8;

/// The state of one life of a supervisor, owned by the task that handles its messages.
pub(crate) struct SupervisorRun {
    pub(crate) node: Arc<Node>,
    pub(crate) engine: Engine<ChildTask, Reply>,
    inbox: Arc<Inbox>,
    /// The gate in front of the children's lives, if there is one.
    #[cfg(feature = "lease")]
    gate: Option<Arc<crate::life::gate::Gate>>,
    reaper: Reaper,
    /// The messages in hand: none while the state rests in the inbox.
    batch: VecDeque<Message>,
    /// The instant at which the messages in hand are handled.
    now: PackedInstant,
    /// Set if this life owns the node's declaration, and returns it to the node at its end.
    pub(crate) has_declaration: bool,
    /// The wakers of a child that was asked to end; they are woken after the messages in hand.
    wakers: Option<Wakers>,
    /// The engine's decision to end, which the supervisor's own task carries out.
    ending: Option<Ending>,
    /// Set once the end of this life has been carried out.
    concluded: bool,
    /// The callers who wait until there is room for another child; most supervisors have none.
    room: Option<Box<RoomWaiters>>,
}

/// Spawns a life of a supervisor with its declared children; `policy` is the restart policy of a
/// nested supervisor.
fn spawn(node: Arc<Node>, inbox: Arc<Inbox>, policy: Option<RestartPolicy>) {
    let mut engine = Engine::new(node.rules().clone(), node.backoff_seed());
    if let Some(policy) = policy {
        engine.become_child(policy);
    }
    // A root has one life, so the life takes the declaration instead of a copy of it.
    let has_declaration = policy.is_none();
    let declared = if has_declaration { node.take_declared() } else { node.declared().to_vec() };
    engine.reserve(declared.len());
    let mut users = Users::of(&node);
    for Declared { rules, body } in declared {
        let generation = body.slot().core().generation();
        let key = engine.declare(rules, generation, ChildTask::new(body), users.next());
        users.push(key);
        if let Some(child) = engine.child_mut(key) {
            child.slot().core().set_link(Some(Link { inbox: Arc::clone(&inbox), key }));
        }
    }
    let run = Box::new(SupervisorRun {
        #[cfg(feature = "lease")]
        gate: node.gate(),
        node,
        engine,
        inbox,
        reaper: Reaper::default(),
        batch: VecDeque::new(),
        now: PackedInstant::now(),
        has_declaration,
        wakers: None,
        ending: None,
        concluded: false,
        room: None,
    });
    run.node.stops().reset();
    let name = task::Name::of(|| run.node.path().to_string());
    task::spawn_named(&name, run_supervisor(run));
}

/// Runs the supervisor's task: handles messages and deadlines until the life ends.
async fn run_supervisor(mut run: Box<SupervisorRun>) {
    let guard = InboxGuard(Arc::clone(&run.inbox));
    let mut timer = Timer::default();
    run.handle(Message::Event(Event::Start));
    // Many supervisors of a large tree receive no message between their start and their end.
    run.engine.shrink();
    loop {
        run.handle_batch().await;
        if run.conclude_if_ended() {
            return;
        }
        let resident = match guard.0.rest(run) {
            Parked::Done => {
                let taken = poll_fn(|cx| guard.0.poll_take(cx, &mut timer)).await;
                let Some(resident) = taken else { return };
                resident
            }
            Parked::More(resident) | Parked::Detached(resident) => resident,
        };
        let Some(same_run) = SupervisorRun::from_resident(resident) else { return };
        run = same_run;
        // Yield within a storm of restarts: other tasks share the thread.
        task::consume_budget().await;
    }
}

/// Marks the inbox as without a task when the supervisor's task is dropped.
struct InboxGuard(Arc<Inbox>);

impl Drop for InboxGuard {
    fn drop(&mut self) {
        drop(self.0.detach_task());
    }
}

impl SupervisorRun {
    /// Downcasts the state that rested in an inbox; each inbox holds the state of its own
    /// supervisor.
    fn from_resident(resident: Box<dyn Resident>) -> Option<Box<Self>> {
        let any: Box<dyn Any> = resident;
        any.downcast().ok()
    }

    /// Makes a message that calls this function with the supervisor's state, or with `None` if the
    /// supervisor ends before it has handled the message.
    pub(crate) fn visit(call: impl FnOnce(Option<&mut Self>) + Send + 'static) -> Message {
        Message::Visit(Box::new(move |state| call(state.and_then(|any| any.downcast_mut()))))
    }

    /// Makes the message for an addition, which is refused if the supervisor ends before it has
    /// handled the message.
    pub(crate) fn addition_message(addition: Addition<ChildTask, Reply>) -> Message {
        Self::visit(|run| match run {
            Some(run) => run.add(addition),
            None => refuse(addition),
        })
    }

    fn add(&mut self, addition: Addition<ChildTask, Reply>) {
        self.engine.add(self.now, addition);
        self.perform_all();
    }

    /// Handles the messages in hand, and the deadlines that have passed.
    async fn handle_batch(&mut self) {
        // Read the clock once for all messages that are handled in one go.
        self.now = PackedInstant::now();
        // Queries do not move the engine's clock, so that a flood of them must not delay a
        // deadline.
        if self.engine.next_deadline().is_some_and(|at| at <= self.now) {
            self.handle(Message::Event(Event::Tick));
        }
        let mut done = 0;
        // Take one message at a time: if the task is dropped, `conclude` still finds the others in
        // the batch and answers them.
        while let Some(message) = self.batch.pop_front() {
            self.handle(message);
            done += 1;
            if done % BATCH == 0 {
                self.reaper.reap();
                self.wakers.take().into_iter().for_each(Wakers::wake);
                task::yield_now().await;
                self.now = PackedInstant::now();
            }
        }
        self.reaper.reap();
        self.wakers.take().into_iter().for_each(Wakers::wake);
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Visit(visit) => visit(Some(self)),
            Message::Event(event) => {
                if let Event::Exited(key, generation, _) = &event {
                    self.forget_task(*key, *generation);
                }
                self.engine.on(self.now, event);
                self.perform_all();
            }
        }
    }

    fn perform_all(&mut self) {
        // While nobody watches any tree, this costs one load.
        let (is_watched, mut has_changed) = (is_watched(), false);
        while let Some(effect) = self.engine.effect() {
            has_changed = has_changed || is_watched && self.affects_health(&effect);
            self.perform(effect);
        }
        if has_changed {
            self.node.health_changed();
        }
    }

    /// Returns `true` if the health of the tree may be another after this effect.
    fn affects_health(&self, effect: &Effect<ChildTask, Reply>) -> bool {
        let is_noticed = |key| {
            let child = self.engine.child(key);
            // A child that is ignored is noticed if it cannot be stopped.
            let is_ignored = |child: &Child<ChildTask, Reply>| {
                child.rules.health == HealthPart::Ignored
                    && child.shown() != ChildState::Unstoppable
            };
            child.is_some_and(|child| !is_ignored(child))
        };
        match effect {
            Effect::Notify(Notice::Started(key) | Notice::Restarted { child: key, .. })
            | Effect::Forgotten(key) => is_noticed(*key),
            Effect::Notify(Notice::Draining(_) | Notice::Stopping | Notice::StoppedLate(_)) => true,
            effect => effect.shows().is_some_and(is_noticed),
        }
    }

    /// Drops the handle of a task that has ended, so that the task's memory is free before the next
    /// life.
    fn forget_task(&mut self, key: Key, generation: u64) {
        if let Some((child, _, last)) = self.engine.parts_mut(key)
            && last == generation
        {
            child.task.forget();
        }
    }
}

impl Resident for SupervisorRun {
    fn batch(&mut self) -> &mut VecDeque<Message> {
        &mut self.batch
    }

    fn affects_only_itself(&self, message: &Message) -> bool {
        match message {
            Message::Event(Event::Exited(key, _, exit)) => {
                self.engine.affects_only_itself(*key, exit)
            }
            _ => false,
        }
    }

    fn next_deadline(&self) -> Option<PackedInstant> {
        self.engine.next_deadline()
    }

    fn needs_own_task(&self) -> bool {
        self.ending.is_some()
    }

    /// Handles the messages in hand, and those that arrive meanwhile, in the task of a child that
    /// has ended and has found the supervisor at rest.
    fn handle_inline(mut self: Box<Self>, inbox: &Inbox) {
        // Drop the values when this function returns, without a task of their own: this is the task
        // of the child whose value may be among them.
        let mut garbage = Reaper::default();
        let mut rounds = 0;
        loop {
            self.now = PackedInstant::now();
            while let Some(message) = self.batch.pop_front() {
                self.handle(message);
            }
            garbage.append(&mut self.reaper);
            rounds += 1;
            let wakers = self.wakers.take();
            let hands_over = self.needs_own_task() || rounds == ROUNDS;
            let parked = if hands_over { inbox.hand_over(self) } else { inbox.rest(self) };
            wakers.into_iter().for_each(Wakers::wake);
            match parked {
                Parked::Done => return,
                Parked::More(resident) => match Self::from_resident(resident) {
                    Some(run) => self = run,
                    None => return,
                },
                // The supervisor's task is gone, and its runtime with it; `drop` answers every
                // pending caller.
                Parked::Detached(resident) => return drop(resident),
            }
        }
    }
}

/// Refuses an addition whose supervisor ended before it handled the message.
fn refuse(addition: Addition<ChildTask, Reply>) {
    let (children, reply) = match addition {
        Addition::One { data, reply, .. } => (vec![data], reply),
        Addition::Many { workers, reply, .. } => (workers, reply),
    };
    let mut reaper = Reaper::default();
    children.into_iter().for_each(|child| child.refuse(&mut reaper));
    inbox::answer(reply, Answer::Refused(Refusal::ShuttingDown));
}

impl fmt::Debug for SupervisorRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupervisorRun").field("node", &self.node).finish_non_exhaustive()
    }
}
