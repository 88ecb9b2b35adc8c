//! Tests the log of a crash, as a plain `tracing_subscriber::fmt()` writes it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use supervisor::events::EventKind;
use supervisor::prelude::*;
use supervisor_tests::{Order, Stage, event, quiet, restarted, subscribe, within};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn lines_with(&self, word: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[derive(Debug)]
struct Refused(io::Error);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the database refused the connection")
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

async fn worker(ctx: Context) -> ChildResult {
    match ctx.incarnation() {
        1 => Err(Refused(io::Error::other("no route to host")).into()),
        2 => {
            tracing::info!("about to divide");
            panic!("divided by zero")
        }
        _ => {
            ctx.shutdown_requested().await;
            Ok(())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_names_the_child_the_cause_and_the_restarts_left() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).without_time().finish();
    let _guard = subscribe(subscriber);
    let tree = supervision_tree! { one_for_all { sub: one_for_one { worker: Always } } };
    let mut events = tree.handle().supervisor().events();
    let tree = within("the start", tree.start()).await.expect("a tree");
    event(&mut events, "the second restart", |event| {
        matches!(event.kind(), EventKind::ChildRestarted { incarnation: 3, .. })
    })
    .await;
    let failed = log.lines_with("child failed");
    assert_eq!(failed.len(), 2, "{}", log.text());
    assert_eq!(
        failed[0],
        "ERROR supervisor: child failed child=sub/worker incarnation=1 \
         reason=error: the database refused the connection: no route to host"
    );
    let place = failed[1].strip_prefix(
        "ERROR supervisor: child failed child=sub/worker incarnation=2 reason=panic: divided by zero, at ",
    );
    assert!(
        place.is_some_and(|place| place.starts_with("tests/tests/supervision/log.rs:")),
        "{}",
        failed[1]
    );
    let restarted = log.lines_with("child restarted");
    assert_eq!(
        restarted,
        [
            " INFO supervisor: child restarted; 2 restarts left in the window \
             child=sub/worker incarnation=2 restarts=1",
            " INFO supervisor: child restarted; 1 restart left in the window \
             child=sub/worker incarnation=3 restarts=2",
        ]
    );
    let lines = log.lines_with("about to divide");
    assert_eq!(
        lines,
        [" INFO child{path=sub/worker incarnation=2}: supervision::log: about to divide"],
        "what a child logs stands in its span"
    );
    within("the shutdown", tree.supervisor().shutdown()).await.expect("a shutdown");
    assert_eq!(
        log.lines_with("supervisor=supervisor"),
        [" INFO supervisor: supervisor ended supervisor=supervisor reason=shutdown"],
        "a root has its own name"
    );
}

#[tokio::test(start_paused = true)]
async fn the_log_warns_of_supervision_that_never_escalates() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).without_time().finish();
    let _guard = subscribe(subscriber);
    let second = std::time::Duration::from_secs(1);
    let idle = |name| ChildSpec::new(name).with_task(async |_| std::future::pending().await);
    let _root = Supervisor::new()
        .with_child(idle("hangs").with_heartbeat(10 * second))
        .with_child(idle("quick").with_heartbeat(second))
        .build();
    let _group = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_restart_window(10 * second)
        .with_child(idle("first").with_shutdown(Shutdown::Timeout(60 * second)))
        .with_child(idle("stubborn").with_shutdown(Shutdown::Timeout(6 * second)))
        .build();
    let warned = log.lines_with("never escalates");
    assert_eq!(warned.len(), 2, "{}", log.text());
    assert!(warned[0].contains("`hangs` may hang for its `heartbeat = 10s`"), "{}", warned[0]);
    assert!(warned[1].contains("may wait 6s for its children to stop, such as `stubborn`"));
}

/// Runs a child that warns, under a subscriber with this filter, and returns the line.
async fn warning_under(filter: Targets) -> String {
    let log = Log::default();
    let lines = fmt::layer().with_writer(log.clone()).with_ansi(false).without_time();
    let _guard = subscribe(tracing_subscriber::registry().with(lines.with_filter(filter)));
    let child = ChildSpec::new("child").with_task(async |ctx: Context| {
        tracing::warn!("it is late");
        ctx.shutdown_requested().await;
        Ok(())
    });
    let supervisor = Supervisor::new().with_child(child).build();
    within("the start", supervisor.start()).await.expect("a tree");
    quiet().await;
    within("the shutdown", supervisor.shutdown()).await.expect("a shutdown");
    log.text()
}

#[tokio::test(start_paused = true)]
async fn a_program_that_logs_only_warnings_has_no_spans_of_lives() {
    let line = warning_under(Targets::new().with_default(Level::WARN)).await;
    assert_eq!(line, " WARN supervision::log: it is late\n");
}

