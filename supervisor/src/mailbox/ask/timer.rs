//! The timer of a request, on any thread.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::time::{Sleep, sleep};

use crate::catch::catch_panic;

/// Starts a timer of the current runtime; on a thread without timers, one of the library's own.
/// Returns `None` if there are no timers, since no thread can be started for them.
pub(super) fn start(limit: Duration) -> Option<Sleep> {
    // There is no other way to ask whether the runtime has timers.
    if Handle::try_current().is_ok()
        && let Some(timer) = catch_panic(|| sleep(limit))
    {
        return Some(timer);
    }
    let timers = own_timers()?;
    let _entered = timers.enter();
    Some(sleep(limit))
}

/// Polls a timer. The timers of a runtime that is gone are up.
pub(super) fn poll(timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    catch_panic(|| timer.poll(cx)).unwrap_or(Poll::Ready(()))
}

/// Returns the runtime that has the timers of threads without one. It runs in a thread of its own,
/// which starts with the first of these timers and stays.
fn own_timers() -> Option<Handle> {
    static TIMERS: Mutex<Option<Handle>> = Mutex::new(None);
    let mut timers = TIMERS.lock().unwrap_or_else(PoisonError::into_inner);
    if timers.is_none() {
        let (sender, handle) = mpsc::channel();
        let run = move || {
            let Ok(runtime) = Builder::new_current_thread().enable_time().build() else { return };
            if sender.send(runtime.handle().clone()).is_ok() {
                runtime.block_on(pending::<()>());
            }
        };
        thread::Builder::new().name("supervisor-timers".to_owned()).spawn(run).ok()?;
        *timers = handle.recv().ok();
    }
    timers.clone()
}
