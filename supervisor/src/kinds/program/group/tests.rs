//! Tests of the wait for the end of a process.

use super::*;

/// Spawns a process that ends after this many seconds, or when it is killed.
fn sleeper(seconds: &str) -> (std::process::Child, Pid) {
    let process = std::process::Command::new("sleep").arg(seconds).spawn().expect("sleep");
    let number = Pid::from_raw(process.id().cast_signed()).expect("its number");
    (process, number)
}

const WAYS: [fn(Pid, Duration); 2] = [wait_for_end, poll_for_end];

#[test]
fn the_end_of_a_process_ends_the_wait() {
    for wait in WAYS {
        let (mut process, number) = sleeper("1000");
        assert!(!has_ended(number));
        process.kill().expect("it runs");
        let began = Instant::now();
        wait(number, Duration::from_secs(60));
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        assert!(has_ended(number));
        // The wait has not reaped the process, and a second wait returns at once.
        wait(number, Duration::from_secs(60));
        assert!(!process.wait().expect("it is there").success());
    }
}

#[test]
fn a_process_that_does_not_end_is_waited_for_until_the_limit() {
    let limit = Duration::from_millis(20);
    for wait in WAYS {
        let (mut process, number) = sleeper("1000");
        let began = Instant::now();
        wait(number, limit);
        assert!(began.elapsed() >= limit && !has_ended(number));
        process.kill().expect("it runs");
        process.wait().expect("it is there");
    }
}
