//! One place of the cluster: a process, its intervals, and the signals to it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use supervisor::lease::LeaseClock;

use crate::leases::StepResult;

/// A run of the child that needs the lease. Moments are readings of the machine's clock.
#[derive(Clone, Debug)]
pub(super) struct Interval {
    pub(super) place: usize,
    pub(super) fence: u64,
    pub(super) begin: Duration,
    /// The moment at which it has certainly ended.
    pub(super) end: Option<Duration>,
    /// The moment before which its process was stopped for longer than its lease: from there on, only
    /// the fence protects.
    pub(super) frozen: Option<Duration>,
}

/// The lines that all processes have printed.
#[derive(Clone, Default)]
pub(super) struct Record(Arc<Mutex<Said>>);

#[derive(Default)]
pub(super) struct Said {
    pub(super) intervals: Vec<Interval>,
}

impl Record {
    pub(super) fn lock(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the interval that goes on; the last of them, if there are several.
    pub(super) fn leader(&self) -> Option<Interval> {
        self.lock().intervals.iter().rev().find(|interval| interval.end.is_none()).cloned()
    }

    fn hear(&self, place: usize, line: &str) {
        let mut said = self.lock();
        let words: Vec<&str> = line.split(' ').collect();
        let number = |index: usize| words.get(index).and_then(|word| word.parse::<u64>().ok());
        match (words[0], number(1), number(2)) {
            ("begin", Some(fence), Some(at)) => {
                let begin = Duration::from_micros(at);
                said.intervals.push(Interval { place, fence, begin, end: None, frozen: None });
            }
            ("end", Some(fence), Some(at)) => {
                for interval in said.open(place) {
                    assert_eq!(interval.fence, fence);
                    interval.end = Some(Duration::from_micros(at));
                }
            }
            _ => panic!("a replica printed `{line}`"),
        }
    }
}

impl Said {
    /// Returns the intervals of this place that go on.
    pub(super) fn open(&mut self, place: usize) -> impl Iterator<Item = &mut Interval> {
        let of_place = move |interval: &&mut Interval| interval.place == place;
        self.intervals.iter_mut().filter(of_place).filter(|interval| interval.end.is_none())
    }
}

/// Returns the moment by the machine's clock.
pub(super) fn now() -> Duration {
    LeaseClock::boottime().now()
}

/// A process, which is killed when this is dropped.
pub(super) struct Process {
    place: usize,
    child: Child,
    reader: Option<thread::JoinHandle<()>>,
    record: Record,
}

impl Process {
    pub(super) fn start(
        place: usize,
        program: &str,
        address: &str,
        record: &Record,
    ) -> StepResult<Self> {
        let mut process = Command::new(program)
            .args([address, &format!("replica-{place}")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let heard = record.clone();
        let reader = Some(thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.hear(place, &line);
            }
        }));
        Ok(Self { place, child: process, reader, record: record.clone() })
    }

    pub(super) fn signal(&self, signal: Signal) -> StepResult {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?).ok_or("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Marks the interval that goes on: its process is stopped from now on.
    pub(super) fn mark_frozen(&self) {
        let at = now();
        for interval in self.record.lock().open(self.place) {
            interval.frozen.get_or_insert(at);
        }
    }

    /// Returns the status if the process has ended.
    pub(super) fn ended(&mut self) -> StepResult<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for the end of the process, and returns its signal. All that it has said is recorded then.
    pub(super) fn wait(&mut self) -> StepResult<Option<i32>> {
        let status = self.child.wait()?;
        let ended = now();
        if let Some(reader) = self.reader.take() {
            reader.join().map_err(|_| "the reader has panicked")?;
        }
        for interval in self.record.lock().open(self.place) {
            interval.end = Some(ended);
        }
        Ok(status.signal())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.wait();
    }
}
