//! Restarts, by exit reason and restart policy, and by strategy and position in the start order.

use super::*;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

/// Returns the state of a child of this policy after it has ended for this reason.
fn fate(restart: RestartPolicy, reason: ExitReason) -> String {
    let mut world = World::new(supervisor(OneForOne)).with("a", worker(restart)).up();
    world.exits("a", reason);
    world.settle();
    world.state("a")
}

#[test]
fn an_always_child_is_restarted_after_every_exit() {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::Killed, panicked()] {
        assert_eq!(fate(Always, reason.clone()), "running", "{reason}");
    }
}

#[test]
fn a_transient_child_is_restarted_after_an_abnormal_exit_only() {
    assert_eq!(fate(Transient, ExitReason::Normal), "finished");
    assert_eq!(fate(Transient, ExitReason::Shutdown), "finished");
    assert_eq!(fate(Transient, ExitReason::Killed), "running");
    assert_eq!(fate(Transient, panicked()), "running");
}

#[test]
fn a_temporary_child_is_forgotten_after_every_exit() {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::Killed, panicked()] {
        assert_eq!(fate(Temporary, reason.clone()), "gone", "{reason}");
    }
}

/// Returns the stops and starts that follow when the child of this name fails.
fn acts_after_failure_of(name: &str, strategy: SupervisionStrategy) -> String {
    let mut world = World::new(supervisor(strategy));
    for name in ["a", "b", "c"] {
        world = world.with(name, worker(Always));
    }
    let mut world = world.up();
    world.exits(name, panicked());
    world.settle();
    world.acts()
}

/// Returns the names of those of three children whose exit for this reason affects no other.
fn exits_of_one_child(rules: SupervisorRules, child: &ChildRules, reason: &ExitReason) -> String {
    let mut world = World::new(rules);
    for name in ["a", "b", "c"] {
        world = world.with(name, child.clone());
    }
    let world = world.up();
    let exit = Exit::Returned(reason.clone());
    ["a", "b", "c"]
        .into_iter()
        .filter(|name| world.engine.affects_only_itself(world.key(name), &exit))
        .collect()
}

#[test]
fn an_exit_affects_only_its_child_where_the_scope_of_a_restart_is_the_child() {
    let failing = |strategy| exits_of_one_child(supervisor(strategy), &worker(Always), &panicked());
    assert_eq!(failing(OneForOne), "abc");
    assert_eq!(failing(SimpleOneForOne), "abc");
    assert_eq!(failing(RestForOne), "c");
    assert_eq!(failing(OneForAll), "");
}

#[test]
fn an_exit_that_may_end_the_supervisor_affects_other_children() {
    let strict = SupervisorRules { max_restarts: MaxRestarts::AtMost(0), ..supervisor(OneForOne) };
    assert_eq!(exits_of_one_child(strict, &worker(Always), &panicked()), "");
    let significant = ChildRules { significant: true, ..worker(Temporary) };
    assert_eq!(exits_of_one_child(supervisor(OneForOne), &significant, &ExitReason::Normal), "");
    let escalate = ExitReason::Escalate(Failure::of_panic("no".to_owned(), None));
    assert_eq!(exits_of_one_child(supervisor(OneForOne), &worker(Always), &escalate), "");
    assert_eq!(
        exits_of_one_child(supervisor(OneForOne), &worker(Always), &ExitReason::Normal),
        "abc"
    );
}

#[test]
fn an_exit_affects_only_its_child_only_while_all_are_up() {
    let child = worker(Always);
    let mut world = World::new(supervisor(OneForOne)).with("a", child.clone()).with("b", child);
    let exit = Exit::Returned(panicked());
    assert!(!world.engine.affects_only_itself(world.key("a"), &exit), "before the start");
    world = world.up();
    assert!(world.engine.affects_only_itself(world.key("a"), &exit));
    world.on(Event::Stop);
    assert!(!world.engine.affects_only_itself(world.key("a"), &exit), "during a stop");
}

#[test]
fn one_for_one_restarts_the_child_alone() {
    assert_eq!(acts_after_failure_of("a", OneForOne), "spawn a");
    assert_eq!(acts_after_failure_of("b", OneForOne), "spawn b");
    assert_eq!(acts_after_failure_of("c", OneForOne), "spawn c");
}

#[test]
fn rest_for_one_stops_the_later_ones_backwards_and_starts_forwards() {
    let all = "ask c, ask b, spawn a, spawn b, spawn c";
    assert_eq!(acts_after_failure_of("a", RestForOne), all);
    assert_eq!(acts_after_failure_of("b", RestForOne), "ask c, spawn b, spawn c");
    assert_eq!(acts_after_failure_of("c", RestForOne), "spawn c");
}

