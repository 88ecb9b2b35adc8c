//! Random crashes all over a tree, and the check that the tree comes back.

mod history;
mod survey;

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use self::history::History;
use self::survey::{Survey, SurveyedChild};
use super::report::{ChaosFailure, ChaosReport, FaultKind, Kill, Recovery};
use super::watch::deadline_after;
use super::{Error, LIMIT, backoff_seed, crash};
use crate::engine::Jitter;
use crate::error::SupervisorError;
use crate::observe::{Event, EventKind, Events};
use crate::spec::{ChildPath, ChildState, ExitReason, Failure};
use crate::supervisor::Supervisor;

/// Builder of a chaos run: random children of a tree are killed, fail, panic or hang at random
/// times; then the whole tree has to come back.
///
/// The random draws come from a seed, which every error names: with tokio's paused clock, on which
/// minutes pass in no time, a run can be repeated.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
/// use supervisor::testing::Chaos;
///
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// supervision_tree! {
///     App: rest_for_one {
///         first: Always = worker,
///         sub: one_for_one(max_restarts = 5, restart_window = 60s) {
///             second: Transient(backoff = 100ms..1s) = worker,
///             third: Always(heartbeat = 10s) = worker,
///         },
///     }
/// }
///
/// let app = App::start().await?;
/// let report = Chaos::seed(42).kills(20).run(&app).await?;
/// assert_eq!(report.kills.len(), 20);
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
///
/// # Choice of children
///
/// A run brings down running children, workers and nested supervisors alike, one after the other,
/// with a random pause before each. A worker is killed, fails or panics; a worker with a
/// `heartbeat` may hang instead, since its supervisor would notice.
///
/// A supervisor that gives up is no fault, so a run does not drive the root to give up: it leaves
/// half of the root's `max_restarts` for the restarts that follow from its kills, and waits until
/// the `restart_window` has moved on. Nested supervisors are driven to give up, as long as the root
/// can restart them. Nor does a run bring down a significant `Temporary` child whose supervisor has
/// `auto_shutdown`, where the end of that supervisor could end the tree.
///
/// # Checks
///
/// - The tree goes on: its root does not end.
/// - Within the limit after the last kill, every declared child that ran or was about to run when
///   the run began runs again, and so does every child that was brought down. Exempt are
///   `Temporary` children, all below a `Temporary` supervisor, and `Transient` children that have
///   ended normally.
/// - No life began before the child's previous life had ended.
/// - The events and the statistics agree on the number of restarts, for each child and each
///   supervisor.
///
/// # Repeating a run
///
/// The choice of children and faults depends on the seed and on the children that run at the time.
/// The delays of the tree's backoffs are drawn from the seed too, from the beginning of the run on.
/// On a paused clock and a `current_thread` runtime, a deterministic program has the same run each
/// time.
#[derive(Clone, Debug)]
#[must_use = "nothing happens until it is run"]
pub struct Chaos {
    seed: u64,
    kills: usize,
    pauses: Range<Duration>,
    limit: Duration,
    spared: Vec<ChildPath>,
}

impl Chaos {
    /// Makes a chaos run that draws from this seed.
    pub fn seed(seed: u64) -> Self {
        Self {
            seed,
            kills: 100,
            pauses: Duration::ZERO..Duration::from_secs(1),
            limit: LIMIT,
            spared: Vec::new(),
        }
    }

    /// Makes a chaos run that draws from a random seed, which the report and every error name.
    pub fn random() -> Self {
        Self::seed(RandomState::new().build_hasher().finish())
    }

    /// Sets the number of kills, counting a child each time it is brought down. Default: 100.
    pub fn kills(mut self, kills: usize) -> Self {
        self.kills = kills;
        self
    }

    /// Sets the range of the pauses before the kills, on tokio's clock. Default: up to a second.
    pub fn pauses(mut self, pauses: Range<Duration>) -> Self {
        self.pauses = pauses;
        self
    }

    /// Sets how long the tree may take to come back after the last kill, on tokio's clock.
    /// Default: 60 seconds.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Spares this child and all below it. A group restart may restart them all the same.
    pub fn sparing(mut self, path: impl AsRef<str>) -> Self {
        self.spared.push(ChildPath::parse(path.as_ref()));
        self
    }

    /// Runs on the whole tree that this handle belongs to, and returns a report of the kills.
    ///
    /// # Errors
    ///
    /// [`Error::Chaos`] if a check fails, with the problems, the last kills and events, and the way
    /// to repeat the run; [`Error::Refused`] if the tree does not run.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the run after the kills that it has made.
    pub async fn run(&self, tree: &impl AsRef<Supervisor>) -> Result<ChaosReport, Error> {
        let root = Supervisor::observing(tree.as_ref().node().root());
        backoff_seed::fix(&root, self.seed).await?;
        // Subscribed before the first survey, so that no event is missed.
        let events = root.events();
        let before = Survey::of(&root).await?;
        let mut run = Run::new(self, root, events, before);
        let mut problems = run.make_kills().await.err().unwrap_or_default();
        if problems.is_empty() {
            problems = run.wait_for_recovery().await.err().unwrap_or_default();
        }
        let report = ChaosReport {
            seed: self.seed,
            restarts: run.history.all_restarts(),
            took: run.began.elapsed(),
            kills: run.kills,
        };
        if problems.is_empty() {
            return Ok(report);
        }
        let seen = run.seen.into();
        Err(Error::Chaos(Box::new(ChaosFailure { problems, report, seen })))
    }
}

