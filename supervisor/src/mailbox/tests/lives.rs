//! The life that may receive, and the wake-ups of a receiver.

use super::*;

#[test]
fn messages_sent_before_the_first_life_wait_for_it() {
    let mailbox = Mailbox::new(4);
    assert_eq!(mailbox.try_send(1), Ok(()));
    assert_eq!(poll(&mut mailbox.send(2)), Poll::Ready(Ok(())));
    assert_eq!(try_recv(&mailbox, 0), None);
    mailbox.open(0);
    assert_eq!(drain(&mailbox, 0), [1, 2]);
}

#[test]
fn the_next_life_goes_on_where_the_last_one_ended() {
    let mailbox = filled(8, 0..4);
    assert_eq!(try_recv(&mailbox, 1), Some(0));
    mailbox.end_life(1);
    assert_eq!(mailbox.try_send(4), Ok(()));
    assert_eq!(mailbox.len(), 4);
    mailbox.open(2);
    assert_eq!(mailbox.try_send(5), Ok(()));
    assert_eq!(drain(&mailbox, 2), [1, 2, 3, 4, 5]);
}

#[test]
fn a_sender_waits_across_lives() {
    let mailbox = filled(1, [0]);
    let (woken, waker) = count_waker();
    let mut sending = mailbox.send(1);
    assert!(poll_with(&mut sending, &waker).is_pending());
    mailbox.end_life(1);
    assert!(poll_with(&mut sending, &waker).is_pending());
    mailbox.open(2);
    assert_eq!(try_recv(&mailbox, 2), Some(0));
    assert_eq!(woken.count(), 1);
    assert_eq!(poll(&mut sending), Poll::Ready(Ok(())));
    assert_eq!(drain(&mailbox, 2), [1]);
}

#[test]
fn a_stale_life_receives_nothing() {
    let mailbox = filled(4, [7]);
    let (woken, waker) = count_waker();
    for other in [0, 2, u64::MAX - 1] {
        assert_eq!(poll_recv(&mailbox, other, &waker), Poll::Ready(None));
        assert_eq!(try_recv(&mailbox, other), None);
    }
    mailbox.open(2);
    assert_eq!(poll_recv(&mailbox, 1, &waker), Poll::Ready(None));
    assert_eq!(try_recv(&mailbox, 1), None);
    assert_eq!(woken.count(), 0);
    assert_eq!(drain(&mailbox, 2), [7]);
}

#[test]
fn a_receiver_that_outlives_its_life_is_woken() {
    for end in [
        |mailbox: &Mailbox<u8>| mailbox.end_life(1),
        |mailbox: &Mailbox<u8>| mailbox.open(2),
        |mailbox: &Mailbox<u8>| drop(mailbox.close(Closing::NotRunning)),
        |mailbox: &Mailbox<u8>| drop(mailbox.close(Closing::Gone)),
    ] {
        let mailbox = filled(1, []);
        let (woken, waker) = count_waker();
        assert!(poll_recv(&mailbox, 1, &waker).is_pending());
        end(&mailbox);
        assert_eq!(woken.count(), 1);
        assert_eq!(poll_recv(&mailbox, 1, &waker), Poll::Ready(None));
    }
}

#[test]
fn the_end_of_an_old_life_does_not_end_the_new_one() {
    let mailbox = filled(1, []);
    mailbox.open(2);
    mailbox.end_life(1);
    let (woken, waker) = count_waker();
    assert!(poll_recv(&mailbox, 2, &waker).is_pending());
    mailbox.end_life(1);
    assert_eq!(woken.count(), 0);
    assert_eq!(mailbox.try_send(1), Ok(()));
    assert_eq!(woken.count(), 1);
    assert_eq!(poll_recv(&mailbox, 2, &waker), Poll::Ready(Some(1)));
}

#[test]
fn a_parked_receiver_keeps_nothing_of_its_task_after_its_life() {
    let mailbox = filled::<()>(1, []);
    let (woken, waker) = count_waker();
    assert!(poll_recv(&mailbox, 1, &waker).is_pending());
    mailbox.end_life(1);
    drop(waker);
    assert_eq!(Arc::strong_count(&woken), 1);
}

#[test]
fn a_parked_receiver_is_woken_to_look_up() {
    let mailbox = filled(1, []);
    let (woken, waker) = count_waker();
    assert!(poll_recv(&mailbox, 1, &waker).is_pending());
    wake(mailbox.look_up());
    assert_eq!(woken.count(), 1);
    assert_eq!(mailbox.try_send(1), Ok(()));
    assert_eq!(poll_recv(&mailbox, 1, &waker), Poll::Ready(Some(1)));
}

// The receiver has checked its stop flag, and is about to park, when the flag is set.
#[test]
fn a_receiver_that_is_about_to_park_looks_up_first() {
    let mailbox = filled(1, []);
    let (woken, waker) = count_waker();
    wake(mailbox.look_up());
    assert!(poll_recv(&mailbox, 1, &waker).is_pending());
    assert_eq!(woken.count(), 1);
    assert!(poll_recv(&mailbox, 1, &waker).is_pending());
    assert_eq!(woken.count(), 1);
    assert_eq!(mailbox.try_send(1), Ok(()));
    assert_eq!(woken.count(), 2);
}

#[test]
fn a_receiver_that_moves_to_another_task_is_found_there() {
    let mailbox = filled::<()>(1, []);
    let ((old_wakes, old), (new_wakes, new)) = (count_waker(), count_waker());
    assert!(poll_recv(&mailbox, 1, &old).is_pending());
    // The old task has given up; the new one checks its stop flag, and then the flag is set.
    wake(mailbox.look_up());
    assert!(poll_recv(&mailbox, 1, &new).is_pending());
    assert_eq!((old_wakes.count(), new_wakes.count()), (1, 1));
}
