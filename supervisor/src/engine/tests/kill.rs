//! Kills: each ends the life of the moment, whatever the supervisor is doing.

use super::*;
use crate::spec::RestartPolicy::Always;
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne};

const KILL: Verb = Verb::Fail(ExitReason::Killed);

fn two(strategy: SupervisionStrategy) -> World {
    World::new(supervisor(strategy)).with("a", worker(Always)).with("b", worker(Always)).up()
}

#[test]
fn a_kill_cuts_short_the_stop_of_a_restart() {
    for strategy in [OneForOne, OneForAll, RestForOne] {
        let mut world = two(strategy);
        let restart = world.call(Verb::StopAndStart, "a");
        let kill = world.call(KILL, "a");
        assert_eq!(world.acts(), "ask a, abort a");
        assert_eq!((world.answer(kill).as_str(), world.answer(restart).as_str()), ("-", "-"));
        world.gone("a");
        assert_eq!(world.answer(kill), "done");
        assert_eq!(world.answer(restart), "done");
        assert_eq!(world.acts(), "spawn a", "the next life is not killed");
        assert_eq!(world.engine.intensity.left(world.now), Some(3), "no restart is counted");
    }
}

#[test]
fn a_kill_cuts_short_a_termination() {
    let mut world = two(OneForOne);
    let terminate = world.call(Verb::Terminate, "a");
    let kill = world.call(KILL, "a");
    world.gone("a");
    assert_eq!([terminate, kill].map(|call| world.answer(call)), ["done", "done"]);
    assert_eq!(world.state("a"), "stopped");
}

#[test]
fn a_kill_ends_a_life_that_hangs_in_its_start() {
    for strategy in [OneForOne, OneForAll] {
        let mut world = World::new(supervisor(strategy)).with("a", notifying(Always)).up();
        world.exits("a", panicked());
        world.log();
        let kill = world.call(KILL, "a");
        assert_eq!(world.acts(), "abort a");
        world.gone("a");
        assert_eq!(world.answer(kill), "done");
        assert_eq!(world.log().first().map(String::as_str), Some("a did not start: killed"));
        world.settle();
        assert_eq!(world.state("a"), "running");
        assert_eq!(world.engine.intensity.left(world.now), Some(1), "each start counts");
    }
}

#[test]
fn a_kill_in_the_first_start_fails_the_start_of_the_supervisor() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always));
    world.on(Event::Start);
    let kill = world.call(KILL, "a");
    world.gone("a");
    assert_eq!(world.answer(kill), "done");
    assert_eq!(world.ending(), "no start, a: killed");
}

#[test]
fn a_kill_works_while_the_supervisor_stops() {
    let mut world = two(OneForOne);
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask b");
    let kills = [world.call(KILL, "b"), world.call(KILL, "a"), world.call(KILL, "b")];
    assert_eq!(world.acts(), "abort b, abort a");
    world.settle();
    assert_eq!(kills.map(|call| world.answer(call)), ["done", "done", "done"]);
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_kill_works_while_the_group_is_stopped() {
    let mut world = two(OneForAll);
    world.exits("a", panicked());
    assert_eq!(world.acts(), "ask b");
    let kill = world.call(KILL, "b");
    assert_eq!(world.acts(), "abort b");
    world.gone("b");
    assert_eq!(world.answer(kill), "done");
    assert_eq!(world.acts(), "spawn a, spawn b");
    assert_eq!(world.engine.intensity.left(world.now), Some(2), "one restart, not two");
}

#[test]
fn a_kill_of_a_sibling_does_not_wait_for_the_group() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("a", panicked());
    assert_eq!(world.acts(), "ask c");
    let kill = world.call(KILL, "b");
    assert_eq!(world.acts(), "abort b");
    world.gone("b");
    assert_eq!(world.answer(kill), "done");
    world.gone("c");
    assert_eq!(world.acts(), "spawn a, spawn b, spawn c");
}

#[test]
fn a_killed_life_that_goes_on_is_reported_to_each_who_has_killed_it() {
    for stops in [false, true] {
        let mut world = two(OneForOne);
        world.call(Verb::Terminate, "b");
        let kills = [world.call(KILL, "b"), world.call(KILL, "b")];
        if stops {
            world.on(Event::Stop);
        }
        assert!(world.pass_to_deadline());
        let refused = "refused, StillRunning";
        assert_eq!(kills.map(|call| world.answer(call)), [refused, refused]);
    }
}

#[test]
fn a_kill_that_the_runtime_overtakes_is_answered() {
    let mut world = two(OneForOne);
    let kill = world.call(KILL, "b");
    world.exit_of(world.key("a"), Exit::Dropped);
    assert_eq!(world.answer(kill), "refused, ShuttingDown");
}

#[test]
fn a_supervisor_that_was_killed_has_ended_by_the_kill() {
    let sub = ChildRules { kind: ChildKind::Supervisor, ..worker(Always) };
    let mut world = World::new(supervisor(OneForOne)).with("sub", sub).up();
    world.call(KILL, "sub");
    world.log();
    // Its children are killed, and then it ends in order.
    world.exits("sub", ExitReason::Shutdown);
    assert_eq!(world.log().first().map(String::as_str), Some("sub failed: killed"));
}
