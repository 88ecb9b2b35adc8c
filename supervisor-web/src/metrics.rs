//! The metrics of a tree, as Prometheus reads them.
//!
//! A scrape reads the figures from the tree, a few hundred children at a time, so that no supervisor is
//! held up, and nothing has to be counted between scrapes. The usual client libraries keep a registry
//! of values that the program updates; with entries to add and remove for each child, it would
//! duplicate the state of the tree. What remains is to write numbers as text, in `text.rs`.
//!
//! The set of label values is bounded: names of declared children, and fixed words. The workers of a
//! pool are counted together, since each new worker would be a new series.

mod leases;
mod text;

use std::time::Duration;

use supervisor::health::Health;
use supervisor::info::{
    ChildKind, ChildState, MessageTimes, ScannedChild, Slice, Snapshot, TimeHistogram,
};
use supervisor::{MaxRestarts, SupervisionStrategy, Supervisor};

use self::leases::write_leases;
use self::text::{Text, total};

/// The number of children, without the workers of pools, that get series of their own.
const MOST_CHILDREN: usize = 2000;

/// The number of supervisors that get series of their own.
const MOST_SUPERVISORS: usize = 500;

/// The numbers of a supervisor's children in each state.
type States = [usize; ChildState::ALL.len()];

/// A supervisor of the tree, and the numbers of its children.
struct SupervisorFigures {
    path: String,
    part: Snapshot,
    states: States,
}

/// A child, or all workers of a pool.
struct ChildFigures {
    path: String,
    /// `None` for the workers of a pool.
    part: Option<Snapshot>,
    queued: usize,
    capacity: usize,
    /// The times of the messages, if they are measured.
    times: Option<Box<MessageTimes>>,
}

/// The figures of a tree.
#[derive(Default)]
struct Figures {
    supervisors: Vec<SupervisorFigures>,
    children: Vec<ChildFigures>,
    left_out: usize,
    waiting: usize,
    longest_wait: Duration,
}

impl Figures {
    async fn of(root: &Supervisor) -> Self {
        let (mut figures, mut scan) = (Self::default(), root.scan());
        while let Some(slice) = scan.next().await {
            figures.add(&slice);
        }
        figures
    }

    /// Adds some children of a supervisor.
    fn add(&mut self, slice: &Slice) {
        let supervisor = slice.supervisor();
        let is_pool = supervisor.strategy == Some(SupervisionStrategy::SimpleOneForOne);
        let mut states = States::default();
        let (mut queued, mut capacity) = (0, 0);
        for child in slice.children() {
            states[child.state() as usize] += 1;
            if let Some(wait) = child.longest_wait() {
                self.waiting += 1;
                self.longest_wait = self.longest_wait.max(wait);
            }
            if is_pool {
                queued += child.queued();
                capacity += child.capacity();
            } else if child.kind() == ChildKind::Worker {
                self.add_worker(child);
            }
        }
        if is_pool {
            self.add_workers_of_pool(slice, queued, capacity);
        }
        self.add_states(slice, states);
    }

    fn add_states(&mut self, slice: &Slice, states: States) {
        let part = slice.supervisor();
        if !slice.is_first() {
            let mut same = self.supervisors.iter_mut().rev();
            let same = same.find(|other| other.path == part.path.as_str());
            for (sum, more) in same.into_iter().flat_map(|same| &mut same.states).zip(states) {
                *sum += more;
            }
        } else if self.supervisors.len() < MOST_SUPERVISORS {
            let (path, part) = (part.path.as_str().to_owned(), part.clone());
            self.supervisors.push(SupervisorFigures { path, part, states });
        } else {
            self.left_out += 1;
        }
    }

    fn add_worker(&mut self, child: ScannedChild<'_>) {
        if self.children.len() < MOST_CHILDREN {
            let mut part = child.snapshot();
            let (path, times) = (part.path.as_str().to_owned(), part.message_times.take());
            let (queued, capacity) = (part.queued, part.capacity);
            self.children.push(ChildFigures { path, part: Some(part), queued, capacity, times });
        } else {
            self.left_out += 1;
        }
    }

    fn add_workers_of_pool(&mut self, slice: &Slice, queued: usize, capacity: usize) {
        let path = format!("{}/*", slice.supervisor().path.as_str());
        if !slice.is_first() {
            let same = self.children.iter_mut().rev().find(|other| other.path == path);
            if let Some(same) = same {
                same.queued += queued;
                same.capacity += capacity;
            }
        } else if self.children.len() < MOST_CHILDREN {
            let times = slice.supervisor().message_times.clone();
            self.children.push(ChildFigures { path, part: None, queued, capacity, times });
        } else {
            self.left_out += 1;
        }
    }
}

/// Writes the metrics of a tree.
pub(crate) async fn of(root: &Supervisor) -> String {
    let health = root.health().await;
    let figures = Figures::of(root).await;
    let mut text = Text::new();
    write_tree(&mut text, &health, &figures);
    write_supervisors(&mut text, &figures.supervisors);
    write_leases(&mut text, &figures.supervisors);
    write_children(&mut text, &figures.children);
    write_times(&mut text, &figures.children);
    text.finish()
}

