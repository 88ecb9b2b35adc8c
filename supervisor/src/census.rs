//! What a supervisor can tell about its children: OTP's queries, statistics, and a picture.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::child_spec::Body;
use crate::driver::Reign;
use crate::engine::{ChildKind, ChildRules, ChildState, State};
use crate::error::SupervisorError;
use crate::exit::ExitReason;
use crate::node::{Node, Phase};
use crate::path::{ChildPath, Name};
use crate::restart::{Backoff, RestartPolicy};
use crate::shutdown::Shutdown;
use crate::slot::AnySlot;
use crate::strategy::SupervisionStrategy;
use crate::supervisor::Supervisor;

/// One child, as `which_children` lists it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its name; a pool's worker has a number: `#17`.
    pub name: String,
    /// Whether it is a worker or a supervisor.
    pub kind: ChildKind,
    /// Where it stands.
    pub state: ChildState,
    /// The number of its current or last life; 0 before the first.
    pub incarnation: u64,
}

/// How many children a supervisor has, as `count_children` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildCount {
    /// All that have a specification; 1 for a pool, which has its template.
    pub specs: usize,
    /// Those that have a life.
    pub active: usize,
    /// The supervisors among all, alive or not.
    pub supervisors: usize,
    /// The workers among all, alive or not.
    pub workers: usize,
}

/// What a child's specification says, with all defaults filled in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildSpecInfo {
    /// Its name.
    pub name: String,
    /// Whether it is a worker or a supervisor.
    pub kind: ChildKind,
    /// When it is restarted.
    pub restart: RestartPolicy,
    /// How it is stopped.
    pub shutdown: Shutdown,
    /// How long its restarts wait, if they do.
    pub backoff: Option<Backoff>,
    /// Whether its end counts for `auto_shutdown`.
    pub significant: bool,
}

/// Figures of one supervisor. Totals count since it was built, over all its lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupervisorStats {
    /// How often its children were restarted.
    pub restarts: u64,
    /// How often its children ended abnormally without being asked to stop.
    pub failures: u64,
    /// How long its current life has lasted; zero when it does not run.
    pub uptime: Duration,
    /// Children that run.
    pub running: usize,
    /// Children that have been started and are not up yet.
    pub starting: usize,
    /// Children that will be started again.
    pub restarting: usize,
    /// Children that have been asked to stop.
    pub stopping: usize,
    /// Children that are down.
    pub stopped: usize,
    /// Children that could not be stopped.
    pub unstoppable: usize,
}

impl SupervisorStats {
    /// All children, in whatever state.
    #[must_use]
    pub fn children(&self) -> usize {
        self.running
            + self.starting
            + self.restarting
            + self.stopping
            + self.stopped
            + self.unstoppable
    }
}

