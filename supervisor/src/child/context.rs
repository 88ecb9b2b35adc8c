//! The context of a running child.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use super::{ChildRef, UntilShutdown};
use crate::engine::Event;
use crate::inbox::{Link, Owner};
use crate::life::{SpawnedTask, Tasks, current};
use crate::mailbox::Shortcut;
use crate::slot::{AnySlot, Heartbeat, ShutdownRequested, Signal, Slot, SlotCore};
use crate::spec::{ChildPath, ExitReason, Name, OwnWord};
use crate::sync::clock;

/// The context of a running child: its mailbox, its shutdown signal, its path.
///
/// A context belongs to one life. If it is kept beyond that life, in a detached task, it receives
/// nothing, reports that shutdown was requested, and has no effect on later lives.
///
/// ```
/// use supervisor::prelude::*;
///
/// async fn ticker(ctx: Context) -> ChildResult {
///     loop {
///         tokio::select! {
///             () = ctx.shutdown_requested() => return Ok(()),
///             () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {
///                 println!("{}: life {}", ctx.path(), ctx.incarnation());
///             }
///         }
///     }
/// }
/// # let _ = ChildSpec::new("ticker").with_task(ticker);
/// ```
///
/// # Shutdown
///
/// A child is asked to stop only if it has *looked* at its shutdown signal in this life: by
/// calling `recv`, `try_recv`, `shutdown_requested` or `is_shutdown_requested`. A child that never
/// looked is dropped at its next await point at once.
// There is no bound on `M` where none is needed, as on that of `ChildRef`.
pub struct Context<M = ()> {
    slot: Arc<Slot<M>>,
    generation: u64,
    shortcut: Shortcut<M>,
    notify: bool,
    heartbeat: bool,
}

impl<M: Send + 'static> Context<M> {
    /// Creates the context of the life that this thread is polling for the first time.
    ///
    /// A context that was made before that poll would take room in the task beside the child's own
    /// future.
    pub(crate) fn of_this_life() -> Self {
        let any = current::slot().map(AnySlot::into_any);
        let Some(slot) = any.and_then(|any| any.downcast::<Slot<M>>().ok()) else {
            // The slot is made by the same factory as the life, and so for the same message type.
            unreachable!("a life outside its slot")
        };
        let generation = slot.core.generation();
        let duties = slot.core.duties();
        Self {
            slot,
            generation,
            shortcut: Shortcut::default(),
            notify: duties.notify,
            heartbeat: duties.heartbeat,
        }
    }

    /// Completes when shutdown is requested.
    ///
    /// The future borrows nothing: it can be given to a server's graceful shutdown, or to a task.
    /// When the life ends in another way, the future completes too.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the future can be dropped, and this called again, at any time.
    #[doc(alias = "cancellation", alias = "closed", alias = "stopped")]
    pub fn shutdown_requested(&self) -> ShutdownRequested {
        let _ = self.slot.core.observe_stop(self.generation);
        let slot: Arc<dyn AnySlot> = Arc::clone(&self.slot) as _;
        ShutdownRequested::of(slot, self.generation)
    }
}

impl<M: Send + 'static> Context<M> {
    /// Waits for the future, until shutdown is requested: returns its output, or `None` at the
    /// shutdown.
    ///
    /// A request that has come already is seen first, and the future is then not polled: a loop
    /// around futures that are ready at once ends, too. The context can be used by the future's own
    /// code meanwhile.
    ///
    /// ```
    /// use supervisor::prelude::*;
    /// # struct TcpStream;
    /// # struct TcpListener;
    /// # impl TcpListener {
    /// #     async fn bind(_: &str) -> std::io::Result<Self> { Ok(Self) }
    /// #     async fn accept(&self) -> std::io::Result<(TcpStream, u16)> { std::future::pending().await }
    /// # }
    ///
    /// async fn listen(ctx: Context) -> ChildResult {
    ///     let listener = TcpListener::bind("127.0.0.1:0").await?;
    ///     while let Some(accepted) = ctx.until_shutdown(listener.accept()).await {
    ///         let (socket, peer) = accepted?;
    ///         println!("{peer}");
    /// #       drop(socket);
    ///     }
    ///     Ok(()) // shutdown was requested
    /// }
    /// # let _ = ChildSpec::new("listen").with_task(listen);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// At the shutdown, and when this future is dropped, the inner future is dropped at the await
    /// point where it is: nothing is lost if the inner future is cancel safe. An output that it has
    /// produced is always returned.
    pub fn until_shutdown<F: Future>(&self, future: F) -> UntilShutdown<F> {
        UntilShutdown::new(self.shutdown_requested(), future)
    }
}

