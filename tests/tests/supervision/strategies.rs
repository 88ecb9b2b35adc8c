//! Tests strategies: the siblings that are stopped and started with a failed child, and their
//! order.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Backoff, events::Events};
use supervisor_tests::{Order, Stage, event, quiet, restarted, within};

/// Three actors, `a`, `b` and `c`, under one supervisor.
struct Trio {
    stage: Stage,
    supervisor: Supervisor,
    events: Events,
    a: ChildRef<Order>,
    b: ChildRef<Order>,
    c: ChildRef<Order>,
}

impl Trio {
    async fn start(strategy: SupervisionStrategy) -> Self {
        Self::with_policies(strategy, [RestartPolicy::Always; 3]).await
    }

    async fn with_policies(
        strategy: SupervisionStrategy,
        [first, second, third]: [RestartPolicy; 3],
    ) -> Self {
        let stage = Stage::new();
        let a = stage.actor("a").with_restart_policy(first);
        let b = stage.actor("b").with_restart_policy(second);
        let c = stage.actor("c").with_restart_policy(third);
        let handles = (a.handle(), b.handle(), c.handle());
        let supervisor = Supervisor::new()
            .with_strategy(strategy)
            .with_child(a)
            .with_child(b)
            .with_child(c)
            .build();
        let events = supervisor.events();
        within("the start", supervisor.start()).await.unwrap();
        quiet().await;
        assert_eq!(stage.log(), "+a +b +c");
        Self { stage, supervisor, events, a: handles.0, b: handles.1, c: handles.2 }
    }

