//! The expectations of a case: what follows from a fault, by the tables of OTP, from the plain data
//! of the tree. Nothing here asks the engine.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::case::Fault;
use super::plan::Plan;
use crate::spec::{AutoShutdown, MaxRestarts, RestartPolicy, StartMode, SupervisionStrategy};

/// The state of a child when all has come to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Up,
    Down,
    /// Its supervisor knows it no more.
    Gone,
}

/// The consequences of a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Consequence {
    /// The number of lives that each child has begun.
    pub(super) lives: BTreeMap<String, u64>,
    pub(super) rest: BTreeMap<String, Option<Rest>>,
    /// The children that came up, in order.
    pub(super) starts: Vec<String>,
    /// The children that were stopped one after the other: a list for each stop.
    pub(super) stops: Vec<Vec<String>>,
    /// The supervisors that gave up, the lowest first.
    pub(super) gave_up: Vec<String>,
    pub(super) end: Option<End>,
    /// The children that were down before.
    pub(super) was_down: BTreeSet<String>,
    /// `true` if the number of a child's starts depends on the time that others take to start.
    pub(super) is_loose: bool,
    /// The supervisor that is started again without end, and the child that cannot be.
    pub(super) endless: Option<(String, String)>,
}

/// The end of the whole tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A significant child has ended.
    InOrder,
    /// The root gave up.
    GaveUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Normal,
    Abnormal,
    /// No restart can help.
    Hopeless,
}

/// The children of a tree, and what has become of them.
#[derive(Debug)]
pub(super) struct Model<'a> {
    children: Vec<Child<'a>>,
    /// The child whose next life fails.
    fails_next: Option<usize>,
    /// The work that is handled when all that is going on has been done.
    pending: VecDeque<Pending>,
    /// Restarts do not count together: each is alone in its window.
    forgets: bool,
    /// The root stops, and restarts nobody.
    root_stops: bool,
    done: Consequence,
}

#[derive(Clone, Copy, Debug)]
enum Pending {
    /// A life that was up ends.
    Exit(usize, Exit),
    /// A start that has failed is tried again.
    Attempt(usize),
    /// The lease of a child is acquired.
    Acquired(usize),
}

/// A start that has failed.
#[derive(Clone, Copy, Debug)]
enum Failed {
    /// The next one may succeed.
    Once,
    /// Each one fails, since the value of this child is used up.
    ForEver(usize),
}

#[derive(Debug)]
struct Child<'a> {
    plan: &'a Plan,
    parent: Option<usize>,
    children: Vec<usize>,
    rest: Rest,
    /// The child has `start = retry`, and its last start has failed.
    tries: bool,
    used: u32,
    /// The restarts that count for its own limit, if it has one.
    own_used: u32,
}

const ROOT: usize = 0;

impl<'a> Model<'a> {
    /// Makes the model of a tree; `forgets` if its delays are longer than its restart windows.
    pub(super) fn new(root: &'a Plan, forgets: bool) -> Self {
        let mut model = Self {
            children: Vec::new(),
            fails_next: None,
            pending: VecDeque::new(),
            forgets,
            root_stops: false,
            done: Consequence::default(),
        };
        model.add(root, None);
        model
    }

    /// Makes the model of a tree whose root has been told to stop.
    pub(super) fn stopping(root: &'a Plan) -> Self {
        Self { root_stops: true, ..Self::new(root, false) }
    }

    fn add(&mut self, plan: &'a Plan, parent: Option<usize>) -> usize {
        let at = self.children.len();
        let rest = if plan.is_up { Rest::Up } else { Rest::Down };
        let used = plan.inside.as_ref().map_or(0, |inside| inside.used);
        let own_used = plan.own_limit.map_or(0, |(_, used)| used);
        let (children, tries) = (Vec::new(), false);
        self.children.push(Child { plan, parent, children, rest, tries, used, own_used });
        for child in plan.children() {
            let child = self.add(child, Some(at));
            self.children[at].children.push(child);
        }
        at
    }

