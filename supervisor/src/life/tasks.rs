//! The tasks that a life has spawned, which end with it.
//!
//! A life is over when its own code has ended and no task of it is left: whichever comes last reports
//! the end.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;

#[cfg(feature = "lease")]
use super::gate::{Gate, Pass};
use super::{Report, current, reason_of_panic};
use crate::catch::wake_each;
use crate::engine::{Event, Exit};
use crate::observe::LifeSpan;
use crate::slot::AnySlot;
use crate::spec::ExitReason;
use crate::sync::task::{self, AbortHandle};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// The tasks of one life, from [`Context::tasks`](crate::Context::tasks): spawns more of them, and
/// waits for them.
///
/// A clone spawns into the same life, also from within a task. When the life's own code has ended, or
/// the life is killed, all its tasks are aborted, and none can be spawned any more. The life is over
/// when the last of them has ended: only then does a next life begin, and a shutdown go on. So a task
/// has to end within the time that its child has to stop, as the child's own code does; one that blocks
/// its thread makes the child one that cannot be stopped.
///
/// A panic of a task is a failure of the life: the child is restarted by its policy. During a stop it
/// is only recorded, and the life goes on with its clean-up.
///
/// ```
/// use supervisor::prelude::*;
/// # struct TcpStream;
/// # struct TcpListener;
/// # impl TcpListener {
/// #     async fn bind(_: &str) -> std::io::Result<Self> { Ok(Self) }
/// #     async fn accept(&self) -> std::io::Result<(TcpStream, u16)> { std::future::pending().await }
/// # }
///
/// async fn serve(mut socket: TcpStream, stop: impl Future<Output = ()>) {
///     // …
/// #   let _ = (&mut socket, stop);
/// }
///
/// async fn server(ctx: Context) -> ChildResult {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let connections = ctx.tasks();
///     while let Some(accepted) = ctx.until_shutdown(listener.accept()).await {
///         let (socket, _) = accepted?;
///         connections.spawn(serve(socket, ctx.shutdown_requested()));
///     }
///     connections.wait().await; // those that go on are cut off by the child's `shutdown` time
///     Ok(())
/// }
/// # let _ = ChildSpec::new("server").with_task(server);
/// ```
#[derive(Clone)]
pub struct Tasks {
    slot: Arc<dyn AnySlot>,
    /// `None` if the life was over when this was made.
    scope: Option<Arc<Scope>>,
}

/// The tasks of a life, held by the life's slot (and so not holding it).
pub(crate) struct Scope {
    generation: u64,
    /// The gate in front of the life, and so of its tasks.
    #[cfg(feature = "lease")]
    gate: Option<Arc<Gate>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The tasks that are to be aborted when the life's own code ends, by their numbers; `None` while a
    /// task is being spawned.
    tasks: BTreeMap<u64, Option<AbortHandle>>,
    /// The number of the last task.
    last: u64,
    /// The number of tasks that have not ended.
    live: usize,
    /// Set once the life's own code has ended.
    is_closed: bool,
    /// The first panic of a task.
    failure: Option<ExitReason>,
    /// The report of the life's end, which the last task sends.
    report: Option<(Report, Exit)>,
    /// The callers who wait until no task is left.
    waiting: Vec<Waker>,
}

impl Tasks {
    /// Returns the tasks of this life.
    pub(crate) fn of(slot: &Arc<dyn AnySlot>, generation: u64) -> Self {
        let make = || {
            Arc::new(Scope {
                generation,
                // A life behind a gate has its scope from its beginning.
                #[cfg(feature = "lease")]
                gate: None,
                state: Mutex::default(),
            }) as _
        };
        let scope = slot.core().scope(generation, make);
        let scope = scope.and_then(|scope| scope.downcast().ok());
        Self { slot: Arc::clone(slot), scope }
    }

    /// Spawns a task that ends with the life, and returns a handle of it, which may be dropped.
    ///
    /// If the life's own code has ended, or the thread has no runtime, the future is dropped, and the
    /// handle says that the task was aborted.
    ///
    /// What a task logs stands in the span in which it was spawned. A call from a task counts as one of
    /// the child: one that would wait for the child itself returns
    /// [`FromInside`](crate::SupervisorError::FromInside).
    pub fn spawn<F>(&self, future: F) -> SpawnedTask<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let (sender, output) = oneshot::channel();
        let entered = self.scope.as_ref().and_then(|scope| Some((scope, scope.enter()?)));
        let Some((scope, number)) = entered else {
            return SpawnedTask { output, task: None };
        };
        let slot = Some(Arc::clone(&self.slot));
        let member = Member {
            number,
            slot,
            #[cfg(feature = "lease")]
            pass: scope.gate.as_ref().map(Gate::admit),
            scope: Arc::clone(scope),
        };
        let (span, output_to) = (LifeSpan::current(), Some(sender));
        let spawned = Spawned { future: Some(future), span, output_to, member };
        // Without a runtime, the drop of the future counts the task out again.
        let name = task::Name::of(|| format!("{} (task {number})", self.slot.core().path()));
        let task = task::try_spawn_named(&name, spawned).ok().map(|task| task.abort_handle());
        if let Some(task) = &task {
            scope.add(number, task);
        }
        SpawnedTask { output, task }
    }

    /// Returns the number of tasks that have not ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scope.as_ref().map_or(0, |scope| scope.lock().live)
    }

    /// Returns `true` if no task is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until no task is left. A task that waits for this waits for itself, too.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn wait(&self) {
        let Some(scope) = &self.scope else { return };
        poll_fn(|cx| scope.poll_empty(cx)).await;
    }
}

