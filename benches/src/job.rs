//! The jobs: names, sizes, units and targets.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::contenders::Who;

/// A job: an argument of `--jobs`, and a part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&str")]
pub(crate) enum Job {
    Start,
    StartOneByOne,
    Memory,
    MemoryPairs,
    Restart,
    RestartPanic,
    RestartAmong,
    RestartWindow,
    Storm,
    Churn,
    ChurnMillion,
    ChurnMemory,
    Stop,
    Message,
    MessageFrom8,
    Ask,
    AskLogged,
    StartMillion,
    StopMillion,
    Idle,
    LimitMemory,
    Look,
    Watched,
    Build,
    Tracing,
    Expansion,
}

use Job::{
    Ask, AskLogged, Build, Churn, ChurnMemory, ChurnMillion, Expansion, Idle, LimitMemory, Look,
    Memory, MemoryPairs, Message, MessageFrom8, Restart, RestartAmong, RestartPanic, RestartWindow,
    Start, StartMillion, StartOneByOne, Stop, StopMillion, Storm, Tracing, Watched,
};

/// The unit of a job's figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanoseconds,
    Bytes,
    WakeUps,
    Percent,
}

/// The target of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// The figure is at most this, in the job's unit.
    AtMost(f64),
    /// The figure is at most so many times that of this contender in this job.
    Times(f64, Who, Job),
}

impl Job {
    /// All jobs, in the order of the table.
    pub(crate) const ALL: [Self; 26] = [
        Start,
        StartOneByOne,
        Memory,
        MemoryPairs,
        Restart,
        RestartPanic,
        RestartAmong,
        RestartWindow,
        Storm,
        Churn,
        ChurnMillion,
        ChurnMemory,
        Stop,
        Message,
        MessageFrom8,
        Ask,
        AskLogged,
        StartMillion,
        StopMillion,
        Idle,
        LimitMemory,
        Look,
        Watched,
        Build,
        Tracing,
        Expansion,
    ];

