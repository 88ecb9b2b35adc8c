//! The timeline of a scenario: a clock that moves only when nothing can happen any more, and what
//! the lives of workers do and say on it.

mod play;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use supervisor::ChildRef;
use tokio::sync::{mpsc, oneshot};

use super::message::{Message, Request};

#[derive(Clone, Default)]
pub(super) struct Timeline(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: u32,
    /// By the tick at which they are due, the label and a number.
    timers: BTreeMap<(u32, String, u64), oneshot::Sender<()>>,
    number: u64,
    addresses: BTreeMap<String, ChildRef<Message>>,
    lives: BTreeMap<String, Life>,
    said: Vec<Said>,
}

/// The life of a worker, from the beginning of its start to its end.
struct Life {
    incarnation: u64,
    phase: Phase,
    address: ChildRef<Message>,
    requests: mpsc::UnboundedSender<Request>,
}

/// The phase of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Starting,
    Up,
    Stopping,
}

struct Said {
    line: String,
    /// The life that has said it as long as it was up: what it learned as it was stopped or ended
    /// is not told.
    by: Option<(String, u64)>,
}

impl Timeline {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the address of a declared worker.
    pub(super) fn declare(&self, path: String, address: ChildRef<Message>) {
        self.state().addresses.entry(path).or_insert(address);
    }

    pub(super) fn address(&self, path: &str) -> Option<ChildRef<Message>> {
        self.state().addresses.get(path).cloned()
    }

    /// Sleeps on the timeline's clock; the label orders sleepers that wake at the same tick.
    pub(super) async fn sleep(&self, label: &str, ticks: u32) {
        if ticks == 0 {
            return;
        }
        let (sender, due) = oneshot::channel();
        {
            let mut state = self.state();
            state.number += 1;
            let timer = (state.now + ticks, label.to_owned(), state.number);
            state.timers.insert(timer, sender);
        }
        let _ = due.await;
    }

    /// Begins a life; it lasts until the guard is dropped. The life has to make the requests that
    /// come from the receiver.
    pub(super) fn begin(
        &self,
        path: &str,
        incarnation: u64,
        address: ChildRef<Message>,
    ) -> (Begun, mpsc::UnboundedReceiver<Request>) {
        let (sender, requests) = mpsc::unbounded_channel();
        let life = Life { incarnation, phase: Phase::Starting, address, requests: sender };
        self.state().lives.insert(path.to_owned(), life);
        (Begun { timeline: self.clone(), path: path.to_owned() }, requests)
    }

    /// Notes what the life at a path does now.
    pub(super) fn enter(&self, path: &str, phase: Phase) {
        if let Some(life) = self.state().lives.get_mut(path) {
            life.phase = phase;
        }
    }

    pub(super) fn say(&self, line: String) {
        self.state().said.push(Said { line, by: None });
    }

    /// Says what a life has learned, if it is still up when all has come of what happens now.
    pub(super) fn say_while_up(&self, path: &str, incarnation: u64, line: String) {
        self.state().said.push(Said { line, by: Some((path.to_owned(), incarnation)) });
    }
}

impl State {
    fn is_up(&self, path: &str, incarnation: u64) -> bool {
        let is_up = |life: &Life| life.incarnation == incarnation && life.phase == Phase::Up;
        self.lives.get(path).is_some_and(is_up)
    }
}

/// Guard of a life on the timeline.
pub(super) struct Begun {
    timeline: Timeline,
    path: String,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.timeline.state().lives.remove(&self.path);
    }
}
