//! Tests an `impl Child` written by hand: its `OPTIONS` hold at run time as they do in the budget.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::specs::Ready;
use supervisor::{Backoff, ChildOptions};

/// A worker without the derive: `OPTIONS` alone set how it is supervised.
struct ByHand;

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

impl Child for ByHand {
    type Recipe = Self;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new()
        .with_restart_policy(RestartPolicy::Transient)
        .with_shutdown(Shutdown::Timeout(Duration::from_secs(3)))
        .with_backoff(Backoff::constant(Duration::from_millis(7)))
        .with_mailbox(1);

    fn spec(name: &str, _: Self) -> ChildSpec<Ready<ChildRef<()>>> {
        ChildSpec::new(name).with_task(idle)
    }
}

supervision_tree! {
    Mixed: one_for_one {
        plain: ByHand = ByHand,
        overruled: Always<ByHand>(shutdown = 4s) = ByHand,
        pool: simple_one_for_one { worker: ByHand },
        parts: simple_one_for_one(partitions = 2) { part: ByHand = ByHand },
    }
}

#[tokio::test]
async fn the_options_of_the_type_hold_at_run_time() {
    let tree = Mixed::start().await.unwrap();
    let spec = tree.supervisor().child_spec("plain").await.unwrap();
    assert_eq!(spec.restart, RestartPolicy::Transient);
    assert_eq!(spec.shutdown, Shutdown::Timeout(Duration::from_secs(3)));
    assert_eq!(spec.backoff, Some(Backoff::constant(Duration::from_millis(7))));
    let part = tree.parts().supervisor().child_spec("0").await.unwrap();
    assert_eq!(part.restart, RestartPolicy::Transient);
    tree.pool().add_worker_with(ByHand).await.unwrap();
    let worker = tree.pool().supervisor().child_spec("#1").await.unwrap();
    assert_eq!(worker.restart, RestartPolicy::Transient);
}

#[tokio::test]
async fn the_trees_options_win_over_those_of_the_type() {
    let tree = Mixed::start().await.unwrap();
    let spec = tree.supervisor().child_spec("overruled").await.unwrap();
    assert_eq!(spec.restart, RestartPolicy::Always);
    assert_eq!(spec.shutdown, Shutdown::Timeout(Duration::from_secs(4)));
    assert_eq!(spec.backoff, Some(Backoff::constant(Duration::from_millis(7))));
}

#[tokio::test]
async fn the_mailbox_of_the_type_holds_at_run_time() {
    let tree = Mixed::start().await.unwrap();
    for child in [tree.plain(), tree.overruled(), tree.parts().of("a key")] {
        child.try_send(()).unwrap();
        assert!(child.try_send(()).is_err(), "{}: the mailbox holds one message", child.path());
    }
    let worker = tree.pool().add_worker_with(ByHand).await.unwrap();
    worker.try_send(()).unwrap();
    assert!(worker.try_send(()).is_err());
}
