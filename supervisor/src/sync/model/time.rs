//! Timers of the model.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use shuttle::sync::Mutex;
use shuttle::thread;

use super::{clock, runtime};

/// A time that stands for one that no [`Instant`] can hold.
const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

/// A timer that waits until its deadline.
#[derive(Debug)]
pub(crate) struct Sleep {
    deadline: Instant,
    alarm: Option<Arc<Alarm>>,
}

/// The waker of a timer that waits.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Mutex<Option<Waker>>);

impl Alarm {
    pub(super) fn wake(&self) {
        let waker = self.0.lock().unwrap().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Sleep {
    pub(crate) fn is_elapsed(&self) -> bool {
        self.deadline <= clock::now()
    }

    pub(crate) fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.deadline = deadline;
        self.alarm = None;
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let is_new = self.alarm.is_none();
        let alarm = self.alarm.get_or_insert_default();
        *alarm.0.lock().unwrap() = Some(cx.waker().clone());
        if deadline <= clock::now() || runtime::is_closed() {
            return Poll::Ready(());
        }
        if is_new && runtime::add_alarm(alarm) {
            // The scheduler chooses the moment at which this thread goes on. A timer that is gone by
            // then does not move the clock.
            let alarm = Arc::downgrade(alarm);
            let fire = move || {
                if let Some(alarm) = alarm.upgrade() {
                    runtime::advance_to(deadline);
                    alarm.wake();
                }
            };
            let thread = thread::Builder::new().name("timer".to_owned()).spawn(fire);
            drop(thread.expect("a thread of the model"));
        }
        Poll::Pending
    }
}

/// Waits until this instant.
pub(crate) fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, alarm: None }
}

/// Waits for this time. All threads of a model have timers.
pub(crate) fn try_sleep(time: Duration) -> Option<Sleep> {
    let now = clock::now();
    Some(sleep_until(now.checked_add(time).unwrap_or(now + FAR)))
}
