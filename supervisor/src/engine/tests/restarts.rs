//! Exit and policy; strategy and position.

use super::*;
use crate::restart::RestartPolicy::{Always, Temporary, Transient};
use crate::strategy::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

/// What becomes of a child of this policy that ends like this.
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
    assert_eq!(fate(Transient, ExitReason::Normal), "stopped");
    assert_eq!(fate(Transient, ExitReason::Shutdown), "stopped");
    assert_eq!(fate(Transient, ExitReason::Killed), "running");
    assert_eq!(fate(Transient, panicked()), "running");
}

#[test]
fn a_temporary_child_is_forgotten_after_every_exit() {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::Killed, panicked()] {
        assert_eq!(fate(Temporary, reason.clone()), "gone", "{reason}");
    }
}

/// What is stopped and started when the child of this name fails.
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
