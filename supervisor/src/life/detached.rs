//! Lives that an abort does not end: work on a thread of its own, a process that has to be reaped.
//! The supervisor has, and aborts, a task that stands in for such a life, and the life gets a
//! signal.

#![expect(
    clippy::disallowed_methods,
    reason = "threads and processes run in real time, outside of the models"
)]
#![cfg_attr(
    all(unix, feature = "process"),
    expect(clippy::disallowed_types, reason = "processes are outside of the models")
)]

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use crate::slot::{AnySlot, ShutdownRequested};
use crate::spec::Shutdown;
use crate::sync::{RareTask, clock};

/// Future that completes when the supervisor aborts the life.
#[derive(Debug)]
pub(crate) struct AbortSignal(oneshot::Receiver<()>);

impl Future for AbortSignal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Nothing is ever sent: the sender is dropped.
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// The time that a life has to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopTimes {
    pub(crate) shutdown: Shutdown,
    pub(crate) kill_grace: Duration,
}

/// The real time that a life has to return after it has dropped its context.
const RETURN_TIME: Duration = Duration::from_millis(100);

/// The stage of a life, for those that wait for the life in real time.
#[derive(Debug)]
pub(crate) struct Progress(watch::Sender<Stage>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Runs,
    Aborted,
    Ended,
}

impl Progress {
    /// Enters a stage, unless the life has reached a later one.
    fn enter(&self, stage: Stage) {
        self.0.send_if_modified(|current| {
            let is_later = stage > *current;
            if is_later {
                *current = stage;
            }
            is_later
        });
    }

    fn has_ended(&self) -> bool {
        *self.0.borrow() == Stage::Ended
    }

    /// Completes when the life is no longer in this stage.
    async fn leaves(self: Arc<Self>, stage: Stage) {
        let mut stages = self.0.subscribe();
        // The sender is in `self`, so that the wait does not fail.
        let _ = stages.wait_for(|current| *current != stage).await;
    }

    /// Keeps the runtime's clock, if a test has paused it, from advancing by itself while the life
    /// is in this stage: threads and processes run in real time, and virtual time would pass at
    /// once.
    fn hold_clock(self: &Arc<Self>, stage: Stage, limit: Option<Duration>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if clock::is_paused() {
            // A task, which a runtime that is going away does not poll: the drop of a runtime
            // would wait for the thread.
            let left = Arc::clone(self).leaves(stage);
            let wait: RareTask = Box::pin(async move {
                within_real_time(limit, left).await;
            });
            drop(runtime.spawn(wait));
        }
    }

    /// Calls `then`, in another task, if the life still runs after [`RETURN_TIME`].
    pub(crate) fn if_still_running(self: &Arc<Self>, then: impl FnOnce() + Send + 'static) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let left = Arc::clone(self).leaves(Stage::Runs);
        let wait: RareTask = Box::pin(async move {
            if within_real_time(Some(RETURN_TIME), left).await.is_none() {
                then();
            }
        });
        drop(runtime.spawn(wait));
    }
}

/// Kills the processes that lives have started.
#[cfg(all(unix, feature = "process"))]
static KILL_PROGRAMS: std::sync::OnceLock<fn()> = std::sync::OnceLock::new();

/// Sets the function that kills the processes of lives, in a program that has some.
#[cfg(all(unix, feature = "process"))]
pub(crate) fn kill_programs_by(kill: fn()) {
    let _ = KILL_PROGRAMS.set(kill);
}

/// Kills the processes that lives have started, before this process ends without stopping its
/// children.
#[cfg(any(feature = "signal", feature = "lease"))]
pub(crate) fn kill_programs() {
    #[cfg(all(unix, feature = "process"))]
    if let Some(kill) = KILL_PROGRAMS.get() {
        kill();
    }
}

/// Waits in real time, also if a test has paused the runtime's clock.
#[cfg(all(unix, feature = "process"))]
pub(crate) async fn sleep_in_real_time(time: Duration) {
    within_real_time(Some(time), std::future::pending::<()>()).await;
}

