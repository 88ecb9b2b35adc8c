//! Support for the tests of `testing::fault_matrix`: trees of two children, and what a matrix prints.

use supervisor::prelude::*;
use supervisor::testing::{FaultMatrix, TreeUnderTest};

use crate::within;

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// Makes a tree with a healthy child `first`, and a child `second` that runs this function.
pub fn tree_of<F, Fut>(second: F) -> Supervisor
where
    F: Fn(Context) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    Supervisor::new()
        .with_child(ChildSpec::new("first").with_task(idle))
        .with_child(ChildSpec::new("second").with_task(second))
        .build()
}

/// Runs a matrix that has to fail, and returns what it prints.
///
/// # Panics
///
/// If the matrix passes.
pub async fn failure<T: TreeUnderTest>(matrix: FaultMatrix<'_, T>) -> String {
    match within("the matrix", matrix.into_future()).await {
        Ok(report) => panic!("it passed: {report}"),
        Err(failure) => failure.to_string(),
    }
}

/// Asserts that a text has all of these parts in it.
///
/// # Panics
///
/// If a part is missing.
#[track_caller]
pub fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}
