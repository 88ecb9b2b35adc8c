//! Random crashes all over a tree, and the check that it comes back.

mod report;
mod story;
mod survey;

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

pub use self::report::{ChaosFailure, ChaosReport, FaultKind, Kill, Recovery};
use self::story::Story;
use self::survey::{Survey, SurveyedChild};
use super::watch::far;
use super::{Error, LIMIT, backoff_seed, crash};
use crate::engine::Jitter;
use crate::error::SupervisorError;
use crate::observe::{Event, EventKind, Events};
use crate::spec::{ChildPath, ChildState, ExitReason, Failure};
use crate::supervisor::Supervisor;

/// A chaos run: random children of a tree are killed, fail, panic or hang at random times; then the
/// whole tree has to come back.
///
/// Its draws come from a seed, which every error names: with tokio's paused clock, on which
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
///         sub: one_for_one {
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
/// # Who is hit
///
/// Any child that runs, workers and nested supervisors alike, one after the other, with a random
/// pause before each. A worker is killed, fails or panics; one with a `heartbeat` may hang instead,
/// since that would be noticed.
///
/// A tree that gives up does what it is told to, so chaos does not drive it there: it leaves half of
/// the root's `max_restarts` for what follows from its kills, and waits until the `restart_window`
/// has moved on. Supervisors below are driven to give up, as long as the root can restart them.
///
/// # What is checked
///
/// - The tree goes on: its root does not end.
/// - Within the limit after the last kill, every declared child that was up or on its way at the
///   beginning runs again; but for those that are `Temporary`, or below one that is, and for
///   `Transient` ones that have ended normally. So do the children that were hit.
/// - No life began before the one before it had ended.
/// - The restarts that the events tell of are those that the statistics count, for each child and
///   each supervisor.
///
/// # Repeating a run
///
/// What is drawn depends on the seed and on who runs at the time; so do the delays of the tree's
/// backoffs, which are drawn from the seed too, from the run's beginning on. On a paused clock and a
/// `current_thread` runtime, a program that does the same each time has the same run each time.
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
    /// Draws from this seed.
    pub fn seed(seed: u64) -> Self {
        Self {
            seed,
            kills: 100,
            pauses: Duration::ZERO..Duration::from_secs(1),
            limit: LIMIT,
            spared: Vec::new(),
        }
    }

    /// Draws from a seed that is another one each time. The report and every error name it.
    pub fn random() -> Self {
        Self::seed(RandomState::new().build_hasher().finish())
    }

    /// How many children are brought down, counting each time. Default: 100.
    pub fn kills(mut self, kills: usize) -> Self {
        self.kills = kills;
        self
    }

    /// How long the pauses before the kills are, on tokio's clock. Default: up to a second.
    pub fn pauses(mut self, pauses: Range<Duration>) -> Self {
        self.pauses = pauses;
        self
    }

    /// How long the tree may take to come back after the last kill. Default: 60 seconds.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Leaves this child, and all below it, alone. It may be restarted with others all the same.
    pub fn sparing(mut self, path: impl AsRef<str>) -> Self {
        self.spared.push(ChildPath::parse(path.as_ref()));
        self
    }

    /// Lets it loose on the tree that this handle belongs to, and tells what it did.
    ///
    /// # Errors
    ///
    /// [`Error::Chaos`] says what is wrong with the tree, what led there, and how to repeat it;
    /// [`Error::Refused`] that the tree does not run.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the run where it is.
    pub async fn run(&self, tree: &impl AsRef<Supervisor>) -> Result<ChaosReport, Error> {
        let root = Supervisor::observing(tree.as_ref().node().root());
        backoff_seed::fix(&root, self.seed).await?;
        // From before the first look, so that nothing is missed.
        let events = root.events();
        let before = Survey::of(&root).await?;
        let mut run = Run::new(self, root, events, before);
        let mut problems = run.strikes().await.err().unwrap_or_default();
        if problems.is_empty() {
            problems = run.settles().await.err().unwrap_or_default();
        }
        let report = ChaosReport {
            seed: self.seed,
            restarts: run.story.all_restarts(),
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

/// How many events a failure keeps.
const KEPT: usize = 100;
/// Enough for what can happen at once to happen, on a paused clock.
const MOMENT: Duration = Duration::from_millis(1);

/// A run that is under way.
struct Run<'a> {
    chaos: &'a Chaos,
    dice: Jitter,
    root: Supervisor,
    events: Events,
    before: Survey,
    began: Instant,
    story: Story,
    seen: VecDeque<Event>,
    kills: Vec<Kill>,
}

/// What is wrong with the tree.
type Problems = Vec<String>;

impl<'a> Run<'a> {
    fn new(chaos: &'a Chaos, root: Supervisor, events: Events, before: Survey) -> Self {
        let mut story = Story::default();
        for child in &before.children {
            let is_up = matches!(child.state, ChildState::Running | ChildState::Stopping);
            story.begin_with(child.path.clone(), child.incarnation, is_up);
        }
        Self {
            chaos,
            dice: Jitter::new(chaos.seed),
            root,
            events,
            before,
            began: Instant::now(),
            story,
            seen: VecDeque::new(),
            kills: Vec::new(),
        }
    }

    async fn strikes(&mut self) -> Result<(), Problems> {
        // Restarts are to be had again when the longest window has passed.
        let patience = self.before.window.saturating_add(self.chaos.limit);
        while self.kills.len() < self.chaos.kills {
            let Range { start, end } = self.chaos.pauses;
            let pause = start + end.saturating_sub(start).mul_f64(self.dice.draw());
            self.watch_until(far(pause.max(MOMENT))).await?;
            let deadline = far(patience);
            while !self.strike().await? {
                if Instant::now() > deadline {
                    return Err(vec![format!("nobody could be killed for {patience:?}")]);
                }
                self.watch_until(far((patience / 50).max(MOMENT))).await?;
            }
        }
        Ok(())
    }

    /// Brings down a child, if there is one to be brought down.
    async fn strike(&mut self) -> Result<bool, Problems> {
        let survey = self.survey().await?;
        let candidates: Vec<&SurveyedChild> =
            survey.children.iter().filter(|child| self.may_be_hit(child)).collect();
        let Some(child) = pick(&mut self.dice, &candidates) else { return Ok(false) };
        let fault = pick(&mut self.dice, child.fault).unwrap_or(FaultKind::Kill);
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
            // It has ended in between, or its supervisor has.
            Ok(false) | Err(_) => return Ok(false),
        }
        self.catch_up();
        // It may have been another life by then.
        let ended = self.story.last_ended(&child.path).unwrap_or(0);
        let incarnation = ended.max(child.incarnation);
        let after = self.began.elapsed().saturating_sub(at);
        let recovery = self.story.last_begun(&child.path).filter(|begun| *begun > incarnation);
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
    async fn settles(&mut self) -> Result<(), Problems> {
        let deadline = far(self.chaos.limit);
        loop {
            self.watch_until(far(MOMENT)).await?;
            let survey = self.survey().await?;
            self.catch_up();
            if !self.story.doubled().is_empty() {
                return Err(self.story.doubled().to_vec());
            }
            let mut problems = self.missing(&survey);
            problems.extend(self.miscounted(&survey));
            if problems.is_empty() {
                return Ok(());
            }
            match timeout_at(deadline, self.events.next()).await {
                Ok(Some(event)) => self.see(event),
                Ok(None) => return Err(self.over()),
                Err(_) => {
                    problems.push(format!("{:?} after the last kill", self.chaos.limit));
                    return Err(problems);
                }
            }
        }
    }

    /// The children that are to run, and do not.
    fn missing(&self, now: &Survey) -> Problems {
        let is_expected =
            |child: &&SurveyedChild| child.is_lasting && child.state != ChildState::Stopped;
        let expected = self.before.children.iter().filter(is_expected);
        let mut problems = Problems::new();
        for path in expected.map(|child| &child.path) {
            // The lowest that is there, of the child and all above it.
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

    /// Where events and statistics tell different stories.
    fn miscounted(&self, now: &Survey) -> Problems {
        let mut problems = Problems::new();
        let mut compare = |path: &ChildPath, whose: &str, told: Option<u64>, counted: u64| {
            if let Some(told) = told.filter(|told| *told != counted) {
                problems.push(format!(
                    "{whose} `{path}`: events tell of {told} restarts, statistics of {counted}"
                ));
            }
        };
        for child in self.before.children.iter().filter(|child| child.is_lasting) {
            if let Some(later) = now.get(&child.path) {
                let counted = later.restarts - child.restarts;
                compare(&child.path, "child", self.story.restarts(&child.path), counted);
            }
        }
        for (path, before) in &self.before.restarts {
            if let Some((_, later)) = now.restarts.iter().find(|(supervisor, _)| supervisor == path)
            {
                let told = self.story.restarts_below(path);
                compare(path, "children of", told, later - before);
            }
        }
        problems
    }

    async fn survey(&mut self) -> Result<Survey, Problems> {
        if let Ok(survey) = Survey::of(&self.root).await {
            return Ok(survey);
        }
        self.catch_up();
        Err(self.over())
    }

    /// Listens until then.
    async fn watch_until(&mut self, deadline: Instant) -> Result<(), Problems> {
        loop {
            match timeout_at(deadline, self.events.next()).await {
                Ok(Some(event)) => self.see(event),
                Ok(None) => return Err(self.over()),
                Err(_) => return Ok(()),
            }
        }
    }

    /// Reads the events that are there.
    fn catch_up(&mut self) {
        while let Some(event) = self.events.try_next() {
            self.see(event);
        }
    }

    fn see(&mut self, event: Event) {
        self.story.tell(&event);
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

    /// The tree has ended.
    fn over(&self) -> Problems {
        vec![format!("the tree does not run any more: {}", self.root.node().unavailable())]
    }
}

/// A path, and those of all above it but the root, from the lowest up.
fn ancestors(path: &ChildPath) -> impl Iterator<Item = ChildPath> {
    std::iter::successors(Some(path.clone()), |path| {
        path.as_str().rsplit_once('/').map(|(above, _)| ChildPath::parse(above))
    })
}

fn pick<T: Copy>(dice: &mut Jitter, all: &[T]) -> Option<T> {
    // A draw is less than one, and a tree has fewer children than a float has integers.
    #[expect(clippy::cast_possible_truncation, reason = "smaller than the length")]
    #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "see above")]
    let index = (dice.draw() * all.len() as f64) as usize;
    all.get(index).copied()
}

/// As what a child's life ends.
fn reason(fault: FaultKind) -> ExitReason {
    let message = "as a chaos run wanted it".to_owned();
    match fault {
        FaultKind::Kill | FaultKind::Hang => ExitReason::Killed,
        FaultKind::Fail => ExitReason::Error(Failure::of_panic(message, None)),
        FaultKind::Panic => ExitReason::Panic(Failure::of_panic(message, None)),
    }
}
