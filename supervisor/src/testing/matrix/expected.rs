//! The expectation of a case: which cases apply, what may follow, and how that is put into words.

use std::fmt;

use super::case::{Case, Fault, Moment};
use super::model::{Consequence, End, Model, Rest};
use super::plan::Plan;
use crate::spec::{ChildPath, RestartPolicy, Shutdown};

/// The expectation of a case.
#[derive(Debug)]
pub(super) struct Expected {
    /// The outcomes that may follow; one of them has to.
    pub(super) any_of: Vec<Consequence>,
    pub(super) precision: Precision,
    /// The child at and below which a stop may find children that have to be killed.
    pub(super) may_be_killed: Option<ChildPath>,
}

/// The degree to which an expectation determines what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// The number of lives of each child, and the order of starts and stops.
    Exact,
    /// The children that are restarted.
    Scope,
    /// The children that may be restarted, and how often at most.
    AtMost,
}

/// Returns the reason why a case does not apply to a tree.
pub(super) fn does_not_apply(root: &Plan, case: &Case) -> Option<&'static str> {
    let Some((child, _)) = root.find(case.path.as_str()) else {
        return Some("there is no such child");
    };
    let (fault, moment) = (case.fault, case.moment);
    let notices = fault == Fault::Hang && child.heartbeat.is_some() && moment == Moment::Calm;
    if !child.is_up {
        return Some("the child does not run");
    }
    if child.inside.is_some() && fault != Fault::Kill {
        return Some("a supervisor fails by its children");
    }
    if fault.hangs() && !child.can_hang {
        return Some("a thread or a process cannot be made to hang");
    }
    if fault.hangs() && !notices && child.shutdown == Shutdown::Infinity {
        return Some("with `shutdown = infinity`, nothing ends a child that hangs");
    }
    if fault == Fault::FailedStart && child.restart == RestartPolicy::Temporary {
        return Some("a `Temporary` child is not started again");
    }
    if moment == Moment::WhileASiblingRestarts && root.sibling_of(case.path.as_str()).is_none() {
        return Some("no sibling is restarted");
    }
    None
}

impl Expected {
    /// Works out what may follow from a fault while the tree is up.
    pub(super) fn of(root: &Plan, case: &Case) -> Self {
        let (path, fault) = (case.path.as_str(), case.fault);
        let follows = |steps: &[(&str, Fault)], forgets| {
            let mut model = Model::new(root, forgets);
            for (path, fault) in steps {
                model.provoke(path, *fault);
            }
            model.consequence()
        };
        let sibling = match case.moment {
            Moment::WhileASiblingRestarts => root.sibling_of(path),
            Moment::Calm | Moment::WhileTheTreeStops => None,
        };
        let mut any_of = Vec::new();
        let windows = if root.may_outlast_a_window() { &[false, true][..] } else { &[false] };
        for forgets in windows {
            let Some(sibling) = sibling else {
                any_of.push(follows(&[(path, fault)], *forgets));
                continue;
            };
            // Both happen at the same moment, and either may be handled first.
            let other = (sibling.path.as_str(), Fault::Kill);
            any_of.push(follows(&[other, (path, fault)], *forgets));
            any_of.push(follows(&[(path, fault), other], *forgets));
            if fault == Fault::FailedStart {
                let mut model = Model::new(root, *forgets);
                model.fail_next(path);
                model.provoke(other.0, other.1);
                any_of.push(model.consequence());
            }
            // A child that is stopped with the other's group does not fail any more.
            for alone in [other, (path, fault)] {
                let stopped = if alone == other { path } else { other.0 };
                let alone = follows(&[alone], *forgets);
                if alone.stops.iter().flatten().any(|child| child == stopped) {
                    any_of.push(alone);
                }
            }
        }
        let may_be_killed = match sibling {
            // Whoever waits for a child that hangs may be cut off with it.
            _ if fault.hangs() => Some(ChildPath::root()),
            // All below the sibling are killed with it, also if the tree gives up meanwhile.
            Some(_) if fault == Fault::Kill => Some(ChildPath::root()),
            Some(sibling) => Some(ChildPath::parse(&sibling.path)),
            None => None,
        };
        let precision = if sibling.is_none() { Precision::Exact } else { Precision::Scope };
        Self { any_of, precision, may_be_killed }
    }

