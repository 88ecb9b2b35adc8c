//! The example `top` in a terminal: tmux runs it, types its keys, and reads its screen.
//!
//! Where tmux is missing, or the example is not built, the test says so; with `TERMINAL=required`, that
//! is a failure.

#[path = "support/client.rs"]
mod client;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use client::{LIMIT, singleton, start, waits, within};
use supervisor::prelude::*;
use supervisor::testing::MemoryLeases;

/// A terminal of its own; it ends with the test.
struct Terminal(String);

impl Terminal {
    fn tmux(&self, arguments: &[&str]) -> String {
        let out = Command::new("tmux").args(["-L", &self.0]).args(arguments).output();
        String::from_utf8_lossy(&out.expect("tmux runs").stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "top"], keys].concat());
    }

    /// Waits until the screen is as expected.
    fn shows(&self, what: &str, expected: impl Fn(&str) -> bool) {
        let began = std::time::Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-t", "top", "-p"]);
            if expected(&screen) {
                return;
            }
            assert!(began.elapsed() < LIMIT, "waited in vain for {what} in\n{screen}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// Returns the example's program, which cargo builds beside the tests.
fn example() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let path = test.parent()?.parent()?.join("examples/top");
    path.exists().then_some(path)
}

#[test]
fn top_shows_the_tree_and_follows_it() {
    let has_tmux = Command::new("tmux").arg("-V").output().is_ok();
    let Some(example) = example().filter(|_| has_tmux) else {
        assert!(std::env::var_os("TERMINAL").is_none(), "tmux or the example `top` is missing");
        println!("SKIPPED: tmux or the example `top` is missing");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (supervisor, at) = runtime.block_on(async {
        let (supervisor, at) = start(|web| web).await;
        let customers = Supervisor::new()
            .with_strategy(SupervisionStrategy::SimpleOneForOne)
            .with_template(waits("customer"))
            .build();
        let pool = ChildSpec::new("pool").with_supervisor(customers.clone());
        supervisor.add_child(pool).await.unwrap();
        let jobs = singleton("jobs", "the jobs", MemoryLeases::new().replica());
        supervisor.add_child(jobs).await.unwrap();
        for _ in 0..30 {
            customers.add_worker().await.unwrap();
        }
        (supervisor, at)
    });
    let terminal = Terminal(format!("supervisor-top-{}", std::process::id()));
    let command = format!("{} http://{at}/", example.display());
    terminal.tmux(&["new-session", "-d", "-s", "top", "-x", "120", "-y", "20", &command]);
    terminal.shows("the tree", |screen| {
        screen.contains("supervisor  ready")
            && screen.contains("▸ pool")
            && screen.contains("simple_one_for_one 30")
    });
    terminal.shows("who leads", |screen| {
        screen.lines().next().is_some_and(|head| head.contains("by tree  leading"))
            && screen.contains("leading for")
            && screen.contains("with the jobs, fence 1")
    });
    // The pool is the fifth row: unfolded, its workers stand below it.
    terminal.keys(&["j", "j", "j", "j", "Enter"]);
    terminal.shows("the workers", |screen| screen.contains("▾ pool") && screen.contains("#1 "));
    terminal.keys(&["Enter"]);
    terminal.shows("no workers", |screen| screen.contains("▸ pool") && !screen.contains("#1 "));
    runtime.block_on(async {
        let db = supervisor.lookup_any("inner/db").await.unwrap();
        within("a kill", db.kill()).await.unwrap();
        within("the stop", db.terminate()).await.unwrap();
    });
    terminal.shows("what is wrong", |screen| screen.contains("not ready: inner/db was stopped"));
    terminal.keys(&["b"]);
    terminal.shows("only that", |screen| screen.contains("inner/db") && !screen.contains("pool"));
    terminal.keys(&["b", "s"]);
    terminal.shows("another order", |screen| {
        screen.contains("by restarts")
            && screen.lines().nth(2).is_some_and(|line| line.starts_with("inner/db"))
    });
    runtime.block_on(async { within("the shutdown", supervisor.shutdown()).await.unwrap() });
    terminal.shows("that it is old", |screen| screen.contains("s old: "));
    terminal.keys(&["q"]);
    terminal.shows("the end", str::is_empty);
}
