//! `wait_for_room`: waiting until a supervisor with `max_children` has room for another child.

use supervisor::prelude::*;
use supervisor_tests::{quiet, within};
use tokio_like::is_pending;

mod tokio_like {
    use std::future::{Future, poll_fn};
    use std::pin::Pin;
    use std::task::Poll;

    /// Polls a future once, and returns whether it waits.
    pub(crate) async fn is_pending<F: Future>(mut future: Pin<&mut F>) -> bool {
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
    }
}

async fn worker(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

fn pool(max: usize) -> Pool<supervisor::pool::FnWorker, supervisor::pool::Shared> {
    Supervisor::new().with_max_children(max).build_pool(ChildSpec::new("worker").with_task(worker))
}

#[tokio::test(start_paused = true)]
async fn it_returns_at_once_while_there_is_room() {
    let pool = pool(2);
    within("room before the start", pool.wait_for_room()).await.unwrap();
    let _one = pool.add_worker().await.unwrap();
    within("room for a second", pool.wait_for_room()).await.unwrap();
    let unlimited = Supervisor::new().build();
    unlimited.start().await.unwrap();
    within("room without a limit", unlimited.wait_for_room()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_are_told_when_a_child_is_forgotten() {
    let pool = pool(1);
    let worker = pool.add_worker().await.unwrap();
    let waits: Vec<_> = (0..3)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.wait_for_room().await })
        })
        .collect();
    quiet().await;
    assert!(waits.iter().all(|wait| !wait.is_finished()));
    worker.terminate().await.unwrap();
    for wait in waits {
        within("room", wait).await.unwrap().unwrap();
    }
    pool.add_worker().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_gave_up_is_not_missed_by_the_others() {
    let pool = pool(1);
    let worker = pool.add_worker().await.unwrap();
    {
        let mut dropped = Box::pin(pool.wait_for_room());
        assert!(is_pending(dropped.as_mut()).await);
        quiet().await;
        assert!(is_pending(dropped.as_mut()).await);
    }
    let other = pool.clone();
    let wait = tokio::spawn(async move { other.wait_for_room().await });
    quiet().await;
    worker.terminate().await.unwrap();
    within("room", wait).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_fails_when_the_supervisor_ends_meanwhile_and_after_that() {
    let pool = pool(1);
    let _worker = pool.add_worker().await.unwrap();
    let other = pool.clone();
    let wait = tokio::spawn(async move { other.wait_for_room().await });
    quiet().await;
    within("the shutdown", pool.shutdown()).await.unwrap();
    // The worker's end made room, or the supervisor's end made none: either way the wait is over.
    let _ = within("the end of the wait", wait).await.unwrap();
    let error = within("an answer", pool.wait_for_room()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_down_but_known_takes_its_place() {
    let tree = Supervisor::new().with_max_children(1).build();
    tree.add_child(ChildSpec::new("one").with_task(worker)).await.unwrap();
    tree.terminate_child("one").await.unwrap();
    let other = tree.clone();
    let wait = tokio::spawn(async move { other.wait_for_room().await });
    quiet().await;
    assert!(!wait.is_finished(), "it can be started again");
    tree.delete_child("one").await.unwrap();
    within("room", wait).await.unwrap().unwrap();
}
