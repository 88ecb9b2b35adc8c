//! Models of the mailbox alone: senders, receivers of one life after the other, and the slot.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use shuttle::thread::{self, JoinHandle};

use super::check::{Time, check};
use super::stage::{join, spawn};
use crate::mailbox::{Closing, Mailbox, Shortcut};

/// A message: its sender, and its number among those of the sender.
type Message = (u8, u8);

type Box = Arc<Mailbox<Message>>;

async fn recv(
    mailbox: &Mailbox<Message>,
    life: u64,
    own: &mut Shortcut<Message>,
) -> Option<Message> {
    poll_fn(|cx| mailbox.poll_recv(life, own, cx)).await
}

/// Sends three messages, and returns those that were accepted.
fn sender(mailbox: &Box, who: u8) -> JoinHandle<Vec<Message>> {
    let mailbox = Arc::clone(mailbox);
    spawn(async move {
        let mut sent = Vec::new();
        for number in 0..3 {
            if mailbox.send((who, number)).await.is_ok() {
                sent.push((who, number));
            }
        }
        sent
    })
}

/// Begins to send a message, and gives up after a few polls.
fn quitter(mailbox: &Box, who: u8) -> JoinHandle<Vec<Message>> {
    let mailbox = Arc::clone(mailbox);
    spawn(async move {
        let mut sending = mailbox.send((who, 0));
        let mut polls = 0;
        let sent = poll_fn(|cx| {
            polls += 1;
            match Pin::new(&mut sending).poll(cx) {
                Poll::Ready(sent) => Poll::Ready(sent.is_ok()),
                Poll::Pending if polls == 3 => Poll::Ready(false),
                Poll::Pending => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        });
        if sent.await { vec![(who, 0)] } else { Vec::new() }
    })
}

/// Receives messages in the name of a life, until the life has ended or has as many as it wants.
fn receiver(mailbox: &Box, life: u64, wants: usize) -> JoinHandle<Vec<Message>> {
    let mailbox = Arc::clone(mailbox);
    spawn(async move {
        let mut own = Shortcut::default();
        let mut received = Vec::new();
        while received.len() < wants
            && let Some(message) = recv(&mailbox, life, &mut own).await
        {
            received.push(message);
        }
        received
    })
}

/// Checks that what was accepted is what arrived, and that the messages of each sender are in
/// order.
fn assert_arrived(mut sent: Vec<Message>, mut arrived: Vec<Message>) {
    for who in 0..4 {
        let numbers = arrived.iter().filter(|message| message.0 == who);
        assert!(numbers.is_sorted(), "the messages of one sender are in order: {arrived:?}");
    }
    sent.sort_unstable();
    arrived.sort_unstable();
    assert_eq!(sent, arrived, "what was accepted has arrived, once");
}

/// Two senders and one that gives up send to a life that ends half-way, and to the next life.
///
/// Each message that was accepted arrives once, in one of the lives or from the closed mailbox, and
/// the messages of each sender are in order. Each sender gets an answer, whatever ends. A receiver
/// whose life has ended is let go.
fn lives(capacity: usize, closes: bool) {
    check(Time::StandsStill, move || {
        let mailbox: Box = Arc::new(Mailbox::new(capacity));
        mailbox.open(1);
        let senders = [sender(&mailbox, 0), sender(&mailbox, 1), quitter(&mailbox, 2)];
        let first = receiver(&mailbox, 1, 2);
        let slot = thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || {
                mailbox.end_life(1);
                let left = closes.then(|| mailbox.close(Closing::NotRunning));
                mailbox.open(2);
                let left = left.into_iter().flatten().collect::<Vec<_>>();
                (left, receiver(&mailbox, 2, usize::MAX))
            }
        });
        let (left, second) = slot.join().unwrap();
        let sent = join(senders).concat();
        let first = first.join().unwrap();
        // The end of the second life lets its receiver go, with messages in the queue or without.
        mailbox.end_life(2);
        let second = second.join().unwrap();
        let rest = mailbox.close(Closing::Gone).into_iter().collect();
        assert_arrived(sent, [first, left, second, rest].concat());
    });
}

#[test]
fn lives_with_one_place() {
    lives(1, false);
}

#[test]
fn lives_with_two_places() {
    lives(2, false);
}

#[test]
fn lives_with_eight_places() {
    lives(8, false);
}

#[test]
fn lives_and_a_closing_with_one_place() {
    lives(1, true);
}

#[test]
fn lives_and_a_closing_with_two_places() {
    lives(2, true);
}

