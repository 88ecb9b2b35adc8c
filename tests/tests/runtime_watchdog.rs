//! The watchdog of the runtime: a real process, whose threads are blocked, or which is stopped.

#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use supervisor_tests::within;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::sleep;

/// The time of the watchdog.
const TIME: Duration = Duration::from_secs(1);

/// The exit code of a process whose runtime did not respond.
const NO_RESPONSE: i32 = 70;

struct Process {
    child: Child,
    orders: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    /// The lines that nobody has waited for.
    seen: Vec<String>,
}

impl Process {
    /// Starts the program, and waits until its child is there.
    async fn start(time: Duration, threads: usize) -> Self {
        let mut child = Command::new("env")
            .arg("--default-signal")
            .args([env!("CARGO_BIN_EXE_under-watchdog"), &time.as_millis().to_string()])
            .arg(threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let orders = child.stdin.take().expect("its input is piped");
        let output = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let mut process = Self { child, orders, output, seen: Vec::new() };
        process.prints("the clerk is there").await;
        process
    }

    async fn order(&mut self, order: &str) {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.expect("it reads");
    }

    /// Waits for a line that contains this, and returns it.
    async fn prints(&mut self, what: &str) -> String {
        if let Some(at) = self.seen.iter().position(|line| line.contains(what)) {
            return self.seen.remove(at);
        }
        let wait = async {
            while let Some(line) = self.output.next_line().await.expect("text") {
                if line.contains(what) {
                    return line;
                }
                self.seen.push(line);
            }
            panic!("it has ended without printing `{what}`");
        };
        within(what, wait).await
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let pid = id.and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, signal).expect("the signal is sent");
    }

    async fn ends(&mut self) -> Option<i32> {
        within("the end", self.child.wait()).await.expect("it ends").code()
    }
}

#[tokio::test]
async fn a_process_whose_only_thread_is_blocked_is_ended_after_a_report() {
    let mut process = Process::start(TIME, 1).await;
    let line = process.prints("pid ").await;
    let pid = line.split("pid ").nth(1).and_then(|rest| rest.split(' ').next());
    let program = pid.and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
    let program = program.unwrap_or_else(|| panic!("no pid in {line}"));
    let began = std::time::Instant::now();
    process.order("block").await;
    process.prints("blocks").await;
    let line = process.prints("the thread runs this child").await;
    assert!(line.contains("ERROR") && line.contains("child=clerk"), "{line}");
    assert!(line.contains("thread=tokio"), "{line}");
    process.prints("the runtime did not respond").await;
    assert_eq!(process.ends().await, Some(NO_RESPONSE));
    assert!(began.elapsed() >= TIME, "it was ended after {:?}", began.elapsed());
    let gone = async {
        while test_kill_process(program).is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    within("the end of the program's process", gone).await;
}

#[tokio::test]
async fn a_process_that_was_stopped_goes_on() {
    let mut process = Process::start(TIME, 1).await;
    for stopped in [TIME * 3, TIME / 2] {
        process.signal(Signal::STOP);
        // Real time has to pass while it is stopped, and after that while it is not.
        sleep(stopped).await;
        process.signal(Signal::CONT);
        sleep(TIME * 2).await;
        process.order("still there").await;
        process.prints("still there").await;
    }
    process.signal(Signal::TERM);
    assert_eq!(process.ends().await, Some(0));
}

#[tokio::test]
async fn without_a_watchdog_nothing_runs() {
    let mut process = Process::start(Duration::ZERO, 1).await;
    process.order("name the threads").await;
    let threads = process.prints("threads: ").await;
    assert!(!threads.contains("supervisor-watc"), "{threads}");
    process.signal(Signal::TERM);
    assert_eq!(process.ends().await, Some(0));

    let mut process = Process::start(TIME, 1).await;
    process.order("name the threads").await;
    let threads = process.prints("threads: ").await;
    assert!(threads.contains("supervisor-watc"), "the test would see it: {threads}");
    process.signal(Signal::TERM);
    assert_eq!(process.ends().await, Some(0));
}
