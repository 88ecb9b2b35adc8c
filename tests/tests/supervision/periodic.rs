//! Tests periodic jobs: their schedule, calls that take too long, failures and the shutdown.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use supervisor::Periodic;
use supervisor::prelude::*;
use supervisor_tests::{event, quiet, restarted, within};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// The times of the job's calls, in seconds after the start.
#[derive(Clone)]
struct Times(Arc<Mutex<(Instant, Vec<u64>)>>);

impl Times {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((Instant::now(), Vec::new()))))
    }

    /// Notes a call of the job, and returns the number of calls so far.
    fn note(&self) -> usize {
        let mut times = self.0.lock().unwrap();
        let time = times.0.elapsed().as_secs();
        times.1.push(time);
        times.1.len()
    }

    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap().1)
    }
}

/// Returns a job for every ten seconds, whose call number `long` takes the time `takes`.
fn job(times: &Times, long: usize, takes: Duration) -> Periodic {
    let times = times.clone();
    Periodic::every(10 * SECOND, move || {
        let times = times.clone();
        async move {
            if times.note() == long {
                sleep(takes).await;
            }
            Ok(())
        }
    })
}

async fn start(job: Periodic) -> (Supervisor, ChildRef<()>) {
    let root = Supervisor::new().build();
    let child = within("the job", root.add_child(ChildSpec::new("job").with_worker(job))).await;
    (root, child.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_job_is_done_once_in_each_period() {
    let times = Times::new();
    let (_root, _) = start(job(&times, 0, SECOND)).await;
    sleep(35 * SECOND).await;
    assert_eq!(times.take(), [10, 20, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_job_can_be_done_at_the_start() {
    let times = Times::new();
    let (_root, _) = start(job(&times, 0, SECOND).at_once()).await;
    sleep(25 * SECOND).await;
    assert_eq!(times.take(), [0, 10, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_call_within_its_period_does_not_shift_the_others() {
    let times = Times::new();
    let (_root, _) = start(job(&times, 1, 9 * SECOND)).await;
    sleep(35 * SECOND).await;
    assert_eq!(times.take(), [10, 20, 30]);
}

#[tokio::test(start_paused = true)]
async fn an_overrun_leaves_out_the_calls_that_were_due_meanwhile() {
    let times = Times::new();
    let (_root, _) = start(job(&times, 1, 25 * SECOND)).await;
    sleep(55 * SECOND).await;
    assert_eq!(times.take(), [10, 40, 50], "busy from 10 to 35");
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_the_clock_leaves_out_the_calls_that_were_due_meanwhile() {
    let times = Times::new();
    let (_root, _) = start(job(&times, 0, SECOND)).await;
    sleep(15 * SECOND).await;
    tokio::time::advance(100 * SECOND).await;
    sleep(10 * SECOND).await;
    assert_eq!(times.take(), [10, 115, 120]);
}

#[tokio::test(start_paused = true)]
async fn a_message_calls_the_job_besides_the_schedule() {
    let times = Times::new();
    let (_root, child) = start(job(&times, 0, SECOND)).await;
    sleep(12 * SECOND).await;
    within("room", child.send(())).await.unwrap();
    within("room", child.send(())).await.unwrap();
    sleep(10 * SECOND).await;
    assert_eq!(times.take(), [10, 12, 12, 20]);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_the_schedule_begins_anew() {
    let times = Times::new();
    let done = times.clone();
    let root = Supervisor::new().build();
    let mut events = root.events();
    let job = Periodic::every(10 * SECOND, move || {
        let done = done.clone();
        async move {
            if done.note() == 2 {
                sleep(3 * SECOND).await;
                return Err("the second time fails".into());
            }
            Ok(())
        }
    });
    within("the job", root.add_child(ChildSpec::new("job").with_worker(job))).await.unwrap();
    event(&mut events, "the restart", restarted("job")).await;
    sleep(15 * SECOND).await;
    assert_eq!(times.take(), [10, 20, 33]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_the_call_end_and_waits_for_no_other() {
    let times = Times::new();
    let (root, _) = start(job(&times, 1, 4 * SECOND)).await;
    sleep(11 * SECOND).await;
    let began = Instant::now();
    assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
    assert_eq!(began.elapsed(), 3 * SECOND);

    let (root, _) = start(job(&times, 0, SECOND)).await;
    quiet().await;
    let began = Instant::now();
    assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_period_past_the_end_of_time_is_never_over() {
    let (root, child) = start(Periodic::every(Duration::MAX, async || Ok(()))).await;
    quiet().await;
    within("room", child.send(())).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[test]
#[should_panic = "longer than zero"]
fn a_period_of_zero_is_refused() {
    let _ = Periodic::every(Duration::ZERO, async || Ok(()));
}
