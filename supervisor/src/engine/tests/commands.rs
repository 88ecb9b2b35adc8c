//! Every command in every state of its child: OTP's answers.

use super::*;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

/// Gives a command about `a` and returns the answer, with the state of `a` after it.
fn outcome(mut world: World, command: Verb) -> (String, String) {
    let answer = world.answer_to(command, "a");
    (answer, world.state("a"))
}

fn up(restart: RestartPolicy) -> World {
    World::new(supervisor(OneForOne)).with("a", worker(restart)).up()
}

/// Returns a world in which `a` is known and has no life.
fn down() -> World {
    let mut world = up(Always);
    world.answer_to(Verb::Terminate, "a");
    world.log();
    world
}

/// Returns a world in which `a` has failed and waits to be started again.
fn waiting() -> World {
    let backoff = Some(Backoff::constant(secs(60)));
    let mut world =
        World::new(supervisor(OneForOne)).with("a", ChildRules { backoff, ..worker(Always) }).up();
    world.exits("a", panicked());
    assert_eq!(world.state("a"), "restarting");
    world.log();
    world
}

fn empty() -> World {
    World::new(supervisor(OneForOne)).up()
}

fn is(outcome: &(String, String), answer: &str, state: &str) {
    assert_eq!((outcome.0.as_str(), outcome.1.as_str()), (answer, state));
}

#[test]
fn terminate_stops_a_child_and_keeps_its_spec() {
    is(&outcome(up(Always), Verb::Terminate), "done", "stopped");
    is(&outcome(up(Transient), Verb::Terminate), "done", "stopped");
}

#[test]
fn terminate_forgets_a_temporary_child() {
    is(&outcome(up(Temporary), Verb::Terminate), "done", "gone");
}

#[test]
fn terminate_is_done_with_a_child_that_is_down() {
    is(&outcome(down(), Verb::Terminate), "done", "stopped");
}

#[test]
fn terminate_ends_a_pending_restart() {
    let mut world = waiting();
    assert_eq!(world.answer_to(Verb::Terminate, "a"), "done");
    assert!(!world.pass_to_deadline(), "its retry is void");
    assert_eq!(world.state("a"), "stopped");
}

#[test]
fn terminate_voids_a_retry_that_is_on_its_way() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always)).up();
    world.exits("a", panicked());
    world.exits("a", panicked());
    assert_eq!(world.answer_to(Verb::Terminate, "a"), "done");
    assert_eq!(world.state("a"), "stopped");
}

#[test]
fn terminate_does_not_find_a_stranger() {
    is(&outcome(empty(), Verb::Terminate), "refused, NotFound", "gone");
}

#[test]
fn restart_starts_a_child_that_is_down() {
    is(&outcome(down(), Verb::Restart), "done", "running");
}

#[test]
fn restart_waits_until_the_child_is_up() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always)).up();
    world.answer_to(Verb::Terminate, "a");
    let call = world.call(Verb::Restart, "a");
    assert_eq!(world.answer(call), "-");
    world.ready("a");
    assert_eq!(world.answer(call), "done");
}

#[test]
fn restart_that_fails_leaves_the_child_down() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always)).up();
    world.answer_to(Verb::Terminate, "a");
    let call = world.call(Verb::Restart, "a");
    world.exits("a", panicked());
    assert!(world.answer(call).starts_with("refused, StartFailed"));
    assert_eq!(world.state("a"), "stopped");
}

#[test]
fn restart_of_a_child_that_declines_leaves_it_down() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always)).up();
    world.answer_to(Verb::Terminate, "a");
    let call = world.call(Verb::Restart, "a");
    world.exits("a", ExitReason::Normal);
    assert_eq!(world.answer(call), "declined");
    assert_eq!(world.state("a"), "finished");
}

#[test]
fn restart_refuses_a_child_that_runs_or_restarts_and_a_stranger() {
    is(&outcome(up(Always), Verb::Restart), "refused, Running", "running");
    is(&outcome(waiting(), Verb::Restart), "refused, Restarting", "restarting");
    is(&outcome(empty(), Verb::Restart), "refused, NotFound", "gone");
}

#[test]
fn delete_forgets_a_child_that_is_down() {
    is(&outcome(down(), Verb::Delete), "done", "gone");
}

#[test]
fn delete_refuses_a_child_that_runs_or_restarts_and_a_stranger() {
    is(&outcome(up(Always), Verb::Delete), "refused, Running", "running");
    is(&outcome(waiting(), Verb::Delete), "refused, Restarting", "restarting");
    is(&outcome(empty(), Verb::Delete), "refused, NotFound", "gone");
}