/// The number of events that a failure keeps.
const KEPT: usize = 100;
/// A pause in which, on a paused clock, all ready tasks run until they wait.
const MOMENT: Duration = Duration::from_millis(1);

/// A chaos run that is under way.
struct Run<'a> {
    chaos: &'a Chaos,
    random: Jitter,
    root: Supervisor,
    events: Events,
    /// The survey from the beginning of the run.
    before: Survey,
    began: Instant,
    history: History,
    /// The last events, at most [`KEPT`].
    seen: VecDeque<Event>,
    kills: Vec<Kill>,
}

/// The failed checks, a sentence each.
type Problems = Vec<String>;

impl<'a> Run<'a> {
    fn new(chaos: &'a Chaos, root: Supervisor, events: Events, before: Survey) -> Self {
        let mut history = History::default();
        for child in &before.children {
            let is_up = matches!(child.state, ChildState::Running | ChildState::Stopping);
            history.begin_with(child.path.clone(), child.incarnation, is_up);
        }
        Self {
            chaos,
            random: Jitter::new(chaos.seed),
            root,
            events,
            before,
            began: Instant::now(),
            history,
            seen: VecDeque::new(),
            kills: Vec::new(),
        }
    }

    async fn make_kills(&mut self) -> Result<(), Problems> {
        // A supervisor has its restarts again when its restart window has passed.
        let patience = self.before.window.saturating_add(self.chaos.limit);
        while self.kills.len() < self.chaos.kills {
            let Range { start, end } = self.chaos.pauses;
            let pause = start + end.saturating_sub(start).mul_f64(self.random.draw());
            self.watch_until(deadline_after(pause.max(MOMENT))).await?;
            let deadline = deadline_after(patience);
            while !self.kill_one().await? {
                if Instant::now() > deadline {
                    return Err(vec![format!("nobody could be killed for {patience:?}")]);
                }
                self.watch_until(deadline_after((patience / 50).max(MOMENT))).await?;
            }
        }
        Ok(())
    }

    /// Brings down a random child; `false` if no child may be brought down now.
    async fn kill_one(&mut self) -> Result<bool, Problems> {
        let survey = self.survey().await?;
        let candidates: Vec<&SurveyedChild> =
            survey.children.iter().filter(|child| self.may_be_hit(child)).collect();
        let Some(child) = pick(&mut self.random, &candidates) else { return Ok(false) };
        let fault = pick(&mut self.random, child.faults).unwrap_or(FaultKind::Kill);
        let at = self.began.elapsed();
        let hit = match fault {
            FaultKind::Hang => Ok(child.address.core().hang(child.incarnation)),
            fault => crash(&child.address, reason(fault)).await.map(|()| true),
        };
        match hit {
            Ok(true) => {}
            Err(Error::Refused(error @ SupervisorError::StillRunning(_))) => {
                return Err(vec![error.to_string()]);
            }
            // The child or its supervisor has ended since the survey.
            Ok(false) | Err(_) => return Ok(false),
        }
        self.catch_up();
        // The crash may have ended a later life than the one in the survey.
        let ended = self.history.last_ended(&child.path).unwrap_or(0);
        let incarnation = ended.max(child.incarnation);
        let after = self.began.elapsed().saturating_sub(at);
        let recovery = self.history.last_begun(&child.path).filter(|begun| *begun > incarnation);
        self.kills.push(Kill {
            at,
            path: child.path.clone(),
            incarnation,
            fault,
            recovery: recovery.map(|incarnation| Recovery { incarnation, after }),
        });
        Ok(true)
    }

    fn may_be_hit(&self, child: &SurveyedChild) -> bool {
        child.state == ChildState::Running
            && !child.is_needed
            && !self.chaos.spared.iter().any(|spared| child.path.is_at_or_below(spared))
    }

    /// Waits until the tree has come back.
    async fn wait_for_recovery(&mut self) -> Result<(), Problems> {
        let deadline = deadline_after(self.chaos.limit);
        loop {
            self.watch_until(deadline_after(MOMENT)).await?;
            let survey = self.survey().await?;
            self.catch_up();
            if !self.history.overlaps().is_empty() {
                return Err(self.history.overlaps().to_vec());
            }
            let mut problems = self.missing(&survey);
            problems.extend(self.miscounted(&survey));
            if problems.is_empty() {
                return Ok(());
            }
            match timeout_at(deadline, self.events.next()).await {
                Ok(Some(event)) => self.see(event),
                Ok(None) => return Err(self.tree_ended()),
                Err(_) => {
                    problems.push(format!("{:?} after the last kill", self.chaos.limit));
                    return Err(problems);
                }
            }
        }
    }

