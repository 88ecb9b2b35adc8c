//! Work that waits for a child or for the whole supervisor, and work that does not.

use super::super::Limit;
use super::world::{Call, named};
use super::*;
use crate::spec::RestartPolicy::{Always, Temporary};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

/// Returns a world with two workers that report when they are up, and are up.
fn two(strategy: SupervisionStrategy) -> World {
    World::new(supervisor(strategy)).with("a", notifying(Always)).with("b", notifying(Always)).up()
}

#[test]
fn a_restart_waits_for_no_sibling_under_one_for_one() {
    let mut world = two(OneForOne);
    world.exits("a", panicked());
    world.exits("b", panicked());
    assert_eq!(world.acts(), "spawn a, spawn b");
}

#[test]
fn a_command_waits_for_no_sibling_under_one_for_one() {
    let mut world = two(OneForOne);
    world.exits("a", panicked());
    world.log();
    world.call(Verb::Terminate, "b");
    assert_eq!(world.acts(), "ask b");
}

#[test]
fn a_worker_that_is_slow_to_start_holds_up_no_other_in_a_pool() {
    let mut world = World::new(supervisor(SimpleOneForOne)).up();
    world.add("#1", notifying(Temporary));
    let second = world.add("#2", notifying(Temporary));
    world.ready("#2");
    assert_eq!(world.answer(second), "done");
    assert_eq!(world.state("#1"), "starting");
}

#[test]
fn a_command_waits_for_its_own_child() {
    let mut world = two(OneForOne);
    world.exits("a", panicked());
    let call = world.call(Verb::Terminate, "a");
    assert_eq!(world.answer(call), "-");
    world.ready("a");
    assert_eq!(world.acts(), "spawn a, ask a");
    world.gone("a");
    assert_eq!(world.answer(call), "done");
}

#[test]
fn a_termination_acts_when_a_kill_has_ended_a_start_that_hangs() {
    let mut world = two(OneForOne);
    world.exits("a", panicked());
    let terminate = world.call(Verb::Terminate, "a");
    let kill = world.call(Verb::Fail(ExitReason::Killed), "a");
    assert_eq!(world.acts(), "spawn a, abort a");
    world.gone("a");
    assert_eq!([terminate, kill].map(|call| world.answer(call)), ["done", "done"]);
    assert_eq!(world.state("a"), "stopped");
}

/// Gives a command about `subject` from inside of `caller`.
fn from_inside(world: &mut World, caller: &str, verb: Verb, subject: &str) -> Call {
    let (caller, reply) = (Some(world.key(caller)), world.next_call());
    let subject = Subject::Name(named(subject));
    world.on(Event::Order(Box::new(Order { subject, verb, caller, reply })));
    reply
}

#[test]
fn a_command_from_a_child_for_which_the_supervisor_waits_is_refused() {
    for strategy in [OneForOne, OneForAll, RestForOne] {
        let mut world =
            World::new(supervisor(strategy)).with("a", worker(Always)).with("b", notifying(Always));
        world.on(Event::Start);
        let call = from_inside(&mut world, "b", Verb::Delete, "a");
        assert_eq!(world.answer(call), "refused, FromInside");
        let call = from_inside(&mut world, "a", Verb::Delete, "b");
        assert_eq!(world.answer(call), "-", "only the start of `b` is waited for");
        world.ready("b");
        assert_eq!(world.answer(call), "refused, Running");
    }
}

#[test]
fn a_command_is_refused_when_the_supervisor_begins_to_wait_for_its_caller() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("a", panicked());
    assert_eq!(world.acts(), "ask c");
    let call = from_inside(&mut world, "b", Verb::Delete, "c");
    assert_eq!(world.answer(call), "-");
    world.gone("c");
    assert_eq!(world.acts(), "ask b");
    assert_eq!(world.answer(call), "refused, FromInside");
}

#[test]
fn the_commands_about_one_child_are_carried_out_in_order() {
    let mut world = two(OneForOne);
    let calls = [
        world.call(Verb::Terminate, "a"),
        world.call(Verb::Terminate, "a"),
        world.call(Verb::Restart, "a"),
        world.call(Verb::Restart, "a"),
        world.call(Verb::StopAndStart, "a"),
        world.call(Verb::Fail(ExitReason::Killed), "a"),
    ];
    world.settle();
    let answers = calls.map(|call| world.answer(call));
    let expected = ["done", "done", "done", "refused, Running", "done", "done"];
    assert_eq!(answers, expected.map(str::to_owned));
}

