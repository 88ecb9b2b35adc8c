//! Tests of `testing::fault_matrix` that leak file descriptors and processes of the test program.
//! They have a program of their own, since the other tests would report the leaks too.

#![cfg(target_os = "linux")]

use std::process::Command;
use std::sync::{Arc, Mutex};

use supervisor::prelude::*;
use supervisor::testing;
use supervisor_tests::matrix::{failure, says, tree_of};

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_descriptor_that_is_left_is_found() {
    let opening = async |ctx: Context| {
        let file = std::fs::File::open(std::env::current_exe()?)?;
        std::mem::forget(file);
        idle(ctx).await
    };
    let text = failure(testing::fault_matrix(|| tree_of(opening))).await;
    says(&text, &["descriptors are left", "fault_matrix_leaks-"]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_left_is_found() {
    let children = Arc::new(Mutex::new(Vec::new()));
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
