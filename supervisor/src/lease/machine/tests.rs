//! Rules of the machine one by one, and many replicas with one engine under random faults.

mod world;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A lease of 30 s, renewed every 5 s; its children need 5 s, and 1 s more when they are killed.
/// 29.7 s are certain, the stop begins 6.5 s before that, and the kill 1.5 s before.
fn machine() -> Machine {
    let terms = Terms::new(secs(30), secs(5), Some(secs(5)), SECOND).expect("long enough");
    Machine::new(terms, Duration::ZERO)
}

/// Returns all that is to be done now.
fn actions(machine: &mut Machine, now: Duration) -> Vec<Action> {
    std::iter::from_fn(|| machine.act(now)).collect()
}

/// Returns a machine whose children run since the moment 0.
fn leading() -> Machine {
    let mut machine = machine();
    assert_eq!(actions(&mut machine, Duration::ZERO), [Action::Acquire]);
    machine.on(Duration::ZERO, Input::Acquired(7));
    assert_eq!(actions(&mut machine, Duration::ZERO), [Action::Open(7)]);
    machine
}

#[test]
fn the_deadline_is_counted_from_before_the_request() {
    let mut machine = machine();
    assert_eq!(actions(&mut machine, Duration::ZERO), [Action::Acquire]);
    machine.on(secs(4), Input::Acquired(1));
    assert_eq!(machine.deadline(), Some(millis(29_700)));
    assert_eq!(actions(&mut machine, secs(4)), [Action::Open(1)]);
    assert_eq!(actions(&mut machine, secs(5)), [Action::Renew]);
    machine.on(secs(9), Input::Renewed);
    assert_eq!(machine.deadline(), Some(secs(5) + millis(29_700)));
}

#[test]
fn the_stop_begins_in_time_and_the_lease_is_released_last() {
    let mut machine = leading();
    assert_eq!(actions(&mut machine, secs(5)), [Action::Renew]);
    machine.on(secs(6), Input::Failed);
    assert_eq!(machine.wake_at(), Some(millis(7_250)), "the next attempt");
    assert_eq!(actions(&mut machine, millis(7_250)), [Action::Renew]);
    assert_eq!(machine.wake_at(), Some(millis(23_200)), "the stop");
    assert_eq!(actions(&mut machine, millis(23_199)), []);
    assert_eq!(actions(&mut machine, millis(23_200)), [Action::Shut(Cause::NotRenewed)]);
    assert_eq!(machine.wake_at(), Some(millis(28_200)), "the kill");
    assert_eq!(actions(&mut machine, millis(28_200)), [Action::Kill]);
    // The renewal has no answer yet, and is waited for.
    machine.on(millis(28_300), Input::Ended);
    assert_eq!(actions(&mut machine, millis(28_300)), []);
    machine.on(millis(28_400), Input::Renewed);
    assert_eq!(actions(&mut machine, millis(28_400)), [Action::Release]);
    machine.on(millis(28_500), Input::Released);
    assert_eq!(actions(&mut machine, millis(28_500)), []);
    assert_eq!(machine.deadline(), None);
}

#[test]
fn renewal_goes_on_during_the_stop() {
    let mut machine = leading();
    machine.on(secs(1), Input::Stop);
    assert_eq!(actions(&mut machine, secs(1)), [Action::Shut(Cause::Asked)]);
    assert_eq!(actions(&mut machine, secs(5)), [Action::Renew]);
    machine.on(secs(5), Input::Renewed);
    assert_eq!(machine.deadline(), Some(secs(5) + millis(29_700)));
    machine.on(secs(6), Input::Ended);
    assert_eq!(actions(&mut machine, secs(6)), [Action::Release]);
    machine.on(secs(6), Input::Released);
    assert_eq!(actions(&mut machine, secs(6)), [Action::Over]);
    assert_eq!(actions(&mut machine, secs(60)), []);
}

#[test]
fn a_lease_that_was_taken_away_ends_the_children_at_once_and_is_not_released() {
    let mut machine = leading();
    assert_eq!(actions(&mut machine, secs(5)), [Action::Renew]);
    machine.on(secs(5), Input::Lost);
    assert_eq!(actions(&mut machine, secs(5)), [Action::Shut(Cause::Taken), Action::Kill]);
    machine.on(millis(5_100), Input::Ended);
    assert_eq!(actions(&mut machine, millis(5_100)), []);
    assert_eq!(actions(&mut machine, secs(10)), [Action::Acquire]);
}

#[test]
fn what_is_lost_stays_lost() {
    let mut machine = leading();
    assert_eq!(actions(&mut machine, secs(5)), [Action::Renew]);
    machine.on(secs(5), Input::Lost);
    machine.on(secs(5), Input::Renewed);
    assert_eq!(machine.deadline(), None, "an answer to nothing");
    assert_eq!(actions(&mut machine, secs(5)), [Action::Shut(Cause::Taken), Action::Kill]);
}

#[test]
fn a_failed_acquisition_may_have_succeeded_and_is_undone() {
    let mut machine = machine();
    assert_eq!(actions(&mut machine, Duration::ZERO), [Action::Acquire]);
    machine.on(secs(3), Input::Failed);
    assert_eq!(actions(&mut machine, secs(3)), []);
    assert_eq!(actions(&mut machine, millis(4_250)), [Action::Release]);
    machine.on(millis(4_250), Input::Released);
    assert_eq!(actions(&mut machine, millis(4_250)), [], "others come first");
    assert_eq!(actions(&mut machine, millis(5_500)), [Action::Acquire]);
}

