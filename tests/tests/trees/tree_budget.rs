//! Tests the constants of a declared tree: its shutdown budget, its number of children, its
//! diagram.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ChildOptions, Tree, specs::Ready};
use supervisor_elsewhere::Depot;
use supervisor_tests::within;
use tokio::time::Instant;

/// Waits for the shutdown request, and does not stop.
async fn stubborn(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    pending().await
}

#[derive(Child)]
#[child(restart = Temporary, shutdown = 7s)]
struct Stubborn;

impl Worker for Stubborn {
    async fn run(&self, ctx: Context) -> ChildResult {
        stubborn(ctx).await
    }
}

supervision_tree! {
    Group: one_for_one {
        stubborn: Always(shutdown = 500ms),
    }
}

supervision_tree! {
    /// A tree with everything that counts in the budget.
    Everything: one_for_all(restart_window = 1m, shutdown_within = 60s) {
        by_default: Always = stubborn,
        in_its_time: Always(shutdown = 1.5s) = stubborn,
        killed: Always(shutdown = brutal_kill) = stubborn,
        typed: Transient<Stubborn> = Stubborn,
        nested: rest_for_one {
            first: Always(shutdown = 2s) = stubborn,
            inner: one_for_one { second: Always(shutdown = 3s) = stubborn },
        },
        capped: one_for_one(shutdown = 4s) {
            endless: Always(shutdown = infinity) = stubborn,
        },
        cut: one_for_one(shutdown = brutal_kill) {
            third: Always(shutdown = 20s) = stubborn,
        },
        pool: simple_one_for_one { worker: Stubborn },
        groups: simple_one_for_one { group: Temporary<Group> },
        group: Group(shutdown = 9s) = Group::tree(),
        #[cfg(any())]
        absent: Always(shutdown = 100s) = stubborn,
    }
}

/// Sequential stops add up; a pool's workers are stopped together, and count once.
#[tokio::test(start_paused = true)]
async fn a_tree_that_uses_up_all_its_time_takes_exactly_its_budget() {
    let seconds = 5.0 + 1.5 + 0.0 + 7.0 + (2.0 + 3.0) + 4.0 + 0.0 + 7.0 + 0.5 + 0.5;
    let budget = Everything::SHUTDOWN_BUDGET.unwrap();
    assert_eq!(budget, Duration::from_secs_f64(seconds));
    let tree = within("the start", Everything::start()).await.unwrap();
    for _ in 0..3 {
        within("a worker", tree.pool().add_worker_with(Stubborn)).await.unwrap();
        let _group: Group =
            within("a group", tree.groups().add_worker_with(Group::tree())).await.unwrap();
    }
    // Children that have not been polled would be dropped at once, so they run first.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let began = Instant::now();
    let report = within("the shutdown", tree.supervisor().shutdown()).await.unwrap();
    assert_eq!(report.not_stopped().count(), 0, "{report:?}");
    assert_eq!(began.elapsed(), budget);
}

#[tokio::test(start_paused = true)]
async fn a_tree_of_another_crate_has_its_budget_too() {
    // 10 s for the store, 1 s for the helper, 5 s each for the nested task and the pool.
    assert_eq!(Depot::SHUTDOWN_BUDGET, Some(Duration::from_secs(21)));
    let endless = supervision_tree! {
        one_for_one { depot: Depot = Depot::tree(b""), endless: Always(shutdown = infinity) = stubborn }
    };
    assert_eq!(endless.handle().shutdown_budget(), None);
}

#[test]
fn children_are_counted_at_all_levels() {
    // A pool is one child; its workers come and go.
    assert_eq!(Everything::CHILDREN, 16);
    assert_eq!(Group::CHILDREN, 1);
    const { assert!(Depot::CHILDREN == 5) };
}

#[test]
fn the_diagram_shows_the_tree_with_those_of_other_crates() {
    supervision_tree! {
        Small: one_for_all(max_restarts = 5) {
            db: Transient<Stubborn>(shutdown = 10s) = Stubborn,
            pool: simple_one_for_one { worker: Temporary = stubborn },
            depot: Depot = Depot::tree(b""),
        }
    }
    let expected = "\
flowchart TD
  n[\"Small: one_for_all (max_restarts = 5)\"]
  n_0([\"db: Transient#lt;Stubborn#gt; (shutdown = 10s)\"])
  n --> n_0
  n_1[\"pool: simple_one_for_one\"]
  n --> n_1
  n_1_0([\"worker: Temporary\"])
  n_1 --> n_1_0
  n_2[\"depot: Depot, rest_for_one (max_restarts = 5)\"]
  n --> n_2
  n_2_0([\"store: Always#lt;Store#gt; (shutdown = 10s, backoff = 100ms..1s)\"])
  n_2 --> n_2_0
  n_2_1([\"helper: Always (shutdown = 1s)\"])
  n_2 --> n_2_1
  n_2_2[\"nested: one_for_one (restart = Transient)\"]
  n_2 --> n_2_2
  n_2_2_0([\"idle: Temporary\"])
  n_2_2 --> n_2_2_0
  n_2_3[\"jobs: simple_one_for_one\"]
  n_2 --> n_2_3
  n_2_3_0([\"job: Temporary#lt;Once#gt;\"])
  n_2_3 --> n_2_3_0
";
    assert_eq!(Small::diagram(), expected);
}

/// A tree made a child by hand: all that is known of it at compile time is that it is a supervisor.
struct ByHand;

impl Child for ByHand {
    type Recipe = Tree<Supervisor>;
    type Handle = Supervisor;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Tree<Supervisor>) -> ChildSpec<Ready<Supervisor>> {
        recipe.into_spec(name)
    }
}

#[test]
fn a_tree_made_a_child_by_hand_is_no_worker() {
    let made = || {
        let supervisor = Supervisor::new().build();
        Tree::new(supervisor.clone(), supervisor)
    };
    let open = supervision_tree! { one_for_one { hand: ByHand = made() } };
    assert_eq!(open.handle().shutdown_budget(), None);
    let capped = supervision_tree! { one_for_one { hand: ByHand(shutdown = 9s) = made() } };
    assert_eq!(capped.handle().shutdown_budget(), Some(Duration::from_secs(9)));
    assert!(capped.handle().diagram().contains("hand: ByHand, one_for_one (shutdown = 9s)"));
}
