//! Tests programs: real processes of the operating system as children.
#![cfg(unix)]

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Backoff, ExitReason, MaxRestarts, Program, StartMode,
    events::{EventKind, Events},
};
use supervisor_tests::{capture_log, event, logged, logs, restarted, terminated, within};

const SECOND: Duration = Duration::from_secs(1);

/// Returns a shell that runs the script.
/// A shell script. It does not inherit ignored signals, as tests have them in the background.
fn sh(script: &str) -> Program {
    Program::new("env").args(["--default-signal", "sh", "-c", script])
}

/// A program that prints its process id, and then runs for ever.
const SLEEPER: &str = "echo pid $$; exec sleep 10000";

async fn pid_of(path: &str) -> String {
    pid_after(path, "pid").await
}

/// Waits for the line that begins with the word, and returns the number in it.
async fn pid_after(path: &str, word: &str) -> String {
    let line =
        within("its process id", logs(&[&format!("child={path} "), &format!(": {word} ")])).await;
    let (_, rest) = line.split_once(&format!(": {word} ")).expect("the line was found by it");
    rest.split(' ').next().expect("a word").to_owned()
}

/// Tells whether a process of this id exists, also as a zombie.
fn exists(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

/// Waits until a process has ended that need not be a child of this one.
async fn ends(pid: &str) {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    let pid = Pid::from_raw(pid.parse().expect("a number")).expect("not zero");
    let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    let end = tokio::task::spawn_blocking(move || {
        use rustix::event::{PollFd, PollFlags, poll};
        poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], None)
    });
    within("the end of the process", end).await.expect("no panic").expect("it can be waited for");
}

async fn status(events: &mut Events, path: &str) -> ExitReason {
    let ended = event(events, "its end", terminated(path)).await;
    let EventKind::ChildTerminated { reason, .. } = ended.kind() else { unreachable!() };
    reason.clone()
}

fn status_of(reason: &ExitReason) -> ExitStatus {
    let ExitReason::Status(status) = reason else { panic!("{reason}") };
    *status
}

macro_rules! test {
    ($(async fn $name:ident() $body:block)*) => {
        $(
            // On several threads, so that the time limits of the tests pass on the real clock.
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                capture_log();
                $body
            }
        )*
    };
}

