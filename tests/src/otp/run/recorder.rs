//! What happens in a scenario, and in which order.
//!
//! Workers report their own starts and stops, from within; so what is recorded is what was
//! there, not what the library says was there. How a life ended is the library's word, as are
//! the starts and stops of supervisors, which run no code of ours.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use supervisor::{
    AnyChildRef, ExitReason,
    events::{Event, EventKind, Events},
};
use tokio::sync::oneshot;

use crate::otp::{scenario::End, trace};

#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    happened: Vec<Happened>,
    /// How much has happened and was heard of, ever.
    count: usize,
    library: Option<Events>,
    /// How often a start was tried, by path.
    starts: HashMap<String, usize>,
    /// The lives of workers whose end the library has not told yet: path and incarnation.
    lives: HashMap<(String, u64), usize>,
    /// Paths of workers whose failed start the library has not told yet.
    failed: Vec<String>,
    running: BTreeMap<String, Running>,
    /// Paths of workers that ever ran.
    have_run: HashSet<String>,
    /// Lives that end with `shutdown` in OTP: told to, or asked to stop. Here they end normally.
    told_shutdown: HashSet<(String, u64)>,
    supervisors: BTreeMap<String, SupervisorLife>,
}

enum Happened {
    Said(String),
    Stopped { path: String, incarnation: u64, start: usize, class: Option<&'static str> },
}

/// A worker's life, as long as it runs.
struct Running {
    start: usize,
    incarnation: u64,
    order: Option<oneshot::Sender<End>>,
    address: AnyChildRef,
}

struct SupervisorLife {
    incarnation: u64,
    start: usize,
    ended: Option<&'static str>,
}

/// How a child is told to end.
pub(super) enum Order {
    ByItself(oneshot::Sender<End>),
    Killed(AnyChildRef),
}

impl Recorder {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the library has told so far happened before what is recorded now.
    fn now(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        state.hear();
        state
    }

    pub(super) fn listen(&self, events: Events) {
        self.state().library = Some(events);
    }

    /// A worker is up; its life lasts until the guard is dropped.
    pub(super) fn started(
        &self,
        path: &str,
        incarnation: u64,
        address: AnyChildRef,
        order: oneshot::Sender<End>,
    ) -> Life {
        let mut state = self.now();
        let start = state.next_start(path);
        state.say("start", path, start);
        state.lives.insert((path.to_owned(), incarnation), start);
        state.have_run.insert(path.to_owned());
        let running = Running { start, incarnation, order: Some(order), address };
        if state.running.insert(path.to_owned(), running).is_some() {
            state.add(Happened::Said(format!("two lives at {path}")));
        }
        Life { recorder: self.clone(), path: path.to_owned(), incarnation, start }
    }

    pub(super) fn failed(&self, path: &str) {
        let mut state = self.now();
        let start = state.next_start(path);
        state.say("fail", path, start);
        state.failed.push(path.to_owned());
    }

    pub(super) fn declined(&self, path: &str) {
        let mut state = self.now();
        let start = state.next_start(path);
        state.say("decline", path, start);
    }

    /// The worker ends because it was asked to.
    pub(super) fn obeys(&self, path: &str, incarnation: u64) {
        self.now().told_shutdown.insert((path.to_owned(), incarnation));
    }

    /// How to make the worker end; nothing if it does not run, or was told already.
    pub(super) fn order(&self, path: &str, how: End) -> Option<Order> {
        let mut state = self.now();
        let running = state.running.get_mut(path)?;
        let order = running.order.take()?;
        let (incarnation, address) = (running.incarnation, running.address.clone());
        if how == End::Shutdown {
            state.told_shutdown.insert((path.to_owned(), incarnation));
        }
        Some(if how == End::Killed { Order::Killed(address) } else { Order::ByItself(order) })
    }

    /// Changes with everything that happens.
    pub(super) fn happened_so_far(&self) -> usize {
        self.now().count
    }

    pub(super) fn take_events(&self) -> Vec<String> {
        let happened = std::mem::take(&mut self.now().happened);
        let mut events: Vec<String> = happened.into_iter().map(Happened::told).collect();
        trace::order_pool_stops(&mut events);
        events
    }

    pub(super) fn running(&self) -> Vec<String> {
        self.now().running.iter().map(|(path, life)| format!("{path}@{}", life.start)).collect()
    }

    /// The supervisors that ever ran; with the class of their end, those that run no more.
    pub(super) fn supervisors(&self) -> Vec<(String, Option<String>)> {
        let state = self.now();
        let told = |(path, life): (&String, &SupervisorLife)| {
            (path.clone(), life.ended.map(ToOwned::to_owned))
        };
        state.supervisors.iter().map(told).collect()
    }

