//! Sending to a mailbox with room, and waiting for room.

use super::*;
use crate::spec::ChildOptions;

#[test]
fn a_mailbox_of_the_usual_size_allocates_nothing_before_its_first_message() {
    let mailbox = Mailbox::<String>::new(ChildOptions::MAILBOX);
    mailbox.set_capacity(ChildOptions::MAILBOX);
    mailbox.open(1);
    let (_, waker) = count_waker();
    assert!(poll_recv(&mailbox, 1, &waker).is_pending());
    assert!(!mailbox.lock().has_backlog());
}

#[test]
fn messages_are_taken_in_order() {
    let mailbox = filled(8, 0..5);
    assert_eq!(mailbox.len(), 5);
    assert_eq!(drain(&mailbox, 1), [0, 1, 2, 3, 4]);
    assert_eq!(mailbox.len(), 0);
}

#[test]
fn a_capacity_of_zero_counts_as_one() {
    let mailbox = Mailbox::new(0);
    assert_eq!(mailbox.try_send(1), Ok(()));
    assert_eq!(mailbox.try_send(2), Err(TrySendError::Full(2)));
    mailbox.set_capacity(0);
    mailbox.open(1);
    assert_eq!(try_recv(&mailbox, 1), Some(1));
    assert_eq!(mailbox.try_send(3), Ok(()));
}

#[test]
fn more_capacity_lets_waiting_senders_in() {
    let mailbox = filled(1, [0]);
    let (woken, waker) = count_waker();
    let mut first = mailbox.send(1);
    assert!(poll_with(&mut first, &waker).is_pending());
    let mut second = mailbox.send(2);
    assert!(poll_with(&mut second, &waker).is_pending());
    mailbox.set_capacity(3);
    assert_eq!(woken.count(), 2);
    assert_eq!(poll(&mut first), Poll::Ready(Ok(())));
    assert_eq!(poll(&mut second), Poll::Ready(Ok(())));
    assert_eq!(drain(&mailbox, 1), [0, 1, 2]);
}

#[test]
fn a_full_mailbox_lets_one_sender_in_for_each_message_taken() {
    let mailbox = filled(2, [0, 1]);
    let (woken, waker) = count_waker();
    let mut first = mailbox.send(2);
    assert!(poll_with(&mut first, &waker).is_pending());
    let mut second = waiting(&mailbox, 3);
    assert_eq!(woken.count(), 0);

    assert_eq!(try_recv(&mailbox, 1), Some(0));
    assert_eq!(woken.count(), 1);
    assert!(poll(&mut second).is_pending());
    assert_eq!(poll_with(&mut first, &waker), Poll::Ready(Ok(())));
    assert!(poll(&mut second).is_pending());
    assert_eq!(try_recv(&mailbox, 1), Some(1));
    assert_eq!(poll(&mut second), Poll::Ready(Ok(())));
    assert_eq!(drain(&mailbox, 1), [2, 3]);
}

#[test]
fn no_sender_overtakes_a_waiting_one() {
    let mailbox = filled(1, [0]);
    let mut first = waiting(&mailbox, 1);
    assert_eq!(try_recv(&mailbox, 1), Some(0));
    // The permit is granted, and not used yet.
    assert_eq!(mailbox.try_send(9), Err(TrySendError::Full(9)));
    let mut second = waiting(&mailbox, 2);
    assert_eq!(poll(&mut first), Poll::Ready(Ok(())));
    assert_eq!(try_recv(&mailbox, 1), Some(1));
    assert_eq!(poll(&mut second), Poll::Ready(Ok(())));
    assert_eq!(drain(&mailbox, 1), [2]);
}

#[test]
fn a_send_dropped_while_it_waits_is_not_sent_and_the_others_keep_their_order() {
    let mailbox = filled(1, [0]);
    let mut sends: Vec<_> = (1..=4).map(|message| waiting(&mailbox, message)).collect();
    drop(sends.remove(1));
    drop(sends.pop());
    for (taken, sending) in [0, 1].into_iter().zip(&mut sends) {
        assert_eq!(try_recv(&mailbox, 1), Some(taken));
        assert_eq!(poll(sending), Poll::Ready(Ok(())));
    }
    assert_eq!(drain(&mailbox, 1), [3]);
    assert_eq!(mailbox.try_send(5), Ok(()));
}

#[test]
fn a_send_dropped_with_its_permit_granted_is_not_sent_and_the_next_gets_the_permit() {
    let mailbox = filled(1, [0]);
    let first = waiting(&mailbox, 1);
    let (woken, waker) = count_waker();
    let mut second = mailbox.send(2);
    assert!(poll_with(&mut second, &waker).is_pending());
    assert_eq!(try_recv(&mailbox, 1), Some(0));
    drop(first);
    assert_eq!(woken.count(), 1);
    assert_eq!(poll(&mut second), Poll::Ready(Ok(())));
    assert_eq!(drain(&mailbox, 1), [2]);
}

#[test]
fn a_send_dropped_after_completion_stays_sent() {
    let mailbox = filled(1, [0]);
    let mut sending = waiting(&mailbox, 1);
    assert_eq!(try_recv(&mailbox, 1), Some(0));
    assert_eq!(poll(&mut sending), Poll::Ready(Ok(())));
    drop(sending);
    assert_eq!(drain(&mailbox, 1), [1]);
    assert_eq!(mailbox.try_send(2), Ok(()));
}

#[test]
fn a_send_that_is_never_polled_sends_nothing() {
    let mailbox = filled(1, []);
    let sending = mailbox.send(1);
    assert_eq!(mailbox.try_send(2), Ok(()));
    drop(sending);
    assert_eq!(drain(&mailbox, 1), [2]);
}

