//! The time limit of a request's head.
//!
//! hyper has such a limit, too. It registers a timer for each request, and has no limit before a
//! connection's first bytes have told its version. Here a connection has one timer, which looks when it
//! fires whether the time is over.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use hyper::{Request, Version};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

/// The connection waits for the head of a request, and did so when the timer was set.
const WAITING: u8 = 0;
/// A request is being answered.
const ANSWERING: u8 = 1;
/// A response has been handed over since the timer was set.
const ANSWERED: u8 = 2;
/// The connection speaks HTTP/2: the limit was that of its first request.
const UNLIMITED: u8 = 3;

/// The part of a request for which a connection waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting(Arc<State>);

#[derive(Debug)]
struct State {
    waits_for: AtomicU8,
    draining: Draining,
}

/// A flag that the server sets for its connections when the tree drains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draining(Arc<AtomicBool>);

impl Draining {
    pub(crate) fn set(&self, drains: bool) {
        self.0.store(drains, Ordering::Relaxed);
    }
}

impl Waiting {
    pub(crate) fn new(draining: Draining) -> Self {
        Self(Arc::new(State { waits_for: AtomicU8::new(WAITING), draining }))
    }

    /// Notes that the head of a request is there. The guard is dropped when the response has been
    /// handed over.
    pub(crate) fn request<B>(&self, request: &Request<B>) -> Answering {
        let state = if request.version() < Version::HTTP_2 { ANSWERING } else { UNLIMITED };
        self.0.waits_for.store(state, Ordering::Relaxed);
        Answering(self.clone())
    }

    fn change(&self, from: u8, to: u8) {
        let state = &self.0.waits_for;
        let _ = state.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Guard of a request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Waiting);

impl Answering {
    /// Returns `true` if the response is to be the last one on its connection: the tree drains, and the
    /// connection speaks HTTP/1.
    pub(crate) fn is_last(&self) -> bool {
        let Self(Waiting(state)) = self;
        state.draining.0.load(Ordering::Relaxed)
            && state.waits_for.load(Ordering::Relaxed) != UNLIMITED
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // A stream of HTTP/2 leaves the state as it is.
        self.0.change(ANSWERING, ANSWERED);
    }
}

pin_project! {
    /// Completes when a client has taken too long for the head of a request: the whole limit for the
    /// first one, between once and twice the limit for those after it.
    pub(crate) struct HeadLimit {
        limit: Duration,
        waiting: Waiting,
        #[pin]
        timer: Option<Sleep>,
        is_registered: bool,
    }
}

impl HeadLimit {
    pub(crate) fn new(limit: Option<Duration>, waiting: Waiting) -> Self {
        let timer = limit.map(sleep);
        Self { limit: limit.unwrap_or_default(), waiting, timer, is_registered: false }
    }
}

impl Future for HeadLimit {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        while let Some(mut timer) = this.timer.as_mut().as_pin_mut() {
            // The timer knows its task, so that most polls need not look it up.
            if *this.is_registered && !timer.is_elapsed() {
                break;
            }
            *this.is_registered = true;
            if timer.as_mut().poll(cx).is_pending() {
                break;
            }
            match this.waiting.0.waits_for.load(Ordering::Relaxed) {
                WAITING => return Poll::Ready(()),
                UNLIMITED => this.timer.set(None),
                _ => {
                    this.waiting.change(ANSWERED, WAITING);
                    *this.is_registered = false;
                    timer.as_mut().reset(Instant::now() + *this.limit);
                }
            }
        }
        Poll::Pending
    }
}

pin_project! {
    /// The body of a response: when it is dropped, the connection waits for its next request.
    pub(crate) struct AnsweringBody<B> {
        #[pin]
        body: B,
        answering: Answering,
    }
}

impl<B> AnsweringBody<B> {
    pub(crate) fn new(body: B, answering: Answering) -> Self {
        Self { body, answering }
    }
}

impl<B: Body> Body for AnsweringBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