impl<M: Send + 'static> Context<M> {
    /// Spawns a task that ends with this life: at the latest, it is aborted when `run` has returned
    /// or the life is killed, and the life is over when the task has ended.
    ///
    /// A panic of the task is a failure of this life. A task spawned by `tokio::spawn`, in contrast,
    /// goes on beside the next life and after the shutdown, and nobody hears of its panic. See
    /// [`Tasks`] for more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use std::time::Duration;
    /// use supervisor::prelude::*;
    ///
    /// async fn cache(ctx: Context) -> ChildResult {
    ///     ctx.spawn(async {
    ///         loop {
    ///             tokio::time::sleep(Duration::from_secs(60)).await;
    ///             println!("forgets old entries");
    ///         }
    ///     });
    ///     let warm = ctx.spawn(async { "loaded" });
    ///     assert_eq!(warm.await, Some("loaded"));
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// }
    ///
    /// let supervisor = Supervisor::new().with_child(ChildSpec::new("cache").with_task(cache)).build();
    /// supervisor.start().await?;
    /// # tokio::task::yield_now().await;
    /// assert!(supervisor.shutdown().await?.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn<F>(&self, future: F) -> SpawnedTask<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.tasks().spawn(future)
    }

    /// Returns the tasks of this life, to spawn more of them, also from within a task, and to wait for
    /// them.
    #[must_use]
    pub fn tasks(&self) -> Tasks {
        let slot: Arc<dyn AnySlot> = Arc::clone(&self.slot) as _;
        Tasks::of(&slot, self.generation)
    }
}

impl<M> Context<M> {
    /// Receives the next message, or `None` when shutdown was requested.
    ///
    /// `None` comes at once even if messages are queued: [`try_recv`](Self::try_recv) still
    /// takes those, and messages that are left after a restart are received by the next life.
    ///
    /// A child with the option [`drain`](crate::guide::options) that is stopped for good receives
    /// first what was queued when it was asked to stop, as far as its `shutdown` time allows.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a message is taken only when the future completes.
    #[doc(alias = "next", alias = "receive")]
    pub async fn recv(&mut self) -> Option<M> {
        Receiving(self).await
    }

    /// Takes a message that is already there, also after shutdown was requested.
    #[must_use]
    pub fn try_recv(&mut self) -> Option<M> {
        if self.slot.core.observe_stop(self.generation) == Signal::Stale {
            return None;
        }
        self.heartbeat();
        self.slot.mailbox.try_recv(self.generation, &mut self.shortcut)
    }

    /// Returns `true` if shutdown was requested.
    #[must_use]
    pub fn is_shutdown_requested(&self) -> bool {
        matches!(self.slot.core.observe_stop(self.generation), Signal::Asked | Signal::Stale)
    }

    /// Reports that the child is up: with [`StartMode::Notify`](crate::StartMode::Notify), the
    /// next sibling starts now. Otherwise, and when called again, this does nothing.
    pub fn ready(&mut self) {
        if std::mem::take(&mut self.notify)
            && let Some(link) = self.slot.core.link_of(self.generation)
        {
            link.tell(Event::Ready(link.key, self.generation));
        }
    }

    /// Returns the report that the life will never be ready; `None` if the life is ready already,
    /// or need not report.
    pub(crate) fn abandonment(&self) -> Option<Abandonment> {
        let (core, generation) = (&self.slot.core, self.generation);
        let link = self.notify.then(|| core.link_of(generation)).flatten()?;
        Some(Abandonment { link, generation })
    }

    /// Gives a heartbeat, for a child with the option `heartbeat`.
    ///
    /// To receive a message, and to wait for one, count as heartbeats too.
    pub fn heartbeat(&self) {
        if self.heartbeat {
            self.slot.core.heartbeat(self.generation, Heartbeat::Given(clock::now()));
        }
    }

    /// Says that the child is degraded, and why: the tree is [degraded](crate::Supervisor::health), and
    /// still ready.
    ///
    /// What a child says of itself holds until it says something else, and is forgotten with its
    /// life. It counts as far as the child's [part](crate::HealthPart) does.
    ///
    /// ```
    /// use std::time::Duration;
    /// use supervisor::prelude::*;
    ///
    /// # async fn lag() -> Duration { Duration::ZERO }
    /// async fn replica(ctx: Context) -> ChildResult {
    ///     while !ctx.is_shutdown_requested() {
    ///         match lag().await {
    ///             lag if lag > Duration::from_secs(30) => ctx.degraded(format!("lag {lag:?}")),
    ///             _ => ctx.healthy(),
    ///         }
    ///         tokio::time::sleep(Duration::from_secs(1)).await;
    ///     }
    ///     Ok(())
    /// }
    /// # let _ = ChildSpec::new("replica").with_task(replica);
    /// ```
    pub fn degraded(&self, why: impl Into<String>) {
        self.say(Some(OwnWord::Degraded(why.into())));
    }

