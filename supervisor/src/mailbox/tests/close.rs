//! Mailboxes that are closed, open again, and gone.

use super::*;

fn messages<M>(leftovers: Leftovers<M>) -> Vec<M> {
    let len = leftovers.len();
    assert_eq!(leftovers.is_empty(), len == 0);
    let messages: Vec<M> = leftovers.into_iter().collect();
    assert_eq!(messages.len(), len);
    messages
}

#[test]
fn a_closed_mailbox_gives_everything_back() {
    let mailbox = filled(2, [0, 1]);
    let (woken, waker) = count_waker();
    let mut granted = mailbox.send(2);
    assert!(poll_with(&mut granted, &waker).is_pending());
    let mut queued = mailbox.send(3);
    assert!(poll_with(&mut queued, &waker).is_pending());
    assert_eq!(try_recv(&mailbox, 1), Some(0));

    assert_eq!(messages(mailbox.close(Closing::NotRunning)), [1]);
    assert_eq!(woken.count(), 2);
    assert_eq!(poll(&mut granted), Poll::Ready(Err(SendError::NotRunning(2))));
    assert_eq!(poll(&mut queued), Poll::Ready(Err(SendError::NotRunning(3))));
    assert_eq!(poll(&mut mailbox.send(4)), Poll::Ready(Err(SendError::NotRunning(4))));
    assert_eq!(mailbox.try_send(5), Err(TrySendError::NotRunning(5)));
    assert_eq!(poll_recv(&mailbox, 1, Waker::noop()), Poll::Ready(None));
    assert_eq!(mailbox.len(), 0);
}

#[test]
fn a_closed_mailbox_opens_again_empty() {
    let mailbox = filled(1, [0]);
    let mut before = waiting(&mailbox, 1);
    assert_eq!(messages(mailbox.close(Closing::NotRunning)), [0]);
    mailbox.open(2);
    assert_eq!(try_recv(&mailbox, 2), None);
    assert_eq!(mailbox.try_send(2), Ok(()));
    // The sender waited when the mailbox was closed, which decides its answer, whenever it polls.
    assert_eq!(poll(&mut before), Poll::Ready(Err(SendError::NotRunning(1))));
    assert_eq!(drain(&mailbox, 2), [2]);
}

#[test]
fn a_permit_granted_before_the_closing_is_not_one_after_it() {
    let mailbox = filled(1, [0]);
    let granted = waiting(&mailbox, 1);
    let mut polled = waiting(&mailbox, 2);
    assert_eq!(try_recv(&mailbox, 1), Some(0));
    drop(mailbox.close(Closing::NotRunning));
    mailbox.open(2);
    assert_eq!(mailbox.try_send(3), Ok(()));
    drop(granted);
    assert_eq!(poll(&mut polled), Poll::Ready(Err(SendError::NotRunning(2))));
    drop(polled);
    assert_eq!(mailbox.try_send(4), Err(TrySendError::Full(4)));
    let mut after = waiting(&mailbox, 5);
    assert_eq!(drain(&mailbox, 2), [3]);
    assert_eq!(poll(&mut after), Poll::Ready(Ok(())));
    assert_eq!(drain(&mailbox, 2), [5]);
}

#[test]
fn what_is_gone_stays_gone() {
    let mailbox = filled(1, [0]);
    let mut sending = waiting(&mailbox, 1);
    assert_eq!(messages(mailbox.close(Closing::Gone)), [0]);
    mailbox.open(2);
    drop(mailbox.close(Closing::NotRunning));
    mailbox.open(3);
    assert_eq!(poll(&mut sending), Poll::Ready(Err(SendError::Gone(1))));
    assert_eq!(poll(&mut mailbox.send(2)), Poll::Ready(Err(SendError::Gone(2))));
    assert_eq!(mailbox.try_send(3), Err(TrySendError::Gone(3)));
    assert_eq!(poll_recv(&mailbox, 3, Waker::noop()), Poll::Ready(None));
}

#[test]
fn a_mailbox_that_never_had_a_life_can_be_closed() {
    let mailbox = Mailbox::new(1);
    assert_eq!(mailbox.try_send(0), Ok(()));
    let mut sending = waiting(&mailbox, 1);
    assert_eq!(messages(mailbox.close(Closing::Gone)), [0]);
    assert_eq!(poll(&mut sending), Poll::Ready(Err(SendError::Gone(1))));
}

#[test]
fn a_closed_mailbox_closes_for_good() {
    let mailbox = filled(1, []);
    drop(mailbox.close(Closing::NotRunning));
    assert_eq!(mailbox.try_send(1), Err(TrySendError::NotRunning(1)));
    drop(mailbox.close(Closing::Gone));
    assert_eq!(mailbox.try_send(1), Err(TrySendError::Gone(1)));
}
