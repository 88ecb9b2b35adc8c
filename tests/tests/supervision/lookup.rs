//! Tests lookups: finding a child by its path.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Backoff, LookupError};
use supervisor_tests::{Order, Stage, event, quiet, terminated, within};
use tokio::sync::oneshot;

/// Returns a child that calls the function once, and the query that starts the call.
fn inside<F, Fut, T>(ask: F) -> (ChildSpec<impl supervisor::specs::Runnable>, Query<T>)
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = (Context, T)> + Send + 'static,
    T: Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let (go, start) = oneshot::channel();
    let once = std::sync::Mutex::new(Some((start, sender)));
    let (once, ask) = (std::sync::Arc::new(once), std::sync::Arc::new(ask));
    let spec = ChildSpec::new("seeker").with_task(move |ctx: Context| {
        let (once, ask) = (std::sync::Arc::clone(&once), std::sync::Arc::clone(&ask));
        async move {
            let (start, sender) = once.lock().unwrap().take().expect("it has one life");
            let _ = start.await;
            let (ctx, answer) = ask(ctx).await;
            let _ = sender.send(answer);
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    (spec, Query { go, receiver })
}

struct Query<T> {
    go: oneshot::Sender<()>,
    receiver: oneshot::Receiver<T>,
}

impl<T> Query<T> {
    async fn answer(self) -> T {
        let _ = self.go.send(());
        within("the lookup", self.receiver).await.expect("the child answers")
    }
}

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn declared_added_and_pooled_children_are_found() {
    let stage = Stage::new();
    let (seeker, query) = inside(|ctx| async move {
        let later = ctx.lookup::<Order>("sub/leaf").await;
        let added = ctx.lookup::<Order>("sub/added").await;
        let worker = ctx.lookup::<()>("sub/pool/#2").await;
        let itself = ctx.lookup::<()>("seeker").await;
        (ctx, (later, added, worker, itself))
    });
    let pool = Supervisor::new().with_template(ChildSpec::new("worker").with_task(idle)).build();
    let sub = Supervisor::new()
        .with_child(stage.actor("leaf"))
        .with_child(ChildSpec::new("pool").with_supervisor(pool.clone()))
        .build();
    let root = Supervisor::new()
        .with_name("any name")
        .with_child(seeker)
        .with_child(ChildSpec::new("sub").with_supervisor(sub.clone()))
        .build();
    within("the start", root.start()).await.unwrap();
    within("a child", sub.add_child(stage.actor("added"))).await.unwrap();
    for _ in 0..2 {
        within("a worker", pool.add_worker()).await.unwrap();
    }
    let (later, added, worker, itself) = query.answer().await;
    assert_eq!(worker.unwrap().path(), "sub/pool/#2");
    assert_eq!(itself.unwrap().path(), "seeker");
    within("room", later.unwrap().send(Order::Note(1))).await.unwrap();
    within("room", added.unwrap().send(Order::Note(2))).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+leaf +added 1 2");
}

#[tokio::test(start_paused = true)]
async fn each_failed_lookup_has_its_error() {
    let stage = Stage::new();
    let (seeker, query) = inside(|ctx| async move {
        let mut errors = Vec::new();
        for path in ["nothing", "nothing/below", "sub/nothing", "sub/leaf/below/it", "", "/sub"] {
            errors.push(ctx.lookup::<Order>(path).await.unwrap_err());
        }
        errors.push(ctx.lookup::<Order>("sub").await.unwrap_err());
        errors.push(ctx.lookup::<u32>("sub/leaf").await.unwrap_err());
        errors.push(ctx.lookup::<Order>("sub/#1").await.unwrap_err());
        (ctx, errors)
    });
    let sub = Supervisor::new().with_child(stage.actor("leaf")).build();
    let root = Supervisor::new()
        .with_child(seeker)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    let errors = query.answer().await;
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "there is no child `nothing`",
            "there is no child `nothing`",
            "there is no child `sub/nothing`",
            "there is no child `sub/leaf/below`",
            "there is no child ``",
            "there is no child ``",
            "`sub` is a supervisor, which takes no messages",
            "child `sub/leaf` takes messages of type `supervisor_tests::stage::Order`, not `u32`",
            "there is no child `sub/#1`",
        ]
    );
    assert!(matches!(errors[0], LookupError::NotFound(_)));
    assert!(matches!(errors[6], LookupError::IsSupervisor(_)));
    assert!(matches!(errors[7], LookupError::WrongMessage { wanted: "u32", .. }));
}

#[tokio::test(start_paused = true)]
async fn a_declared_child_is_found_while_its_supervisor_is_being_restarted() {
    let stage = Stage::new();
    let (seeker, query) = inside(|ctx| async move {
        let leaf = ctx.lookup::<Order>("sub/leaf").await;
        let dynamic = ctx.lookup::<Order>("sub/dynamic").await;
        (ctx, (leaf, dynamic))
    });
    let sub = Supervisor::new().with_max_restarts(0).with_child(stage.actor("leaf")).build();
    let spec = ChildSpec::new("sub")
        .with_backoff(Backoff::constant(Duration::from_secs(10)))
        .with_supervisor(sub.clone());
    let root = Supervisor::new()
        .with_restart_window(Duration::from_secs(100))
        .with_child(seeker)
        .with_child(spec)
        .build();
    let mut events = root.events();
    within("the start", root.start()).await.unwrap();
    let dynamic = within("a child", sub.add_child(stage.actor("dynamic"))).await.unwrap();
    within("room", dynamic.send(Order::Escalate)).await.unwrap();
    event(&mut events, "the end of sub", terminated("sub")).await;
    let (leaf, dynamic) = query.answer().await;
    assert!(matches!(dynamic, Err(LookupError::NotFound(_))));
    within("room", leaf.unwrap().send(Order::Note(1))).await.unwrap();
    quiet().await;
    assert!(!stage.log().contains('1'), "it waits for the next life");
    tokio::time::advance(Duration::from_secs(10)).await;
    quiet().await;
    assert_eq!(stage.log(), "+leaf 1");
}

#[tokio::test(start_paused = true)]
async fn the_first_child_finds_the_others_while_the_tree_starts() {
    let (sender, receiver) = oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let sender = std::sync::Arc::new(sender);
    let first = ChildSpec::new("first").with_start(supervisor::StartMode::Notify).with_task(
        move |mut ctx: Context| {
            let sender = std::sync::Arc::clone(&sender);
            async move {
                let found = ctx.lookup::<()>("sub/last").await.map(|child| child.incarnation());
                ctx.ready();
                let _ = sender.lock().unwrap().take().expect("one life").send(found);
                idle(ctx).await
            }
        },
    );
    let sub = Supervisor::new().with_child(ChildSpec::new("last").with_task(idle)).build();
    let root = Supervisor::new()
        .with_child(first)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    within("the start", root.start()).await.unwrap();
    assert_eq!(within("the lookup", receiver).await.unwrap(), Ok(0));
}
