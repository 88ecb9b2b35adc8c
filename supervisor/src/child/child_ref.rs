//! The address of a child, valid across all its restarts.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Verb;
use crate::error::SupervisorError;
use crate::life::reentry::child_would_wait_for_itself;
use crate::mailbox::{Asking, DeadLetters, Reply, Sending, TrySendError};
#[cfg(feature = "test-util")]
use crate::slot::SlotCore;
use crate::slot::{AnySlot, Slot};
use crate::spec::{ChildPath, ChildState, ExitReason};

/// How long [`ChildRef::ask`] waits for an answer.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

/// The address of a child: its mailbox, and what can be asked of its supervisor about it.
///
/// It belongs to the child's *place* in the tree, not to one life of it: it is valid before the
/// start, across restarts of the child and of all supervisors above it, and says so when the
/// child is gone for good. A clone is one reference count. It does not keep the tree alive.
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
pub struct ChildRef<M: Send + 'static = ()> {
    slot: Arc<Slot<M>>,
}

impl<M: Send + 'static> ChildRef<M> {
    pub(crate) fn new(slot: Arc<Slot<M>>) -> Self {
        Self { slot }
    }

    /// Sends a message, waiting for room in the mailbox, also while the child restarts.
    ///
    /// Messages of one sender are received in the order in which they were sent, also across
    /// lives. At most once: the message that a life was handling when it crashed is gone.
    ///
    /// # Errors
    ///
    /// The message comes back when no life of the child runs or is pending: it has finished, was
    /// terminated (`NotRunning`), or is gone for good (`Gone`).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a dropped future has not sent, and other senders keep their places.
    pub fn send(&self, message: M) -> Sending<'_, M> {
        self.slot.mailbox.send(message)
    }

    /// Sends a message if there is room now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and `Full`.
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
    /// The request comes back if the mailbox is closed; `NoReply` means that the child's life
    /// ended, or dropped the [`Reply`], without an answer; `Timeout` that the time is over.
    ///
    /// # Cancel safety
    ///
    /// A dropped future withdraws a request that still waits for room; one that is in the
    /// mailbox is handled, and its answer is dropped.
    pub fn ask<R>(&self, make: impl FnOnce(Reply<R>) -> M) -> Asking<'_, M, R> {
        self.ask_within(ASK_TIMEOUT, make)
    }

    /// As [`ask`](Self::ask), with another limit; it covers the wait for room too.
    pub fn ask_within<R>(
        &self,
        limit: Duration,
        make: impl FnOnce(Reply<R>) -> M,
    ) -> Asking<'_, M, R> {
        self.slot.mailbox.ask(make, limit)
    }

    /// A receiver of the messages that the child leaves unhandled when it ends for good.
    ///
    /// It receives from now on; before the start, [`ChildSpec::handle`](crate::ChildSpec::handle)
    /// gives the address to call this on. Without a receiver, what is left is dropped. Either way
    /// its number is told by [`EventKind::MessagesLeft`](crate::events::EventKind::MessagesLeft).
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

    /// How many messages wait in the mailbox.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.slot.mailbox.len()
    }

    /// The address without its message type.
    #[must_use]
    pub fn as_any(&self) -> AnyChildRef {
        AnyChildRef { slot: Arc::clone(&self.slot) as _ }
    }
}

/// The address of a child whose message type is not known here: all of [`ChildRef`] but the
/// messages.
#[derive(Clone)]
pub struct AnyChildRef {
    slot: Arc<dyn AnySlot>,
}

impl AnyChildRef {
    pub(crate) fn new(slot: Arc<dyn AnySlot>) -> Self {
        Self { slot }
    }

    /// The typed address, if `M` is the child's message type.
    #[must_use]
    pub fn downcast<M: Send + 'static>(&self) -> Option<ChildRef<M>> {
        self.clone().into_typed()
    }

    pub(crate) fn into_typed<M: Send + 'static>(self) -> Option<ChildRef<M>> {
        let any: Arc<dyn Any + Send + Sync> = self.slot.into_any();
        Some(ChildRef { slot: any.downcast().ok()? })
    }
}

