//! Supervisors that end with their significant children (EEP 56).

use super::*;
use crate::spec::AutoShutdown::{AllSignificant, AnySignificant, Never};
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, SimpleOneForOne};

fn ending_with(auto_shutdown: AutoShutdown, strategy: SupervisionStrategy) -> SupervisorRules {
    SupervisorRules { auto_shutdown, ..supervisor(strategy) }
}

fn significant(restart: RestartPolicy) -> ChildRules {
    ChildRules { significant: true, ..worker(restart) }
}

/// Returns a world with two significant children and one that is not.
fn three(auto_shutdown: AutoShutdown) -> World {
    World::new(ending_with(auto_shutdown, OneForOne))
        .with("a", significant(Transient))
        .with("b", significant(Temporary))
        .with("c", worker(Temporary))
        .up()
}

#[test]
fn never_means_never() {
    let mut world = three(Never);
    world.exits("a", ExitReason::Normal);
    world.exits("b", ExitReason::Normal);
    assert!(!world.engine.is_stopping());
}

#[test]
fn the_first_significant_child_that_ends_is_enough_for_any() {
    let mut world = three(AnySignificant);
    world.exits("a", ExitReason::Normal);
    world.settle();
    assert_eq!(world.acts(), "ask c, ask b");
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn the_last_significant_child_that_ends_is_needed_for_all() {
    let mut world = three(AllSignificant);
    world.exits("a", ExitReason::Normal);
    assert!(!world.engine.is_stopping());
    world.exits("b", panicked());
    assert!(world.engine.is_stopping());
}

#[test]
fn a_child_that_is_not_significant_ends_nothing() {
    let mut world = three(AnySignificant);
    world.exits("c", ExitReason::Normal);
    assert!(!world.engine.is_stopping());
}

#[test]
fn a_temporary_significant_child_ends_it_however_it_ends() {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, panicked()] {
        let mut world = three(AnySignificant);
        world.exits("b", reason);
        assert!(world.engine.is_stopping());
    }
}

#[test]
fn a_significant_child_that_is_restarted_ends_nothing() {
    let mut world = three(AnySignificant);
    world.exits("a", panicked());
    assert_eq!(world.state("a"), "running");
}

#[test]
fn a_significant_child_that_is_terminated_ends_nothing() {
    let mut world = three(AnySignificant);
    assert_eq!(world.answer_to(Verb::Terminate, "a"), "done");
    assert_eq!(world.answer_to(Verb::Terminate, "b"), "done");
    assert!(!world.engine.is_stopping());
}

#[test]
fn a_significant_child_that_was_terminated_does_not_count_for_all() {
    let mut world = three(AllSignificant);
    assert_eq!(world.answer_to(Verb::Terminate, "a"), "done");
    world.exits("b", ExitReason::Normal);
    assert!(world.engine.is_stopping());
}

#[test]
fn a_significant_child_whose_restart_is_pending_counts_for_all() {
    let backoff = Some(Backoff::constant(secs(1)));
    let mut world = World::new(ending_with(AllSignificant, OneForOne))
        .with("a", ChildRules { backoff, ..significant(Transient) })
        .with("b", significant(Temporary))
        .up();
    world.exits("a", panicked());
    world.exits("b", ExitReason::Normal);
    assert!(!world.engine.is_stopping());
}

#[test]
fn a_significant_child_that_is_stopped_with_its_group_ends_nothing() {
    let mut world = World::new(ending_with(AnySignificant, OneForAll))
        .with("a", worker(Always))
        .with("b", significant(Temporary))
        .up();
    world.exits("a", panicked());
    world.settle();
    assert_eq!(world.state("b"), "gone");
    assert!(!world.engine.is_stopping());
}

#[test]
fn a_significant_child_that_is_killed_has_ended_by_itself() {
    let mut world = three(AnySignificant);
    world.call(Verb::Fail(ExitReason::Killed), "b");
    world.gone("b");
    assert!(world.engine.is_stopping());
}

#[test]
fn a_pool_ends_when_its_last_significant_worker_has() {
    let mut world = World::new(ending_with(AllSignificant, SimpleOneForOne)).up();
    world.add("#1", significant(Temporary));
    world.add("#2", significant(Temporary));
    world.exits("#1", ExitReason::Normal);
    assert!(!world.engine.is_stopping());
    world.exits("#2", panicked());
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_significant_child_that_ends_before_all_have_started_is_handled_after_the_start() {
    // As in OTP, the exit is handled when `init` is done, and `c` runs by then.
    let mut world = World::new(ending_with(AllSignificant, OneForOne))
        .with("a", significant(Transient))
        .with("b", notifying(Always))
        .with("c", significant(Transient));
    world.on(Event::Start);
    world.exits("a", ExitReason::Normal);
    world.ready("b");
    assert_eq!(world.state("c"), "running");
    world.exits("c", ExitReason::Normal);
    assert!(world.engine.is_stopping());
}

#[test]
fn a_supervisor_that_ends_with_any_significant_child_has_started_first() {
    let mut world = World::new(ending_with(AnySignificant, OneForOne))
        .with("a", significant(Transient))
        .with("b", notifying(Always));
    world.on(Event::Start);
    world.exits("a", ExitReason::Normal);
    assert_eq!(world.state("b"), "starting");
    world.ready("b");
    let log = world.log();
    let at = |line: &str| log.iter().position(|seen| seen == line);
    assert!(at("all started").is_some() && at("all started") < at("ask b"), "{log:?}");
}
