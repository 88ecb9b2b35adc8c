//! What systemd hears of a service: a real process, and a socket in systemd's place.

#![cfg(unix)]

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use supervisor_tests::within;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// A folder of the test's own, which ends with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("supervisor-systemd-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("notify")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A service, and what was heard of it.
struct Service {
    process: Child,
    orders: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    socket: UnixDatagram,
    /// All messages, line by line.
    heard: Vec<String>,
    _folder: Folder,
}

/// The time of the watchdog in tests that wait for its answers: they come twice as often.
const WATCHDOG: Duration = Duration::from_millis(400);

impl Service {
    /// Starts the tree of this name on a runtime with this many threads.
    fn start(runtime: &str, tree: &str, watchdog: Option<Duration>) -> Self {
        let folder = Folder::new();
        let socket = UnixDatagram::bind(folder.socket()).unwrap();
        let mut command = command(runtime, tree);
        command.env("NOTIFY_SOCKET", folder.socket());
        if let Some(watchdog) = watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
        let mut process = command.spawn().unwrap();
        Self {
            orders: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()).lines(),
            process,
            socket,
            heard: Vec::new(),
            _folder: folder,
        }
    }

    /// Starts a tree, and waits until it is up.
    async fn up(runtime: &str, tree: &str, watchdog: Option<Duration>) -> Self {
        let mut service = Self::start(runtime, tree, watchdog);
        service.order("open").await;
        service.hears("READY=1").await;
        service
    }

    async fn order(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
    }

    /// Waits for the next message, and returns its lines.
    async fn message(&mut self) -> Vec<String> {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).await.unwrap();
        let message = std::str::from_utf8(&message[..length]).unwrap();
        let lines: Vec<String> = message.lines().map(str::to_owned).collect();
        self.heard.extend_from_slice(&lines);
        lines
    }

    /// Waits for a message with this line, and returns all lines from now up to that message.
    async fn hears(&mut self, line: &str) -> Vec<String> {
        let from = self.heard.len();
        let what = format!("{line:?}");
        let wait = async { while !self.message().await.iter().any(|found| found == line) {} };
        within(&what, wait).await;
        self.heard.split_off(from)
    }

    /// Waits for a line of the output that contains this, and returns it.
    async fn prints(&mut self, what: &str) -> String {
        let wait = async {
            while let Some(line) = self.output.next_line().await.unwrap() {
                if line.contains(what) {
                    return line;
                }
            }
            panic!("the program ended, and did not print {what:?}");
        };
        within(&format!("the line {what:?}"), wait).await
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.process.id().expect("it runs")).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Waits for the end of the process, and returns its status and the lines that it had still to say.
    async fn end(mut self) -> (ExitStatus, Vec<String>) {
        let status = within("the end of the process", self.process.wait()).await.unwrap();
        self.heard.clear();
        let mut message = [0; 4096];
        while let Ok(length) = self.socket.try_recv(&mut message) {
            let message = std::str::from_utf8(&message[..length]).unwrap();
            self.heard.extend(message.lines().map(str::to_owned));
        }
        (status, std::mem::take(&mut self.heard))
    }
}