    /// Returns the job's name on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Start => "start",
            StartOneByOne => "start-one-by-one",
            Memory => "memory",
            MemoryPairs => "memory-pairs",
            Restart => "restart",
            RestartPanic => "restart-panic",
            RestartAmong => "restart-among",
            RestartWindow => "restart-window",
            Storm => "storm",
            Churn => "churn",
            ChurnMillion => "churn-million",
            ChurnMemory => "churn-memory",
            Stop => "stop",
            Message => "message",
            MessageFrom8 => "message-from-8",
            Ask => "ask",
            AskLogged => "ask-logged",
            StartMillion => "start-million",
            StopMillion => "stop-million",
            Idle => "idle",
            LimitMemory => "limit-memory",
            Look => "look",
            Watched => "watched",
            Build => "build",
            Tracing => "tracing",
            Expansion => "expansion",
        }
    }

    /// Describes the job in a few words, without its number, which is [`Job::size`].
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Start | StartMillion => "start, until every child has run",
            StartOneByOne => "start one by one from main, each when the previous one was added",
            Memory => "resident memory per child",
            MemoryPairs => "resident memory per supervisor with two children",
            Restart => "restart after an error",
            RestartPanic => "restart after a panic",
            RestartAmong => "restart after an error, among siblings",
            RestartWindow => "restart after an error, with restarts in the window",
            Storm => "all fail at once, until all are up again",
            Churn | ChurnMillion => "a worker is added and the oldest one ended, with 10,000 alive",
            ChurnMemory => "growth of memory for each worker that was added and ended",
            Stop | StopMillion => "graceful stop, until every child's locals are dropped",
            Message => "message, from 1 producer",
            MessageFrom8 => "message, from 8 producers",
            Ask => "ask, and wait for the answer",
            AskLogged => "ask, with a subscriber that logs warnings",
            Idle => "wake-ups in an idle second",
            LimitMemory => "memory for each restart in the window, the limit being u32::MAX",
            Look => "longest pause between restarts while all children are looked at",
            Watched => "restart after an error, under a page that is open",
            Build => "clean release build of an empty crate",
            Tracing => "restart with tracing compiled in but off, against compiled out",
            Expansion => "check of a tree in the macro",
        }
    }

    /// Returns the number of children, messages or restarts.
    pub(crate) const fn size(self) -> usize {
        match self {
            Start | Memory | Restart | RestartAmong | Storm | Churn | Stop | Idle | Look => 100_000,
            StartOneByOne | MemoryPairs | RestartPanic => 10_000,
            Ask | AskLogged => 200_000,
            Tracing => 300_000,
            Watched | Expansion => 1000,
            Build => 1,
            RestartWindow | ChurnMillion | ChurnMemory | Message | MessageFrom8 | StartMillion
            | StopMillion | LimitMemory => 1_000_000,
        }
    }

    /// Returns the number for a count of instructions, under which a program is fifty times slower;
    /// `None` if the job's instructions are not counted.
    pub(crate) const fn counted_size(self) -> Option<usize> {
        match self {
            Start | Restart | Storm | Churn | Stop | Message | MessageFrom8 | Ask | AskLogged => {
                Some(10_000)
            }
            RestartPanic => Some(1000),
            _ => None,
        }
    }

    /// Returns `true` if the job's instructions are counted for this contender.
    pub(crate) fn is_counted_for(self, who: Who) -> bool {
        let is_logged = self != AskLogged || who.is_ours();
        self.counted_size().is_some() && (who == Who::Floor || who.is_ours()) && is_logged
    }

    /// Returns the target for this library's instructions in the job.
    pub(crate) fn instructions_target(self, who: Who) -> Option<Target> {
        match self {
            Start | Restart if who.is_ours() => Some(Target::Times(2.0, Who::Floor, self)),
            AskLogged if who.is_ours() => Some(Target::Times(1.02, who, Ask)),
            _ => None,
        }
    }

    /// Returns the number of these rounds that the job takes part in: few if it takes seconds and
    /// varies little.
    pub(crate) fn rounds(self, rounds: usize) -> usize {
        match self {
            StartMillion | StopMillion | ChurnMillion | ChurnMemory => rounds.min(2),
            Idle | LimitMemory | Look | Build => rounds.min(3),
            Tracing | Expansion => 1,
            _ => rounds,
        }
    }

    /// Returns the unit of the job's figures.
    pub(crate) const fn unit(self) -> Unit {
        match self {
            Memory | MemoryPairs | LimitMemory | ChurnMemory => Unit::Bytes,
            Idle => Unit::WakeUps,
            Tracing => Unit::Percent,
            _ => Unit::Nanoseconds,
        }
    }

    /// Returns the target of this library in the job.
    pub(crate) fn target(self, who: Who) -> Option<Target> {
        use Target::{AtMost, Times};
        if !who.is_ours() {
            return None;
        }
        Some(match self {
            Start | Restart | Storm | Stop | Build => Times(1.4, Who::Floor, self),
            StartOneByOne | Churn | AskLogged => return None,
            ChurnMillion => Times(1.3, who, Churn),
            Memory if matches!(who, Who::OursTyped | Who::OursMacro) => AtMost(1000.0),
            Memory => AtMost(700.0),
            MemoryPairs => AtMost(4096.0),
            RestartPanic => Times(1.1, Who::Hand, self),
            RestartAmong | RestartWindow => Times(1.2, who, Restart),
            Message | MessageFrom8 => Times(1.0, Who::Floor, self),
            Ask => Times(1.2, Who::Floor, self),
            StartMillion => Times(1.3, who, Start),
            StopMillion => Times(1.3, who, Stop),
            // The system's own signals may cause one wake-up. A million workers that come and go may
            // leave a megabyte.
            Idle | ChurnMemory => AtMost(1.0),
            LimitMemory => AtMost(32.0),
            Look => AtMost(20e6),
            Watched => Times(8.0, who, Restart),
            Tracing => AtMost(105.0),
            Expansion => AtMost(3e9),
        })
    }

    /// Returns `true` if the job is meaningful for this contender. A job about this library alone
    /// measures no other contender, and contenders that would give the same figure are measured
    /// once.
    pub(crate) fn is_for(self, who: Who) -> bool {
        match self {
            Start | Memory | Stop => true,
            AskLogged => false,
            _ if who == Who::InOrder => false,
            StartMillion | StopMillion => {
                matches!(who, Who::Floor | Who::OursPool)
            }
            Churn | ChurnMillion | ChurnMemory => matches!(who, Who::Floor | Who::OursPool),
            Storm => matches!(who, Who::Floor | Who::Ours | Who::OursPool),
            RestartWindow | LimitMemory | Look | Watched => {
                matches!(who, Who::Ours | Who::OursPool)
            }
            Idle => !matches!(who, Who::Hand | Who::OursMacro | Who::Erlang),
            Tracing | Expansion => who == Who::Ours,
            _ => true,
        }
    }

    /// Returns `true` if the job is done only if it is named: jobs that compile programs take
    /// minutes.
    pub(crate) const fn is_opt_in(self) -> bool {
        matches!(self, Build | Tracing | Expansion)
    }

    /// Returns the time after which the job is given up.
    pub(crate) const fn limit(self) -> Duration {
        Duration::from_secs(if self.is_opt_in() { 900 } else { 100 })
    }

    /// Returns the job of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.as_str() == name)
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Job> for &str {
    fn from(job: Job) -> Self {
        job.as_str()
    }
}

impl TryFrom<String> for Job {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::named(&name).ok_or_else(|| format!("no job is called {name}"))
    }
}