/// A child takes its next message only when the sender that waits has gone on, as one does that
/// answers each request before it takes the next.
///
/// The permit of each message that is received wakes a waiting sender at once, also when the
/// receiver has taken over a batch: else both wait for ever.
fn permits(capacity: u8) {
    check(Time::StandsStill, move || {
        const ALL: u8 = 6;
        let mailbox: Arc<Mailbox<u8>> = Arc::new(Mailbox::new(usize::from(capacity)));
        mailbox.open(1);
        let (progress, mut accepted) = tokio::sync::watch::channel(0);
        let sending = spawn({
            let mailbox = Arc::clone(&mailbox);
            async move {
                for number in 0..ALL {
                    mailbox.send(number).await.expect("it is open");
                    progress.send_replace(number + 1);
                }
            }
        });
        let receiving = spawn(async move {
            let mut own = Shortcut::default();
            for number in 0..ALL {
                let message = poll_fn(|cx| mailbox.poll_recv(1, &mut own, cx)).await;
                assert_eq!(message, Some(number));
                // There is room for as many as the capacity beside those received.
                let wanted = (number + 1 + capacity).min(ALL);
                accepted.wait_for(|accepted| *accepted >= wanted).await.expect("it goes on");
            }
        });
        join([sending, receiving]);
    });
}

#[test]
fn permits_with_one_place() {
    permits(1);
}

#[test]
fn permits_with_two_places() {
    permits(2);
}

#[test]
fn permits_with_three_places() {
    permits(3);
}

/// Senders that never wait, beside one that does, and a capacity that grows.
///
/// The queue never holds more than its capacity, and no sender overtakes one that waits: what
/// `try_send` is refused is not in the queue.
#[test]
fn attempts_and_a_new_capacity() {
    check(Time::StandsStill, || {
        let mailbox: Box = Arc::new(Mailbox::new(1));
        mailbox.open(1);
        let trier = thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || {
                let sent = (0..3).map(|number| (3, number));
                sent.filter(|message| mailbox.try_send(*message).is_ok()).collect::<Vec<_>>()
            }
        });
        let senders = [sender(&mailbox, 0), quitter(&mailbox, 1), trier];
        let grower = thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || {
                mailbox.set_capacity(3);
                assert!(mailbox.len() <= 3, "no more messages than the capacity");
            }
        });
        let receiving = receiver(&mailbox, 1, usize::MAX);
        let sent = join(senders).concat();
        grower.join().unwrap();
        mailbox.end_life(1);
        let received = receiving.join().unwrap();
        let rest = mailbox.close(Closing::Gone).into_iter().collect();
        assert_arrived(sent, [received, rest].concat());
    });
}

/// A mailbox is closed for good while senders wait and send, and is opened in vain.
///
/// Each sender is answered: its message was accepted, and came out of the mailbox, or it came back.
#[test]
fn gone_for_ever() {
    check(Time::StandsStill, || {
        let mailbox: Box = Arc::new(Mailbox::new(1));
        mailbox.open(1);
        let senders = [sender(&mailbox, 0), sender(&mailbox, 1), quitter(&mailbox, 2)];
        let receiving = receiver(&mailbox, 1, usize::MAX);
        let left: Vec<_> = mailbox.close(Closing::Gone).into_iter().collect();
        mailbox.open(2);
        let received = receiving.join().unwrap();
        let sent = join(senders).concat();
        assert_eq!(mailbox.len(), 0, "nothing is accepted after the end");
        assert_arrived(sent, [received, left].concat());
    });
}

/// A receiver that sleeps is called, as a shutdown request does it, at any moment before, while and
/// after it parks.
///
/// It looks at its flag again, and so sees it: the call is never lost.
#[test]
fn a_call_to_look_up() {
    check(Time::StandsStill, || {
        let mailbox: Box = Arc::new(Mailbox::new(2));
        mailbox.open(1);
        let flag = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let waiting = spawn({
            let (mailbox, flag) = (Arc::clone(&mailbox), Arc::clone(&flag));
            async move {
                let mut own = Shortcut::default();
                poll_fn(|cx| {
                    if flag.load(std::sync::atomic::Ordering::SeqCst) {
                        return Poll::Ready(());
                    }
                    // Messages do not matter here.
                    let _ = mailbox.poll_recv(1, &mut own, cx).map(|_| cx.waker().wake_by_ref());
                    Poll::Pending
                })
                .await;
            }
        });
        let sending = sender(&mailbox, 0);
        flag.store(true, std::sync::atomic::Ordering::SeqCst);
        if let Some(receiver) = mailbox.look_up() {
            receiver.wake();
        }
        waiting.join().unwrap();
        drop(mailbox.close(Closing::Gone));
        sending.join().unwrap();
    });
}
