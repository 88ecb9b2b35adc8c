//! Children that cannot be stopped, in processes of their own: the watchdog ends them.

use std::process::{Command, Output};
use std::time::Duration;

use super::SECOND;

/// Runs a program whose child blocks the thread of the runtime. Returns its output, what it said, and the
/// last moment at which the child ran, counted from the one at which the lease was granted: by the
/// program's own clock, since the end of a process is seen later on a busy machine.
fn run_under_lease(arguments: &[&str]) -> (Output, String, Duration) {
    let program = Command::new(env!("CARGO_BIN_EXE_under-lease")).args(arguments).output();
    let program = program.expect("it runs");
    let said = String::from_utf8_lossy(&program.stderr).into_owned();
    let printed = String::from_utf8_lossy(&program.stdout).into_owned();
    let times: Vec<u64> = printed.lines().filter_map(|line| line.parse().ok()).collect();
    let [granted, .., last] = times[..] else { panic!("it printed {printed:?} and said {said}") };
    (program, said, Duration::from_millis(last - granted))
}

#[cfg(unix)]
#[test]
fn a_child_that_cannot_be_stopped_ends_the_process_before_the_lease_ends() {
    use std::os::unix::process::ExitStatusExt;
    let (program, said, ran) = run_under_lease(&["abort"]);
    assert_eq!(program.status.signal(), Some(6), "SIGABRT; it said: {said}");
    assert!(said.contains("a child that needs the lease `billing` could not be stopped"), "{said}");
    // The lease lasts for three seconds.
    assert!(ran > 2 * SECOND, "{ran:?}");
    assert!(ran < 3 * SECOND, "{ran:?}: another replica may run it by now");
}

#[test]
fn a_child_that_cannot_be_stopped_is_only_reported_by_choice() {
    let (program, said, ran) = run_under_lease(&["report"]);
    assert!(program.status.success(), "it said: {said}");
    assert!(program.stdout.ends_with(b"\nended\n"));
    assert!(ran > 3 * SECOND, "{ran:?}");
    assert!(said.contains("another replica may run it at the same time"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_programs_below_a_lease_end_with_the_process_that_ends_before_it() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("program-under-lease");
    let _ = std::fs::remove_file(&file);
    let (_, said, ran) = run_under_lease(&["abort", file.to_str().expect("a name in UTF-8")]);
    assert!(ran < 3 * SECOND, "{ran:?}; it said: {said}");
    let pid = std::fs::read_to_string(&file).expect("the program has written its number");
    let pid = Pid::from_raw(pid.trim().parse().expect("a number")).expect("not zero");
    // It is gone without a trace, or has ended and waits for its parent.
    let Ok(program) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    let limit = Timespec { tv_sec: 10, tv_nsec: 0 };
    let ended = poll(&mut [PollFd::new(&program, PollFlags::IN)], Some(&limit)).expect("it polls");
    assert_eq!(ended, 1, "waited in vain for the end of the program");
}
