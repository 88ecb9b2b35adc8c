//! Requests and replies.

use std::fmt;
use std::future::{self, Future};
use std::marker::PhantomData;
use std::mem;
use std::ops::Deref;
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::sync::oneshot;

use super::error::AskError;
use super::{Mailbox, Sending};

use crate::sync::task::yield_now;
use crate::sync::time::Sleep;
use crate::sync::timers;

no_condition!(
    MadeByAsk: "a reply is made by `ask`, which puts it into the message and waits for the answer",
    "write `address.ask(|reply| Message::Get(1, reply)).await`"
);
no_condition!(
    Replying: "an answer is given by `send`",
    "write `send(answer)`"
);

/// Handle by which a child answers a request.
///
/// A request is a message with a `Reply<R>` in it, made by `ask`; the child gives its answer by
/// [`send`](Self::send). The child may keep the reply and answer later, or hand the reply to
/// another task. When a reply is dropped without an answer, as it is when the life that held it
/// ends, the asker gets [`AskError::NoReply`] at once.
#[must_use = "dropped without an answer, the asker gets an error"]
pub struct Reply<R> {
    asker: oneshot::Sender<R>,
}

impl<R> Reply<R> {
    // It is not called `new`, which the compiler would show to a program as a private function: a
    // program makes no replies.
    pub(super) fn channel() -> (Self, oneshot::Receiver<R>) {
        let (asker, answer) = oneshot::channel();
        (Self { asker }, answer)
    }

    /// Sends the answer to the asker.
    ///
    /// # Errors
    ///
    /// The answer, if the asker does not wait for it any more: its time was up, or its future was
    /// dropped. Most children have no use for this error and ignore it.
    #[doc(alias = "answer", alias = "respond")]
    pub fn send(self, answer: R) -> Result<(), R> {
        self.asker.send(answer)
    }

    /// Returns `true` if the asker does not wait for the answer any more, so that the work for it
    /// can be spared.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.asker.is_closed()
    }
}

/// The functions that a reply has in other libraries. None can be called: each exists for the compiler's
/// error, and those of a program's own traits come first.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct ReplyElsewhere<R>(PhantomData<fn(R)>);

#[doc(hidden)]
impl<R> Deref for Reply<R> {
    type Target = ReplyElsewhere<R>;

    fn deref(&self) -> &Self::Target {
        &ReplyElsewhere(PhantomData)
    }
}

/// Exists for the compiler's error.
#[doc(hidden)]
#[allow(clippy::new_ret_no_self, clippy::must_use_candidate, reason = "nothing can call it")]
impl<R> Reply<R> {
    pub fn new() -> (Self, future::Ready<R>)
    where
        Self: MadeByAsk,
    {
        uncallable!()
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<R> ReplyElsewhere<R> {
    pub fn reply<'a>(&'a self, _: R) -> Result<(), R> where &'a Self: Replying { uncallable!() }
    pub fn respond<'a>(&'a self, _: R) -> Result<(), R> where &'a Self: Replying { uncallable!() }
    pub fn answer<'a>(&'a self, _: R) -> Result<(), R> where &'a Self: Replying { uncallable!() }
    pub fn complete<'a>(&'a self, _: R) -> Result<(), R> where &'a Self: Replying { uncallable!() }
    pub fn resolve<'a>(&'a self, _: R) -> Result<(), R> where &'a Self: Replying { uncallable!() }
    pub fn ok<'a>(&'a self, _: R) -> Result<(), R> where &'a Self: Replying { uncallable!() }
}

impl<R> fmt::Debug for Reply<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("is_closed", &self.is_closed()).finish()
    }
}

pin_project! {
    /// The future of a request and its answer. Polled after completion, it panics.
    pub(crate) struct Asking<'a, M, R> {
        sending: Sending<'a, M>,
        sent: bool,
        answer: oneshot::Receiver<R>,
        within: Duration,
        // Set if the future has been polled without an answer.
        waited: bool,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl<'a, M, R> Asking<'a, M, R> {
    pub(super) fn new(
        mailbox: &'a Mailbox<M>,
        make: impl FnOnce(Reply<R>) -> M,
        within: Duration,
    ) -> Self {
        let (reply, answer) = Reply::channel();
        let sending = mailbox.send(make(reply));
        Self { sending, sent: false, answer, within, waited: false, timer: None }
    }
}

impl<M, R> Future for Asking<'_, M, R> {
    type Output = Result<R, AskError<M>>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if !*this.sent
            && let Poll::Ready(sent) = Pin::new(&mut *this.sending).poll(cx)
        {
            sent?;
            *this.sent = true;
        }
        if *this.sent
            && let Poll::Ready(answer) = Pin::new(&mut *this.answer).poll(cx)
        {
            return Poll::Ready(answer.map_err(|_| AskError::NoReply));
        }
        // Most answers come as soon as the child is polled, and a timer costs more than an answer
        // (it wakes the thread that runs the timers). So the timer is made on the second poll, when
        // this thread has no other task to run. (If the task were woken at once instead, another
        // thread would steal it, mostly for nothing.)
        if !mem::replace(this.waited, true) && pin!(yield_now()).poll(cx).is_pending() {
            return Poll::Pending;
        }
        if this.timer.is_none() {
            this.timer.set(timers::start(*this.within));
        }
        if let Some(timer) = this.timer.as_mut().as_pin_mut() {
            ready!(timers::poll(timer, cx));
        }
        drop(this.sending.withdraw());
        // `Reply::send` may have returned `Ok` in the meantime: then the answer has to arrive.
        this.answer.close();
        Poll::Ready(this.answer.try_recv().map_err(|_| AskError::Timeout))
    }
}

impl<M, R> Asking<'_, M, R> {
    /// Returns `true` if the request is in the mailbox, or was handled.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent
    }

    /// Gives up, as if dropped. Returns the message if it was not sent.
    pub(crate) fn withdraw(self: Pin<&mut Self>) -> Option<M> {
        let this = self.project();
        this.answer.close();
        if *this.sent { None } else { this.sending.withdraw() }
    }
}
