//! The history of the lives of a tree's children, from its events: each life ends before the next
//! begins.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::observe::{Event, EventKind};
use crate::spec::ChildPath;

/// The lives and restarts of a tree's children, from the events.
#[derive(Debug, Default)]
pub(super) struct History {
    lives: HashMap<ChildPath, Life>,
    restarts: HashMap<ChildPath, u64>,
    /// A problem for each life that began before the child's previous life had ended.
    overlaps: Vec<String>,
    /// Set if events were missed, so that the history has a gap.
    missed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Life {
    number: u64,
    is_up: bool,
    /// The number of the last life that has ended.
    ended: u64,
}

impl History {
    /// Records the life of a child when the history begins.
    pub(super) fn begin_with(&mut self, path: ChildPath, number: u64, is_up: bool) {
        self.lives.insert(path, Life { number, is_up, ended: 0 });
    }

    pub(super) fn record(&mut self, event: &Event) {
        match *event.kind() {
            EventKind::ChildStarted { incarnation } => self.begins(event.path(), incarnation),
            EventKind::ChildRestarted { incarnation, .. } => {
                *self.restarts.entry(event.path().clone()).or_default() += 1;
                self.begins(event.path(), incarnation);
            }
            EventKind::ChildTerminated { incarnation, .. } => {
                self.ends(event.path(), incarnation);
            }
            EventKind::Missed { .. } => self.missed = true,
            _ => {}
        }
    }

    fn begins(&mut self, path: &ChildPath, number: u64) {
        let life = self.lives.entry(path.clone()).or_default();
        // An event of an earlier life was published before the history begins.
        if number < life.number {
            return;
        }
        if life.is_up && number > life.number && !self.missed {
            self.overlaps.push(format!(
                "life {number} of `{path}` began before life {} had ended",
                life.number
            ));
        }
        *life = Life { number, is_up: true, ..*life };
    }

    fn ends(&mut self, path: &ChildPath, number: u64) {
        let life = self.lives.entry(path.clone()).or_default();
        if number >= life.number {
            *life = Life { number, is_up: false, ended: number };
        }
    }

    /// Returns the number of this child's last life that has ended since the history begins.
    pub(super) fn last_ended(&self, path: &ChildPath) -> Option<u64> {
        Some(self.lives.get(path)?.ended)
    }

    /// Returns the number of this child's life that is up.
    pub(super) fn last_begun(&self, path: &ChildPath) -> Option<u64> {
        self.lives.get(path).filter(|life| life.is_up).map(|life| life.number)
    }

    /// Returns the number of restarts of this child; `None` if events were missed.
    pub(super) fn restarts(&self, path: &ChildPath) -> Option<u64> {
        (!self.missed).then(|| self.restarts.get(path).copied().unwrap_or(0))
    }

    /// Returns the number of restarts of this supervisor's children; `None` if events were missed.
    pub(super) fn restarts_below(&self, supervisor: &ChildPath) -> Option<u64> {
        let is_child = |path: &ChildPath| match path.as_str().rsplit_once('/') {
            Some((parent, _)) => *supervisor == parent,
            None => supervisor.is_root(),
        };
        let below = self.restarts.iter().filter(|(path, _)| is_child(path));
        (!self.missed).then(|| below.map(|(_, restarts)| restarts).sum())
    }

    pub(super) fn all_restarts(&self) -> u64 {
        self.restarts.values().sum()
    }

    pub(super) fn overlaps(&self) -> &[String] {
        &self.overlaps
    }
}
