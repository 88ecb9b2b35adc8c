//! Tests `testing::chaos`: what it kills, and what it finds.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing::{Chaos, Error, FaultKind, Recovery};
use supervisor::{Backoff, MaxRestarts, StartMode};
use supervisor_tests::{Order, Stage, within};

use super::testing::small_tree;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// Starts a tree with all kinds of children and supervisors that chaos can meet.
async fn large_tree(stage: &Stage) -> Supervisor {
    let restless = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_max_restarts(1)
        .with_child(stage.actor("d").with_heartbeat(5 * SECOND))
        .with_child(stage.actor("e").with_restart_policy(RestartPolicy::Transient))
        .build();
    let delayed = stage.actor("b").with_backoff(Backoff::new(SECOND / 10, SECOND));
    let sub = Supervisor::new()
        .with_strategy(SupervisionStrategy::RestForOne)
        .with_child(delayed.with_start(StartMode::Notify))
        .with_child(stage.actor("c").with_restart_policy(RestartPolicy::Temporary))
        .with_child(ChildSpec::new("restless").with_supervisor(restless))
        .build();
    let root = Supervisor::new()
        .with_child(stage.actor("a"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    root
}

#[tokio::test(start_paused = true)]
async fn a_good_tree_comes_back_whatever_is_killed() {
    let mut faults = std::collections::HashSet::new();
    for seed in 0..20 {
        let stage = Stage::new();
        let root = large_tree(&stage).await;
        let report = Chaos::seed(seed).kills(30).run(&root).await.unwrap();
        assert_eq!((report.seed, report.kills.len()), (seed, 30));
        assert_eq!(stage.alive().replace(" c", ""), "a b d e", "with seed {seed}");
        for kill in &report.kills {
            faults.insert(kill.fault);
            assert!(kill.fault != FaultKind::Hang || kill.path == "sub/restless/d", "{kill}");
            assert!(kill.at <= report.took);
            // Only the temporary child does not come back, unless its supervisor is restarted.
            assert!(kill.recovery.is_some() || kill.path == "sub/c", "{kill}");
            if let Some(Recovery { incarnation, .. }) = kill.recovery {
                assert!(incarnation > kill.incarnation, "{kill}");
            }
        }
        let begun: usize = ["a", "b", "d", "e"].map(|name| stage.gauge(name).begun()).iter().sum();
        assert!(begun > 4 && report.restarts > 0, "{report}");
    }
    assert_eq!(faults.len(), 4, "{faults:?}");
}

#[tokio::test(start_paused = true)]
async fn a_seed_repeats_a_run() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let root = large_tree(&Stage::new()).await;
        let chaos = Chaos::seed(seed).kills(25).pauses(SECOND..3 * SECOND);
        runs.push(chaos.run(&root).await.unwrap().to_string());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0].lines().nth(1), runs[2].lines().nth(1));
    assert!(runs[0].starts_with("seed 7: 25 kills and "), "{}", runs[0]);
    assert_eq!(runs[0].lines().count(), 26);
    let [first, second] = [Chaos::random(), Chaos::random()].map(|chaos| format!("{chaos:?}"));
    assert_ne!(first, second);
}