#[test]
fn add_starts_the_child_as_the_last_one() {
    let mut world = up(Always);
    let call = world.add("b", worker(Always));
    assert_eq!(world.answer(call), "done");
    assert_eq!(world.state("b"), "running");
    world.log();
    world.on(Event::Stop);
    world.settle();
    assert_eq!(world.acts(), "ask b, ask a");
}

#[test]
fn add_waits_until_the_child_is_up() {
    let mut world = empty();
    let call = world.add("a", notifying(Always));
    assert_eq!(world.answer(call), "-");
    world.ready("a");
    assert_eq!(world.answer(call), "done");
}

#[test]
fn add_refuses_a_name_that_is_taken() {
    for (mut world, refusal) in [
        (up(Always), "refused, AlreadyStarted"),
        (down(), "refused, AlreadyPresent"),
        (waiting(), "refused, AlreadyPresent"),
    ] {
        let call = world.add("a", worker(Always));
        assert_eq!(world.answer(call), refusal);
    }
}

#[test]
fn add_that_fails_keeps_no_spec() {
    let mut world = empty();
    let call = world.add("a", notifying(Always));
    world.exits("a", panicked());
    assert!(world.answer(call).starts_with("refused, StartFailed"));
    assert_eq!(world.state("a"), "gone");
}

#[test]
fn add_of_a_child_that_declines_keeps_its_spec_unless_it_is_temporary() {
    for (restart, state) in [(Always, "finished"), (Transient, "finished"), (Temporary, "gone")] {
        let mut world = empty();
        let call = world.add("a", notifying(restart));
        world.exits("a", ExitReason::Normal);
        assert_eq!(world.answer(call), "declined");
        assert_eq!(world.state("a"), state);
    }
}

#[test]
fn add_refuses_a_child_beyond_the_limit() {
    let rules = SupervisorRules { max_children: Some(2), ..supervisor(SimpleOneForOne) };
    let mut world = World::new(rules).up();
    world.add("#1", worker(Transient));
    // A worker that is to be restarted still counts.
    let backoff = Some(Backoff::constant(secs(1)));
    world.add("#2", ChildRules { backoff, ..worker(Transient) });
    world.exits("#2", panicked());
    let call = world.add("#3", worker(Transient));
    assert_eq!(world.answer(call), "refused, MaxChildren(2)");
    assert!(world.pass_to_deadline());
    assert_eq!(world.state("#2"), "running");
    world.exits("#1", ExitReason::Normal);
    let call = world.add("#4", worker(Transient));
    assert_eq!(world.answer(call), "done");
}

/// Adds a supervisor that runs, in its fourth life.
fn adopt(world: &mut World, name: &str) -> world::Call {
    let reply = world.next_call();
    world.bring_in(Addition::One {
        rules: Arc::new(ChildRules { kind: ChildKind::Supervisor, ..worker(Always) }),
        generation: 4,
        running: true,
        data: (world::named(name), 0),
        after: Box::default(),
        caller: None,
        reply,
    });
    reply
}

#[test]
fn a_supervisor_that_runs_is_adopted_without_a_start() {
    let mut world = up(Always);
    world.log();
    adopt(&mut world, "b");
    assert_eq!(world.log(), ["adopt b", "b started", "1: done"]);
    assert_eq!(world.lives[&world.key("b")], 5);
}

#[test]
fn a_supervisor_that_ends_as_a_root_is_not_adopted_and_leaves_no_spec() {
    let mut world = up(Always);
    world.adoption = Some(Refusal::ChildShuttingDown);
    let reply = adopt(&mut world, "b");
    assert_eq!(world.answer(reply), "refused, ChildShuttingDown");
    assert_eq!(world.state("b"), "gone");
}

#[test]
fn restart_stops_and_starts_a_child_alone() {
    for strategy in [OneForOne, RestForOne, OneForAll] {
        let mut world = World::new(supervisor(strategy))
            .with("a", worker(Always))
            .with("b", worker(Always))
            .up();
        assert_eq!(world.answer_to(Verb::StopAndStart, "a"), "done");
        assert_eq!(world.acts(), "ask a, spawn a");
    }
}

#[test]
fn stop_and_start_starts_a_child_that_is_down_or_waits() {
    is(&outcome(down(), Verb::StopAndStart), "done", "running");
    is(&outcome(waiting(), Verb::StopAndStart), "done", "running");
    is(&outcome(empty(), Verb::StopAndStart), "refused, NotFound", "gone");
}

#[test]
fn stop_and_start_brings_back_a_temporary_child_too() {
    is(&outcome(up(Temporary), Verb::StopAndStart), "done", "running");
}

