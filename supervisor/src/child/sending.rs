//! The futures of messages and requests to a child.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::deadlock::Deadlock;
use crate::mailbox::{self, AskError, SendError};

/// Future returned by [`ChildRef::send`](crate::ChildRef::send).
///
/// Completes with `Ok(())` when the message is in the mailbox: at once if there is room; otherwise
/// once all earlier senders have sent and the child has taken a message, which may be after the
/// child's restart.
///
/// Inside a life that is being stopped, the future does not wait for a sibling that starts again only
/// after the caller's own life has ended: one that the restart of the group has already stopped, or
/// that has ended while the supervisor was busy.
///
/// # Errors
///
/// [`SendError`] with the message, if the child is not running or its slot is removed, even if that
/// happens while the future waits.
///
/// # Cancel safety
///
/// If the future is dropped before it has completed, the message is not sent, and the senders
/// behind it move up. While the future waits it keeps its position among the waiting senders.
///
/// # Panics
///
/// When polled after completion.
#[must_use = "a message is not sent until this is awaited"]
pub struct Sending<'a, M> {
    sending: mailbox::Sending<'a, M>,
    deadlock: Deadlock<'a>,
}

impl<'a, M> Sending<'a, M> {
    pub(super) fn new(sending: mailbox::Sending<'a, M>, deadlock: Deadlock<'a>) -> Self {
        Self { sending, deadlock }
    }
}

impl<M> Future for Sending<'_, M> {
    type Output = Result<(), SendError<M>>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let sent = Pin::new(&mut this.sending).poll(cx);
        // A message for which there is room is kept for the next life.
        if sent.is_pending()
            && this.deadlock.poll(false, cx)
            && let Some(message) = this.sending.withdraw()
        {
            return Poll::Ready(Err(SendError::NotRunning(message)));
        }
        sent
    }
}

not_awaited!([M] Sending<'_, M>);

impl<M> fmt::Debug for Sending<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sending").field(&format_args!("{}", self.sending.state())).finish()
    }
}

pin_project! {
    /// Future returned by [`ChildRef::ask`](crate::ChildRef::ask) and
    /// [`ChildRef::ask_within`](crate::ChildRef::ask_within).
    ///
    /// Sends the request, waiting for room as [`Sending`] does, then waits for the answer. The
    /// time-out covers both and runs on tokio's clock, from the first poll; on a thread without a
    /// runtime, or in a runtime without timers, it runs on a timer thread of the library's, which
    /// starts with the first such request. A request that is queued when the child crashes is answered
    /// by the next life; the request that the child was handling gets [`AskError::NoReply`].
    ///
    /// Inside a life that is being stopped, a request fails if it is to a sibling that starts again
    /// only after the caller's own life has ended: one that the restart of the group has already
    /// stopped, or that has ended while the supervisor was busy.
    ///
    /// # Errors
    ///
    /// [`AskError`]: a request that could not be sent comes back in it. When the time is up a
    /// request that still waits for room is withdrawn; one that was sent stays sent, and its
    /// [`Reply::is_closed`] returns `true`. The time is up, too, when the runtime in which the
    /// future was first polled is gone, or when the timer thread cannot be started.
    ///
    /// # Cancel safety
    ///
    /// A dropped future does the same as one whose time is up.
    ///
    /// # Panics
    ///
    /// When polled after completion.
    #[must_use = "a request is not sent until this is awaited"]
    pub struct Asking<'a, M, R> {
        #[pin]
        request: mailbox::Asking<'a, M, R>,
        deadlock: Deadlock<'a>,
        // Set by the first pending poll.
        waited: bool,
    }
}

impl<'a, M, R> Asking<'a, M, R> {
    pub(super) fn new(asking: mailbox::Asking<'a, M, R>, deadlock: Deadlock<'a>) -> Self {
        Self { request: asking, deadlock, waited: false }
    }
}

impl<M, R> Future for Asking<'_, M, R> {
    type Output = Result<R, AskError<M>>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if !this.request.is_sent()
            && this.deadlock.holds()
            && let Some(message) = this.request.as_mut().withdraw()
        {
            return Poll::Ready(Err(AskError::NotRunning(message)));
        }
        let answer = this.request.as_mut().poll(cx);
        // Most answers come before the second poll, and need no look at the caller's own life.
        if answer.is_pending()
            && std::mem::replace(this.waited, true)
            && let Some(error) = end_of_deadlock(this.request, this.deadlock, cx)
        {
            return Poll::Ready(Err(error));
        }
        answer
    }
}

/// Notes that the caller waits for the child, for snapshots. If the two wait for each other, withdraws
/// the request and returns its error. This is kept out of the usual path, in which the answer comes
/// before the second poll.
#[cold]
fn end_of_deadlock<M, R>(
    request: Pin<&mut mailbox::Asking<'_, M, R>>,
    deadlock: &mut Deadlock<'_>,
    cx: &mut TaskContext<'_>,
) -> Option<AskError<M>> {
    let holds = deadlock.poll(request.is_sent(), cx);
    holds.then(|| match request.withdraw() {
        Some(message) => AskError::NotRunning(message),
        None => AskError::NoReply,
    })
}

not_awaited!([M, R] Asking<'_, M, R>);

impl<M, R> fmt::Debug for Asking<'_, M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("sent", &self.request.is_sent()).finish_non_exhaustive()
    }
}
