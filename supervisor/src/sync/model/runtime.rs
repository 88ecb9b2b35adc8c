//! The runtime of a model: its tasks, its clock, and its end.

use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::Instant;

use shuttle::thread::JoinHandle;

use super::task::Task;
use super::time::Alarm;

/// The way in which time passes in a model, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// No timer fires.
    StandsStill,
    /// Each timer fires at some moment, and the clock jumps to its deadline.
    Passes,
}

/// The state of the runtime. All threads of a model run on one thread of the process, one at a time,
/// and a borrow of this never lasts until the next switch.
struct Runtime {
    time: Time,
    now: Instant,
    is_closed: bool,
    tasks: Vec<Arc<Task>>,
    threads: Vec<JoinHandle<()>>,
    alarms: Vec<Weak<Alarm>>,
}

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(Runtime::new(Time::StandsStill));
}

impl Runtime {
    fn new(time: Time) -> Self {
        Self {
            time,
            now: Instant::now(),
            is_closed: false,
            tasks: Vec::new(),
            threads: Vec::new(),
            alarms: Vec::new(),
        }
    }

    fn with<T>(call: impl FnOnce(&mut Self) -> T) -> T {
        RUNTIME.with_borrow_mut(call)
    }
}

/// Begins a run of a model, with a new runtime.
pub(crate) fn begin(time: Time) {
    let old = RUNTIME.replace(Runtime::new(time));
    drop(old);
}

/// Waits until all tasks have ended. If one never does, the model fails with its name.
pub(crate) fn join() {
    while let Some(thread) = Runtime::with(|runtime| runtime.threads.pop()) {
        thread.join().expect("a task of the model does not panic");
    }
}

/// Takes the runtime away: aborts all tasks, which drop their futures at any later moment, and drops
/// those that are spawned from now on. Timers that wait outside of the tasks are up.
pub(crate) fn shut_down() {
    let (tasks, alarms) = Runtime::with(|runtime| {
        runtime.is_closed = true;
        (runtime.tasks.clone(), std::mem::take(&mut runtime.alarms))
    });
    for task in tasks {
        task.abort();
    }
    for alarm in alarms.iter().filter_map(Weak::upgrade) {
        alarm.wake();
    }
}

pub(super) fn is_closed() -> bool {
    Runtime::with(|runtime| runtime.is_closed)
}

/// Adds a task. Returns `false` if the runtime is gone.
pub(super) fn add(task: &Arc<Task>) -> bool {
    Runtime::with(|runtime| {
        if !runtime.is_closed {
            runtime.tasks.retain(|task| !task.has_ended());
            runtime.tasks.push(Arc::clone(task));
        }
        !runtime.is_closed
    })
}

/// Adds the thread of a task.
pub(super) fn add_thread(thread: JoinHandle<()>) {
    Runtime::with(|runtime| runtime.threads.push(thread));
}

pub(super) fn now() -> Instant {
    Runtime::with(|runtime| runtime.now)
}

/// Moves the clock to this instant, unless it has passed.
pub(super) fn advance_to(at: Instant) {
    Runtime::with(|runtime| runtime.now = runtime.now.max(at));
}

/// Adds a timer that waits. Returns `true` if time passes.
pub(super) fn add_alarm(alarm: &Arc<Alarm>) -> bool {
    Runtime::with(|runtime| {
        runtime.alarms.retain(|alarm| alarm.strong_count() > 0);
        runtime.alarms.push(Arc::downgrade(alarm));
        runtime.time == Time::Passes
    })
}
