//! A tree as the whole program: started, stopped by signals, turned into an exit code.

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

/// Runs a tree as the whole program: starts it, waits until it ends or the process is told to
/// stop, shuts it down in order, and gives the exit code for `main` to return.
///
/// The first SIGINT or SIGTERM (elsewhere than on Unix: Ctrl-C) begins the orderly shutdown, also
/// while the tree is still starting. The second one kills what has not ended yet at once, whatever
/// time its children have left. What happens, and which children had to be killed or did not stop
/// (the [`ShutdownReport`](crate::info::ShutdownReport)), is told through `tracing`. In a program that has
/// no subscriber for that, at least the reason of a failure goes to the standard error.
///
/// | exit code | |
/// |---|---|
/// | 0 | the tree ended in order: by itself, or after the first signal |
/// | 1 | it did not start, it gave up, or a child could not be stopped |
/// | 130, 143 | a second signal, SIGINT or SIGTERM, cut the shutdown short (128 + its number) |
///
/// The tree can be a [`Tree`](crate::Tree), that is, the value of `supervision_tree!` or of
/// `Shop::tree(…)`, or a [`Supervisor`]. Take its handle before, if anything in `main` needs it.
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
/// shuts down without anybody waiting for it.
pub async fn run(tree: impl Into<Supervisor>) -> ExitCode {
    let supervisor = tree.into();
    // Before the start, so that a signal during the start is not the end of the process.
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(failure) => {
            error!(target: "supervisor", %failure, "cannot listen to signals");
            tell_unheard(format_args!("cannot listen to signals: {failure}"));
            return ExitCode::FAILURE;
        }
    };
    let life = async {
        supervisor.start().await?;
        supervisor.wait().await
    };
    let result = match race(life, signals.next()).await {
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
                    return leave(&supervisor, 128 + signal.number);
                }
            }
        }
    };
    match result {
        Ok(()) => leave(&supervisor, 0),
        Err(failure) => {
            tell(&supervisor, &failure);
            leave(&supervisor, 1)
        }
    }
}

/// The end of a tree that gave up has been logged where it happened.
fn tell(supervisor: &Supervisor, failure: &SupervisorError) {
    if !matches!(supervisor.node().state(), NodeState::Ended { .. }) {
        error!(target: "supervisor", %failure, "the tree does not run");
    }
    tell_unheard(format_args!("{failure}"));
}

/// What nobody reads in a log: a program must not fail without a word.
fn tell_unheard(failure: fmt::Arguments<'_>) {
    if !enabled!(target: "supervisor", Level::ERROR) {
        // If there is no standard error either, nothing is left to be done.
        let _ = writeln!(io::stderr(), "error: {failure}");
    }
}

/// Logs the report, and decides whether `main` can return.
fn leave(supervisor: &Supervisor, code: u8) -> ExitCode {
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

/// Which of two futures was ready first.
enum First<L, R> {
    Left(L),
    Right(R),
}

/// Waits for one of two; the left one has precedence. (`select!` would need tokio's macros.)
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
