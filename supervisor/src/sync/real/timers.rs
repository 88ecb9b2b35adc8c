//! The timer of a request, on any thread.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the timer thread is outside of every runtime, and of the models"
)]

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use super::time::{Sleep, try_sleep};
use crate::catch::catch_panic;

/// Starts a timer of the current runtime; on a thread without timers, one of the library's own.
/// Returns `None` if there are no timers, since no thread can be started for them.
pub(crate) fn start(limit: Duration) -> Option<Sleep> {
    try_sleep(limit).or_else(|| {
        let timers = own_timers()?;
        let _entered = timers.enter();
        try_sleep(limit)
    })
}

/// Polls a timer. The timers of a runtime that is gone are up.
pub(crate) fn poll(timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    catch_panic(|| timer.poll(cx)).unwrap_or(Poll::Ready(()))
}

/// Returns the runtime that has the timers of threads without one. It runs in a thread of its own,
/// which starts with the first of these timers and stays.
fn own_timers() -> Option<Handle> {
    static TIMERS: Mutex<Option<Handle>> = Mutex::new(None);
    let mut timers = TIMERS.lock().unwrap_or_else(PoisonError::into_inner);
    if timers.is_none() {
        let runtime = Builder::new_current_thread().enable_time().build().ok()?;
        let runtime = OwnRuntime(Some(runtime));
        let handle = runtime.0.as_ref()?.handle().clone();
        let run = move || {
            if let Some(runtime) = &runtime.0 {
                runtime.block_on(pending::<()>());
            }
        };
        thread::Builder::new().name("supervisor-timers".to_owned()).spawn(run).ok()?;
        *timers = Some(handle);
    }
    timers.clone()
}

/// The runtime of the timers. If no thread can be started for it, it is dropped where a request is
/// made, perhaps in a task, in which a runtime must not be dropped as others are.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_runtime_of_the_timers_may_be_dropped_in_a_task() {
        drop(OwnRuntime(Builder::new_current_thread().enable_time().build().ok()));
    }
}
