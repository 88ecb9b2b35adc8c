//! Runs a tree as the whole program: starts it, stops it at a signal, and returns an exit code.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;

use tracing::{Level, enabled, error, info, warn};

use super::Supervisor;
use crate::error::SupervisorError;
use crate::runtime::NodeState;

/// Runs a tree as the whole program: starts it, waits until it ends or a signal asks the process to
/// stop, shuts it down in order, and returns the exit code for `main`.
///
/// The first SIGINT or SIGTERM (elsewhere than on Unix: Ctrl-C) begins the orderly shutdown, also
/// while the tree is still starting. The second signal at once kills all children that have not
/// ended yet, even if they have shutdown time left. Events, and the children that had to be killed
/// or did not stop (the [`ShutdownReport`](crate::info::ShutdownReport)), are logged through
/// `tracing`. If the program has no subscriber for that, the reason of a failure goes to the
/// standard error.
///
/// | exit code | |
/// |---|---|
/// | 0 | the tree ended in order: by itself, or after the first signal |
/// | 1 | the tree did not start, gave up, or a child could not be stopped |
/// | 130, 143 | a second signal, SIGINT or SIGTERM, cut the shutdown short (128 + its number) |
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
/// # Process exit
///
/// If a child could not be stopped, it blocks a thread of the runtime, and `main` could not
/// return: the runtime waits for its threads. In this case only, when everything else has ended
/// and the report has been logged, `run` does not return but ends the process
/// ([`std::process::exit`]).
///
/// From the first call on, the process handles these signals by itself for good: later ones, when
/// `run` has returned, have no effect.
///
/// # Panics
///
/// Outside of a tokio runtime, and in one built by hand without `enable_io` (or `enable_all`).
///
/// # Cancel safety
///
/// Dropping the future drops the last handle of the tree, unless others were taken: the tree then
/// shuts down, and nothing waits for it.
pub async fn run(tree: impl Into<Supervisor>) -> ExitCode {
    let supervisor = tree.into();
    // Listen before the start, so that a signal during the start does not end the process.
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(failure) => {
            error!(target: "supervisor", %failure, "cannot listen to signals");
            print_if_not_logged(format_args!("cannot listen to signals: {failure}"));
            return ExitCode::FAILURE;
        }
    };
    let tree_end = async {
        supervisor.start().await?;
        supervisor.wait().await
    };
    let result = match race(tree_end, signals.next()).await {
        First::Left(result) => result,
        First::Right(signal) => {
            info!(target: "supervisor", signal = signal.name, "shutting down");
            supervisor.request_shutdown();
            match race(supervisor.wait(), signals.next()).await {
                First::Left(result) => result,
                First::Right(signal) => {
                    warn!(target: "supervisor", signal = signal.name, "killing what has not ended");
                    supervisor.kill();
                    let _ = supervisor.wait().await;
                    return log_report_and_exit(&supervisor, 128 + signal.number);
                }
            }
        }
    };
    match result {
        Ok(()) => log_report_and_exit(&supervisor, 0),
        Err(failure) => {
            report_failure(&supervisor, &failure);
            log_report_and_exit(&supervisor, 1)
        }
    }
}

/// Logs or prints the reason of a failure. The end of a tree that gave up has been logged already.
fn report_failure(supervisor: &Supervisor, failure: &SupervisorError) {
    if !matches!(supervisor.node().state(), NodeState::Ended { .. }) {
        error!(target: "supervisor", %failure, "the tree does not run");
    }
    print_if_not_logged(format_args!("{failure}"));
}

/// Prints a failure to the standard error if no subscriber reads the log, so that a program does
/// not fail without a word.
fn print_if_not_logged(failure: fmt::Arguments<'_>) {
    if !enabled!(target: "supervisor", Level::ERROR) {
        // The standard error may be closed; then there is no way left to report the failure.
        let _ = writeln!(io::stderr(), "error: {failure}");
    }
}

/// Logs the shutdown report, and returns the exit code; ends the process if a child still runs,
/// since `main` could not return then.
fn log_report_and_exit(supervisor: &Supervisor, code: u8) -> ExitCode {
    let report = supervisor.report();
    for (path, took) in report.killed() {
        warn!(target: "supervisor", child = %path, ?took, "child had to be killed");
    }
    let mut stuck = false;
    for (path, took) in report.not_stopped() {
        stuck = true;
        error!(target: "supervisor", child = %path, ?took, "child still runs");
    }
    if stuck {
        std::process::exit(i32::from(code.max(1)));
    }
    ExitCode::from(code)
}

/// A signal that asks the process to end.
struct Signal {
    name: &'static str,
    number: u8,
}

/// The signal of Ctrl-C.
const INTERRUPT: Signal = Signal { name: "SIGINT", number: 2 };

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Signal {
        const TERMINATE: Signal = Signal { name: "SIGTERM", number: 15 };
        match race(self.interrupt.recv(), self.terminate.recv()).await {
            First::Left(_) => INTERRUPT,
            First::Right(_) => TERMINATE,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        INTERRUPT
    }
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
