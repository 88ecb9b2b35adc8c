//! The first start, and the ways in which a start can fail.

use super::*;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne};

fn three(rules: &ChildRules) -> World {
    let mut world = World::new(supervisor(OneForOne));
    for name in ["a", "b", "c"] {
        world = world.with(name, rules.clone());
    }
    world.on(Event::Start);
    world
}

#[test]
fn children_are_started_in_order() {
    let mut world = three(&worker(Always));
    assert_eq!(
        world.log(),
        ["spawn a", "a started", "spawn b", "b started", "spawn c", "c started", "all started"]
    );
}

#[test]
fn each_child_is_started_when_the_previous_one_is_up() {
    let mut world = three(&notifying(Always));
    assert_eq!(world.acts(), "spawn a");
    world.ready("a");
    assert_eq!(world.acts(), "spawn b");
    world.ready("b");
    world.ready("c");
    assert_eq!(world.log().last().map(String::as_str), Some("all started"));
}

#[test]
fn a_failed_start_stops_what_was_started_backwards() {
    let mut world = three(&notifying(Always));
    world.ready("a");
    world.ready("b");
    world.log();
    world.exits("c", panicked());
    world.settle();
    assert_eq!(world.acts(), "ask b, ask a");
    assert_eq!(world.ending(), "no start, c: panic: boom");
}

#[test]
fn a_failed_start_is_reported_as_such() {
    let mut world = three(&notifying(Always));
    world.log();
    world.exits("a", panicked());
    assert_eq!(
        world.log(),
        ["a did not start: panic: boom", "stopping", "close b", "close c", "close a", "ended"]
    );
}

#[test]
fn a_child_that_is_not_ready_in_time_has_failed_to_start_when_it_is_gone() {
    let mut world = three(&notifying(Always));
    world.log();
    world.pass(secs(30));
    assert_eq!(world.log(), ["abort a"]);
    world.gone("a");
    assert_eq!(
        world.log(),
        [
            "a did not start: not ready within 30s",
            "stopping",
            "close b",
            "close c",
            "close a",
            "ended"
        ]
    );
}

#[test]
fn a_child_that_is_ready_in_time_has_no_deadline_any_more() {
    let mut world = three(&notifying(Always));
    world.settle();
    assert_eq!(world.engine.next_deadline(), None);
}

#[test]
fn a_child_that_drops_its_context_has_failed_to_start_at_once() {
    let mut world = three(&notifying(Always));
    let a = world.key("a");
    world.log();
    world.on(Event::Abandoned(a, 1));
    assert_eq!(world.log(), ["abort a"]);
    world.gone("a");
    assert_eq!(world.ending(), "no start, a: dropped its context before it was ready");
}

#[test]
fn a_context_that_is_dropped_later_means_nothing() {
    let mut world = three(&notifying(Always));
    world.settle();
    let a = world.key("a");
    world.on(Event::Abandoned(a, 1));
    assert_eq!(world.state("a"), "running");
}

#[test]
fn a_child_that_declines_is_passed_over() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", notifying(Always))
        .with("b", notifying(Transient))
        .with("c", notifying(Temporary))
        .with("d", worker(Always));
    world.on(Event::Start);
    for name in ["a", "b", "c"] {
        world.exits(name, ExitReason::Normal);
    }
    let states = ["a", "b", "c", "d"].map(|name| world.state(name));
    assert_eq!(states, ["finished", "finished", "gone", "running"].map(str::to_owned));
}

#[test]
fn a_child_without_notify_cannot_decline() {
    let mut world = three(&worker(Always));
    world.exits("a", ExitReason::Normal);
    assert_eq!(world.state("a"), "running");
}

#[test]
fn a_supervisor_below_cannot_decline() {
    let rules =
        ChildRules { kind: ChildKind::Supervisor, start: StartRule::Ready(None), ..worker(Always) };
    let mut world = three(&rules);
    world.exits("a", ExitReason::Shutdown);
    assert_eq!(world.ending(), "no start, a: shutdown");
}

#[test]
fn a_child_that_declines_its_restart_stays_down() {
    let mut world = three(&notifying(Always));
    world.settle();
    world.exits("a", panicked());
    world.exits("a", ExitReason::Normal);
    assert_eq!(world.state("a"), "finished");
}

#[test]
fn a_group_restart_passes_over_a_child_that_declines() {
    for strategy in [OneForAll, RestForOne] {
        let mut world = World::new(supervisor(strategy))
            .with("a", notifying(Always))
            .with("b", notifying(Always))
            .with("c", notifying(Always))
            .up();
        world.exits("a", panicked());
        world.gone("c");
        world.gone("b");
        world.exits("a", ExitReason::Normal);
        world.ready("b");
        world.exits("c", ExitReason::Normal);
        let states = ["a", "b", "c"].map(|name| world.state(name));
        assert_eq!(states, ["finished", "running", "finished"].map(str::to_owned));
    }
}

#[test]
fn a_child_that_fails_while_its_siblings_start_is_restarted_at_once() {
    let mut world =
        World::new(supervisor(OneForOne)).with("a", worker(Always)).with("b", notifying(Always));
    world.on(Event::Start);
    world.exits("a", panicked());
    assert_eq!(world.acts(), "spawn a, spawn b, spawn a");
}

#[test]
fn a_child_that_fails_while_its_group_starts_is_restarted_after_that() {
    let mut world =
        World::new(supervisor(OneForAll)).with("a", worker(Always)).with("b", notifying(Always));
    world.on(Event::Start);
    world.exits("a", panicked());
    assert_eq!(world.acts(), "spawn a, spawn b");
    world.ready("b");
    assert_eq!(world.acts(), "ask b");
}

#[test]
fn a_hopeless_start_is_not_tried_again() {
    let escalate = ExitReason::Escalate(Failure::of_panic("hopeless".to_owned(), None));
    for strategy in [OneForOne, OneForAll] {
        let mut world = World::new(supervisor(strategy)).with("a", notifying(Always)).up();
        world.exits("a", panicked());
        world.exits("a", escalate.clone());
        assert_eq!(world.ending(), "gave up, a: escalated: hopeless");
    }
}

#[test]
fn a_second_start_changes_nothing() {
    let mut world = three(&worker(Always));
    world.log();
    world.on(Event::Start);
    assert_eq!(world.log(), [""; 0]);
}
