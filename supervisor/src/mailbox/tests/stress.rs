//! Threads that compete for a mailbox.

use std::sync::atomic::AtomicBool;

use super::*;

const PRODUCERS: usize = 8;
const MESSAGES: usize = 2_000;

/// The fate of one producer's messages.
#[derive(Default)]
struct Account {
    sent: Vec<usize>,
    returned: usize,
    given_up: usize,
}

/// Sends numbered messages in all the ways that there are.
async fn produce(mailbox: Arc<Mailbox<(usize, usize)>>, producer: usize) -> Account {
    let mut account = Account::default();
    for number in 0..MESSAGES {
        let message = (producer, number);
        let outcome = match number % 7 {
            0 => mailbox.try_send(message).map_err(TrySendError::into_message),
            // This send is given up after its first poll, unless it has completed by then.
            1 => {
                let mut sending = mailbox.send(message);
                match poll_fn(|cx| Poll::Ready(poll_with(&mut sending, cx.waker()))).await {
                    Poll::Ready(outcome) => outcome.map_err(SendError::into_message),
                    Poll::Pending => {
                        tokio::task::yield_now().await;
                        account.given_up += 1;
                        continue;
                    }
                }
            }
            _ => mailbox.send(message).await.map_err(SendError::into_message),
        };
        match outcome {
            Ok(()) => account.sent.push(number),
            Err(returned) => {
                assert_eq!(returned, message);
                account.returned += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    account
}

/// Receives messages until the life ends.
async fn receive_all(mailbox: Arc<Mailbox<(usize, usize)>>, life: u64) -> Vec<(usize, usize)> {
    let (mut received, mut shortcut) = (Vec::new(), Shortcut::default());
    while let Some(message) = poll_fn(|cx| mailbox.poll_recv(life, &mut shortcut, cx)).await {
        received.push(message);
    }
    received
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_message_is_accounted_for() {
    let mailbox = Arc::new(Mailbox::new(5));
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| tokio::spawn(produce(Arc::clone(&mailbox), producer)))
        .collect();
    // The messages in the order in which a life received them or a closing left them over.
    let mut arrivals = Vec::new();
    let mut life = 0;
    while !producers.iter().all(tokio::task::JoinHandle::is_finished) {
        life += 1;
        mailbox.open(life);
        let child = tokio::spawn(receive_all(Arc::clone(&mailbox), life));
        for _ in 0..life % 50 {
            tokio::task::yield_now().await;
        }
        if life % 3 == 0 {
            let leftovers = mailbox.close(Closing::NotRunning);
            arrivals.extend(within("a life's end", child).await.expect("no panic"));
            arrivals.extend(leftovers);
        } else {
            mailbox.end_life(life);
            arrivals.extend(within("a life's end", child).await.expect("no panic"));
        }
    }
    arrivals.extend(mailbox.close(Closing::Gone));
    for (producer, task) in producers.into_iter().enumerate() {
        let account = within("a producer's end", task).await.expect("no panic");
        let arrived: Vec<_> = arrivals
            .iter()
            .filter(|message| message.0 == producer)
            .map(|message| message.1)
            .collect();
        // All sent messages arrive, once, in the order of their sends.
        assert_eq!(arrived, account.sent);
        assert_eq!(account.sent.len() + account.returned + account.given_up, MESSAGES);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_up_is_lost() {
    for capacity in [1, 3, 64] {
        every_sender_has_a_turn(capacity).await;
    }
}

async fn every_sender_has_a_turn(capacity: usize) {
    let mailbox = Arc::new(Mailbox::new(capacity));
    mailbox.open(1);
    let child = tokio::spawn({
        let mailbox = Arc::clone(&mailbox);
        async move {
            let (mut sum, mut shortcut) = (0, Shortcut::default());
            for _ in 0..PRODUCERS * MESSAGES {
                let received = poll_fn(|cx| mailbox.poll_recv(1, &mut shortcut, cx)).await;
                sum += received.expect("alive");
            }
            sum
        }
    });
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|_| {
            let mailbox = Arc::clone(&mailbox);
            tokio::spawn(async move {
                for number in 0..MESSAGES {
                    mailbox.send(number).await.expect("open");
                }
            })
        })
        .collect();
    for producer in producers {
        within("a sender's turn", producer).await.expect("no panic");
    }
    let sum = within("the last message", child).await.expect("no panic");
    assert_eq!(sum, PRODUCERS * MESSAGES * (MESSAGES - 1) / 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stop_flag_is_always_seen() {
    for _ in 0..MESSAGES {
        let shared = Arc::new((Mailbox::<()>::new(1), AtomicBool::new(false)));
        shared.0.open(1);
        let child = tokio::spawn({
            let shared = Arc::clone(&shared);
            poll_fn(move |cx| {
                if shared.1.load(Ordering::SeqCst) {
                    return Poll::Ready(());
                }
                shared
                    .0
                    .poll_recv(1, &mut Shortcut::default(), cx)
                    .map(|_| unreachable!("nothing is sent"))
            })
        });
        shared.1.store(true, Ordering::SeqCst);
        wake(shared.0.look_up());
        within("a receiver that is to stop", child).await.expect("no panic");
    }
}
