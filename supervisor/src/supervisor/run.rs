//! Runs a tree as the whole program: starts it, stops it at a signal, and returns an exit code.

mod responder;
mod runtime_watchdog;
mod signals;
#[cfg(all(unix, feature = "systemd"))]
mod systemd;
#[cfg(not(all(unix, feature = "systemd")))]
#[path = "run/no_systemd.rs"]
mod systemd;

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tracing::{Level, enabled, error, info, warn};

use self::runtime_watchdog::RuntimeWatchdog;
use self::signals::{Listening, Signal, Signals, ignore_until};
use self::systemd::Manager;
use super::Supervisor;
use crate::catch::catch_panic;
use crate::error::SupervisorError;
use crate::packed_instant::PackedInstant;
use crate::runtime::{NodeState, Steps};
use crate::spec::ExitReason;
use crate::sync::clock;

/// The time after a signal that was heeded, and after the beginning of the stop, in which further ones are
/// the same request: what sends a signal to a process group and to its leader makes two of one.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// Runs a tree as the whole program: starts it, waits until it ends or a signal asks the process to
/// stop, shuts it down in steps, and returns the exit code for `main`.
///
/// The tree can be a [`Tree`](crate::Tree), that is, the value of `supervision_tree!` or of
/// `Shop::tree(…)`, or a [`Supervisor`]. If `main` needs the tree's handle, take it before `run`.
///
/// ```no_run
/// use std::process::ExitCode;
/// use supervisor::prelude::*;
///
/// async fn worker(ctx: Context) -> ChildResult {
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
///
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     supervisor::run(supervision_tree! { one_for_one { worker: Always } }).await
/// }
/// ```
///
/// What is awaited can be [set up](Run) before, for example with times from the configuration:
///
/// ```no_run
/// # use std::process::ExitCode;
/// use std::time::Duration;
/// # use supervisor::prelude::*;
/// # async fn worker(ctx: Context) -> ChildResult { ctx.shutdown_requested().await; Ok(()) }
/// # #[tokio::main]
/// # async fn main() -> ExitCode {
/// # let tree = supervision_tree! { one_for_one { worker: Always } };
/// supervisor::run(tree)
///     .drain(Duration::from_secs(5))
///     .stop_within(Duration::from_secs(25))
///     .await
/// # }
/// ```
///
/// # Signals
///
/// | signal | effect |
/// |---|---|
/// | SIGINT, SIGTERM, SIGHUP | each goes a step further: the first begins the [drain](crate::guide::stopping) if the tree has one, else the stop in order; one during the drain ends it and begins the stop; one during the stop kills at once all children that have not ended yet, even if they have shutdown time left |
/// | SIGQUIT | kills all children at once, also as the first signal |
///
/// While the tree starts, the first signal ends the start, and stops what has been started. Elsewhere than
/// on Unix, Ctrl-C is the only signal, and stands for SIGINT.
///
/// Signals that arrive within a second of one that was heeded, or of the beginning of the stop, are the
/// same request and have no effect, except for SIGQUIT: a wrapper that forwards a signal which its whole
/// process group has received already must not cut a graceful shutdown short.
///
/// SIGHUP says that the terminal is gone, and ends a program that does not handle it. A program that
/// reads its configuration again at SIGHUP leaves it out: [`Run::leaving_sighup`]. On Linux, a process that
/// was started with SIGHUP ignored (`nohup`) goes on ignoring it.
///
/// # Log
///
/// Events, and the children that had to be killed, did not stop, or failed in their clean-ups (the
/// [`ShutdownReport`](crate::info::ShutdownReport)), are logged through `tracing`. If the program
/// has no subscriber for that, the reason of a failure goes to the standard error. A subscriber
/// that panics, for example since its output is closed, changes nothing else.
///
/// # systemd
///
/// With the feature `systemd`, the program tells systemd when the tree is up, how it is, and that it stops,
/// and answers systemd's watchdog: see the module `systemd`.
///
/// # Exit codes
///
/// | exit code | |
/// |---|---|
/// | 0 | the tree ended in order: by itself, or after a signal; also if children were killed because their time, or the time for the whole, was over |
/// | 1 | the tree did not start, gave up, or a child could not be stopped; or signals cannot be listened to |
/// | another | the failure for which the tree gave up carries it: see [`WithExitCode`](crate::exit::WithExitCode) |
/// | 70 | the runtime did not respond: see [`Run::runtime_watchdog`] |
/// | 129, 130, 131, 143 | SIGHUP, SIGINT, SIGQUIT or SIGTERM had what was left killed (128 + its number) |
///
/// # Process exit
///
/// If a child could not be stopped, it blocks a thread of the runtime, and `main` could not
/// return: the runtime waits for its threads. In this case only, when everything else has ended
/// and the report has been logged, `run` does not return but ends the process
/// ([`std::process::exit`]).
///
/// When `run` has returned, or its future was dropped, the next of these signals ends the process
/// at once, with the exit code 128 + its number: the runtime may wait for a thread, as for one that
/// reads the standard input, and then nothing else would end it. (A thread of the library's waits
/// for that signal, from then on.) A later call of `run` takes the signals over again.
///
/// # Panics
///
/// Never. Outside of a tokio runtime, and in one built by hand without `enable_io` and
/// `enable_time` (or `enable_all`), the tree does not start and the exit code is 1.
///
/// # Cancel safety
///
/// Dropping the future drops the last handle of the tree, unless others were taken: the tree then
/// shuts down, and nothing waits for it.
pub fn run(tree: impl IntoTree) -> Run {
    let settings = Settings {
        supervisor: tree.into(),
        drain: None,
        total: None,
        hangup: true,
        runtime_watchdog: None,
    };
    Run { settings, running: None }
}