    /// Provokes a fault of the child at this path, and works out all that follows.
    pub(super) fn provoke(&mut self, path: &str, fault: Fault) {
        if self.done.end.is_some() {
            return;
        }
        let Some(at) = self.children.iter().position(|child| child.plan.path == path) else {
            return;
        };
        if self.children[at].rest != Rest::Up {
            return;
        }
        match fault {
            Fault::Error | Fault::Panic | Fault::Kill => self.end_life(at, Exit::Abnormal),
            Fault::Ok => self.end_life(at, Exit::Normal),
            Fault::Escalate => self.end_life(at, Exit::Hopeless),
            Fault::Hang if self.children[at].plan.heartbeat.is_some() => {
                self.end_life(at, Exit::Abnormal);
            }
            // Nobody notices.
            Fault::Hang => {}
            // A temporary child is terminated, any other is stopped and started again.
            Fault::HangAtStop if self.children[at].plan.restart == RestartPolicy::Temporary => {
                self.children[at].rest = Rest::Gone;
            }
            Fault::HangAtStop => {
                self.children[at].rest = Rest::Down;
                // (No start fails here: only a fault of its own makes one fail.)
                let _ = self.start(at);
            }
            Fault::FailedStart => {
                self.fails_next = Some(at);
                self.end_life(at, Exit::Abnormal);
            }
        }
        while self.done.endless.is_none()
            && let Some(pending) = self.pending.pop_front()
        {
            match pending {
                Pending::Exit(at, exit) if self.children[at].rest == Rest::Up => {
                    self.end_life(at, exit);
                }
                Pending::Attempt(at) if self.children[at].tries => {
                    let _ = self.start(at);
                }
                Pending::Acquired(at) => self.acquired(at),
                Pending::Exit(..) | Pending::Attempt(_) => {}
            }
        }
    }

    /// Makes the next life of the child at this path fail.
    pub(super) fn fail_next(&mut self, path: &str) {
        self.fails_next = self.children.iter().position(|child| child.plan.path == path);
    }

    /// Returns all that has followed.
    pub(super) fn consequence(mut self) -> Consequence {
        for at in 1..self.children.len() {
            // Below a supervisor that is down, nothing has a state of its own.
            let mut above = self.children[at].parent;
            let mut is_shown = true;
            while let Some(supervisor) = above {
                is_shown &= self.children[supervisor].rest == Rest::Up;
                above = self.children[supervisor].parent;
            }
            let rest = is_shown.then_some(self.children[at].rest);
            self.done.rest.insert(self.path(at), rest);
            self.done.lives.entry(self.path(at)).or_default();
            if !self.children[at].plan.is_up {
                self.done.was_down.insert(self.path(at));
            }
        }
        self.done
    }

    fn path(&self, at: usize) -> String {
        self.children[at].plan.path.clone()
    }

    /// Ends a life from outside, or by itself; a supervisor's with all below it.
    fn end_life(&mut self, at: usize, exit: Exit) {
        self.bring_down(at);
        self.children[at].rest = Rest::Down;
        self.done.stops.push(vec![self.path(at)]);
        self.exited(at, exit);
    }

    /// Marks all below a child as down.
    fn bring_down(&mut self, at: usize) {
        for child in self.children[at].children.clone() {
            self.bring_down(child);
            if self.children[child].rest == Rest::Up {
                self.children[child].rest = Rest::Down;
            }
        }
    }

    /// OTP's table of exit reason and restart policy.
    fn exited(&mut self, at: usize, exit: Exit) {
        let Some(above) = self.children[at].parent else { return };
        if above == ROOT && self.root_stops {
            return;
        }
        let plan = self.children[at].plan;
        if exit == Exit::Hopeless {
            return self.give_up(above);
        }
        let restarts = match plan.restart {
            RestartPolicy::Always => true,
            RestartPolicy::Transient => exit == Exit::Abnormal,
            RestartPolicy::Temporary => false,
        };
        if restarts {
            return self.restart(at);
        }
        let is_forgotten = plan.restart == RestartPolicy::Temporary
            || self.strategy(above) == SupervisionStrategy::SimpleOneForOne;
        self.children[at].rest = if is_forgotten { Rest::Gone } else { Rest::Down };
        if plan.significant && self.is_over(above) {
            self.end_supervisor(above, Exit::Normal);
        }
    }