    /// Waits for the restart of the child, and then until the tree is quiet.
    async fn restarted(&mut self, name: &str) {
        event(&mut self.events, "the restart", restarted(name)).await;
        quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_for_one_restarts_the_child_alone() {
    let mut trio = Trio::start(SupervisionStrategy::OneForOne).await;
    trio.b.send(Order::Fail).await.unwrap();
    trio.restarted("b").await;
    assert_eq!(trio.stage.log(), "-b +b");
    assert_eq!(trio.stage.alive(), "a b c");
}

#[tokio::test(start_paused = true)]
async fn one_for_all_stops_all_in_reverse_order_and_starts_all_in_order() {
    let mut trio = Trio::start(SupervisionStrategy::OneForAll).await;
    trio.b.send(Order::Fail).await.unwrap();
    trio.restarted("c").await;
    assert_eq!(trio.stage.log(), "-b -c -a +a +b +c");
    assert_eq!(trio.stage.alive(), "a b c");
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_leaves_those_started_before_alone() {
    let mut trio = Trio::start(SupervisionStrategy::RestForOne).await;
    trio.b.send(Order::Fail).await.unwrap();
    trio.restarted("c").await;
    assert_eq!(trio.stage.log(), "-b -c +b +c");
    assert_eq!(trio.stage.alive(), "a b c");
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_of_the_first_restarts_all() {
    let mut trio = Trio::start(SupervisionStrategy::RestForOne).await;
    trio.a.send(Order::Fail).await.unwrap();
    trio.restarted("c").await;
    assert_eq!(trio.stage.log(), "-a -c -b +a +b +c");
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_of_the_last_restarts_it_alone() {
    let mut trio = Trio::start(SupervisionStrategy::RestForOne).await;
    trio.c.send(Order::Fail).await.unwrap();
    trio.restarted("c").await;
    assert_eq!(trio.stage.log(), "-c +c");
}

#[tokio::test(start_paused = true)]
async fn a_pool_restarts_the_worker_alone() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    let mut events = pool.events();
    let first = within("a worker", pool.add_worker()).await.unwrap();
    within("a worker", pool.add_worker()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+worker +worker");
    first.downcast::<Order>().unwrap().send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("#1")).await;
    quiet().await;
    assert_eq!(stage.log(), "-worker +worker");
    assert_eq!((stage.gauge("worker").alive(), first.incarnation()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_revives_finished_transient_siblings() {
    // As in OTP: see the scenario `group_restart_revives`.
    let policies = [RestartPolicy::Transient, RestartPolicy::Always, RestartPolicy::Always];
    let mut trio = Trio::with_policies(SupervisionStrategy::OneForAll, policies).await;
    trio.a.send(Order::Return).await.unwrap();
    quiet().await;
    assert_eq!((trio.stage.log().as_str(), trio.stage.alive().as_str()), ("-a", "b c"));
    trio.b.send(Order::Fail).await.unwrap();
    trio.restarted("c").await;
    assert_eq!(trio.stage.log(), "-b -c +a +b +c");
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_revives_terminated_siblings() {
    let mut trio = Trio::start(SupervisionStrategy::OneForAll).await;
    within("the stop", trio.supervisor.terminate_child("a")).await.unwrap();
    assert_eq!(trio.stage.log(), "-a");
    trio.b.send(Order::Fail).await.unwrap();
    trio.restarted("c").await;
    assert_eq!(trio.stage.log(), "-b -c +a +b +c");
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_forgets_temporary_siblings() {
    let policies = [RestartPolicy::Always, RestartPolicy::Always, RestartPolicy::Temporary];
    let mut trio = Trio::with_policies(SupervisionStrategy::OneForAll, policies).await;
    trio.a.send(Order::Fail).await.unwrap();
    trio.restarted("b").await;
    assert_eq!(trio.stage.log(), "-a -c -b +a +b");
    let error = trio.supervisor.restart_child("c").await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotFound(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_temporary_child_that_fails_leaves_its_group_alone() {
    let policies = [RestartPolicy::Always, RestartPolicy::Temporary, RestartPolicy::Always];
    let trio = Trio::with_policies(SupervisionStrategy::OneForAll, policies).await;
    trio.b.send(Order::Fail).await.unwrap();
    quiet().await;
    assert_eq!(trio.stage.log(), "-b");
    assert_eq!(trio.supervisor.which_children().await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_sibling_that_fails_during_a_group_restart_is_part_of_it() {
    // Two children fail at one instant: the restart for the first covers the second.
    let mut trio = Trio::start(SupervisionStrategy::OneForAll).await;
    trio.b.try_send(Order::Fail).unwrap();
    trio.a.try_send(Order::Fail).unwrap();
    trio.restarted("c").await;
    quiet().await;
    assert_eq!(trio.stage.alive(), "a b c");
    let stats = trio.supervisor.stats().await.unwrap();
    assert_eq!(stats.running, 3, "{stats:?}");
    assert!(stats.restarts <= 6, "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn a_group_is_not_waited_for_beyond_its_running_members() {
    // A barrier over all registered children would wait for the finished one for ever.
    let policies = [RestartPolicy::Transient, RestartPolicy::Transient, RestartPolicy::Always];
    let mut trio = Trio::with_policies(SupervisionStrategy::RestForOne, policies).await;
    trio.b.send(Order::Return).await.unwrap();
    quiet().await;
    trio.a.send(Order::Panic).await.unwrap();
    trio.restarted("c").await;
    assert_eq!(trio.stage.log(), "-b -a -c +a +b +c");
}

#[tokio::test(start_paused = true)]
async fn added_children_are_last_in_the_order() {
    let mut trio = Trio::start(SupervisionStrategy::OneForAll).await;
    within("d", trio.supervisor.add_child(trio.stage.actor("d"))).await.unwrap();
    quiet().await;
    assert_eq!(trio.stage.log(), "+d");
    trio.a.send(Order::Fail).await.unwrap();
    trio.restarted("d").await;
    assert_eq!(trio.stage.log(), "-a -d -c -b +a +b +c +d");
    within("the shutdown", trio.supervisor.shutdown()).await.unwrap();
    assert_eq!(trio.stage.log(), "-d -c -b -a");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_child_added_again_is_last_in_the_order() {
    let trio = Trio::start(SupervisionStrategy::OneForOne).await;
    within("the stop", trio.supervisor.terminate_child("a")).await.unwrap();
    within("the deletion", trio.supervisor.delete_child("a")).await.unwrap();
    within("a", trio.supervisor.add_child(trio.stage.actor("a"))).await.unwrap();
    quiet().await;
    assert_eq!(trio.stage.log(), "-a +a");
    within("the shutdown", trio.supervisor.shutdown()).await.unwrap();
    assert_eq!(trio.stage.log(), "-a -c -b");
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_waits_for_slow_members_in_turn() {
    // Each member takes a second to stop, and is asked only when the previous one has ended.
    let stage = Stage::new();
    let slow = |name: &'static str| {
        let noted = stage.clone();
        stage.task(name, move |ctx| {
            let noted = noted.clone();
            async move {
                ctx.shutdown_requested().await;
                noted.note(format!("{name}?"));
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(())
            }
        })
    };
    let failing = stage.actor("failing");
    let handle = failing.handle();
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(failing)
        .with_child(slow("a"))
        .with_child(slow("b"))
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let _started = stage.log();
    handle.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("b")).await;
    quiet().await;
    assert_eq!(stage.log(), "-failing b? -b a? -a +failing +a +b");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_never_observes_the_signal_does_not_hold_up_its_group() {
    let stage = Stage::new();
    let failing = stage.actor("failing");
    let handle = failing.handle();
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(failing)
        .with_child(stage.task("blind", async |_: Context| pending().await))
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = tokio::time::Instant::now();
    handle.send(Order::Fail).await.unwrap();
    event(&mut events, "the restart", restarted("blind")).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    quiet().await;
    assert_eq!(stage.log(), "+failing +blind -failing -blind +failing +blind");
}

#[tokio::test(start_paused = true)]
async fn one_for_one_goes_on_while_a_sibling_backs_off() {
    let stage = Stage::new();
    let (a, b) = (
        stage.actor("a").with_backoff(Backoff::constant(Duration::from_secs(60))),
        stage.actor("b"),
    );
    let handles = (a.handle(), b.handle());
    let supervisor = Supervisor::new()
        .with_restart_window(Duration::from_secs(600))
        .with_child(a)
        .with_child(b)
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    handles.0.send(Order::Fail).await.unwrap();
    quiet().await;
    let began = tokio::time::Instant::now();
    handles.1.send(Order::Fail).await.unwrap();
    event(&mut events, "the sibling's restart", restarted("b")).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    event(&mut events, "the delayed restart", restarted("a")).await;
    assert!(began.elapsed() >= Duration::from_secs(29), "{:?}", began.elapsed());
}
