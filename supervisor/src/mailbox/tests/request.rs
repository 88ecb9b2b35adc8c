//! Requests, and all the ways in which they end.

use tokio::time::Instant;

use super::super::{AskError, Reply};
use super::*;

const WITHIN: Duration = Duration::from_secs(5);

/// A request for the length of a text.
struct Measure(&'static str, Reply<usize>);

fn measure(text: &'static str) -> impl FnOnce(Reply<usize>) -> Measure {
    move |reply| Measure(text, reply)
}

impl Measure {
    fn answer(self) -> Result<(), usize> {
        self.1.send(self.0.len())
    }
}

/// Creates an empty mailbox with room for one request.
fn empty() -> Mailbox<Measure> {
    filled(1, [])
}

/// Waits for the outcome, with the request reduced to its text, so that it can be compared.
async fn outcome<F>(asking: F) -> Result<usize, AskError<&'static str>>
where
    F: Future<Output = Result<usize, AskError<Measure>>>,
{
    within("the end of a request", asking).await.map_err(|error| match error {
        AskError::NotRunning(request) => AskError::NotRunning(request.0),
        AskError::Gone(request) => AskError::Gone(request.0),
        AskError::NoReply => AskError::NoReply,
        AskError::Timeout => AskError::Timeout,
    })
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered() {
    let mailbox = empty();
    let child = async { recv(&mailbox, 1).await.expect("a request").answer() };
    let (answer, sent) = tokio::join!(outcome(mailbox.ask(measure("rope"), WITHIN)), child);
    assert_eq!((answer, sent), (Ok(4), Ok(())));
}

#[tokio::test(start_paused = true)]
async fn a_queued_request_waits_for_the_next_life() {
    let mailbox = empty();
    let child = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        mailbox.end_life(1);
        mailbox.open(2);
        recv(&mailbox, 2).await.expect("a request").answer()
    };
    let (answer, _) = tokio::join!(outcome(mailbox.ask(measure("rope"), WITHIN)), child);
    assert_eq!(answer, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_in_hand_gets_no_reply() {
    let mailbox = empty();
    let start = Instant::now();
    let child = async { drop(recv(&mailbox, 1).await) };
    let (answer, ()) = tokio::join!(outcome(mailbox.ask(measure("rope"), WITHIN)), child);
    assert_eq!(answer, Err(AskError::NoReply));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_left_over_gets_no_reply() {
    let mailbox = empty();
    let close = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(mailbox.close(Closing::NotRunning));
    };
    let (answer, ()) = tokio::join!(outcome(mailbox.ask(measure("rope"), WITHIN)), close);
    assert_eq!(answer, Err(AskError::NoReply));
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_closed_mailbox_comes_back() {
    let mailbox = empty();
    drop(mailbox.close(Closing::NotRunning));
    let answer = outcome(mailbox.ask(measure("rope"), WITHIN)).await;
    assert_eq!(answer, Err(AskError::NotRunning("rope")));
    drop(mailbox.close(Closing::Gone));
    let answer = outcome(mailbox.ask(measure("rope"), WITHIN)).await;
    assert_eq!(answer, Err(AskError::Gone("rope")));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_room_comes_back_when_the_mailbox_closes() {
    let mailbox = empty();
    let first = mailbox.ask(measure("first"), WITHIN);
    let second = mailbox.ask(measure("second"), WITHIN);
    let close = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(mailbox.close(Closing::Gone));
    };
    let (first, second, ()) = tokio::join!(outcome(first), outcome(second), close);
    assert_eq!((first, second), (Err(AskError::NoReply), Err(AskError::Gone("second"))));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_in_time_stays_sent() {
    let mailbox = empty();
    let start = Instant::now();
    let answer = outcome(mailbox.ask(measure("rope"), WITHIN)).await;
    assert_eq!(answer, Err(AskError::Timeout));
    assert!(start.elapsed() >= WITHIN && start.elapsed() < WITHIN + Duration::from_millis(2));
    let request = try_recv(&mailbox, 1).expect("it was sent");
    assert!(request.1.is_closed());
    assert_eq!(request.answer(), Err(4));
}

// A request makes its timer on its second poll: if it did so before other tasks have run, most
// requests would make a timer in vain.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_looks_again_when_its_thread_has_time() {
    let mailbox = empty();
    let (woken, waker) = count_waker();
    let mut asking = Box::pin(mailbox.ask(measure("rope"), WITHIN));
    assert!(poll_with(&mut asking, &waker).is_pending());
    assert_eq!(woken.count(), 0);
    tokio::task::yield_now().await;
    assert_eq!(woken.count(), 1);
    assert!(poll_with(&mut asking, &waker).is_pending());
    tokio::task::yield_now().await;
    assert_eq!(woken.count(), 1);
    tokio::time::sleep(WITHIN * 2).await;
    assert_eq!(woken.count(), 2);
    assert!(poll_with(&mut asking, &waker).is_ready());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_answer_when_the_time_is_up() {
    let mailbox = empty();
    let mut asking = Box::pin(mailbox.ask(measure("rope"), WITHIN));
    assert_eq!(outcome(&mut asking).await, Err(AskError::Timeout));
    // `Reply::send` fails even while the future still exists.
    assert_eq!(try_recv(&mailbox, 1).map(Measure::answer), Some(Err(4)));
    drop(asking);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_finds_no_room_in_time_is_withdrawn() {
    let mailbox = empty();
    let first = mailbox.ask(measure("first"), WITHIN * 2);
    let mut second = Box::pin(mailbox.ask(measure("second"), WITHIN));
    let give_up = async {
        let answer = outcome(&mut second).await;
        // The request is withdrawn already, before its future is dropped.
        assert_eq!(try_recv(&mailbox, 1).map(Measure::answer), Some(Ok(())));
        assert!(try_recv(&mailbox, 1).is_none());
        assert!(mailbox.try_send(Measure("third", Reply::channel().0)).is_ok());
        answer
    };
    let (first, second) = tokio::join!(outcome(first), give_up);
    assert_eq!((first, second), (Ok(5), Err(AskError::Timeout)));
}

#[tokio::test(start_paused = true)]
async fn the_time_out_covers_waiting_for_room_and_for_the_answer() {
    let mailbox = filled(1, [Measure("in the way", Reply::channel().0)]);
    let start = Instant::now();
    let child = async {
        tokio::time::sleep(WITHIN / 2).await;
        drop(recv(&mailbox, 1).await);
        recv(&mailbox, 1).await
    };
    let (answer, request) = tokio::join!(outcome(mailbox.ask(measure("rope"), WITHIN)), child);
    assert_eq!(answer, Err(AskError::Timeout));
    assert!(request.is_some());
    assert!(start.elapsed() < WITHIN + Duration::from_millis(2));
}

#[tokio::test(start_paused = true)]
async fn no_time_is_too_long() {
    let mailbox = empty();
    let child = async {
        tokio::time::sleep(WITHIN).await;
        recv(&mailbox, 1).await.expect("a request").answer()
    };
    let asking = mailbox.ask(measure("rope"), Duration::MAX);
    let (answer, _) = tokio::join!(outcome(asking), child);
    assert_eq!(answer, Ok(4));
}

#[tokio::test(start_paused = true)]
async fn a_request_dropped_while_it_waits_for_room_is_not_sent() {
    let mailbox = filled(1, [Measure("in the way", Reply::channel().0)]);
    {
        let mut asking = Box::pin(mailbox.ask(measure("rope"), WITHIN));
        assert!(poll(&mut asking).is_pending());
    }
    assert_eq!(drain(&mailbox, 1).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_dropped_after_it_was_sent_stays_sent() {
    let mailbox = empty();
    {
        let mut asking = Box::pin(mailbox.ask(measure("rope"), WITHIN));
        assert!(poll(&mut asking).is_pending());
        assert!(!mailbox.lock().peek().expect("it was sent").1.is_closed());
    }
    assert!(try_recv(&mailbox, 1).is_some_and(|request| request.1.is_closed()));
}

#[test]
fn errors_hide_the_message_and_give_it_back() {
    struct Secret;
    assert_eq!(format!("{:?}", SendError::Gone(Secret)), "Gone(..)");
    assert_eq!(format!("{:?}", TrySendError::Full(Secret)), "Full(..)");
    assert_eq!(format!("{:?}", AskError::NotRunning(Secret)), "NotRunning(..)");
    assert!(AskError::from(SendError::NotRunning(Secret)).into_message().is_some());
    assert!(AskError::<Secret>::NoReply.into_message().is_none());
}

#[test]
fn everything_can_be_sent_to_another_task() {
    fn send<T: Send>(_: &T) {}
    fn all<T: Send + Sync>(_: &T) {}
    fn unpin<T: Unpin>(_: &T) {}
    // The message is neither `Sync` nor `Unpin`, which the mailbox does not need.
    type Message = (std::cell::Cell<u8>, std::marker::PhantomPinned);
    let mailbox: Mailbox<Message> = Mailbox::new(1);
    all(&mailbox);
    unpin(&mailbox.send(Message::default()));
    send(&mailbox.send(Message::default()));
    send(&mailbox.ask(|_: Reply<std::cell::Cell<u8>>| Message::default(), WITHIN));
    all(&Reply::<std::cell::Cell<u8>>::channel().0);
}
