//! Children and counters for the models.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst};

use shuttle::future::block_on;
use shuttle::thread::{self, JoinHandle};

use super::check::{must, must_be_gone};
use crate::spec::{ChildOptions, ChildResult};
use crate::{
    Addressable, Child, ChildRef, ChildSpec, Context, MaxRestarts, Supervisor, Worker, specs,
};

/// Counts what happens in a run.
#[derive(Default)]
pub(super) struct Counts {
    /// Lives of all children that go on.
    alive: AtomicI64,
    /// Messages that were made, and those that were dropped.
    made: AtomicUsize,
    dropped: AtomicUsize,
    /// Lives that have begun.
    pub(super) begun: AtomicU64,
}

impl Counts {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn alive(&self) -> i64 {
        self.alive.load(SeqCst)
    }

    /// Makes the content of a message, which is counted when it is dropped.
    pub(super) fn token(self: &Arc<Self>) -> Token {
        self.made.fetch_add(1, SeqCst);
        Token(Arc::clone(self))
    }

    /// Checks that each message was dropped, and dropped once.
    pub(super) fn assert_all_dropped(&self) {
        assert_eq!(self.made.load(SeqCst), self.dropped.load(SeqCst), "each message, once");
    }
}

/// The content of a message.
pub(super) struct Token(Arc<Counts>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, SeqCst);
    }
}

/// An order to an [`Actor`].
pub(super) enum Order {
    /// Nothing but to be received.
    Take(Token),
    /// Fail.
    Fail,
    /// End normally.
    End,
    /// Answer.
    Answer(crate::Reply<u64>),
}

/// A child that does as it is told, and checks that it is alone in its slot.
pub(super) struct Actor {
    counts: Arc<Counts>,
    /// The lives of this child that go on.
    own: Arc<AtomicI64>,
    /// Reports late that it is ready.
    is_late: bool,
    /// Never looks at its shutdown signal: it can only be dropped.
    is_deaf: bool,
}

impl Actor {
    pub(super) fn new(counts: &Arc<Counts>) -> Self {
        let counts = Arc::clone(counts);
        Self { counts, own: Arc::default(), is_late: false, is_deaf: false }
    }

    pub(super) fn late(counts: &Arc<Counts>) -> Self {
        Self { is_late: true, ..Self::new(counts) }
    }

    pub(super) fn deaf(counts: &Arc<Counts>) -> Self {
        Self { is_deaf: true, ..Self::new(counts) }
    }

    /// Returns the specification of this child, whose slot must be gone at the end of the run.
    pub(super) fn named(self, name: &str) -> ChildSpec<specs::Ready<ChildRef<Order>>> {
        let spec = ChildSpec::new(name).with_worker(self);
        must_be_gone(format!("the slot of {name}"), spec.handle().slot());
        spec
    }
}

impl Addressable for Actor {
    type Message = Order;
    const DEFAULTS: ChildOptions = ChildOptions::new();
}

impl Child for Actor {
    type Recipe = Self;
    type Handle = ChildRef<Order>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<specs::Ready<ChildRef<Order>>> {
        recipe.named(name)
    }
}

impl Worker for Actor {
    async fn run(&self, mut ctx: Context<Order>) -> ChildResult {
        let _alive = Alive::new(&self.counts, &self.own);
        if self.is_deaf {
            return std::future::pending().await;
        }
        if self.is_late {
            shuttle::future::yield_now().await;
            ctx.ready();
        }
        while let Some(order) = ctx.recv().await {
            match order {
                Order::Take(token) => drop(token),
                Order::Fail => return Err("told to".into()),
                Order::End => return Ok(()),
                Order::Answer(reply) => {
                    let _ = reply.send(ctx.incarnation());
                }
            }
        }
        Ok(())
    }
}

/// A life that goes on.
struct Alive {
    counts: Arc<Counts>,
    own: Arc<AtomicI64>,
}

impl Alive {
    fn new(counts: &Arc<Counts>, own: &Arc<AtomicI64>) -> Self {
        must(own.fetch_add(1, SeqCst) == 0, "two lives of a child at once");
        counts.alive.fetch_add(1, SeqCst);
        counts.begun.fetch_add(1, SeqCst);
        Self { counts: Arc::clone(counts), own: Arc::clone(own) }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.own.fetch_sub(1, SeqCst);
        self.counts.alive.fetch_sub(1, SeqCst);
    }
}

/// Begins a supervisor that never gives up.
pub(super) fn patient() -> crate::SupervisorBuilder {
    Supervisor::new().with_max_restarts(MaxRestarts::Unlimited)
}

/// Notes that the node of this supervisor must be gone at the end of the run.
pub(super) fn watched(supervisor: Supervisor) -> Supervisor {
    must_be_gone("a supervisor", supervisor.node());
    supervisor
}

/// Runs the future in a thread of its own.
pub(super) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    thread::spawn(move || block_on(future))
}

/// Waits for all threads.
pub(super) fn join<T>(threads: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
}
