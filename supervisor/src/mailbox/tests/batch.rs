//! The messages that a receiver takes over from the queue, all at once, and receives one by one.

use super::*;

/// A life that receives by a shortcut of its own.
struct Life<'a, M> {
    mailbox: &'a Mailbox<M>,
    number: u64,
    shortcut: Shortcut<M>,
}

impl<'a, M> Life<'a, M> {
    fn new(mailbox: &'a Mailbox<M>, number: u64) -> Self {
        Self { mailbox, number, shortcut: Shortcut::default() }
    }

    fn poll_recv(&mut self) -> Poll<Option<M>> {
        let mut cx = TaskContext::from_waker(Waker::noop());
        self.mailbox.poll_recv(self.number, &mut self.shortcut, &mut cx)
    }

    fn try_recv(&mut self) -> Option<M> {
        self.mailbox.try_recv(self.number, &mut self.shortcut)
    }

    fn drain(&mut self) -> Vec<M> {
        std::iter::from_fn(|| self.try_recv()).collect()
    }
}

#[test]
fn what_was_taken_over_comes_before_what_is_sent_later() {
    let mailbox = filled(8, 0..3);
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.poll_recv(), Poll::Ready(Some(0)));
    assert_eq!(mailbox.try_send(3), Ok(()));
    assert_eq!(mailbox.len(), 3);
    assert_eq!(life.poll_recv(), Poll::Ready(Some(1)));
    // A receiver without a shortcut receives the same messages.
    assert_eq!(try_recv(&mailbox, 1), Some(2));
    assert_eq!(life.try_recv(), Some(3));
    assert_eq!(life.poll_recv(), Poll::Pending);
    assert_eq!(mailbox.len(), 0);
}

#[test]
fn what_was_taken_over_needs_its_room_until_it_is_received() {
    let mailbox = filled(4, 0..4);
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.try_recv(), Some(0));
    assert_eq!(mailbox.try_send(4), Ok(()));
    assert_eq!(mailbox.try_send(5), Err(TrySendError::Full(5)));
    assert_eq!(life.try_recv(), Some(1));
    assert_eq!(mailbox.try_send(5), Ok(()));
    assert_eq!(mailbox.try_send(6), Err(TrySendError::Full(6)));
    assert_eq!(life.drain(), [2, 3, 4, 5]);
}

#[test]
fn a_sender_gets_the_permit_of_the_next_message_of_a_batch() {
    let mailbox = filled(3, 0..3);
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.try_recv(), Some(0));
    assert_eq!(mailbox.try_send(3), Ok(()));
    let wakers: Vec<_> = (0..3).map(|_| count_waker()).collect();
    let mut sends: Vec<_> = (4..7).map(|message| mailbox.send(message)).collect();
    for (sending, (_, waker)) in sends.iter_mut().zip(&wakers) {
        assert!(poll_with(sending, waker).is_pending());
    }
    let count = || wakers.iter().map(|(woken, _)| woken.count()).collect::<Vec<_>>();
    // The senders are woken at once, one by one, in the order of their arrival.
    assert_eq!(count(), [0, 0, 0]);
    assert_eq!(life.poll_recv(), Poll::Ready(Some(1)));
    assert_eq!(count(), [1, 0, 0]);
    assert_eq!(life.try_recv(), Some(2));
    assert_eq!(count(), [1, 1, 0]);
    assert_eq!(life.poll_recv(), Poll::Ready(Some(3)));
    assert_eq!(count(), [1, 1, 1]);
    for sending in &mut sends {
        assert_eq!(poll(sending), Poll::Ready(Ok(())));
    }
    assert_eq!(mailbox.try_send(7), Err(TrySendError::Full(7)));
    assert_eq!(life.drain(), [4, 5, 6]);
}

