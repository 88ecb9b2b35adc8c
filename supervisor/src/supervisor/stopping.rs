//! How a supervisor is stopped: in order, within a time, or at once.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::Supervisor;
use crate::child::AnyChildRef;
use crate::engine::{Event, Limit, Verb};
use crate::error::SupervisorError;
use crate::life::reentry::supervisor_would_wait_for_itself;
use crate::observe::ShutdownReport;
use crate::packed_instant::PackedInstant;
use crate::runtime::{Node, NodeState};
use crate::spec::ExitReason;

/// The way in which a supervisor is stopped.
#[derive(Clone, Copy)]
enum Stop {
    InOrder,
    /// What has not ended after this time is killed.
    Within(Duration),
    AtOnce,
}

impl Supervisor {
    /// Stops all children in reverse start order, then the supervisor, and returns when all of
    /// them have ended. A supervisor that was never started ends at once.
    ///
    /// A root with a [drain time](crate::SupervisorBuilder::with_drain) drains first: it is not ready
    /// at once, its children go on, and the stop begins when that time is over. A second call waits
    /// with the first, and shortens nothing; [`end_drain`](Self::end_drain) and
    /// [`kill`](Self::kill) do.
    ///
    /// A supervisor that has a parent is stopped by the parent, as by `terminate_child`: it stays
    /// down, and its spec is kept.
    ///
    /// Call `shutdown` before `main` returns: when the last handle is dropped the tree shuts down
    /// too, but a runtime that ends does not wait for that.
    ///
    /// # Errors
    ///
    /// [`FromInside`](SupervisorError::FromInside) if a task below this supervisor calls: use
    /// [`request_shutdown`](Self::request_shutdown) there. [`Ended`](SupervisorError::Ended) if a
    /// root had given up before. (If it gives up while it drains, that is no error here:
    /// [`wait`](Self::wait) tells.) Of a supervisor that has a parent:
    /// [`StillRunning`](SupervisorError::StillRunning) if it could not be stopped, because a child
    /// blocks its thread.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the request once it was polled.
    #[doc(alias = "terminate")]
    pub async fn shutdown(&self) -> Result<ShutdownReport, SupervisorError> {
        self.stop_by(Stop::InOrder).await
    }

    /// Stops all children in order, as [`shutdown`](Self::shutdown) does, and kills at once what has
    /// not ended after `total`; the report names the children that were killed.
    ///
    /// The time counts from the call, and the drain is a part of it. It bounds children with
    /// `shutdown = infinity` too, and a child that was added at run time, which no budget knows. When
    /// it is over, each life is dropped at its next await point; one that blocks its thread has
    /// `kill_grace` (a second) to come to it, and is then reported as
    /// [not stopped](ShutdownReport::not_stopped). Of several calls, the one that ends first counts.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use std::time::Duration;
    /// use supervisor::prelude::*;
    /// use supervisor::Shutdown;
    ///
    /// let patient = ChildSpec::new("patient").with_shutdown(Shutdown::Infinity);
    /// let patient = patient.with_task(async |ctx: Context| {
    ///     ctx.shutdown_requested().await;
    ///     std::future::pending().await // waits for a server that does not answer any more
    /// });
    /// let supervisor = Supervisor::new().with_child(patient).build();
    /// supervisor.start().await?;
    /// # tokio::task::yield_now().await;
    /// let report = supervisor.shutdown_within(Duration::from_secs(25)).await?;
    /// let killed: Vec<_> = report.killed().map(|(path, _)| path.to_string()).collect();
    /// assert_eq!(killed, ["patient"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`shutdown`](Self::shutdown).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future undoes neither the request nor the limit once it was polled.
    pub async fn shutdown_within(
        &self,
        total: Duration,
    ) -> Result<ShutdownReport, SupervisorError> {
        self.stop_by(Stop::Within(total)).await
    }

    /// Stops everything below the supervisor at once, even if shutdown time is left, and returns when
    /// all has ended. The report names the children that would have had time.
    ///
    /// Each life is dropped at its next await point, all of them together, and none is asked first.
    /// (In the children of a supervisor that has a parent, the request may come before the kill.) A
    /// drain or a stop that is under way is cut short. The supervisor stays down, as after a
    /// [`shutdown`](Self::shutdown); a child that is to be restarted has
    /// [`ChildRef::kill`](crate::ChildRef::kill).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::prelude::*;
    ///
    /// let patient = ChildSpec::new("patient").with_task(async |ctx: Context| {
    ///     ctx.shutdown_requested().await;
    ///     unreachable!("it is not asked")
    /// });
    /// let supervisor = Supervisor::new().with_child(patient).build();
    /// supervisor.start().await?;
    /// let report = supervisor.kill().await?;
    /// assert_eq!(report.killed().count(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`shutdown`](Self::shutdown).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo the kill once it was polled.
    pub async fn kill(&self) -> Result<ShutdownReport, SupervisorError> {
        self.stop_by(Stop::AtOnce).await
    }

