//! Tests shards in declared trees: many leases, which the replicas share evenly, in the words of the tree
//! language.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use supervisor::info::ChildState;
use supervisor::lease::{Fence, Leases, Sharded};
use supervisor::messages::AskError;
use supervisor::pool::stable_hash;
use supervisor::prelude::*;
use supervisor::testing::{self, Fault, MemoryLeases, MemoryReplica};
use supervisor_tests::{quiet, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);
const RENEW: Duration = Duration::from_secs(5);
const SHARDS: usize = 16;

/// The shards that run, in whichever replica.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// The fence of each shard that runs.
    shards: BTreeMap<usize, u64>,
    /// Those that ran in two replicas at once.
    twice: Vec<usize>,
}

/// A shard that runs; it ends when this is dropped.
struct Run(Running, usize);

impl Running {
    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn begin(&self, shard: usize, fence: u64) -> Run {
        self.seen(|seen| {
            if seen.shards.insert(shard, fence).is_some() {
                seen.twice.push(shard);
            }
        });
        Run(self.clone(), shard)
    }

    /// Returns the fence of each shard that runs; fails if one has run twice at once.
    fn fences(&self) -> BTreeMap<usize, u64> {
        self.seen(|seen| {
            assert!(seen.twice.is_empty(), "these shards ran twice: {:?}", seen.twice);
            seen.shards.clone()
        })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.0.seen(|seen| seen.shards.remove(&self.1));
    }
}

enum Query {
    Number(Reply<(usize, u64)>),
}

/// A child that knows the number of its shard, and its fence.
#[derive(Child)]
#[child(message = Query, shutdown = 2s)]
struct Store {
    shard: usize,
    fence: Fence,
    running: Running,
}

impl Worker for Store {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        let fence = self.fence.number()?;
        let _run = self.running.begin(self.shard, fence);
        while let Some(Query::Number(reply)) = ctx.recv().await {
            let _ = reply.send((self.shard, fence));
        }
        Ok(())
    }
}

