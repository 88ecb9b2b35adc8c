//! The timer of a request: one like all others, since all threads of a model have timers.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::time::{Sleep, try_sleep};

pub(crate) fn start(limit: Duration) -> Option<Sleep> {
    try_sleep(limit)
}

pub(crate) fn poll(timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    timer.poll(cx)
}
