//! The limit of restarts within a window.

use super::*;
use crate::spec::Backoff;
use crate::spec::RestartPolicy::{Always, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne};

fn limited(strategy: SupervisionStrategy, limit: u32) -> SupervisorRules {
    SupervisorRules { max_restarts: MaxRestarts::AtMost(limit), ..supervisor(strategy) }
}

/// Returns the number of restarts of a child that fails at once before its supervisor gives up.
fn restarts_until_the_end(limit: u32) -> usize {
    let mut world = World::new(limited(OneForOne, limit)).with("a", worker(Always)).up();
    let mut restarts = 0;
    loop {
        world.exits("a", panicked());
        world.settle();
        if world.ended.is_some() {
            return restarts;
        }
        restarts += 1;
    }
}

#[test]
fn a_limit_of_n_allows_n_restarts_and_the_next_one_ends_the_supervisor() {
    for limit in [0, 1, 2, 7] {
        assert_eq!(restarts_until_the_end(limit), limit as usize);
    }
}

#[test]
fn unlimited_restarts_never_end_the_supervisor() {
    let rules = SupervisorRules { max_restarts: MaxRestarts::Unlimited, ..supervisor(OneForOne) };
    let mut world = World::new(rules).with("a", worker(Always)).up();
    for _ in 0..1_000 {
        world.exits("a", panicked());
    }
    assert_eq!(world.state("a"), "running");
}

/// Returns `true` if a second failure this long after the first exceeds a limit of one.
fn is_one_too_many(after: Duration) -> bool {
    let mut world = World::new(limited(OneForOne, 1)).with("a", worker(Always)).up();
    world.exits("a", panicked());
    world.pass(after);
    world.exits("a", panicked());
    world.ended.is_some()
}

#[test]
fn a_restart_counts_as_long_as_it_is_not_older_than_the_window() {
    let window = secs(5);
    assert!(is_one_too_many(almost(window)));
    assert!(is_one_too_many(window), "the window's edge belongs to it");
    assert!(!is_one_too_many(window + MOMENT));
}

#[test]
fn the_window_slides_with_each_restart() {
    let mut world = World::new(limited(OneForOne, 2)).with("a", worker(Always)).up();
    // There are never three failures within five seconds, and far more than two in all.
    for _ in 0..20 {
        world.exits("a", panicked());
        world.pass(millis(2_600));
    }
    assert_eq!(world.state("a"), "running");
    world.exits("a", panicked());
    world.pass(millis(2_300));
    world.exits("a", panicked());
    assert_eq!(world.ending(), "gave up, a: panic: boom");
}

#[test]
fn all_children_share_one_limit() {
    let mut world = World::new(limited(OneForOne, 2))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("a", panicked());
    world.exits("b", panicked());
    assert!(!world.engine.is_stopping());
    world.exits("c", panicked());
    assert!(world.engine.is_stopping());
}

#[test]
fn a_group_restart_counts_once() {
    let mut world = World::new(limited(OneForAll, 1))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("a", panicked());
    world.settle();
    assert_eq!(world.state("c"), "running");
}

#[test]
fn three_simultaneous_failures_are_one_restart_under_one_for_all() {
    let mut world = World::new(limited(OneForAll, 1))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    for name in ["b", "a", "c"] {
        world.exits(name, panicked());
    }
    world.settle();
    // The exit of `c` had not been reported yet when `c` was asked to end.
    assert_eq!(world.acts(), "ask c, spawn a, spawn b, spawn c");
    assert_eq!(world.ending(), "not ended");
}

#[test]
fn three_simultaneous_failures_are_three_restarts_under_one_for_one() {
    let rules = limited(OneForOne, 2);
    let mut world = World::new(rules);
    for name in ["a", "b", "c"] {
        world = world.with(name, worker(Always));
    }
    let mut world = world.up();
    for name in ["b", "a", "c"] {
        world.exits(name, panicked());
    }
    world.settle();
    assert_eq!(world.ending(), "gave up, c: panic: boom");
}

#[test]
fn an_exit_that_restarts_nothing_counts_nothing() {
    let mut world = World::new(limited(OneForOne, 0)).with("a", worker(Transient)).up();
    world.exits("a", ExitReason::Normal);
    assert_eq!(world.ending(), "not ended");
}

#[test]
fn commands_count_nothing() {
    let mut world = World::new(limited(OneForOne, 0)).with("a", worker(Always)).up();
    assert_eq!(world.answer_to(Verb::StopAndStart, "a"), "done");
    assert_eq!(world.answer_to(Verb::Terminate, "a"), "done");
    assert_eq!(world.answer_to(Verb::Restart, "a"), "done");
    assert_eq!(world.state("a"), "running");
}

#[test]
fn each_failed_attempt_of_a_restart_counts() {
    let mut world = World::new(limited(OneForOne, 3)).with("a", notifying(Always)).up();
    world.exits("a", panicked());
    // The crash and two failed starts: three. The third failed start is one too many.
    for _ in 0..2 {
        world.exits("a", panicked());
        let retry = world.later.pop_front().expect("another attempt");
        world.on(retry);
    }
    assert_eq!(world.log().iter().filter(|line| *line == "spawn a").count(), 3);
    world.exits("a", panicked());
    let retry = world.later.pop_front().expect("another attempt");
    world.on(retry);
    assert_eq!(world.ending(), "gave up, a: panic: boom");
}

#[test]
fn the_first_failed_start_of_all_is_no_restart() {
    let mut world = World::new(limited(OneForOne, 9)).with("a", notifying(Always));
    world.on(Event::Start);
    world.exits("a", panicked());
    assert_eq!(world.ending(), "no start, a: panic: boom");
}

