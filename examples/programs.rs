//! Operating-system processes under a supervision tree (Unix).
//!
//! What it shows: a `Program` under each restart policy. `server` is a service: its output goes to
//! the log, it stops in order at SIGTERM, and it is restarted when its process is killed.
//! `migration` fails once, is restarted after a backoff, and then succeeds. It is `Transient`, so
//! it then stays down. `hello` is a job that runs once.
//!
//! How to run it: `cargo run --example programs`. It ends by itself with exit code 0, and prints
//! the following. The process numbers, and the order of lines of different programs, vary.
//!
//! ```text
//!  INFO child{path=hello incarnation=1}: hello from process 16653 child=hello stream="stdout"
//!  INFO child ended child=hello incarnation=1 reason=normal
//!  INFO child{path=migration incarnation=1}: the table is locked child=migration stream="stderr"
//! ERROR child failed child=migration incarnation=1 reason=exit status: 3
//!  INFO restart delayed; 4 restarts left in the window child=migration delay=50.779768ms
//!  INFO child{path=server incarnation=1}: the server runs as 16656 child=server stream="stdout"
//!  INFO child restarted; 4 restarts left in the window child=migration incarnation=2 restarts=1
//!  INFO child{path=migration incarnation=2}: the table is migrated child=migration stream="stdout"
//!  INFO child ended child=migration incarnation=2 reason=normal
//!
//! Somebody kills process 16656.
//!
//! ERROR child failed child=server incarnation=1 reason=signal: 9 (SIGKILL)
//!  INFO child restarted; 3 restarts left in the window child=server incarnation=2 restarts=1
//!  INFO child{path=server incarnation=2}: the server runs as 16673 child=server stream="stdout"
//!
//! The tree is shut down.
//!
//!  INFO child{path=server incarnation=2}: the server closes its files child=server stream="stdout"
//!  INFO supervisor ended supervisor=Programs reason=shutdown
//!
//! all children stopped in time
//! ```
//!
//! How to test it: `cargo test --example programs`. The tests are at the end of this file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Program,
    events::{EventKind, Events},
};

supervision_tree! {
    /// Three programs, and a directory for their files.
    Programs(directory: &Path): one_for_one(max_restarts = 5, restart_window = 60s, shutdown_within = 30s) {
        hello: Temporary<Program> = shell(directory, "echo hello from process $$"),
        migration: Transient<Program>(backoff = 100ms..1s) = shell(directory, MIGRATION),
        // At a stop, the server and all processes that it started have ten seconds between SIGTERM
        // and SIGKILL.
        server: Always<Program>(shutdown = 10s) = shell(directory, SERVER),
    }
}

/// A script that fails as long as the table is locked. (In this example, the first attempt unlocks
/// it.)
const MIGRATION: &str = "
    if [ ! -e unlocked ]; then
        touch unlocked
        echo the table is locked >&2
        exit 3
    fi
    echo the table is migrated
";

/// A script that serves until it is asked to stop, and writes its process number into a file.
const SERVER: &str = "
    trap 'echo the server closes its files; exit 0' TERM
    echo $$ > pid.new; mv pid.new pid
    echo the server runs as $$
    while true; do sleep 0.02 & wait $!; done
";

fn shell(directory: &Path, script: &str) -> Program {
    Program::new("sh").args(["-c", script]).current_dir(directory)
}

/// A temporary directory, which is removed on drop.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> io::Result<Self> {
        let name = format!("supervisor-programs-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits for an event of this child that `fits`.
async fn until(events: &mut Events, path: &str, fits: fn(&EventKind) -> bool) {
    while let Some(event) = events.next().await {
        if *event.path() == path && fits(event.kind()) {
            return;
        }
    }
}

/// Waits until the server runs in this directory, and returns its process number.
async fn server_number(directory: &Directory) -> io::Result<String> {
    let path = directory.0.join("pid");
    for _ in 0..2_000 {
        match std::fs::read_to_string(&path) {
            Ok(number) => {
                // The next life writes the file again.
                std::fs::remove_file(&path)?;
                return Ok(number.trim().to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("the server has not written its process number within ten seconds"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false).init();
    let directory = Directory::new("example")?;
    let tree = Programs::tree(&directory.0);
    let mut events = tree.handle().supervisor().events();
    let programs = tree.start().await?;
    let number = server_number(&directory).await?;
    // The migration fails, is restarted, and finishes.
    until(&mut events, "migration", |kind| matches!(kind, EventKind::ChildRestarted { .. })).await;
    until(&mut events, "migration", |kind| matches!(kind, EventKind::ChildTerminated { .. })).await;

    println!("\nSomebody kills process {number}.\n");
    tokio::process::Command::new("kill").args(["-9", &number]).status().await?;
    server_number(&directory).await?;

    println!("\nThe tree is shut down.\n");
    let report = programs.supervisor().shutdown().await?;
    println!("\n{report}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use supervisor::testing::{self, Watch};
    use supervisor::{ExitReason, info::ChildState};

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[tokio::test]
    async fn a_migration_that_fails_is_tried_again_until_it_succeeds() -> TestResult {
        let directory = Directory::new("migration")?;
        let tree = Programs::tree(&directory.0);
        let mut watch = Watch::new(tree.handle());
        let programs = tree.start().await?;
        let failed = watch.ended("migration").await?;
        assert_eq!(failed.to_string(), "migration: ended (life 1): exit status: 3");
        watch.restarted("migration").await?;
        let done = watch.ended("migration").await?;
        assert_eq!(done.to_string(), "migration: ended (life 2): normal");
        assert_eq!(programs.migration().status(), ChildState::Finished);
        Ok(())
    }

    #[tokio::test]
    async fn a_server_that_is_killed_comes_back_and_stops_in_order() -> TestResult {
        let directory = Directory::new("server")?;
        let programs = Programs::start(&directory.0).await?;
        let first = server_number(&directory).await?;
        let mut watch = Watch::new(&programs);
        testing::kill(&programs, "server").await?;
        watch.restarted("server").await?;
        let second = server_number(&directory).await?;
        assert_ne!(first, second);
        let report = programs.supervisor().shutdown().await?;
        assert!(report.is_clean(), "{report}");
        let ended = watch.ended("server").await?;
        assert!(
            matches!(ended.kind(), EventKind::ChildTerminated { reason: ExitReason::Normal, .. }),
            "{ended}"
        );
        Ok(())
    }

    /// Each fault of the server, when the other programs have ended. (They have no faults then.)
    ///
    /// Processes live in real time, so the clock is not paused.
    #[tokio::test]
    async fn the_server_survives_every_fault() -> Result<(), testing::MatrixFailure> {
        let directory = Directory::new("matrix").expect("a directory");
        testing::fault_matrix(|| {
            let _ = std::fs::remove_file(directory.0.join("pid"));
            Programs::tree(&directory.0)
        })
        .prepare(async |programs: &Programs| {
            let mut watch = Watch::new(programs);
            server_number(&directory).await?;
            while programs.migration().status() != ChildState::Finished
                || programs.hello().status() != ChildState::Finished
            {
                let ended = |event: &supervisor::events::Event| {
                    matches!(event.kind(), EventKind::ChildTerminated { .. })
                };
                watch.until("the end of a program", ended).await.map_err(io::Error::other)?;
            }
            Ok::<_, io::Error>(())
        })
        .only_child("server")
        .in_real_time()
        .await?;
        Ok(())
    }
}
