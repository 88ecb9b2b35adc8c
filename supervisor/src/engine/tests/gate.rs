//! Children behind a gate.

use super::*;
use crate::spec::RestartPolicy::Always;
use crate::spec::SupervisionStrategy::OneForOne;

/// A supervisor with a child, and behind a gate another supervisor.
fn gated() -> World {
    let rules = ChildRules {
        kind: ChildKind::Supervisor,
        start: StartRule::Ready(None),
        gated: true,
        ..worker(Always)
    };
    World::new(supervisor(OneForOne)).with("keeper", worker(Always)).with("leader", rules)
}

#[test]
fn a_start_does_not_wait_for_a_child_on_standby() {
    let mut world = gated();
    world.on(Event::Start);
    assert_eq!(world.log(), ["spawn keeper", "keeper started", "close leader", "all started"]);
    assert_eq!(world.state("leader"), "standby");
}

#[test]
fn an_open_gate_starts_the_child_and_a_shut_one_stops_it_without_a_failure() {
    let mut world = gated().up();
    let open = world.call(Verb::Open, "leader");
    assert_eq!(world.log(), ["spawn leader"]);
    world.ready("leader");
    assert_eq!((world.answer(open).as_str(), world.state("leader").as_str()), ("done", "running"));
    world.log();
    let shut = world.call(Verb::Shut, "leader");
    world.gone("leader");
    assert_eq!((world.answer(shut).as_str(), world.state("leader").as_str()), ("done", "standby"));
    assert!(!world.log().iter().any(|line| line.contains("failed")));
}

#[test]
fn a_gate_is_shut_while_the_child_starts() {
    let mut world = gated().up();
    let open = world.call(Verb::Open, "leader");
    world.log();
    let shut = world.call(Verb::Shut, "leader");
    assert_eq!(world.acts(), "ask leader");
    assert_eq!(world.answer(open), "refused, ShuttingDown");
    world.gone("leader");
    assert_eq!((world.answer(shut).as_str(), world.state("leader").as_str()), ("done", "standby"));
}

#[test]
fn a_gate_is_shut_while_the_supervisor_stops() {
    let mut world = gated().up();
    world.call(Verb::Open, "leader");
    world.ready("leader");
    world.on(Event::Stop);
    let shut = world.call(Verb::Shut, "leader");
    world.gone("leader");
    assert_eq!(world.answer(shut), "done");
    world.gone("keeper");
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn no_other_order_starts_a_child_on_standby() {
    let mut world = gated().up();
    assert_eq!(world.answer_to(Verb::Restart, "leader"), "refused, Standby");
    assert_eq!(world.answer_to(Verb::StopAndStart, "leader"), "refused, Standby");
    assert_eq!(world.answer_to(Verb::Terminate, "leader"), "done");
    assert_eq!(world.state("leader"), "standby");
}
