//! One run of one case: a fresh tree, the fault, the recovery, the checks, the end.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::case::{Case, Fault, Moment};
use super::compare::Happened;
use super::expected::Expected;
use super::leaks::Holdings;
use super::plan::Plan;
use super::story::{Step, Story};
use super::survey::Survey;
use super::tree::TreeUnderTest;
use super::{ALLOWANCE, Options};
use crate::child::AnyChildRef;
use crate::slot::AnySlot;
use crate::spec::{Budget, ChildPath, ChildState, Escalate, ExitReason, Failure, RestartPolicy};
use crate::supervisor::Supervisor;
use crate::testing::{Error, LIMIT, crash, find};

/// A pause in which, on a paused clock, all ready tasks run until they wait.
const MOMENT: Duration = Duration::from_millis(1);

/// The findings of a run of a case.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) problems: Vec<String>,
    /// Findings that may come from other threads of the program, too.
    pub(super) suspicions: Vec<String>,
    pub(super) story: Option<Story>,
    pub(super) expected: Option<Expected>,
    /// The tree when the case failed.
    pub(super) picture: String,
    pub(super) plan: Option<Plan>,
    /// The reason for which no fault was provoked.
    pub(super) exemption: Option<String>,
    pub(super) recovery: Duration,
    pub(super) limit: Duration,
}

/// A tree under test that runs.
struct Subject<'r, H> {
    handle: H,
    root: Supervisor,
    story: &'r mut Story,
    problems: &'r mut Vec<String>,
    before: Survey,
}

/// Runs a case, or a tree without a fault.
pub(super) async fn attempt<T: TreeUnderTest>(
    options: &mut Options<'_, T>,
    case: Option<&Case>,
    step: Step,
    record: &mut Record,
) {
    let holdings = Holdings::now();
    let tree = (options.make)();
    let root = Supervisor::observing(Arc::clone(tree.supervisor().node()));
    // While a tree drains it is as before: the matrix begins with the stop.
    root.node().set_steps(crate::runtime::Steps::default());
    let story = record.story.insert(Story::new(root.events(), step));
    let problems = &mut record.problems;
    story.did("the tree is started");
    let handle = match story.during(timeout(LIMIT, tree.start_tree())).await {
        Ok(Ok(handle)) => handle,
        Ok(Err(error)) => return problems.push(format!("the tree did not start: {error}")),
        Err(_) => return problems.push(format!("the tree was not up within {LIMIT:?}")),
    };
    if let Some(prepare) = &options.prepare
        && let Err(error) = limited(story, prepare.call(&handle, case)).await
    {
        return problems.push(format!("the tree could not be prepared: {error}"));
    }
    let Some(before) = settle(&root, story, options.pause()).await else {
        record.picture = picture(&root).await;
        return problems.push(format!(
            "the tree was not at rest within {LIMIT:?} after its start, so that nothing can be \
             said about a fault"
        ));
    };
    let slots: Vec<(String, Weak<dyn AnySlot>)> =
        before.children.iter().map(|(path, seen)| (path.clone(), seen.slot.clone())).collect();
    record.plan = Some(before.plan.clone());
    let limit = options.within.unwrap_or_else(|| before.plan.recovery_limit(ALLOWANCE));
    record.limit = limit;
    let expected = case.map(|case| match case.moment {
        Moment::WhileTheTreeStops => Expected::of_a_stop(&before.plan, case),
        Moment::Calm | Moment::WhileASiblingRestarts => Expected::of(&before.plan, case),
    });
    record.exemption = case.and_then(|case| options.exemption(&before.plan, case));
    let may_be_killed = expected.as_ref().and_then(|expected| expected.may_be_killed.clone());
    let mut subject = Subject { handle, root, story, problems, before };
    if let (Some(case), Some(expected), None) = (case, &expected, &record.exemption) {
        match expected.endless() {
            // (Without a backoff, the clock would not go on either.)
            Some(endless) => subject.problems.push(endless.to_string()),
            None => record.recovery = subject.run(options, case, expected, limit).await,
        }
    }
    if !subject.problems.is_empty() {
        record.picture = picture(&subject.root).await;
    }
    subject.shut_down(options, may_be_killed.as_ref()).await;
    let Subject { handle, root, .. } = subject;
    drop((handle, root));
    record.expected = expected;
    if record.problems.is_empty() {
        record.problems.extend(left_behind(&holdings, &slots, options.keeps_addresses).await);
        let deadline = std::time::Instant::now() + Duration::from_millis(60);
        record.suspicions = holdings.others_left();
        while !record.suspicions.is_empty() && std::time::Instant::now() < deadline {
            tokio::task::yield_now().await;
            std::thread::sleep(MOMENT);
            record.suspicions = holdings.others_left();
        }
    }
}

