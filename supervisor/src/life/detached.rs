//! Lives that an abort does not cut off: work on a thread of its own, a process that has to be
//! reaped. The supervisor holds, and aborts, a task that stands in for them; they are told.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::slot::{AnySlot, ShutdownRequested};
use crate::spec::Shutdown;

/// Completes when the supervisor aborts the life.
#[derive(Debug)]
pub(crate) struct AbortSignal(oneshot::Receiver<()>);

impl Future for AbortSignal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Nothing is ever sent: the sender is dropped.
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// How long a life has to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopTimes {
    pub(crate) shutdown: Shutdown,
    pub(crate) kill_grace: Duration,
}

/// What a life that has nothing left to report still has time for: to return.
const MOMENT: Duration = Duration::from_millis(100);

/// How far a life is, for those who wait for it in real time.
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
    fn enter(&self, stage: Stage) {
        let mut now = self.lock();
        if *now != Stage::Ended {
            *now = stage;
        }
        drop(now);
        self.changed.notify_all();
    }

    /// Holds back the runtime's clock, if it stands still for a test, while the life is in this
    /// stage: threads and processes have real time only, and virtual time passes in no time.
    fn hold_clock(self: &Arc<Self>, stage: Stage, limit: Option<Duration>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let this = Arc::clone(self);
        drop(runtime.spawn_blocking(move || {
            let now = this.lock();
            let waits = |now: &mut Stage| *now == stage;
            // Whatever comes first; there is nothing to be done about either.
            match limit {
                Some(limit) => drop(this.changed.wait_timeout_while(now, limit, waits)),
                None => drop(this.changed.wait_while(now, waits)),
            }
        }));
    }

    /// Does something if the life still runs in a moment.
    pub(crate) fn if_it_goes_on(self: &Arc<Self>, then: impl FnOnce() + Send + 'static) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let this = Arc::clone(self);
        drop(runtime.spawn_blocking(move || {
            let runs = |now: &mut Stage| *now == Stage::Runs;
            let waited = this.changed.wait_timeout_while(this.lock(), MOMENT, runs);
            let goes_on = waited.is_ok_and(|(_, waited)| waited.timed_out());
            if goes_on {
                then();
            }
        }));
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by a life, to be dropped when it has ended.
#[derive(Debug)]
pub(crate) struct RunningGuard {
    progress: Arc<Progress>,
    _told: oneshot::Sender<()>,
}

impl RunningGuard {
    /// For the life itself.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.progress.enter(Stage::Ended);
    }
}

/// What stands in for a life that is about to begin: a future to be spawned, whose abort the
/// life is told, and which ends with the life.
pub(crate) fn stand_in(
    slot: Arc<dyn AnySlot>,
    generation: u64,
    times: StopTimes,
) -> (RunningGuard, AbortSignal, impl Future<Output = ()> + Send) {
    let progress = Arc::new(Progress::default());
    let (alive, ended) = oneshot::channel::<()>();
    let (abort, aborted) = oneshot::channel();
    let alive = RunningGuard { progress: Arc::clone(&progress), _told: alive };
    // Both are made here and not in the future's first poll: the life may be asked, and the future
    // dropped, before that.
    let asked = ShutdownRequested::of(Arc::clone(&slot), generation);
    let grace = times.kill_grace;
    let watched = Watched { slot, generation, progress, grace, _abort: abort };
    let watch = async move {
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
                Shutdown::Timeout(limit) => watched.progress.hold_clock(Stage::Runs, Some(limit)),
                Shutdown::Infinity => watched.progress.hold_clock(Stage::Runs, None),
            }
            let _: Result<(), _> = ended.await;
        }
        drop(watched);
    };
    (alive, AbortSignal(aborted), watch)
}

/// Dropped when the life has ended, and when it is aborted before that.
struct Watched {
    slot: Arc<dyn AnySlot>,
    generation: u64,
    progress: Arc<Progress>,
    grace: Duration,
    /// Dropped last, after the life was asked.
    _abort: oneshot::Sender<()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if *self.progress.lock() == Stage::Ended {
            return;
        }
        // Nothing can drop what is on a thread; so it is asked, also if it was not meant to be.
        self.progress.enter(Stage::Aborted);
        if self.slot.core().signal_life(self.generation) {
            self.slot.wake_receiver();
        }
        self.progress.hold_clock(Stage::Aborted, Some(self.grace));
    }
}