/// A program that consists of a tree, from [`run`]: a future, with settings to be made before it is
/// awaited.
///
/// ```
/// # use std::process::ExitCode;
/// use std::time::Duration;
/// use supervisor::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")] // `run` is polled before the task that ends the tree
/// # async fn main() {
/// let tree = Supervisor::new().build();
/// # let own = tree.clone();
/// # tokio::spawn(async move { own.start().await.map(|()| own.request_shutdown()) });
/// let code = supervisor::run(tree).stop_within(Duration::from_secs(25)).await;
/// # assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
/// # }
/// ```
#[must_use = "a tree does not run until this is awaited"]
pub struct Run {
    settings: Settings,
    /// The run, once the future has been polled.
    running: Option<Pin<Box<dyn Future<Output = ExitCode> + Send>>>,
}

/// The tree that is run, and the settings of its stop.
#[derive(Clone, Debug)]
struct Settings {
    supervisor: Supervisor,
    drain: Option<Duration>,
    total: Option<Duration>,
    /// `true` if SIGHUP asks the tree to stop.
    hangup: bool,
    runtime_watchdog: Option<Duration>,
}

impl Run {
    /// Sets how long the tree drains, in place of the `drain` of its root. Zero is not at all.
    ///
    /// `SHUTDOWN_BUDGET` has the time that the tree declares, and not this one.
    pub fn drain(mut self, time: Duration) -> Self {
        self.settings.drain = Some(time);
        self
    }

    /// Sets the time for the whole shutdown, with the drain, from the first signal or request on, even if
    /// that came before `run`: what has not ended then is killed, as by
    /// [`Supervisor::shutdown_within`](crate::Supervisor::shutdown_within). Default: no limit beside
    /// the children's own times.
    ///
    /// It leaves time for what follows in `main`, and is longer than the drain: otherwise no child is
    /// ever asked to stop, and the log says so at the start. A tree that gives up by itself is limited
    /// from a signal on.
    pub fn stop_within(mut self, total: Duration) -> Self {
        self.settings.total = Some(total);
        self
    }