test! {
    async fn every_line_that_a_program_prints_is_logged() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        let script = "echo one; echo two >&2; printf '\\377\\r\\n'; printf 'no end of line'";
        let spec = ChildSpec::new("printer")
            .with_restart_policy(RestartPolicy::Transient)
            .with_program(sh(script));
        within("the child", root.add_child(spec)).await.unwrap();
        assert!(matches!(status(&mut events, "printer").await, ExitReason::Normal));
        let lines: Vec<String> =
            logged().into_iter().filter(|line| line.contains("child=printer stream")).collect();
        let all = lines.join("\n");
        assert_eq!(lines.len(), 4, "{all}");
        for (words, stream) in
            [("one", "stdout"), ("two", "stderr"), ("\u{fffd}", "stdout"), ("no end of line", "stdout")]
        {
            let fits = |line: &&String| {
                line.contains(words) && line.contains(&format!("stream=\"{stream}\""))
                    && line.contains("INFO") && line.contains("supervisor::program")
            };
            assert!(lines.iter().any(|line| fits(&line)), "{words} in {all}");
        }
    }

    async fn a_flood_without_line_ends_is_cut_in_pieces_and_stopped() {
        let root = Supervisor::new().build();
        let spec = ChildSpec::new("flood").with_program(sh("exec cat /dev/zero"));
        within("the child", root.add_child(spec)).await.unwrap();
        within("some of it", logs(&["child=flood stream"])).await;
        let report = within("the shutdown", root.shutdown()).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }

    async fn a_program_is_asked_with_sigterm_and_reaped() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        let spec = ChildSpec::new("asked").with_program(sh(SLEEPER));
        within("the child", root.add_child(spec)).await.unwrap();
        let pid = pid_of("asked").await;
        assert!(exists(&pid));
        let report = within("the shutdown", root.shutdown()).await.unwrap();
        assert!(report.is_clean(), "{report}");
        assert!(!exists(&pid), "it was reaped before its life ended");
        assert!(matches!(status(&mut events, "asked").await, ExitReason::Normal));
    }

    async fn a_program_can_clean_up_on_sigterm() {
        let root = Supervisor::new().build();
        let script = "trap 'echo cleaning; exit 0' TERM; echo up; while :; do sleep 0.01; done";
        let spec = ChildSpec::new("tidy").with_program(sh(script));
        within("the child", root.add_child(spec)).await.unwrap();
        within("it", logs(&["child=tidy", ": up"])).await;
        assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
        assert!(logged().iter().any(|line| line.contains("child=tidy") && line.contains("cleaning")));
    }

    async fn a_program_that_ignores_sigterm_is_killed_with_its_own_processes() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        // The process that the program starts ignores SIGTERM, too.
        let script = "trap '' TERM; sleep 10000 & echo grandchild $!; echo pid $$; wait; wait";
        let spec = ChildSpec::new("deaf").with_shutdown(SECOND / 10).with_program(sh(script));
        within("the child", root.add_child(spec)).await.unwrap();
        let (pid, grandchild) = (pid_of("deaf").await, pid_after("deaf", "grandchild").await);
        assert!(exists(&grandchild));
        let report = within("the shutdown", root.shutdown()).await.unwrap();
        let killed: Vec<_> = report.killed().map(|(path, _)| path.as_str()).collect();
        assert_eq!(killed, ["deaf"]);
        assert_eq!(report.not_stopped().count(), 0);
        assert!(!exists(&pid));
        ends(&grandchild).await;
        let reason = status(&mut events, "deaf").await;
        assert!(reason.to_string().contains("SIGKILL"), "{reason}");
    }

    async fn a_worker_behind_a_shell_has_the_same_time_to_clean_up() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        // The shell and `cat` die of SIGTERM at once; the worker's output is no pipe of theirs.
        let worker = "trap 'sleep 0.2; echo cleaned >&2; exit 0' TERM; echo up >&2; \
                      while :; do sleep 0.01; done";
        let program = sh("sh -c \"$WORKER\" | cat").env("WORKER", worker);
        let spec = ChildSpec::new("shell").with_program(program);
        within("the child", root.add_child(spec)).await.unwrap();
        within("the worker", logs(&["child=shell", ": up"])).await;
        let report = within("the shutdown", root.shutdown()).await.unwrap();
        assert!(report.is_clean(), "{report}");
        let cleaned = |line: &String| line.contains("child=shell") && line.contains(": cleaned");
        assert!(logged().iter().any(cleaned), "it was cut off");
        assert!(matches!(status(&mut events, "shell").await, ExitReason::Normal));
    }

    async fn a_worker_behind_a_shell_that_ignores_sigterm_is_killed_and_reported() {
        let root = Supervisor::new().build();
        let script = "sh -c 'trap \"\" TERM; echo pid $$; exec sleep 10000' & wait";
        let spec = ChildSpec::new("left").with_shutdown(SECOND / 10).with_program(sh(script));
        within("the child", root.add_child(spec)).await.unwrap();
        let worker = pid_of("left").await;
        let report = within("the shutdown", root.shutdown()).await.unwrap();
        let killed: Vec<_> = report.killed().map(|(path, _)| path.as_str()).collect();
        assert_eq!((killed, report.not_stopped().count()), (vec!["left"], 0));
        ends(&worker).await;
    }

    async fn a_shell_that_ends_by_itself_leaves_no_worker_however_long_its_time() {
        let root = Supervisor::new().build();
        let spec = ChildSpec::new("gone").with_shutdown(Shutdown::Infinity)
            .with_restart_policy(RestartPolicy::Temporary)
            .with_program(sh("sh -c 'trap \"\" TERM; exec sleep 10000' & echo pid $!; exit 0"));
        let mut events = root.events();
        within("the child", root.add_child(spec)).await.unwrap();
        assert!(matches!(status(&mut events, "gone").await, ExitReason::Normal));
        ends(&pid_of("gone").await).await;
    }

    async fn it_is_asked_with_the_signal_of_its_choice() {
        use tokio::signal::unix::SignalKind;
        let root = Supervisor::new().build();
        let mut events = root.events();
        let script = "trap '' TERM; trap 'echo interrupted; exit 0' INT; echo up; \
                      while :; do sleep 0.01; done";
        let program = sh(script).stop_signal(SignalKind::interrupt());
        let spec = ChildSpec::new("chosen").with_program(program);
        within("the child", root.add_child(spec)).await.unwrap();
        within("it", logs(&["child=chosen", ": up"])).await;
        // The end by the signal that asked is no failure, whichever it is.
        let program = sh(SLEEPER).stop_signal(SignalKind::quit());
        let spec = ChildSpec::new("quits").with_program(program);
        within("the child", root.add_child(spec)).await.unwrap();
        pid_of("quits").await;
        assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
        assert!(matches!(status(&mut events, "quits").await, ExitReason::Normal));
        let words = ["child=chosen", ": interrupted"];
        let interrupted = |line: &String| words.iter().all(|word| line.contains(word));
        assert!(logged().iter().any(interrupted));
    }

    async fn a_signal_that_there_is_not_is_an_error_of_the_life() {
        use tokio::signal::unix::SignalKind;
        let root = Supervisor::new().build();
        let mut events = root.events();
        let program = sh(SLEEPER).stop_signal(SignalKind::from_raw(0));
        let spec = ChildSpec::new("signal-0").with_restart_policy(RestartPolicy::Temporary);
        within("the child", root.add_child(spec.with_program(program))).await.unwrap();
        let reason = status(&mut events, "signal-0").await.to_string();
        assert_eq!(reason, "error: cannot start `env`: signal 0 has no name");
    }

    async fn one_that_has_left_its_group_is_asked_and_killed_too() {
        let root = Supervisor::new().build();
        let script = "setpgrp(0, getpgrp(getppid())); $| = 1; print \"pid $$\\n\"; sleep 10000";
        let moved = |deaf: &str| Program::new("perl").arg("-e").arg(format!("{deaf}{script}"));
        let spec = ChildSpec::new("moved").with_program(moved(""));
        within("the child", root.add_child(spec)).await.unwrap();
        let spec = ChildSpec::new("deaf-moved").with_shutdown(SECOND / 10);
        let spec = spec.with_program(moved("$SIG{TERM} = 'IGNORE'; "));
        within("the child", root.add_child(spec)).await.unwrap();
        let pids = [pid_of("moved").await, pid_of("deaf-moved").await];
        let report = within("the shutdown", root.shutdown()).await.unwrap();
        let killed: Vec<_> = report.killed().map(|(path, _)| path.as_str()).collect();
        assert_eq!((killed, report.not_stopped().count()), (vec!["deaf-moved"], 0));
        assert!(pids.iter().all(|pid| !exists(pid)));
    }

    async fn the_processes_of_a_program_end_with_it() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        // The program ends before the process that it has started, which holds the output open.
        let spec = ChildSpec::new("forgetful")
            .with_restart_policy(RestartPolicy::Transient)
            .with_program(sh("sleep 10000 & echo grandchild $!"));
        within("the child", root.add_child(spec)).await.unwrap();
        assert!(matches!(status(&mut events, "forgetful").await, ExitReason::Normal));
        let grandchild = pid_after("forgetful", "grandchild").await;
        ends(&grandchild).await;
    }

    async fn exit_codes_and_signals_are_reasons_and_counted() {
        use std::os::unix::process::ExitStatusExt;
        let root = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).build();
        let mut events = root.events();
        let slowly = Backoff::constant(3600 * SECOND);
        let code = ChildSpec::new("code").with_backoff(slowly).with_program(sh("exit 3"));
        within("the child", root.add_child(code)).await.unwrap();
        let reason = status(&mut events, "code").await;
        assert_eq!(status_of(&reason).code(), Some(3));
        assert_eq!(reason.to_string(), "exit status: 3");
        let signal = ChildSpec::new("signal").with_backoff(slowly).with_program(sh("kill -9 $$"));
        within("the child", root.add_child(signal)).await.unwrap();
        assert_eq!(status_of(&status(&mut events, "signal").await).signal(), Some(9));
        // This SIGTERM is not the supervisor's: it is a failure.
        let term = ChildSpec::new("term").with_backoff(slowly).with_program(sh("kill -15 $$"));
        within("the child", root.add_child(term)).await.unwrap();
        assert_eq!(status_of(&status(&mut events, "term").await).signal(), Some(15));
        assert_eq!(within("the figures", root.stats()).await.unwrap().failures, 3);
        within("the shutdown", root.shutdown()).await.unwrap();
    }

    async fn a_killed_program_is_restarted_and_never_runs_twice() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        // The kernel holds the lock: a second process would fail to take it.
        let lock = std::env::temp_dir().join(format!("supervisor-tests-{}", std::process::id()));
        let script = "exec flock --nonblock --no-fork \"$LOCK\" sh -c 'echo pid $$; exec sleep 10000'";
        let spec = ChildSpec::new("locked").with_program(sh(script).env("LOCK", &lock));
        let child = within("the child", root.add_child(spec)).await.unwrap();
        let first = pid_of("locked").await;
        within("the kill", child.kill()).await.unwrap();
        assert!(!exists(&first));
        event(&mut events, "the restart", restarted("locked")).await;
        within("the restart", child.restart()).await.unwrap();
        assert_eq!(child.incarnation(), 3);
        within("the shutdown", root.shutdown()).await.unwrap();
        let _ = std::fs::remove_file(lock);
    }

    async fn the_reason_of_a_program_that_ends_well_too_often_speaks_of_no_function() {
        let done = ChildSpec::new("done").with_program(Program::new("true"));
        let root = Supervisor::new().with_max_restarts(1).with_child(done).build();
        within("the start", root.start()).await.unwrap();
        let error = within("the end", root.wait()).await.unwrap_err().to_string();
        assert!(error.contains("`done`: normal (it ended without an error, which `Always`"), "{error}");
    }

    async fn a_program_that_does_not_exist_is_an_error_or_a_failed_start() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        let spec = ChildSpec::new("nothing").with_restart_policy(RestartPolicy::Temporary);
        within("the child", root.add_child(spec.with_program(Program::new("/no/such/program"))))
            .await
            .unwrap();
        let reason = status(&mut events, "nothing").await;
        assert!(reason.to_string().contains("cannot start `/no/such/program`: "), "{reason}");
        let spec = ChildSpec::new("nothing").with_start(StartMode::Notify);
        let added = root.add_child(spec.with_program(Program::new("/no/such/program")));
        let error = within("the start", added).await.unwrap_err();
        assert!(matches!(error, SupervisorError::StartFailed(..)), "{error}");
        within("the shutdown", root.shutdown()).await.unwrap();
    }

    async fn an_error_of_the_start_names_the_file_that_is_missing() {
        let root = Supervisor::new().build();
        let reason_of = async |name: &str, program| {
            let mut events = root.events();
            let spec = ChildSpec::new(name).with_restart_policy(RestartPolicy::Temporary);
            within("the child", root.add_child(spec.with_program(program))).await.unwrap();
            status(&mut events, name).await.to_string()
        };
        let reason = reason_of("a", Program::new("sleep").current_dir("/no/such")).await;
        let text = "cannot start `sleep`: its working directory `/no/such`: No such file";
        assert!(reason.contains(text), "{reason}");
        let reason = reason_of("b", Program::new("sleep").current_dir("/dev/null")).await;
        let text = "cannot start `sleep`: its working directory `/dev/null` is no directory";
        assert!(reason.contains(text), "{reason}");
        let script = std::env::temp_dir().join(format!("supervisor-script-{}", std::process::id()));
        std::fs::write(&script, "#!/no/such/shell\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&script, mode).unwrap();
        let reason = reason_of("c", Program::new(&script)).await;
        std::fs::remove_file(&script).unwrap();
        assert!(reason.contains("the file is there, and the interpreter"), "{reason}");
    }

    async fn arguments_environment_and_directory_can_be_set() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        let program = sh("echo \"$0 $1 $A ${HOME-none} $PWD\"")
            .args(["zero", "one"])
            .env("B", "gone")
            .env_clear()
            .env("A", "a")
            .env("PATH", "/bin:/usr/bin")
            .env_remove("HOME")
            .current_dir("/");
        let spec = ChildSpec::new("frugal").with_restart_policy(RestartPolicy::Temporary);
        within("the child", root.add_child(spec.with_program(program))).await.unwrap();
        assert!(matches!(status(&mut events, "frugal").await, ExitReason::Normal));
        assert!(logged().iter().any(|line| line.contains("zero one a none /")));
    }

    async fn a_program_with_a_heartbeat_is_killed_for_silence() {
        let root = Supervisor::new().build();
        let mut events = root.events();
        let spec = ChildSpec::new("silent").with_heartbeat(SECOND / 10).with_program(sh(SLEEPER));
        within("the child", root.add_child(spec)).await.unwrap();
        event(&mut events, "the restart", restarted("silent")).await;
        within("the shutdown", root.shutdown()).await.unwrap();
    }

    async fn a_pool_can_have_many_programs() {
        let template = ChildSpec::per_worker::<Program>("worker");
        let pool = Supervisor::new().build_pool(template);
        within("the start", pool.supervisor().start()).await.unwrap();
        for _ in 0..20 {
            let program = Program::new("sleep").arg("10000");
            within("a worker", pool.add_worker_with(program)).await.unwrap();
        }
        let report = within("the shutdown", pool.supervisor().shutdown()).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_is_held_while_a_program_stops() {
    let root = Supervisor::new().build();
    let spec = ChildSpec::new("paused").with_program(Program::new("sleep").arg("10000"));
    within("the child", root.add_child(spec)).await.unwrap();
    // (If the process has not been spawned yet, there is nothing to stop.)
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
}

/// Waits in real time for a log line with these words; a paused clock stands still meanwhile.
async fn logs_in_real_time(words: &'static [&'static str]) {
    let began = std::time::Instant::now();
    let wait = tokio::task::spawn_blocking(move || {
        while !logged().iter().any(|line| words.iter().all(|word| line.contains(word))) {
            assert!(began.elapsed() < 30 * SECOND, "waited in vain for {words:?}");
            std::thread::sleep(SECOND / 1000);
        }
    });
    wait.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_is_held_while_the_rest_of_its_group_ends() {
    capture_log();
    let root = Supervisor::new().build();
    // The processes that it leaves behind are reaped elsewhere, which takes a moment.
    let script =
        "for i in 1 2 3 4 5 6 7 8; do sleep 10000 & done; trap 'exit 0' TERM; echo up; wait";
    let spec = ChildSpec::new("held").with_shutdown(Shutdown::Infinity);
    within("the child", root.add_child(spec.with_program(sh(script)))).await.unwrap();
    logs_in_real_time(&["child=held", ": up"]).await;
    let report = within("the shutdown", root.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_its_output_is_read_in_real_time_under_a_paused_clock() {
    capture_log();
    let root = Supervisor::new().build();
    // Another process, outside of the group, holds the pipe open.
    let script = "trap 'exit 0' USR1; setsid sh -c \"kill -USR1 $$; exec sleep 1\" & wait";
    let spec = ChildSpec::new("cut").with_restart_policy(RestartPolicy::Transient);
    let began = std::time::Instant::now();
    within("the child", root.add_child(spec.with_program(sh(script)))).await.unwrap();
    logs_in_real_time(&["child ended child=cut"]).await;
    assert!(began.elapsed() >= SECOND / 10, "{:?}", began.elapsed());
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_of_the_main_function_kills_the_program() {
    use std::process::Stdio;
    let mut main = tokio::process::Command::new(env!("CARGO_BIN_EXE_under-run"));
    let main = main.arg("panics").stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let output = within("the end of the main function", main.output()).await.unwrap();
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let pid = output.lines().find_map(|line| line.split_once(": pid ")).expect("it printed").1;
    let pid = pid.split(' ').next().expect("a word");
    assert!(!exists(pid), "neither an orphan nor a zombie");
}

#[test]
fn a_runtime_that_goes_away_kills_the_program() {
    capture_log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let root =
        Supervisor::new().with_child(ChildSpec::new("abandoned").with_program(sh(SLEEPER))).build();
    let pid = runtime.block_on(async {
        root.start().await.unwrap();
        pid_of("abandoned").await
    });
    assert!(exists(&pid));
    drop(runtime);
    assert!(!exists(&pid), "neither an orphan nor a zombie");
}
