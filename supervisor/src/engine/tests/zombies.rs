//! Lives that go on although they were aborted.

use super::*;
use crate::spec::AutoShutdown::AnySignificant;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, SimpleOneForOne};

fn killed(restart: RestartPolicy) -> ChildRules {
    ChildRules { shutdown: Shutdown::BrutalKill, ..worker(restart) }
}

/// Returns a world with a child of this policy that could not be terminated.
fn unstoppable(restart: RestartPolicy) -> World {
    let mut world = World::new(supervisor(OneForOne)).with("a", killed(restart)).up();
    world.call(Verb::Terminate, "a");
    world.pass(secs(1));
    world
}

#[test]
fn a_life_that_outlasts_the_grace_is_reported() {
    let mut world = World::new(supervisor(OneForOne)).with("a", killed(Always)).up();
    let call = world.call(Verb::Terminate, "a");
    world.log();
    world.pass(almost(secs(1)));
    assert_eq!(world.log(), [""; 0]);
    world.pass(MOMENT);
    assert_eq!(world.answer(call), "refused, StillRunning");
    assert!(world.log().contains(&"a not stopped".to_owned()));
    assert_eq!(world.state("a"), "unstoppable");
}

#[test]
fn its_mailbox_is_closed_before_it_is_reported() {
    let mut world = unstoppable(Always);
    let log = world.log();
    let at = |line: &str| log.iter().position(|seen| seen == line).expect("in the log");
    assert!(at("close a") < at("a not stopped"), "the report is the last word on its state");
}

#[test]
fn every_command_about_it_is_refused() {
    let mut world = unstoppable(Always);
    for command in [
        Verb::Terminate,
        Verb::Restart,
        Verb::Delete,
        Verb::StopAndStart,
        Verb::Fail(ExitReason::Killed),
    ] {
        let call = world.call(command, "a");
        assert_eq!(world.answer(call), "refused, StillRunning");
    }
}

#[test]
fn its_name_stays_taken() {
    let mut world = unstoppable(Always);
    let call = world.add("a", worker(Always));
    assert_eq!(world.answer(call), "refused, AlreadyPresent");
}

#[test]
fn when_it_ends_after_all_it_is_an_ordinary_child_that_is_down() {
    let mut world = unstoppable(Always);
    world.log();
    world.gone("a");
    assert_eq!(world.log(), ["a ended: killed", "a stopped late", "close a"]);
    assert_eq!(world.answer_to(Verb::Restart, "a"), "done");
}

#[test]
fn when_a_temporary_one_ends_after_all_it_is_forgotten() {
    let mut world = unstoppable(Temporary);
    assert_eq!(world.state("a"), "unstoppable");
    world.gone("a");
    assert_eq!(world.state("a"), "gone");
}

#[test]
fn a_supervisor_that_would_have_to_start_beside_it_gives_up() {
    let mut world =
        World::new(supervisor(OneForAll)).with("a", killed(Always)).with("b", killed(Always)).up();
    world.exits("b", panicked());
    world.pass(secs(1));
    assert_eq!(world.ending(), "gave up, a: its previous life could not be stopped");
    assert_eq!(world.acts(), "abort a");
}

#[test]
fn a_group_restart_goes_on_beside_a_temporary_one() {
    // A temporary child is not started again, so its zombie blocks no start.
    let mut world = World::new(supervisor(OneForAll))
        .with("a", killed(Temporary))
        .with("b", worker(Always))
        .up();
    world.exits("b", panicked());
    world.pass(secs(1));
    assert_eq!(world.acts(), "abort a, spawn b");
    assert_eq!(world.state("a"), "unstoppable");
    world.gone("a");
    assert_eq!(world.state("a"), "gone");
}

#[test]
fn a_child_that_cannot_be_killed_and_has_to_be_restarted_ends_the_supervisor() {
    for restart in [Always, Transient] {
        let mut world = World::new(supervisor(OneForOne)).with("a", worker(restart)).up();
        let call = world.call(Verb::Fail(ExitReason::Killed), "a");
        world.pass(secs(1));
        assert_eq!(world.answer(call), "refused, StillRunning");
        assert_eq!(world.ending(), "gave up, a: its previous life could not be stopped");
    }
}

#[test]
fn a_child_that_cannot_be_killed_and_is_not_restarted_ends_nothing() {
    let mut world = World::new(supervisor(SimpleOneForOne)).up();
    world.add("#1", worker(Temporary));
    world.add("#2", worker(Temporary));
    let call = world.call(Verb::Fail(ExitReason::Killed), "#1");
    world.pass(secs(1));
    assert_eq!(world.answer(call), "refused, StillRunning");
    assert_eq!(
        (world.state("#1").as_str(), world.state("#2").as_str()),
        ("unstoppable", "running")
    );
}

