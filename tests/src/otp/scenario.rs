//! The scenario format: OTP's order, this library's words.

mod check;
mod step;
mod timeline;

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

pub use step::{End, Step};
pub use timeline::{Action, PATIENCE, Timed};

/// One hour, in milliseconds: no restart of a scenario ever leaves the window.
const RESTART_WINDOW: u64 = 3_600_000;

/// A tree and a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name, unique among all scenarios; it also names the trace.
    pub name: String,
    /// The purpose of the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The deviations of this library that the scenario meets. Erlang runs its own `supervisor` if
    /// there are none, and applies exactly these if there are some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<Deviation>,
    /// The root supervisor.
    pub tree: Supervisor,
    /// The happenings while the tree starts, runs and stops; then there is no script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Timed>,
    /// The steps after the start of the tree.
    #[serde(default)]
    pub script: Vec<Step>,
}

/// A deliberate difference to OTP 25; `tests/otp/README.md` gives the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deviation {
    /// A supervisor that gives up ends abnormally, so a `Transient` one is restarted.
    Escalation,
    /// A pool worker whose restart declines is forgotten.
    DeclinedRestart,
    /// Terminating a pool worker that waits for its restart leaves the counts right.
    TerminatedRestart,
    /// A repeated attempt that was overtaken by another restart is dropped.
    OvertakenRetry,
    /// A significant child that waits behind the failed start of a sibling has not ended.
    WaitingSibling,
    /// This library refuses the tree.
    Refused,
    /// Children of this library's one_for_one and simple_one_for_one supervisors do not wait for
    /// each other's starts, and queries and a shutdown wait for no child's start.
    Concurrency,
}

impl Deviation {
    /// Returns `true` if Erlang can be made to deviate in the same way. If it cannot, this
    /// library's own trace is recorded beside OTP's.
    #[must_use]
    pub fn is_applied_by_erlang(self) -> bool {
        !matches!(self, Self::Refused | Self::Concurrency)
    }
}

/// A supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supervisor {
    /// The choice of the children that are restarted when a child fails.
    pub strategy: Strategy,
    /// The number of restarts within the window that the supervisor makes before it gives up.
    #[serde(default = "Supervisor::default_max_restarts")]
    pub max_restarts: u32,
    /// The window in milliseconds, whole seconds only.
    #[serde(default = "Supervisor::default_window", skip_serializing_if = "is_default_window")]
    pub restart_window: u64,
    /// The rule by which the end of significant children ends the supervisor.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auto_shutdown: AutoShutdown,
    /// The children in start order; for `simple_one_for_one`, the template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Child>,
}

impl Supervisor {
    fn default_max_restarts() -> u32 {
        3
    }

    fn default_window() -> u64 {
        RESTART_WINDOW
    }

    /// Makes a supervisor without children, with the defaults.
    #[must_use]
    pub fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            max_restarts: Self::default_max_restarts(),
            restart_window: RESTART_WINDOW,
            auto_shutdown: AutoShutdown::Never,
            children: Vec::new(),
        }
    }

    /// Returns the supervisor at a path below this one; `""` is the path of this one.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Self> {
        if path.is_empty() {
            return Some(self);
        }
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let is_pool = self.strategy == Strategy::SimpleOneForOne;
        let child = self.children.iter().find(|child| is_pool || child.name == name)?;
        child.supervisor.as_ref()?.at(rest)
    }

    /// Returns this supervisor and all supervisors below it.
    #[must_use]
    pub fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for nested in self.children.iter().filter_map(|child| child.supervisor.as_ref()) {
            all.extend(nested.all());
        }
        all
    }
}

/// The four strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
    SimpleOneForOne,
}

/// The rule by which the end of significant children ends a supervisor, as in EEP 56.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AutoShutdown {
    #[default]
    Never,
    AnySignificant,
    AllSignificant,
}

/// A child: a worker, or a nested supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Child {
    /// The child's name among its siblings.
    pub name: String,
    /// The child's restart policy.
    #[serde(default, skip_serializing_if = "is_default")]
    pub policy: Policy,
    /// `true` if the child's end counts for automatic shutdown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub significant: bool,
    /// The way in which the child is stopped; unless given, 5 s for a worker and `infinity` for a
    /// supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<Shutdown>,
    /// A worker's answer to a shutdown request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_shutdown: OnShutdown,
    /// The outcomes of a worker's starts, one by one; the last repeats.
    #[serde(default = "Child::always_ok", skip_serializing_if = "is_always_ok")]
    pub starts: Vec<Start>,
    /// The ticks that each start of a worker takes, in a timeline.
    #[serde(default, skip_serializing_if = "is_default")]
    pub start_takes: u32,
    /// The worker that this one asks in its start, before it is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_asks: Option<String>,
    /// The ticks that a worker's clean-up takes, once it has been asked to stop.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stop_takes: u32,
    /// The worker that this one asks at the beginning of its clean-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_asks: Option<String>,
    /// The nested supervisor, if the child is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<Supervisor>,
}

