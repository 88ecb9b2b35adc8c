//! One life of a child: the future that a task runs, and the report of its end.

pub(crate) mod current;
pub(crate) mod detached;
mod factory;
#[cfg(feature = "lease")]
pub(crate) mod gate;
pub(crate) mod reentry;
mod tasks;
#[cfg(feature = "signal")]
pub(crate) mod threads;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

pub(crate) use self::factory::{LifeFactory, launch};
#[cfg(feature = "lease")]
use self::tasks::Scope;
pub use self::tasks::{SpawnedTask, Tasks};
use crate::catch::{Guarded, catch_panic, drop_each};
use crate::engine::{Event, Exit};
use crate::inbox::{Link, Reply};
use crate::observe::LifeSpan;
use crate::slot::AnySlot;
use crate::spec::{ChildError, ChildResult, ExitReason, Failure, Plainness, Rendering};
use crate::sync::task::{self, JoinHandle};

use self::detached::StopTimes;

/// A life that is about to begin, without the user's code.
pub(crate) struct PendingLife {
    pub(crate) slot: Arc<dyn AnySlot>,
    pub(crate) generation: u64,
    pub(crate) span: LifeSpan,
    pub(crate) times: StopTimes,
    /// The life's pass through the gate above it, if there is one.
    #[cfg(feature = "lease")]
    pub(crate) pass: Option<gate::Pass>,
}

impl fmt::Debug for PendingLife {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLife").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl PendingLife {
    /// Spawns the life on the runtime of the supervisor's task.
    pub(crate) fn spawn<F>(self, future: F) -> JoinHandle<()>
    where
        F: Future<Output = ChildResult> + Send + 'static,
    {
        let name = task::Name::of(|| self.slot.core().path().to_string());
        task::spawn_named(&name, self.into_life(future))
    }

    /// Marks the life as one that goes on whether or not its task is polled: it runs on a thread of
    /// its own, or in a process.
    #[cfg_attr(
        not(feature = "lease"),
        expect(clippy::unused_self, reason = "it matters to a lease")
    )]
    pub(crate) fn runs_outside(&mut self) {
        #[cfg(feature = "lease")]
        if let Some(pass) = &mut self.pass {
            pass.run_outside();
        }
    }

    /// Runs the life to its end on this thread, without the runtime; its future never waits.
    pub(crate) fn run_here<F>(self, future: F)
    where
        F: Future<Output = ChildResult>,
    {
        let mut life = pin!(self.into_life(future));
        let polled = life.as_mut().poll_code(&mut Context::from_waker(Waker::noop()));
        debug_assert!(polled.is_ready(), "a life on a thread waits for nothing");
        let report = life.project().report;
        if let Poll::Ready(reason) = polled
            && let Some(exit) = report.end_tasks(Exit::Returned(reason))
            && let Some((link, event)) = report.end(exit)
        {
            link.tell(event);
        }
    }

    fn into_life<F>(self, future: F) -> Life<F> {
        #[cfg(feature = "lease")]
        if let Some(pass) = &self.pass {
            Scope::put_behind(pass.gate(), &*self.slot, self.generation);
        }
        let report = Report {
            slot: Some(self.slot),
            #[cfg(feature = "lease")]
            pass: self.pass,
        };
        Life { future: Some(future), span: self.span, report }
    }
}

pin_project_lite::pin_project! {
    /// The future of a life, which runs the user's code and reports its end.
    pub(crate) struct Life<F> {
        #[pin]
        future: Option<F>,
        span: LifeSpan,
        report: Report,
    }

    impl<F> PinnedDrop for Life<F> {
        /// Reports the end of a life whose task is aborted, or was never polled. The life's locals
        /// are dropped before the report, so that a panic of their destructors is in it.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let report = this.report;
            if report.slot.is_none() {
                return;
            }
            let _entered = this.span.enter();
            // The task of a life unwinds only if the life's poll has panicked outside of the user's
            // code. So the drop does not mean that the runtime is going away.
            let unwinds = std::thread::panicking();
            let dropped = current::inside(&mut report.slot, || {
                catch_unwind(AssertUnwindSafe(|| this.future.set(None))).map_err(reason_of_panic)
            });
            let exit = report.end_tasks(match dropped {
                Ok(()) if unwinds => Exit::Returned(ExitReason::Panic(Failure::of_panic(
                    "the task of the life has panicked".to_owned(),
                    None,
                ))),
                Ok(()) => Exit::Dropped,
                Err(reason) => Exit::Returned(reason),
            });
            // The supervisor's task handles the event, not this task: the runtime may be shutting
            // down.
            if let Some((link, event)) = exit.and_then(|exit| report.end(exit)) {
                link.tell(event);
            }
        }
    }
}

impl<F: Future<Output = ChildResult>> Future for Life<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let reason = ready!(self.as_mut().poll_code(cx));
        let report = self.project().report;
        let asked = report.was_asked();
        if let Some(exit) = report.end_tasks(Exit::Returned(reason))
            && let Some((link, event)) = report.end(exit)
        {
            link.exited_inline(event, asked);
        }
        Poll::Ready(())
    }
}

