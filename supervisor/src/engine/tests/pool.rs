//! Pools: the differences if all children are workers of one template.

use super::*;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::SimpleOneForOne;

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
        assert_eq!(world.answer_to(Verb::Terminate, "#1"), "done");
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
    // OTP 25 keeps the worker without a life, and crashes because of it when the pool ends.
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
    world.call(Verb::StopAndStart, "#1");
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
    assert_eq!(world.answer_to(Verb::Terminate, "#1"), "done");
    assert_eq!(world.engine.children().count(), 0);
    assert_eq!(world.engine.moving, 0);
}

#[test]
fn the_commands_for_specs_are_refused_also_for_strangers() {
    let mut world = pool(&worker(Always));
    for name in ["#1", "#9", "session"] {
        assert_eq!(world.answer_to(Verb::Restart, name), "refused, SimpleOneForOne");
        assert_eq!(world.answer_to(Verb::Delete, name), "refused, SimpleOneForOne");
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

#[test]
fn many_workers_are_added_by_one_command() {
    let mut world = pool(&worker(Always));
    let call = world.add_many(&["#2", "#3"], worker(Always));
    assert_eq!(world.log(), ["spawn #2", "#2 started", "spawn #3", "#3 started", "2: added 2"]);
    assert_eq!(world.answer(call), "added 2");
    world.exits("#3", panicked());
    assert_eq!(world.acts(), "spawn #3");
}

#[test]
fn of_many_workers_those_beyond_the_limit_are_refused() {
    let rules = SupervisorRules { max_children: Some(2), ..supervisor(SimpleOneForOne) };
    let mut world = World::new(rules).up();
    let call = world.add_many(&["#1", "#2", "#3", "#4"], worker(Always));
    assert_eq!(world.answer(call), "added 2, then MaxChildren(2)");
    assert_eq!((world.state("#2"), world.state("#3")), ("running".to_owned(), "gone".to_owned()));
    let again = world.add_many(&["#5"], worker(Always));
    assert_eq!(world.answer(again), "added 0, then MaxChildren(2)");
}

#[test]
fn many_workers_are_refused_by_a_pool_that_stops() {
    let mut world = pool(&worker(Always));
    world.on(Event::Stop);
    let call = world.add_many(&["#2", "#3"], worker(Always));
    assert_eq!(world.answer(call), "refused, ShuttingDown");
}

/// Returns a pool of more workers than are asked to end in one burst, with their names.
fn large(rules: ChildRules) -> (World, Vec<String>) {
    let mut world = pool(&rules);
    let names: Vec<String> = (1..=2 * BURST + 1).map(|number| format!("#{number}")).collect();
    let others: Vec<&str> = names[1..].iter().map(String::as_str).collect();
    world.add_many(&others, rules);
    world.log();
    (world, names)
}

#[test]
fn many_workers_are_asked_to_stop_in_bursts_and_do_not_wait_for_each_other() {
    let (mut world, names) = large(worker(Always));
    world.on(Event::Stop);
    assert_eq!(world.stopping.len(), BURST);
    // The end of one of them does not hasten the others.
    world.gone(&names[0]);
    assert_eq!(world.stopping.len(), BURST - 1);
    for asked in [2 * BURST - 1, 2 * BURST] {
        let event = world.later.pop_front().expect("it goes on");
        world.on(event);
        assert_eq!(world.stopping.len(), asked);
    }
    assert_eq!(world.ending(), "not ended");
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_worker_that_ends_before_it_is_asked_to_is_not_asked() {
    let (mut world, names) = large(worker(Always));
    world.on(Event::Stop);
    // The worker to be asked next, the last one, and one between them.
    for number in [BURST, 2 * BURST, BURST + 2] {
        world.exits(&names[number], panicked());
        assert_eq!(world.state(&names[number]), "gone");
    }
    world.log();
    world.settle();
    assert_eq!(world.ending(), "shutdown");
    assert_eq!(world.acts().matches("ask").count(), BURST - 2);
}

#[test]
fn a_pool_whose_time_is_over_kills_those_that_were_asked_and_those_that_were_not() {
    let (mut world, _) =
        large(ChildRules { shutdown: Shutdown::Timeout(secs(2)), ..worker(Always) });
    world.on(Event::Stop);
    world.log();
    world.pass(secs(2));
    assert_eq!(world.acts().matches("abort").count(), BURST);
    world.later.clear();
    // The rest have not been aborted when the grace is over too: they get a grace of their own.
    world.pass(secs(1));
    assert_eq!(world.acts().matches("abort").count(), BURST + 1);
    world.pass(almost(secs(1)));
    assert_eq!(world.ending(), "not ended");
    world.pass(MOMENT);
    assert_eq!(world.ending(), "shutdown");
}