#[test]
fn an_acquisition_that_is_answered_too_late_is_given_back_unused() {
    let mut machine = machine();
    assert_eq!(actions(&mut machine, Duration::ZERO), [Action::Acquire]);
    machine.on(secs(24), Input::Acquired(1));
    assert_eq!(actions(&mut machine, secs(24)), [Action::Release]);
}

#[test]
fn a_request_without_an_answer_counts_as_failed_in_the_end() {
    let mut machine = machine();
    assert_eq!(actions(&mut machine, Duration::ZERO), [Action::Acquire]);
    assert_eq!(machine.wake_at(), Some(secs(30)));
    assert_eq!(actions(&mut machine, secs(30)), []);
    machine.on(secs(31), Input::Acquired(1));
    assert_eq!(machine.deadline(), None, "the answer comes too late");
    assert_eq!(actions(&mut machine, millis(31_250)), [Action::Release]);
}

#[test]
fn a_fence_that_does_not_grow_is_not_accepted() {
    let mut machine = leading();
    machine.on(secs(1), Input::Stop);
    machine.on(secs(1), Input::Ended);
    assert_eq!(actions(&mut machine, secs(1)), [Action::Shut(Cause::Asked)]);
    let mut again = Machine { fence: 7, ..machine_at(secs(1)) };
    assert_eq!(actions(&mut again, secs(1)), [Action::Acquire]);
    again.on(secs(1), Input::Acquired(7));
    assert_eq!(actions(&mut again, secs(1)), [Action::Release]);
}

fn machine_at(now: Duration) -> Machine {
    Machine { next: now, not_before: now, ..machine() }
}

#[test]
fn another_holder_is_waited_for_no_longer_than_its_lease_lasts() {
    let mut machine = machine();
    assert_eq!(actions(&mut machine, Duration::ZERO), [Action::Acquire]);
    machine.on(Duration::ZERO, Input::Held(Some(secs(2))));
    assert_eq!(machine.wake_at(), Some(secs(2) + BEYOND));
    assert_eq!(actions(&mut machine, secs(3)), [Action::Acquire]);
    machine.on(secs(3), Input::Held(Some(secs(29))));
    assert_eq!(machine.wake_at(), Some(secs(8)));
    machine.on(secs(4), Input::Free);
    assert_eq!(actions(&mut machine, secs(4)), [Action::Acquire]);
    // News that come while an answer is on its way are not lost.
    machine.on(secs(4), Input::Free);
    machine.on(millis(4_100), Input::Held(None));
    assert_eq!(actions(&mut machine, millis(4_100)), [Action::Acquire]);
    // News that come all the time keep nobody busy.
    machine.on(millis(4_101), Input::Held(None));
    machine.on(millis(4_101), Input::Free);
    assert_eq!(actions(&mut machine, millis(4_101)), []);
    assert_eq!(machine.wake_at(), Some(millis(4_100) + PAUSE));
}

#[test]
fn a_gap_of_the_clock_ends_the_children_at_once() {
    let mut machine = leading();
    let after = secs(3600);
    let all = [Action::Shut(Cause::NotRenewed), Action::Kill, Action::Renew];
    assert_eq!(actions(&mut machine, after), all);
}

#[test]
fn without_the_permission_no_lease_is_acquired() {
    let mut machine = machine();
    machine.on(Duration::ZERO, Input::Permit(false));
    assert_eq!(actions(&mut machine, Duration::ZERO), []);
    assert_eq!((machine.wake_at(), machine.is_on_standby()), (None, false));
    machine.on(secs(1), Input::Permit(true));
    assert_eq!(actions(&mut machine, secs(1)), [Action::Acquire]);
    // It is withdrawn before the answer.
    machine.on(secs(1), Input::Permit(false));
    machine.on(secs(2), Input::Acquired(1));
    assert_eq!(actions(&mut machine, secs(2)), [Action::Release]);
    machine.on(secs(2), Input::Released);
    assert_eq!(actions(&mut machine, secs(60)), []);
    // What a failed request may have acquired is given up at once.
    machine.on(secs(60), Input::Permit(true));
    assert_eq!(actions(&mut machine, secs(60)), [Action::Acquire]);
    machine.on(secs(60), Input::Failed);
    machine.on(secs(60), Input::Permit(false));
    assert_eq!(actions(&mut machine, secs(60)), [Action::Release]);
}

#[test]
fn without_the_permission_the_children_are_stopped_before_the_release() {
    let mut machine = leading();
    machine.on(secs(1), Input::Permit(false));
    assert_eq!(actions(&mut machine, secs(1)), [Action::Shut(Cause::Asked)]);
    // The permission comes back too late for this acquisition.
    machine.on(secs(2), Input::Permit(true));
    assert_eq!(actions(&mut machine, secs(2)), []);
    machine.on(secs(3), Input::Ended);
    assert_eq!(actions(&mut machine, secs(3)), [Action::Release]);
    machine.on(secs(3), Input::Released);
    machine.on(secs(3), Input::Permit(true));
    assert_eq!(actions(&mut machine, secs(4)), [Action::Acquire]);
}
