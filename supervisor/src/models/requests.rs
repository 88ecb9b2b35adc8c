//! Models of request and answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::check::{Time, check};
use super::stage::{join, spawn};
use crate::mailbox::{AskError, Closing, Mailbox, Reply, Shortcut};

/// A request: its asker, and where the answer goes.
type Request = (u8, Reply<u8>);

/// Askers wait for answers, one of them gives up, and the life that answers ends; the next life
/// begins, or the mailbox is closed.
///
/// Every asker goes on, with an answer or an error. An answer that the child could send has arrived:
/// `Reply::send` and `ask` never disagree. An asker whose time is up, while time passes at any
/// moment, has no answer.
fn asking(time: Time, closes: bool) {
    check(time, move || {
        let mailbox: Arc<Mailbox<Request>> = Arc::new(Mailbox::new(1));
        mailbox.open(1);
        let askers: Vec<_> = (0..3)
            .map(|who| {
                let mailbox = Arc::clone(&mailbox);
                spawn(async move {
                    let mut asking =
                        pin!(mailbox.ask(|reply| (who, reply), Duration::from_secs(1)));
                    if who == 2 {
                        // It gives up after its first poll.
                        poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx).is_ready_and_ok())).await
                    } else {
                        let answer = asking.as_mut().await;
                        // Until its future is dropped, the asker could still be sent an answer.
                        shuttle::future::yield_now().await;
                        match answer {
                            Ok(answer) => {
                                assert_eq!(answer, who);
                                Some(true)
                            }
                            Err(AskError::Timeout) => {
                                assert!(time == Time::Passes, "time stands still");
                                Some(false)
                            }
                            Err(_) => Some(false),
                        }
                    }
                })
            })
            .collect();
        let answering = {
            let mailbox = Arc::clone(&mailbox);
            spawn(async move {
                let mut own = Shortcut::default();
                let mut sent = Vec::new();
                while let Some((who, reply)) =
                    poll_fn(|cx| mailbox.poll_recv(1, &mut own, cx)).await
                {
                    if reply.send(who).is_ok() {
                        sent.push(who);
                    }
                }
                sent
            })
        };
        mailbox.end_life(1);
        if closes {
            drop(mailbox.close(Closing::NotRunning));
        }
        mailbox.open(2);
        let again = {
            let mailbox = Arc::clone(&mailbox);
            spawn(async move {
                let mut own = Shortcut::default();
                let mut sent = Vec::new();
                while let Some((who, reply)) =
                    poll_fn(|cx| mailbox.poll_recv(2, &mut own, cx)).await
                {
                    if reply.send(who).is_ok() {
                        sent.push(who);
                    }
                }
                sent
            })
        };
        let answers = join(askers);
        drop(mailbox.close(Closing::Gone));
        let mut sent = join([answering, again]).concat();
        sent.sort_unstable();
        let answered = (0..2).filter(|who| answers[usize::from(*who)] == Some(true));
        let expected: Vec<u8> = sent.iter().copied().filter(|who| *who < 2).collect();
        assert!(answered.eq(expected), "sent: {sent:?}, answered: {answers:?}");
        assert!(answers[2] != Some(true) || sent.contains(&2), "nobody else answers");
    });
}

/// Tells whether a poll has completed with an answer.
trait IsReadyAndOk {
    fn is_ready_and_ok(self) -> Option<bool>;
}

impl<T, E> IsReadyAndOk for Poll<Result<T, E>> {
    fn is_ready_and_ok(self) -> Option<bool> {
        match self {
            Poll::Ready(answer) => Some(answer.is_ok()),
            Poll::Pending => None,
        }
    }
}

#[test]
fn asking_across_lives() {
    asking(Time::StandsStill, false);
}

#[test]
fn asking_across_lives_while_time_passes() {
    asking(Time::Passes, false);
}

#[test]
fn asking_one_that_closes() {
    asking(Time::StandsStill, true);
}

#[test]
fn asking_one_that_closes_while_time_passes() {
    asking(Time::Passes, true);
}
