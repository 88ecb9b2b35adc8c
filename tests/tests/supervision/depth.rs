//! Trees that are thousands of levels deep, on threads with a stack of two megabytes, which tokio
//! gives its threads.

use std::thread;

use supervisor::info::Snapshot;
use supervisor::prelude::*;
use supervisor_tests::within;
use tokio::runtime::Builder;

const LEVELS: usize = 4_000;

/// Nests supervisors; at each level is a worker, too.
fn nested(levels: usize) -> Supervisor {
    let worker = || {
        ChildSpec::new("w").with_task(async |ctx: Context| {
            ctx.shutdown_requested().await;
            Ok(())
        })
    };
    let mut tree = Supervisor::new().with_child(worker()).build();
    for _ in 1..levels {
        let below = ChildSpec::new("s").with_supervisor(tree);
        tree = Supervisor::new().with_child(worker()).with_child(below).build();
    }
    tree
}

/// Runs a function, in a runtime, on a thread with tokio's usual stack.
fn on_a_usual_stack(run: impl AsyncFnOnce() + Send + 'static) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let thread = thread::Builder::new().stack_size(2 << 20);
    thread.spawn(move || runtime.block_on(run())).unwrap().join().unwrap();
}

async fn snapshot_of(tree: &Supervisor) -> Snapshot {
    within("the start", tree.start()).await.unwrap();
    within("the snapshot", tree.snapshot()).await.unwrap()
}

#[test]
fn a_deep_tree_starts_and_stops() {
    on_a_usual_stack(async || {
        let tree = nested(LEVELS);
        within("the start", tree.start()).await.unwrap();
        within("the shutdown", tree.shutdown()).await.unwrap();
    });
}

#[test]
fn a_deep_tree_that_was_never_started_is_dropped() {
    on_a_usual_stack(async || drop(nested(LEVELS)));
}

#[test]
fn a_deep_tree_whose_last_handle_is_dropped_stops() {
    on_a_usual_stack(async || {
        // Each event has a path, so that all of them take the square of the depth.
        let tree = nested(LEVELS / 4);
        within("the start", tree.start()).await.unwrap();
        let mut events = tree.events();
        drop(tree);
        let end = async { while events.next().await.is_some() {} };
        within("the end", end).await;
    });
}

#[test]
fn a_snapshot_of_a_deep_tree_is_taken_cloned_and_dropped() {
    on_a_usual_stack(async || {
        let tree = nested(LEVELS);
        let snapshot = snapshot_of(&tree).await;
        let copy = snapshot.clone();
        drop(snapshot);
        let (mut levels, mut part) = (1, &copy);
        while let Some(below) = part.children.get(1) {
            (levels, part) = (levels + 1, below);
        }
        assert_eq!(levels, LEVELS);
        assert_eq!(part.path.as_str(), vec!["s"; LEVELS - 1].join("/"));
        let path = part.path.clone();
        drop(copy);
        assert_eq!(path.as_str().len(), 2 * (LEVELS - 1) - 1);
    });
}

#[test]
fn a_picture_of_a_deep_tree_shows_a_hundred_levels_and_counts_the_rest() {
    on_a_usual_stack(async || {
        let tree = nested(LEVELS);
        let picture = snapshot_of(&tree).await.to_string();
        let lines: Vec<_> = picture.lines().collect();
        // The root, two children at each level, and the count.
        assert_eq!(lines.len(), 1 + 2 * 100 + 1);
        let rest = 2 * (LEVELS - 1) + 1 - 2 * 100;
        assert_eq!(lines[201].trim_start(), format!("└─ … and {rest} below"));
        assert!(format!("{:?}", snapshot_of(&tree).await).contains(&format!("[{rest} more]")));
    });
}