#[test]
fn stop_and_start_of_a_child_that_waits_with_its_group_starts_the_group() {
    let backoff = Some(Backoff::constant(secs(60)));
    let mut world = World::new(supervisor(RestForOne))
        .with("a", worker(Always))
        .with("b", ChildRules { backoff, ..worker(Always) })
        .with("c", worker(Always))
        .up();
    world.exits("b", panicked());
    world.settle();
    world.log();
    assert_eq!(world.answer_to(Verb::StopAndStart, "b"), "done");
    assert_eq!(world.acts(), "spawn b, spawn c");
    assert_eq!(world.engine.next_deadline(), None);
}

#[test]
fn a_child_that_is_forgettable_is_forgotten_when_its_stop_and_start_fails() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Temporary)).up();
    let call = world.call(Verb::StopAndStart, "a");
    world.gone("a");
    world.exits("a", panicked());
    assert!(world.answer(call).starts_with("refused, StartFailed"));
    assert_eq!(world.state("a"), "gone");
}

#[test]
fn kill_is_a_failure_that_counts() {
    let mut world = up(Transient);
    let call = world.call(Verb::Fail(ExitReason::Killed), "a");
    assert_eq!(world.acts(), "abort a");
    assert_eq!(world.answer(call), "-");
    world.gone("a");
    assert_eq!(world.answer(call), "done");
    assert_eq!(world.log().first().map(String::as_str), Some("a failed: killed"));
    assert_eq!(world.state("a"), "running");
    assert_eq!(world.engine.intensity.left(world.now), Some(2));
}

#[test]
fn kill_counts_even_if_the_life_ends_well_at_that_moment() {
    let mut world = up(Transient);
    world.call(Verb::Fail(ExitReason::Killed), "a");
    world.exits("a", ExitReason::Normal);
    assert_eq!(world.state("a"), "running");
}

#[test]
fn kill_is_done_with_a_child_that_has_no_life() {
    is(&outcome(down(), Verb::Fail(ExitReason::Killed)), "done", "stopped");
    is(&outcome(waiting(), Verb::Fail(ExitReason::Killed)), "done", "restarting");
    is(&outcome(empty(), Verb::Fail(ExitReason::Killed)), "refused, NotFound", "gone");
}

#[test]
fn an_address_finds_its_child_without_a_name() {
    let mut world = up(Temporary);
    let key = world.key("a");
    let [first, second] = [(); 2].map(|()| {
        let reply = world.next_call();
        world.order(Subject::Key(key), Verb::Terminate, reply);
        world.settle();
        world.answer(reply)
    });
    assert_eq!((first.as_str(), second.as_str()), ("done", "refused, NotFound"));
}

#[test]
fn every_command_is_refused_while_the_supervisor_stops_and_after() {
    let mut world =
        World::new(supervisor(OneForOne)).with("a", worker(Always)).with("b", worker(Always)).up();
    world.on(Event::Stop);
    for _ in 0..2 {
        for command in [Verb::Terminate, Verb::Restart, Verb::Delete, Verb::StopAndStart] {
            let call = world.call(command, "b");
            assert_eq!(world.answer(call), "refused, ShuttingDown");
        }
        let call = world.add("c", worker(Always));
        assert_eq!(world.answer(call), "refused, ShuttingDown");
        while world.ended.is_none() && world.step() {}
    }
}

#[test]
fn the_commands_that_a_stop_overtakes_are_answered() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    let terminate = world.call(Verb::Terminate, "a");
    let stop_and_start = world.call(Verb::StopAndStart, "b");
    let kill = world.call(Verb::Fail(ExitReason::Killed), "c");
    let behind = world.call(Verb::Restart, "c");
    let add = world.add("d", notifying(Always));
    world.on(Event::Stop);
    assert_eq!(world.answer(behind), "refused, ShuttingDown");
    world.settle();
    assert_eq!(world.answer(terminate), "done");
    assert_eq!(world.answer(stop_and_start), "refused, ShuttingDown");
    assert_eq!(world.answer(kill), "done");
    assert_eq!(world.answer(add), "refused, ShuttingDown");
}

#[test]
fn the_commands_that_a_lost_runtime_overtakes_are_answered() {
    let mut world = up(Always);
    let add = world.add("b", notifying(Always));
    let terminate = world.call(Verb::Terminate, "a");
    let behind = world.call(Verb::Terminate, "a");
    world.exit_of(world.key("b"), Exit::Dropped);
    for call in [add, terminate, behind] {
        assert_eq!(world.answer(call), "refused, ShuttingDown");
    }
}
