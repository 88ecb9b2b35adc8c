//! The tour: one fault after the other.

use std::time::Duration;

use tokio::time::sleep;

use crate::Failure;
use crate::board::Board;
use crate::cluster::Cluster;
use crate::scheduler::{PACE, TTL};

/// The time between two faults.
const CALM: Duration = Duration::from_millis(1_300);
/// A time that is longer than the lease.
const LONG: Duration = Duration::from_millis(3_500);

/// Starts three replicas, and shows what happens to the scheduler when they are killed, stopped and
/// paused, and when the engine is away. With pages, each replica shows its tree.
///
/// # Errors
///
/// If something goes wrong with the cluster.
pub async fn tour(has_pages: bool) -> Result<(), Failure> {
    tour_of(Cluster::start(has_pages).await?).await.map(|_| ())
}

/// Runs the tour on this cluster. Returns the number of jobs, and how often the scheduler has moved
/// to another replica.
///
/// # Errors
///
/// If something goes wrong with the cluster, or is seen that must not happen.
pub async fn tour_of(mut cluster: Cluster) -> Result<(u64, u32), Failure> {
    let board = cluster.board.clone();
    introduce(&cluster);
    cluster.kill(calm(&board).await?).await?;
    cluster.stop(calm(&board).await?).await?;
    cluster.pause(calm(&board).await?, LONG).await?;
    calm(&board).await?;
    cluster.outage(LONG).await?;
    calm(&board).await?;
    println!("\nall of them stop");
    let jobs = cluster.end().await?;
    Ok((jobs, board.sum_up(jobs)?))
}

pub(crate) fn introduce(cluster: &Cluster) {
    let place = if cluster.are_processes() {
        "in one of three processes, with its lease in PostgreSQL"
    } else {
        "in one of three trees of this process, with its lease in memory (PostgreSQL is not installed: \
         `apt-get install postgresql`)"
    };
    println!("A scheduler runs a job every {PACE:?}, {place}. The lease lasts for {TTL:?}.");
    if let Some(pages) = cluster.pages() {
        println!("{pages}");
    }
    cluster.board.head();
}

/// Lets the scheduler run for a while, and returns the replica that runs it.
async fn calm(board: &Board) -> Result<usize, Failure> {
    board.leader_after(0).await?;
    sleep(CALM).await;
    Ok(board.leader_after(0).await?.0)
}