    /// Returns the expectation for a tree that is told to stop: the root restarts nobody. A
    /// supervisor below does, until its turn to stop has come.
    pub(super) fn of_a_stop(root: &Plan, case: &Case) -> Self {
        let mut model = Model::stopping(root);
        model.provoke(case.path.as_str(), case.fault);
        let mut stopped = Consequence { end: Some(End::InOrder), ..model.consequence() };
        if let Some((supervisor, _)) = stopped.endless.take() {
            // The stop ends what would be started again for ever.
            let supervisor = ChildPath::parse(&supervisor);
            let below = |path: &str| ChildPath::parse(path).is_at_or_below(&supervisor);
            for (_, lives) in stopped.lives.iter_mut().filter(|(path, _)| below(path.as_str())) {
                *lives = u64::MAX;
            }
        }
        let may_be_killed = match case.fault {
            Fault::Kill => Some(case.path.clone()),
            fault => fault.hangs().then(ChildPath::root),
        };
        Self { any_of: vec![stopped], precision: Precision::AtMost, may_be_killed }
    }
}

impl Expected {
    /// Returns what the tree would do for ever, if it cannot come to rest after the fault.
    pub(super) fn endless(&self) -> Option<&Consequence> {
        let all = self.any_of.iter().all(|one| one.endless.is_some());
        self.any_of.first().filter(|_| all)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts: Vec<String> = self.any_of.iter().map(Consequence::to_string).collect();
        texts.sort();
        texts.dedup();
        f.write_str(&texts.join("; or "))
    }
}

impl fmt::Display for Consequence {
    /// Prints the consequence as the table has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((supervisor, child)) = &self.endless {
            return write!(
                f,
                "`{supervisor}` is started again for ever: `{child}` runs once, and its value is \
                 used up"
            );
        }
        let mut parts = Vec::new();
        match self.end {
            Some(End::GaveUp) => parts.push("the tree gives up".to_owned()),
            Some(End::InOrder) => parts.push("the tree ends in order".to_owned()),
            None => {}
        }
        let nested = self.gave_up.iter().filter(|path| !path.is_empty());
        parts.extend(nested.map(|path| format!("{path} gives up")));
        if self.end.is_none() {
            let restarts = self.restarts();
            if !restarts.is_empty() {
                parts.push(format!("restarts {restarts}"));
            }
            let ended = self.rest.iter().filter_map(|(path, rest)| match rest {
                Some(Rest::Gone) => Some(format!("{path} is gone")),
                Some(Rest::Down) if !self.was_down.contains(path) => {
                    Some(format!("{path} stays down"))
                }
                _ => None,
            });
            parts.extend(ended);
        }
        if parts.is_empty() {
            return f.write_str("nothing happens");
        }
        f.write_str(&parts.join("; "))
    }
}

impl Consequence {
    /// Lists the children that are restarted, in start order.
    fn restarts(&self) -> String {
        let mut seen: Vec<&String> = Vec::new();
        for path in self.starts.iter().chain(self.lives.keys()) {
            if self.lives.get(path).is_some_and(|lives| *lives > 0) && !seen.contains(&path) {
                seen.push(path);
            }
        }
        let names = seen.into_iter().map(|path| match self.lives.get(path) {
            Some(2) => format!("{path} twice"),
            Some(lives) if *lives > 2 => format!("{path} {lives} times"),
            _ => path.clone(),
        });
        names.collect::<Vec<_>>().join(", ")
    }
}