    pub(super) fn is_supervisor_running(&self, path: &str) -> bool {
        self.now().supervisors.get(path).is_some_and(|life| life.ended.is_none())
    }

    /// Whether anything ever ran there.
    pub(super) fn has_run(&self, path: &str) -> bool {
        let state = self.now();
        state.have_run.contains(path) || state.supervisors.contains_key(path)
    }

    /// Which start an incarnation came from.
    pub(super) fn start_of(&self, path: &str, incarnation: u64) -> Option<usize> {
        let state = self.now();
        let worker = state.lives.get(&(path.to_owned(), incarnation)).copied();
        let supervisor = state.supervisors.get(path);
        worker.or(supervisor.filter(|life| life.incarnation == incarnation).map(|life| life.start))
    }
}

impl State {
    fn next_start(&mut self, path: &str) -> usize {
        let starts = self.starts.entry(path.to_owned()).or_default();
        *starts += 1;
        *starts
    }

    fn add(&mut self, happened: Happened) {
        self.count += 1;
        self.happened.push(happened);
    }

    fn say(&mut self, what: &str, path: &str, start: usize) {
        self.add(Happened::Said(format!("{what} {path}@{start}")));
    }

    fn hear(&mut self) {
        while let Some(event) = self.library.as_mut().and_then(Events::try_next) {
            self.count += 1;
            self.hear_of(&event);
        }
    }

    fn hear_of(&mut self, event: &Event) {
        let path = if event.path().is_root() { "" } else { event.path().as_str() };
        match event.kind() {
            EventKind::ChildStarted { incarnation }
            | EventKind::ChildRestarted { incarnation, .. }
                if !self.lives.contains_key(&(path.to_owned(), *incarnation)) =>
            {
                let start = self.next_start(path);
                self.say("start", path, start);
                let life = SupervisorLife { incarnation: *incarnation, start, ended: None };
                self.supervisors.insert(path.to_owned(), life);
            }
            EventKind::ChildStartFailed { .. } => {
                if let Some(at) = self.failed.iter().position(|failed| failed == path) {
                    self.failed.swap_remove(at);
                } else {
                    let start = self.next_start(path);
                    self.say("fail", path, start);
                }
            }
            EventKind::ChildTerminated { incarnation, reason } => {
                self.hear_of_end(path, *incarnation, reason);
            }
            EventKind::SupervisorStarted if path.is_empty() => {
                let root = SupervisorLife { incarnation: 1, start: 1, ended: None };
                self.supervisors.insert(String::new(), root);
            }
            EventKind::SupervisorTerminated { reason } if path.is_empty() => {
                if let Some(root) = self.supervisors.get_mut(path) {
                    root.ended = Some(class(reason));
                }
            }
            EventKind::Missed { count } => {
                self.add(Happened::Said(format!("{count} events missed")));
            }
            _ => {}
        }
    }

    fn hear_of_end(&mut self, path: &str, ended: u64, reason: &ExitReason) {
        let mut how = class(reason);
        if self.lives.remove(&(path.to_owned(), ended)).is_none() {
            if let Some(life) = self.supervisors.get_mut(path) {
                life.ended = Some(how);
                let event = format!("stop {path}@{} {how}", life.start);
                self.add(Happened::Said(event));
            }
            return;
        }
        // OTP's processes can end with `shutdown`, which is treated as a normal end.
        if self.told_shutdown.remove(&(path.to_owned(), ended)) && how == "normal" {
            how = "shutdown";
        }
        for happened in &mut self.happened {
            // A new child of that name may have begun to count its lives from 1 again.
            if let Happened::Stopped { path: of, incarnation, class: class @ None, .. } = happened
                && of == path
                && *incarnation == ended
            {
                *class = Some(how);
                break;
            }
        }
    }
}

impl Happened {
    fn told(self) -> String {
        match self {
            Self::Said(event) => event,
            Self::Stopped { path, start, class, .. } => {
                format!("stop {path}@{start} {}", class.unwrap_or("unnoticed"))
            }
        }
    }
}

pub(super) fn class(reason: &ExitReason) -> &'static str {
    match reason {
        ExitReason::Normal => "normal",
        ExitReason::Shutdown => "shutdown",
        ExitReason::Killed => "killed",
        ExitReason::Escalated(_) => "escalated",
        _ => "failed",
    }
}

/// A worker's life; it is over when this is dropped.
pub(super) struct Life {
    recorder: Recorder,
    path: String,
    incarnation: u64,
    start: usize,
}

impl Drop for Life {
    fn drop(&mut self) {
        let mut state = self.recorder.now();
        state.running.remove(&self.path);
        state.add(Happened::Stopped {
            path: std::mem::take(&mut self.path),
            incarnation: self.incarnation,
            start: self.start,
            class: None,
        });
    }
}
