//! The watchdog of the runtime: a thread outside of the runtime that ends the process when all
//! threads of the runtime are blocked, so that the runtime does not respond.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the thread ends the process, outside of the models"
)]

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{error, warn};

use super::responder::{Question, Responder};
use super::{log, print_if_not_logged};
use crate::life::detached::kill_programs;
use crate::life::threads::Watching;

/// The exit code of a process whose runtime did not respond: `EX_SOFTWARE` of `sysexits.h`.
const EXIT_CODE: i32 = 70;

/// The time that the report may take: the log may wait for a lock that a blocked thread holds.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Guard of the watchdog: dropping it ends the watchdog.
pub(super) struct RuntimeWatchdog {
    heard: Sender<Heard>,
    _responder: Responder,
}

/// The runtime's side of the channel. A runtime that is shut down drops it: such a runtime does not
/// respond, and is not blocked.
struct Voice(Sender<Heard>);

impl Voice {
    fn answer(&self) {
        // The send fails only if the watchdog's thread has ended, and then there is nobody to tell.
        let _ = self.0.send(Heard::Alive);
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        let _ = self.0.send(Heard::Over);
    }
}

enum Heard {
    Alive,
    /// Nobody waits for the tree any more.
    Over,
}

impl RuntimeWatchdog {
    /// Begins to watch the current runtime.
    pub(super) fn begin(time: Duration) -> Option<Self> {
        let (heard, inbox) = mpsc::channel();
        let voice = Voice(heard.clone());
        let (responder, question) = Responder::spawn(move || voice.answer());
        let watching = Watching::begin();
        let spawned = thread::Builder::new()
            .name("supervisor-watchdog".to_owned())
            .spawn(move || watch(&inbox, &question, time, watching));
        if let Err(failure) = spawned {
            log(|| {
                warn!(target: "supervisor", %failure, "nothing watches the runtime: there is no thread");
            });
            return None;
        }
        Some(Self { heard, _responder: responder })
    }
}

impl Drop for RuntimeWatchdog {
    fn drop(&mut self) {
        let _ = self.heard.send(Heard::Over);
    }
}

/// Asks the runtime to respond until the watchdog ends, and ends the process if it does not.
fn watch(inbox: &Receiver<Heard>, question: &Question, time: Duration, watching: Watching) {
    let step = (time / STEPS).max(Duration::from_millis(1));
    let mut silence = Silence::default();
    question.ask();
    loop {
        let began = Instant::now();
        match inbox.recv_timeout(step) {
            Ok(Heard::Alive) => {
                silence = Silence::default();
                // A pause before the next question.
                match inbox.recv_timeout(time / 4) {
                    Ok(Heard::Over) | Err(RecvTimeoutError::Disconnected) => return,
                    Ok(Heard::Alive) | Err(RecvTimeoutError::Timeout) => question.ask(),
                }
            }
            Ok(Heard::Over) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                if silence.goes_on(step, began.elapsed()) {
                    end_process(time, watching);
                }
            }
        }
    }
}

/// The number of steps into which the wait for an answer is divided.
const STEPS: u32 = 10;

/// The time without an answer, in steps.
#[derive(Debug, Default)]
struct Silence {
    steps: u32,
}

impl Silence {
    /// Counts a step without an answer, and returns `true` once there were [`STEPS`] of them.
    ///
    /// A step that took much longer than it should does not count: the process was stopped (by a
    /// debugger, a pause of its container, a machine that slept), or got no processor time, so the
    /// runtime got none either.
    fn goes_on(&mut self, step: Duration, took: Duration) -> bool {
        if took < step * 2 + Duration::from_millis(100) {
            self.steps += 1;
        }
        self.steps >= STEPS
    }
}

/// Reports which child each thread runs, and ends the process.
fn end_process(time: Duration, watching: Watching) -> ! {
    // Another thread makes the report: it may have to wait for a lock that a blocked thread holds.
    let (reported, report) = mpsc::channel::<()>();
    let reporting = thread::Builder::new().spawn(move || {
        self::report(time, &watching);
        drop(reported);
    });
    if reporting.is_ok() {
        // Nothing is sent: the wait ends when the sender is dropped.
        let _: Result<(), _> = report.recv_timeout(LAST_WORDS);
    }
    kill_programs();
    // `exit` runs handlers, which may wait for a blocked thread, too.
    let _ = thread::Builder::new().spawn(|| {
        thread::sleep(LAST_WORDS);
        std::process::abort();
    });
    std::process::exit(EXIT_CODE);
}

fn report(time: Duration, watching: &Watching) {
    let busy = watching.busy();
    for (thread, child) in &busy {
        log(|| error!(target: "supervisor", %thread, %child, "the thread runs this child"));
        print_if_not_logged(format_args!("the thread `{thread}` runs `{child}`"));
    }
    if busy.is_empty() {
        log(|| error!(target: "supervisor", "no thread runs a child"));
    }
    log(|| error!(target: "supervisor", ?time, "the runtime did not respond; the process ends"));
    print_if_not_logged(format_args!("the runtime did not respond for {time:?}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(3);

    #[test]
    fn ten_steps_are_enough() {
        let mut silence = Silence::default();
        let steps = (1..100).find(|_| silence.goes_on(STEP, STEP));
        assert_eq!(steps, Some(STEPS));
    }

    #[test]
    fn the_time_in_which_the_process_was_stopped_does_not_count() {
        let mut silence = Silence::default();
        for _ in 0..100 {
            assert!(!silence.goes_on(STEP, Duration::from_secs(3600)));
        }
        for _ in 1..STEPS {
            assert!(!silence.goes_on(STEP, STEP));
        }
        assert!(silence.goes_on(STEP, STEP));
    }
}