#[tokio::test(start_paused = true)]
async fn chaos_does_not_drive_the_tree_to_its_end() {
    for limit in [1, 2, 3, 10] {
        let stage = Stage::new();
        let root = Supervisor::new()
            .with_max_restarts(limit)
            .with_restart_window(600 * SECOND)
            .with_child(stage.actor("a"))
            .with_child(stage.actor("b"))
            .build();
        within("the start", root.start()).await.unwrap();
        let report = Chaos::seed(1).kills(50).run(&root).await.unwrap();
        assert_eq!(report.restarts, 50);
        // Chaos uses half of the limit, rounded up, in each window.
        assert!(report.took > 600 * SECOND * (50 / limit.div_ceil(2) - 1), "{:?}", report.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tree_in_which_no_child_may_be_killed_is_an_error() {
    let stage = Stage::new();
    let root = Supervisor::new().with_max_restarts(0).with_child(stage.actor("a")).build();
    let error = Chaos::seed(1).run(&root).await.unwrap_err();
    assert_eq!(error.to_string(), "supervisor `/` is not running");
    within("the start", root.start()).await.unwrap();
    let error = Chaos::seed(1).run(&root).await.unwrap_err();
    let Error::Chaos(failure) = &error else { panic!("{error}") };
    assert_eq!(failure.problems(), ["nobody could be killed for 65s"]);
    assert_eq!(stage.alive(), "a");
}

#[tokio::test(start_paused = true)]
async fn spared_children_are_left_alone() {
    let stage = Stage::new();
    let root = small_tree(&stage).await;
    let chaos = Chaos::seed(3).kills(40).sparing("sub");
    let report = chaos.run(&root).await.unwrap();
    assert!(report.kills.iter().all(|kill| kill.path == "a"), "{report}");
    assert_eq!((stage.gauge("a").begun(), stage.gauge("b").begun()), (41, 1));
}

#[tokio::test(start_paused = true)]
async fn chaos_finds_a_child_that_does_not_come_back() {
    let stage = Stage::new();
    let root = Supervisor::new()
        .with_restart_window(HOUR)
        .with_child(stage.actor("a").with_backoff(Backoff::constant(300 * SECOND)))
        .with_child(stage.actor("b"))
        .build();
    within("the start", root.start()).await.unwrap();
    let error = Chaos::seed(42).kills(1).sparing("b").run(&root).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("chaos with seed 42: `a` does not run, it is restarting, last exit: "),
        "{text}"
    );
    assert!(text.contains("; 60s after the last kill\nafter "), "{text}");
    assert!(text.contains("and 1 kill:\n  at "), "{text}");
    assert!(text.contains("\nthis happened:\n"), "{text}");
    assert!(text.ends_with("\nto repeat it: `Chaos::seed(42)`"), "{text}");
    let Error::Chaos(failure) = error else { unreachable!() };
    assert_eq!(failure.report().kills.len(), 1);
    assert!(!failure.seen().is_empty());
    // With a longer time limit, chaos finds no fault.
    let root = Supervisor::new()
        .with_restart_window(HOUR)
        .with_child(stage.actor("c").with_backoff(Backoff::constant(300 * SECOND)))
        .build();
    within("the start", root.start()).await.unwrap();
    Chaos::seed(42).kills(10).within(301 * SECOND).run(&root).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn chaos_finds_a_child_that_is_lost_with_its_supervisor() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_child(stage.actor("b")).build();
    let spec = ChildSpec::new("sub").with_supervisor(sub);
    let root = Supervisor::new()
        .with_restart_window(HOUR)
        .with_child(stage.actor("a"))
        .with_child(spec.with_backoff(Backoff::constant(300 * SECOND)))
        .build();
    within("the start", root.start()).await.unwrap();
    let chaos = Chaos::seed(5).kills(1).sparing("a").sparing("sub/b");
    let text = chaos.run(&root).await.unwrap_err().to_string();
    assert!(text.contains("`sub/b` does not run, since `sub` is restarting"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn chaos_finds_a_tree_that_ends() {
    // Later lives of the child fail at once, so its supervisor gives up.
    let frail = ChildSpec::new("frail").with_task(async |ctx: Context| {
        if ctx.incarnation() > 1 {
            return Err("the lock is still held".into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    });
    let root = Supervisor::new().with_child(frail).build();
    within("the start", root.start()).await.unwrap();
    let error = Chaos::seed(9).run(&root).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("chaos with seed 9: the tree does not run any more: "), "{text}");
    assert!(text.contains("`frail`: error: the lock is still held"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_finishes_its_work_need_not_come_back() {
    let stage = Stage::new();
    let actor = stage.actor("a").with_restart_policy(RestartPolicy::Transient);
    let address = actor.handle();
    let root = Supervisor::new().with_child(actor).with_child(stage.actor("b")).build();
    within("the start", root.start()).await.unwrap();
    let finishing = tokio::spawn(async move {
        tokio::time::sleep(5 * SECOND).await;
        address.send(Order::Return).await
    });
    Chaos::seed(4).kills(20).run(&root).await.unwrap();
    within("the order", finishing).await.unwrap().unwrap();
    assert_eq!(stage.alive(), "b");
}

#[tokio::test(start_paused = true)]
async fn workers_of_pools_are_killed_and_may_be_lost() {
    supervision_tree! {
        App: one_for_one(max_restarts = 20) {
            pool: simple_one_for_one { worker: Transient = idle },
        }
    }
    async fn idle(ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
    let tree = App::start().await.unwrap();
    for _ in 0..5 {
        tree.pool().add_worker().await.unwrap();
    }
    let report = Chaos::seed(11).kills(30).run(&tree).await.unwrap();
    assert!(report.kills.iter().any(|kill| kill.path.as_str().starts_with("pool/#")), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_works_between_threads() {
    let stage = Stage::new();
    let sub = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(stage.actor("b"))
        .with_child(stage.actor("c"))
        .build();
    let root = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(stage.actor("a"))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    let chaos = Chaos::random().kills(200).pauses(Duration::ZERO..Duration::from_millis(2));
    let report = within("the run", chaos.run(&root)).await.unwrap();
    assert_eq!(report.kills.len(), 200);
    within("the shutdown", root.shutdown()).await.unwrap();
    assert_eq!(stage.alive(), "", "and never two lives at once");
}
