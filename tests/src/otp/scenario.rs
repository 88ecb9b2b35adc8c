//! The scenario format: OTP's order, this library's words.

mod check;
mod step;

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

pub use step::{End, Step};

/// One hour: no restart of a scenario is ever old enough to be forgotten.
const RESTART_WINDOW: u64 = 3_600_000;

/// A tree and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Unique among all scenarios; names the trace.
    pub name: String,
    /// What the scenario shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The deviations of this library that the scenario meets. Erlang runs its own `supervisor`
    /// where there are none, and applies exactly these where there are some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<Deviation>,
    /// The root supervisor.
    pub tree: Supervisor,
    /// What is done once the tree has started.
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
    /// each other's starts, and questions and a shutdown wait for nobody's.
    Concurrency,
}

impl Deviation {
    /// Whether Erlang can be made to deviate in the same way. Where it cannot, this library's
    /// own trace is kept beside OTP's.
    #[must_use]
    pub fn is_applied_by_erlang(self) -> bool {
        !matches!(self, Self::Refused | Self::Concurrency)
    }
}

/// A supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supervisor {
    /// Who is restarted when a child fails.
    pub strategy: Strategy,
    /// Restarts within the window before it gives up.
    #[serde(default = "Supervisor::default_max_restarts")]
    pub max_restarts: u32,
    /// In milliseconds, whole seconds only.
    #[serde(default = "Supervisor::default_window", skip_serializing_if = "is_default_window")]
    pub restart_window: u64,
    /// Whether the end of significant children ends it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auto_shutdown: AutoShutdown,
    /// In start order; the template, under `simple_one_for_one`.
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

    /// A supervisor without children, with the defaults.
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

    /// The supervisor at a path below this one, `""` being itself.
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

    /// Itself and all supervisors below it.
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

/// EEP 56.
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
    /// Its name among its siblings.
    pub name: String,
    /// When it is restarted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub policy: Policy,
    /// Whether its end counts for automatic shutdown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub significant: bool,
    /// How it is stopped; 5 s for a worker and `infinity` for a supervisor unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<Shutdown>,
    /// A worker's answer to a request to stop.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_shutdown: OnShutdown,
    /// A worker's starts, one by one; the last repeats.
    #[serde(default = "Child::always_ok", skip_serializing_if = "is_always_ok")]
    pub starts: Vec<Start>,
    /// Makes it a nested supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<Supervisor>,
}

impl Child {
    fn always_ok() -> Vec<Start> {
        vec![Start::Ok]
    }

    /// A worker with the defaults.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            policy: Policy::Always,
            significant: false,
            shutdown: None,
            on_shutdown: OnShutdown::Obeys,
            starts: Self::always_ok(),
            supervisor: None,
        }
    }
}

/// When a child is restarted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Policy {
    #[default]
    Always,
    Transient,
    Temporary,
}

/// How a child is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected milliseconds, \"brutal_kill\" or \"infinity\"")]
pub enum Shutdown {
    /// It is asked, and after these milliseconds killed.
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

/// What a worker does when it is asked to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnShutdown {
    /// It looks at its shutdown signal, and stops.
    #[default]
    Obeys,
    /// It looks at its shutdown signal, and does not stop before it is killed.
    Ignores,
    /// It looks at its shutdown signal, and fails over it.
    Fails,
    /// It never looks at its shutdown signal; in Erlang: it does not trap exits.
    Unaware,
}

/// What comes of one attempt to start a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// It starts.
    Ok,
    /// The start fails.
    Fail,
    /// It declines to start: OTP's `ignore`.
    Decline,
    /// It starts, and fails before its supervisor does anything else.
    Crash,
    /// It starts, and ends normally before its supervisor does anything else.
    Finish,
}

/// Reads a file that holds one scenario or an array of them.
///
/// # Errors
///
/// If the file cannot be read, is not a scenario, or contradicts itself; the text says where.
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
    /// All steps, those at once one by one.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.script.iter().flat_map(Step::single)
    }

    /// What the script adds to the tree.
    pub fn added(&self) -> impl Iterator<Item = &Child> {
        self.steps().filter_map(|step| match step {
            Step::AddChild { spec, .. } => Some(&**spec),
            _ => None,
        })
    }

    /// Whether it names a deviation that Erlang cannot be made to apply.
    #[must_use]
    pub fn has_own_trace(&self) -> bool {
        !self.deviations.iter().all(|deviation| deviation.is_applied_by_erlang())
    }

    /// The supervisors that may stand at a path.
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

    /// All supervisors, those that the script adds as well.
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
