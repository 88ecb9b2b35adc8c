//! Histories with and without overlapping lives.

use std::time::Instant;

use super::*;
use crate::spec::ExitReason;

fn event(path: &str, kind: EventKind) -> Event {
    Event { number: 0, at: Instant::now(), path: ChildPath::parse(path), kind }
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

/// Returns the history of these events, which begins in life 3 of `a`.
fn history(events: &[Event]) -> History {
    let mut history = History::default();
    history.begin_with(ChildPath::parse("a"), 3, true);
    events.iter().for_each(|event| history.record(event));
    history
}

#[test]
fn one_life_after_the_other_is_a_good_story() {
    let good = history(&[
        ended("a", 3),
        restarted("a", 4),
        started("b", 1),
        ended("a", 4),
        ended("b", 1),
        // Life 5 ended before it was up, so there is no event of its start.
        ended("a", 5),
        restarted("a", 6),
    ]);
    assert_eq!(good.overlaps(), [] as [&str; 0]);
    assert_eq!(good.restarts(&ChildPath::parse("a")), Some(2));
    assert_eq!(good.restarts(&ChildPath::parse("b")), Some(0));
    assert_eq!(good.restarts_below(&ChildPath::root()), Some(2));
}

#[test]
fn a_life_beside_another_is_found() {
    let bad = history(&[restarted("a", 4)]);
    assert_eq!(bad.overlaps(), ["life 4 of `a` began before life 3 had ended"]);
    let bad = history(&[started("sub/b", 1), ended("sub/a", 1), started("sub/b", 2)]);
    assert_eq!(bad.overlaps(), ["life 2 of `sub/b` began before life 1 had ended"]);
}

#[test]
fn what_happened_before_the_story_is_no_part_of_it() {
    let late = history(&[started("a", 2), ended("a", 2), started("a", 3)]);
    assert_eq!(late.overlaps(), [] as [&str; 0]);
}

#[test]
fn a_story_with_a_gap_counts_nothing() {
    let gap = event("/", EventKind::Missed { count: 7 });
    let gap = history(&[gap, restarted("a", 5)]);
    assert_eq!(gap.overlaps(), [] as [&str; 0]);
    assert_eq!(gap.restarts(&ChildPath::parse("a")), None);
    assert_eq!(gap.restarts_below(&ChildPath::root()), None);
}

#[test]
fn restarts_belong_to_the_supervisor_right_above() {
    let three = history(&[restarted("a", 4), restarted("sub/a", 2), restarted("sub/x/a", 2)]);
    assert_eq!(three.restarts_below(&ChildPath::root()), Some(1));
    assert_eq!(three.restarts_below(&ChildPath::parse("sub")), Some(1));
    assert_eq!(three.all_restarts(), 3);
}
