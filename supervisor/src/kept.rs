//! Lives that an abort does not cut off: work on a thread of its own, a process that has to be
//! reaped. The supervisor holds, and aborts, a task that stands in for them; they are told.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::context::ShutdownRequested;
use crate::shutdown::Shutdown;
use crate::slot::AnySlot;

/// Completes when the supervisor aborts the life.
#[derive(Debug)]
pub(crate) struct Aborted(oneshot::Receiver<()>);

impl Future for Aborted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Nothing is ever sent: the sender is dropped.
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// To be dropped by the life when it ends, whichever way.
#[derive(Debug)]
pub(crate) struct Alive(#[expect(dead_code, reason = "dropped")] oneshot::Sender<()>);

/// Spawns a stand-in for a life: its abort completes [`Aborted`], and it ends with [`Alive`].
pub(crate) fn stand_in() -> (JoinHandle<()>, Aborted, Alive) {
    let (abort, aborted) = oneshot::channel();
    let (alive, ended) = oneshot::channel();
    let task = tokio::spawn(async move {
        let _abort: oneshot::Sender<()> = abort;
        let _: Result<(), _> = ended.await;
    });
    (task, Aborted(aborted), Alive(alive))
}

/// How long a life has to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopTimes {
    pub(crate) shutdown: Shutdown,
    pub(crate) kill_grace: Duration,
}

/// A thread's life as others see it.
#[derive(Debug, Default)]
pub(crate) struct Thread {
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

impl Thread {
    fn enter(&self, stage: Stage) {
        let mut now = self.lock();
        if *now != Stage::Ended {
            *now = stage;
        }
        drop(now);
        self.changed.notify_all();
    }

    /// Holds back the runtime's clock, if it stands still for a test, while the thread is in this
    /// stage: a thread has real time only, and virtual time passes in no time.
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

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by the thread of a life; dropped when the life has ended.
#[derive(Debug)]
pub(crate) struct OnThread {
    thread: Arc<Thread>,
    _alive: oneshot::Sender<()>,
}

impl Drop for OnThread {
    fn drop(&mut self) {
        self.thread.enter(Stage::Ended);
    }
}

/// A stand-in for a life that is about to run on a thread of its own, to be spawned when the
/// thread has been.
pub(crate) fn watch(
    slot: Arc<dyn AnySlot>,
    generation: u64,
    times: StopTimes,
) -> (OnThread, impl Future<Output = ()> + Send) {
    let thread = Arc::new(Thread::default());
    let (alive, ended) = oneshot::channel::<()>();
    let on_thread = OnThread { thread: Arc::clone(&thread), _alive: alive };
    let watch = async move {
        let mut asked = pin!(ShutdownRequested::of(Arc::clone(&slot), generation));
        let mut ended = pin!(ended);
        let watched = Watched { slot, generation, thread, grace: times.kill_grace };
        let has_ended = poll_fn(|cx| {
            if ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            asked.as_mut().poll(cx).map(|()| false)
        });
        if !has_ended.await {
            match times.shutdown {
                Shutdown::BrutalKill => {}
                Shutdown::Timeout(limit) => watched.thread.hold_clock(Stage::Runs, Some(limit)),
                Shutdown::Infinity => watched.thread.hold_clock(Stage::Runs, None),
            }
            let _: Result<(), _> = ended.await;
        }
    };
    (on_thread, watch)
}

/// Dropped when the life has ended, and when it is aborted before that.
struct Watched {
    slot: Arc<dyn AnySlot>,
    generation: u64,
    thread: Arc<Thread>,
    grace: Duration,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if *self.thread.lock() == Stage::Ended {
            return;
        }
        // Nothing can drop what is on a thread; it is asked, also if it was not meant to be.
        self.thread.enter(Stage::Aborted);
        if self.slot.core().ask_life(self.generation) {
            self.slot.wake_receiver();
        }
        self.thread.hold_clock(Stage::Aborted, Some(self.grace));
    }
}
