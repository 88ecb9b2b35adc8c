//! The future that waits for room.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use tokio::task::coop;

use super::error::SendError;
use super::queue::Sent;
use super::waiting_senders::Ticket;
use super::{Mailbox, wake};

/// Future returned by [`ChildRef::send`](crate::ChildRef::send).
///
/// Completes with `Ok(())` when the message is in the mailbox: at once if there is room; otherwise
/// when the senders that have waited longer have sent their messages and the child has taken a
/// message, which may be after the child's restart.
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
    mailbox: &'a Mailbox<M>,
    message: Option<M>,
    ticket: Option<Ticket>,
}

impl<'a, M> Sending<'a, M> {
    pub(super) fn new(mailbox: &'a Mailbox<M>, message: M) -> Self {
        Self { mailbox, message: Some(message), ticket: None }
    }

    /// Gives up, as if the future was dropped. Returns the message if it was not sent.
    pub(super) fn withdraw(&mut self) -> Option<M> {
        if let Some(ticket) = self.ticket.take() {
            self.mailbox.withdraw(ticket);
        }
        self.message.take()
    }
}

// The message is moved out, never pinned.
impl<M> Unpin for Sending<'_, M> {}

impl<M> Future for Sending<'_, M> {
    type Output = Result<(), SendError<M>>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let budget = ready!(coop::poll_proceed(cx));
        let message = this.message.take().expect("polled after completion");
        let sent = this.mailbox.lock().send(message, &mut this.ticket, cx.waker());
        match sent {
            Sent::Queued(receiver) => {
                budget.made_progress();
                wake(receiver);
                Poll::Ready(Ok(()))
            }
            Sent::Waiting(message, replaced) => {
                this.message = Some(message);
                drop(replaced);
                Poll::Pending
            }
            Sent::Refused(error) => {
                budget.made_progress();
                Poll::Ready(Err(error))
            }
        }
    }
}

impl<M> Drop for Sending<'_, M> {
    fn drop(&mut self) {
        drop(self.withdraw());
    }
}

impl<M> fmt::Debug for Sending<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (&self.message, self.ticket) {
            (None, _) => "done",
            (Some(_), None) => "not polled",
            (Some(_), Some(_)) => "waiting",
        };
        f.debug_tuple("Sending").field(&format_args!("{state}")).finish()
    }
}