#[tokio::test(start_paused = true)]
async fn a_filter_enables_the_spans_of_lives_without_the_log_of_supervisors() {
    let filter =
        Targets::new().with_default(Level::WARN).with_target("supervisor::child", Level::INFO);
    let line = warning_under(filter).await;
    assert_eq!(line, " WARN child{path=child incarnation=1}: supervision::log: it is late\n");
}

/// A log whose disk is full as soon as a child fails: it panics.
struct Full;

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!String::from_utf8_lossy(bytes).contains("child failed"), "the disk is full");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The panic occurs in the child's task under one_for_one, and else in the supervisor's.
#[tokio::test(start_paused = true)]
async fn a_log_that_panics_does_not_stop_the_tree() {
    for strategy in [SupervisionStrategy::OneForOne, SupervisionStrategy::OneForAll] {
        let subscriber = tracing_subscriber::fmt().with_writer(|| Full).finish();
        let _guard = subscribe(subscriber);
        let stage = Stage::new();
        let failing = stage.actor("failing");
        let address = failing.handle();
        let supervisor = Supervisor::new()
            .with_strategy(strategy)
            .with_child(failing)
            .with_child(stage.actor("sibling"))
            .build();
        within("the start", supervisor.start()).await.unwrap();
        address.send(Order::Fail).await.unwrap();
        quiet().await;
        assert_eq!((stage.alive().as_str(), address.incarnation()), ("failing sibling", 2));
        within("the shutdown", supervisor.shutdown()).await.unwrap();
        assert_eq!(stage.alive(), "", "{strategy:?}");
    }
}

/// The lines of a program are logged in the task of its child.
#[cfg(unix)]
#[tokio::test]
async fn a_log_that_panics_at_the_lines_of_a_program_does_not_end_the_program() {
    let subscriber = tracing_subscriber::fmt().with_writer(|| Full).finish();
    let _guard = subscribe(subscriber);
    let program = supervisor::Program::new("sh").arg("-c").arg("echo child failed; exit 0");
    let spec = ChildSpec::new("program")
        .with_restart_policy(RestartPolicy::Transient)
        .with_program(program);
    let supervisor = Supervisor::new().with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    let end = event(&mut events, "the end of the program", |event| {
        matches!(event.kind(), EventKind::ChildTerminated { .. })
    })
    .await;
    assert_eq!(end.to_string(), "program: ended (life 1): normal");
}

/// Returns a log of the level `info`, which this thread writes until the guard is dropped.
fn log_of_info() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).without_time().finish();
    let guard = subscribe(subscriber);
    (log, guard)
}

/// Fails to start 30 times for one reason, and once for another, and then comes up.
async fn comes_up_late(mut ctx: Context) -> ChildResult {
    match ctx.incarnation() {
        20 => Err("the password is wrong".into()),
        1..=31 => Err("the connection is refused".into()),
        _ => {
            ctx.ready();
            ctx.shutdown_requested().await;
            Ok(())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_outage_has_lines_at_growing_intervals_and_one_at_its_end() {
    let (log, _guard) = log_of_info();
    let tree = supervision_tree! {
        one_for_one {
            db: Always(start = retry, backoff = 8s) = comes_up_late,
        }
    };
    let mut events = tree.handle().supervisor().events();
    let _tree = within("the start", tree.start()).await.expect("a tree");
    event(&mut events, "the end of the outage", restarted("db")).await;
    // The failures 1, 2, 3, 4, 8 and 16; the 20th, which is another; the one after it; none at 32.
    let failed = log.lines_with("ERROR");
    assert_eq!(failed.len(), 8, "{}", log.text());
    assert!(failed[6].contains("the password is wrong"), "{}", log.text());
    assert_eq!(log.lines_with("restart delayed").len(), failed.len(), "{}", log.text());
    let up = log.lines_with("child is up");
    let [up] = &up[..] else { panic!("{}", log.text()) };
    let (since, _) = up.split_once(" child=db").expect("the child's path");
    assert!(
        since.starts_with(" INFO supervisor: child is up, after 31 failures and "),
        "{}",
        log.text()
    );
}

#[tokio::test(start_paused = true)]
async fn workers_that_come_and_go_leave_no_line_unless_they_fail() {
    let (log, _guard) = log_of_info();
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    within("the start", supervisor.start()).await.unwrap();
    for (number, order) in [Order::Return, Order::Return, Order::Fail].into_iter().enumerate() {
        let worker = stage.actor(&format!("worker {number}"));
        let worker = worker.with_restart_policy(RestartPolicy::Temporary);
        let worker = within("a worker", supervisor.add_child(worker)).await.unwrap();
        worker.send(order).await.unwrap();
    }
    quiet().await;
    assert_eq!(log.text().lines().count(), 1, "{}", log.text());
    assert_eq!(log.lines_with("child failed").len(), 1, "{}", log.text());
}
