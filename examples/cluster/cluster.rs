//! A job scheduler that runs in one of three processes: kill, stop or pause the process, and another
//! one takes over.
//!
//! What it shows: a child that must run in one replica of a service only, under a lease in PostgreSQL
//! (`lease::Singleton`, `supervisor_postgres::PgLeases`), and jobs that are each run once, since each
//! checks the fence of the lease in its transaction.
//!
//! How to run it: `cargo run --example cluster`. It starts a PostgreSQL of its own on loopback, where
//! Debian's package `postgresql` is installed. Where it is not, the three replicas are in one process, and
//! the leases in memory. `cargo run --example cluster -- play` lets you break things yourself, and with
//! `--web` behind either, each replica shows its tree: `red` at <http://127.0.0.1:9001>, `green` at port
//! 9002, `blue` at 9003. The pages say which one leads.
//!
//! It prints:
//!
//! ```text
//! A scheduler runs a job every 250 ms, in one of three processes. Its lease lasts for 2 s.
//!
//!           red                   green                 blue
//!   0.0 s   leads with fence 2
//!   0.0 s   job 1
//!   0.3 s   job 2
//!   ...
//! kill -9 red
//!   1.3 s   killed
//!   3.3 s                         leads with fence 5
//!   3.3 s   started again, on standby
//!   3.3 s                         job 6
//!   ...
//! SIGTERM to green: it stops its scheduler, and then gives up the lease
//!   4.6 s                         ended
//!   4.6 s                                               leads with fence 6
//!   ...
//! SIGSTOP to blue for 3.5s: it cannot know that its lease ends meanwhile
//!   5.9 s                                               paused
//!   7.9 s   leads with fence 7
//!   9.4 s                                               resumed
//!   9.4 s                                               ended
//!   ...
//! 33 jobs, each run once and in order. The scheduler changed hands 3 times; after a crash that takes up
//! to 2s, the time of its lease, and after a graceful stop a moment.
//! ```

#![expect(clippy::doc_markdown, reason = "PostgreSQL is a name")]

use std::env;
use std::process::ExitCode;

use cluster::{Failure, play, replica, tour};

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => tour(false).await?,
        ["--web"] => tour(true).await?,
        ["play"] => play(false).await?,
        ["play", "--web"] => play(true).await?,
        // The example starts itself three times with these arguments.
        ["replica", name, url] => return replica(name, url, None).await,
        ["replica", name, url, page] => return replica(name, url, Some(page)).await,
        _ => return Err("`cluster` or `cluster play`, and `--web` behind either".into()),
    }
    Ok(ExitCode::SUCCESS)
}