impl Scope {
    /// Puts the tasks of a life that is about to begin behind the gate that is in front of the life.
    #[cfg(feature = "lease")]
    pub(super) fn put_behind(gate: &Arc<Gate>, slot: &dyn AnySlot, generation: u64) {
        let gate = Some(Arc::clone(gate));
        let make = || Arc::new(Self { generation, gate, state: Mutex::default() }) as _;
        drop(slot.core().scope(generation, make));
    }

    /// Counts a task that is about to be spawned. Returns its number, or `None` if the life's own code
    /// has ended.
    fn enter(&self) -> Option<u64> {
        let mut state = self.lock();
        if state.is_closed {
            return None;
        }
        state.live += 1;
        state.last += 1;
        let number = state.last;
        state.tasks.insert(number, None);
        Some(number)
    }

    /// Notes the handle of a task that was spawned. The task may have ended already, and the life's
    /// own code, too.
    fn add(&self, number: u64, task: &AbortHandle) {
        let mut state = self.lock();
        if state.is_closed {
            drop(state);
            task.abort();
        } else if let Some(handle) = state.tasks.get_mut(&number) {
            *handle = Some(task.clone());
        }
    }

    /// Notes the end of a task; the last one reports the end of the life.
    fn leave(&self, number: u64) {
        let mut state = self.lock();
        let task = state.tasks.remove(&number);
        state.live -= 1;
        let (waiting, report) = match state.live {
            0 => (std::mem::take(&mut state.waiting), state.take_report()),
            _ => (Vec::new(), None),
        };
        drop(state);
        drop(task);
        wake_each(waiting);
        if let Some((report, exit)) = report {
            report.tell(exit);
        }
    }

    /// Notes that a task has panicked, and tells the supervisor.
    fn failed(&self, slot: Option<&Arc<dyn AnySlot>>, reason: ExitReason) {
        let mut state = self.lock();
        let is_closed = state.is_closed;
        let event = (!is_closed).then(|| Box::new(reason.clone()));
        let is_first = state.failure.is_none();
        let spare = if is_first { state.failure.replace(reason) } else { Some(reason) };
        drop(state);
        drop(spare);
        if let Some(reason) = event
            && let Some(link) = slot.and_then(|slot| slot.core().link_of(self.generation))
        {
            link.tell(Event::TaskFailed(link.key, self.generation, reason));
        }
    }

    fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.live == 0 {
            return Poll::Ready(());
        }
        if !state.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Ends all tasks, since the life's own code has ended. Returns the life's exit if no task is left;
    /// otherwise the last task takes the report over and sends it.
    fn close(&self, report: &mut Report, exit: Exit) -> Option<Exit> {
        let mut state = self.lock();
        state.is_closed = true;
        let tasks = std::mem::take(&mut state.tasks);
        let is_over = state.live == 0;
        drop(state);
        if !is_over {
            // Told before the last task can report the end.
            let slot = report.slot.as_ref();
            if let Some(link) = slot.and_then(|slot| slot.core().link_of(self.generation)) {
                let reason = match &exit {
                    Exit::Returned(reason) => Some(Box::new(reason.clone())),
                    Exit::Dropped => None,
                };
                link.tell(Event::TasksLeft(link.key, self.generation, reason));
            }
            tasks.values().flatten().for_each(AbortHandle::abort);
        }
        drop(tasks);
        let mut state = self.lock();
        if state.live > 0 {
            let report = Report {
                slot: report.slot.take(),
                #[cfg(feature = "lease")]
                pass: report.pass.take(),
            };
            state.report = Some((report, exit));
            return None;
        }
        Some(state.exit(exit))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_report(&mut self) -> Option<(Report, Exit)> {
        let (report, exit) = self.report.take()?;
        let exit = self.exit(exit);
        Some((report, exit))
    }

    /// Returns the exit of the life: the panic of a task, unless its own code has failed.
    fn exit(&mut self, exit: Exit) -> Exit {
        match (exit, self.failure.take()) {
            (Exit::Returned(reason), _) if reason.is_abnormal() => Exit::Returned(reason),
            (_, Some(failure)) => Exit::Returned(failure),
            (exit, None) => exit,
        }
    }
}

impl Report {
    /// Ends the life's tasks, if it has spawned any. Returns the life's exit, unless a task takes the
    /// report over.
    #[inline]
    pub(super) fn end_tasks(&mut self, exit: Exit) -> Option<Exit> {
        match &self.slot {
            Some(slot) if slot.core().has_scope() => self.close_scope(exit),
            _ => Some(exit),
        }
    }

