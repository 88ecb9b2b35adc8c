//! What the events of a tree say about the lives of its children: each ends before the next
//! begins.

use std::collections::HashMap;

use crate::event::{Event, EventKind};
use crate::path::ChildPath;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitReason;

    fn event(path: &str, kind: EventKind) -> Event {
        Event { number: 0, path: ChildPath::parse(path), kind }
    }

    fn started(path: &str, incarnation: u64) -> Event {
        event(path, EventKind::ChildStarted { incarnation })
    }

    fn restarted(path: &str, incarnation: u64) -> Event {
        event(path, EventKind::ChildRestarted { incarnation, restarts: 1, restarts_left: None })
    }

    fn ended(path: &str, incarnation: u64) -> Event {
        event(path, EventKind::ChildTerminated { incarnation, reason: ExitReason::Killed })
    }

    fn story(of: &[Event]) -> Story {
        let mut story = Story::default();
        story.begin_with(ChildPath::parse("a"), 3, true);
        of.iter().for_each(|event| story.tell(event));
        story
    }

    #[test]
    fn one_life_after_the_other_is_a_good_story() {
        let good = story(&[
            ended("a", 3),
            restarted("a", 4),
            started("b", 1),
            ended("a", 4),
            ended("b", 1),
            // Its life 5 was not up when it ended.
            ended("a", 5),
            restarted("a", 6),
        ]);
        assert_eq!(good.doubled(), [] as [&str; 0]);
        assert_eq!(good.restarts(&ChildPath::parse("a")), Some(2));
        assert_eq!(good.restarts(&ChildPath::parse("b")), Some(0));
        assert_eq!(good.restarts_below(&ChildPath::root()), Some(2));
    }

    #[test]
    fn a_life_beside_another_is_found() {
        let bad = story(&[restarted("a", 4)]);
        assert_eq!(bad.doubled(), ["life 4 of `a` began before life 3 had ended"]);
        let bad = story(&[started("sub/b", 1), ended("sub/a", 1), started("sub/b", 2)]);
        assert_eq!(bad.doubled(), ["life 2 of `sub/b` began before life 1 had ended"]);
    }

    #[test]
    fn what_happened_before_the_story_is_no_part_of_it() {
        let late = story(&[started("a", 2), ended("a", 2), started("a", 3)]);
        assert_eq!(late.doubled(), [] as [&str; 0]);
    }

    #[test]
    fn a_story_with_a_gap_counts_nothing() {
        let gap = event("/", EventKind::Missed { count: 7 });
        let gap = story(&[gap, restarted("a", 5)]);
        assert_eq!(gap.doubled(), [] as [&str; 0]);
        assert_eq!(gap.restarts(&ChildPath::parse("a")), None);
        assert_eq!(gap.restarts_below(&ChildPath::root()), None);
    }

    #[test]
    fn restarts_belong_to_the_supervisor_right_above() {
        let three = story(&[restarted("a", 4), restarted("sub/a", 2), restarted("sub/x/a", 2)]);
        assert_eq!(three.restarts_below(&ChildPath::root()), Some(1));
        assert_eq!(three.restarts_below(&ChildPath::parse("sub")), Some(1));
        assert_eq!(three.all_restarts(), 3);
    }
}