impl<F: Future<Output = ChildResult>> Life<F> {
    /// Polls the user's code. When the code has ended, drops its locals and returns the reason.
    fn poll_code(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ExitReason> {
        let mut this = self.project();
        let _entered = this.span.enter();
        let report = this.report;
        #[cfg(feature = "test-util")]
        if report.hangs() {
            return Poll::Pending;
        }
        #[cfg(feature = "lease")]
        let _turn = match report.pass.as_ref().map(gate::Pass::turn) {
            Some(None) => return Poll::Pending,
            turn => turn,
        };
        let polled = current::inside(&mut report.slot, || {
            let poll = || this.future.as_mut().as_pin_mut().map_or(Poll::Pending, |f| f.poll(cx));
            let reason = match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(Ok(()))) => ExitReason::Normal,
                Ok(Poll::Ready(Err(error))) => reason_of_error(error),
                Err(payload) => reason_of_panic(payload),
            };
            // The locals are dropped before the report, and a destructor that panics ends only
            // this life.
            match catch_unwind(AssertUnwindSafe(|| this.future.set(None))) {
                Ok(()) => Poll::Ready(reason),
                Err(payload) if reason.is_abnormal() => {
                    let _second = reason_of_panic(payload);
                    Poll::Ready(reason)
                }
                Err(payload) => Poll::Ready(reason_of_panic(payload)),
            }
        });
        if polled.is_pending() {
            // The life may have begun to hang while it was polled.
            #[cfg(feature = "test-util")]
            let _ = report.hangs();
            report_if_abandoned(report.slot.as_ref());
        }
        polled
    }
}

/// The report of a life's end, which is sent once.
struct Report {
    /// The life's slot; lent to the thread while it polls, and gone when the end is reported.
    slot: Option<Arc<dyn AnySlot>>,
    /// The life's pass through the gate above it; dropped after the life's locals, and before the
    /// report.
    #[cfg(feature = "lease")]
    pass: Option<gate::Pass>,
}

impl Report {
    /// Returns `true` if a test makes the life hang, so that it must not be polled.
    #[cfg(feature = "test-util")]
    fn hangs(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.core().hangs())
    }

    /// Returns `true` if the life was asked to stop.
    fn was_asked(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.core().was_asked())
    }

    /// Ends the life. Returns the event to be sent to the supervisor, and the link to send it by.
    ///
    /// The error of an earlier life that this one's pushes out is dropped here: its destructor is the
    /// user's code, and a task for each would cost more than a restart.
    fn end(&mut self, exit: Exit) -> Option<(Link, Event<Reply>)> {
        let slot = self.slot.take()?;
        #[cfg(feature = "lease")]
        drop(self.pass.take());
        // The slot's generation is this life's: no other life begins before this one has ended.
        let generation = slot.core().generation();
        let leaves_error = match &exit {
            Exit::Returned(reason) => reason.failure_with_destructor().is_some(),
            Exit::Dropped => false,
        };
        let (link, replaced) = slot.end_life_with(generation, leaves_error);
        if let Some(replaced) = replaced {
            drop_each(replaced.into_error());
        }
        let link = link?;
        let event = Event::Exited(link.key, generation, exit);
        Some((link, event))
    }
}

/// Reports a life that dropped its context before it was ready, since it will never be ready.
fn report_if_abandoned(slot: Option<&Arc<dyn AnySlot>>) {
    if let Some(slot) = slot
        && slot.core().take_abandoned()
        && let Some(link) = slot.core().link()
    {
        link.tell(Event::Abandoned(link.key, slot.core().generation()));
    }
}

/// Renders an error as an exit reason, which holds the error. Call it in the child's own task: the
/// error's `Display` and `source` are the user's code.
pub(crate) fn reason_of_error(error: ChildError) -> ExitReason {
    match catch_unwind(AssertUnwindSafe(|| Rendering::of(&error))) {
        Ok(rendering) => rendering.into_reason(error, discard),
        Err(payload) => {
            let reason = reason_of_panic(payload);
            // Dropped after the rendering, not while it unwinds: a second panic then would end the
            // process.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(error))) {
                let _second = reason_of_panic(payload);
            }
            reason
        }
    }
}

/// Drops an error whose last exit reason was dropped, perhaps in a supervisor's task, in a task of
/// its own; one that has hardly a destructor here, but under a guard.
fn discard(error: Box<dyn Error + Send + Sync>, plainness: Plainness) {
    let error = Guarded::new(error);
    if plainness == Plainness::Plain {
        return;
    }
    // Without a runtime it is dropped here.
    drop(task::try_spawn(async move { drop(error) }));
}

/// Renders the payload of a panic as an exit reason.
fn reason_of_panic(payload: Box<dyn Any + Send>) -> ExitReason {
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned());
    let failure = Failure::of_panic(message, current::take_panic_location());
    // A payload whose `Drop` panics makes another payload, which is ignored.
    catch_panic(|| drop(payload));
    ExitReason::Panic(failure)
}