async fn web(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// Checks that a sibling of the same shard has the same number and the same fence.
async fn work(ctx: Context, shard: usize, fence: Fence, store: ChildRef<Query>) -> ChildResult {
    if store.ask(Query::Number).await? != (shard, fence.number()?) {
        return Err("siblings of different shards".into());
    }
    ctx.shutdown_requested().await;
    Ok(())
}

supervision_tree! {
    Shop(leases: &MemoryReplica, running: Running): one_for_one(shutdown_within = 14s) {
        web: Always,
        jobs: rest_for_one(lease = "jobs", shards = SHARDS, ttl = 30s, renew = 5s, backoff = 1s) with leases {
            store: Store = Store { shard, fence, running: running.clone() },
            work: Always(shutdown = 1s) = move |ctx| work(ctx, shard, fence.clone(), store.clone()),
            group: one_for_all {
                web: Always(shutdown = 1s),
                more: Always(shutdown = 1s) = {
                    let name = format!("more of {shard}");
                    move |ctx| { let _ = &name; self::work(ctx, shard, fence.clone(), store.clone()) }
                },
            },
        },
    }
}

/// Waits until each shard runs, and all replicas have an even share; returns the time that it takes.
async fn even(replicas: &[Shop], running: &Running) -> Duration {
    let begun = Instant::now();
    within("an even share", async {
        loop {
            let fair = SHARDS / replicas.len();
            let counts = replicas.iter().map(|shop| shop.jobs().running().count());
            let counts: Vec<usize> = counts.collect();
            let is_even = counts.iter().all(|count| (fair..=fair + 1).contains(count));
            if is_even && running.fences().len() == SHARDS {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < 60 * SECOND, "{counts:?}");
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await
}

async fn start(leases: &MemoryLeases, running: &Running) -> Shop {
    let shop = Shop::start(&leases.replica(), running.clone());
    within("the start, which waits for no lease", shop).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn declared_shards_are_even_over_a_join_and_a_leave() {
    let (leases, running) = (MemoryLeases::new(), Running::default());
    let mut shops = vec![start(&leases, &running).await];
    even(&shops, &running).await;

    shops.push(start(&leases, &running).await);
    let joined = even(&shops, &running).await;
    assert!(joined <= RENEW + SECOND, "a join took {joined:?}");
    let moved = running.fences().into_values().filter(|fence| *fence > 1).count();
    assert_eq!(moved, SHARDS / 2, "no more move than that takes");

    // The addresses of a shard that runs elsewhere refuse at once; of each, one replica answers.
    for shard in 0..SHARDS {
        let mut answers = Vec::new();
        for shop in &shops {
            let handle = &shop.jobs().shards()[shard];
            let is_here = shop.jobs().running().any(|(number, _)| number == shard);
            match within("an answer", handle.store().ask(Query::Number)).await {
                Ok((number, fence)) => {
                    assert!(is_here && handle.store().status() == ChildState::Running);
                    assert_eq!(handle.work().status(), ChildState::Running);
                    assert_eq!(handle.group().more().incarnation(), 1);
                    answers.push((number, fence));
                }
                Err(AskError::NotRunning(_)) => {
                    assert!(!is_here && handle.store().status() == ChildState::Standby);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(answers, [(shard, leases.fence(&format!("jobs/{shard}")))]);
    }
    let ready = shops[0].supervisor().health().await.ready;
    assert!(ready, "shards that run elsewhere are no failure");

    let leaving = shops.remove(0);
    within("the shutdown", leaving.shutdown()).await.unwrap();
    let left = even(&shops, &running).await;
    assert!(left <= SECOND, "a leave took {left:?}");
    within("the shutdown", shops.remove(0).shutdown()).await.unwrap();
    assert!(running.fences().is_empty());
    assert_eq!((0..SHARDS).find(|shard| leases.holder(&format!("jobs/{shard}")).is_some()), None);
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_the_same_shard_in_each_replica() {
    let (leases, running) = (MemoryLeases::new(), Running::default());
    let shop = start(&leases, &running).await;
    let jobs: &Sharded<ShopJobs> = shop.jobs();
    assert_eq!(jobs.shards().len(), SHARDS);
    for key in ["ada", "grace", ""] {
        let shard = stable_hash(key.as_bytes()) % SHARDS as u64;
        let path = format!("jobs/{shard}/leader/store");
        assert_eq!(jobs.of_bytes(key).store().path(), *path.as_str());
        assert_eq!(jobs.of_hash(shard + SHARDS as u64).store().path(), *path.as_str());
    }
    assert_eq!(jobs.shards()[3].supervisor().path().as_str(), "jobs/3");
    assert_eq!(jobs.shards()[3].group().more().path(), "jobs/3/leader/group/more");
    assert_eq!(jobs.supervisor().path().as_str(), "jobs");
    assert_eq!(jobs.clone().which_children().await.unwrap().len(), SHARDS + 1, "a supervisor, too");
    within("the shutdown", shop.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_numbers_of_a_tree_count_its_shards() {
    // web 5; the balancer 2, then all shards at once: store 2, work 1, web 1, more 1, and 2 to release.
    assert_eq!(Shop::SHUTDOWN_BUDGET, Some(14 * SECOND));
    assert_eq!(Shop::START_BUDGET, Some(Duration::ZERO), "nobody waits for what a lease guards");
    // web, jobs, the balancer; of each shard itself, lease, leader, store, work, group, web, more.
    assert_eq!(Shop::CHILDREN, 3 + SHARDS * 8);
    let leases = MemoryLeases::new();
    let shop = start(&leases, &Running::default()).await;
    let snapshot = within("the snapshot", shop.snapshot()).await.unwrap();
    let lines = snapshot.to_string().lines().filter(|line| line.contains('[')).count();
    assert_eq!(lines, Shop::CHILDREN, "{snapshot}");
    let deployment = Shop::deployment().unwrap();
    assert_eq!((deployment.stop(), deployment.start()), (15 * SECOND, Duration::ZERO));
    let manifest = deployment.kubernetes().to_string();
    for part in ["jobs/0/leader/store 2s", "jobs/0/lease 2s", "jobs/balancer 2s"] {
        assert!(manifest.contains(part), "no `{part}` in\n{manifest}");
    }
    within("the shutdown", shop.shutdown()).await.unwrap();
}

#[test]
fn the_diagram_has_one_shard_for_all() {
    let diagram = Shop::diagram();
    for label in [
        "jobs: one_for_one (lease = #quot;jobs#quot;, shards = 16)",
        "0 … 15: one_for_one (max_restarts = 0, backoff = 1s, max_restarts = 3)",
        "balancer: Always (shutdown = 2s)",
        "leader: rest_for_one (restart = Transient)",
        "work: Always (shutdown = 1s)",
    ] {
        assert!(diagram.contains(label), "no `{label}` in\n{diagram}");
    }
}

supervision_tree! {
    Small(leases: MemoryReplica, shards: usize): one_for_one {
        jobs: one_for_one(lease = "jobs", shards = runtime(shards)) with leases {
            web: Always,
        },
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_of_shards_that_only_the_running_program_knows() {
    let leases = MemoryLeases::new();
    let small = within("the start", Small::start(leases.replica(), 3)).await.unwrap();
    sleep(2 * RENEW).await;
    quiet().await;
    assert_eq!(small.jobs().running().count(), 3);
    within("the shutdown", small.shutdown()).await.unwrap();
    for (shards, rule) in [
        (0, "lease `jobs`: `shards = 0` leaves nothing that runs"),
        (1025, "lease `jobs`: `shards = 1025` makes as many leases"),
    ] {
        let refused = within("the refusal", Small::start(leases.replica(), shards)).await;
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(rule), "{text}");
    }
    let diagram = Small::diagram();
    assert!(diagram.contains("shards = …)") && diagram.contains("0, 1, …: "), "{diagram}");
    assert_eq!(Small::SHUTDOWN_BUDGET, Some(9 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn each_fault_below_shards_does_what_the_model_says() {
    let report = testing::fault_matrix(|| Small::tree(MemoryLeases::new().replica(), 2)).await;
    let report = report.unwrap_or_else(|failed| panic!("{failed}"));
    let told = |path: &str, fault| report.consequence(path, fault).unwrap().to_owned();
    assert_eq!(told("jobs/1/leader/web", Fault::Panic), "restarts jobs/1/leader/web");
    let keeper = told("jobs/1/lease", Fault::Panic);
    assert!(keeper.starts_with("jobs/1 gives up; restarts jobs/1/lease, jobs/1, "), "{keeper}");
    assert!(!keeper.contains("jobs/0"), "{keeper}");
}

supervision_tree! {
    ByUse(leases: MemoryReplica): one_for_one(order = by_use) {
        shard: Always = web,
        jobs: one_for_one(lease = "jobs", shards = 2, order = by_use) with leases {
            store: Always = { let _ = shard + 1; web },
            front: Always = { let _ = store.clone(); web },
            // The function of that name.
            called: Always = { let _ = self::shard(); web },
        },
        after: Always = { let one = jobs.of_hash(1).store().clone(); move |ctx| { let _ = &one; web(ctx) } },
    }
}

fn shard() -> usize {
    7
}

#[tokio::test(start_paused = true)]
async fn under_order_by_use_the_number_of_a_shard_is_no_sibling() {
    let diagram = ByUse::diagram();
    // `after` uses `jobs`, the balancer the shards, and `front` uses `store` in each shard.
    for arrow in
        ["n_2 -. uses .-> n_1", "n_1_1 -. uses .-> n_1_0", "n_1_0_1_1 -. uses .-> n_1_0_1_0"]
    {
        assert!(diagram.contains(arrow), "no `{arrow}` in\n{diagram}");
    }
    assert_eq!(diagram.matches("uses").count(), 3, "{diagram}");
    let leases = MemoryLeases::new();
    let tree = within("the start", ByUse::start(leases.replica())).await.unwrap();
    sleep(SECOND).await;
    assert_eq!(tree.jobs().running().count(), 2);
    within("the shutdown", tree.shutdown()).await.unwrap();
}

/// Returns a tree without a name, whose values leave the function and wait.
async fn expression<L: Leases + Clone>(leases: &L) -> Result<usize, Box<dyn std::error::Error>> {
    let parse = |text: &str| text.parse::<usize>();
    let text = String::from("5");
    let job = {
        let text = text.clone();
        move |ctx: Context| {
            let _ = &text;
            web(ctx)
        }
    };
    let tree = supervision_tree! {
        one_for_one {
            jobs: one_for_one(lease = "jobs", shards = 3) with leases {
                #[cfg(any())]
                absent: Always = web,
                store: Store = { sleep(SECOND).await; Store { shard, fence, running: Running::default() } },
                work: Always = {
                    let _number = parse(&text)? + shard;
                    move |ctx| work(ctx, shard, fence.clone(), store.clone())
                },
                // The function of a local variable, of which each shard has a clone.
                job: Always,
            },
        }
    };
    let tree = tree.start().await?;
    assert_eq!(tree.children(), 2 + 3 * 6);
    sleep(2 * RENEW).await;
    let (number, _) = tree.jobs().shards()[2].store().ask(Query::Number).await?;
    assert_eq!(tree.jobs().shards()[1].work().status(), ChildState::Running);
    let running = tree.jobs().running().count();
    tree.supervisor().shutdown().await?;
    assert_eq!(number, 2);
    Ok(running)
}

#[tokio::test(start_paused = true)]
async fn shards_work_in_a_tree_without_a_name() {
    let leases = MemoryLeases::new();
    assert_eq!(within("the tree", expression(&leases.replica())).await.unwrap(), 3);
    assert_eq!(leases.holder("jobs/0"), None);
}
