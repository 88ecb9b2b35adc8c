//! Restarts with a delay.

use super::*;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne};

fn patient(restart: RestartPolicy, backoff: Backoff) -> ChildRules {
    ChildRules { backoff: Some(backoff), ..worker(restart) }
}

/// Returns a world with `a`, `b` and `c`, of which `b` waits five to ten seconds before a restart.
fn three(strategy: SupervisionStrategy) -> World {
    let rules = SupervisorRules { restart_window: secs(60), ..supervisor(strategy) };
    World::new(rules)
        .with("a", worker(Always))
        .with("b", patient(Always, Backoff::constant(secs(10))))
        .with("c", worker(Always))
        .up()
}

fn left(world: &mut World) -> Option<u32> {
    let now = world.now;
    world.engine.intensity.left(now)
}

#[test]
fn the_first_restart_already_waits() {
    let mut world = three(OneForOne);
    world.exits("b", panicked());
    assert_eq!(world.log(), ["b failed: panic: boom", "b delayed"]);
    world.pass(almost(secs(5)));
    assert_eq!(world.acts(), "");
    world.pass(secs(5));
    assert_eq!(world.acts(), "spawn b");
}

#[test]
fn the_credit_is_taken_at_the_exit() {
    let mut world = three(OneForOne);
    world.exits("b", panicked());
    assert_eq!(left(&mut world), Some(2));
    assert!(world.pass_to_deadline());
    assert_eq!(left(&mut world), Some(2));
}

#[test]
fn the_siblings_go_on_under_one_for_one() {
    let mut world = three(OneForOne);
    world.exits("b", panicked());
    assert_eq!((world.state("a").as_str(), world.state("c").as_str()), ("running", "running"));
    world.exits("c", panicked());
    assert_eq!(world.acts(), "spawn c");
}

/// Returns the delays of a child that fails after having been up for this time.
fn delays(healthy: Duration) -> Vec<Duration> {
    let rules = SupervisorRules {
        max_restarts: MaxRestarts::Unlimited,
        restart_window: secs(5),
        ..supervisor(OneForOne)
    };
    let child = patient(Always, Backoff::new(secs(1), secs(6)));
    let mut world = World::new(rules).with("a", child).up();
    (0..5)
        .map(|_| {
            world.pass(healthy);
            world.exits("a", panicked());
            let failed = world.now;
            assert!(world.pass_to_deadline());
            world.now - failed
        })
        .collect()
}

#[test]
fn each_delay_doubles_and_is_drawn_between_half_of_it_and_all_of_it() {
    let caps = [1, 2, 4, 6, 6].map(secs);
    for (delay, cap) in delays(Duration::ZERO).into_iter().zip(caps) {
        assert!(cap / 2 <= delay && delay <= cap, "{delay:?} of {cap:?}");
    }
}

#[test]
fn the_delays_start_again_after_a_window_of_health() {
    assert!(delays(secs(5)).into_iter().all(|delay| delay <= secs(1)));
    let delays = delays(almost(secs(5)));
    assert!(delays[4] >= secs(3), "{delays:?}");
}

#[test]
fn health_counts_even_if_the_life_was_stopped_and_did_not_fail() {
    let mut world = World::new(supervisor(OneForOne))
        .with("a", patient(Always, Backoff::new(secs(1), secs(60))))
        .up();
    for _ in 0..3 {
        world.exits("a", panicked());
        assert!(world.pass_to_deadline());
        world.pass(secs(1));
    }
    world.pass(secs(60));
    assert_eq!(world.answer_to(Verb::StopAndStart, "a"), "done");
    world.exits("a", panicked());
    let failed = world.now;
    assert!(world.pass_to_deadline());
    assert!(world.now - failed <= secs(1));
}

#[test]
fn a_group_is_stopped_at_once_and_started_after_the_delay() {
    let mut world = three(OneForAll);
    world.exits("b", panicked());
    world.settle();
    assert_eq!(world.acts(), "ask c, ask a");
    assert_eq!(world.state("a"), "restarting");
    assert!(world.pass_to_deadline());
    assert_eq!(world.acts(), "spawn a, spawn b, spawn c");
}

#[test]
fn the_delays_of_siblings_play_no_part_in_a_group_restart() {
    let mut world = three(OneForAll);
    world.exits("a", panicked());
    world.settle();
    assert_eq!(world.acts(), "ask c, ask b, spawn a, spawn b, spawn c");
}

#[test]
fn the_delay_of_a_group_begins_when_it_has_stopped() {
    let mut world = three(OneForAll);
    world.exits("b", panicked());
    world.pass(secs(4));
    world.settle();
    let stopped = world.now;
    assert!(world.pass_to_deadline());
    assert!(world.now - stopped >= secs(5));
}

#[test]
fn another_failure_during_the_delay_replaces_the_restart_by_a_wider_one() {
    let mut world = three(RestForOne);
    world.exits("b", panicked());
    world.settle();
    world.log();
    world.exits("a", panicked());
    world.settle();
    assert_eq!(world.acts(), "spawn a, spawn b, spawn c");
    assert_eq!(left(&mut world), Some(1));
    assert_eq!(world.engine.next_deadline(), None, "the delay of `b` is void");
}

