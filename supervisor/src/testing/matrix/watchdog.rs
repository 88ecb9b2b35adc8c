//! The limit in real time: a case that takes too long is reported, even if it blocks its thread.

#![expect(clippy::disallowed_types, reason = "a thread that is to see when all others are blocked")]

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::story::Step;

/// The time that a case has, once its limit has passed, to notice before it counts as blocked.
const GRACE: Duration = Duration::from_secs(2);

/// Watches one case after the other, from a thread of its own.
#[derive(Debug)]
pub(super) struct Watchdog(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    watched: Mutex<Watched>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Watched {
    /// The case that runs: its words, its last step, and the instant at which its limit passes.
    case: Option<(String, Step, Instant)>,
    has_passed: bool,
    waker: Option<Waker>,
    is_over: bool,
}

impl Watchdog {
    pub(super) fn new() -> Self {
        let shared = Arc::new(Shared::default());
        let watching = Arc::clone(&shared);
        // Without the thread there is no limit in real time.
        let _ =
            thread::Builder::new().name("fault-matrix".to_owned()).spawn(move || watching.watch());
        Self(shared)
    }

    /// Runs a case; returns `None` if its limit has passed.
    pub(super) async fn limit<F: Future>(
        &self,
        what: String,
        step: Step,
        limit: Duration,
        case: F,
    ) -> Option<F::Output> {
        {
            let mut watched = self.0.lock();
            let case = Some((what, step, Instant::now() + limit));
            *watched = Watched { case, ..Watched::default() };
            self.0.changed.notify_all();
        }
        let mut case = std::pin::pin!(case);
        let output = std::future::poll_fn(|cx| {
            if let Poll::Ready(output) = case.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            let mut watched = self.0.lock();
            if watched.has_passed {
                return Poll::Ready(None);
            }
            watched.waker = Some(cx.waker().clone());
            Poll::Pending
        });
        let output = output.await;
        self.0.lock().case = None;
        output
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut watched = self.lock();
        while !watched.is_over {
            let Some((_, _, limit)) = &watched.case else {
                watched = self.changed.wait(watched).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let deadline = if watched.has_passed { *limit + GRACE } else { *limit };
            let left = deadline.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                let waited = self.changed.wait_timeout(watched, left);
                watched = waited.unwrap_or_else(PoisonError::into_inner).0;
            } else if watched.has_passed {
                let case = watched.case.take();
                drop(watched);
                if let Some((what, step, _)) = case {
                    end_program(&what, &step);
                }
                return;
            } else {
                watched.has_passed = true;
                let waker = watched.waker.take();
                drop(watched);
                waker.into_iter().for_each(Waker::wake);
                watched = self.lock();
            }
        }
    }
}

/// Ends the program, as a test that fails does: the thread of the test is blocked, so that nothing
/// else can end the test.
fn end_program(what: &str, step: &Step) {
    // Written to the stream itself: the output of macros is captured, and would be lost.
    let _ = writeln!(
        std::io::stderr(),
        "\nfault matrix: a case blocks its thread, so the program is ended\n\
         the case: {what}\nits last step: {step}"
    );
    std::process::exit(101);
}