#[test]
fn one_for_all_stops_the_others_backwards_and_starts_all_forwards() {
    let start = "spawn a, spawn b, spawn c";
    assert_eq!(acts_after_failure_of("a", OneForAll), format!("ask c, ask b, {start}"));
    assert_eq!(acts_after_failure_of("b", OneForAll), format!("ask c, ask a, {start}"));
    assert_eq!(acts_after_failure_of("c", OneForAll), format!("ask b, ask a, {start}"));
}

#[test]
fn a_pool_restarts_the_worker_alone() {
    let rules = SupervisorRules { template: None, ..supervisor(SimpleOneForOne) };
    let mut world = World::new(rules).up();
    for name in ["#1", "#2", "#3"] {
        world.add(name, worker(Transient));
    }
    world.log();
    world.exits("#2", panicked());
    assert_eq!(world.acts(), "spawn #2");
}

#[test]
fn the_next_life_has_the_next_generation() {
    let mut world = World::new(supervisor(OneForOne)).with("a", worker(Always)).up();
    let key = world.key("a");
    assert_eq!(world.lives[&key], 1);
    world.exits("a", panicked());
    assert_eq!(world.lives[&key], 2);
}

#[test]
fn temporary_siblings_are_forgotten_by_a_group_restart() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Temporary))
        .with("b", worker(Always))
        .with("c", worker(Temporary))
        .up();
    world.exits("b", panicked());
    world.settle();
    assert_eq!(world.acts(), "ask c, ask a, spawn b");
    assert_eq!((world.state("a").as_str(), world.state("c").as_str()), ("gone", "gone"));
}

#[test]
fn finished_and_terminated_siblings_come_back_with_the_group() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Transient))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("a", ExitReason::Normal);
    assert_eq!(world.answer_to(Verb::Terminate, "b"), "done");
    world.log();
    world.exits("c", panicked());
    world.settle();
    assert_eq!(world.acts(), "spawn a, spawn b, spawn c");
}

#[test]
fn earlier_siblings_that_are_down_stay_down_under_rest_for_one() {
    let mut world = World::new(supervisor(RestForOne))
        .with("a", worker(Transient))
        .with("b", worker(Always))
        .up();
    world.exits("a", ExitReason::Normal);
    world.log();
    world.exits("b", panicked());
    world.settle();
    assert_eq!(world.acts(), "spawn b");
    assert_eq!(world.state("a"), "finished");
}

#[test]
fn a_group_is_stopped_one_by_one() {
    let mut world = World::new(supervisor(OneForAll));
    for name in ["a", "b", "c"] {
        world = world.with(name, worker(Always));
    }
    let mut world = world.up();
    world.exits("a", panicked());
    assert_eq!(world.acts(), "ask c");
    world.gone("c");
    assert_eq!(world.acts(), "ask b");
    world.gone("b");
    assert_eq!(world.acts(), "spawn a, spawn b, spawn c");
}

#[test]
fn a_child_that_failed_is_restarting_while_its_group_is_stopped() {
    let mut world =
        World::new(supervisor(OneForAll)).with("a", worker(Always)).with("b", worker(Always)).up();
    world.exits("a", panicked());
    assert_eq!(world.state("a"), "restarting");
}

#[test]
fn a_group_is_started_one_by_one() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", notifying(Always))
        .with("b", notifying(Always))
        .up();
    world.exits("b", panicked());
    world.gone("a");
    world.log();
    assert_eq!(world.state("a"), "starting");
    world.ready("a");
    assert_eq!(world.acts(), "spawn b");
}

#[test]
fn a_failure_in_the_middle_of_a_group_restart_is_a_restart_of_its_own() {
    let mut world = World::new(supervisor(RestForOne))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("b", panicked());
    assert_eq!(world.acts(), "ask c");
    // `a` comes before the scope that is being stopped.
    world.exits("a", panicked());
    assert_eq!(world.state("a"), "restarting");
    world.gone("c");
    assert_eq!(world.acts(), "spawn b, spawn c, ask c");
    world.settle();
    assert_eq!(world.acts(), "ask b, spawn a, spawn b, spawn c");
}

#[test]
fn failures_that_wait_for_their_turn_are_taken_in_the_order_in_which_they_came() {
    let mut world =
        World::new(supervisor(RestForOne)).with("a", worker(Always)).with("b", worker(Always)).up();
    let call = world.call(Verb::Fail(ExitReason::Killed), "b");
    world.exits("a", panicked());
    world.gone("b");
    assert_eq!(world.answer(call), "done");
    // The failure of `a` came first, and takes `b` with it: one restart, not two.
    assert_eq!(world.log().iter().filter(|line| line.contains("restarted")).count(), 2);
    assert_eq!(world.engine.intensity.left(world.now), Some(2));
}

#[test]
fn a_sibling_that_ends_while_the_group_is_stopped_is_not_counted() {
    let mut world = World::new(supervisor(OneForAll));
    for name in ["a", "b", "c"] {
        world = world.with(name, worker(Always));
    }
    let mut world = world.up();
    world.exits("a", panicked());
    world.exits("c", panicked());
    world.exits("b", panicked());
    world.settle();
    assert_eq!(world.engine.intensity.left(world.now), Some(2));
    assert_eq!(world.state("b"), "running");
}

