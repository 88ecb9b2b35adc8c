//! Runs the tour with leases in memory, on a clock that is paused.

use cluster::{Cluster, tour_of};

#[tokio::test(start_paused = true)]
async fn the_scheduler_changes_hands_and_each_job_is_run_once() {
    let cluster = Cluster::start_in_memory(false).await.unwrap();
    let (jobs, changes) = tour_of(cluster).await.unwrap();
    // The crash, the graceful stop, the cut connection; after the outage, any of them may be the first.
    assert!(jobs > 20 && changes >= 3, "{jobs} jobs, {changes} changes");
}
