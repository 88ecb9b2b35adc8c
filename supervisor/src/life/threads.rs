//! The child that each thread is polling, recorded only while a watchdog watches the runtime: its
//! report about a blocked runtime names the children.

#![expect(
    clippy::disallowed_types,
    reason = "threads of the process, outside of the models, which do not watch a runtime"
)]

use std::cell::OnceCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use crate::slot::AnySlot;
use crate::spec::ChildPath;
use crate::sync::per_thread;

/// The number of watchdogs that watch a runtime.
static WATCHING: AtomicUsize = AtomicUsize::new(0);

/// The threads that have polled a child while a runtime was watched.
static THREADS: Mutex<Vec<Weak<Thread>>> = Mutex::new(Vec::new());

per_thread! {
    static THIS: OnceCell<Arc<Thread>> = const { OnceCell::new() };
}

/// A thread, and the children whose lives it is polling, the innermost last: a child may run another
/// runtime, which polls its own children.
struct Thread {
    name: String,
    polls: Mutex<Vec<Arc<dyn AnySlot>>>,
}

impl Thread {
    fn this() -> Arc<Self> {
        let current = thread::current();
        let name = current.name().map_or_else(|| format!("{:?}", current.id()), str::to_owned);
        let this = Arc::new(Self { name, polls: Mutex::default() });
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| thread.strong_count() > 0);
        threads.push(Arc::downgrade(&this));
        this
    }
}

/// Guard of a watchdog. Polls that began before the guard was made are not recorded.
pub(crate) struct Watching(());

impl Watching {
    pub(crate) fn begin() -> Self {
        WATCHING.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// Returns the threads that are running a child's code at this moment, with the child.
    #[expect(clippy::unused_self, reason = "without the guard, nothing is known")]
    pub(crate) fn busy(&self) -> Vec<(String, ChildPath)> {
        let threads: Vec<_> = {
            let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
            threads.iter().filter_map(Weak::upgrade).collect()
        };
        let busy = threads.into_iter().filter_map(|thread| {
            let polls = thread.polls.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = polls.last().cloned();
            drop(polls);
            Some((thread.name.clone(), slot?.core().path()))
        });
        busy.collect()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        WATCHING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Guard of a recorded poll.
pub(crate) struct Poll(Arc<Thread>);

/// Records that this thread polls a life of this child, if a runtime is watched.
pub(crate) fn note(slot: Option<&Arc<dyn AnySlot>>) -> Option<Poll> {
    if WATCHING.load(Ordering::Relaxed) == 0 {
        return None;
    }
    let slot = Arc::clone(slot?);
    // On a thread whose thread-locals are gone, the poll is not recorded.
    let thread = THIS.try_with(|this| Arc::clone(this.get_or_init(Thread::this))).ok()?;
    thread.polls.lock().unwrap_or_else(PoisonError::into_inner).push(slot);
    Some(Poll(thread))
}

impl Drop for Poll {
    fn drop(&mut self) {
        let ended = self.0.polls.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // This may be the last owner of the slot, whose contents must not be dropped under the lock.
        drop(ended);
    }
}
