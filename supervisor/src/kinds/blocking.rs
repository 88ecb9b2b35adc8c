//! Blocking work as a child, on a thread of its own.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::catch::Guarded;
use crate::child::{ChildRef, Context, NoTask};
use crate::life::detached::{self, Progress, park_on};
use crate::life::{LifeFactory, PendingLife};
use crate::slot::{AnySlot, Slot};
use crate::spec::{ChildOptions, ChildResult, ExitReason, Failure, Name};
use crate::sync::clock;
use crate::sync::task::{self, JoinHandle};
use crate::tree::{Child, ChildSpec, Ready, Unset};

/// A child that blocks: a function that runs on a thread of its own, one call for each life.
///
/// The function stops *cooperatively*. When it is asked to stop, [`BlockingContext::recv`] gives
/// `None`, [`wait_for_shutdown`](BlockingContext::wait_for_shutdown) ends and
/// [`is_shutdown_requested`](Context::is_shutdown_requested) is true, whether the function looked
/// at any of them before or not. Nothing can stop a thread half-way: where another child is aborted
/// (by `brutal_kill`, a time-out, or [`ChildRef::kill`]), this one is asked, and if it goes on for
/// the supervisor's `kill_grace` it is reported as a child that cannot be stopped
/// ([`EventKind::ChildNotStopped`](crate::events::EventKind::ChildNotStopped), and the
/// [`ShutdownReport`](crate::info::ShutdownReport)). Its next life begins when the function has
/// returned, never before.
///
/// Panics and errors are those of any other child. A function that drops its context before it is
/// ready has failed to start if it has not returned a tenth of a second later. A thread that cannot
/// be spawned is an error of the life. If the runtime is dropped without a shutdown, the function
/// is asked to stop, and is not waited for.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
/// use supervisor::{Blocking, BlockingContext};
///
/// enum Job { Square(u64, Reply<u64>) }
///
/// let squares = Blocking::new(|mut ctx: BlockingContext<Job>| {
///     while let Some(Job::Square(number, reply)) = ctx.recv() {
///         let _ = reply.send(number * number); // imagine something that takes its time
///     }
///     Ok(())
/// });
/// let supervisor = Supervisor::new().build();
/// let squares = supervisor.add_child(ChildSpec::new("squares").with_blocking(squares)).await?;
/// assert_eq!(squares.ask(|reply| Job::Square(12, reply)).await?, 144);
/// supervisor.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// In a tree it is a typed child: `squares: Always<Blocking<Job>> = Blocking::new(…)`.
///
/// # Time
///
/// Threads have real time only. Under tokio's paused clock, virtual time goes on while the child
/// runs, and stands still while the child is being stopped, for as long as its stop may take.
// There is no bound on `M` where none is needed, as on that of `ChildRef`.
pub struct Blocking<M = ()> {
    run: Arc<dyn Fn(BlockingContext<M>) -> ChildResult + Send + Sync>,
}

/// A function that blocks its thread, one call for each life.
///
/// The bound is beside one on [`Fn`], as in `TaskFn`, and the second implementation holds for no
/// function: with it, the compiler reports what is no such function in these words.
#[diagnostic::on_unimplemented(
    message = "this is no function that may block",
    label = "a `Blocking` is made of a `fn(ctx: BlockingContext<M>) -> ChildResult`, which is not async",
    note = "an async function is a task, as in `name: Always = function`; with messages, it is the `run` of an `impl Worker`"
)]
pub trait BlockingFn<Arguments, M>: Fn(BlockingContext<M>) -> ChildResult {}

#[diagnostic::do_not_recommend]
impl<F: Fn(BlockingContext<M>) -> ChildResult, M> BlockingFn<(BlockingContext<M>,), M> for F {}

#[diagnostic::do_not_recommend]
impl<F: Fn(BlockingContext<M>) -> ChildResult + NoTask, M> BlockingFn<(), M> for F {}

impl<M: Send + 'static> Blocking<M> {
    /// Creates a child that runs this function; the type of the context is that of the messages.
    pub fn new<F, Arguments>(run: F) -> Self
    where
        F: Fn(BlockingContext<M>) -> ChildResult + BlockingFn<Arguments, M> + Send + Sync + 'static,
    {
        let run = Guarded::new(run);
        Self { run: Arc::new(move |ctx| (*run)(ctx)) }
    }
}

#[diagnostic::do_not_recommend]
impl<M: Send + 'static> Child for Blocking<M> {
    type Recipe = Self;
    type Handle = ChildRef<M>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<ChildRef<M>>> {
        ChildSpec::new(name).with_blocking(recipe)
    }
}

