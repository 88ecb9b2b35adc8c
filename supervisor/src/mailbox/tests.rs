//! The guarantees of a mailbox, one fact a test.

mod batch;
mod close;
mod lives;
mod model;
mod request;
mod send;
mod stress;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::time::Duration;

use super::{Closing, Leftovers, Mailbox, SendError, Sending, Shortcut, TrySendError};
use crate::catch::wake;
use crate::count_waker::{WakeCount, count_waker};

/// Polls a future once, with a waker that does nothing.
fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_with(future, Waker::noop())
}

fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut TaskContext::from_waker(waker))
}

fn poll_recv<M>(mailbox: &Mailbox<M>, life: u64, waker: &Waker) -> Poll<Option<M>> {
    mailbox.poll_recv(life, &mut Shortcut::default(), &mut TaskContext::from_waker(waker))
}

async fn recv<M>(mailbox: &Mailbox<M>, life: u64) -> Option<M> {
    poll_fn(|cx| mailbox.poll_recv(life, &mut Shortcut::default(), cx)).await
}

fn try_recv<M>(mailbox: &Mailbox<M>, life: u64) -> Option<M> {
    mailbox.try_recv(life, &mut Shortcut::default())
}

/// Receives all messages that a life can have without waiting.
fn drain<M>(mailbox: &Mailbox<M>, life: u64) -> Vec<M> {
    std::iter::from_fn(|| try_recv(mailbox, life)).collect()
}

/// Creates a mailbox with life 1 running and these messages in it.
fn filled<M>(capacity: usize, messages: impl IntoIterator<Item = M>) -> Mailbox<M> {
    let mailbox = Mailbox::new(capacity);
    mailbox.open(1);
    for message in messages {
        assert!(mailbox.try_send(message).is_ok(), "the test fills more than there is room for");
    }
    mailbox
}

/// Returns a send that has found the mailbox full and waits.
fn waiting<M>(mailbox: &Mailbox<M>, message: M) -> Sending<'_, M> {
    let mut sending = mailbox.send(message);
    assert!(poll(&mut sending).is_pending());
    sending
}

/// Waits for a future, and panics after 20 seconds instead of waiting for ever.
async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let outcome = tokio::time::timeout(Duration::from_secs(20), future).await;
    outcome.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