#[test]
fn a_significant_child_that_cannot_be_killed_counts_as_ended() {
    let rules = SupervisorRules { auto_shutdown: AnySignificant, ..supervisor(OneForOne) };
    let child = ChildRules { significant: true, ..worker(Temporary) };
    let mut world = World::new(rules).with("a", child).up();
    world.call(Verb::Fail(ExitReason::Killed), "a");
    world.pass(secs(1));
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_start_that_cannot_be_ended_ends_the_supervisor() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always)).up();
    world.exits("a", panicked());
    world.pass(secs(30));
    world.pass(secs(1));
    assert_eq!(world.ending(), "gave up, a: its previous life could not be stopped");
}

#[test]
fn a_child_whose_added_start_cannot_be_ended_is_kept_until_it_ends() {
    let mut world = World::new(supervisor(OneForOne)).up();
    let call = world.add("a", notifying(Always));
    world.pass(secs(30));
    world.pass(secs(1));
    assert_eq!(world.answer(call), "refused, StillRunning");
    assert_eq!(world.state("a"), "unstoppable");
}

#[test]
fn a_stop_leaves_it_behind_after_the_grace() {
    let mut world =
        World::new(supervisor(OneForOne)).with("a", worker(Always)).with("b", worker(Always)).up();
    world.on(Event::Stop);
    world.pass(secs(5));
    world.log();
    world.pass(secs(1));
    assert_eq!(world.log(), ["close b", "b not stopped", "ask a"]);
    world.gone("a");
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_pool_that_stops_leaves_all_of_them_behind_after_one_grace() {
    let mut world = World::new(supervisor(SimpleOneForOne)).up();
    for name in ["#1", "#2", "#3"] {
        world.add(name, worker(Temporary));
    }
    world.on(Event::Stop);
    world.pass(secs(5));
    world.pass(secs(1));
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn one_that_ends_during_the_stop_is_reported_once_more() {
    let mut world = unstoppable(Always);
    world.add("b", worker(Always));
    world.on(Event::Stop);
    world.log();
    world.gone("a");
    assert_eq!(world.log(), ["a ended: killed", "a stopped late", "close a"]);
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_command_that_wanted_its_end_is_refused_when_the_stop_gives_up_on_it() {
    let mut world = World::new(supervisor(OneForOne)).with("a", killed(Always)).up();
    let call = world.call(Verb::Terminate, "a");
    world.on(Event::Stop);
    world.pass(secs(1));
    assert_eq!(world.answer(call), "refused, StillRunning");
}

#[test]
fn a_hung_child_that_is_reached_by_a_group_stop_keeps_its_deadline() {
    let hung =
        ChildRules { heartbeat: Some(secs(9)), shutdown: Shutdown::Infinity, ..worker(Always) };
    let mut world = World::new(supervisor(OneForAll))
        .with("a", hung)
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("b", panicked());
    let a = world.key("a");
    world.on(Event::LastHeartbeat(a, 1, world.now - secs(9)));
    world.gone("c");
    // `a` blocks its thread: only the deadline can end the wait for it.
    assert!(world.pass_to_deadline());
    assert_eq!(world.ending(), "gave up, a: its previous life could not be stopped");
    assert_eq!(world.acts(), "ask c, abort a");
}

#[test]
fn a_hung_child_that_is_reached_by_a_group_stop_is_stopped_with_the_group() {
    let hung = ChildRules { heartbeat: Some(secs(9)), ..worker(Always) };
    let mut world = World::new(supervisor(OneForAll))
        .with("a", hung)
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up();
    world.exits("b", panicked());
    let a = world.key("a");
    world.on(Event::LastHeartbeat(a, 1, world.now - secs(9)));
    world.gone("c");
    world.gone("a");
    assert_eq!(world.acts(), "ask c, abort a, spawn a, spawn b, spawn c");
    assert_eq!(world.engine.intensity.left(world.now), Some(2));
}

#[test]
fn the_next_child_of_a_start_moves_on_if_it_is_forgotten() {
    // Many children start in bursts. Between two bursts the child to be started next, whose life
    // could not be stopped, ends after all.
    let mut world = World::new(supervisor(OneForAll));
    for number in 0..BURST {
        world = world.with(&format!("c{number}"), worker(Always));
    }
    let mut world = world.with("z", killed(Temporary)).with("last", worker(Always)).up();
    world.call(Verb::Terminate, "z");
    world.pass(secs(1));
    world.exits("c0", panicked());
    let z = world.key("z");
    while let Some(&key) = world.stopping.iter().find(|&&key| key != z) {
        world.exit_of(key, Exit::Dropped);
    }
    world.gone("z");
    world.settle();
    assert_eq!(world.state("last"), "running");
}
