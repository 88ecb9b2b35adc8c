//! Tests `supervisor::run`, in real processes, with real signals.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use supervisor_tests::within;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A program that runs one of the trees of `under-run`.
struct Program {
    process: Child,
    output: Lines<BufReader<ChildStdout>>,
    seen: Vec<String>,
}

impl Program {
    fn start(tree: &str) -> Self {
        Self::start_with(&[env!("CARGO_BIN_EXE_under-run"), tree])
    }

    /// Starts a tree in one of the modes of `under-run`.
    fn start_in(tree: &str, mode: &str) -> Self {
        Self::start_with(&[env!("CARGO_BIN_EXE_under-run"), tree, mode])
    }

    fn start_with(command: &[&str]) -> Self {
        // The process must not inherit ignored signals, as tests have them in the background.
        let mut process = Command::new("env")
            .arg("--default-signal")
            .args(command)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let output = process.stdout.take().expect("its output is piped");
        Self { process, output: BufReader::new(output).lines(), seen: Vec::new() }
    }

    /// Waits until the program prints a line that contains the text.
    async fn prints(&mut self, what: &str) -> &mut Self {
        if self.seen.iter().any(|line| line.contains(what)) {
            return self;
        }
        let search = async {
            while let Some(line) = self.output.next_line().await.expect("its output is text") {
                let found = line.contains(what);
                self.seen.push(line);
                if found {
                    return;
                }
            }
            panic!("it ended and did not say {what:?}, but: {:#?}", self.seen);
        };
        within(&format!("the line {what:?}"), search).await;
        self
    }

    fn signal(&mut self, signal: Signal) -> &mut Self {
        let id = self.process.id().expect("it runs");
        let pid = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("not zero");
        kill_process(pid, signal).expect("the signal is sent");
        self
    }

