//! The interactive mode: it carries out the faults that you type.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::Failure;
use crate::cluster::Cluster;
use crate::tour::introduce;

const HELP: &str = "type a letter and enter: `k` kills the replica that runs the scheduler, `s` stops it in \
                    order, `p` pauses it for longer than its lease, `e` takes the engine away, `q` ends all";

/// Starts three replicas, and injects the faults that are typed. With pages, each replica shows its tree.
///
/// # Errors
///
/// If something goes wrong with the cluster, or is seen that must not happen.
pub async fn play(has_pages: bool) -> Result<(), Failure> {
    let mut cluster = Cluster::start(has_pages).await?;
    let board = cluster.board.clone();
    introduce(&cluster);
    println!("{HELP}");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let long = Duration::from_millis(3_500);
    while let Some(line) = lines.next_line().await? {
        let Some(leader) = board.leader() else {
            println!("nobody runs the scheduler at this moment");
            continue;
        };
        match line.trim() {
            "k" => cluster.kill(leader).await?,
            "s" => cluster.stop(leader).await?,
            "p" => cluster.pause(leader, long).await?,
            "e" => cluster.outage(long).await?,
            "q" => break,
            _ => println!("{HELP}"),
        }
    }
    let jobs = cluster.end().await?;
    board.sum_up(jobs).map(|_| ())
}
