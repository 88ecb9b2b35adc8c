//! The record of the starts and stops in a scenario, in order.
//!
//! Workers report their own starts and stops, from within, so that the record does not depend on
//! the library's events. Only the class of an exit is taken from the events, and the starts and
//! stops of supervisors, which run no code of this suite.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use supervisor::{
    AnyChildRef, ExitReason,
    events::{Event, EventKind, Events},
};
use tokio::sync::oneshot;

use super::timeline::Timeline;
use crate::otp::{scenario::End, trace};

#[derive(Clone, Default)]
pub(super) struct Recorder {
    state: Arc<Mutex<State>>,
    /// The lives of workers, their messages and their clock.
    pub(super) timeline: Timeline,
}

#[derive(Default)]
struct State {
    /// The entries since the last step.
    entries: Vec<Entry>,
    /// The number of entries and library events, ever.
    changes: usize,
    events: Option<Events>,
    /// The number of attempted starts, by path.
    starts: HashMap<String, usize>,
    /// The lives of workers whose end has not been seen in the library's events yet: path and
    /// incarnation.
    lives: HashMap<(String, u64), usize>,
    /// Paths of workers whose failed start has not been seen in the library's events yet.
    failed: Vec<String>,
    running: BTreeMap<String, Running>,
    /// Paths of workers that ever ran.
    have_run: HashSet<String>,
    /// Lives that end with `shutdown` in OTP, by order or by request. In this library they end
    /// normally.
    ends_with_shutdown: HashSet<(String, u64)>,
    supervisors: BTreeMap<String, SupervisorLife>,
}

/// An entry of the record.
enum Entry {
    /// An entry that is complete.
    Line(String),
    /// The stop of a life; its class is seen later, in the library's events.
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

/// The means to make a worker end.
pub(super) enum Order {
    ByItself(oneshot::Sender<End>),
    Killed(AnyChildRef),
}

impl Recorder {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state with all events of the library read, so that they precede the next entry.
    fn up_to_date(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        state.read_events();
        state
    }

    pub(super) fn subscribe(&self, events: Events) {
        self.state().events = Some(events);
    }

    /// Records that a worker is up; its life lasts until the guard is dropped.
    pub(super) fn started(
        &self,
        path: &str,
        incarnation: u64,
        address: AnyChildRef,
        order: oneshot::Sender<End>,
    ) -> Life {
        let mut state = self.up_to_date();
        let start = state.next_start(path);
        state.add_line("start", path, start);
        state.lives.insert((path.to_owned(), incarnation), start);
        state.have_run.insert(path.to_owned());
        let running = Running { start, incarnation, order: Some(order), address };
        if state.running.insert(path.to_owned(), running).is_some() {
            state.add(Entry::Line(format!("two lives at {path}")));
        }
        Life { recorder: self.clone(), path: path.to_owned(), incarnation, start }
    }

    pub(super) fn failed(&self, path: &str) {
        let mut state = self.up_to_date();
        let start = state.next_start(path);
        state.add_line("fail", path, start);
        state.failed.push(path.to_owned());
    }

    pub(super) fn declined(&self, path: &str) {
        let mut state = self.up_to_date();
        let start = state.next_start(path);
        state.add_line("decline", path, start);
    }

    /// Records that the worker ends because of a shutdown request.
    pub(super) fn obeys(&self, path: &str, incarnation: u64) {
        self.up_to_date().ends_with_shutdown.insert((path.to_owned(), incarnation));
    }

    /// Returns the means to make the worker end; `None` if the worker does not run, or was ordered
    /// to end already.
    pub(super) fn order(&self, path: &str, how: End) -> Option<Order> {
        let mut state = self.up_to_date();
        let running = state.running.get_mut(path)?;
        let order = running.order.take()?;
        let (incarnation, address) = (running.incarnation, running.address.clone());
        if how == End::Shutdown {
            state.ends_with_shutdown.insert((path.to_owned(), incarnation));
        }
        Some(if how == End::Killed { Order::Killed(address) } else { Order::ByItself(order) })
    }

    /// Returns the number of the next start at this path.
    pub(super) fn next_start(&self, path: &str) -> usize {
        self.up_to_date().starts.get(path).map_or(1, |starts| starts + 1)
    }

    /// Returns the number of entries and library events so far.
    pub(super) fn changes(&self) -> usize {
        self.up_to_date().changes
    }

    pub(super) fn take_events(&self) -> Vec<String> {
        let entries = std::mem::take(&mut self.up_to_date().entries);
        let mut events: Vec<String> = entries.into_iter().map(Entry::into_line).collect();
        trace::order_pool_stops(&mut events);
        events
    }

