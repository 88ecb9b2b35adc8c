//! What a supervisor does with what it is told: the engine decides, and here is what carries that
//! out, in the supervisor's own task (`rule`) or in that of a child that has just ended
//! ([`assist`](Reign::assist)).

mod alarm;
mod effects;
mod ending;
mod seat;

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use tokio::time::Instant;

use crate::engine::{Ending, Engine, Event, Key};
use crate::inbox::{Inbox, Rest};
use crate::node::{Declared, Node};
use crate::reaper::Reaper;
use crate::slot::Woken;

pub(crate) use self::alarm::Alarm;
pub(crate) use self::seat::{Link, Message, Reply, Seat};

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

/// Where the supervisor's task waits. Dropped with it: nobody waits there from then on.
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
        // Dropped when this returns: it may be the child's own value, and this is its task.
        let mut garbage = Reaper::default();
        let mut rounds = 0;
        loop {
            let now = Instant::now();
            while let Some(message) = self.batch.pop_front() {
                self.handle(now, message);
            }
            garbage.take_over(&mut self.reaper);
            rounds += 1;
            let woken = self.woken.take();
            let hands_over = self.needs_own_task() || rounds == ROUNDS;
            let rest = if hands_over { inbox.hand_over(self) } else { inbox.rest(self) };
            woken.into_iter().for_each(Woken::wake);
            match rest {
                Rest::Done => return,
                Rest::More(reign) => self = reign,
                // With the task it has lost its runtime. Its `Drop` tells whoever waits.
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
    pub(crate) fn needs_own_task(&self) -> bool {
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
}

impl fmt::Debug for Reign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reign").field("node", &self.node).finish_non_exhaustive()
    }
}
