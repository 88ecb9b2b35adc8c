//! Tests of `testing::fault_matrix` itself: what it runs, what it finds, what it prints.

use std::time::{Duration, Instant};

use supervisor::prelude::*;
use supervisor::testing::{self, Fault, MatrixFailure};

supervision_tree! {
    /// Five children, two of them in a group of their own.
    Shop: rest_for_one(max_restarts = 5, restart_window = 60s) {
        db: Database,
        sub: one_for_one {
            worker: Always = idle,
            mailer: Transient(backoff = 100ms..10s, heartbeat = 5s) = idle_with_heartbeat,
        },
        cache: Transient(start = notify) = notifying,
    }
}

#[derive(Child, Default)]
#[child(message = Reply<u32>, shutdown = 2s)]
struct Database;

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
        while let Some(reply) = ctx.recv().await {
            let _ = reply.send(42);
        }
        Ok(())
    }
}

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

async fn idle_with_heartbeat(mut ctx: Context) -> ChildResult {
    while ctx.recv().await.is_some() {}
    Ok(())
}

async fn notifying(mut ctx: Context) -> ChildResult {
    ctx.ready();
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_tree_of_five_children_passes_in_seconds() -> Result<(), MatrixFailure> {
    let began = Instant::now();
    let report = testing::fault_matrix(|| Shop::tree())
        .check(async |shop: &Shop, _| match shop.db().ask(|reply| reply).await {
            Ok(42) => Ok(()),
            other => Err(format!("the database answers {other:?}")),
        })
        .states("db", Fault::Panic, "restarts db, sub/worker, sub/mailer, sub, cache")
        .states("cache", Fault::Ok, "cache stays down")
        .await?;
    println!("{report}\n{:?}", began.elapsed());
    assert_eq!(report.passed.len() + report.skipped.len(), 120);
    assert!(began.elapsed() < Duration::from_secs(5));
    Ok(())
}