#[test]
fn the_number_of_restarts_left_is_reported_with_each_restart() {
    let mut world = World::new(limited(OneForOne, 2)).with("a", worker(Always)).up();
    world.exits("a", panicked());
    world.exits("a", panicked());
    let reported: Vec<_> = world.log().into_iter().filter(|line| line.contains("left")).collect();
    assert_eq!(reported, ["a restarted, 1 left", "a restarted, 0 left"]);
}

#[test]
fn giving_up_stops_the_others_backwards() {
    let mut world = World::new(limited(OneForOne, 0));
    for name in ["a", "b", "c"] {
        world = world.with(name, worker(Always));
    }
    let mut world = world.up();
    world.exits("b", panicked());
    world.settle();
    assert_eq!(world.acts(), "ask c, ask a");
}

#[test]
fn an_exit_that_says_that_no_restart_can_help_ends_the_supervisor_at_once() {
    let escalate = ExitReason::Escalate(Failure::of_panic("hopeless".to_owned(), None));
    for policy in [Always, Transient, RestartPolicy::Temporary] {
        let mut world = World::new(limited(OneForOne, 9)).with("a", worker(policy)).up();
        world.exits("a", escalate.clone());
        assert_eq!(world.ending(), "gave up, a: escalated: hopeless");
    }
}

#[test]
fn escalating_during_a_stop_is_only_recorded() {
    let escalate = ExitReason::Escalate(Failure::of_panic("hopeless".to_owned(), None));
    let mut world = World::new(supervisor(OneForOne)).with("a", worker(Always)).up();
    let call = world.call(Verb::Terminate, "a");
    world.exits("a", escalate);
    assert_eq!(world.answer(call), "done");
    assert_eq!(world.ending(), "not ended");
}

/// A supervisor whose child `a` has failed, and is being started again.
fn starting_again(rules: SupervisorRules, child: ChildRules) -> World {
    let mut world = World::new(rules).with("a", child).with("b", worker(Always)).up();
    world.exits("a", panicked());
    world.settle_but_starts();
    world
}

/// Has an attempt to start `a` fail by its time-out of 30 s.
fn hangs(world: &mut World) {
    world.pass(secs(30));
    world.gone("a");
    world.settle_but_starts();
}

#[test]
fn failed_attempts_count_together_although_each_takes_longer_than_the_window() {
    for strategy in [OneForOne, OneForAll] {
        let mut world = starting_again(limited(strategy, 3), notifying(Always));
        for attempt in 1..=3 {
            assert_eq!(world.ending(), "not ended", "attempt {attempt} under {strategy:?}");
            hangs(&mut world);
        }
        world.settle();
        assert_eq!(world.ending(), "gave up, a: not ready within 30s", "{strategy:?}");
    }
}

#[test]
fn failed_attempts_leave_fewer_restarts_also_after_the_window() {
    let mut world = starting_again(limited(OneForOne, 3), notifying(Always));
    hangs(&mut world);
    hangs(&mut world);
    assert_eq!(world.engine.restarts_left(world.now), Some(1));
}

#[test]
fn failed_attempts_with_a_long_backoff_count_together() {
    let child = ChildRules { backoff: Some(Backoff::new(secs(60), secs(60))), ..notifying(Always) };
    let mut world = World::new(limited(OneForOne, 2)).with("a", child).up();
    world.exits("a", panicked());
    for _ in 0..2 {
        assert_eq!(world.ending(), "not ended");
        assert!(world.pass_to_deadline());
        world.exits("a", panicked());
    }
    assert!(world.pass_to_deadline());
    assert_eq!(world.ending(), "gave up, a: panic: boom");
}

#[test]
fn an_attempt_that_succeeds_ends_the_row_of_failed_ones() {
    let mut world = starting_again(limited(OneForOne, 3), notifying(Always));
    for _ in 0..10 {
        hangs(&mut world);
        hangs(&mut world);
        world.pass(secs(6));
        world.ready("a");
        world.pass(secs(6));
        world.exits("a", panicked());
        world.settle_but_starts();
    }
    assert_eq!(world.ending(), "not ended");
}

#[test]
fn the_failed_attempts_of_two_children_are_two_rows() {
    let mut world = World::new(limited(OneForOne, 3))
        .with("a", notifying(Always))
        .with("b", notifying(Always))
        .up();
    for name in ["a", "b"] {
        world.exits(name, panicked());
        world.settle_but_starts();
        world.pass(secs(6));
    }
    for _ in 0..2 {
        world.pass(secs(30));
        world.gone("a");
        world.gone("b");
        world.settle_but_starts();
    }
    assert_eq!(world.ending(), "not ended");
}

#[test]
fn a_row_of_failed_attempts_has_a_limit_of_the_childs_own() {
    let child = ChildRules { max_restarts: Some(MaxRestarts::AtMost(2)), ..notifying(Always) };
    let mut world = starting_again(limited(OneForOne, 0), child);
    hangs(&mut world);
    hangs(&mut world);
    world.settle();
    assert_eq!(world.state("a"), "failed");
    assert_eq!(world.ending(), "not ended");
}

#[test]
fn without_a_limit_a_row_of_failed_attempts_never_ends() {
    let rules = SupervisorRules { max_restarts: MaxRestarts::Unlimited, ..supervisor(OneForOne) };
    let mut world = starting_again(rules, notifying(Always));
    for _ in 0..100 {
        hangs(&mut world);
    }
    assert_eq!(world.ending(), "not ended");
}