/// Waits for the future, at most for this real time; returns `None` after that.
///
/// A paused clock stands still meanwhile: it does not advance by itself while a thread of the
/// runtime's blocking pool is in use. Only then is such a thread taken. The pool is the user's, and
/// may have a single thread, which the life itself needs to end.
async fn within_real_time<F>(limit: Option<Duration>, future: F) -> Option<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    if !clock::is_paused() {
        return match limit {
            Some(limit) => tokio::time::timeout(limit, future).await.ok(),
            None => Some(future.await),
        };
    }
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    // Dropped with this future, that is, with the runtime; the thread then waits no longer.
    let (_cancel, mut cancelled) = oneshot::channel::<()>();
    let blocked = tokio::task::spawn_blocking(move || {
        let mut future = pin!(future);
        let either = poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            Pin::new(&mut cancelled).poll(cx).map(|_| None)
        });
        park_on(either, deadline).flatten()
    });
    blocked.await.ok().flatten()
}

/// A waker of a parked thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks this thread, which is not one that polls the runtime's tasks, until the future completes;
/// returns `None` after the deadline.
pub(crate) fn park_on<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        match deadline {
            None => thread::park(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return None;
                }
                thread::park_timeout(left);
            }
        }
    }
}

/// Guard that a life drops when it has ended.
#[derive(Debug)]
pub(crate) struct RunningGuard {
    progress: Arc<Progress>,
    _done: oneshot::Sender<()>,
}

impl RunningGuard {
    /// Returns the progress of the life.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.progress.enter(Stage::Ended);
    }
}

/// Creates the stand-in for a life that is about to begin: a future to be spawned, which ends with
/// the life and whose abort raises the life's [`AbortSignal`].
pub(crate) fn stand_in(
    slot: Arc<dyn AnySlot>,
    generation: u64,
    times: StopTimes,
) -> (RunningGuard, AbortSignal, impl Future<Output = ()> + Send) {
    let progress = Arc::new(Progress(watch::Sender::new(Stage::Runs)));
    let (running, ended) = oneshot::channel::<()>();
    let (abort, aborted) = oneshot::channel();
    let running = RunningGuard { progress: Arc::clone(&progress), _done: running };
    // The request's future and the guard are made here and not in the stand-in's first poll: the
    // life may be asked to stop, and the stand-in dropped, before that.
    let asked = ShutdownRequested::of(Arc::clone(&slot), generation);
    let grace = times.kill_grace;
    let guard = StandInGuard { slot, generation, progress, grace, _abort: abort };
    let stand_in = async move {
        let mut asked = pin!(asked);
        let mut ended = pin!(ended);
        let has_ended = poll_fn(|cx| {
            if ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            asked.as_mut().poll(cx).map(|()| false)
        });
        if !has_ended.await {
            match times.shutdown {
                Shutdown::BrutalKill => {}
                Shutdown::Timeout(limit) => guard.progress.hold_clock(Stage::Runs, Some(limit)),
                Shutdown::Infinity => guard.progress.hold_clock(Stage::Runs, None),
            }
            let _: Result<(), _> = ended.await;
        }
        drop(guard);
    };
    (running, AbortSignal(aborted), stand_in)
}

/// Guard in a stand-in, dropped when the life has ended, or when the stand-in is aborted before
/// that.
struct StandInGuard {
    slot: Arc<dyn AnySlot>,
    generation: u64,
    progress: Arc<Progress>,
    grace: Duration,
    /// Raises the abort signal when it is dropped: last, after the life was asked to stop.
    _abort: oneshot::Sender<()>,
}

impl Drop for StandInGuard {
    fn drop(&mut self) {
        if self.progress.has_ended() {
            return;
        }
        // A thread or a process cannot be dropped, so the life is asked to stop, also by a brutal
        // kill.
        self.progress.enter(Stage::Aborted);
        if self.slot.core().signal_life(self.generation) {
            self.slot.wake_receiver();
        }
        self.progress.hold_clock(Stage::Aborted, Some(self.grace));
    }
}
