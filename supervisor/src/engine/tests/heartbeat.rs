//! Children that have to give heartbeats.

use super::*;
use crate::spec::RestartPolicy::Always;
use crate::spec::SupervisionStrategy::OneForOne;

fn watched() -> World {
    let rules = ChildRules { heartbeat: Some(secs(10)), ..worker(Always) };
    World::new(supervisor(OneForOne)).with("a", rules).up()
}

#[test]
fn a_sign_is_looked_for_when_one_is_due() {
    let mut world = watched();
    world.pass(almost(secs(10)));
    assert_eq!(world.log(), [""; 0]);
    world.pass(MOMENT);
    assert_eq!(world.log(), ["check a"]);
}

#[test]
fn the_next_sign_is_due_one_heartbeat_after_the_last() {
    let mut world = watched();
    let start = world.now;
    let a = world.key("a");
    world.pass(secs(10));
    world.on(Event::LastHeartbeat(a, 1, start + secs(7)));
    assert_eq!(world.engine.next_deadline(), Some(start + secs(17)));
}

#[test]
fn a_life_without_a_sign_is_dropped_and_restarted_as_a_failure() {
    let mut world = watched();
    let a = world.key("a");
    world.pass(secs(10));
    world.log();
    world.on(Event::LastHeartbeat(a, 1, world.now - secs(10)));
    assert_eq!(world.log(), ["abort a"]);
    world.gone("a");
    assert_eq!(
        world.log(),
        ["a failed: no heartbeat within 10s", "spawn a", "a restarted, 2 left"]
    );
}

#[test]
fn the_next_life_is_watched_too() {
    let mut world = watched();
    world.pass(secs(3));
    world.exits("a", panicked());
    assert_eq!(world.engine.next_deadline(), Some(world.now + secs(10)));
}

#[test]
fn a_report_about_an_earlier_life_changes_nothing() {
    let mut world = watched();
    let a = world.key("a");
    world.exits("a", panicked());
    world.log();
    world.on(Event::LastHeartbeat(a, 1, world.now - secs(10)));
    world.on(Event::LastHeartbeat(a, 1, world.now));
    assert_eq!(world.log(), [""; 0]);
    assert_eq!(world.engine.next_deadline(), Some(world.now + secs(10)));
}

#[test]
fn a_check_that_comes_late_itself_gives_one_more_round() {
    let mut world = watched();
    // The process was frozen: the child had no time to give its sign either.
    world.pass(secs(60));
    assert_eq!(world.log(), [""; 0]);
    assert_eq!(world.engine.next_deadline(), Some(world.now + secs(10)));
    world.pass(secs(12));
    assert_eq!(world.log(), ["check a"], "a little late is not frozen");
}

#[test]
fn a_life_that_is_being_stopped_is_not_watched() {
    let mut world = watched();
    let a = world.key("a");
    world.call(Verb::Terminate, "a");
    world.log();
    world.on(Event::LastHeartbeat(a, 1, world.now - secs(10)));
    assert_eq!(world.log(), [""; 0]);
}

#[test]
fn a_heartbeat_of_no_time_watches_nothing() {
    // A check that is due again as soon as it is made would keep the supervisor busy for ever.
    let rules = ChildRules { heartbeat: Some(Duration::ZERO), ..worker(Always) };
    let mut world = World::new(supervisor(OneForOne)).with("a", rules).up();
    let a = world.key("a");
    world.on(Event::LastHeartbeat(a, 1, world.now));
    assert_eq!(world.log(), [""; 0]);
}
