//! What the events of a tree say about the lives of its children: each ends before the next
//! begins.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::observe::{Event, EventKind};
use crate::spec::ChildPath;

/// The lives of a tree's children, as they are told.
#[derive(Debug, Default)]
pub(super) struct Story {
    lives: HashMap<ChildPath, Life>,
    restarts: HashMap<ChildPath, u64>,
    /// Lives that began before the one before them had ended.
    doubled: Vec<String>,
    missed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Life {
    number: u64,
    is_up: bool,
    /// The last one that ended.
    ended: u64,
}

impl Story {
    /// How a child stands when the story begins.
    pub(super) fn begin_with(&mut self, path: ChildPath, number: u64, is_up: bool) {
        self.lives.insert(path, Life { number, is_up, ended: 0 });
    }

    pub(super) fn tell(&mut self, event: &Event) {
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
        // What was told before the beginning of the story is over.
        if number < life.number {
            return;
        }
        if life.is_up && number > life.number && !self.missed {
            self.doubled.push(format!(
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

    /// The last life of this child that has ended, as far as the story goes back.
    pub(super) fn last_ended(&self, path: &ChildPath) -> Option<u64> {
        Some(self.lives.get(path)?.ended)
    }

    /// The life of this child that is up.
    pub(super) fn last_begun(&self, path: &ChildPath) -> Option<u64> {
        self.lives.get(path).filter(|life| life.is_up).map(|life| life.number)
    }

    /// How often this child was restarted; nothing if that is not known, since events were missed.
    pub(super) fn restarts(&self, path: &ChildPath) -> Option<u64> {
        (!self.missed).then(|| self.restarts.get(path).copied().unwrap_or(0))
    }

    /// How often the children of this supervisor were restarted, if that is known.
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

    pub(super) fn doubled(&self) -> &[String] {
        &self.doubled
    }
}