    pub(super) fn running(&self) -> Vec<String> {
        self.up_to_date()
            .running
            .iter()
            .map(|(path, life)| format!("{path}@{}", life.start))
            .collect()
    }

    /// Returns the supervisors that ever ran, with the class of their exit if they have ended.
    pub(super) fn supervisors(&self) -> Vec<(String, Option<String>)> {
        let state = self.up_to_date();
        let with_class = |(path, life): (&String, &SupervisorLife)| {
            (path.clone(), life.ended.map(ToOwned::to_owned))
        };
        state.supervisors.iter().map(with_class).collect()
    }

    pub(super) fn is_supervisor_running(&self, path: &str) -> bool {
        self.up_to_date().supervisors.get(path).is_some_and(|life| life.ended.is_none())
    }

    /// Returns `true` if a worker or a supervisor ever ran at this path.
    pub(super) fn has_run(&self, path: &str) -> bool {
        let state = self.up_to_date();
        state.have_run.contains(path) || state.supervisors.contains_key(path)
    }

    /// Returns the number of the start that an incarnation came from.
    pub(super) fn start_of(&self, path: &str, incarnation: u64) -> Option<usize> {
        let state = self.up_to_date();
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

    fn add(&mut self, entry: Entry) {
        self.changes += 1;
        self.entries.push(entry);
    }

    fn add_line(&mut self, what: &str, path: &str, start: usize) {
        self.add(Entry::Line(format!("{what} {path}@{start}")));
    }

    fn read_events(&mut self) {
        while let Some(event) = self.events.as_mut().and_then(Events::try_next) {
            self.changes += 1;
            self.record_event(&event);
        }
    }

    fn record_event(&mut self, event: &Event) {
        let path = if event.path().is_root() { "" } else { event.path().as_str() };
        match event.kind() {
            EventKind::ChildStarted { incarnation, .. }
            | EventKind::ChildRestarted { incarnation, .. }
                if !self.lives.contains_key(&(path.to_owned(), *incarnation)) =>
            {
                let start = self.next_start(path);
                self.add_line("start", path, start);
                let life = SupervisorLife { incarnation: *incarnation, start, ended: None };
                self.supervisors.insert(path.to_owned(), life);
            }
            EventKind::ChildStartFailed { .. } => {
                if let Some(at) = self.failed.iter().position(|failed| failed == path) {
                    self.failed.swap_remove(at);
                } else {
                    let start = self.next_start(path);
                    self.add_line("fail", path, start);
                }
            }
            EventKind::ChildTerminated { incarnation, reason, .. } => {
                self.record_exit(path, *incarnation, reason);
            }
            EventKind::SupervisorStarted if path.is_empty() => {
                let root = SupervisorLife { incarnation: 1, start: 1, ended: None };
                self.supervisors.insert(String::new(), root);
            }
            EventKind::SupervisorTerminated { reason, .. } if path.is_empty() => {
                if let Some(root) = self.supervisors.get_mut(path) {
                    root.ended = Some(class(reason));
                }
            }
            EventKind::Missed { count, .. } => {
                self.add(Entry::Line(format!("{count} events missed")));
            }
            _ => {}
        }
    }

    fn record_exit(&mut self, path: &str, ended: u64, reason: &ExitReason) {
        let mut how = class(reason);
        if self.lives.remove(&(path.to_owned(), ended)).is_none() {
            let is_its = |life: &&mut SupervisorLife| life.incarnation == ended;
            if let Some(life) = self.supervisors.get_mut(path).filter(is_its) {
                life.ended = Some(how);
                let event = format!("stop {path}@{} {how}", life.start);
                self.add(Entry::Line(event));
            }
            return;
        }
        // OTP's processes can exit with `shutdown`, which OTP treats as a normal exit.
        if self.ends_with_shutdown.remove(&(path.to_owned(), ended)) && how == "normal" {
            how = "shutdown";
        }
        for entry in &mut self.entries {
            // A new child of the same name counts its lives from 1 again, so the entry is the first
            // one of this path and incarnation that has no class yet.
            if let Entry::Stopped { path: of, incarnation, class: class @ None, .. } = entry
                && of == path
                && *incarnation == ended
            {
                *class = Some(how);
                break;
            }
        }
    }
}

impl Entry {
    fn into_line(self) -> String {
        match self {
            Self::Line(line) => line,
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

/// Guard of a worker's life: records its stop when dropped.
pub(super) struct Life {
    recorder: Recorder,
    path: String,
    incarnation: u64,
    pub(super) start: usize,
}

impl Drop for Life {
    fn drop(&mut self) {
        let mut state = self.recorder.up_to_date();
        state.running.remove(&self.path);
        state.add(Entry::Stopped {
            path: std::mem::take(&mut self.path),
            incarnation: self.incarnation,
            start: self.start,
            class: None,
        });
    }
}