    #[cold]
    fn close_scope(&mut self, exit: Exit) -> Option<Exit> {
        let scope = self.slot.as_ref().and_then(|slot| slot.core().present_scope());
        match scope.and_then(|scope| scope.downcast::<Scope>().ok()) {
            Some(scope) => scope.close(self, exit),
            None => Some(exit),
        }
    }

    fn tell(mut self, exit: Exit) {
        if let Some((link, event)) = self.end(exit) {
            link.tell(event);
        }
    }
}

/// A task's place among the tasks of its life.
struct Member {
    /// The life's slot; lent to the thread while it polls.
    slot: Option<Arc<dyn AnySlot>>,
    /// The task's own pass through the gate in front of its life.
    #[cfg(feature = "lease")]
    pass: Option<Pass>,
    scope: Arc<Scope>,
    number: u64,
}

impl Member {
    /// Notes the end of the task, whose locals are dropped.
    fn leave(&mut self) {
        #[cfg(feature = "lease")]
        drop(self.pass.take());
        self.scope.leave(self.number);
    }
}

pin_project_lite::pin_project! {
    /// The future of a task that ends with a life.
    struct Spawned<F: Future> {
        #[pin]
        future: Option<F>,
        span: LifeSpan,
        // `None` once the task has ended.
        output_to: Option<oneshot::Sender<F::Output>>,
        member: Member,
    }

    impl<F: Future> PinnedDrop for Spawned<F> {
        /// Ends a task that is aborted: its locals are dropped before it counts as ended.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.output_to.is_none() {
                return;
            }
            let _entered = this.span.enter();
            let (future, member) = (&mut this.future, this.member);
            let dropped = current::inside(&mut member.slot, || {
                catch_unwind(AssertUnwindSafe(|| future.set(None))).map_err(reason_of_panic)
            });
            if let Err(reason) = dropped {
                member.scope.failed(member.slot.as_ref(), reason);
            }
            member.leave();
        }
    }
}

impl<F: Future> Future for Spawned<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let _entered = this.span.enter();
        let member = this.member;
        #[cfg(feature = "lease")]
        let _turn = match member.pass.as_ref().map(Pass::turn) {
            Some(None) => return Poll::Pending,
            turn => turn,
        };
        let polled = current::inside(&mut member.slot, || {
            let poll = || this.future.as_mut().as_pin_mut().map_or(Poll::Pending, |f| f.poll(cx));
            let polled = match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(payload) => Err(reason_of_panic(payload)),
            };
            // The locals are dropped before the task counts as ended.
            match catch_unwind(AssertUnwindSafe(|| this.future.set(None))) {
                Ok(()) => Poll::Ready(polled),
                Err(payload) => Poll::Ready(polled.and(Err(reason_of_panic(payload)))),
            }
        });
        super::report_if_abandoned(member.slot.as_ref());
        let Poll::Ready(ended) = polled else { return Poll::Pending };
        let output_to = this.output_to.take();
        match ended {
            Ok(output) => {
                // The caller's waker is foreign code, and so is the output's destructor.
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    output_to.map(|output_to| output_to.send(output))
                }));
            }
            Err(reason) => member.scope.failed(member.slot.as_ref(), reason),
        }
        member.leave();
        Poll::Ready(())
    }
}

/// A task that ends with a life, from [`Tasks::spawn`] and [`Context::spawn`](crate::Context::spawn).
///
/// It completes with the task's output, or with `None` if the task was aborted or has panicked. The
/// task goes on if this is dropped.
pub struct SpawnedTask<T> {
    output: oneshot::Receiver<T>,
    /// `None` if the task was not spawned.
    task: Option<AbortHandle>,
}

impl<T> SpawnedTask<T> {
    /// Aborts the task: it is dropped at its next await point.
    pub fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl<T> Future for SpawnedTask<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.output).poll(cx).map(Result::ok)
    }
}

impl<T> fmt::Debug for SpawnedTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpawnedTask").finish_non_exhaustive()
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("len", &self.len()).finish_non_exhaustive()
    }
}