#[test]
fn a_command_waits_for_every_child_under_a_group_strategy() {
    for strategy in [OneForAll, RestForOne] {
        let mut world = two(strategy);
        let first = world.call(Verb::Terminate, "a");
        let second = world.call(Verb::Terminate, "b");
        assert_eq!(world.acts(), "ask a");
        world.gone("a");
        assert_eq!(world.answer(first), "done");
        assert_eq!(world.acts(), "ask b");
        world.gone("b");
        assert_eq!(world.answer(second), "done");
    }
}

#[test]
fn a_command_waits_until_the_supervisor_has_started() {
    let mut world =
        World::new(supervisor(OneForOne)).with("a", notifying(Always)).with("b", notifying(Always));
    world.on(Event::Start);
    world.ready("a");
    world.log();
    let call = world.call(Verb::Terminate, "a");
    assert_eq!(world.acts(), "");
    world.settle();
    assert_eq!(world.answer(call), "done");
}

#[test]
fn the_commands_that_waited_for_the_start_still_take_turns() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always));
    world.on(Event::Start);
    let calls = [
        world.call(Verb::Terminate, "a"),
        world.call(Verb::Terminate, "a"),
        world.call(Verb::Restart, "a"),
    ];
    world.settle();
    assert_eq!(calls.map(|call| world.answer(call)), ["done", "done", "done"].map(str::to_owned));
}

#[test]
fn a_restart_waits_for_no_sibling_while_the_supervisor_starts() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", ChildRules { backoff: Some(Backoff::constant(secs(1))), ..worker(Always) })
        .with("b", notifying(Always));
    world.on(Event::Start);
    world.exits("a", panicked());
    assert_eq!(world.acts(), "spawn a, spawn b");
    assert!(world.pass_to_deadline());
    assert_eq!(world.acts(), "spawn a");
}

#[test]
fn a_name_is_added_again_when_the_child_that_has_it_is_gone() {
    let mut world = World::new(supervisor(OneForOne)).with("a", worker(Temporary)).up();
    let first = world.call(Verb::Terminate, "a");
    let second = world.add("a", notifying(Temporary));
    let third = world.call(Verb::Terminate, "a");
    world.settle();
    assert_eq!(
        [first, second, third].map(|call| world.answer(call)),
        ["done", "done", "done"].map(str::to_owned)
    );
}

#[test]
fn a_name_that_is_being_added_is_taken_only_if_the_start_succeeds() {
    let mut world = World::new(supervisor(OneForOne)).up();
    let first = world.add("a", notifying(Always));
    let second = world.add("a", notifying(Always));
    let third = world.add("a", notifying(Always));
    world.exits("a", panicked());
    assert!(world.answer(first).starts_with("refused, StartFailed"));
    world.ready("a");
    assert_eq!(world.answer(second), "done");
    assert_eq!(world.answer(third), "refused, AlreadyStarted");
}

#[test]
fn a_child_that_ends_in_the_first_start_and_is_to_be_terminated_stays_down() {
    for restart in [Always, Temporary] {
        let mut world = World::new(supervisor(OneForOne))
            .with("a", worker(restart))
            .with("b", notifying(Always));
        world.on(Event::Start);
        let other = world.call(Verb::Terminate, "b");
        let terminate = world.call(Verb::Terminate, "a");
        world.log();
        world.exits("a", panicked());
        assert_eq!(world.answer(terminate), "done");
        assert_eq!(world.engine.intensity.left(world.now), Some(3), "no restart is counted");
        world.ready("b");
        world.settle();
        assert_eq!(world.answer(other), "done", "it has its turn");
        assert!(!world.acts().contains("spawn"));
    }
}

#[test]
fn the_limit_of_a_termination_waits_for_its_turn_too() {
    for strategy in [OneForOne, OneForAll] {
        let mut world =
            World::new(supervisor(strategy)).with("a", notifying(Always)).with("b", worker(Always));
        world.on(Event::Start);
        world.call(Verb::TerminateBy(Limit::Now), "b");
        world.ready("a");
        assert!(world.acts().ends_with("spawn b, ask b, limit b"), "{strategy}");
    }
}
