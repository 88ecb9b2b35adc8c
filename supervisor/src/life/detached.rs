//! Lives that an abort does not end: work on a thread of its own, a process that has to be reaped.
//! The supervisor has, and aborts, a task that stands in for such a life, and the life gets a
//! signal.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::slot::{AnySlot, ShutdownRequested};
use crate::spec::Shutdown;

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

/// The stage of a life, for threads that wait for the life in real time.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    stage: Mutex<Stage>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Runs,
    Aborted,
    Ended,
}

impl Progress {
    /// Enters a stage, unless the life has ended.
    fn enter(&self, stage: Stage) {
        let mut current = self.lock();
        if *current != Stage::Ended {
            *current = stage;
        }
        drop(current);
        self.changed.notify_all();
    }

    /// Keeps the runtime's clock, if a test has paused it, from advancing by itself while the life
    /// is in this stage: threads and processes run in real time, and virtual time would pass at
    /// once.
    fn hold_clock(self: &Arc<Self>, stage: Stage, limit: Option<Duration>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let this = Arc::clone(self);
        drop(runtime.spawn_blocking(move || {
            let now = this.lock();
            let waits = |now: &mut Stage| *now == stage;
            // The result does not matter: the clock runs on after a change of stage, and at the
            // limit.
            match limit {
                Some(limit) => drop(this.changed.wait_timeout_while(now, limit, waits)),
                None => drop(this.changed.wait_while(now, waits)),
            }
        }));
    }

    /// Calls `then`, on another thread, if the life still runs after [`RETURN_TIME`].
    pub(crate) fn if_still_running(self: &Arc<Self>, then: impl FnOnce() + Send + 'static) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let this = Arc::clone(self);
        drop(runtime.spawn_blocking(move || {
            let runs = |now: &mut Stage| *now == Stage::Runs;
            let waited = this.changed.wait_timeout_while(this.lock(), RETURN_TIME, runs);
            let still_runs = waited.is_ok_and(|(_, waited)| waited.timed_out());
            if still_runs {
                then();
            }
        }));
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
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
    let progress = Arc::new(Progress::default());
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
        if *self.progress.lock() == Stage::Ended {
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
