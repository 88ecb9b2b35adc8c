//! A stop in steps: the drain, the stop in order, and the kill when the time for the whole is over.

use super::*;
use crate::spec::Order;
use crate::spec::RestartPolicy::{Always, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne};

fn two(strategy: SupervisionStrategy) -> World {
    World::new(supervisor(strategy)).with("a", worker(Always)).with("b", worker(Always)).up()
}

#[test]
fn children_go_on_until_the_drain_time_is_over() {
    let mut world = two(OneForOne);
    world.on(Event::Drain(secs(5)));
    assert_eq!(world.log(), ["draining for 5s"]);
    world.pass(almost(secs(5)));
    assert!(world.engine.is_draining() && !world.engine.is_stopping());
    assert_eq!(world.log(), [""; 0]);
    world.pass(MOMENT);
    assert_eq!(world.log(), ["stopping", "ask b"]);
    assert!(!world.engine.is_draining());
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_further_request_does_not_begin_the_drain_again() {
    let mut world = two(OneForOne);
    world.on(Event::Drain(secs(5)));
    world.pass(secs(3));
    world.on(Event::Drain(secs(5)));
    world.pass(secs(2));
    assert_eq!(world.acts(), "ask b");
    world.on(Event::Drain(secs(5)));
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_stop_ends_the_drain_and_a_kill_ends_the_stop() {
    let mut world = two(OneForOne);
    world.on(Event::Drain(secs(5)));
    world.pass(secs(1));
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask b");
    world.pass(secs(4));
    assert_eq!(world.acts(), "", "the deadline of the drain was left");
    world.on(Event::Kill);
    assert_eq!(world.acts(), "abort a, abort b");
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_kill_ends_the_drain() {
    let mut world = two(OneForOne);
    world.on(Event::Drain(secs(5)));
    world.on(Event::Kill);
    assert_eq!(world.acts(), "abort a, abort b");
    assert!(!world.engine.is_draining());
}

#[test]
fn children_are_restarted_while_the_supervisor_drains() {
    for strategy in [OneForOne, OneForAll, RestForOne] {
        let mut world = two(strategy);
        world.on(Event::Drain(secs(5)));
        world.exits("a", panicked());
        world.settle();
        assert_eq!(world.state("a"), "running");
        world.pass(secs(5));
        world.settle();
        assert_eq!(world.ending(), "shutdown");
    }
}

#[test]
fn the_drain_goes_on_through_a_backoff_and_its_end_ends_the_backoff() {
    let backoff = Some(Backoff::constant(secs(60)));
    let rules = ChildRules { backoff, ..worker(Always) };
    for strategy in [OneForOne, OneForAll] {
        let world = World::new(supervisor(strategy));
        let mut world = world.with("a", rules.clone()).with("b", worker(Always)).up();
        world.on(Event::Drain(secs(5)));
        world.exits("a", panicked());
        world.settle();
        assert_eq!(world.state("a"), "restarting");
        world.pass(secs(5));
        world.settle();
        assert_eq!(world.ending(), "shutdown", "{strategy}");
    }
}

#[test]
fn the_end_of_the_drain_overtakes_a_group_restart() {
    let mut world = two(OneForAll);
    world.on(Event::Drain(secs(5)));
    world.pass(almost(secs(5)));
    world.exits("a", panicked());
    assert_eq!(world.acts(), "ask b");
    world.pass(MOMENT);
    world.settle();
    assert_eq!((world.acts().as_str(), world.ending().as_str()), ("", "shutdown"));
}

#[test]
fn a_supervisor_that_gives_up_while_it_drains_ends_as_it_would_have() {
    let rules = SupervisorRules { max_restarts: MaxRestarts::AtMost(0), ..supervisor(OneForOne) };
    let mut world = World::new(rules).with("a", worker(Always)).with("b", worker(Always)).up();
    world.on(Event::Drain(secs(5)));
    world.exits("a", panicked());
    assert!(!world.engine.is_draining());
    assert_eq!(world.acts(), "ask b");
    world.on(Event::Drain(secs(5)));
    world.settle();
    assert!(world.ending().starts_with("gave up, a"), "{}", world.ending());
    assert_eq!(world.engine.next_deadline(), None);
}

#[test]
fn a_supervisor_that_ends_by_itself_while_it_drains_does_not_wait() {
    let auto_shutdown = AutoShutdown::AnySignificant;
    let rules = SupervisorRules { auto_shutdown, ..supervisor(OneForOne) };
    let job = ChildRules { significant: true, ..worker(Transient) };
    let mut world = World::new(rules).with("job", job).with("b", worker(Always)).up();
    world.on(Event::Drain(secs(5)));
    world.exits("job", ExitReason::Normal);
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_start_and_a_supervisor_without_a_drain_time_do_not_drain() {
    let mut world = World::new(supervisor(OneForOne)).with("a", notifying(Always));
    world.on(Event::Start);
    world.on(Event::Drain(secs(5)));
    assert_eq!(world.acts(), "spawn a, ask a");

    let mut world = two(OneForOne);
    world.on(Event::Drain(Duration::ZERO));
    assert_eq!(world.log(), ["stopping", "ask b"]);
}

#[test]
fn a_drain_without_an_end_is_ended_by_a_stop() {
    let mut world = two(OneForOne);
    world.on(Event::Drain(Duration::MAX));
    assert!(world.engine.is_draining());
    assert_eq!(world.engine.next_deadline(), None);
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask b");
}

#[test]
fn commands_are_carried_out_while_the_supervisor_drains() {
    let mut world = two(OneForOne);
    world.on(Event::Drain(secs(5)));
    let call = world.add("c", worker(Always));
    assert_eq!(world.answer(call), "done");
    assert_eq!(world.answer_to(Verb::Terminate, "a"), "done");
    assert!(world.engine.is_draining());
}

#[test]
fn what_has_not_ended_when_the_time_is_over_is_killed() {
    let patient = ChildRules { shutdown: Shutdown::Infinity, ..worker(Always) };
    let world = World::new(supervisor(OneForOne)).with("a", worker(Always));
    let mut world = world.with("b", patient).up();
    let end = world.now + secs(10);
    world.on(Event::Drain(secs(4)));
    world.on(Event::EndBy(end));
    world.pass(secs(4));
    assert_eq!(world.log(), ["draining for 4s", "stopping", "ask b"]);
    world.pass(almost(secs(6)));
    assert_eq!(world.log(), [""; 0]);
    world.pass(MOMENT);
    assert_eq!(world.log(), ["out of time", "a timed out", "b timed out", "abort a", "abort b"]);
    world.settle();
    assert_eq!(world.ending(), "shutdown");
    assert_eq!(world.engine.next_deadline(), None);
}

#[test]
fn the_earliest_end_counts() {
    let mut world = two(OneForOne);
    let now = world.now;
    for time in [8, 3, 5] {
        world.on(Event::EndBy(now + secs(time)));
    }
    world.on(Event::Stop);
    world.pass(secs(3));
    assert_eq!(world.acts(), "ask b, abort a, abort b");
}

#[test]
fn a_stop_that_ends_in_time_is_not_killed() {
    let mut world = two(OneForOne);
    world.on(Event::EndBy(world.now + secs(3)));
    world.on(Event::Stop);
    world.settle();
    assert_eq!(world.ending(), "shutdown");
    world.pass(secs(3));
    assert!(!world.log().contains(&"out of time".to_owned()));
}

/// Nothing can be done about a life that is aborted already, so nobody is told of an act.
#[test]
fn a_time_that_is_over_when_all_is_aborted_changes_nothing() {
    for order in [Order::Declaration, Order::ByUse] {
        let killed = ChildRules { shutdown: Shutdown::BrutalKill, ..worker(Always) };
        let rules = SupervisorRules { order, kill_grace: secs(5), ..supervisor(OneForOne) };
        let mut world = World::new(rules).with("a", killed).up();
        world.on(Event::EndBy(world.now + secs(1)));
        world.on(Event::Stop);
        assert_eq!(world.log(), ["stopping", "abort a"]);
        world.pass(secs(1));
        assert_eq!(world.log(), [""; 0]);
        world.gone("a");
        assert_eq!(world.ending(), "shutdown");
    }
}

#[test]
fn a_time_that_is_over_before_the_stop_has_begun_kills_all() {
    let mut world = two(OneForOne);
    world.on(Event::Drain(secs(60)));
    world.on(Event::EndBy(world.now));
    assert_eq!(world.acts(), "abort a, abort b");
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn the_time_for_the_whole_bounds_a_supervisor_that_gives_up_too() {
    let rules = SupervisorRules { max_restarts: MaxRestarts::AtMost(0), ..supervisor(OneForOne) };
    let patient = ChildRules { shutdown: Shutdown::Infinity, ..worker(Always) };
    let mut world = World::new(rules).with("a", worker(Always)).with("b", patient).up();
    world.exits("a", panicked());
    world.on(Event::EndBy(world.now + secs(3)));
    world.pass(secs(3));
    assert_eq!(world.acts(), "ask b, abort b");
    world.settle();
    assert!(world.ending().starts_with("gave up, a"), "{}", world.ending());
}
