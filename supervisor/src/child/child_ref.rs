//! The address of a child, valid across all its restarts.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::deadlock::Deadlock;
use super::question::Question;
use super::sending::{Asking, Sending};
use crate::engine::{Limit, Verb};
use crate::error::SupervisorError;
use crate::life::reentry::{calling_child, child_would_wait_for_itself};
use crate::mailbox::{DeadLetters, Reply, TrySendError};
#[cfg(feature = "test-util")]
use crate::slot::SlotCore;
use crate::slot::{AnySlot, Ended, Slot};
use crate::spec::{ChildPath, ChildState, ExitReason};

/// The time that [`ChildRef::ask`] waits for an answer.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// The address of a child: it sends messages to the child, and orders to the child's supervisor.
///
/// An address belongs to the child's place in the tree, its *slot*, and not to one life of the
/// child: it is valid before the start, and across restarts of the child and of all supervisors
/// above it. Once the child is gone for good, each call returns an error that says so. A clone is
/// one reference count. An address does not keep the tree alive.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
///
/// #[derive(Child)]
/// #[child(message = String)]
/// struct Printer;
///
/// impl Worker for Printer {
///     async fn run(&self, mut ctx: Context<String>) -> ChildResult {
///         while let Some(line) = ctx.recv().await {
///             println!("{line}");
///         }
///         Ok(())
///     }
/// }
///
/// let supervisor = Supervisor::new().build();
/// let printer = supervisor.add_child(ChildSpec::new("printer").with_worker(Printer)).await?;
/// printer.send("hello".to_owned()).await?;
/// printer.restart().await?;
/// printer.send("still here".to_owned()).await?;
/// # Ok(())
/// # }
/// ```
// There is no bound on `M` where none is needed: a message that cannot be sent is then an error where
// its type is chosen, and not also wherever an address is named.
pub struct ChildRef<M = ()> {
    slot: Arc<Slot<M>>,
}

impl<M> ChildRef<M> {
    pub(crate) fn new(slot: Arc<Slot<M>>) -> Self {
        Self { slot }
    }

    pub(crate) fn slot(&self) -> &Arc<Slot<M>> {
        &self.slot
    }

    /// Sends a message, waiting for room in the mailbox, also while the child restarts.
    ///
    /// Messages of one sender are received in the order in which they were sent, also across
    /// lives, and at most once: the message that a life was handling when it crashed is gone.
    ///
    /// # Errors
    ///
    /// The message comes back when no life of the child runs or is pending: the child has finished
    /// or was terminated ([`NotRunning`](crate::messages::SendError::NotRunning)), or is gone for
    /// good ([`Gone`](crate::messages::SendError::Gone)).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a dropped future has not sent, and other senders keep their order.
    #[doc(alias = "notify")]
    pub fn send(&self, message: M) -> Sending<'_, M> {
        Sending::new(self.slot.mailbox.send(message), Deadlock::new(&self.slot.core))
    }

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), and [`Full`](TrySendError::Full) if there is no room.
    pub fn try_send(&self, message: M) -> Result<(), TrySendError<M>> {
        self.slot.mailbox.try_send(message)
    }

    /// Sends a request, and waits up to five seconds for the answer.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use supervisor::prelude::*;
    ///
    /// #[derive(Child)]
    /// #[child(message = Reply<u32>)]
    /// struct Answerer;
    ///
    /// impl Worker for Answerer {
    ///     async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
    ///         while let Some(reply) = ctx.recv().await {
    ///             let _ = reply.send(42);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let supervisor = Supervisor::new().build();
    /// let answerer = supervisor.add_child(ChildSpec::new("answerer").with_worker(Answerer)).await?;
    /// assert_eq!(answerer.ask(|reply| reply).await?, 42);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The request comes back with the errors of [`send`](Self::send), if no life can take it.
    /// [`NoReply`](crate::messages::AskError::NoReply) means that the child's life ended, or dropped
    /// the [`Reply`](crate::Reply), without an answer;
    /// [`Timeout`](crate::messages::AskError::Timeout) that the time is over.
    ///
    /// # Cancel safety
    ///
    /// A dropped future withdraws a request that still waits for room; one that is in the
    /// mailbox is handled, and its answer is dropped.
    #[doc(alias = "request")]
    pub fn ask<R, Arguments>(
        &self,
        make: impl FnOnce(Reply<R>) -> M + Question<Arguments, M, R>,
    ) -> Asking<'_, M, R> {
        self.ask_within(ASK_TIMEOUT, make)
    }

    /// Sends a request, and waits for the answer up to this limit, which covers the wait for room
    /// too.
    ///
    /// Otherwise this is [`ask`](Self::ask).
    pub fn ask_within<R, Arguments>(
        &self,
        limit: Duration,
        make: impl FnOnce(Reply<R>) -> M + Question<Arguments, M, R>,
    ) -> Asking<'_, M, R> {
        Asking::new(self.slot.mailbox.ask(make, limit), Deadlock::new(&self.slot.core))
    }

    /// Returns a receiver of the messages that the child leaves unhandled when it ends for good.
    ///
    /// The receiver gets messages from now on; before the start,
    /// [`ChildSpec::handle`](crate::ChildSpec::handle) gives the address to call this on. Without a
    /// receiver, unhandled messages are dropped. Either way,
    /// [`EventKind::MessagesLeft`](crate::events::EventKind::MessagesLeft) reports their number.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use supervisor::prelude::*;
    ///
    /// #[derive(Child)]
    /// #[child(restart = Temporary, message = u32)]
    /// struct TakesOne;
    ///
    /// impl Worker for TakesOne {
    ///     async fn run(&self, mut ctx: Context<u32>) -> ChildResult {
    ///         let _one = ctx.recv().await;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let spec = ChildSpec::new("one").with_worker(TakesOne);
    /// let mut dead_letters = spec.handle().dead_letters();
    /// spec.handle().send(1).await?;
    /// spec.handle().send(2).await?;
    /// let supervisor = Supervisor::new().with_child(spec).build();
    /// supervisor.start().await?;
    /// assert_eq!(dead_letters.next().await, Some(2));
    /// assert_eq!(dead_letters.next().await, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn dead_letters(&self) -> DeadLetters<M> {
        self.slot.mailbox.dead_letters()
    }

    /// Returns the number of messages that wait in the mailbox.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.slot.mailbox.len()
    }
}