/// Waits until nothing in the tree is under way, and returns what it is like then.
async fn settle(root: &Supervisor, story: &mut Story, pause: Duration) -> Option<Survey> {
    let deadline = Instant::now() + LIMIT;
    loop {
        story.until(Instant::now() + pause).await;
        let survey = story.during(Survey::of(root)).await;
        if survey.is_at_rest() {
            return Some(survey);
        }
        if !story.next_before(deadline).await && Instant::now() >= deadline {
            return None;
        }
    }
}

async fn picture(root: &Supervisor) -> String {
    match timeout(LIMIT, root.snapshot()).await {
        Ok(Ok(snapshot)) => snapshot.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the tree does not answer".to_owned(),
    }
}

impl<H> Subject<'_, H> {
    /// Provokes the fault, and waits for what is expected. Returns the time that it took.
    async fn run<T: TreeUnderTest<Handle = H>>(
        &mut self,
        options: &Options<'_, T>,
        case: &Case,
        expected: &Expected,
        limit: Duration,
    ) -> Duration {
        let from = self.story.mark_fault();
        let began = Instant::now();
        if let Err(error) = self.provoke(case, limit).await {
            self.problems.push(error);
            return began.elapsed();
        }
        if case.moment == Moment::WhileTheTreeStops {
            let stopped = self.story.during(timeout(LIMIT, self.root.wait())).await;
            if stopped.is_err() {
                self.problems.push(format!("the tree has not ended within {LIMIT:?}"));
            }
            self.in_budget(options, began.elapsed());
        }
        let deadline = began + limit;
        loop {
            let now = self.story.during(Survey::of(&self.root)).await;
            let mut differences = self.differences(&now, expected, from, &options.unsteady);
            if differences.is_empty() {
                differences.extend(self.unheard(&now, case));
            }
            if differences.is_empty() {
                break;
            }
            let over = now.end.is_some() && expected.any_of.iter().all(|one| one.end.is_none());
            let waited = !over && self.story.next_before(deadline).await;
            if !waited && (over || Instant::now() >= deadline) {
                if !over {
                    let limit = format!("this was so for {limit:?}, the limit of the recovery");
                    differences.push(limit);
                }
                self.problems.extend(differences);
                return began.elapsed();
            }
        }
        let took = began.elapsed();
        self.story.did(format!("the tree is as expected, {took:?} after the fault"));
        // Nothing else may follow.
        self.story.until(Instant::now() + options.quiet()).await;
        let now = self.story.during(Survey::of(&self.root)).await;
        let later = self.differences(&now, expected, from, &options.unsteady);
        self.problems.extend(later.into_iter().map(|what| format!("later, {what}")));
        // A child that hangs, and whose supervisor does not notice, answers no check.
        let lives =
            |survey: &Survey| survey.children.get(case.path.as_str()).map(|seen| seen.lives);
        let is_deaf = case.fault == Fault::Hang && lives(&now) == lives(&self.before);
        if now.end.is_none() && self.problems.is_empty() && !is_deaf {
            for check in &options.checks {
                self.story.did("the check of the test is called");
                if let Err(error) = limited(self.story, check.call(&self.handle, Some(case))).await
                {
                    self.problems.push(format!("the check of the test failed: {error}"));
                }
            }
        }
        took
    }

    fn differences(
        &self,
        now: &Survey,
        expected: &Expected,
        from: usize,
        unsteady: &BTreeSet<String>,
    ) -> Vec<String> {
        let (before, story) = (&self.before, &*self.story);
        Happened { before, now, story, from, unsteady }.differences(expected)
    }

    /// Returns a problem for each address that is not answered: the mailbox is closed, is another
    /// one, or its messages are not received.
    fn unheard(&self, now: &Survey, case: &Case) -> Vec<String> {
        let mut problems = Vec::new();
        for (path, seen) in &now.children {
            let Some(before) = self.before.children.get(path) else { continue };
            let is_up = seen.state == ChildState::Running;
            let (Some(slot), true) = (seen.slot.upgrade(), is_up) else { continue };
            let is_the_same = before.slot.upgrade().is_some_and(|old| Arc::ptr_eq(&old, &slot));
            if !is_the_same {
                problems.push(format!("an address of `{path}` from before leads nowhere"));
            } else if !slot.is_open() && !self.before.plan.is_supervisor(path) {
                problems.push(format!("`{path}` runs, and its mailbox is closed"));
            }
        }
        for (path, seen) in &now.children {
            let is_hung = case.fault.hangs() && case.path == path.as_str();
            let had = self.before.children.get(path).map_or(0, |before| before.queued);
            if seen.queued > had && !is_hung {
                problems.push(format!("{} messages wait in the mailbox of `{path}`", seen.queued));
            }
        }
        problems
    }

    async fn provoke(&mut self, case: &Case, limit: Duration) -> Result<(), String> {
        let path = case.path.as_str();
        let child = find(&self.root, path).await.map_err(|error| error.to_string())?.address;
        let is_temporary = self
            .before
            .plan
            .find(path)
            .is_some_and(|(child, _)| child.restart == RestartPolicy::Temporary);
        if case.fault.hangs() && !child.core().hang(child.core().generation()) {
            return Err(format!("`{path}` could not be made to hang"));
        }
        if case.fault == Fault::FailedStart {
            child.core().fail_next();
        }
        let fault = inflict(&child, case.fault, case.moment, is_temporary);
        let provoked = match case.moment {
            Moment::Calm => {
                self.story.did(format!("`{path}` {}", case.fault.deed()));
                self.story.during(timeout(limit, fault)).await
            }
            Moment::WhileTheTreeStops => {
                self.story.did("a shutdown is requested");
                self.root.request_shutdown();
                self.story.did(format!("`{path}` {}", case.fault.deed()));
                // The child may have ended already, or its supervisor takes no orders any more.
                let provoked = self.story.during(timeout(limit, fault)).await;
                provoked.map(|_| Ok(()))
            }
            Moment::WhileASiblingRestarts => {
                let sibling = self.before.plan.sibling_of(path).map(|child| child.path.clone());
                let sibling = sibling.unwrap_or_default();
                let other = find(&self.root, &sibling).await.map_err(|error| error.to_string())?;
                let kill = inflict(&other.address, Fault::Kill, Moment::Calm, false);
                self.story.did(format!("`{sibling}` is killed"));
                self.story.did(format!("`{path}` {}", case.fault.deed()));
                let both = async { both(kill, fault).await };
                // One of them may bring the other down first.
                let provoked = self.story.during(timeout(limit, both)).await;
                provoked.map(|()| Ok(()))
            }
        };
        match provoked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("the fault could not be provoked: {error}")),
            Err(_) => Err(format!("the fault of `{path}` had not taken effect after {limit:?}")),
        }
    }

    /// Shuts the tree down, and checks the time and the report.
    async fn shut_down<T: TreeUnderTest<Handle = H>>(
        &mut self,
        options: &Options<'_, T>,
        may_be_killed: Option<&ChildPath>,
    ) {
        let is_up = Survey::of(&self.root).await.end.is_none();
        if is_up {
            self.story.did("the tree is shut down");
            let began = Instant::now();
            match self
                .story
                .during(timeout(LIMIT + budget(&self.before.plan), self.root.shutdown()))
                .await
            {
                Ok(Ok(_)) => self.in_budget(options, began.elapsed()),
                Ok(Err(error)) => self.problems.push(format!("the shutdown failed: {error}")),
                Err(_) => self.problems.push("the shutdown did not come to an end".to_owned()),
            }
        }
        let report = self.root.report();
        for (path, took) in report.not_stopped() {
            self.problems.push(format!("`{path}` could not be stopped; it runs after {took:?}"));
        }
        for (path, took) in report.killed() {
            if !may_be_killed.is_some_and(|killed| path.is_at_or_below(killed)) {
                self.problems.push(format!(
                    "`{path}` did not stop within its time: it had to be killed after {took:?}"
                ));
            }
        }
        for (path, seen) in &self.before.children {
            let queued = seen.slot.upgrade().map_or(0, |slot| slot.queued());
            if queued > 0 {
                let problem = format!("{queued} messages are left in the mailbox of `{path}`");
                self.problems.push(problem);
            }
        }
    }

    fn in_budget<T: TreeUnderTest<Handle = H>>(
        &mut self,
        options: &Options<'_, T>,
        took: Duration,
    ) {
        if let Budget::Bounded(budget) = self.before.plan.stop_budget()
            && took > budget + options.slack()
        {
            self.problems.push(format!("the shutdown took {took:?}, and its budget is {budget:?}"));
        }
    }
}

