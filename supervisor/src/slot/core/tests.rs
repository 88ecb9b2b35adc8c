use std::thread;
use std::time::Duration;

use super::*;
use crate::count_waker::count_waker;

#[test]
fn the_last_exit_is_the_last_one() {
    let core = SlotCore::new(Name::declared("child"));
    assert!(core.last_exit().is_none());
    for _ in 0..2 {
        core.record_exit(ExitReason::Killed);
        assert!(matches!(core.last_exit(), Some(ExitReason::Killed)));
        core.record_exit(ExitReason::UsedUp);
        assert!(matches!(core.last_exit(), Some(ExitReason::UsedUp)));
        core.record_exit(ExitReason::Normal);
        assert!(matches!(core.last_exit(), Some(ExitReason::Normal)));
        core.record_exit(ExitReason::Shutdown);
        assert!(matches!(core.last_exit(), Some(ExitReason::Shutdown)));
    }
}

fn begin(core: &SlotCore, generation: u64) {
    let was_free = core.lock().begin(generation, Duties::default(), Some(PackedInstant::now()));
    assert!(was_free, "two lives at once");
    let _ = core.observe_stop(generation);
}

/// Returns `true` if `late`, which is meant for life 1 and run by another thread when that life
/// is about to end, wakes a future that waits in life 2.
fn wakes_the_next_life(late: fn(&SlotCore), end: fn(&SlotCore)) -> bool {
    let core = SlotCore::new(Name::declared("child"));
    begin(&core, 1);
    let (count_waker, waker) = count_waker();
    thread::scope(|threads| {
        let thread = threads.spawn(|| late(&core));
        end(&core);
        while core.is_occupied() {
            thread::yield_now();
        }
        begin(&core, 2);
        assert!(core.poll_asked(2, &mut None, &waker).is_pending());
        thread.join().unwrap();
    });
    count_waker.count() > 0
}

#[test]
fn what_comes_late_to_a_life_leaves_the_next_one_alone() {
    let began = Instant::now();
    for round in 0..10_000 {
        // On a busy machine, each round waits for its thread to get a turn.
        if round > 100 && began.elapsed() > Duration::from_secs(10) {
            break;
        }
        assert!(!wakes_the_next_life(|core| drop(core.end(1, false).link), |_| {}), "the end");
        let signal = |core: &SlotCore| {
            core.signal_life(1);
        };
        assert!(!wakes_the_next_life(signal, |core| drop(core.end(1, false).link)), "the signal");
    }
}