    async fn stop_by(&self, stop: Stop) -> Result<ShutdownReport, SupervisorError> {
        if supervisor_would_wait_for_itself(&*self.node) {
            return Err(SupervisorError::FromInside(self.path()));
        }
        if let Some(slot) = self.node.slot_in_charge() {
            let stopped = self.terminate_by(AnyChildRef::new(slot), stop).await;
            // The supervisor may have ended for good through another call, which fulfils this one.
            if !matches!(self.node.state(), NodeState::Ended { .. }) {
                stopped?;
            }
        } else {
            if let NodeState::Ended { reason } = self.node.state()
                && matches!(reason, ExitReason::Escalated(_) | ExitReason::StartFailed(_))
            {
                return Err(SupervisorError::Ended(self.path(), reason));
            }
            let end = self.node.end();
            match stop {
                Stop::InOrder => self.request_shutdown(),
                Stop::Within(total) => {
                    self.request_shutdown();
                    self.node.end_within(total);
                }
                Stop::AtOnce => self.request_kill(),
            }
            if let Some(end) = end {
                let _ = end.await;
            }
        }
        Ok(self.report())
    }

    /// Has the parent stop this supervisor, which is this child of it.
    async fn terminate_by(&self, child: AnyChildRef, stop: Stop) -> Result<(), SupervisorError> {
        let limit = match stop {
            Stop::InOrder => None,
            // An instant that `PackedInstant` cannot represent never comes.
            Stop::Within(total) => PackedInstant::now().checked_add(total).map(Limit::At),
            Stop::AtOnce => Some(Limit::Now),
        };
        let mut terminated = pin!(child.terminate_by(limit));
        let mut is_told = false;
        poll_fn(|cx| {
            let polled = terminated.as_mut().poll(cx);
            // The parent has the order by now, and keeps the supervisor down. It may carry the order out
            // later, when another life runs; the limit is for this one, too.
            if !std::mem::replace(&mut is_told, true)
                && let Some(limit) = limit
            {
                self.node.tell(limit.event());
            }
            polled
        })
        .await
    }

    /// Requests a [`shutdown`](Self::shutdown) without waiting for it, also in a task below this
    /// supervisor. A further request has no effect.
    pub fn request_shutdown(&self) {
        self.request_stop(Node::stop_root, Verb::Terminate);
    }

    /// Ends a drain that is under way: the graceful stop begins now. A root that does not drain
    /// goes on, or stops, as before.
    ///
    /// This is for a program that knows before its time is over that nobody sends it work any more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use std::time::Duration;
    /// use supervisor::prelude::*;
    ///
    /// let supervisor = Supervisor::new().with_drain(Duration::from_secs(5)).build();
    /// supervisor.start().await?;
    /// supervisor.request_shutdown(); // from now on, the tree is not ready
    /// supervisor.end_drain();
    /// # let began = tokio::time::Instant::now();
    /// supervisor.wait().await?;
    /// # assert!(began.elapsed().is_zero());
    /// # Ok(())
    /// # }
    /// ```
    pub fn end_drain(&self) {
        self.node.end_drain();
    }

    /// Requests a [`kill`](Self::kill) without waiting for it.
    pub(crate) fn request_kill(&self) {
        self.request_stop(Node::kill_root, Verb::TerminateBy(Limit::Now));
        // A parent that is in charge may carry the order out later. (A root is being killed.)
        self.node.tell(Event::Kill);
    }

    /// Has this supervisor stopped: as a root by this function, or by the parent that is in charge.
    fn request_stop(&self, stop_root: fn(&Arc<Node>) -> bool, verb: Verb) {
        // An adoption may put a parent in charge between the two looks.
        while self.node.slot_in_charge().is_none() {
            if stop_root(&self.node) {
                return;
            }
        }
        if let Some(link) = self.node.slot().and_then(|slot| slot.core().link()) {
            drop(link.request(verb, None));
        }
    }

    /// Returns the report of the last shutdown.
    pub(crate) fn report(&self) -> ShutdownReport {
        self.node.stops().report()
    }
}