/// Returns the time that a shutdown may take, if there is a limit.
fn budget(plan: &Plan) -> Duration {
    match plan.stop_budget() {
        Budget::Bounded(budget) => budget,
        Budget::Unbounded => Duration::ZERO,
    }
}

/// Provokes a fault of the child's present life, which hangs already if the fault is a hang.
async fn inflict(
    child: &AnyChildRef,
    fault: Fault,
    moment: Moment,
    is_temporary: bool,
) -> Result<(), Error> {
    let message = "a fault of the matrix";
    let reason = match fault {
        Fault::Hang => return Ok(()),
        Fault::HangAtStop if moment == Moment::WhileTheTreeStops => return Ok(()),
        Fault::HangAtStop if is_temporary => return Ok(child.terminate().await?),
        Fault::HangAtStop => return Ok(child.restart().await?),
        Fault::Error => crate::life::reason_of_error(message.into()),
        Fault::Escalate => crate::life::reason_of_error(Escalate::because(message).into()),
        Fault::Panic => ExitReason::Panic(Failure::of_panic(message.to_owned(), None)),
        Fault::Ok => ExitReason::Normal,
        Fault::Kill | Fault::FailedStart => ExitReason::Killed,
    };
    crash(child, reason).await
}

/// Runs two futures together. The first is polled first.
async fn both<A: Future, B: Future>(one: A, other: B) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut one_is_done, mut other_is_done) = (false, false);
    poll_fn(|cx| {
        one_is_done = one_is_done || one.as_mut().poll(cx).is_ready();
        other_is_done = other_is_done || other.as_mut().poll(cx).is_ready();
        if one_is_done && other_is_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Runs a closure of the user's, at most for a minute.
async fn limited(
    story: &mut Story,
    check: impl Future<Output = Result<(), String>>,
) -> Result<(), String> {
    match story.during(timeout(LIMIT, check)).await {
        Ok(result) => result,
        Err(_) => Err(format!("it has not returned within {LIMIT:?}")),
    }
}

/// Returns a problem for each task and each address that is left, after a while.
async fn left_behind(
    holdings: &Holdings,
    slots: &[(String, Weak<dyn AnySlot>)],
    keeps_addresses: bool,
) -> Vec<String> {
    let mut problems = Vec::new();
    // Threads and processes end in real time, and the clock may stand still.
    let deadline = std::time::Instant::now() + Duration::from_secs(1);
    loop {
        problems.clear();
        problems.extend(holdings.tasks_left());
        let kept = slots.iter().filter(|(_, slot)| !keeps_addresses && slot.strong_count() > 0);
        let kept: Vec<String> = kept.map(|(path, _)| format!("`{path}`")).collect();
        if !kept.is_empty() {
            problems.push(format!(
                "the memory of {} is still in use after the end of the tree: an address is kept \
                 somewhere",
                kept.join(", ")
            ));
        }
        if problems.is_empty() || std::time::Instant::now() >= deadline {
            return problems;
        }
        tokio::time::sleep(10 * MOMENT).await;
        std::thread::sleep(MOMENT);
    }
}
