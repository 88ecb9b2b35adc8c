//! The tasks of a connection: the streams of HTTP/2, which run beside each other and end with the
//! connection's worker.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};

use tokio::task::AbortHandle;
use tracing::Span;

/// The executor of a connection, which hyper gives the streams of HTTP/2.
///
/// Each stream is a task of its own, so that the streams of one connection use all threads. The
/// tasks end with the connection's worker. It is a part of [`Builder`](crate::Builder).
#[derive(Clone, Default)]
pub struct Streams(Arc<Shared>);

#[derive(Default)]
struct Shared {
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Tasks {
    next: u64,
    running: HashMap<u64, (Arc<Stream>, Option<AbortHandle>)>,
    /// Set when the worker has ended: no further task begins.
    is_closed: bool,
    /// The waker of the worker that waits for the tasks' ends.
    waiting: Option<Waker>,
}

/// The future of one stream. The worker that ends drops it, wherever the task is.
struct Stream {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    is_cancelled: AtomicBool,
}

impl Stream {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut future = lock(&self.future);
        let polled = match &mut *future {
            Some(_) if self.is_cancelled.load(Ordering::SeqCst) => Poll::Ready(()),
            Some(running) => running.as_mut().poll(cx),
            None => Poll::Ready(()),
        };
        if polled.is_ready() || self.is_cancelled.load(Ordering::SeqCst) {
            *future = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Drops the future. One that is being polled on another thread is dropped when that poll
    /// returns.
    fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
        let future = match self.future.try_lock() {
            Ok(mut future) => future.take(),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
            Err(TryLockError::WouldBlock) => None,
        };
        // A panic of one stream's locals must not keep the others.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

impl<F: Future + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, future: F) {
        let future = Box::pin(async move { drop(future.await) });
        let stream = Arc::new(Stream {
            future: Mutex::new(Some(future)),
            is_cancelled: AtomicBool::new(false),
        });
        let Some(number) = self.begin(&stream) else { return };
        let (end, span) = (StreamEnd { streams: self.clone(), number }, Span::current());
        let task = tokio::spawn(async move {
            let _end = end;
            poll_fn(|cx| span.in_scope(|| stream.poll(cx))).await;
        });
        // A task that has ended already is not in the list any more.
        if let Some((_, abort)) = self.tasks().running.get_mut(&number) {
            *abort = Some(task.abort_handle());
        }
    }
}

impl Streams {
    fn begin(&self, stream: &Arc<Stream>) -> Option<u64> {
        let mut tasks = self.tasks();
        if tasks.is_closed {
            return None;
        }
        let number = tasks.next;
        tasks.next += 1;
        tasks.running.insert(number, (Arc::clone(stream), None));
        Some(number)
    }

    /// Ends all tasks, and lets no other begin.
    fn close(&self) {
        let streams: Vec<_> = {
            let mut tasks = self.tasks();
            tasks.is_closed = true;
            tasks
                .running
                .values()
                .map(|(stream, abort)| (Arc::clone(stream), abort.clone()))
                .collect()
        };
        for (stream, abort) in streams {
            stream.cancel();
            abort.iter().for_each(AbortHandle::abort);
        }
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut tasks = self.tasks();
        if tasks.running.is_empty() {
            return Poll::Ready(());
        }
        tasks.waiting = Some(cx.waker().clone());
        Poll::Pending
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        lock(&self.0.tasks)
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("running", &self.tasks().running.len()).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Guard in a stream's task.
struct StreamEnd {
    streams: Streams,
    number: u64,
}

impl Drop for StreamEnd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(target: "supervisor", "a handler panicked; its stream is reset");
        }
        let (ended, waiting) = {
            let mut tasks = self.streams.tasks();
            let ended = tasks.running.remove(&self.number);
            let waiting = if tasks.running.is_empty() { tasks.waiting.take() } else { None };
            (ended, waiting)
        };
        drop(ended);
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// The worker's guard of its connection's tasks: they end with it.
#[derive(Debug)]
pub(crate) struct StreamsGuard(pub(crate) Streams);

impl StreamsGuard {
    /// Ends the tasks, and waits until they are gone.
    pub(crate) async fn end(self) {
        self.0.close();
        poll_fn(|cx| self.0.poll_ended(cx)).await;
    }
}

impl Drop for StreamsGuard {
    fn drop(&mut self) {
        self.0.close();
    }
}