fn write_tree(text: &mut Text, health: &Health, figures: &Figures) {
    let mut one = |name, help, value| text.family(name, "gauge", help).sample(&[], value);
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    one(
        "supervisor_live",
        "Whether the tree is live: 0 if a life cannot be stopped.",
        flag(health.live),
    );
    one(
        "supervisor_ready",
        "Whether the tree is ready: 0 if something that is required is not up.",
        flag(health.ready),
    );
    one(
        "supervisor_degraded",
        "Whether the tree is ready, and something that it can do without is not well.",
        flag(health.degraded),
    );
    one(
        "supervisor_health_reasons",
        "Number of things that are wrong with the tree.",
        count(health.reasons.len()),
    );
    one(
        "supervisor_waiting_children",
        "Number of children that wait for an answer of another, or for room in its mailbox.",
        count(figures.waiting),
    );
    one(
        "supervisor_longest_wait_seconds",
        "Longest time that a child has been waiting for another.",
        figures.longest_wait.as_secs_f64(),
    );
    one(
        "supervisor_left_out",
        "Number of children and supervisors without series of their own, because there are too many.",
        count(figures.left_out),
    );
}

fn write_supervisors(text: &mut Text, supervisors: &[SupervisorFigures]) {
    let mut family = text.family(
        "supervisor_children",
        "gauge",
        "Number of children of a supervisor, by their state.",
    );
    for at in supervisors {
        for (state, number) in ChildState::ALL.iter().zip(at.states) {
            let state = state.as_str();
            family.sample(&[("supervisor", &at.path), ("state", state)], count(number));
        }
    }
    let mut each = |name, kind, help, value: &dyn Fn(&Snapshot) -> Option<f64>| {
        let mut family = text.family(name, kind, help);
        for at in supervisors {
            if let Some(value) = value(&at.part) {
                family.sample(&[("supervisor", &at.path)], value);
            }
        }
    };
    each("supervisor_restarts_total", "counter", "Restarts of a supervisor's children.", &|part| {
        Some(total(part.child_restarts))
    });
    each(
        "supervisor_failures_total",
        "counter",
        "Abnormal ends of a supervisor's children, and starts that have failed.",
        &|part| Some(total(part.child_failures)),
    );
    each(
        "supervisor_restarts_left",
        "gauge",
        "Restarts that a supervisor has left in its window; absent if there is no limit.",
        &|part| part.restarts_left.map(f64::from),
    );
    each(
        "supervisor_max_restarts",
        "gauge",
        "Restarts that a supervisor allows in its window; absent if there is no limit.",
        &|part| match part.max_restarts {
            Some(MaxRestarts::AtMost(limit)) => Some(f64::from(limit)),
            _ => None,
        },
    );
    each(
        "supervisor_age_seconds",
        "gauge",
        "Time since the present life of a supervisor began; absent if it does not run.",
        &|part| part.uptime.map(|age| age.as_secs_f64()),
    );
}

fn write_children(text: &mut Text, children: &[ChildFigures]) {
    let mut each = |name, kind, help, value: &dyn Fn(&ChildFigures) -> Option<f64>| {
        let mut family = text.family(name, kind, help);
        for child in children {
            if let Some(value) = value(child) {
                family.sample(&[("child", &child.path)], value);
            }
        }
    };
    each("supervisor_child_up", "gauge", "Whether a child runs.", &|child| {
        Some(if child.part.as_ref()?.state == ChildState::Running { 1.0 } else { 0.0 })
    });
    each("supervisor_child_restarts_total", "counter", "Restarts of a child.", &|child| {
        Some(total(child.part.as_ref()?.restarts))
    });
    each(
        "supervisor_child_failures_total",
        "counter",
        "Abnormal ends of a child, and starts that have failed.",
        &|child| Some(total(child.part.as_ref()?.failures)),
    );
    each(
        "supervisor_child_age_seconds",
        "gauge",
        "Time since a child is up; absent if it is not.",
        &|child| child.part.as_ref()?.uptime.map(|age| age.as_secs_f64()),
    );
    each(
        "supervisor_mailbox_messages",
        "gauge",
        "Messages that wait in a mailbox, or in all those of a pool.",
        &|child| Some(count(child.queued)),
    );
    each(
        "supervisor_mailbox_capacity",
        "gauge",
        "Messages that a mailbox has room for, or all those of a pool.",
        &|child| Some(count(child.capacity)),
    );
}

/// Writes the times of messages, of the children that measure them.
fn write_times(text: &mut Text, children: &[ChildFigures]) {
    let mut each = |name, help, which: fn(&MessageTimes) -> &TimeHistogram| {
        let measured =
            children.iter().filter_map(|child| Some((&child.path, child.times.as_deref()?)));
        let mut measured = measured.peekable();
        if measured.peek().is_none() {
            return;
        }
        let mut family = text.family(name, "histogram", help);
        for (path, times) in measured {
            family.histogram(("child", path), which(times));
        }
    };
    each(
        "supervisor_message_waiting_seconds",
        "Time from the send of a message to its receipt; of children that measure it.",
        |times| &times.waiting,
    );
    each(
        "supervisor_message_handling_seconds",
        "Time from the receipt of a message until the next one is asked for; of children that measure it.",
        |times| &times.handling,
    );
}

/// Converts a number: Prometheus has floating-point numbers only.
fn count(number: usize) -> f64 {
    total(number as u64)
}

#[cfg(test)]
mod tests;