#[test]
fn the_permit_of_a_sender_that_gave_up_goes_to_the_next_beside_a_batch() {
    let mailbox = filled(3, 0..3);
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.try_recv(), Some(0));
    assert_eq!(mailbox.try_send(3), Ok(()));
    let granted = waiting(&mailbox, 4);
    let given_up = waiting(&mailbox, 5);
    let mut next = waiting(&mailbox, 6);
    assert_eq!(life.try_recv(), Some(1));
    drop(given_up);
    drop(granted);
    assert_eq!(poll(&mut next), Poll::Ready(Ok(())));
    assert_eq!(life.drain(), [2, 3, 6]);
}

#[test]
fn nothing_is_taken_over_from_senders_that_wait() {
    let mailbox = filled(3, 0..3);
    let mut sends: Vec<_> = (3..5).map(|message| waiting(&mailbox, message)).collect();
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.try_recv(), Some(0));
    assert_eq!(poll(&mut sends[0]), Poll::Ready(Ok(())));
    assert!(poll(&mut sends[1]).is_pending());
    assert_eq!(life.try_recv(), Some(1));
    assert_eq!(poll(&mut sends[1]), Poll::Ready(Ok(())));
    assert_eq!(life.drain(), [2, 3, 4]);
}

#[test]
fn less_capacity_leaves_a_batch_as_it_is() {
    let mailbox = filled(4, 0..4);
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.try_recv(), Some(0));
    mailbox.set_capacity(2);
    let mut sending = waiting(&mailbox, 4);
    assert_eq!(life.try_recv(), Some(1));
    assert!(poll(&mut sending).is_pending());
    assert_eq!(life.try_recv(), Some(2));
    assert_eq!(poll(&mut sending), Poll::Ready(Ok(())));
    assert_eq!(life.drain(), [3, 4]);
}

#[test]
fn what_a_life_has_taken_over_and_not_received_is_for_the_next_one() {
    for end in [|mailbox: &Mailbox<u8>| mailbox.end_life(1), |_: &Mailbox<u8>| {}] {
        let mailbox = filled(4, 0..4);
        let mut old = Life::new(&mailbox, 1);
        assert_eq!(old.try_recv(), Some(0));
        assert_eq!(mailbox.try_send(4), Ok(()));
        end(&mailbox);
        assert_eq!(mailbox.len(), 4);
        assert_eq!(mailbox.try_send(5), Err(TrySendError::Full(5)));
        mailbox.open(2);
        let mut new = Life::new(&mailbox, 2);
        assert_eq!(new.poll_recv(), Poll::Ready(Some(1)));
        // The old life gets nothing, also when the new life has a batch of its own.
        assert_eq!(old.poll_recv(), Poll::Ready(None));
        assert_eq!(old.try_recv(), None);
        assert_eq!(new.drain(), [2, 3, 4]);
    }
}

#[test]
fn a_closing_hands_out_what_was_taken_over() {
    let mailbox = filled(4, 0..4);
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.try_recv(), Some(0));
    assert_eq!(mailbox.try_send(4), Ok(()));
    let mut sending = waiting(&mailbox, 5);
    let leftovers: Vec<_> = mailbox.close(Closing::NotRunning).into_iter().collect();
    assert_eq!(leftovers, [1, 2, 3, 4]);
    assert_eq!(mailbox.len(), 0);
    assert_eq!(life.poll_recv(), Poll::Ready(None));
    assert_eq!(life.try_recv(), None);
    assert_eq!(poll(&mut sending), Poll::Ready(Err(SendError::NotRunning(5))));
    mailbox.open(2);
    for message in 0..4 {
        assert_eq!(mailbox.try_send(message), Ok(()));
    }
    assert_eq!(mailbox.try_send(4), Err(TrySendError::Full(4)));
}

#[test]
fn a_life_that_opens_twice_finds_its_batch() {
    let mailbox = filled(4, 0..4);
    let mut life = Life::new(&mailbox, 1);
    assert_eq!(life.try_recv(), Some(0));
    mailbox.open(1);
    assert_eq!(life.drain(), [1, 2, 3]);
}