#[test]
fn a_child_that_fails_again_waits_for_its_turn_again() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", notifying(Always))
        .up();
    world.exits("b", panicked());
    world.exits("a", panicked());
    let call = world.add("d", worker(Always));
    // `a` has been restarted with its group, and fails again before `c` is up.
    world.gone("c");
    world.exits("a", panicked());
    world.log();
    world.ready("c");
    assert_eq!(world.acts(), "spawn d, ask d");
    assert_eq!(world.answer(call), "done");
}

#[test]
fn a_sibling_that_no_restart_can_help_is_handled_at_once() {
    let escalate = ExitReason::Escalate(Failure::of_panic("hopeless".to_owned(), None));
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("b", panicked());
    world.exits("a", escalate);
    world.settle();
    assert_eq!(world.ending(), "gave up, a: escalated: hopeless");
}

#[test]
fn a_failed_start_leaves_the_earlier_ones_up_and_the_retry_restarts_the_group_again() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", notifying(Always))
        .with("c", worker(Always))
        .up();
    world.exits("c", panicked());
    world.gone("b");
    world.gone("a");
    world.log();
    world.exits("b", panicked());
    assert_eq!(world.state("a"), "running");
    assert_eq!(world.state("b"), "restarting");
    world.settle();
    assert_eq!(world.acts(), "ask a, spawn a, spawn b, spawn c");
    assert_eq!(world.state("c"), "running");
}

#[test]
fn the_retry_of_a_failed_start_spares_earlier_siblings_under_rest_for_one() {
    let mut world = World::new(supervisor(RestForOne))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", notifying(Always))
        .with("d", worker(Always))
        .up();
    world.exits("b", panicked());
    world.gone("d");
    world.gone("c");
    world.log();
    world.exits("c", panicked());
    world.settle();
    assert_eq!(world.acts(), "spawn c, spawn d");
}

#[test]
fn a_siblings_failure_overtakes_a_pending_retry() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", notifying(Always))
        .up();
    world.exits("a", panicked());
    world.gone("b");
    world.exits("b", panicked());
    assert_eq!(world.state("b"), "restarting");
    world.log();
    world.exits("a", panicked());
    world.ready("b");
    let retry = world.later.pop_front().expect("the retry is on its way");
    world.on(retry);
    // A retry that still counted would take a third credit, after those of the two crashes.
    assert_eq!(world.engine.intensity.left(world.now), Some(1));
    assert_eq!(world.acts(), "spawn a, spawn b");
}

#[test]
fn a_retry_that_was_overtaken_is_not_taken_for_its_successor() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", notifying(Always))
        .up();
    world.exits("a", panicked());
    world.gone("b");
    world.exits("b", panicked());
    world.exits("a", panicked());
    world.exits("b", panicked());
    world.log();
    let first = world.later.pop_front().expect("the retry of the first failed start");
    world.on(first);
    assert_eq!(world.log(), [""; 0]);
    let second = world.later.pop_front().expect("the retry of the second failed start");
    world.on(second);
    assert_eq!(world.acts(), "ask a");
}

#[test]
fn a_retry_waits_behind_what_is_already_waiting() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always)).up();
    world.exits("a", panicked());
    world.exits("a", panicked());
    let log = world.log();
    assert_eq!(log.last().map(String::as_str), Some("retry a later"));
    assert_eq!(world.answer_to(Verb::Delete, "a"), "refused, Restarting");
}

#[test]
fn a_stale_exit_changes_nothing() {
    let mut world = World::new(supervisor(OneForOne)).with("a", worker(Always)).up();
    let key = world.key("a");
    world.exits("a", panicked());
    world.log();
    world.on(Event::Exited(key, 1, Exit::Returned(panicked())));
    assert_eq!(world.log(), [""; 0]);
    assert_eq!(world.state("a"), "running");
}

#[test]
fn a_stale_ready_changes_nothing() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always)).up();
    let key = world.key("a");
    world.exits("a", panicked());
    assert_eq!(world.lives[&key], 2);
    world.on(Event::Ready(key, 1));
    assert_eq!(world.state("a"), "starting");
}

#[test]
fn a_message_about_a_forgotten_child_changes_nothing_for_its_successor() {
    let mut world = World::new(supervisor(OneForOne)).with("a", worker(Temporary)).up();
    let old = world.key("a");
    world.exits("a", panicked());
    world.add("a", worker(Temporary));
    world.on(Event::Exited(old, 1, Exit::Returned(panicked())));
    world.on(Event::LastHeartbeat(old, 1, world.now));
    world.on(Event::Retry(old, 0));
    assert_eq!(world.state("a"), "running");
}
