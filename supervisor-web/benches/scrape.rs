//! The cost of a scrape of many children: `cargo bench -p supervision-tree-web --bench scrape`.
//!
//! One child is killed and restarted again and again while the metrics are read. The benchmark prints
//! the time of the scrape, the longest restart during it, and the longest restart in the same time
//! without a scrape. Other processes can only make a round slower, so the minimum over all rounds is
//! the cost of the program itself. `-- 20000 5` runs 5 rounds with 20,000 children.

#[path = "../tests/support/client.rs"]
mod client;

use std::time::{Duration, Instant};

use client::{get, start, until, waits, within};
use supervisor::MaxRestarts;
use supervisor::prelude::*;
use tokio::sync::mpsc;

#[expect(clippy::print_stdout, reason = "a program that tells what it has measured")]
fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let (children, rounds) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(20));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let figures = runtime.expect("a runtime").block_on(measure(children, rounds));
    println!("{children} children, the least and the median of {rounds} rounds:");
    for (what, mut times) in figures {
        times.sort();
        println!("{what:>42} {:>9.2?} {:>9.2?}", times[0], times[times.len() / 2]);
    }
}

/// Returns the longest of the restarts that have ended, and of the one that goes on.
async fn longest(restarts: &mut mpsc::UnboundedReceiver<Duration>) -> Duration {
    let ended = std::iter::from_fn(|| restarts.try_recv().ok()).max().unwrap_or_default();
    ended.max(restarts.recv().await.unwrap_or_default())
}

/// Measures scrapes, and restarts with and without a scrape beside them.
async fn measure(children: usize, rounds: usize) -> [(&'static str, Vec<Duration>); 3] {
    let (supervisor, at) = start(|web| web).await;
    let mut many = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited);
    for number in 0..children {
        many = many.with_child(waits(&format!("c{number}")));
    }
    let spec = ChildSpec::new("many").with_supervisor(many.build());
    within("the children", supervisor.add_child(spec)).await.expect("they are added");
    until("all to run", async || supervisor.health().await.ready).await;

    let child = supervisor.lookup_any("many/c17").await.expect("one of them");
    let (done, mut restarts) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let began = Instant::now();
            child.kill().await.expect("it is killed");
            if done.send(began.elapsed()).is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    });
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        longest(&mut restarts).await;
        let began = Instant::now();
        let answer = within("the scrape", get(at, "/metrics")).await;
        let scrape = began.elapsed();
        assert!(answer.body.contains("supervisor_children{supervisor=\"many\""), "it is complete");
        times[0].push(scrape);
        times[1].push(longest(&mut restarts).await);
        tokio::time::sleep(scrape).await;
        times[2].push(longest(&mut restarts).await);
    }
    let [scrapes, beside, alone] = times;
    [
        ("a scrape", scrapes),
        ("the longest restart beside a scrape", beside),
        ("the longest restart in as much time alone", alone),
    ]
}
