//! The comparison of what has happened with what was expected.

use std::collections::BTreeSet;

use super::expected::{Expected, Precision};
use super::model::{Consequence, End, Rest};
use super::story::Story;
use super::survey::{Seen, Survey};
use crate::spec::ChildState;

/// The observations by which a case sees if an expectation is met.
pub(super) struct Happened<'a> {
    pub(super) before: &'a Survey,
    pub(super) now: &'a Survey,
    pub(super) story: &'a Story,
    /// The place in the story where the fault is.
    pub(super) from: usize,
    /// The children that may restart for reasons of their own.
    pub(super) unsteady: &'a BTreeSet<String>,
}

impl Happened<'_> {
    /// Returns what differs from the expectation: nothing if one of the alternatives has come about,
    /// otherwise the differences from the nearest.
    pub(super) fn differences(&self, expected: &Expected) -> Vec<String> {
        let all = expected.any_of.iter().map(|one| self.differences_from(one, expected.precision));
        all.min_by_key(Vec::len).unwrap_or_default()
    }

    fn differences_from(&self, expected: &Consequence, precision: Precision) -> Vec<String> {
        if expected.endless.is_some() {
            return vec![expected.to_string()];
        }
        let precision = match precision {
            Precision::Exact if expected.is_loose => Precision::Scope,
            precision => precision,
        };
        let mut differences = Vec::new();
        match (&self.now.end, expected.end) {
            (None, None) => {}
            (Some(reason), None) => differences.push(format!("the tree ended: {reason}")),
            (None, Some(_)) => differences.push("the tree has not ended".to_owned()),
            (Some(reason), Some(end)) => {
                if reason.is_abnormal() != (end == End::GaveUp) {
                    differences.push(format!("the tree ended, but so: {reason}"));
                }
            }
        }
        for (path, before) in &self.before.children {
            if self.unsteady.contains(path) {
                continue;
            }
            let now = self.now.children.get(path);
            let lives = expected.lives.get(path).copied().unwrap_or(0);
            differences.extend(self.lives(path, before, lives, precision));
            let rest = expected.rest.get(path).copied().flatten();
            if expected.end.is_none() && self.now.end.is_none() {
                differences.extend(rest_of(path, rest, now));
            }
        }
        let is_exact = precision == Precision::Exact;
        if is_exact && differences.is_empty() && expected.end.is_none() && !self.story.missed() {
            differences.extend(self.order_of_starts(expected));
            differences.extend(self.order_of_stops(expected));
        }
        differences
    }

    /// Compares the number of lives that a child has begun.
    fn lives(
        &self,
        path: &str,
        before: &Seen,
        expected: u64,
        precision: Precision,
    ) -> Option<String> {
        let now = match self.now.children.get(path) {
            Some(now) => now.lives,
            None => before.slot.upgrade()?.core().generation(),
        };
        let begun = now.saturating_sub(before.lives);
        let is_met = match precision {
            Precision::Exact => begun == expected,
            Precision::Scope => (begun > 0) == (expected > 0),
            Precision::AtMost => begun <= expected,
        };
        if is_met {
            return None;
        }
        let times = |count| match count {
            0 => "not restarted".to_owned(),
            1 => "restarted once".to_owned(),
            count => format!("restarted {count} times"),
        };
        Some(format!("`{path}`: {}; expected: {}", times(begun), times(expected)))
    }

    fn order_of_starts(&self, expected: &Consequence) -> Option<String> {
        // (Nothing waits until a child with `start = retry` is up.)
        let is_known = |path: &&str| {
            self.before.children.contains_key(*path)
                && !self.unsteady.contains(*path)
                && !self.before.plan.comes_up_alone(path)
        };
        let starts: Vec<&str> = self.story.starts(self.from).into_iter().filter(is_known).collect();
        let mut wanted: Vec<&str> =
            expected.starts.iter().map(String::as_str).filter(is_known).collect();
        let plan = &self.before.plan;
        if let Some((user, before)) = plan.misplaced(&starts) {
            return Some(format!("`{user}` started before `{before}`, which it uses"));
        }
        let mut starts = starts;
        if plan.has_uses() {
            // Children that do not use each other start in any order.
            starts.sort_unstable();
            wanted.sort_unstable();
        }
        (starts != wanted).then(|| {
            format!("order of starts: {}; expected: {}", starts.join(", "), wanted.join(", "))
        })
    }

    fn order_of_stops(&self, expected: &Consequence) -> Vec<String> {
        let ends = self.story.ends(self.from);
        let is_once = |path: &str| ends.iter().filter(|end| **end == path).count() == 1;
        let mut differences = Vec::new();
        for stop in &expected.stops {
            let is_together = self.before.plan.stops_together(stop);
            if stop.len() < 2 || is_together || !stop.iter().all(|path| is_once(path)) {
                continue;
            }
            let stopped: Vec<&str> =
                ends.iter().copied().filter(|end| stop.iter().any(|path| path == end)).collect();
            let is_by_use = self.before.plan.has_uses();
            if is_by_use {
                let started: Vec<&str> = stopped.iter().rev().copied().collect();
                if let Some((user, before)) = self.before.plan.misplaced(&started) {
                    differences.push(format!("`{before}` ended before `{user}`, which uses it"));
                }
            } else if stopped != *stop {
                differences.push(format!(
                    "order of stops: {}; expected: {}",
                    stopped.join(", "),
                    stop.join(", ")
                ));
            }
        }
        differences
    }
}

/// Compares the state of a child with the one in which it is to be when all rests.
fn rest_of(path: &str, expected: Option<Rest>, now: Option<&Seen>) -> Option<String> {
    let state = now.map(|now| now.state);
    let wanted = match (expected, state) {
        (Some(Rest::Up), Some(ChildState::Running))
        | (
            Some(Rest::Down),
            Some(ChildState::Stopped | ChildState::Finished | ChildState::Failed),
        )
        | (Some(Rest::Gone) | None, None) => return None,
        (None, Some(state)) if state != ChildState::Running => return None,
        (Some(Rest::Up), _) => "run",
        (Some(Rest::Down) | None, _) => "be stopped",
        (Some(Rest::Gone), _) => "be forgotten",
    };
    let state = state.map_or("not there".to_owned(), |state| state.to_string());
    Some(format!("`{path}` is {state}; expected to {wanted}"))
}
