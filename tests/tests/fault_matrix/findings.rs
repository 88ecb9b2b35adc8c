//! What a fault matrix finds, and what it prints.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing::{self, Fault, MatrixFailure, Moment};
use supervisor::{Backoff, MaxRestarts, StartMode};
use supervisor_tests::matrix::{failure, says, tree_of};

use super::{Shop, idle};

#[tokio::test]
async fn a_clock_that_runs_is_refused() {
    let text = failure(testing::fault_matrix(Shop::tree)).await;
    says(&text, &["paused clock on one thread", "start_paused = true", ".in_real_time()"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn several_threads_are_refused() {
    says(&failure(testing::fault_matrix(Shop::tree)).await, &["on one thread"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_come_back_is_found_and_the_story_told() {
    let text = failure(
        testing::fault_matrix(|| {
            let is_taken = Arc::new(AtomicBool::new(false));
            tree_of(move |ctx| {
                let is_taken = Arc::clone(&is_taken);
                async move {
                    if is_taken.swap(true, Ordering::Relaxed) {
                        return Err("the port is in use".into());
                    }
                    idle(ctx).await
                }
            })
        })
        .only_child("second")
        .only_faults([Fault::Panic])
        .only_moments([Moment::Calm]),
    )
    .await;
    says(
        &text,
        &[
            "1 of 1 cases failed",
            "`second` panics",
            "expected:\n     restarts second",
            "the tree ended: gave up: `second`: error: the port is in use",
            "* `second` panics",
            "0.001s  second: ended (life 1): panic: a fault of the matrix",
            "to repeat it: .only_child(\"second\").only_faults([Fault::Panic])",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_sibling_that_is_lost_too_is_found() {
    let text = failure(
        testing::fault_matrix(|| {
            let (sender, receiver) = tokio::sync::watch::channel(());
            let sender = Arc::new(sender);
            let first = move |ctx: Context| {
                let sender = Arc::clone(&sender);
                async move {
                    sender.send_replace(());
                    idle(ctx).await
                }
            };
            let second = move |ctx: Context| {
                let mut news = receiver.clone();
                async move {
                    news.mark_unchanged();
                    tokio::select! {
                        done = idle(ctx) => done,
                        _ = news.changed() => Err("the first child has gone".into()),
                    }
                }
            };
            Supervisor::new()
                .with_child(ChildSpec::new("first").with_task(first))
                .with_child(ChildSpec::new("second").with_task(second))
                .build()
        })
        .only_child("first")
        .only_faults([Fault::Kill])
        .only_moments([Moment::Calm]),
    )
    .await;
    says(&text, &["`second`: restarted once; expected: not restarted"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_does_not_stop_is_found() {
    let deaf = async |ctx: Context| {
        ctx.shutdown_requested().await;
        pending().await
    };
    let text = failure(testing::fault_matrix(|| tree_of(deaf))).await;
    says(
        &text,
        &["without a fault", "`second` did not stop within its time: it had to be killed after 5s"],
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_left_is_found() {
    let spawning = async |ctx: Context| {
        tokio::spawn(pending::<()>());
        idle(ctx).await
    };
    let text = failure(testing::fault_matrix(|| tree_of(spawning))).await;
    says(&text, &["1 task is left"]);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_kept_is_found() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keeping = || {
        let kept = Arc::clone(&kept);
        tree_of(move |ctx: Context| {
            kept.lock().unwrap().push(ctx.address());
            idle(ctx)
        })
    };
    let text = failure(testing::fault_matrix(keeping)).await;
    says(&text, &["the memory of `second` is still in use"]);
    let matrix = testing::fault_matrix(keeping).keeping_addresses();
    assert!(matrix.only_moments([Moment::Calm]).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn messages_that_nobody_receives_are_found() {
    let text = failure(
        testing::fault_matrix(|| {
            let deaf = ChildSpec::new("deaf").with_task(idle);
            let address = deaf.handle();
            let sender = move |ctx: Context| {
                let address = address.clone();
                async move {
                    address.send(()).await?;
                    idle(ctx).await
                }
            };
            let sender = ChildSpec::new("sender").with_task(sender);
            Supervisor::new().with_child(deaf).with_child(sender).build()
        })
        .only_child("sender")
        .only_moments([Moment::Calm]),
    )
    .await;
    says(&text, &["2 messages wait in the mailbox of `deaf`"]);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_or_panics_fails_its_case() {
    let text = failure(
        testing::fault_matrix(Shop::tree).only_child("db").only_moments([Moment::Calm]).check(
            async |shop: &Shop, case| {
                assert!(case.fault != Fault::Panic, "no panics in the shop");
                match case.fault {
                    Fault::Error => Err(format!("no errors in life {}", shop.db().incarnation())),
                    _ => Ok(()),
                }
            },
        ),
    )
    .await;
    says(
        &text,
        &[
            "2 of 8 cases failed",
            "the check of the test failed: no errors in life 2",
            "the check of the test failed: it panicked: no panics in the shop",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_does_not_start_or_does_not_rest_is_found() {
    let failing = async |_: Context| Err("no license".into());
    let starting = || {
        let child = ChildSpec::new("a").with_task(failing).with_start(StartMode::Notify);
        Supervisor::new().with_child(child).build()
    };
    let text = failure(testing::fault_matrix(starting)).await;
    says(&text, &["the tree did not start", "no license"]);
    let restless = || {
        let backoff = Backoff::constant(Duration::from_secs(1));
        let child = ChildSpec::new("a").with_task(failing).with_backoff(backoff);
        Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).with_child(child).build()
    };
    let text = failure(testing::fault_matrix(restless)).await;
    says(&text, &["the tree was not at rest within 60s", "no license"]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_takes_too_long_is_found() {
    let slow = || {
        let backoff = Backoff::constant(Duration::from_secs(4));
        let child = ChildSpec::new("a").with_task(idle).with_backoff(backoff);
        Supervisor::new().with_restart_window(Duration::from_secs(60)).with_child(child).build()
    };
    let one = || testing::fault_matrix(slow).only_faults([Fault::Kill]);
    assert!(one().within(Duration::from_secs(5)).await.is_ok());
    let text = failure(one().within(Duration::from_secs(1))).await;
    says(&text, &["`a`: not restarted; expected: restarted once", "the limit of the recovery"]);
}

#[tokio::test(start_paused = true)]
async fn options_that_name_no_child_are_found() {
    let text = failure(
        testing::fault_matrix(Shop::tree)
            .only_child("dbase")
            .except("sub/workers", Fault::Ok, "it is busy")
            .states("cash", Fault::Ok, "nothing happens"),
    )
    .await;
    for path in ["dbase", "sub/workers", "cash"] {
        says(&text, &[&format!("the tree has no child `{path}`")]);
    }
}

#[tokio::test(start_paused = true)]
async fn exceptions_are_in_the_report_with_their_reasons() -> Result<(), MatrixFailure> {
    let report = testing::fault_matrix(Shop::tree)
        .only_child("db")
        .except("db", Fault::Ok, "it never returns")
        .await?;
    assert_eq!((report.passed.len(), report.skipped.len()), (21, 3));
    assert!(report.to_string().contains("3 times: it never returns"), "{report}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_table_is_compared_line_by_line() -> Result<(), Box<dyn std::error::Error>> {
    let calm = || testing::fault_matrix(Shop::tree).only_moments([Moment::Calm]);
    let table = calm().await?.table();
    let name = format!("fault-matrix-{}.txt", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, &table)?;
    calm().matches(&file).await?;
    std::fs::write(&file, table.replace("ok: cache stays down", "ok: restarts cache"))?;
    let text = failure(calm().matches(&file)).await;
    says(
        &text,
        &["- cache: ok: restarts cache\n+ cache: ok: cache stays down", "UPDATE_FAULT_MATRIX"],
    );
    std::fs::remove_file(&file)?;
    says(&failure(calm().matches(&file)).await, &["cannot read", "children, as declared: db"]);
    Ok(())
}

/// A child that never waits stops a paused clock: only the limit in real time ends the case.
#[tokio::test(start_paused = true)]
async fn a_case_that_takes_too_long_in_real_time_is_found() {
    let spinning = async |ctx: Context| {
        while ctx.incarnation() > 1 {
            tokio::task::yield_now().await;
        }
        idle(ctx).await
    };
    let text = failure(
        testing::fault_matrix(|| tree_of(spinning))
            .only_child("second")
            .only_faults([Fault::Kill])
            .only_moments([Moment::Calm])
            .real_time_limit(Duration::from_millis(300)),
    )
    .await;
    says(&text, &["`second` is killed", "had not ended after 300ms of real time"]);
}
