//! A child that does a job at fixed intervals.

use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::child::{Addressable, ChildRef, Context, Worker};
use crate::spec::{ChildOptions, ChildResult};
use crate::sync::clock;
use crate::sync::time::sleep_until;
use crate::tree::{Child, ChildSpec, Ready};

type DynJob = dyn Fn() -> Pin<Box<dyn Future<Output = ChildResult> + Send>> + Send + Sync;

/// A job that is done periodically: a function that is called once in each period.
///
/// The first call is one period after the child's start, and further calls are one period apart,
/// counted from the start and not from the end of the last call: the calls do not drift. With
/// [`at_once`](Self::at_once) the first call is at the start.
///
/// *Overruns:* two calls never overlap. If a call takes longer than the period, the calls that were
/// due meanwhile are left out, and the next is at the next full period: with a period of 10 s, a
/// call from 10 to 25 is followed by one at 30. After the process was suspended, one call that was
/// due is made late, and the others are left out.
///
/// A call that fails or panics ends the life, and the child's policy decides: after a restart, the
/// schedule begins anew. An `Ok` is followed by the next call, also with
/// [`Transient`](crate::RestartPolicy::Transient).
///
/// At shutdown a call that is under way has the child's shutdown time to end, and no other follows.
///
/// The child's message is `()`: the job is also done, besides the schedule, for each message that
/// is sent to the child.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::{Duration, Instant};
/// use supervisor::Periodic;
/// use supervisor::prelude::*;
///
/// let cleanup = Periodic::every(Duration::from_secs(30), async || {
///     println!("cleaning up");
///     Ok(())
/// });
/// let supervisor = Supervisor::new().build();
/// let cleanup = supervisor.add_child(ChildSpec::new("cleanup").with_worker(cleanup)).await?;
/// cleanup.send(()).await?; // now, too
/// # tokio::time::sleep(Duration::from_secs(100)).await;
/// # Ok(())
/// # }
/// ```
///
/// In a tree a periodic job is a task with
/// [`every`](crate::supervision_tree!#every-a-periodic-job), or a typed child: `cleanup: Periodic =
/// Periodic::every(…)`.
#[derive(Clone)]
#[must_use = "a job is not done until it is given to a `ChildSpec` or a tree"]
pub struct Periodic {
    period: Duration,
    at_once: bool,
    job: Arc<DynJob>,
}

impl Periodic {
    /// Creates a child that does this job once in each period.
    ///
    /// # Panics
    ///
    /// If the period is zero.
    pub fn every<F, Fut>(period: Duration, job: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ChildResult> + Send + 'static,
    {
        assert!(!period.is_zero(), "`every` must be longer than zero");
        Self { period, at_once: false, job: Arc::new(move || Box::pin(job())) }
    }

    /// Does the job for the first time when the child starts.
    pub fn at_once(mut self) -> Self {
        self.at_once = true;
        self
    }

    /// Returns the time of the first call.
    fn first(&self) -> Due {
        let now = clock::now();
        Due(if self.at_once { Some(now) } else { now.checked_add(self.period) })
    }
}

/// The period of a declared task with `every`.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "expansions make it from its field")]
pub struct Every(pub Duration);

impl Every {
    /// Creates the periodic job of the task.
    pub fn job<J, Arguments>(self, job: J) -> Periodic
    where
        J: PeriodicJob<Arguments, Call: PeriodicFuture + Send + 'static> + Send + Sync + 'static,
    {
        Periodic::every(self.0, move || job.call())
    }
}

/// The job of a task with `every`: a function of no arguments.
#[diagnostic::on_unimplemented(
    message = "this is no periodic job",
    label = "with `every`, write an `async fn() -> ChildResult`, without a context, or `async || {{ … }}`"
)]
pub trait PeriodicJob<Arguments> {
    /// The result of a call.
    type Call;

    /// Calls the job.
    fn call(&self) -> Self::Call;
}

#[diagnostic::do_not_recommend]
impl<F: Fn() -> Call, Call> PeriodicJob<()> for F {
    type Call = Call;

    fn call(&self) -> Call {
        self()
    }
}

/// An implementation that holds for no function. With two implementations to choose from, the
/// compiler reports that a function that takes a context is no job; with one, it would count the
/// function's arguments.
impl<F: Fn(Context) -> Call + WithoutContext, Call> PeriodicJob<(Context,)> for F {
    type Call = Call;

    fn call(&self) -> Call {
        unreachable!("no function is `WithoutContext`")
    }
}

/// A condition that no function meets.
pub trait WithoutContext {}

/// The future that a call of a job returns: a future of [`ChildResult`].
#[diagnostic::on_unimplemented(
    message = "this is no periodic job: it returns `{Self}`",
    label = "with `every`, write an `async fn() -> ChildResult`, or a closure like it"
)]
pub trait PeriodicFuture: Future<Output = ChildResult> {}

#[diagnostic::do_not_recommend]
impl<F: Future<Output = ChildResult>> PeriodicFuture for F {}

/// The time of the next call; `None` if no [`Instant`] can hold it.
#[derive(Clone, Copy)]
struct Due(Option<Instant>);

impl Due {
    /// Waits for the time of the call.
    async fn wait(self) {
        match self.0 {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
    }

    /// Returns the first time after `now` at which a call is due.
    fn after(self, now: Instant, period: Duration) -> Self {
        let Some(late) = self.0.and_then(|at| now.checked_duration_since(at)) else { return self };
        // The next call is at the end of the period that has begun.
        let elapsed = duration(late.as_nanos() % period.as_nanos());
        Self(now.checked_add(period.saturating_sub(elapsed)))
    }
}

/// Turns the nanoseconds of a duration into a duration again.
fn duration(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanos / SECOND).unwrap_or(u64::MAX);
    Duration::new(seconds, u32::try_from(nanos % SECOND).unwrap_or(0))
}

#[diagnostic::do_not_recommend]
impl Child for Periodic {
    type Recipe = Self;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new().as_periodic();

    // `inline` has this compiled in the crates whose trees have such a child, as every worker is,
    // and not in this crate: its task and its mailbox would be a fourteenth of this crate's machine
    // code.
    #[inline]
    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<ChildRef<()>>> {
        ChildSpec::new(name).with_worker(recipe)
    }
}

#[diagnostic::do_not_recommend]
impl Addressable for Periodic {
    const DEFAULTS: ChildOptions = Self::OPTIONS;
    type Message = ();
}

#[diagnostic::do_not_recommend]
impl Worker for Periodic {
    async fn run(&self, mut ctx: Context) -> ChildResult {
        let mut due = self.first();
        ctx.ready();
        loop {
            let trigger = {
                let (mut message, mut tick) = (pin!(ctx.recv()), pin!(due.wait()));
                poll_fn(|cx| match message.as_mut().poll(cx) {
                    Poll::Ready(message) => Poll::Ready(message),
                    Poll::Pending => tick.as_mut().poll(cx).map(Some),
                })
                .await
            };
            if trigger.is_none() {
                return Ok(());
            }
            (self.job)().await?;
            due = due.after(clock::now(), self.period);
        }
    }
}

impl fmt::Debug for Periodic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Periodic")
            .field("period", &self.period)
            .field("at_once", &self.at_once)
            .finish_non_exhaustive()
    }
}
