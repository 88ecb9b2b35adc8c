//! What is different where all children are workers of one template.

use super::*;
use crate::restart::RestartPolicy::{Always, Temporary, Transient};
use crate::strategy::SupervisionStrategy::SimpleOneForOne;

fn pool(worker: &ChildRules) -> World {
    let template = Some(Arc::new(worker.clone()));
    let mut world = World::new(SupervisorRules { template, ..supervisor(SimpleOneForOne) }).up();
    world.add("#1", worker.clone());
    if worker.needs_report() {
        world.ready("#1");
    }
    world.log();
    world
}

#[test]
fn it_starts_without_workers() {
    let mut world = World::new(supervisor(SimpleOneForOne));
    world.on(Event::Start);
    assert_eq!(world.log(), ["all started"]);
}

#[test]
fn a_worker_that_is_not_restarted_is_forgotten() {
    for restart in [Transient, Temporary] {
        let mut world = pool(&worker(restart));
        world.exits("#1", ExitReason::Normal);
        assert_eq!(world.state("#1"), "gone");
    }
}

#[test]
fn a_worker_that_is_terminated_is_forgotten() {
    for restart in [Always, Transient, Temporary] {
        let mut world = pool(&worker(restart));
        assert_eq!(world.asked(Command::Terminate, "#1"), "done");
        assert_eq!(world.state("#1"), "gone");
    }
}

#[test]
fn a_worker_that_declines_is_forgotten() {
    let mut world = pool(&notifying(Always));
    let call = world.add("#2", notifying(Always));
    world.exits("#2", ExitReason::Normal);
    assert_eq!(world.answer(call), "declined");
    assert_eq!(world.state("#2"), "gone");
}

#[test]
fn a_worker_that_declines_its_restart_is_forgotten() {
    // OTP 25 keeps it without a life, and crashes over that when the pool ends.
    let mut world = pool(&notifying(Always));
    world.exits("#1", panicked());
    world.exits("#1", ExitReason::Normal);
    assert_eq!(world.state("#1"), "gone");
    world.on(Event::Stop);
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_worker_whose_cycle_fails_is_forgotten() {
    let mut world = pool(&notifying(Always));
    world.call(Command::Cycle, "#1");
    world.gone("#1");
    world.exits("#1", panicked());
    assert_eq!(world.state("#1"), "gone");
}

#[test]
fn a_worker_whose_restart_fails_tries_again() {
    let mut world = pool(&notifying(Always));
    world.exits("#1", panicked());
    world.exits("#1", panicked());
    assert_eq!(world.state("#1"), "restarting");
    world.settle();
    assert_eq!(world.state("#1"), "running");
}

#[test]
fn a_worker_that_is_terminated_between_two_attempts_leaves_no_trace() {
    // OTP 25 then counts one restarting worker too many, for ever.
    let mut world = pool(&notifying(Always));
    world.exits("#1", panicked());
    world.exits("#1", panicked());
    assert_eq!(world.asked(Command::Terminate, "#1"), "done");
    assert_eq!(world.engine.children().count(), 0);
    assert_eq!(world.engine.moving, 0);
}

#[test]
fn the_commands_for_specs_are_refused_also_for_strangers() {
    let mut world = pool(&worker(Always));
    for name in ["#1", "#9", "session"] {
        assert_eq!(world.asked(Command::Restart, name), "refused, SimpleOneForOne");
        assert_eq!(world.asked(Command::Delete, name), "refused, SimpleOneForOne");
    }
}

#[test]
fn all_workers_share_one_limit() {
    let mut world = pool(&worker(Always));
    for name in ["#2", "#3", "#4"] {
        world.add(name, worker(Always));
    }
    for name in ["#1", "#2", "#3"] {
        world.exits(name, panicked());
    }
    assert_eq!(world.ending(), "not ended");
    world.exits("#4", panicked());
    world.settle();
    assert_eq!(world.ending(), "gave up, #4: panic: boom");
}