impl ChildSpec<Unset> {
    /// Runs this function on a thread of its own: for work that blocks.
    pub fn with_blocking<M: Send + 'static>(
        self,
        blocking: Blocking<M>,
    ) -> ChildSpec<Ready<ChildRef<M>>> {
        self.with_factory(None, Arc::new(blocking))
    }
}

impl<M: Send + 'static> LifeFactory for Blocking<M> {
    #[expect(clippy::disallowed_methods, reason = "the thread is outside of the models")]
    fn launch(self: Arc<Self>, mut life: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
        life.runs_outside();
        // The life counts as one that has looked at its shutdown signal: a stop may come before the
        // thread's first step.
        let _ = life.slot.core().observe_stop(life.generation);
        // A thread's name with a NUL would panic; a child's name has none.
        let name = life.slot.core().name().to_string().replace('\0', "");
        let slot = Arc::clone(&life.slot);
        let (alive, _aborted, watch) = detached::stand_in(slot, life.generation, life.times);
        let runtime = tokio::runtime::Handle::current();
        let thread = move || {
            let progress = alive.progress();
            let _alive = alive;
            // In the runtime's context, the function can spawn tasks, and wait for futures with
            // timers.
            let _entered = runtime.enter();
            life.run_here(async move { (self.run)(BlockingContext::of_this_life(progress)) });
        };
        match thread::Builder::new().name(name).spawn(thread) {
            Ok(_detached) => Ok(task::spawn(watch)),
            Err(failure) => Err(ExitReason::Error(Failure::of_error(&failure))),
        }
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<M>::new(name, capacity))
    }

    #[cfg(feature = "test-util")]
    fn can_hang(&self) -> bool {
        false
    }
}

/// The context of a running [`Blocking`] child: all of [`Context`], with a [`recv`](Self::recv)
/// that blocks.
pub struct BlockingContext<M = ()> {
    context: Context<M>,
    progress: Arc<Progress>,
}

impl<M: Send + 'static> BlockingContext<M> {
    fn of_this_life(progress: Arc<Progress>) -> Self {
        Self { context: Context::of_this_life(), progress }
    }

    /// Blocks until the next message, which it returns; `None` when shutdown was requested.
    pub fn recv(&mut self) -> Option<M> {
        park_on(self.context.recv(), None).flatten()
    }

    /// Blocks until shutdown is requested, at most for this (real) time; returns `true` if it was
    /// requested.
    ///
    /// A child that works at intervals sleeps in between by this.
    ///
    /// ```
    /// use std::time::Duration;
    /// use supervisor::{Blocking, BlockingContext};
    ///
    /// let cleaner = Blocking::new(|ctx: BlockingContext| {
    ///     while !ctx.wait_for_shutdown(Duration::from_secs(60)) {
    ///         println!("cleaning");
    ///     }
    ///     Ok(())
    /// });
    /// # let _ = supervisor::ChildSpec::new("cleaner").with_blocking(cleaner);
    /// ```
    #[must_use]
    pub fn wait_for_shutdown(&self, limit: Duration) -> bool {
        let deadline = clock::real_now().checked_add(limit);
        park_on(self.context.shutdown_requested(), deadline).is_some()
    }

    /// Blocks until a future completes, such as a [`ChildRef::send`]; shutdown does not end the
    /// wait.
    ///
    /// The thread is inside the supervisor's runtime: futures with timers and input or output
    /// work.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match park_on(future, None) {
            Some(output) => output,
            None => unreachable!("without a deadline"),
        }
    }
}

impl<M> Deref for BlockingContext<M> {
    type Target = Context<M>;

    fn deref(&self) -> &Context<M> {
        &self.context
    }
}

impl<M> DerefMut for BlockingContext<M> {
    fn deref_mut(&mut self) -> &mut Context<M> {
        &mut self.context
    }
}

impl<M> Drop for BlockingContext<M> {
    /// Reports that the life will never be ready, since that needs the context. As a rule the
    /// context is dropped because the function returns, and the function's result tells more: so
    /// the report is made only if the function goes on.
    fn drop(&mut self) {
        if let Some(report) = self.context.abandonment() {
            self.progress.if_still_running(move || report.tell());
        }
    }
}

impl<M> Clone for Blocking<M> {
    fn clone(&self) -> Self {
        Self { run: Arc::clone(&self.run) }
    }
}

impl<M> fmt::Debug for Blocking<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}

impl<M> fmt::Debug for BlockingContext<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingContext").field(&self.context).finish()
    }
}