impl Supervisor {
    /// All children, the newest first, as in OTP.
    ///
    /// Answered at once, also while children are starting, stopping or backing off.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn which_children(&self) -> Result<Vec<ChildInfo>, SupervisorError> {
        let seen = self.query(look).await?;
        let info = |seen: Seen| ChildInfo {
            name: seen.slot.core().name().to_string(),
            kind: seen.kind,
            state: seen.state,
            incarnation: seen.incarnation,
        };
        Ok(seen.into_iter().rev().map(info).collect())
    }

    /// Counts the children.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn count_children(&self) -> Result<ChildCount, SupervisorError> {
        let pool = self.strategy() == SupervisionStrategy::SimpleOneForOne;
        self.query(move |reign| {
            let mut count = ChildCount::default();
            for (_, child) in reign.engine.children() {
                count.specs += 1;
                count.active += usize::from(child.state.has_life());
                match child.rules.kind {
                    ChildKind::Worker => count.workers += 1,
                    ChildKind::Supervisor => count.supervisors += 1,
                }
            }
            if pool {
                count.specs = 1;
            }
            count
        })
        .await
    }

    /// What a child's specification says; a pool's workers have the template's.
    ///
    /// # Errors
    ///
    /// [`NotFound`](SupervisorError::NotFound), and those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn child_spec(&self, name: &str) -> Result<ChildSpecInfo, SupervisorError> {
        let name = Name::parse(name);
        let path = self.path().join(&name);
        let found = self
            .query(move |reign| {
                let key = reign.engine.find(&name)?;
                let child = reign.engine.child(key)?;
                let ChildRules { kind, restart, shutdown, backoff, significant, .. } = *child.rules;
                let name = name.to_string();
                Some(ChildSpecInfo { name, kind, restart, shutdown, backoff, significant })
            })
            .await?;
        found.ok_or(SupervisorError::NotFound(path))
    }

    /// Figures of this supervisor; of one that does not run, the totals.
    ///
    /// # Errors
    ///
    /// None at present: the totals outlive the supervisor.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn stats(&self) -> Result<SupervisorStats, SupervisorError> {
        let mut stats = self.query(count_states).await.unwrap_or_default();
        stats.restarts = self.node().restarts();
        stats.failures = self.node().failures();
        if let Phase::Starting { since, .. } | Phase::Running { since, .. } = self.node().phase() {
            stats.uptime = Instant::now().saturating_duration_since(since);
        }
        Ok(stats)
    }

    /// The tree below this supervisor as it is now; printed, it is a picture.
    ///
    /// Each supervisor's part shows the states of its children at one moment; their statistics
    /// and queues are read right after it, so that the supervisor goes on meanwhile.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run; a nested one that does not run is shown
    /// without children.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn snapshot(&self) -> Result<Snapshot, SupervisorError> {
        snapshot_of(self.clone()).await
    }
}

fn count_states(reign: &mut Reign) -> SupervisorStats {
    let mut stats = SupervisorStats::default();
    for (_, child) in reign.engine.children() {
        *match ChildState::from(&child.state) {
            ChildState::Running => &mut stats.running,
            ChildState::Starting => &mut stats.starting,
            ChildState::Restarting => &mut stats.restarting,
            ChildState::Stopping => &mut stats.stopping,
            ChildState::Stopped => &mut stats.stopped,
            ChildState::Unstoppable => &mut stats.unstoppable,
        } += 1;
    }
    stats
}

/// A tree, or a part of one, at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name; a root has the name it was built with.
    pub name: String,
    /// Its path.
    pub path: ChildPath,
    /// Where it stands.
    pub state: ChildState,
    /// The strategy, if it is a supervisor.
    pub strategy: Option<SupervisionStrategy>,
    /// The policy, unless it is a root.
    pub restart: Option<RestartPolicy>,
    /// The number of its current or last life; 0 before the first.
    pub incarnation: u64,
    /// How often it was restarted.
    pub restarts: u64,
    /// How long its current life has lasted, if it is up.
    pub uptime: Option<Duration>,
    /// How many messages wait in its mailbox.
    pub queued: usize,
    /// How its last life ended, if one has.
    pub last_exit: Option<ExitReason>,
    /// Its children in start order.
    pub children: Vec<Snapshot>,
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

fn snapshot_of(supervisor: Supervisor) -> Boxed<Result<Snapshot, SupervisorError>> {
    Box::pin(async move {
        let path = supervisor.path();
        let strategy = supervisor.strategy();
        let uptime = match supervisor.node().phase() {
            Phase::Starting { since, .. } | Phase::Running { since, .. } => {
                Some(Instant::now().saturating_duration_since(since))
            }
            _ => None,
        };
        let now = Instant::now();
        let seen = supervisor.query(look).await?;
        let mut parts = Vec::with_capacity(seen.len());
        for child in seen {
            let mut part = child.part(&path, now);
            if let Some(nested) = child.nested {
                let nested = Supervisor::observing(nested);
                part.strategy = Some(nested.strategy());
                if let Ok(inner) = snapshot_of(nested).await {
                    part.children = inner.children;
                    part.uptime = inner.uptime;
                }
            }
            parts.push(part);
        }
        Ok(Snapshot {
            name: supervisor.node().label(),
            path,
            state: ChildState::Running,
            strategy: Some(strategy),
            restart: None,
            incarnation: 1,
            restarts: 0,
            uptime,
            queued: 0,
            last_exit: None,
            children: parts,
        })
    })
}

