//! Stops of lives: each by its own shutdown mode, in order, or all at once.

use super::*;
use crate::spec::RestartPolicy::{Always, Temporary};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

fn ended_by(shutdown: Shutdown) -> ChildRules {
    ChildRules { shutdown, ..worker(Always) }
}

fn nested() -> ChildRules {
    ChildRules {
        kind: ChildKind::Supervisor,
        start: StartRule::Ready(None),
        ..ended_by(Shutdown::Infinity)
    }
}

fn three(strategy: SupervisionStrategy) -> World {
    World::new(supervisor(strategy))
        .with("a", worker(Always))
        .with("b", worker(Always))
        .with("c", worker(Always))
        .up()
}

/// Returns a pool whose workers have this shutdown mode.
fn pool(shutdown: Shutdown, workers: &[&str]) -> World {
    let template = Arc::new(ChildRules { shutdown, ..worker(Temporary) });
    let rules =
        SupervisorRules { template: Some(Arc::clone(&template)), ..supervisor(SimpleOneForOne) };
    let mut world = World::new(rules).up();
    for name in workers {
        world.add(name, ChildRules::clone(&template));
    }
    world.log();
    world
}

#[test]
fn a_stop_ends_the_children_one_by_one_backwards() {
    for strategy in [OneForOne, RestForOne, OneForAll] {
        let mut world = three(strategy);
        world.on(Event::Stop);
        assert_eq!(world.acts(), "ask c");
        world.gone("c");
        assert_eq!(world.acts(), "ask b");
        world.gone("b");
        assert_eq!(world.acts(), "ask a");
        world.gone("a");
        assert_eq!(world.ending(), "shutdown");
    }
}

#[test]
fn a_child_that_takes_too_long_is_dropped() {
    let mut world =
        World::new(supervisor(OneForOne)).with("a", ended_by(Shutdown::Timeout(secs(5)))).up();
    world.on(Event::Stop);
    world.pass(almost(secs(5)));
    assert_eq!(world.acts(), "ask a");
    world.pass(MOMENT);
    assert_eq!(world.log(), ["a timed out", "abort a"]);
    world.gone("a");
    assert_eq!(world.log(), ["a ended: killed", "close a", "ended"]);
}

#[test]
fn a_brutal_kill_asks_nobody() {
    let mut world =
        World::new(supervisor(OneForOne)).with("a", ended_by(Shutdown::BrutalKill)).up();
    world.on(Event::Stop);
    assert_eq!(world.acts(), "abort a");
}

#[test]
fn infinity_has_no_deadline() {
    let mut world = World::new(supervisor(OneForOne)).with("a", ended_by(Shutdown::Infinity)).up();
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask a");
    assert_eq!(world.engine.next_deadline(), None);
}

#[test]
fn a_child_that_was_dropped_before_it_looked_has_stopped_in_order() {
    let mut world = three(OneForOne);
    world.on(Event::Stop);
    world.log();
    world.gone("c");
    assert_eq!(world.log(), ["c ended: shutdown", "close c", "ask b"]);
}

#[test]
fn the_true_outcome_of_a_stop_is_reported_and_counts_for_nothing() {
    let mut world = three(OneForOne);
    world.call(Verb::Terminate, "a");
    world.log();
    world.exits("a", panicked());
    assert_eq!(world.log(), ["a ended: panic: boom", "close a", "1: done"]);
}