    /// Leaves SIGHUP to the program, for daemons that read their configuration again: a child listens to
    /// it with `tokio::signal::unix::signal`. Until a child does, SIGHUP ends the process.
    ///
    /// ```no_run
    /// use std::process::ExitCode;
    /// use supervisor::prelude::*;
    ///
    /// # #[cfg(unix)]
    /// async fn reload(ctx: Context) -> ChildResult {
    ///     use tokio::signal::unix::{SignalKind, signal};
    ///     let mut hangup = signal(SignalKind::hangup())?;
    ///     loop {
    ///         tokio::select! {
    ///             () = ctx.shutdown_requested() => return Ok(()),
    ///             _ = hangup.recv() => println!("reading the configuration again"),
    ///         }
    ///     }
    /// }
    ///
    /// # #[cfg(unix)]
    /// #[tokio::main]
    /// async fn main() -> ExitCode {
    ///     let tree = supervision_tree! { one_for_one { reload: Always } };
    ///     supervisor::run(tree).leaving_sighup().await
    /// }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    pub fn leaving_sighup(mut self) -> Self {
        self.settings.hangup = false;
        self
    }

    /// Ends the process when the tokio runtime does not respond for this long, because each of
    /// its threads runs code that does not return. With a time of zero, the watchdog is off, which is
    /// the default.
    ///
    /// A child that blocks one thread of several is found by its
    /// [`heartbeat`](crate::guide::options), and makes the tree not live. When all threads are blocked,
    /// nothing in the runtime can notice it: no heartbeat fires, no probe is answered, and no signal is
    /// handled. A thread outside of the runtime can: it asks a task to respond four times in
    /// this time, and ends the process with exit code 70 when there was none for the whole time.
    /// Systemd or Kubernetes can then start the program again. Before the process ends, the log says
    /// for each thread which child it runs, and the processes of `Program` children are killed.
    ///
    /// Time in which the whole process was stopped, as by a debugger, does not count. The watchdog is
    /// on from the start of the tree to the end of `run`, the stop included. While it is on, it costs
    /// a thread, four wake-ups in its time, and a record of the child in each poll.
    ///
    /// Under systemd, `WatchdogSec` with the feature `systemd` does the same from outside of the process.
    ///
    /// ```no_run
    /// # use std::process::ExitCode;
    /// use std::time::Duration;
    /// # use supervisor::prelude::*;
    /// # async fn worker(ctx: Context) -> ChildResult { ctx.shutdown_requested().await; Ok(()) }
    /// # #[tokio::main]
    /// # async fn main() -> ExitCode {
    /// # let tree = supervision_tree! { one_for_one { worker: Always } };
    /// supervisor::run(tree).runtime_watchdog(Duration::from_secs(30)).await
    /// # }
    /// ```
    pub fn runtime_watchdog(mut self, time: Duration) -> Self {
        self.settings.runtime_watchdog = Some(time).filter(|time| !time.is_zero());
        self
    }
}

impl Future for Run {
    type Output = ExitCode;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ExitCode> {
        let Self { settings, running } = self.get_mut();
        running.get_or_insert_with(|| Box::pin(run_as_set(settings.clone()))).as_mut().poll(cx)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// A tree that [`run`] takes: one that is not started, or a supervisor.
#[diagnostic::on_unimplemented(
    message = "this is no tree that can be run",
    label = "give it a tree that is not started, as in `run(Shop::tree())`",
    note = "a tree that has been started is run by its supervisor: `run(shop.supervisor().clone())`; a builder is built first"
)]
pub trait IntoTree: Into<Supervisor> {}

#[diagnostic::do_not_recommend]
impl<T: Into<Supervisor>> IntoTree for T {}

/// Runs a tree in the way that is set.
async fn run_as_set(settings: Settings) -> ExitCode {
    let Settings { supervisor, drain, total, hangup, runtime_watchdog } = settings;
    let set = supervisor.node().steps();
    let steps = Steps { drain: drain.unwrap_or(set.drain), total: total.or(set.total) };
    supervisor.node().set_steps(steps);
    if steps.total.is_some_and(|total| total <= steps.drain) {
        let Steps { drain, total } = steps;
        log(|| {
            warn!(target: "supervisor", ?drain, ?total, "the drain takes the whole time: no child will be asked to stop");
        });
    }
    run_listening(supervisor, hangup, runtime_watchdog).await
}

async fn run_listening(
    supervisor: Supervisor,
    hangup: bool,
    runtime_watchdog: Option<Duration>,
) -> ExitCode {
    // Listen before the start, so that a signal during the start does not end the process.
    let mut signals = match Signals::new(hangup) {
        Ok(signals) => signals,
        Err(failure) => {
            log(|| error!(target: "supervisor", %failure, "cannot listen to signals"));
            print_if_not_logged(format_args!("cannot listen to signals: {failure}"));
            return ExitCode::FAILURE;
        }
    };
    let _listening = Listening::begin(hangup);
    let _watchdog = runtime_watchdog.and_then(RuntimeWatchdog::begin);
    let manager = Manager::begin(&supervisor);
    let tree_end = async {
        supervisor.start().await?;
        manager.up();
        supervisor.wait().await
    };
    let end = match race(tree_end, signals.next()).await {
        First::Left(result) => End::Ended(result),
        First::Right(signal) => {
            let first_at = clock::real_now();
            ignore_until(first_at + SAME_REQUEST);
            manager.stopping();
            stop(&supervisor, &mut signals, signal, first_at).await
        }
    };
    let failure = if let End::Ended(Err(failure)) = &end { Some(failure) } else { None };
    manager.over(failure).await;
    match end {
        End::Ended(Ok(())) => log_report_and_exit(&supervisor, 0),
        End::Ended(Err(failure)) => {
            report_failure(&supervisor, &failure);
            let code = failure.reason().and_then(ExitReason::exit_code);
            log_report_and_exit(&supervisor, code.unwrap_or(1))
        }
        End::Killed(signal) => log_report_and_exit(&supervisor, signal.exit_code()),
    }
}

