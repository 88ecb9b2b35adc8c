//! Tests of `testing::fault_matrix` that have processes, or leak them or file descriptors. They have a
//! program of their own, and run one at a time: a matrix looks for what is left in the whole program, and
//! would report what is another test's.

#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use supervisor::Program;
use supervisor::prelude::*;
use supervisor::testing::{self, Fault, MatrixFailure, Moment};
use supervisor_tests::matrix::{failure, says, tree_of};
use tokio::sync::Mutex;

/// Held by the test that runs.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_descriptor_that_is_left_is_found() {
    let _alone = ALONE.lock().await;
    let opening = async |ctx: Context| {
        let file = std::fs::File::open(std::env::current_exe()?)?;
        std::mem::forget(file);
        idle(ctx).await
    };
    let text = failure(testing::fault_matrix(|| tree_of(opening))).await;
    says(&text, &["descriptors are left", "fault_matrix_alone-"]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_left_is_found() {
    let _alone = ALONE.lock().await;
    let children = Arc::new(std::sync::Mutex::new(Vec::new()));
    let spawning = {
        let children = Arc::clone(&children);
        move |ctx: Context| {
            let children = Arc::clone(&children);
            async move {
                let child = Command::new("sleep").arg("60").spawn()?;
                children.lock().unwrap().push(child);
                idle(ctx).await
            }
        }
    };
    let text = failure(testing::fault_matrix(|| tree_of(spawning.clone()))).await;
    for child in &mut *children.lock().unwrap() {
        let _ = child.kill();
        let _ = child.wait();
    }
    says(&text, &["processes are left", "(sleep)"]);
}

/// A tree with a process lives in real time.
#[tokio::test]
async fn a_program_passes_in_real_time() -> Result<(), MatrixFailure> {
    let _alone = ALONE.lock().await;
    let script = "trap 'exit 0' TERM; while true; do sleep 0.02 & wait $!; done";
    let report = testing::fault_matrix(|| {
        let program = Program::new("sh").args(["-c", script]);
        Supervisor::new()
            .with_child(ChildSpec::new("program").with_program(program))
            .with_child(ChildSpec::new("task").with_task(idle))
            .build()
    })
    .only_faults([Fault::Error, Fault::Kill])
    .in_real_time()
    .await?;
    assert_eq!(report.passed.len(), 12);
    Ok(())
}

/// The test runs itself in another process, which the matrix has to end.
#[test]
fn a_case_that_blocks_its_thread_ends_the_program_with_a_message() {
    const VARIABLE: &str = "FAULT_MATRIX_BLOCKS";
    let name = "a_case_that_blocks_its_thread_ends_the_program_with_a_message";
    if std::env::var_os(VARIABLE).is_some() {
        let blocking = async |ctx: Context| {
            if ctx.incarnation() > 1 {
                std::thread::sleep(Duration::from_secs(60));
            }
            idle(ctx).await
        };
        testing::fault_matrix(|| tree_of(blocking))
            .real_time_limit(Duration::from_millis(100))
            .run_case("second", Fault::Error, Moment::Calm);
        return;
    }
    let _alone = ALONE.blocking_lock();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    says(
        &text,
        &[
            "a case blocks its thread",
            "the case: `second` returns an error",
            "its last step: `second` returns an error",
        ],
    );
    assert_eq!(output.status.code(), Some(101));
}