/// A child as its supervisor saw it at one moment. That takes the supervisor's time, so it is
/// little; what belongs to the child's place is read, and put into words, by whoever asked.
struct Seen {
    slot: Arc<dyn AnySlot>,
    kind: ChildKind,
    state: ChildState,
    restart: RestartPolicy,
    incarnation: u64,
    up_since: Option<Instant>,
    nested: Option<Arc<Node>>,
}

/// All children in start order.
fn look(reign: &mut Reign) -> Vec<Seen> {
    let mut seen = Vec::with_capacity(reign.engine.count());
    seen.extend(reign.engine.children().map(|(_, child)| Seen {
        slot: Arc::clone(child.data.slot()),
        kind: child.rules.kind,
        state: ChildState::from(&child.state),
        restart: child.rules.restart,
        incarnation: child.generation,
        up_since: match child.state {
            State::Up { since } => Some(since.instant()),
            _ => None,
        },
        nested: match &child.data.body {
            Body::Supervisor { node, .. } => Some(Arc::clone(node)),
            Body::Task { .. } => None,
        },
    }));
    seen
}

impl Seen {
    fn part(&self, above: &ChildPath, now: Instant) -> Snapshot {
        let core = self.slot.core();
        Snapshot {
            name: core.name().to_string(),
            path: above.join(core.name()),
            state: self.state,
            strategy: None,
            restart: Some(self.restart),
            incarnation: self.incarnation,
            restarts: core.restarts(),
            uptime: self.up_since.map(|since| now.saturating_duration_since(since)),
            queued: self.slot.queued(),
            last_exit: core.last_exit(),
            children: Vec::new(),
        }
    }
}

/// How many workers of a pool a picture shows before it counts the rest.
const SHOWN_WORKERS: usize = 10;

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line(f)?;
        self.draw_children(f, "")
    }
}

impl Snapshot {
    fn line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(strategy) = self.strategy {
            write!(f, ": {strategy}")?;
        }
        if let Some(restart) = self.restart {
            write!(f, " [{restart}]")?;
        }
        write!(f, " {}", self.state)?;
        if let Some(uptime) = self.uptime {
            write!(f, ", up {}", Rounded(uptime))?;
        }
        match self.restarts {
            0 => {}
            1 => f.write_str(", restarted once")?,
            times => write!(f, ", restarted {times} times")?,
        }
        if self.queued > 0 {
            write!(f, ", {} queued", self.queued)?;
        }
        match &self.last_exit {
            Some(reason) if reason.is_abnormal() => write!(f, ", last exit: {reason}"),
            _ => Ok(()),
        }
    }

    fn draw_children(&self, f: &mut fmt::Formatter<'_>, margin: &str) -> fmt::Result {
        let pool = self.strategy == Some(SupervisionStrategy::SimpleOneForOne);
        let shown = if pool { SHOWN_WORKERS } else { usize::MAX };
        let hidden = self.children.len().saturating_sub(shown);
        for (index, child) in self.children.iter().take(shown).enumerate() {
            let last = index + 1 == self.children.len();
            write!(f, "\n{margin}{}", if last { "└─ " } else { "├─ " })?;
            child.line(f)?;
            child.draw_children(f, &format!("{margin}{}", if last { "   " } else { "│  " }))?;
        }
        if hidden > 0 {
            write!(f, "\n{margin}└─ … and {hidden} more")?;
        }
        Ok(())
    }
}

/// A duration to three digits or so: `1.25s`, not `1.250318442s`.
struct Rounded(Duration);

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0;
        let nanos = match time.as_nanos() {
            0..1_000_000 => u64::from(time.subsec_nanos()) / 1_000 * 1_000,
            1_000_000..1_000_000_000 => u64::from(time.subsec_nanos()) / 100_000 * 100_000,
            _ => return write!(f, "{time:.2?}"),
        };
        write!(f, "{:?}", Duration::from_nanos(nanos))
    }
}