/// What both kinds of address can do.
macro_rules! about_the_child {
    () => {
        /// Where the child stands.
        #[must_use]
        pub fn status(&self) -> ChildState {
            self.slot.core().state()
        }

        /// The child's path.
        #[must_use]
        pub fn path(&self) -> ChildPath {
            self.slot.core().path()
        }

        /// The number of the child's current or last life; 0 before the first.
        #[must_use]
        pub fn incarnation(&self) -> u64 {
            self.slot.core().generation()
        }

        /// Stops the child; its policy does not bring it back.
        ///
        /// # Errors
        ///
        /// Those of [`Supervisor::terminate_child`](crate::Supervisor::terminate_child), and
        /// `FromInside` from a task of the child or of what is below it.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future does not undo the command once it was polled.
        pub async fn terminate(&self) -> Result<(), SupervisorError> {
            request(&*self.slot, Verb::Terminate).await
        }

        /// Stops the child and starts it again; this is not counted as a restart. One that is
        /// down is started.
        ///
        /// # Errors
        ///
        /// Those of [`Supervisor::restart_child`](crate::Supervisor::restart_child), and
        /// `FromInside` from a task of the child or of what is below it.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future does not undo the command once it was polled.
        pub async fn restart(&self) -> Result<(), SupervisorError> {
            request(&*self.slot, Verb::StopAndStart).await
        }

        /// Drops the child's life at its next await point, as an abnormal exit that counts: its
        /// policy decides what follows. Returns when the life has ended.
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

        /// Asks for a [`restart`](Self::restart) without waiting for it, also from inside.
        pub fn request_restart(&self) {
            if let Some(link) = self.slot.core().link() {
                drop(link.request(Verb::StopAndStart));
            }
        }
    };
}

impl<M: Send + 'static> ChildRef<M> {
    about_the_child!();
}

impl AnyChildRef {
    about_the_child!();
}

#[cfg(feature = "test-util")]
impl AnyChildRef {
    /// As [`kill`](Self::kill), with another reason.
    pub(crate) async fn fail(&self, reason: ExitReason) -> Result<(), SupervisorError> {
        request(&*self.slot, Verb::Fail(reason)).await
    }

    /// The child's place.
    pub(crate) fn core(&self) -> &SlotCore {
        self.slot.core()
    }
}

/// Asks the child's supervisor for something about it.
async fn request(slot: &dyn AnySlot, verb: Verb) -> Result<(), SupervisorError> {
    let core = slot.core();
    if child_would_wait_for_itself(slot) {
        return Err(SupervisorError::FromInside(core.path()));
    }
    let Some(link) = core.link() else { return Err(without_place(slot)) };
    match link.request(verb).await {
        Ok(answer) => SupervisorError::check(answer, || {
            let supervisor = core.owner().map_or_else(ChildPath::root, |owner| owner.path());
            (core.path(), supervisor)
        }),
        Err(_) => Err(gone(slot)),
    }
}

/// The child has no place under a supervisor that runs: not yet, or not any more.
fn without_place(slot: &dyn AnySlot) -> SupervisorError {
    match gone(slot) {
        // That supervisor does not know it.
        SupervisorError::ShuttingDown(_) => SupervisorError::NotFound(slot.core().path()),
        error => error,
    }
}

/// The child's supervisor cannot be asked.
fn gone(slot: &dyn AnySlot) -> SupervisorError {
    let core = slot.core();
    match core.owner() {
        Some(owner) => owner.unavailable(),
        None => SupervisorError::NotFound(core.path()),
    }
}

impl<M: Send + 'static> Clone for ChildRef<M> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot) }
    }
}

impl<M: Send + 'static> fmt::Debug for ChildRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildRef").field(&self.path().as_str()).finish()
    }
}

impl fmt::Debug for AnyChildRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyChildRef").field(&self.path().as_str()).finish()
    }
}