impl<M: Send + 'static> ChildRef<M> {
    /// Returns the address without its message type.
    #[must_use]
    pub fn as_any(&self) -> AnyChildRef {
        AnyChildRef { slot: Arc::clone(&self.slot) as _ }
    }
}

/// The address of a child whose message type is not known: it does all that a [`ChildRef`] does,
/// but for the messages.
#[derive(Clone)]
pub struct AnyChildRef {
    slot: Arc<dyn AnySlot>,
}

impl AnyChildRef {
    pub(crate) fn new(slot: Arc<dyn AnySlot>) -> Self {
        Self { slot }
    }

    /// Returns the typed address, if `M` is the child's message type.
    #[must_use]
    pub fn downcast<M: Send + 'static>(&self) -> Option<ChildRef<M>> {
        self.clone().into_typed()
    }

    /// Turns the address into the typed one, if `M` is the child's message type.
    pub(crate) fn into_typed<M: Send + 'static>(self) -> Option<ChildRef<M>> {
        let any: Arc<dyn Any + Send + Sync> = self.slot.into_any();
        Some(ChildRef { slot: any.downcast().ok()? })
    }
}

/// Defines the methods that both kinds of address have.
macro_rules! common_methods {
    () => {
        /// Returns the child's current state.
        #[must_use]
        pub fn status(&self) -> ChildState {
            self.slot.core().state()
        }

        /// Returns the child's path.
        #[must_use]
        pub fn path(&self) -> ChildPath {
            self.slot.core().path()
        }

        /// Returns the number of the child's current or last life; 0 before the first.
        #[must_use]
        pub fn incarnation(&self) -> u64 {
            self.slot.core().generation()
        }

        /// Returns the reason for which the child's last life ended; `None` if none has ended.
        ///
        /// Each life that ends, also one that is restarted, replaces the reason of the one before.
        #[must_use]
        pub fn last_exit(&self) -> Option<ExitReason> {
            self.slot.core().last_exit()
        }

        /// Waits until the child has ended for good, and returns the reason of its last life's end.
        ///
        /// A child has ended for good when no life of it goes on and none is pending: its policy does
        /// not bring it back, it was terminated, or its supervisor has ended for good, too. A caller
        /// that comes late gets the answer at once. `None` means that no life of it has ended: it was
        /// never started. [`status`](Self::status) tells whether it has finished or was stopped.
        ///
        /// A child that was started again by a call runs: its end is then still to come.
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> Result<(), supervisor::SupervisorError> {
        /// use supervisor::prelude::*;
        /// use supervisor::ExitReason;
        ///
        /// let supervisor = Supervisor::new().build();
        /// let import = ChildSpec::new("import")
        ///     .with_restart_policy(RestartPolicy::Transient)
        ///     .with_task(async |_ctx: Context| Ok(()));
        /// let import = supervisor.add_child(import).await?;
        /// assert!(matches!(import.ended().await, Some(ExitReason::Normal)));
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// A task of the child itself waits for ever; another child had better stop at its own
        /// shutdown, by [`Context::until_shutdown`](crate::Context::until_shutdown).
        ///
        /// # Cancel safety
        ///
        /// Cancel safe. The future borrows nothing, and keeps the tree no more alive than the address
        /// does.
        pub fn ended(&self) -> Ended {
            Ended::of(self.slot.clone())
        }

        /// Stops the child; the child's policy does not bring it back.
        ///
        /// The call waits for its turn: if the child is starting or stopping, until that is over.
        /// [`kill`](Self::kill) cuts it short.
        ///
        /// # Errors
        ///
        /// [`NotFound`](SupervisorError::NotFound) if the supervisor has forgotten the child;
        /// [`StillRunning`](SupervisorError::StillRunning) if the child blocks its thread;
        /// [`FromInside`](SupervisorError::FromInside) from a task of the child or of a child below
        /// it; those of a supervisor that does not run (see
        /// [`Supervisor`](crate::Supervisor#errors)).
        ///
        /// # Cancel safety
        ///
        /// Dropping the future does not undo the command once it was polled.
        #[doc(alias = "stop")]
        pub async fn terminate(&self) -> Result<(), SupervisorError> {
            request(&*self.slot, Verb::Terminate).await
        }

        /// Stops the child and starts it again, which is not counted as a restart. A child that is
        /// down is started.
        ///
        /// # Errors
        ///
        /// Those of [`terminate`](Self::terminate);
        /// [`StartFailed`](SupervisorError::StartFailed) and
        /// [`Declined`](SupervisorError::Declined) if the child does not start.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future does not undo the command once it was polled.
        pub async fn restart(&self) -> Result<(), SupervisorError> {
            request(&*self.slot, Verb::StopAndStart).await
        }

        /// Drops the child's life at its next await point, and returns when the life has ended.
        ///
        /// This is an abnormal exit like any other: the child's policy decides whether it is
        /// restarted, and the restart counts. The call concerns the life of the moment and waits
        /// for nothing else that the supervisor does: the start of a child that is starting fails,
        /// and a life that is being stopped, alone or with its supervisor, ends at once, which
        /// counts as no failure.
        ///
        /// # Errors
        ///
        /// Those of [`terminate`](Self::terminate).
        ///
        /// # Cancel safety
        ///
        /// Dropping the future does not undo the command once it was polled.
        pub async fn kill(&self) -> Result<(), SupervisorError> {
            request(&*self.slot, Verb::Fail(ExitReason::Killed)).await
        }

        /// Asks for a [`restart`](Self::restart) without waiting for it, also from a task of the
        /// child.
        pub fn request_restart(&self) {
            if let Some(link) = self.slot.core().link() {
                drop(link.request(Verb::StopAndStart, None));
            }
        }
    };
}

impl<M: Send + 'static> ChildRef<M> {
    common_methods!();
}

