//! Models of the inbox: messages to a supervisor, the task that handles them, and the tasks of
//! children that take its state over.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use shuttle::future::block_on;
use shuttle::thread;

use super::check::{Time, check};
use super::stage::{join, patient, watched};
use crate::inbox::{Inbox, Message};
use crate::sync::model::runtime;

/// The outcome of the visits: the sender of each, its number, and `true` if it found the
/// supervisor.
#[derive(Default)]
struct Visits {
    done: Mutex<Vec<(u8, u8, bool)>>,
    is_inside: AtomicBool,
}

impl Visits {
    fn visit(self: &Arc<Self>, who: u8, number: u8) -> Message {
        let visit = Visit { visits: Arc::clone(self), who, number, is_done: false };
        Message::Visit(Box::new(move |state| visit.call(state.is_some())))
    }
}

struct Visit {
    visits: Arc<Visits>,
    who: u8,
    number: u8,
    is_done: bool,
}

impl Visit {
    fn call(mut self, found: bool) {
        self.is_done = true;
        let visits = Arc::clone(&self.visits);
        if found {
            assert!(!visits.is_inside.swap(true, SeqCst), "one task at a time has the state");
            thread::yield_now();
            visits.is_inside.store(false, SeqCst);
        }
        visits.done.lock().unwrap().push((self.who, self.number, found));
    }
}

impl Drop for Visit {
    /// A message that needs no answer is dropped if its supervisor has ended.
    fn drop(&mut self) {
        if !self.is_done {
            self.visits.done.lock().unwrap().push((self.who, self.number, false));
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    AtLast,
    Meanwhile,
    RuntimeGone,
}

fn push(inbox: &Inbox, message: Message) {
    if let Err(message) = inbox.push(message) {
        message.turn_away();
    }
}

/// Tasks that push messages, tasks that push and take the state over if it rests, and the end of the
/// supervisor: after them, meanwhile, or with its runtime.
///
/// Each message is handled or turned away, once. Those of one sender are handled in order. One task
/// at a time has the supervisor's state. While the supervisor lives, every message is handled: the
/// state does not come to rest with messages in the queue, and no wake-up of its task is lost.
fn messages(end: End) {
    check(Time::StandsStill, move || {
        let supervisor = watched(patient().build());
        block_on(supervisor.start()).unwrap();
        let inbox = supervisor.inbox().unwrap();
        let visits = Arc::<Visits>::default();
        let mut threads = Vec::new();
        for who in 0..4 {
            let (inbox, visits) = (Arc::clone(&inbox), Arc::clone(&visits));
            threads.push(thread::spawn(move || {
                for number in 0..2 {
                    let message = visits.visit(who, number);
                    if who < 2 {
                        push(&inbox, message);
                    } else if let Some(resident) = inbox.push_or_take_over(message, true) {
                        resident.handle_inline(&inbox);
                    }
                }
            }));
        }
        match end {
            End::AtLast => {}
            End::Meanwhile => supervisor.request_shutdown(),
            End::RuntimeGone => runtime::shut_down(),
        }
        join(threads);
        if end == End::AtLast {
            // No other message comes to wake the supervisor.
            while visits.done.lock().unwrap().len() < 8 {
                thread::yield_now();
            }
            let done = visits.done.lock().unwrap();
            assert!(done.iter().all(|(.., found)| *found), "handled while it runs: {done:?}");
        }
        let _ = block_on(supervisor.shutdown());
        let _ = block_on(supervisor.wait());
        drop((supervisor, inbox));
        runtime::join();
        let mut done = visits.done.lock().unwrap().clone();
        for who in 0..4 {
            let handled = done.iter().filter(|visit| visit.0 == who && visit.2);
            assert!(handled.is_sorted(), "in the order of their sender: {done:?}");
        }
        done.sort_unstable();
        let all = (0..4).flat_map(|who| [(who, 0), (who, 1)]);
        assert!(done.iter().map(|visit| (visit.0, visit.1)).eq(all), "each once: {done:?}");
    });
}

#[test]
fn messages_to_one_that_lives() {
    messages(End::AtLast);
}

#[test]
fn messages_to_one_that_ends() {
    messages(End::Meanwhile);
}

#[test]
fn messages_to_one_whose_runtime_goes_away() {
    messages(End::RuntimeGone);
}