impl Child {
    fn always_ok() -> Vec<Start> {
        vec![Start::Ok]
    }

    /// Makes a worker with the defaults.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            policy: Policy::Always,
            significant: false,
            shutdown: None,
            on_shutdown: OnShutdown::Obeys,
            starts: Self::always_ok(),
            start_takes: 0,
            start_asks: None,
            stop_takes: 0,
            stop_asks: None,
            supervisor: None,
        }
    }
}

/// A child's restart policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Policy {
    #[default]
    Always,
    Transient,
    Temporary,
}

/// The way in which a child is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected milliseconds, \"brutal_kill\" or \"infinity\"")]
pub enum Shutdown {
    /// The child gets a shutdown request, and is killed after these milliseconds.
    Within(u64),
    /// `brutal_kill` or `infinity`.
    Word(ShutdownWord),
}

/// The ways to stop that are not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ShutdownWord {
    BrutalKill,
    Infinity,
}

/// A worker's answer to a shutdown request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnShutdown {
    /// The worker looks at its shutdown signal, and stops.
    #[default]
    Obeys,
    /// The worker looks at its shutdown signal, and does not stop before it is killed.
    Ignores,
    /// The worker looks at its shutdown signal, and fails on a request.
    Fails,
    /// The worker never looks at its shutdown signal; in Erlang, it does not trap exits.
    Unaware,
}

/// The outcome of one attempt to start a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The worker starts.
    Ok,
    /// The start fails.
    Fail,
    /// The worker declines to start: OTP's `ignore`.
    Decline,
    /// The worker starts, and fails before its supervisor does anything else.
    Crash,
    /// The worker starts, and ends normally before its supervisor does anything else.
    Finish,
}

/// Reads a file that holds one scenario or an array of them.
///
/// # Errors
///
/// If the file cannot be read, or holds no valid scenario; the text names the file.
pub fn read(file: &Path) -> Result<Vec<Scenario>, String> {
    let of_file = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| of_file(&error))?;
    let scenarios: Vec<Scenario> = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text)
    } else {
        serde_json::from_str(&text).map(|scenario| vec![scenario])
    }
    .map_err(|error| of_file(&error))?;
    for scenario in &scenarios {
        scenario.check().map_err(|error| of_file(&format!("{}: {error}", scenario.name)))?;
    }
    Ok(scenarios)
}

impl Scenario {
    /// Returns all steps, those of an `AtOnce` one by one.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.script.iter().flat_map(Step::single)
    }

    /// Returns the children that the script adds to the tree.
    pub fn added(&self) -> impl Iterator<Item = &Child> {
        self.steps().filter_map(|step| match step {
            Step::AddChild { spec, .. } => Some(&**spec),
            _ => None,
        })
    }

    /// Returns `true` if the scenario names a deviation that Erlang cannot be made to apply.
    #[must_use]
    pub fn has_own_trace(&self) -> bool {
        !self.deviations.iter().all(|deviation| deviation.is_applied_by_erlang())
    }

    /// Returns the supervisors that may have a path: the declared one, and those that the script
    /// adds.
    pub fn supervisors_at(&self, path: &str) -> impl Iterator<Item = &Supervisor> {
        let declared = self.tree.at(path);
        let added = self.steps().filter_map(move |step| {
            let Step::AddChild { spec, .. } = step else { return None };
            let below = match step.supervisor() {
                "" => path,
                above => path.strip_prefix(above)?.strip_prefix('/')?,
            };
            let rest = below.strip_prefix(&*spec.name)?;
            let rest = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
            spec.supervisor.as_ref()?.at(rest)
        });
        declared.into_iter().chain(added)
    }

    /// Returns all supervisors, also those that the script adds.
    pub fn supervisors(&self) -> impl Iterator<Item = &Supervisor> {
        let added = self.added().filter_map(|child| child.supervisor.as_ref());
        added.chain([&self.tree]).flat_map(Supervisor::all)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

// `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_default_window(window: &u64) -> bool {
    *window == RESTART_WINDOW
}

fn is_always_ok(starts: &[Start]) -> bool {
    starts == [Start::Ok]
}
