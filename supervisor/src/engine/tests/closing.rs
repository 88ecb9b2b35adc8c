//! Children that stay down: when they are closed and shown so.

use super::*;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne};

/// Returns a supervisor that is a child, so that its parent may start it again.
fn below() -> World {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("sub", ChildRules { kind: ChildKind::Supervisor, ..worker(Always) })
        .up();
    world.engine.become_child(Always);
    world
}

fn is_closed(world: &World, name: &str) -> bool {
    world.closed[&world.key(name)]
}

#[test]
fn a_child_that_a_final_stop_has_ended_is_closed_and_shown_at_once() {
    let mut world =
        World::new(supervisor(OneForOne)).with("a", worker(Always)).with("b", worker(Always)).up();
    world.on(Event::Stop);
    world.gone("b");
    assert!(is_closed(&world, "b") && !is_closed(&world, "a"));
    assert_eq!(world.shown[&world.key("b")], ChildState::Stopped);
}

#[test]
fn a_child_that_waits_for_a_restart_is_closed_when_a_final_stop_begins() {
    let backoff = Some(Backoff::constant(secs(60)));
    let mut world = World::new(supervisor(OneForOne))
        .with("a", ChildRules { backoff, ..worker(Always) })
        .with("b", worker(Always))
        .up();
    world.exits("a", panicked());
    world.on(Event::Stop);
    assert!(is_closed(&world, "a"), "although `b` is stopped first");
    assert_eq!(world.shown[&world.key("a")], ChildState::Stopped);
}

#[test]
fn the_children_of_a_supervisor_that_may_return_stay_open() {
    let mut world = below();
    world.on(Event::Stop);
    world.settle();
    assert!(!is_closed(&world, "a") && !is_closed(&world, "b"));
    assert_eq!(world.shown[&world.key("b")], ChildState::Restarting);
}

#[test]
fn a_final_stop_that_overtakes_another_one_closes_what_has_ended() {
    let mut world = below();
    world.on(Event::Stop);
    world.gone("sub");
    assert!(!is_closed(&world, "sub"));
    world.on(Event::NoReturn);
    assert!(is_closed(&world, "sub"));
    assert_eq!(world.shown[&world.key("sub")], ChildState::Stopped);
    world.gone("b");
    assert!(is_closed(&world, "b"));
}

#[test]
fn a_nested_supervisor_learns_before_its_stop_that_it_stays_down() {
    let mut world = below();
    world.on(Event::NoReturn);
    world.log();
    world.on(Event::Stop);
    assert_eq!(world.log(), ["stopping", "no return sub", "ask sub"]);
}

#[test]
fn a_nested_supervisor_that_is_being_stopped_learns_that_it_stays_down() {
    let mut world = below();
    world.exits("a", panicked());
    world.log();
    world.on(Event::NoReturn);
    world.on(Event::Stop);
    assert_eq!(world.log(), ["stopping", "close a", "no return sub"]);
}

#[test]
fn a_group_restart_does_not_tell_a_nested_supervisor_that_it_stays_down() {
    let mut world = below();
    world.on(Event::NoReturn);
    world.exits("a", panicked());
    assert_eq!(world.acts(), "ask sub");
    assert!(!world.log().iter().any(|line| line.starts_with("no return")));
}

#[test]
fn a_terminated_supervisor_learns_that_it_stays_down() {
    let mut world = below();
    world.call(Verb::Terminate, "sub");
    assert_eq!(world.log(), ["no return sub", "ask sub"]);
}

#[test]
fn a_child_that_the_start_has_not_come_to_is_closed_when_a_stop_overtakes_the_start() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", notifying(Always))
        .with("b", worker(Always))
        .with("c", worker(Always));
    world.on(Event::Start);
    world.on(Event::Stop);
    assert!(is_closed(&world, "b") && is_closed(&world, "c"), "although `a` has not ended");
}

#[test]
fn a_child_that_the_start_has_not_come_to_is_closed_when_the_start_fails() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", worker(Always))
        .with("b", notifying(Always))
        .with("c", worker(Always));
    world.on(Event::Start);
    world.exits("b", panicked());
    assert!(is_closed(&world, "b") && is_closed(&world, "c"), "although `a` has not ended");
}

#[test]
fn a_child_that_the_start_has_not_come_to_stays_open_if_another_start_may_follow() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", worker(Always))
        .with("b", notifying(Always))
        .with("c", worker(Always));
    world.engine.become_child(Always);
    world.on(Event::Start);
    world.exits("b", panicked());
    assert_eq!(world.closed.get(&world.key("c")), None);
    let c = world.key("c");
    assert_eq!(world.engine.child(c).map(|child| child.shown), Some(Shown::Held));
}

#[test]
fn a_supervisor_that_is_never_restarted_closes_its_children_when_it_gives_up() {
    for (policy, closes) in [(Always, false), (Transient, false), (Temporary, true)] {
        let rules =
            SupervisorRules { max_restarts: MaxRestarts::AtMost(0), ..supervisor(OneForOne) };
        let mut world = World::new(rules).with("a", worker(Always)).with("b", worker(Always)).up();
        world.engine.become_child(policy);
        world.exits("b", panicked());
        assert_eq!(is_closed(&world, "b"), closes, "{policy:?}, although `a` has not ended");
    }
}

#[test]
fn a_supervisor_that_shuts_itself_down_and_is_not_restarted_then_closes_its_children() {
    for (policy, closes) in [(Always, false), (Transient, true), (Temporary, true)] {
        let rules = SupervisorRules {
            auto_shutdown: AutoShutdown::AnySignificant,
            ..supervisor(OneForOne)
        };
        let significant = ChildRules { significant: true, ..worker(Transient) };
        let mut world = World::new(rules)
            .with("a", worker(Always))
            .with("b", worker(Always))
            .with("c", significant)
            .up();
        world.engine.become_child(policy);
        world.exits("c", ExitReason::Normal);
        world.gone("b");
        assert_eq!(is_closed(&world, "b"), closes, "{policy:?}, although `a` has not ended");
    }
}

#[test]
fn a_temporary_child_that_ends_while_its_supervisor_is_busy_is_closed_at_once() {
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", worker(Temporary))
        .up();
    world.call(Verb::Terminate, "a");
    world.exits("b", panicked());
    assert!(is_closed(&world, "b"), "although `a` has not ended");
    assert_eq!(world.shown[&world.key("b")], ChildState::Finished);
}

#[test]
fn a_child_that_ends_while_its_supervisor_is_busy_is_held() {
    let mut world =
        World::new(supervisor(OneForAll)).with("a", worker(Always)).with("b", worker(Always)).up();
    world.call(Verb::Terminate, "a");
    world.exits("b", panicked());
    let b = world.key("b");
    assert_eq!(world.engine.child(b).map(|child| child.shown), Some(Shown::Held));
    assert!(!is_closed(&world, "b"));
}

#[test]
fn a_child_whose_start_is_tried_again_is_held_by_its_group() {
    for (strategy, shown) in
        [(OneForAll, Shown::Held), (OneForOne, Shown::Is(ChildState::Restarting))]
    {
        let mut world = World::new(supervisor(strategy)).with("a", notifying(Always)).up();
        world.exits("a", panicked());
        // (Its first restart is over once it fails; the next attempt is a message.)
        world.exits("a", panicked());
        let a = world.key("a");
        assert_eq!(world.engine.child(a).map(|child| child.shown), Some(shown));
    }
}