    /// Returns `true` if the end of a significant child ends this supervisor.
    fn is_over(&self, supervisor: usize) -> bool {
        let Some(inside) = &self.children[supervisor].plan.inside else { return false };
        let goes_on = |child: &&usize| {
            self.children[**child].plan.significant && self.children[**child].rest == Rest::Up
        };
        match inside.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => {
                !self.children[supervisor].children.iter().any(|child| goes_on(&child))
            }
        }
    }

    /// Restarts a child, with its scope: again and again until all have started, or no restart is
    /// left.
    fn restart(&mut self, mut at: usize) {
        let Some(above) = self.children[at].parent else { return };
        let mut failed_to_start = false;
        // The attempts of this child that have failed one after the other.
        let mut row = 0;
        loop {
            let plan = self.children[at].plan;
            let restarted = match plan.own_limit {
                None if !self.take_credit(above, row) => return self.give_up(above),
                Some((limit, _)) if !self.take_own_credit(at, limit, row) => {
                    self.give_up_alone(at);
                    if !failed_to_start {
                        return;
                    }
                    // Those of its group that were to start after it start without it.
                    let scope = self.scope_of(at, above);
                    let others: Vec<usize> =
                        scope.into_iter().filter(|other| *other != at).collect();
                    self.start_all(&others, above)
                }
                _ => self.restart_once(at, above),
            };
            let Err((sibling, failed)) = restarted else { return };
            row = if failed_to_start && sibling == at { row + 1 } else { 1 };
            failed_to_start = true;
            if let Failed::ForEver(child) = failed
                && self.has_no_end_of_restarts(above)
            {
                return self.never_ends(sibling, child);
            }
            at = sibling;
        }
    }

    /// Returns the children that are restarted with a child, in start order.
    fn scope_of(&self, at: usize, above: usize) -> Vec<usize> {
        let siblings = self.children[above].children.clone();
        let place = siblings.iter().position(|sibling| *sibling == at).unwrap_or(0);
        match self.strategy(above) {
            SupervisionStrategy::OneForAll => siblings,
            SupervisionStrategy::RestForOne => match self.uses(above) {
                None => siblings[place..].to_vec(),
                Some(uses) => {
                    users_of(place, uses).into_iter().map(|user| siblings[user]).collect()
                }
            },
            SupervisionStrategy::OneForOne | SupervisionStrategy::SimpleOneForOne => vec![at],
        }
    }

    /// Restarts a child, with its scope; or returns the one whose start has failed.
    fn restart_once(&mut self, at: usize, above: usize) -> Result<(), (usize, Failed)> {
        let scope = self.scope_of(at, above);
        if !self.strategy(above).is_group() {
            return self.start(at).map_err(|failed| (at, failed));
        }
        self.stop(&scope);
        for &sibling in &scope {
            if sibling != at && self.children[sibling].plan.restart == RestartPolicy::Temporary {
                self.children[sibling].rest = Rest::Gone;
            }
        }
        self.start_all(&scope, above)
    }

    /// Starts those of these siblings that are down; or returns the one whose start has failed.
    fn start_all(&mut self, siblings: &[usize], above: usize) -> Result<(), (usize, Failed)> {
        let mut failure = None;
        let mut held_back = Vec::new();
        for &sibling in siblings {
            if self.children[sibling].rest != Rest::Down {
                continue;
            }
            let waits = failure.is_some()
                && (self.uses(above).is_none() || self.uses_any(above, sibling, &held_back));
            if waits {
                held_back.push(sibling);
            } else if let Err(failed) = self.start(sibling) {
                failure = failure.or(Some((sibling, failed)));
                held_back.push(sibling);
                // By use, others may have started or not when this one fails.
                self.done.is_loose |= self.uses(above).is_some();
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Returns `true` if a child uses one of these siblings.
    fn uses_any(&self, above: usize, child: usize, siblings: &[usize]) -> bool {
        let all = &self.children[above].children;
        let place = all.iter().position(|sibling| *sibling == child).unwrap_or(0);
        let uses = self.uses(above).and_then(|uses| uses.get(place));
        uses.into_iter().flatten().any(|used| siblings.contains(&all[*used]))
    }

    /// Stops these children, from the last to the first.
    fn stop(&mut self, children: &[usize]) {
        let mut stopped = Vec::new();
        for child in children.iter().rev() {
            if self.children[*child].rest == Rest::Up {
                let below = self.children[*child].children.clone();
                self.stop(&below);
                self.children[*child].rest = Rest::Down;
                stopped.push(self.path(*child));
            }
            self.children[*child].tries = false;
        }
        if !stopped.is_empty() {
            self.done.stops.push(stopped);
        }
    }

    /// Starts a child whose lease is acquired, if its supervisor still runs. If that fails, so does the
    /// supervisor, whose restart gives others the lease.
    fn acquired(&mut self, at: usize) {
        let Some(above) = self.children[at].parent else { return };
        if self.children[above].rest == Rest::Up
            && self.children[at].rest == Rest::Down
            && self.start_once(at).is_err()
        {
            self.give_up(above);
        }
    }

    /// Starts a child. One with `start = retry` counts as started whatever becomes of it, and one that
    /// needs a lease is started when all others are up.
    fn start(&mut self, at: usize) -> Result<(), Failed> {
        if self.children[at].plan.lease.is_some() {
            self.pending.push_back(Pending::Acquired(at));
            return Ok(());
        }
        let is_retried = self.children[at].plan.start == StartMode::Retry;
        let started = self.start_once(at);
        self.children[at].tries = is_retried && started.is_err();
        match started {
            Err(Failed::ForEver(child)) if is_retried => self.never_ends(at, child),
            Err(Failed::Once) if is_retried => self.pending.push_back(Pending::Attempt(at)),
            result => return result,
        }
        Ok(())
    }

    fn start_once(&mut self, at: usize) -> Result<(), Failed> {
        let path = self.path(at);
        *self.done.lives.entry(path.clone()).or_default() += 1;
        let plan = self.children[at].plan;
        let fails = self.fails_next == Some(at);
        if fails || plan.is_once {
            self.fails_next = self.fails_next.filter(|_| !fails);
            if plan.start != StartMode::Spawned {
                return Err(if plan.is_once { Failed::ForEver(at) } else { Failed::Once });
            }
            self.pending.push_back(Pending::Exit(at, Exit::Abnormal));
        }
        self.children[at].used = 0;
        let below = self.children[at].children.clone();
        for child in &below {
            let declared = self.children[*child].plan.declared;
            self.children[*child].rest = if declared { Rest::Down } else { Rest::Gone };
        }
        if let Err((_, failed)) = self.start_all(&below, at) {
            self.stop(&below);
            return Err(failed);
        }
        self.children[at].rest = Rest::Up;
        self.done.starts.push(path);
        Ok(())
    }

    /// Notes that a supervisor is started again without end, because a child below it cannot be.
    fn never_ends(&mut self, supervisor: usize, child: usize) {
        let endless = (self.path(supervisor), self.path(child));
        self.done.endless.get_or_insert(endless);
    }

    /// Returns `true` if any number of restarts of this supervisor's children is within its limit.
    fn has_no_end_of_restarts(&self, supervisor: usize) -> bool {
        let Some(inside) = &self.children[supervisor].plan.inside else { return true };
        match inside.max_restarts {
            MaxRestarts::Unlimited => true,
            MaxRestarts::AtMost(_) => false,
        }
    }

    /// Takes the credit for a restart after a row of failed attempts, which count without the window.
    fn take_credit(&mut self, supervisor: usize, row: u32) -> bool {
        let Some(inside) = &self.children[supervisor].plan.inside else { return true };
        let MaxRestarts::AtMost(limit) = inside.max_restarts else { return true };
        let used = if self.forgets { 0 } else { self.children[supervisor].used };
        self.children[supervisor].used = used.saturating_add(1);
        used < limit && row < limit
    }

    fn take_own_credit(&mut self, at: usize, limit: MaxRestarts, row: u32) -> bool {
        let used = if self.forgets { 0 } else { self.children[at].own_used };
        self.children[at].own_used = used.saturating_add(1);
        match limit {
            MaxRestarts::AtMost(limit) => used < limit && row < limit,
            MaxRestarts::Unlimited => true,
        }
    }

    /// Leaves a child down that has used up its own limit.
    fn give_up_alone(&mut self, at: usize) {
        let Some(above) = self.children[at].parent else { return };
        let is_worker = self.strategy(above) == SupervisionStrategy::SimpleOneForOne;
        self.children[at].rest = if is_worker { Rest::Gone } else { Rest::Down };
        if self.children[at].plan.significant && self.is_over(above) {
            self.end_supervisor(above, Exit::Normal);
        }
    }

    fn give_up(&mut self, supervisor: usize) {
        self.done.gave_up.push(self.path(supervisor));
        self.end_supervisor(supervisor, Exit::Abnormal);
    }

    fn end_supervisor(&mut self, supervisor: usize, exit: Exit) {
        let below = self.children[supervisor].children.clone();
        self.stop(&below);
        self.children[supervisor].rest = Rest::Down;
        if supervisor == ROOT {
            self.done.end = Some(if exit == Exit::Normal { End::InOrder } else { End::GaveUp });
        } else {
            self.done.stops.push(vec![self.path(supervisor)]);
            self.exited(supervisor, exit);
        }
    }

    fn uses(&self, supervisor: usize) -> Option<&'a [Vec<usize>]> {
        self.children[supervisor].plan.inside.as_ref()?.uses.as_deref()
    }

    fn strategy(&self, supervisor: usize) -> SupervisionStrategy {
        let inside = self.children[supervisor].plan.inside.as_ref();
        inside.map_or(SupervisionStrategy::OneForOne, |inside| inside.strategy)
    }
}

/// Returns the place of a child and those of the siblings that use it, directly or not; `uses` has
/// the places of the siblings that each child uses, which are before its own.
fn users_of(child: usize, uses: &[Vec<usize>]) -> Vec<usize> {
    let mut scope = vec![child];
    for (place, before) in uses.iter().enumerate().skip(child + 1) {
        if before.iter().any(|place| scope.contains(place)) {
            scope.push(place);
        }
    }
    scope
}