/// The way in which a tree ended.
enum End {
    Ended(Result<(), SupervisorError>),
    /// A signal had what was left killed.
    Killed(Signal),
}

/// Stops the tree: each signal goes a step further, from the drain to the stop to the kill.
async fn stop(
    supervisor: &Supervisor,
    signals: &mut Signals,
    first: Signal,
    first_at: Instant,
) -> End {
    if !first.is_quick() {
        // Logged first, so that the lines of the children come after it.
        log(|| info!(target: "supervisor", signal = first.name, "shutting down"));
        supervisor.request_shutdown();
    }
    let (mut last, mut heeded_at) = (first, first_at);
    while !last.is_quick() {
        last = match race(supervisor.wait(), signals.next()).await {
            First::Left(result) => return End::Ended(result),
            First::Right(signal) => signal,
        };
        if last.is_quick() {
            break;
        }
        let now = clock::real_now();
        if now.saturating_duration_since(heeded_at) < SAME_REQUEST || has_just_begun(supervisor) {
            log(|| info!(target: "supervisor", signal = last.name, "already shutting down"));
            continue;
        }
        if !supervisor.node().stops().is_draining() {
            break;
        }
        log(|| info!(target: "supervisor", signal = last.name, "stopping without further drain"));
        heeded_at = now;
        ignore_until(now + SAME_REQUEST);
        supervisor.end_drain();
    }
    log(|| warn!(target: "supervisor", signal = last.name, "killing what has not ended"));
    supervisor.request_kill();
    let _ = supervisor.wait().await;
    End::Killed(last)
}

/// Returns `true` if the stop has begun so recently that a signal may have been meant for the drain
/// before it.
fn has_just_begun(supervisor: &Supervisor) -> bool {
    let stops = supervisor.node().stops();
    let since = stops.began().map(|began| PackedInstant::now().saturating_duration_since(began));
    stops.has_drained() && since.is_some_and(|since| since < SAME_REQUEST)
}

/// Writes to the log. A subscriber may panic, for example since its output is closed; the shutdown
/// goes on.
fn log(write: impl FnOnce()) {
    catch_panic(write);
}

/// Logs or prints the reason of a failure. The end of a tree that gave up has been logged already.
fn report_failure(supervisor: &Supervisor, failure: &SupervisorError) {
    if !matches!(supervisor.node().state(), NodeState::Ended { .. }) {
        log(|| error!(target: "supervisor", %failure, "the tree does not run"));
    }
    print_if_not_logged(format_args!("{failure}"));
}

/// Prints a failure to the standard error if no subscriber reads the log, so that a program does
/// not fail without a word.
fn print_if_not_logged(failure: fmt::Arguments<'_>) {
    // A subscriber that panics has not logged the failure either.
    let is_logged = catch_panic(|| enabled!(target: "supervisor", Level::ERROR)).unwrap_or(false);
    if !is_logged {
        // The standard error may be closed; then there is no way left to report the failure.
        let _ = writeln!(io::stderr(), "error: {failure}");
    }
}

/// Logs the shutdown report, and returns the exit code; ends the process if a child still runs,
/// since `main` could not return then.
fn log_report_and_exit(supervisor: &Supervisor, code: u8) -> ExitCode {
    let report = supervisor.report();
    for (path, took) in report.killed() {
        log(|| warn!(target: "supervisor", child = %path, ?took, "child had to be killed"));
    }
    for (path, reason) in report.failed() {
        log(|| error!(target: "supervisor", child = %path, %reason, "clean-up failed"));
    }
    let mut stuck = false;
    for (path, took) in report.not_stopped() {
        stuck = true;
        log(|| error!(target: "supervisor", child = %path, ?took, "child still runs"));
    }
    if stuck {
        std::process::exit(i32::from(code.max(1)));
    }
    ExitCode::from(code)
}

/// The output of the future that was ready first.
enum First<L, R> {
    Left(L),
    Right(R),
}

/// Waits for the first of two futures; the left one has precedence. (`select!` would need tokio's
/// macros.)
async fn race<L: Future, R: Future>(left: L, right: R) -> First<L::Output, R::Output> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|cx| {
        if let Poll::Ready(output) = left.as_mut().poll(cx) {
            return Poll::Ready(First::Left(output));
        }
        right.as_mut().poll(cx).map(First::Right)
    })
    .await
}
