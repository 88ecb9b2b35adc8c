//! The future that waits for room.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use super::Mailbox;
use super::error::SendError;
use super::queue::Sent;
use super::waiting_senders::Ticket;
use crate::catch::wake;

use crate::sync::task;

/// The future of a message that is sent when there is room. Polled after completion, it panics.
pub(crate) struct Sending<'a, M> {
    mailbox: &'a Mailbox<M>,
    message: Option<M>,
    ticket: Option<Ticket>,
}

impl<'a, M> Sending<'a, M> {
    pub(super) fn new(mailbox: &'a Mailbox<M>, message: M) -> Self {
        Self { mailbox, message: Some(message), ticket: None }
    }

    /// Gives up, as if the future was dropped. Returns the message if it was not sent.
    pub(crate) fn withdraw(&mut self) -> Option<M> {
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
        let budget = ready!(task::poll_proceed(cx));
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

impl<M> Sending<'_, M> {
    /// Returns the state of the future in words.
    pub(crate) fn state(&self) -> &'static str {
        match (&self.message, self.ticket) {
            (None, _) => "done",
            (Some(_), None) => "not polled",
            (Some(_), Some(_)) => "waiting",
        }
    }
}