    /// Returns a problem for each child that should run, and does not.
    fn missing(&self, now: &Survey) -> Problems {
        let is_expected = |child: &&SurveyedChild| child.is_lasting && !child.state.is_down();
        let expected = self.before.children.iter().filter(is_expected);
        let mut problems = Problems::new();
        for path in expected.map(|child| &child.path) {
            // The lowest node that exists, of the child and its ancestors.
            let lowest = ancestors(path).find_map(|path| now.get(&path));
            let Some(lowest) = lowest else {
                problems.push(format!("`{path}` is not there any more"));
                continue;
            };
            let came_back = || {
                let lost = |kill: &Kill| kill.path == *path && kill.recovery.is_none();
                !self.kills.iter().any(lost)
            };
            let (it, state) = (&lowest.path, lowest.state);
            if lowest.is_finished {
            } else if it != path {
                problems.push(format!("`{path}` does not run, since `{it}` is {state}"));
            } else if state != ChildState::Running {
                let last = lowest.address.core().last_exit();
                let last = last.map(|reason| format!(", last exit: {reason}")).unwrap_or_default();
                problems.push(format!("`{path}` does not run, it is {state}{last}"));
            } else if !came_back() {
                problems.push(format!("`{path}` did not come back"));
            }
        }
        problems
    }

    /// Returns a problem for each child and supervisor whose restarts the events and the statistics
    /// count differently.
    fn miscounted(&self, now: &Survey) -> Problems {
        let mut problems = Problems::new();
        let mut compare = |path: &ChildPath, whose: &str, seen: Option<u64>, counted: u64| {
            if let Some(seen) = seen.filter(|seen| *seen != counted) {
                problems.push(format!(
                    "{whose} `{path}`: events tell of {seen} restarts, statistics of {counted}"
                ));
            }
        };
        for child in self.before.children.iter().filter(|child| child.is_lasting) {
            if let Some(later) = now.get(&child.path) {
                let counted = later.restarts - child.restarts;
                compare(&child.path, "child", self.history.restarts(&child.path), counted);
            }
        }
        for (path, before) in &self.before.restarts {
            if let Some((_, later)) = now.restarts.iter().find(|(supervisor, _)| supervisor == path)
            {
                let seen = self.history.restarts_below(path);
                compare(path, "children of", seen, later - before);
            }
        }
        problems
    }

    async fn survey(&mut self) -> Result<Survey, Problems> {
        if let Ok(survey) = Survey::of(&self.root).await {
            return Ok(survey);
        }
        self.catch_up();
        Err(self.tree_ended())
    }

    /// Records the events until the deadline.
    async fn watch_until(&mut self, deadline: Instant) -> Result<(), Problems> {
        loop {
            match timeout_at(deadline, self.events.next()).await {
                Ok(Some(event)) => self.see(event),
                Ok(None) => return Err(self.tree_ended()),
                Err(_) => return Ok(()),
            }
        }
    }

    /// Records the events that have been published already.
    fn catch_up(&mut self) {
        self.events.take_present().for_each(|event| self.see(event));
    }

    fn see(&mut self, event: Event) {
        self.history.record(&event);
        if let EventKind::ChildStarted { incarnation }
        | EventKind::ChildRestarted { incarnation, .. } = *event.kind()
        {
            let now = self.began.elapsed();
            let waits = |kill: &&mut Kill| {
                kill.recovery.is_none()
                    && kill.path == *event.path()
                    && kill.incarnation < incarnation
            };
            for kill in self.kills.iter_mut().filter(waits) {
                let after = now.saturating_sub(kill.at);
                kill.recovery = Some(Recovery { incarnation, after });
            }
        }
        if self.seen.len() == KEPT {
            self.seen.pop_front();
        }
        self.seen.push_back(event);
    }

    /// Returns the problem that the tree has ended.
    fn tree_ended(&self) -> Problems {
        vec![format!("the tree does not run any more: {}", self.root.node().unavailable())]
    }
}

/// Returns the path and those of its ancestors but the root, from the lowest up.
fn ancestors(path: &ChildPath) -> impl Iterator<Item = ChildPath> {
    std::iter::successors(Some(path.clone()), |path| {
        path.as_str().rsplit_once('/').map(|(above, _)| ChildPath::parse(above))
    })
}

fn pick<T: Copy>(random: &mut Jitter, all: &[T]) -> Option<T> {
    // A draw is less than one, and a tree has fewer children than a float has integers.
    #[expect(clippy::cast_possible_truncation, reason = "smaller than the length")]
    #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "see above")]
    let index = (random.draw() * all.len() as f64) as usize;
    all.get(index).copied()
}

/// Returns the exit reason that a fault gives a life.
fn reason(fault: FaultKind) -> ExitReason {
    let message = "as a chaos run wanted it".to_owned();
    match fault {
        FaultKind::Kill | FaultKind::Hang => ExitReason::Killed,
        FaultKind::Fail => ExitReason::Error(Failure::of_panic(message, None)),
        FaultKind::Panic => ExitReason::Panic(Failure::of_panic(message, None)),
    }
}
