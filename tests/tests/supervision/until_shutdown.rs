//! Tests `Context::until_shutdown`.

use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use supervisor::prelude::*;
use supervisor_tests::{Gauge, within};
use tokio::sync::{mpsc, oneshot};

use super::from_inside::context_of_an_ended_life;

/// Runs the function as the only child of a tree that is shut down once the child is `at` its place.
async fn run_and_shut_down<F, Fut>(child: F, at: oneshot::Receiver<()>)
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    let child =
        ChildSpec::new("child").with_restart_policy(RestartPolicy::Transient).with_task(child);
    let root = Supervisor::new().with_child(child).build();
    root.start().await.unwrap();
    within("the child is at its place", at).await.unwrap();
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
}

/// A value that the first of many lives takes.
fn once<T>(value: T) -> Arc<std::sync::Mutex<Option<T>>> {
    Arc::new(std::sync::Mutex::new(Some(value)))
}

#[tokio::test(start_paused = true)]
async fn the_output_comes_back() {
    let (sender, mut outputs) = mpsc::unbounded_channel();
    let root = Supervisor::new().build();
    let child = ChildSpec::new("child").with_task(move |ctx: Context| {
        let sender = sender.clone();
        async move {
            let slow = async {
                tokio::time::sleep(std::time::Duration::from_secs(60)).await;
                7
            };
            let _ = sender.send(ctx.until_shutdown(slow).await);
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    root.add_child(child).await.unwrap();
    assert_eq!(within("the output", outputs.recv()).await, Some(Some(7)));
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_drops_the_future_before_the_clean_up() {
    let gauge = Gauge::new();
    let (at, place) = oneshot::channel();
    let (at, lives) = (once(at), gauge.clone());
    let (seen, mut cleaned) = mpsc::unbounded_channel();
    let child = move |ctx: Context| {
        let (at, life, lives, seen) =
            (at.lock().unwrap().take(), lives.enter(), lives.clone(), seen.clone());
        async move {
            let forever = async move {
                let _ = at.expect("it has one life").send(());
                let _life = life;
                pending::<()>().await;
            };
            let output = ctx.until_shutdown(forever).await;
            let _ = seen.send((output, lives.alive()));
            Ok(())
        }
    };
    run_and_shut_down(child, place).await;
    assert_eq!(cleaned.recv().await, Some((None, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_loop_over_futures_that_are_ready_ends() {
    let (at, place) = oneshot::channel();
    let (at, rounds) = (once(at), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&rounds);
    let child = move |ctx: Context| {
        let (at, rounds) = (at.lock().unwrap().take(), Arc::clone(&counted));
        async move {
            let _ = at.expect("it has one life").send(());
            while ctx.until_shutdown(ready(())).await.is_some() {
                rounds.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            Ok(())
        }
    };
    run_and_shut_down(child, place).await;
    assert!(rounds.load(Ordering::Relaxed) > 0);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_dropped_and_made_again_and_loses_nothing() {
    let (sender, receiver) = mpsc::channel(1);
    let (receiver, (at, place)) = (once(receiver), oneshot::channel());
    let (at, (got, mut numbers)) = (once(at), mpsc::unbounded_channel());
    let child = move |ctx: Context| {
        let receiver = receiver.lock().unwrap().take();
        let (at, got) = (at.lock().unwrap().take(), got.clone());
        async move {
            let mut receiver: mpsc::Receiver<u32> = receiver.expect("it has one life");
            let mut at = at;
            loop {
                tokio::select! {
                    biased;
                    number = ctx.until_shutdown(receiver.recv()) => match number {
                        Some(Some(20)) => drop(at.take().map(|at| at.send(()))),
                        Some(Some(number)) => drop(got.send(number)),
                        Some(None) => pending().await,
                        None => return Ok(()),
                    },
                    // Drops the other branch again and again.
                    () = tokio::task::yield_now() => {}
                }
            }
        }
    };
    let feeder = tokio::spawn(async move {
        for number in 0..=20 {
            sender.send(number).await.expect("the child receives");
        }
        sender
    });
    run_and_shut_down(child, place).await;
    drop(feeder.await.unwrap());
    let all: Vec<_> = std::iter::from_fn(|| numbers.try_recv().ok()).collect();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn in_a_context_that_was_kept_it_ends_at_once() {
    let (root, ctx) = context_of_an_ended_life().await;
    let output = within("the end", ctx.until_shutdown(pending::<()>())).await;
    assert_eq!(output, None);
    root.shutdown().await.unwrap();
}