    /// Says that the child is not ready, and why, although it runs: the tree is not
    /// [ready](crate::Supervisor::health).
    ///
    /// Otherwise this is [`degraded`](Self::degraded).
    pub fn unready(&self, why: impl Into<String>) {
        self.say(Some(OwnWord::Unready(why.into())));
    }

    /// Takes back what the child has said of itself.
    pub fn healthy(&self) {
        self.say(None);
    }

    fn say(&self, word: Option<OwnWord>) {
        say(&self.slot.core, self.generation, word);
    }

    /// Returns the child's path.
    #[must_use]
    #[doc(alias = "name", alias = "id")]
    pub fn path(&self) -> ChildPath {
        self.slot.core.path()
    }

    /// Returns the number of this life, the first being 1.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.generation
    }

    /// Returns the reason for which the previous life ended, if there was one; `None` in a context
    /// that was kept beyond its own life.
    ///
    /// The reason holds the life's error. An error that keeps it holds, after many restarts, the errors
    /// of all lives before: keep its text instead.
    #[must_use]
    pub fn last_exit(&self) -> Option<ExitReason> {
        self.slot.core.last_exit_before(self.generation)
    }

    pub(crate) fn slot_name(&self) -> &Name {
        self.slot.core.name()
    }

    pub(crate) fn owner(&self) -> Option<Arc<dyn Owner>> {
        self.slot.core.owner()
    }

    /// Returns the child's own address, to be given to others.
    #[must_use]
    #[doc(alias = "myself", alias = "actor_ref", alias = "me")]
    pub fn address(&self) -> ChildRef<M> {
        ChildRef::new(Arc::clone(&self.slot))
    }
}

/// Records what a life says of itself, and tells the supervisor if that is news.
fn say(core: &SlotCore, generation: u64, word: Option<OwnWord>) {
    if core.say(generation, word, clock::now())
        && let Some(owner) = core.owner()
    {
        owner.health_changed();
    }
}

/// The report to the supervisor that a life will never be ready.
#[derive(Debug)]
pub(crate) struct Abandonment {
    link: Link,
    generation: u64,
}

impl Abandonment {
    pub(crate) fn tell(&self) {
        self.link.tell(Event::Abandoned(self.link.key, self.generation));
    }
}

/// Future returned by [`Context::recv`], a part of nearly every child's future, and so kept small.
struct Receiving<'a, M>(&'a mut Context<M>);

impl<M> Future for Receiving<'_, M> {
    type Output = Option<M>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<M>> {
        let Context { slot, generation, shortcut, heartbeat, .. } = &mut *self.0;
        let (core, generation) = (&slot.core, *generation);
        match core.observe_stop(generation) {
            Signal::Live => {}
            Signal::Asked => return slot.mailbox.poll_drain(generation, shortcut, cx),
            Signal::Stale => return Poll::Ready(None),
            Signal::TooLate => return slot.mailbox.poll_end(generation, cx).map(|()| None),
        }
        let polled = slot.mailbox.poll_recv(generation, shortcut, cx);
        if polled.is_pending() {
            if *heartbeat {
                core.heartbeat(generation, Heartbeat::Idle);
            }
            // A shutdown request may have come between the first `observe_stop` and the
            // registration of the waker; it has not woken this task.
            match core.observe_stop(generation) {
                Signal::Asked => return slot.mailbox.poll_drain(generation, shortcut, cx),
                Signal::Stale => return Poll::Ready(None),
                Signal::Live | Signal::TooLate => {}
            }
        }
        polled
    }
}

impl<M> Drop for Receiving<'_, M> {
    /// Ends the idle state of the heartbeat: the child may give up the wait, and be busy again.
    fn drop(&mut self) {
        self.0.heartbeat();
    }
}

impl<M> Drop for Context<M> {
    fn drop(&mut self) {
        if !self.notify {
            return;
        }
        let core = &self.slot.core;
        let own_task = current::slot().is_some_and(|slot| std::ptr::addr_eq(slot.core(), core));
        if own_task {
            // The life may be about to return, and its result counts then. The life's task, which
            // knows, decides. (The task may be that of a later life.)
            core.abandon(self.generation);
        } else if let Some(report) = self.abandonment() {
            report.tell();
        }
    }
}

impl<M> fmt::Debug for Context<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("path", &self.path())
            .field("incarnation", &self.generation)
            .finish_non_exhaustive()
    }
}