#[test]
fn an_exit_during_the_delay_that_restarts_nothing_leaves_the_delay_alone() {
    let mut world = World::new(supervisor(RestForOne))
        .with("a", worker(Transient))
        .with("b", patient(Always, Backoff::constant(secs(10))))
        .up();
    world.exits("b", panicked());
    world.exits("a", ExitReason::Normal);
    assert!(world.pass_to_deadline());
    assert_eq!((world.state("a").as_str(), world.state("b").as_str()), ("finished", "running"));
}

#[test]
fn commands_are_carried_out_during_the_delay() {
    let mut world = three(OneForAll);
    world.exits("b", panicked());
    world.settle();
    let call = world.add("d", worker(Temporary));
    assert_eq!(world.answer(call), "done");
    assert_eq!(world.answer_to(Verb::Restart, "a"), "done");
    world.log();
    assert!(world.pass_to_deadline());
    assert_eq!(world.acts(), "spawn b, spawn c");
}

#[test]
fn terminating_the_delayed_child_starts_the_others_without_it() {
    let mut world = three(OneForAll);
    world.exits("b", panicked());
    world.settle();
    world.log();
    assert_eq!(world.answer_to(Verb::Terminate, "b"), "done");
    assert_eq!(world.acts(), "spawn a, spawn c");
    assert_eq!(world.state("b"), "stopped");
    assert_eq!(world.engine.next_deadline(), None);
}

#[test]
fn terminating_a_child_that_waits_with_the_group_does_not_end_the_wait() {
    let mut world = three(OneForAll);
    world.exits("b", panicked());
    world.settle();
    world.log();
    assert_eq!(world.answer_to(Verb::Terminate, "c"), "done");
    assert_eq!(world.state("b"), "restarting");
    assert!(world.pass_to_deadline());
    // As in OTP, a group restart brings back a terminated child.
    assert_eq!(world.acts(), "spawn a, spawn b, spawn c");
}

#[test]
fn a_failed_start_in_the_group_waits_and_cycles_the_group_again() {
    let notifying = ChildRules {
        start: notifying(Always).start,
        ..patient(Always, Backoff::constant(secs(10)))
    };
    let rules = SupervisorRules { restart_window: secs(60), ..supervisor(OneForAll) };
    let mut world = World::new(rules).with("a", worker(Always)).with("b", notifying).up();
    world.exits("a", panicked());
    world.gone("b");
    world.exits("b", panicked());
    world.log();
    assert_eq!(world.state("a"), "running");
    assert!(world.pass_to_deadline());
    assert_eq!(world.acts(), "ask a");
    world.settle();
    assert_eq!(world.acts(), "spawn a, spawn b");
    assert_eq!(left(&mut world), Some(1));
}

#[test]
fn terminating_a_child_whose_failed_start_waits_starts_the_others_without_it() {
    let notifying = ChildRules {
        start: notifying(Always).start,
        ..patient(Always, Backoff::constant(secs(10)))
    };
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", notifying)
        .with("c", worker(Always))
        .up();
    world.exits("a", panicked());
    world.gone("c");
    world.gone("b");
    world.exits("b", panicked());
    world.log();
    assert_eq!(world.answer_to(Verb::Terminate, "b"), "done");
    assert_eq!(world.acts(), "spawn c");
}

#[test]
fn what_a_failed_start_left_down_stays_down_when_the_retry_is_terminated() {
    // Without a backoff no delay is ended early, and OTP's rule holds.
    let mut world = World::new(supervisor(OneForAll))
        .with("a", worker(Always))
        .with("b", notifying(Always))
        .with("c", worker(Always))
        .up();
    world.exits("a", panicked());
    world.gone("c");
    world.gone("b");
    world.exits("b", panicked());
    assert_eq!(world.answer_to(Verb::Terminate, "b"), "done");
    // (The world checks that the mailbox of `c` is closed.)
    assert_eq!((world.state("a").as_str(), world.state("c").as_str()), ("running", "stopped"));
}

#[test]
fn what_another_retry_will_start_still_waits_for_that() {
    let mut world = World::new(supervisor(RestForOne))
        .with("a", notifying(Always))
        .with("b", worker(Always))
        .with("c", notifying(Always))
        .with("d", worker(Always))
        .up();
    // The start of `a` fails, and so does that of `c`, which a command starts in the meantime.
    world.exits("a", panicked());
    for name in ["d", "c", "b"] {
        world.gone(name);
    }
    world.exits("a", panicked());
    world.call(Verb::Restart, "c");
    world.ready("c");
    world.exits("c", panicked());
    world.exits("c", panicked());
    let terminate = world.call(Verb::Terminate, "a");
    assert_eq!(world.answer(terminate), "done");
    let states = ["a", "b", "c", "d"].map(|name| world.state(name));
    assert_eq!(states, ["stopped", "stopped", "restarting", "restarting"].map(str::to_owned));
}
