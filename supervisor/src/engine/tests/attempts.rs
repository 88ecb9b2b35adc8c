//! `start = retry`: a child that is tried again until it is up; nobody waits for it meanwhile.

use super::*;
use crate::spec::RestartPolicy::{Always, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne};

/// Returns a world that has started, in which `db` is tried for the first time.
fn trying(strategy: SupervisionStrategy) -> World {
    let mut world =
        World::new(supervisor(strategy)).with("db", retrying(Always)).with("web", worker(Always));
    world.on(Event::Start);
    world
}

#[test]
fn the_supervisor_and_the_siblings_start_without_it() {
    let mut world = trying(OneForOne);
    assert_eq!(world.acts(), "spawn db, spawn web");
    assert_eq!((world.state("db").as_str(), world.state("web").as_str()), ("starting", "running"));
    world.ready("db");
    assert_eq!(world.state("db"), "running");
}

#[test]
fn any_number_of_attempts_may_fail_and_none_takes_a_credit() {
    for strategy in [OneForOne, OneForAll, RestForOne] {
        let mut world = trying(strategy);
        world.acts();
        for _ in 0..20 {
            world.exits("db", panicked());
            assert_eq!(world.state("db"), "restarting");
            assert!(world.pass_to_deadline(), "the backoff");
            assert_eq!(world.acts(), "spawn db", "{strategy}: its siblings go on");
        }
        world.ready("db");
        for state in ["db", "web"].map(|name| world.state(name)) {
            assert_eq!(state, "running");
        }
    }
}

#[test]
fn an_attempt_that_takes_too_long_fails() {
    let mut world = trying(OneForOne);
    assert!(world.pass_to_deadline(), "the time-out");
    assert_eq!(world.state("db"), "stopping");
    world.gone("db");
    assert_eq!(world.state("db"), "restarting");
    assert!(world.pass_to_deadline(), "the backoff");
    assert_eq!(world.state("db"), "starting");
}

#[test]
fn the_end_of_a_life_that_was_up_counts_and_cycles_the_scope() {
    let mut world = trying(OneForAll);
    world.ready("db");
    world.acts();
    world.exits("db", panicked());
    world.settle();
    assert!(world.pass_to_deadline(), "the backoff");
    assert_eq!(world.acts(), "ask web, spawn db, spawn web");
    assert_eq!((world.state("db").as_str(), world.state("web").as_str()), ("starting", "running"));
}

#[test]
fn a_scope_that_is_restarted_takes_a_child_along_that_waits_for_its_next_attempt() {
    let mut world = trying(OneForAll);
    world.exits("db", panicked());
    world.acts();
    world.exits("web", panicked());
    assert_eq!(world.acts(), "spawn db, spawn web");
    assert_eq!(world.state("db"), "starting");
}

#[test]
fn an_attempt_can_be_terminated_killed_and_declined() {
    let mut world = trying(OneForAll);
    let call = world.call(Verb::Terminate, "db");
    world.gone("db");
    assert_eq!((world.answer(call).as_str(), world.state("db").as_str()), ("done", "stopped"));

    let mut world = trying(OneForAll);
    world.exits("db", panicked());
    assert_eq!(world.answer_to(Verb::Terminate, "db"), "done");
    assert_eq!((world.state("db").as_str(), world.state("web").as_str()), ("stopped", "running"));

    let mut world = trying(OneForOne);
    let call = world.call(Verb::Fail(ExitReason::Killed), "db");
    world.gone("db");
    assert_eq!((world.answer(call).as_str(), world.state("db").as_str()), ("done", "restarting"));

    let mut world = World::new(supervisor(OneForOne)).with("db", retrying(Transient));
    world.on(Event::Start);
    world.exits("db", ExitReason::Normal);
    assert_eq!(world.state("db"), "finished");
}

#[test]
fn a_command_that_starts_it_is_answered_at_once() {
    let mut world = World::new(supervisor(OneForOne)).up();
    let call = world.add("db", retrying(Always));
    assert_eq!((world.answer(call).as_str(), world.state("db").as_str()), ("done", "starting"));
    let call = world.call(Verb::StopAndStart, "db");
    world.gone("db");
    assert_eq!((world.answer(call).as_str(), world.state("db").as_str()), ("done", "starting"));
}

#[test]
fn a_stop_during_an_attempt_or_a_backoff_ends_it() {
    for fails in [false, true] {
        let mut world = trying(RestForOne);
        if fails {
            world.exits("db", panicked());
        }
        world.on(Event::Stop);
        world.settle();
        assert!(world.ending() == "shutdown", "a stop after a failure: {fails}");
    }
}