impl AnyChildRef {
    common_methods!();

    /// Terminates a child that is a supervisor, with this limit to its time.
    pub(crate) async fn terminate_by(&self, limit: Option<Limit>) -> Result<(), SupervisorError> {
        request(&*self.slot, limit.map_or(Verb::Terminate, Verb::TerminateBy)).await
    }
}

#[cfg(feature = "test-util")]
impl AnyChildRef {
    /// Drops the child's life as [`kill`](Self::kill) does, with another reason.
    pub(crate) async fn fail(&self, reason: ExitReason) -> Result<(), SupervisorError> {
        request(&*self.slot, Verb::Fail(reason)).await
    }

    /// Returns the part of the child's slot that does not depend on its message type.
    pub(crate) fn core(&self) -> &SlotCore {
        self.slot.core()
    }
}

/// Sends an order about the child to its supervisor, and waits for the answer.
async fn request(slot: &dyn AnySlot, verb: Verb) -> Result<(), SupervisorError> {
    let core = slot.core();
    if child_would_wait_for_itself(slot) {
        return Err(SupervisorError::FromInside(core.path()));
    }
    let Some(link) = core.link() else { return Err(error_without_link(slot)) };
    let caller = calling_child(&link.inbox);
    match link.request(verb, caller).await {
        Ok(answer) => SupervisorError::check(answer, || {
            let supervisor = core.owner().map_or_else(ChildPath::root, |owner| owner.path());
            (core.path(), supervisor)
        }),
        Err(_) => Err(error_without_supervisor(slot)),
    }
}

/// Returns the error for a child that has no link to a running supervisor: not yet, or no more.
fn error_without_link(slot: &dyn AnySlot) -> SupervisorError {
    match error_without_supervisor(slot) {
        // The supervisor that shuts down does not know this child.
        SupervisorError::ShuttingDown(_) => SupervisorError::NotFound(slot.core().path()),
        error => error,
    }
}

/// Returns the error for a child whose supervisor cannot be asked.
fn error_without_supervisor(slot: &dyn AnySlot) -> SupervisorError {
    let core = slot.core();
    match core.owner() {
        Some(owner) => owner.unavailable(),
        None => SupervisorError::NotFound(core.path()),
    }
}

impl<M> Clone for ChildRef<M> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot) }
    }
}

impl<M> fmt::Debug for ChildRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildRef").field(&self.slot.core.path().as_str()).finish()
    }
}

impl fmt::Debug for AnyChildRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyChildRef").field(&self.path().as_str()).finish()
    }
}
