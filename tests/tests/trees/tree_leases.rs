//! Tests leases in declared trees: children that run in one replica only, in the words of the tree
//! language.

use std::time::Duration;

use supervisor::info::ChildState;
use supervisor::lease::{Fence, Leases};
use supervisor::messages::AskError;
use supervisor::prelude::*;
use supervisor::testing::{self, Fault, FaultMatrix, MemoryLeases, MemoryReplica};
use supervisor_tests::{quiet, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

enum Query {
    Fence(Reply<u64>),
}

/// A child that knows its fence, and the fence of a sibling.
#[derive(Child)]
#[child(message = Query, shutdown = 2s)]
struct Ledger {
    fence: Fence,
}

impl Worker for Ledger {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        let number = self.fence.number()?;
        while let Some(Query::Fence(reply)) = ctx.recv().await {
            let _ = reply.send(number);
        }
        Ok(())
    }
}

async fn web(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

async fn slow(mut ctx: Context) -> ChildResult {
    ctx.ready();
    ctx.shutdown_requested().await;
    Ok(())
}

async fn cron(ctx: Context, fence: Fence, ledger: ChildRef<Query>) -> ChildResult {
    let number = ledger.ask(Query::Fence).await?;
    if fence.number()? != number {
        return Err("siblings with different fences".into());
    }
    ctx.shutdown_requested().await;
    Ok(())
}

const TTL: Duration = Duration::from_secs(40);

supervision_tree! {
    Shop(leases: &MemoryReplica): one_for_one(shutdown_within = 21s) {
        web: Always,
        billing: rest_for_one(lease = "billing", ttl = TTL, renew = 4s, max_restarts = 2) with leases {
            ledger: Ledger = Ledger { fence },
            cron: Always(shutdown = 3s) = move |ctx| cron(ctx, fence.clone(), ledger.clone()),
            group: one_for_all {
                slow: Always(start = notify, shutdown = 1s),
                blocks: Always(shutdown = 1s) = {
                    let fence = fence.clone();
                    move |ctx| self::cron(ctx, fence.clone(), ledger.clone())
                },
            },
        },
        reports: one_for_one(lease = "reports", restart = Transient, auto_shutdown = any_significant)
            with leases.clone()
        {
            report: Transient(significant) = async |_: Context| Ok(()),
        },
    }
}

async fn settled() {
    sleep(SECOND).await;
    quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_declared_singleton_runs_in_one_replica_and_its_addresses_refuse_in_the_other() {
    let leases = MemoryLeases::new();
    let (first, second) = (leases.replica(), leases.replica());
    let one = within("the start", Shop::start(&first)).await.unwrap();
    settled().await;
    let began = Instant::now();
    let other = within("the start", Shop::start(&second)).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO, "a start waits for no lease");
    settled().await;
    let billing = one.billing();
    let fence = within("an answer", billing.ledger().ask(Query::Fence)).await.unwrap();
    assert_eq!(fence, leases.fence("billing"));
    for child in [billing.cron(), billing.group().slow(), billing.group().blocks()] {
        assert_eq!((child.status(), child.incarnation()), (ChildState::Running, 1));
    }
    assert_eq!(billing.cron().path(), "billing/leader/cron");
    assert_eq!(billing.group().supervisor().path().as_str(), "billing/leader/group");
    assert_eq!(billing.supervisor().path().as_str(), "billing");

    let refused = within("a refusal", other.billing().ledger().ask(Query::Fence)).await;
    assert!(matches!(refused, Err(AskError::NotRunning(_))));
    assert_eq!(other.billing().group().slow().status(), ChildState::Standby);
    assert!(other.supervisor().health().await.ready);

    within("the shutdown", one.shutdown()).await.unwrap();
    settled().await;
    let fence = within("an answer", other.billing().ledger().ask(Query::Fence)).await.unwrap();
    assert_eq!(fence, 2);
    within("the shutdown", other.shutdown()).await.unwrap();
    assert_eq!(leases.holder("billing"), None);
}

#[test]
fn the_numbers_of_a_tree_count_what_a_lease_needs() {
    // web 5, billing 2 + 3 + 1 + 1 and 2 to release, reports 5 and 2 to release.
    assert_eq!(Shop::SHUTDOWN_BUDGET, Some(21 * SECOND));
    assert_eq!(Shop::START_BUDGET, Some(Duration::ZERO), "nobody waits for what a lease guards");
    assert_eq!(Shop::CHILDREN, 13);
    let deployment = Shop::deployment().unwrap();
    assert_eq!((deployment.stop(), deployment.start()), (22 * SECOND, Duration::ZERO));
    let manifest = deployment.kubernetes().to_string();
    assert!(manifest.contains("billing/leader/cron 3s"), "{manifest}");
    assert!(manifest.contains("billing/lease 2s"), "{manifest}");
}

#[test]
fn the_diagram_shows_the_lease_and_its_keeper() {
    let diagram = Shop::diagram();
    for label in [
        "billing: one_for_one (lease = #quot;billing#quot;, ttl = 40s, renew = 4s)",
        "lease: Always (shutdown = 2s)",
        "leader: rest_for_one (max_restarts = 2, restart = Transient)",
        "cron: Always (shutdown = 3s)",
        "reports: one_for_one (lease = #quot;reports#quot;, restart = Transient)",
    ] {
        assert!(diagram.contains(label), "no `{label}` in\n{diagram}");
    }
}

fn shop_alone() -> FaultMatrix<'static, supervisor::Tree<Shop>> {
    testing::fault_matrix(|| Shop::tree(&MemoryLeases::new().replica()))
}

