//! Tasks of the model.

use std::any::type_name;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use shuttle::future::block_on;
use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread;

use super::runtime;

/// A task, as its handle and the runtime know it.
pub(crate) struct Task {
    name: &'static str,
    is_aborted: AtomicBool,
    waker: Mutex<Option<Waker>>,
    has_ended: std::sync::atomic::AtomicBool,
}

impl Task {
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    /// Makes the task drop its future, at the latest where it would be polled next.
    pub(super) fn abort(&self) {
        self.is_aborted.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

/// A handle of a task, by which the task can be aborted. A handle that is dropped lets the task run.
pub(crate) struct JoinHandle<T> {
    task: Arc<Task>,
    output: PhantomData<fn() -> T>,
}

impl<T> JoinHandle<T> {
    pub(crate) fn abort(&self) {
        self.task.abort();
    }

    pub(crate) fn abort_handle(&self) -> AbortHandle {
        AbortHandle(Arc::clone(&self.task))
    }
}

/// A handle by which a task can be aborted.
#[derive(Clone)]
pub(crate) struct AbortHandle(Arc<Task>);

impl AbortHandle {
    pub(crate) fn abort(&self) {
        self.0.abort();
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinHandle").field(&self.task.name).finish()
    }
}

/// Spawns a task; drops it at once if the runtime is gone.
pub(crate) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let task = Arc::new(Task {
        name: type_name::<F>(),
        is_aborted: AtomicBool::new(false),
        waker: Mutex::new(None),
        has_ended: false.into(),
    });
    if runtime::add(&task) {
        let own = Arc::clone(&task);
        let run = move || {
            block_on(run(&own, future));
            own.has_ended.store(true, Ordering::Relaxed);
        };
        let thread = thread::Builder::new().name(task.name.to_owned()).spawn(run);
        runtime::add_thread(thread.expect("a thread of the model"));
    } else {
        drop(future);
    }
    JoinHandle { task, output: PhantomData }
}

/// The name of a task, which a model does not need.
pub(crate) struct Name;

impl Name {
    pub(crate) fn of(_: impl FnOnce() -> String) -> Self {
        Self
    }
}

/// Spawns a task as [`spawn`] does.
pub(crate) fn spawn_named<F>(_: &Name, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    spawn(future)
}

/// Spawns a task as [`try_spawn`] does.
pub(crate) fn try_spawn_named<F>(_: &Name, future: F) -> Result<JoinHandle<F::Output>, F>
where
    F: Future<Output: Send> + Send + 'static,
{
    try_spawn(future)
}

/// Spawns a task. All threads of a model have a runtime, which may be gone.
pub(crate) fn try_spawn<F>(future: F) -> Result<JoinHandle<F::Output>, F>
where
    F: Future<Output: Send> + Send + 'static,
{
    Ok(spawn(future))
}

/// Runs the task until its future has ended, or is dropped because the task was aborted.
async fn run<F: Future>(task: &Task, future: F) {
    let mut future = Some(Box::pin(future));
    poll_fn(|cx| {
        *task.waker.lock().unwrap() = Some(cx.waker().clone());
        if !task.is_aborted.load(Ordering::SeqCst)
            && let Some(running) = &mut future
            && running.as_mut().poll(cx).is_pending()
            // It may have been aborted while it was polled.
            && !task.is_aborted.load(Ordering::SeqCst)
        {
            return Poll::Pending;
        }
        future = None;
        Poll::Ready(())
    })
    .await;
}

/// Lets the other tasks run.
pub(crate) fn yield_now() -> impl Future<Output = ()> {
    shuttle::future::yield_now()
}

/// Lets the other tasks run if this one has used up its turn, as it has at random.
pub(crate) async fn consume_budget() {
    if is_used_up() {
        yield_now().await;
    }
}

/// Takes a unit of the task's turn; pending once the turn is used up, as it is at random.
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<Unit> {
    if is_used_up() {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    Poll::Ready(Unit)
}

/// A unit of a task's turn.
pub(crate) struct Unit;

impl Unit {
    #[expect(clippy::unused_self, reason = "tokio's takes `self`")]
    pub(crate) fn made_progress(&self) {}
}

fn is_used_up() -> bool {
    thread_rng().gen_ratio(1, 16)
}