#[test]
fn a_pool_is_stopped_all_at_once() {
    let mut world = pool(Shutdown::WORKER, &["#1", "#2", "#3"]);
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask #1, ask #2, ask #3");
    for name in ["#2", "#3", "#1"] {
        assert_eq!(world.ending(), "not ended");
        world.gone(name);
    }
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn the_workers_of_a_pool_share_one_time() {
    let mut world = pool(Shutdown::Timeout(secs(3)), &["#1", "#2"]);
    world.on(Event::Stop);
    world.gone("#1");
    world.log();
    world.pass(secs(3));
    assert_eq!(world.log(), ["#2 timed out", "abort #2"]);
    world.gone("#2");
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_pool_that_is_killed_asks_nobody() {
    let mut world = pool(Shutdown::BrutalKill, &["#1", "#2"]);
    world.on(Event::Stop);
    assert_eq!(world.acts(), "abort #1, abort #2");
}

#[test]
fn a_pool_does_not_wait_for_ever_for_a_worker_that_was_killed_before_the_stop() {
    let mut world = pool(Shutdown::Infinity, &["#1"]);
    let call = world.call(Verb::Fail(ExitReason::Killed), "#1");
    world.on(Event::Stop);
    assert!(world.pass_to_deadline());
    assert_eq!(world.answer(call), "refused, StillRunning");
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_worker_that_is_being_stopped_keeps_its_deadline_when_its_pool_stops() {
    let mut world = pool(Shutdown::Timeout(secs(5)), &["#1", "#2"]);
    world.call(Verb::Terminate, "#1");
    world.pass(secs(4));
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask #1, ask #2");
    world.pass(secs(1));
    assert_eq!(world.acts(), "abort #1");
}

#[test]
fn a_stop_that_is_under_way_keeps_its_deadline() {
    let mut world = three(OneForOne);
    world.call(Verb::Terminate, "c");
    world.pass(secs(4));
    world.on(Event::Stop);
    world.pass(secs(1));
    assert_eq!(world.acts(), "ask c, abort c");
}

#[test]
fn a_second_stop_changes_nothing() {
    let mut world = three(OneForOne);
    world.on(Event::Stop);
    world.log();
    world.on(Event::Stop);
    assert_eq!(world.log(), [""; 0]);
}

#[test]
fn a_kill_drops_everything_at_once() {
    let mut world = three(OneForOne);
    world.on(Event::Kill);
    assert_eq!(world.acts(), "abort a, abort b, abort c");
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_kill_names_the_workers_that_it_cuts_off() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", worker(Always))
        .with("b", ended_by(Shutdown::BrutalKill))
        .with("c", nested())
        .up();
    world.on(Event::Kill);
    let cut_off = world.log().into_iter().filter(|line| line.ends_with("timed out"));
    assert_eq!(cut_off.collect::<Vec<_>>(), ["a timed out"]);
}

#[test]
fn a_kill_drops_what_a_stop_is_waiting_for_and_the_rest() {
    let mut world = three(OneForOne);
    world.on(Event::Stop);
    world.gone("c");
    world.log();
    world.on(Event::Kill);
    assert_eq!(world.acts(), "abort a, abort b");
}

#[test]
fn a_kill_gives_each_life_the_whole_grace() {
    let mut world = three(OneForOne);
    world.on(Event::Stop);
    world.pass(millis(4_900));
    world.on(Event::Kill);
    world.pass(millis(999));
    assert_eq!(world.ending(), "not ended");
    assert_eq!(world.state("c"), "stopping");
    world.pass(millis(1));
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_kill_gives_each_worker_of_a_pool_the_whole_grace() {
    let mut world = pool(Shutdown::Timeout(secs(3)), &["#1"]);
    world.on(Event::Stop);
    world.pass(millis(2_900));
    world.on(Event::Kill);
    world.pass(millis(999));
    assert_eq!(world.ending(), "not ended");
    world.pass(millis(1));
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_kill_keeps_the_reason_for_which_the_supervisor_ends() {
    let rules = SupervisorRules { max_restarts: MaxRestarts::AtMost(0), ..supervisor(OneForOne) };
    let mut world = World::new(rules).with("a", worker(Always)).with("b", worker(Always)).up();
    world.exits("b", panicked());
    world.on(Event::Kill);
    world.settle();
    assert_eq!(world.ending(), "gave up, b: panic: boom");
}

#[test]
fn a_second_kill_gives_no_more_time() {
    let mut world = three(OneForOne);
    world.on(Event::Kill);
    world.pass(millis(600));
    world.on(Event::Kill);
    world.pass(millis(400));
    assert_eq!(world.ending(), "shutdown");
    assert_eq!(world.acts(), "abort a, abort b, abort c");
}

#[test]
fn a_kill_in_the_middle_of_a_group_restart_ends_it() {
    let mut world = three(OneForAll);
    world.exits("b", panicked());
    world.log();
    world.on(Event::Kill);
    assert_eq!(world.acts(), "abort a, abort c");
    world.settle();
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_stop_in_the_middle_of_a_group_restart_starts_nothing_more() {
    let mut world = three(OneForAll);
    world.exits("b", panicked());
    world.on(Event::Stop);
    world.settle();
    assert_eq!(world.acts(), "ask c, ask a");
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_stop_before_all_have_started_starts_nothing_more() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", worker(Always))
        .with("b", notifying(Always))
        .with("c", worker(Always));
    world.on(Event::Start);
    world.on(Event::Stop);
    world.settle();
    assert_eq!(world.acts(), "spawn a, spawn b, ask b, ask a");
    assert!(!world.log().contains(&"all started".to_owned()));
}

#[test]
fn a_supervisor_that_was_never_started_stops_at_once() {
    for event in [Event::Stop, Event::Kill] {
        let mut world = World::new(supervisor(OneForOne)).with("a", worker(Always));
        world.on(event);
        assert_eq!(world.ending(), "shutdown");
    }
}

#[test]
fn a_stop_ends_a_backoff() {
    let backoff = Some(Backoff::constant(secs(60)));
    let mut world =
        World::new(supervisor(OneForOne)).with("a", ChildRules { backoff, ..worker(Always) }).up();
    world.exits("a", panicked());
    world.on(Event::Stop);
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_killed_supervisor_below_ends_by_itself_however_long_it_takes() {
    let mut world = World::new(supervisor(OneForOne)).with("a", nested()).up();
    world.on(Event::Kill);
    world.pass(secs(100));
    assert_eq!(world.ending(), "not ended");
    world.exits("a", ExitReason::Shutdown);
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn a_life_that_is_dropped_though_nobody_asked_means_that_the_runtime_goes() {
    let mut world = three(OneForOne);
    world.exit_of(world.key("b"), Exit::Dropped);
    assert_eq!(world.ending(), "runtime gone");
    assert_eq!(world.acts(), "");
}

#[test]
fn nothing_follows_the_end() {
    let mut world = three(OneForOne);
    let c = world.key("c");
    world.on(Event::Stop);
    world.settle();
    world.log();
    // The world fails on any effect other than the answers.
    for event in [Event::Tick, Event::Stop, Event::Kill, Event::Start, Event::Continue] {
        world.on(event);
    }
    world.on(Event::Exited(c, 1, Exit::Returned(panicked())));
    assert_eq!(world.log(), [""; 0]);
}

#[test]
fn of_two_terminations_that_wait_when_the_shutdown_comes_both_are_done() {
    let mut world =
        World::new(supervisor(OneForAll)).with("a", worker(Always)).with("b", worker(Always)).up();
    let first = world.call(Verb::Terminate, "a");
    let second = world.call(Verb::Terminate, "b");
    world.on(Event::Stop);
    world.settle();
    assert_eq!([first, second].map(|call| world.answer(call)), ["done", "done"]);
}