#[test]
fn the_task_that_polled_last_is_woken() {
    let mailbox = filled(1, [0]);
    let ((old_wakes, old), (new_wakes, new)) = (count_waker(), count_waker());
    let mut sending = mailbox.send(1);
    assert!(poll_with(&mut sending, &old).is_pending());
    assert!(poll_with(&mut sending, &new).is_pending());
    assert_eq!(try_recv(&mailbox, 1), Some(0));
    assert_eq!((old_wakes.count(), new_wakes.count()), (0, 1));
    assert_eq!(poll(&mut sending), Poll::Ready(Ok(())));

    assert_eq!(try_recv(&mailbox, 1), Some(1));
    assert!(poll_recv(&mailbox, 1, &old).is_pending());
    assert!(poll_recv(&mailbox, 1, &new).is_pending());
    assert_eq!(mailbox.try_send(2), Ok(()));
    assert_eq!((old_wakes.count(), new_wakes.count()), (0, 2));
}

#[test]
fn a_receiver_is_woken_once_for_many_messages() {
    let mailbox = filled(8, []);
    let (woken, waker) = count_waker();
    assert!(poll_recv(&mailbox, 1, &waker).is_pending());
    for message in 0..8 {
        assert_eq!(mailbox.try_send(message), Ok(()));
    }
    assert_eq!(woken.count(), 1);
}

/// Returns `true` if a task that takes many such steps in a row lets other tasks run.
async fn lets_others_run<F>(step: impl Fn(Arc<Mailbox<()>>) -> F + Send + 'static) -> bool
where
    F: Future<Output = ()> + Send,
{
    const STEPS: usize = 10_000;
    let mailbox = Arc::new(filled(2 * STEPS, std::iter::repeat_n((), STEPS)));
    let task = tokio::spawn(async move {
        for _ in 0..STEPS {
            step(Arc::clone(&mailbox)).await;
        }
    });
    tokio::task::yield_now().await;
    let yielded = !task.is_finished();
    within("the end of a flood", task).await.expect("no panic");
    yielded
}

#[tokio::test(start_paused = true)]
async fn a_flood_does_not_starve_the_runtime() {
    let received = lets_others_run(|mailbox| async move {
        assert_eq!(recv(&mailbox, 1).await, Some(()));
    });
    assert!(received.await);
    let too_late = lets_others_run(|mailbox| async move {
        assert_eq!(recv(&mailbox, 0).await, None);
    });
    assert!(too_late.await);
    let sent = lets_others_run(|mailbox| async move {
        assert_eq!(mailbox.send(()).await, Ok(()));
    });
    assert!(sent.await);
    let refused = lets_others_run(|mailbox| async move {
        drop(mailbox.close(Closing::Gone));
        assert_eq!(mailbox.send(()).await, Err(SendError::Gone(())));
    });
    assert!(refused.await);
}

/// A message that locks its mailbox when it is dropped.
struct LocksOnDrop(std::sync::Weak<Mailbox<Self>>);

impl Drop for LocksOnDrop {
    fn drop(&mut self) {
        if let Some(mailbox) = self.0.upgrade() {
            mailbox.len();
        }
    }
}

/// A waker that locks a mailbox when it is woken, and when it is dropped.
struct LocksOnWake(Arc<Mailbox<LocksOnDrop>>);

impl Wake for LocksOnWake {
    fn wake(self: Arc<Self>) {
        self.0.len();
    }
}

impl Drop for LocksOnWake {
    fn drop(&mut self) {
        self.0.len();
    }
}

#[test]
fn wakers_and_messages_may_use_the_mailbox() {
    let (done, finished) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        use_mailbox_in_wakers_and_messages();
        done.send(()).expect("the test waits");
    });
    let outcome = finished.recv_timeout(Duration::from_secs(20));
    assert_eq!(outcome, Ok(()), "something is woken or dropped under the lock");
}

fn use_mailbox_in_wakers_and_messages() {
    let mailbox: Arc<Mailbox<LocksOnDrop>> = Arc::new(Mailbox::new(1));
    let message = || LocksOnDrop(Arc::downgrade(&mailbox));
    let waker = || Waker::from(Arc::new(LocksOnWake(Arc::clone(&mailbox))));
    mailbox.open(1);

    // The receiver: parked, replaced, made to look up, woken by a message.
    assert!(poll_recv(&mailbox, 1, &waker()).is_pending());
    assert!(poll_recv(&mailbox, 1, &waker()).is_pending());
    wake(mailbox.look_up());
    assert!(poll_recv(&mailbox, 1, &waker()).is_pending());
    assert!(poll_recv(&mailbox, 1, &waker()).is_pending());
    assert!(mailbox.try_send(message()).is_ok());
    assert!(mailbox.try_send(message()).is_err());

    // Senders: waiting, replaced, withdrawn, withdrawn with the permit granted, sent.
    let mut sends: Vec<_> = (0..4).map(|_| mailbox.send(message())).collect();
    for sending in &mut sends {
        assert!(poll_with(sending, &waker()).is_pending());
        assert!(poll_with(sending, &waker()).is_pending());
    }
    drop(sends.remove(1));
    drop(try_recv(&mailbox, 1));
    drop(sends.remove(0));
    assert!(poll_with(&mut sends[0], &waker()).is_ready());
    drop(poll_recv(&mailbox, 1, &waker()));

    // The mailbox is closed for senders and receiver.
    assert!(mailbox.try_send(message()).is_err());
    let leftovers = mailbox.close(Closing::Gone);
    drop(leftovers);
    assert!(poll_with(&mut sends[1], &waker()).is_ready());
    assert!(poll_recv(&mailbox, 1, &waker()).is_ready());
}
