//! The watchdog: a thread that ends the process before a lease ends that a child still uses, since
//! the child could not be stopped.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the thread runs in real time, outside of the models: the runtime may be what is stuck"
)]

use std::io::Write;
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::life::detached::kill_programs;
use crate::life::gate::Gate;

/// The consequence of a child that cannot be stopped before its lease ends: it blocks its thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overrun {
    /// The process aborts, a moment before another replica may acquire the lease.
    #[default]
    Abort,
    /// A line on standard error says so, and the process goes on: two replicas may do the same work
    /// until the child ends, and only the [fence](super::Fence) tells them apart.
    Report,
}

/// The longest time between two looks, while a lease is held: a thread sleeps by a clock that stands
/// still while the machine sleeps.
const LOOK: Duration = Duration::from_secs(1);

/// The time that a process that aborts has to say why.
const LAST_WORDS: Duration = Duration::from_millis(50);

struct Watched {
    gate: Weak<Gate>,
    lease: Arc<str>,
    overrun: Overrun,
}

struct Watch {
    watched: Vec<Watched>,
    has_thread: bool,
}

static WATCH: Mutex<Watch> = Mutex::new(Watch { watched: Vec::new(), has_thread: false });
static MORE: Condvar = Condvar::new();

/// Watches a gate that has just been opened, until it is closed. (A gate with a clock that a test
/// turns is not watched: the thread runs in real time.)
pub(super) fn watch(gate: &Arc<Gate>, lease: &Arc<str>, overrun: Overrun) {
    if !gate.clock().is_real() {
        return;
    }
    let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
    if !watch.watched.iter().any(|watched| watched.gate.as_ptr() == Arc::as_ptr(gate)) {
        let (gate, lease) = (Arc::downgrade(gate), Arc::clone(lease));
        watch.watched.push(Watched { gate, lease, overrun });
    }
    if !watch.has_thread {
        let thread = thread::Builder::new().name("supervisor-lease".to_owned());
        // Without the thread, the children are still stopped in time; what is missing is the end of
        // those that cannot be stopped. The next acquisition tries again.
        watch.has_thread = thread.spawn(run).is_ok();
    }
    MORE.notify_one();
}

/// Runs the thread: looks at each gate when it may be too late for a life behind it.
fn run() {
    let mut watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let mut next: Option<Duration> = None;
        watch.watched.retain(|watched| {
            let Some(gate) = watched.gate.upgrade() else { return false };
            let Some(at) = gate.overruns_at() else { return false };
            let left = at.saturating_sub(gate.clock().now());
            if !left.is_zero() {
                next = Some(next.map_or(left, |next| next.min(left)));
                return true;
            }
            if !gate.is_used() {
                // Lives that are not polled do nothing any more; one may be dropped only now.
                next = Some(LOOK);
                return true;
            }
            overrun(watched);
            false
        });
        // Woken without a reason, the thread looks once more.
        watch = match next {
            Some(left) => {
                let woken = MORE.wait_timeout(watch, left.min(LOOK));
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => MORE.wait(watch).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

fn overrun(watched: &Watched) {
    let end = match watched.overrun {
        Overrun::Abort => "the process aborts, so that no other replica runs it at the same time",
        Overrun::Report => "another replica may run it at the same time",
    };
    let line = format!(
        "supervisor: a child that needs the lease `{}` could not be stopped before the lease ends; {end}\n",
        watched.lease,
    );
    // Standard error may block, and the abort must not wait for it.
    let _ = thread::Builder::new().spawn(move || std::io::stderr().write_all(line.as_bytes()));
    if watched.overrun == Overrun::Abort {
        thread::sleep(LAST_WORDS);
        kill_programs();
        process::abort();
    }
}