fn command(runtime: &str, tree: &str) -> Command {
    // The process must not inherit ignored signals, as tests have them in the background.
    let mut command = Command::new("env");
    command.args(["--default-signal", env!("CARGO_BIN_EXE_under-systemd"), runtime, tree]);
    for variable in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

fn count(lines: &[String], line: &str) -> usize {
    lines.iter().filter(|found| *found == line).count()
}

const DRAINING: &str = "STATUS=not ready: the tree is draining";
const STARTING: &str = "STATUS=not ready: the tree is starting; clerk is starting";

#[tokio::test]
async fn a_service_is_ready_when_its_tree_is_up() {
    let mut service = Service::start("2", "patient", None);
    let before = service.hears(STARTING).await;
    assert_eq!(count(&before, "READY=1"), 0, "{before:?}");
    service.order("open").await;
    let up = service.hears("STATUS=ready").await;
    if count(&up, "READY=1") == 0 {
        service.hears("READY=1").await;
    }
}

#[tokio::test]
async fn a_start_that_fails_is_never_ready_and_says_why() {
    let mut service = Service::start("2", "patient", Some(WATCHDOG));
    service.hears(STARTING).await;
    service.order("fail").await;
    let (status, said) = service.end().await;
    assert_eq!(status.code(), Some(1));
    let last = said.last().unwrap();
    assert!(
        last.starts_with("STATUS=failed: ") && last.contains("the desk is on fire"),
        "{said:?}"
    );
    assert_eq!(count(&said, "STOPPING=1"), 1, "{said:?}");
    assert_eq!(count(&said, "READY=1") + count(&said, "WATCHDOG=1"), 0, "{said:?}");
}

#[tokio::test]
async fn a_tree_that_gives_up_stops_and_says_why() {
    let mut service = Service::up("2", "patient", None).await;
    service.order("fail").await;
    let (status, said) = service.end().await;
    assert_eq!(status.code(), Some(1));
    assert_eq!(count(&said, "STOPPING=1"), 1, "{said:?}");
    let last = said.last().unwrap();
    assert!(
        last.starts_with("STATUS=failed: ") && last.contains("the desk is on fire"),
        "{said:?}"
    );
}

#[tokio::test]
async fn each_change_of_health_is_a_status_of_one_line() {
    let mut service = Service::up("2", "patient", None).await;
    for _ in 0..2 {
        service.order("complain").await;
        let complaint = "STATUS=not ready: clerk is not ready: no ink\\nWATCHDOG=trigger";
        let said = service.hears(complaint).await;
        assert_eq!(count(&said, "WATCHDOG=trigger"), 0, "a text is no setting: {said:?}");
        service.order("cheer up").await;
        service.hears("STATUS=ready").await;
    }
}

#[tokio::test]
async fn a_signal_is_answered_before_the_children_have_stopped() {
    let mut service = Service::up("2", "patient", Some(WATCHDOG)).await;
    service.signal(Signal::TERM);
    service.hears("STOPPING=1").await;
    service.hears("STATUS=not ready: the tree is stopping").await;
    service.order("close").await;
    let (status, said) = service.end().await;
    assert_eq!(status.code(), Some(0));
    // An answer would make systemd's watchdog count again.
    assert_eq!(count(&said, "WATCHDOG=1") + count(&said, "STOPPING=1"), 0, "{said:?}");
}

#[tokio::test]
async fn a_stop_that_no_signal_has_begun_is_told() {
    let mut service = Service::up("2", "patient", None).await;
    service.order("quit").await;
    let said = service.hears("STOPPING=1").await;
    assert!(!said.iter().any(|line| line.starts_with("EXTEND")), "it has no limit: {said:?}");
    service.order("close").await;
    assert_eq!(service.end().await.0.code(), Some(0));
}

#[tokio::test]
async fn the_drain_is_the_first_step_of_the_stop() {
    let mut service = Service::up("2", "draining", None).await;
    service.signal(Signal::TERM);
    let said = service.hears(DRAINING).await;
    assert_eq!(count(&said, "STOPPING=1"), 1, "{said:?}");
    let rest = service.hears("STATUS=not ready: the tree is stopping").await;
    assert_eq!(count(&rest, "STOPPING=1"), 0, "{rest:?}");
    service.order("close").await;
    assert_eq!(service.end().await.0.code(), Some(0));
}

#[tokio::test]
async fn a_stop_is_extended_while_the_runtime_lives() {
    let mut service = Service::up("current thread", "limited", None).await;
    service.signal(Signal::TERM);
    for _ in 0..2 {
        service.hears("EXTEND_TIMEOUT_USEC=10000000").await;
    }
    service.order("close").await;
    assert_eq!(service.end().await.0.code(), Some(0));
}

#[tokio::test]
async fn a_stop_is_extended_within_the_budget_of_the_tree() {
    let mut service = Service::up("2", "bounded", None).await;
    service.signal(Signal::TERM);
    // The clerk's 5 s, the 50 ms of `kill_grace`, and one second for the end of the process.
    service.hears("EXTEND_TIMEOUT_USEC=6050000").await;
    service.order("close").await;
    assert_eq!(service.end().await.0.code(), Some(0));
}

#[tokio::test]
async fn the_watchdog_is_answered_until_the_only_thread_is_blocked() {
    for runtime in ["1", "current thread"] {
        let mut service = Service::up(runtime, "patient", Some(WATCHDOG)).await;
        for _ in 0..3 {
            service.hears("WATCHDOG=1").await;
        }
        service.order("block").await;
        service.prints("blocks").await;
        // One answer may have been on its way.
        let mut on_their_way = 0;
        while timeout(3 * WATCHDOG, service.message()).await.is_ok() {
            on_their_way += 1;
            assert!(on_their_way < 4, "{runtime}: answers for a runtime that is blocked");
        }
        service.order("unblock").await;
        service.hears("WATCHDOG=1").await;
    }
}

#[tokio::test]
async fn a_thread_that_is_left_answers_the_watchdog() {
    let mut service = Service::up("2", "patient", Some(WATCHDOG)).await;
    service.order("block").await;
    service.prints("blocks").await;
    for _ in 0..4 {
        service.hears("WATCHDOG=1").await;
    }
    service.order("unblock").await;
}

#[tokio::test]
async fn the_watchdog_is_not_answered_for_a_tree_that_is_not_live() {
    let mut service = Service::up("3", "stuck", Some(WATCHDOG)).await;
    service.hears("WATCHDOG=1").await;
    service.order("stop the rock").await;
    service.hears("STATUS=not live: rock cannot be stopped").await;
    assert!(timeout(3 * WATCHDOG, service.message()).await.is_err(), "it is answered");
}

#[tokio::test]
async fn children_do_not_inherit_what_systemd_says() {
    let mut service = Service::up("2", "program", Some(WATCHDOG)).await;
    let line = service.prints("socket ").await;
    assert!(line.contains("socket '', watchdog ''"), "{line}");
    // A process that inherits the input would keep it open.
    service.signal(Signal::TERM);
    service.order("close").await;
    assert_eq!(service.end().await.0.code(), Some(0));
}

#[tokio::test]
async fn a_program_that_systemd_has_not_started_has_no_thread_for_it() {
    let mut under_systemd = Service::up("2", "patient", None).await;
    under_systemd.order("name the threads").await;
    let threads = under_systemd.prints("threads: ").await;
    assert!(threads.contains("supervisor-syst"), "{threads}");

    let mut process = command("2", "patient").env("WATCHDOG_USEC", "1000").spawn().unwrap();
    let mut orders = process.stdin.take().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    orders.write_all(b"open\nname the threads\n").await.unwrap();
    let wait = async {
        loop {
            let line = output.next_line().await.unwrap().expect("a line with its threads");
            if line.starts_with("threads: ") {
                return line;
            }
        }
    };
    let threads = within("the names of the threads", wait).await;
    assert!(threads.contains("tokio"), "{threads}");
    assert!(!threads.contains("supervisor"), "{threads}");
}

#[tokio::test]
async fn a_manager_that_reads_nothing_does_not_keep_a_program_from_ending() {
    let mut service = Service::start("2", "patient", None);
    // The socket is full before the program is up, so that its thread waits for room for ever.
    let filler = std::os::unix::net::UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    filler.connect(service.socket.local_addr().unwrap().as_pathname().unwrap()).unwrap();
    let full = loop {
        if let Err(full) = filler.send(b"STATUS=of another\n") {
            break full;
        }
    };
    assert_eq!(full.kind(), std::io::ErrorKind::WouldBlock);
    service.order("open").await;
    service.order("name the threads").await;
    service.prints("threads: ").await;
    service.signal(Signal::TERM);
    service.order("close").await;
    let status = within("the end of the process", service.process.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_manager_that_is_gone_is_one_line_in_the_log() {
    let mut process = command("2", "patient")
        .env("NOTIFY_SOCKET", "/nowhere/notify")
        .env("WATCHDOG_USEC", "2000")
        .spawn()
        .unwrap();
    let mut orders = process.stdin.take().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
    orders.write_all(b"open\ncomplain\ncheer up\nquit\nclose\n").await.unwrap();
    let mut lines = Vec::new();
    let wait = async {
        while let Some(line) = output.next_line().await.unwrap() {
            lines.push(line);
        }
        process.wait().await.unwrap()
    };
    let status = within("the end of the process", wait).await;
    assert_eq!(status.code(), Some(0));
    let told = lines.iter().filter(|line| line.contains("systemd cannot be told")).count();
    assert_eq!(told, 1, "{lines:#?}");
}
