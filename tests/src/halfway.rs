//! Futures that are dropped half-way.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Polls the future once, drops it, and returns its output if the future was ready.
pub fn begin_and_drop<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