#[tokio::test(start_paused = true)]
async fn each_fault_below_a_lease_does_what_the_model_says() {
    let report = shop_alone().await.unwrap_or_else(|failed| panic!("{failed}"));
    let told = |path: &str, fault| report.consequence(path, fault).unwrap().to_owned();
    assert_eq!(
        told("billing/leader/cron", Fault::Panic),
        "restarts billing/leader/cron, billing/leader/group/slow, billing/leader/group/blocks, \
         billing/leader/group"
    );
    // The lease of a keeper that has failed runs out before another one has it.
    let keeper = told("billing/lease", Fault::Panic);
    assert!(keeper.starts_with("billing gives up; restarts billing/lease, billing, "), "{keeper}");
    assert!(!keeper.contains("web"), "{keeper}");
}

supervision_tree! {
    Late(leases: MemoryReplica, name: String, ttl: Duration, stop: Duration): one_for_one {
        billing: one_for_one(lease = runtime(name), ttl = runtime(ttl)) with leases {
            web: Always(shutdown = 10s),
        },
        reports: one_for_one(lease = "reports") with leases {
            web: Always(shutdown = runtime(stop)),
        },
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_the_running_program_knows_is_checked_when_the_tree_starts() {
    let start = |ttl: u64, stop: u64| async move {
        let leases = MemoryLeases::new();
        let (ttl, stop) = (Duration::from_secs(ttl), Duration::from_secs(stop));
        let name = format!("billing-{ttl:?}");
        let late = Late::start(leases.replica(), name.clone(), ttl, stop);
        let late = within("the start", late).await.map_err(|error| error.to_string())?;
        settled().await;
        assert_eq!((leases.fence(&name), leases.fence("reports")), (1, 1));
        within("the shutdown", late.shutdown()).await.unwrap();
        Ok::<_, String>(())
    };
    assert_eq!(start(17, 5).await, Ok(()));
    let text = start(16, 5).await.unwrap_err();
    let sum = "lease `billing-16s`: a lease of 16s may end before its children: 10s to stop them";
    assert!(text.contains(sum), "{text}");
    let text = start(17, 30).await.unwrap_err();
    assert!(text.contains("lease `reports`: a lease of 30s may end before its children"), "{text}");
    assert_eq!(Late::SHUTDOWN_BUDGET, None);
    assert!(Late::diagram().contains("(lease = …, ttl = …)"), "{}", Late::diagram());
}

supervision_tree! {
    Limited(leases: MemoryReplica): one_for_one {
        billing: one_for_one(lease = "billing", shutdown = 3s) with leases {
            stubborn: Always(shutdown = infinity) = |ctx: Context| async move {
                ctx.shutdown_requested().await;
                std::future::pending().await
            },
        },
        reports: one_for_one(lease = "reports", ttl = 7s, shutdown = brutal_kill, overrun = report) with leases {
            web: Always,
        },
    }
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_of_a_lease_is_that_of_the_children_together() {
    // Two leases to release, and the children of one.
    assert_eq!(Limited::SHUTDOWN_BUDGET, Some(7 * SECOND));
    let leases = MemoryLeases::new();
    let limited = within("the start", Limited::start(leases.replica())).await.unwrap();
    settled().await;
    let began = Instant::now();
    let report = within("the shutdown", limited.shutdown()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 3, "{report}");
    assert_eq!((leases.holder("billing"), leases.holder("reports")), (None, None));
}

/// A child that is added at run time needs the lease, too.
#[tokio::test(start_paused = true)]
async fn children_are_added_below_a_lease_and_not_beside_it() {
    supervision_tree! {
        Jobs(leases: MemoryReplica): one_for_one {
            jobs: one_for_one(lease = "jobs") with leases {
                work: one_for_one(max_children = 10) {},
                pool: simple_one_for_one { worker: Temporary = web },
            },
        }
    }
    let leases = MemoryLeases::new();
    let one = within("the start", Jobs::start(leases.replica())).await.unwrap();
    settled().await;
    let other = within("the start", Jobs::start(leases.replica())).await.unwrap();
    settled().await;
    let spec = || ChildSpec::new("added").with_task(web);
    let added = within("the addition", one.jobs().work().add_child(spec())).await.unwrap();
    assert_eq!(added.path(), "jobs/leader/work/added");
    within("the addition", one.jobs().pool().add_worker()).await.unwrap();
    for standby in [
        within("a refusal", other.jobs().work().add_child(spec())).await.unwrap_err(),
        within("a refusal", other.jobs().pool().add_worker()).await.map(drop).unwrap_err(),
    ] {
        assert!(matches!(standby, SupervisorError::NotRunning(_)), "{standby}");
    }
    for beside in [&one, &other] {
        let refused = within("a refusal", beside.jobs().add_child(spec())).await.unwrap_err();
        assert!(matches!(refused, SupervisorError::MaxChildren(..)), "{refused}");
    }
}

supervision_tree! {
    ByUse(leases: MemoryReplica): one_for_one(order = by_use) {
        fence: Always = web,
        db: Always = web,
        billing: one_for_one(lease = "billing", order = by_use) with {
            let _ = db.clone();
            leases
        } {
            ledger: Ledger = Ledger { fence },
            cron: Always = move |ctx| cron(ctx, fence.clone(), ledger.clone()),
            alone: Always = web,
        },
        front: Always = { let cron = billing.cron().clone(); move |ctx| { let _ = &cron; web(ctx) } },
    }
}

#[tokio::test(start_paused = true)]
async fn under_order_by_use_the_engine_and_the_addresses_count_and_the_fence_does_not() {
    let diagram = ByUse::diagram();
    // `billing` uses `db` by its engine, and `front` uses `billing`; nobody uses the child `fence`,
    // whose name means the fence of the lease inside.
    for arrow in ["n_2 -. uses .-> n_1", "n_3 -. uses .-> n_2", "n_2_1_1 -. uses .-> n_2_1_0"] {
        assert!(diagram.contains(arrow), "no `{arrow}` in\n{diagram}");
    }
    assert_eq!(diagram.matches("uses").count(), 3, "{diagram}");
    // The longest path: db 5, billing (ledger 2, cron 5) and its release 2, front 5.
    assert_eq!(ByUse::SHUTDOWN_BUDGET, Some(19 * SECOND));
    let leases = MemoryLeases::new();
    let tree = within("the start", ByUse::start(leases.replica())).await.unwrap();
    settled().await;
    assert_eq!(tree.billing().cron().status(), ChildState::Running);
    within("the shutdown", tree.shutdown()).await.unwrap();
}

/// Returns a tree without a name, whose engine may be any.
async fn expression<L: Leases + Clone>(leases: &L) -> Result<u64, Box<dyn std::error::Error>> {
    const NAME: &str = "billing";
    let connect = |text: &str| text.parse::<u64>();
    let tree = supervision_tree! {
        one_for_one {
            billing: one_for_one(lease = NAME, ttl = 1m) with leases {
                #[cfg(any())]
                absent: Always = web,
                ledger: Ledger = { sleep(SECOND).await; Ledger { fence } },
                cron: Always = {
                    let _number = connect("5")?;
                    move |ctx| cron(ctx, fence.clone(), ledger.clone())
                },
            },
            other: one_for_one(lease = "other") with leases {
                web: Always,
            },
        }
    };
    let tree = tree.start().await?;
    assert_eq!(tree.shutdown_budget(), Some(16 * SECOND));
    assert_eq!(tree.children(), 9);
    settled().await;
    let number = tree.billing().ledger().ask(Query::Fence).await?;
    assert_eq!(tree.billing().cron().status(), ChildState::Running);
    tree.supervisor().shutdown().await?;
    Ok(number)
}

#[tokio::test(start_paused = true)]
async fn a_lease_works_in_a_tree_without_a_name() {
    let leases = MemoryLeases::new();
    assert_eq!(within("the tree", expression(&leases.replica())).await.unwrap(), 1);
    assert_eq!(leases.holder("billing"), None);
}