    /// Sends a signal again and again until the output has a line that contains this.
    async fn signal_until_it_prints(&mut self, signal: Signal, what: &str) -> &mut Self {
        let id = self.process.id().expect("it runs");
        let pid = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("not zero");
        let repeat = tokio::spawn(async move {
            while kill_process(pid, signal).is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        self.prints(what).await;
        repeat.abort();
        self
    }

    /// Waits for the end, and returns the exit status and the whole output.
    async fn end(&mut self) -> (ExitStatus, String) {
        let rest = async {
            while let Some(line) = self.output.next_line().await.expect("its output is text") {
                self.seen.push(line);
            }
            self.process.wait().await.expect("it ends")
        };
        let status = within("the end of the program", rest).await;
        (status, self.seen.join("\n"))
    }
}

/// Checks that the output contains the lines in this order.
fn assert_order(output: &str, lines: &[&str]) {
    let places: Vec<_> = lines.iter().map(|line| output.find(line)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{lines:?} in:\n{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_stops_the_children_in_reverse_order() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut program = Program::start("graceful");
        program.prints("first runs").await.prints("second runs").await.signal(signal);
        let (status, output) = program.end().await;
        assert_eq!(status.code(), Some(0), "{output}");
        assert_order(&output, &["shutting down", "second stops", "first stops"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_without_a_log_prints_the_reason_of_its_failure() {
    for (tree, why) in
        [("fails", "gave up: `fails`"), ("misdeclared", "two children have this name")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_under-run"))
            .args([tree, "without a log"])
            .kill_on_drop(true)
            .output();
        let output = within("the end of the program", output).await.expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.starts_with("error: ") && errors.contains(why), "{errors}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_during_the_start_stops_the_started_children() {
    let mut program = Program::start("starting");
    program.prints("never_ready starts").await.prints("tidy runs").await.signal(Signal::TERM);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(0), "{output}");
    assert_order(&output, &["shutting down", "tidy stops"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_names_a_child_that_had_to_be_killed() {
    let mut program = Program::start("slow");
    program.prints("slow runs").await.prints("tidy runs").await.signal(Signal::TERM);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(0), "{output}");
    assert_order(
        &output,
        &["slow was asked", "tidy stops", "child had to be killed child=slow took="],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_kills_the_rest() {
    let mut program = Program::start("stubborn");
    program
        .prints("deep runs")
        .await
        .prints("flat runs")
        .await
        .prints("tidy runs")
        .await
        .signal(Signal::TERM);
    // Without the second signal, the program would wait for ever.
    program.prints("flat was asked").await;
    program.signal_until_it_prints(Signal::INT, "killing what has not ended").await;
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(130), "{output}");
    assert_order(&output, &["shutting down", "killing what has not ended", "had to be killed"]);
    for path in ["tidy", "nested/deep", "flat"] {
        let line = format!("child had to be killed child={path} took=");
        assert!(output.contains(&line), "{path} in:\n{output}");
    }
    assert!(!output.contains("tidy stops"), "it was dropped, not asked:\n{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_signal_decides_the_exit_code() {
    let mut program = Program::start("stubborn");
    program.prints("flat runs").await.signal(Signal::INT);
    program.prints("flat was asked").await;
    program.signal_until_it_prints(Signal::TERM, "killing what has not ended").await;
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(143), "{output}");
}

/// A wrapper forwards what its whole process group has received already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_that_arrive_together_are_one_request() {
    let mut program = Program::start("graceful");
    program.prints("first runs").await.prints("second runs").await;
    program.signal(Signal::STOP).signal(Signal::TERM).signal(Signal::INT).signal(Signal::CONT);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(0), "{output}");
    assert_order(&output, &["shutting down", "second stops", "first stops"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_begins_the_drain_and_the_stop_comes_when_its_time_is_over() {
    let mut program = Program::start_in("graceful", "drains");
    program.prints("first runs").await.prints("second runs").await;
    let began = Instant::now();
    let (status, output) = program.signal(Signal::TERM).end().await;
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(began.elapsed() >= Duration::from_millis(200));
    let draining = "supervisor draining: not ready, and its children go on";
    assert_order(&output, &["shutting down", draining, "second stops", "first stops"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_further_signal_goes_a_step_further() {
    let mut program = Program::start_in("stubborn", "drains long");
    program.prints("deep runs").await.prints("flat runs").await.prints("tidy runs").await;
    program.signal(Signal::TERM).prints("supervisor draining").await;
    program.signal_until_it_prints(Signal::INT, "stopping without further drain").await;
    program.prints("flat was asked").await;
    program.signal_until_it_prints(Signal::INT, "killing what has not ended").await;
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(130), "{output}");
    let steps = ["draining", "without further drain", "flat was asked", "killing"];
    assert_order(&output, &steps);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_that_arrive_together_go_one_step() {
    let mut program = Program::start_in("lingering", "drains long");
    program.prints("first runs").await.prints("second runs").await;
    program.signal(Signal::STOP).signal(Signal::TERM).signal(Signal::INT).signal(Signal::CONT);
    program.prints("supervisor draining").await.prints("already shutting down").await;
    // From here on, each pair of signals could be two steps: the end of the drain, and the kill.
    program.signal_until_it_prints(Signal::INT, "stopping without further drain").await;
    program.signal(Signal::TERM);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(0), "{output}");
    assert_order(&output, &["without further drain", "second stops", "first stops"]);
}

/// A second signal that is meant for the drain may come when the drain has just ended by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_just_after_the_drain_does_not_kill() {
    let mut program = Program::start_in("stubborn", "drains longer");
    program.prints("flat runs").await;
    program.signal(Signal::TERM).prints("flat was asked").await;
    program.signal(Signal::TERM).prints("already shutting down").await;
    let (status, output) = program.signal(Signal::QUIT).end().await;
    assert_eq!(status.code(), Some(131), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_during_a_backoff_waits_for_no_restart() {
    for mode in ["", "drains"] {
        let mut program = Program::start_in("away", mode);
        program.prints("tidy runs").await.prints("restart delayed").await.signal(Signal::TERM);
        let (status, output) = program.end().await;
        assert_eq!(status.code(), Some(0), "{output}");
        assert_order(&output, &["shutting down", "tidy stops"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_is_not_drained() {
    let mut program = Program::start_in("starting", "drains long");
    program.prints("never_ready starts").await.prints("tidy runs").await.signal(Signal::TERM);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(0), "{output}");
    assert_order(&output, &["shutting down", "tidy stops"]);
    assert!(!output.contains("draining"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_not_ended_within_the_time_for_the_whole_is_killed() {
    for (tree, mode) in [("stubborn", "limited"), ("stubborn", "drains for the whole time")] {
        let mut program = Program::start_in(tree, mode);
        program.prints("deep runs").await.prints("flat runs").await.prints("tidy runs").await;
        let (status, output) = program.signal(Signal::TERM).end().await;
        assert_eq!(status.code(), Some(0), "{output}");
        assert_order(&output, &["shutting down", "the time for the shutdown is over", "killed"]);
        for path in ["tidy", "nested/deep", "flat"] {
            let line = format!("child had to be killed child={path} took=");
            assert!(output.contains(&line), "{path} in:\n{output}");
        }
        let never_asks = mode != "limited";
        let warning = "the drain takes the whole time: no child will be asked to stop";
        assert_eq!(output.contains(warning), never_asks, "{output}");
        assert_eq!(output.contains("flat was asked"), !never_asks, "{output}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_for_the_whole_bounds_a_shutdown_that_a_child_has_asked_for() {
    ends_in_time("shuts itself down").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_for_the_whole_bounds_a_shutdown_that_was_asked_for_before() {
    ends_in_time("was asked before").await;
}

/// Checks that a tree whose stop has no end but for its limit is stopped by that.
async fn ends_in_time(tree: &str) {
    let mut program = Program::start(tree);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(output.contains("child had to be killed child=flat took="), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigquit_kills_all_children_at_once() {
    let mut program = Program::start("stubborn");
    program.prints("deep runs").await.prints("flat runs").await.prints("tidy runs").await;
    let (status, output) = program.signal(Signal::QUIT).end().await;
    assert_eq!(status.code(), Some(131), "{output}");
    assert_order(&output, &["killing what has not ended", "had to be killed"]);
    assert!(!output.contains("tidy stops"), "it was dropped, not asked:\n{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigquit_is_no_repetition_of_an_earlier_signal() {
    let mut program = Program::start("stubborn");
    program.prints("flat runs").await.signal(Signal::TERM);
    program.prints("flat was asked").await.signal(Signal::QUIT);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(131), "{output}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_was_started_with_sighup_ignored_goes_on_ignoring_it() {
    let mut program = Program::start_with(&["nohup", env!("CARGO_BIN_EXE_under-run"), "graceful"]);
    program.prints("first runs").await.prints("second runs").await;
    program.signal(Signal::HUP).signal(Signal::QUIT);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(131), "{output}");
    assert!(!output.contains("shutting down"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_can_keep_sighup_for_itself() {
    use std::os::unix::process::ExitStatusExt;
    let mut program =
        Program::start_with(&[env!("CARGO_BIN_EXE_under-run"), "graceful", "leaves SIGHUP"]);
    program.prints("first runs").await.signal(Signal::HUP);
    let (status, output) = program.end().await;
    // The default action, since this program does not listen to SIGHUP.
    assert_eq!(status.signal(), Some(Signal::HUP.as_raw()), "{output}");
}

/// The runtime waits for the thread that reads the standard input, after `main` has returned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_after_run_has_returned_ends_the_process() {
    for (signal, code) in
        [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129), (Signal::QUIT, 131)]
    {
        let mut program =
            Program::start_with(&[env!("CARGO_BIN_EXE_under-run"), "ends", "reads on"]);
        program.prints("run has returned").await.signal(signal);
        let (status, output) = program.end().await;
        assert_eq!(status.code(), Some(code), "{output}");
    }
}

/// As of a log collector that is restarted; the log and the panics go to the same pipe.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_reader_is_gone_does_not_keep_the_tree_from_stopping_in_order() {
    let file = std::env::temp_dir().join(format!("flushed-{}", std::process::id()));
    let bin = env!("CARGO_BIN_EXE_under-run");
    let mut program = Program::start_with(&[
        "sh",
        "-c",
        "exec \"$0\" \"$@\" 2>&1",
        bin,
        "flushing",
        "",
        file.to_str().expect("UTF-8"),
    ]);
    program.prints("flushing runs").await;
    let Program { mut process, output, .. } = program;
    drop(output);
    let pid = Pid::from_raw(i32::try_from(process.id().expect("it runs")).expect("an id"));
    kill_process(pid.expect("not zero"), Signal::TERM).expect("the signal is sent");
    let status = within("the end of the program", process.wait()).await.expect("it ends");
    let flushed = std::fs::read_to_string(&file);
    let _ = std::fs::remove_file(&file);
    assert_eq!(status.code(), Some(0));
    assert_eq!(flushed.expect("the child was asked to stop"), "flushed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_blocks_its_thread_does_not_hold_the_process() {
    let mut program = Program::start("stuck");
    program.prints("stuck runs").await.signal(Signal::TERM);
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(output.contains("child still runs child=stuck took="), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_that_gives_up_is_a_failure() {
    let mut program = Program::start("fails");
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(output.contains("there is no hope"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_that_does_not_start_is_a_failure() {
    let mut program = Program::start("misdeclared");
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(1), "{output}");
    assert!(output.contains("two children have this name"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tree_that_ends_by_itself_is_a_success() {
    let mut program = Program::start("ends");
    let (status, output) = program.end().await;
    assert_eq!(status.code(), Some(0), "{output}");
}
