//! Tests the order of start and stop by use.

use std::future::pending;
use std::time::Duration;

use supervisor::__private::{SupervisorOptions, TreeDescriptor};
use supervisor::events::EventKind;
use supervisor::prelude::*;
use supervisor::{ChildOptions, Order};
use supervisor_tests::within;
use tokio::time::Instant;

/// Stops in a second.
async fn tidy(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// Uses up its whole shutdown time.
async fn stubborn(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    pending().await
}

/// A child with other children's addresses, which is up after a second.
#[derive(Child)]
#[child(start = notify, shutdown = 5s)]
struct User(Vec<ChildRef<()>>);

impl Worker for User {
    async fn run(&self, mut ctx: Context) -> ChildResult {
        tokio::time::sleep(Duration::from_secs(1)).await;
        ctx.ready();
        let _ = &self.0;
        stubborn(ctx).await
    }
}

supervision_tree! {
    /// A shop whose children start and stop by use.
    Shop: rest_for_one(order = by_use, shutdown_within = 15s) {
        db: User = User(vec![]),
        cache: User = User(vec![]),
        mailer: User(after = [cache]) = User(vec![db.clone()]),
        web: one_for_one(restart_window = 20s) {
            front: User(start_timeout = 5s) = User(vec![db.clone(), mailer.clone()]),
        },
        log: Always = stubborn,
    }
}

#[tokio::test(start_paused = true)]
async fn a_tree_starts_and_stops_along_its_uses() {
    let began = Instant::now();
    let shop = within("the shop starts", Shop::start()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(3), "db, mailer, web");
    let began = Instant::now();
    within("the shop stops", shop.supervisor().shutdown()).await.unwrap();
    assert_eq!(Some(began.elapsed()), Shop::SHUTDOWN_BUDGET);
    assert_eq!(Shop::SHUTDOWN_BUDGET, Some(Duration::from_secs(15)));
    assert_eq!(Shop::START_BUDGET, Some(Duration::from_secs(65)));
}

#[tokio::test(start_paused = true)]
async fn ten_independent_children_stop_in_the_time_of_one() {
    let ten = |order| {
        let builder = Supervisor::new().with_order(order);
        let names = (0..10).map(|number| format!("c{number}"));
        let add = |builder: supervisor::SupervisorBuilder, name: String| {
            builder.with_child(ChildSpec::new(&name).with_task(tidy))
        };
        names.fold(builder, add).build()
    };
    for (order, expected) in [(Order::Declaration, 10), (Order::ByUse, 1)] {
        let supervisor = ten(order);
        supervisor.start().await.unwrap();
        tokio::task::yield_now().await;
        let began = Instant::now();
        within("ten stop", supervisor.shutdown()).await.unwrap();
        assert_eq!(began.elapsed().as_millis() / 100, expected * 10, "{order}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_or_a_stop_that_waits_says_for_whom() {
    let tree = Shop::tree();
    let mut events = tree.handle().supervisor().events();
    let shop = within("the shop starts", tree.start()).await.unwrap();
    within("the shop stops", shop.supervisor().shutdown()).await.unwrap();
    let mut waits = Vec::new();
    while let Some(event) = events.try_next() {
        if matches!(event.kind(), EventKind::StartWaits { .. } | EventKind::StopWaits { .. }) {
            waits.push(event.to_string());
        }
    }
    assert_eq!(
        waits,
        [
            "web: waits to start: `db` and `mailer` are not up",
            "mailer: waits to start: `db` and `cache` are not up",
            "db: waits to stop: `mailer` and `web` are not ended",
            "cache: waits to stop: `mailer` is not ended",
            "mailer: waits to stop: `web` is not ended",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_shows_the_uses() {
    let shop = within("the shop starts", Shop::start()).await.unwrap();
    let snapshot = shop.supervisor().snapshot().await.unwrap();
    let uses: Vec<_> = snapshot.children.iter().map(|child| &*child.uses).collect();
    assert_eq!(uses, [&[][..], &[], &["db", "cache"], &["db", "mailer"], &[]]);
    let line = snapshot.to_string().lines().find(|line| line.contains("mailer")).map(str::to_owned);
    assert!(line.as_ref().is_some_and(|line| line.ends_with("  ← db, cache")), "{line:?}");
}

#[test]
fn the_diagram_shows_the_uses_and_the_critical_path() {
    let diagram = Shop::diagram();
    let drawn = |part: &str| diagram.lines().filter(|line| line.contains(part)).collect::<Vec<_>>();
    assert_eq!(
        drawn("uses"),
        [
            "  n_2 -. uses .-> n_0",
            "  n_2 -. uses .-> n_1",
            "  n_3 -. uses .-> n_0",
            "  n_3 -. uses .-> n_2",
        ]
    );
    assert_eq!(
        drawn("critical"),
        ["  classDef critical stroke-width:4px", "  class n_0,n_2,n_3 critical"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_child_is_added_after_siblings_that_are_there() {
    let supervisor = Supervisor::new().with_order(Order::ByUse).build();
    supervisor.start().await.unwrap();
    let spec = |name: &str| ChildSpec::new(name).with_task(tidy);
    supervisor.add_child(spec("db")).await.unwrap();
    let error = supervisor.add_child(spec("web").with_after(["dbb"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "child `web`: `web` is to start after `dbb`, which is no sibling"
    );
    supervisor.add_child(spec("web").with_after(["db"])).await.unwrap();
    let began = Instant::now();
    tokio::task::yield_now().await;
    within("both stop", supervisor.shutdown()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn a_mistake_in_after_is_an_error_of_the_start() {
    let spec = |name: &str| ChildSpec::new(name).with_task(tidy);
    let error = async |builder: supervisor::SupervisorBuilder| {
        builder.build().start().await.unwrap_err().to_string()
    };
    let by_use = || Supervisor::new().with_order(Order::ByUse);
    assert_eq!(
        error(Supervisor::new().with_child(spec("a")).with_child(spec("b").with_after(["a"])))
            .await,
        "child `b`: `b` has `after`, which has a meaning only under a supervisor with `order = by_use`"
    );
    assert_eq!(
        error(by_use().with_child(spec("a").with_after(["b"])).with_child(spec("b"))).await,
        "child `a`: `b` is declared later; move it above `a`"
    );
    assert_eq!(
        error(by_use().with_child(spec("a").with_after(["c"]))).await,
        "child `a`: `a` is to start after `c`, which is no sibling"
    );
    let pool = by_use().with_template(spec("worker")).build();
    assert_eq!(
        pool.start().await.unwrap_err().to_string(),
        "supervisor `/`: `order` has no meaning on a pool: its workers stop together"
    );
}

supervision_tree! {
    Counters: one_for_one(shutdown_within = 5s) {
        counters: simple_one_for_one(partitions = 4) { counter: Always = stubborn },
    }
}

#[tokio::test(start_paused = true)]
async fn partitions_stop_together() {
    let counters = Counters::start().await.unwrap();
    tokio::task::yield_now().await;
    let began = Instant::now();
    within("the partitions stop", counters.supervisor().shutdown()).await.unwrap();
    assert_eq!(Some(began.elapsed()), Counters::SHUTDOWN_BUDGET);
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_comes_back_with_its_uses() {
    let spec = |name: &str| ChildSpec::new(name).with_task(tidy);
    let sub = Supervisor::new()
        .with_order(Order::ByUse)
        .with_child(spec("db"))
        .with_child(spec("cache"))
        .with_child(spec("web").with_after(["db"]))
        .build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    root.start().await.unwrap();
    within("the sub stops", root.terminate_child("sub")).await.unwrap();
    within("the sub starts", root.restart_child("sub")).await.unwrap();
    tokio::task::yield_now().await;
    let began = Instant::now();
    within("all stop", root.shutdown()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 2, "web, then db");
}

/// A small generator of numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Children that use up all their time take exactly the time that the compiler would find.
#[tokio::test(start_paused = true)]
async fn a_thousand_random_graphs_take_exactly_their_budget() {
    const CHILDREN: usize = 7;
    const NAMES: [&str; CHILDREN] = ["a", "b", "c", "d", "e", "f", "g"];
    let mut numbers = Numbers(7);
    for graph in 0..1_000 {
        let mut builder = Supervisor::new().with_order(Order::ByUse);
        let mut described = [TreeDescriptor::task("", ChildOptions::new()); CHILDREN];
        for (number, name) in NAMES.into_iter().enumerate() {
            let time = Duration::from_millis(1 + numbers.below(9_000));
            let uses: Vec<usize> = (0..number).filter(|_| numbers.below(3) == 0).collect();
            let spec = ChildSpec::new(name).with_task(stubborn).with_shutdown(time);
            builder = builder.with_child(spec.with_after(uses.iter().map(|used| NAMES[*used])));
            let options = ChildOptions::new().with_shutdown(Shutdown::Timeout(time));
            described[number] = TreeDescriptor::task(name, options).with_uses(number, uses.leak());
        }
        let children = Box::leak(Box::new(TreeDescriptor::by_use(described)));
        let options =
            SupervisorOptions::new(SupervisionStrategy::OneForOne).with_order(Order::ByUse);
        let tree = TreeDescriptor::supervisor("", ChildOptions::new(), options, children);
        let supervisor = builder.build();
        within("the start", supervisor.start()).await.unwrap();
        tokio::task::yield_now().await;
        let began = Instant::now();
        within("the stop", supervisor.shutdown()).await.unwrap();
        assert_eq!(Some(began.elapsed()), tree.shutdown_budget(), "graph {graph}");
    }
}
