//! The notification that a lease may be free, from the watch of an engine.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::leases::Leases;
use crate::catch::{catch_panic, drop_each};

/// The watch of a lease that another replica holds. If the watch, which is foreign code, panics, it
/// never completes: the lease is requested every `renew` in any case.
pub(super) struct News<'a> {
    /// `None` once the watch has panicked.
    watch: Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
}

impl<'a> News<'a> {
    pub(super) fn of<L: Leases>(leases: &'a L, lease: &'a str) -> Self {
        let watch = catch_panic(|| Box::pin(leases.watch(lease)) as Pin<Box<_>>);
        Self { watch }
    }
}

impl Future for News<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(watch) = &mut self.watch else { return Poll::Pending };
        if let Some(polled) = catch_panic(|| watch.as_mut().poll(cx)) {
            return polled;
        }
        drop_each(self.watch.take());
        Poll::Pending
    }
}

impl Drop for News<'_> {
    fn drop(&mut self) {
        drop_each(self.watch.take());
    }
}
