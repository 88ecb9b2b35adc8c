//! Tests what a child finds around itself: its supervisor, the root, its number as a partition.

use std::sync::{Arc, Mutex, OnceLock};

use supervisor::prelude::*;
use supervisor::{LookupError, WeakSupervisor};
use supervisor_tests::{Gauge, Order, Stage, within};
use tokio::sync::mpsc;

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// Returns a child that sends these references of its context, and waits for its shutdown.
fn telling<T: Send + 'static>(
    what: fn(&Context) -> T,
) -> (ChildSpec<impl supervisor::specs::Runnable>, mpsc::UnboundedReceiver<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let spec = ChildSpec::new("teller").with_task(move |ctx: Context| {
        let told = sender.send(what(&ctx));
        async move {
            told.map_err(|_| "the test is over")?;
            idle(ctx).await
        }
    });
    (spec, receiver)
}

#[tokio::test(start_paused = true)]
async fn a_child_adds_a_sibling_with_its_supervisor() {
    let (teller, mut told) = telling(Context::supervisor);
    let sub = Supervisor::new().with_child(teller).build();
    let root = Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    root.start().await.unwrap();
    let supervisor = within("the reference", told.recv()).await.unwrap();
    let supervisor = supervisor.upgrade().unwrap();
    let added = supervisor.add_child(ChildSpec::new("added").with_task(idle)).await.unwrap();
    assert_eq!(added.path(), "sub/added");
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_root_is_the_topmost_supervisor() {
    let (teller, mut told) = telling(Context::root);
    let sub = Supervisor::new().with_child(teller).build();
    let mid = Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    let root = Supervisor::new().with_child(ChildSpec::new("mid").with_supervisor(mid)).build();
    root.start().await.unwrap();
    let found = within("the reference", told.recv()).await.unwrap().upgrade().unwrap();
    assert_eq!(found.path(), "/");
    assert_eq!(found.which_children().await.unwrap()[0].name, "mid");
    root.shutdown().await.unwrap();
}

/// The state that all children of a service share.
#[derive(Clone, Default)]
struct App {
    root: Arc<OnceLock<WeakSupervisor>>,
    gauge: Gauge,
}

#[tokio::test(start_paused = true)]
async fn a_reference_in_the_value_of_a_child_keeps_nothing_alive() {
    let app = App::default();
    let weak = {
        let alive = Arc::new(Mutex::new(Some(app.gauge.enter())));
        let own = app.clone();
        let holder = ChildSpec::new("holder").with_task(move |ctx: Context| {
            let _ = own.root.set(ctx.root());
            let alive = Arc::clone(&alive);
            async move {
                ctx.shutdown_requested().await;
                drop(alive);
                Ok(())
            }
        });
        let root = Supervisor::new().with_child(holder).build();
        root.start().await.unwrap();
        within("the child's look", async {
            while app.root.get().is_none() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert!(app.root.get().unwrap().upgrade().is_ok());
        // The last handle is dropped: the tree shuts down.
        root.downgrade()
    };
    within("the child's value is dropped", async {
        while app.gauge.alive() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    within("the tree is gone", async {
        while weak.upgrade().is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let error = weak.upgrade().unwrap_err();
    assert_eq!(error.to_string(), "supervisor `/` is gone, with its whole tree");
    assert!(matches!(app.root.get().unwrap().upgrade(), Err(SupervisorError::Gone(_))));
    weak.request_shutdown();
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_reference_does_not_keep_the_tree_running() {
    let stage = Stage::new();
    let root = Supervisor::new().with_child(stage.actor("child")).build();
    root.start().await.unwrap();
    let held = root.downgrade().upgrade().unwrap();
    let mut events = root.events();
    drop(root);
    within("the shutdown", async { while events.next().await.is_some() {} }).await;
    assert!(matches!(held.add_worker().await, Err(SupervisorError::NotSimpleOneForOne(_))));
    assert!(matches!(held.which_children().await, Err(SupervisorError::Ended(..))));
}

/// Starts a tree whose child hands out its context, and ends.
pub(super) async fn context_of_an_ended_life() -> (Supervisor, Context) {
    let (sender, mut kept) = mpsc::unbounded_channel();
    let leaver = ChildSpec::new("leaver").with_restart_policy(RestartPolicy::Temporary).with_task(
        move |ctx: Context| {
            let sent = sender.send(ctx);
            async move { sent.map_err(|_| "the test is over".into()) }
        },
    );
    let root = Supervisor::new().with_child(leaver).build();
    root.start().await.unwrap();
    let ctx = within("the context", kept.recv()).await.unwrap();
    (root, ctx)
}

#[tokio::test(start_paused = true)]
async fn a_context_that_outlives_its_tree_has_no_supervisor() {
    let (root, ctx) = context_of_an_ended_life().await;
    root.shutdown().await.unwrap();
    drop(root);
    within("the end of the supervisor's task", async {
        while ctx.supervisor().upgrade().is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(matches!(ctx.root().upgrade(), Err(SupervisorError::Gone(_))));
    ctx.request_shutdown();
    assert_eq!(ctx.partition(), None);
}

#[tokio::test(start_paused = true)]
async fn a_child_deep_in_the_tree_ends_the_program() {
    let deep = ChildSpec::new("deep").with_task(async |ctx: Context| {
        ctx.request_shutdown();
        ctx.shutdown_requested().await;
        Ok(())
    });
    let sub = Supervisor::new().with_child(deep).build();
    let root = Supervisor::new()
        .with_child(ChildSpec::new("sibling").with_task(idle))
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    root.start().await.unwrap();
    within("the end of the tree", root.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_not_ready_yet_ends_the_program() {
    use supervisor::StartMode;
    let first =
        ChildSpec::new("first").with_start(StartMode::Notify).with_task(async |ctx: Context| {
            ctx.request_shutdown();
            ctx.shutdown_requested().await;
            Ok(())
        });
    let root = Supervisor::new().with_child(first).build();
    let started = within("the start", root.start()).await;
    assert!(matches!(started, Err(SupervisorError::ShuttingDown(_))), "{started:?}");
    within("the end of the tree", root.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lookup_from_outside_is_that_of_a_context() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(ChildSpec::new("worker").with_task(idle)).build();
    let sub = Supervisor::new().with_child(stage.actor("leaf")).build();
    let root = Supervisor::new()
        .with_child(ChildSpec::new("pool").with_supervisor(pool.clone()))
        .with_child(ChildSpec::new("sub").with_supervisor(sub.clone()))
        .build();
    let early = within("a lookup before the start", root.lookup::<Order>("sub/leaf")).await;
    assert_eq!(early.unwrap().path(), "sub/leaf");
    root.start().await.unwrap();
    pool.add_worker().await.unwrap();
    assert_eq!(root.lookup::<()>("pool/#1").await.unwrap().path(), "pool/#1");
    // The path leads from the root, whatever the handle.
    assert_eq!(sub.lookup::<Order>("sub/leaf").await.unwrap().path(), "sub/leaf");
    let unknown = sub.lookup::<Order>("leaf").await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no child `leaf`");
    let wrong = root.lookup::<u8>("sub/leaf").await.unwrap_err();
    assert!(matches!(wrong, LookupError::WrongMessage { .. }), "{wrong}");
    let supervisor = root.lookup::<()>("sub").await.unwrap_err();
    assert!(matches!(supervisor, LookupError::IsSupervisor(_)), "{supervisor}");
    root.shutdown().await.unwrap();
    let late = within("a lookup after the end", root.lookup::<Order>("sub/leaf")).await;
    assert_eq!(late.unwrap().path(), "sub/leaf");
}

#[tokio::test(start_paused = true)]
async fn a_partition_knows_its_number_in_each_life() {
    let (sender, mut numbers) = mpsc::unbounded_channel();
    let template = ChildSpec::new("shard").with_task(move |ctx: Context| {
        let sent = sender.send((ctx.partition(), ctx.incarnation()));
        async move {
            sent.map_err(|_| "the test is over")?;
            idle(ctx).await
        }
    });
    let shards = Supervisor::new().build_partitioned(template, 12);
    let root = Supervisor::new()
        .with_child(ChildSpec::new("shards").with_supervisor(shards.supervisor().clone()))
        .build();
    root.start().await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..12 {
        seen.push(within("a partition", numbers.recv()).await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..12).map(|number| (Some(number), 1)).collect::<Vec<_>>());
    shards.workers()[7].restart().await.unwrap();
    assert_eq!(within("its next life", numbers.recv()).await, Some((Some(7), 2)));
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_other_child_is_a_partition() {
    let (teller, mut told) = telling(Context::partition);
    let numbered = ChildSpec::new("7").with_task(idle);
    let root = Supervisor::new().with_child(numbered).with_child(teller).build();
    root.start().await.unwrap();
    assert_eq!(within("the number", told.recv()).await, Some(None));
    root.shutdown().await.unwrap();

    // A child that is added beside partitions is none, whatever its name.
    let template = ChildSpec::new("shard").with_task(idle);
    let shards = Supervisor::new().build_partitioned(template, 2);
    shards.start().await.unwrap();
    let (sender, mut told) = mpsc::unbounded_channel();
    let added = ChildSpec::new("2").with_restart_policy(RestartPolicy::Temporary);
    let added = added.with_task(move |ctx: Context| {
        let sent = sender.send(ctx.partition());
        async move { sent.map_err(|_| "the test is over".into()) }
    });
    shards.add_child(added).await.unwrap();
    assert_eq!(within("the number", told.recv()).await, Some(None));
    shards.shutdown().await.unwrap();
}

#[test]
fn bytes_have_the_same_partition_in_each_program() {
    // The published values of FNV-1a, 64 bits.
    let published = [
        ("", 0xcbf2_9ce4_8422_2325),
        ("a", 0xaf63_dc4c_8601_ec8c),
        ("b", 0xaf63_df4c_8601_f1a5),
        ("foobar", 0x8594_4171_f739_67e8),
    ];
    for (text, hash) in published {
        assert_eq!(supervisor::pool::stable_hash(text.as_bytes()), hash, "{text:?}");
    }
    let template = ChildSpec::new("shard").with_task(idle);
    let shards = Supervisor::new().build_partitioned(template, 8);
    assert_eq!(shards.of_bytes("foobar").path(), "0");
    assert_eq!(shards.of_bytes(b"a").path(), "4");
    let mut counts = [0; 8];
    for tenant in 0..8000 {
        let path = shards.of_bytes(format!("tenant-{tenant}")).path().to_string();
        counts[path.parse::<usize>().unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
}
