//! Models of the messages that a child leaves.

use std::sync::Arc;

use shuttle::thread;

use super::check::{Time, check, must_be_gone};
use super::stage::{Counts, Token, join, spawn};
use crate::mailbox::Closing;
use crate::slot::{AnySlot, Slot};
use crate::spec::Name;

/// Senders fill a mailbox that is closed twice, the second time for good, while two receivers wait
/// for what is left.
///
/// Each message goes to one receiver, and is dropped once. Both receivers come to the end. What is
/// not accepted comes back to its sender. Nothing is left behind.
#[test]
fn letters_of_a_slot() {
    check(Time::StandsStill, || {
        let counts = Counts::new();
        let slot: Arc<Slot<Token>> = Arc::new(Slot::new(Name::declared("child"), 2));
        must_be_gone("the slot", &slot);
        let receivers: Vec<_> = [slot.mailbox.dead_letters(), slot.mailbox.dead_letters()]
            .into_iter()
            .map(|mut letters| {
                spawn(async move {
                    let mut received = 0;
                    while letters.next().await.is_some() {
                        received += 1;
                    }
                    received
                })
            })
            .collect();
        let senders: Vec<_> = (0..2)
            .map(|_| {
                let (slot, counts) = (Arc::clone(&slot), Arc::clone(&counts));
                spawn(async move {
                    let mut sent = 0;
                    for _ in 0..2 {
                        sent += usize::from(slot.mailbox.send(counts.token()).await.is_ok());
                    }
                    sent
                })
            })
            .collect();
        let closer = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || {
                let first = slot.close_mailbox(Closing::NotRunning).map_or(0, |(count, _)| count);
                slot.mailbox.open(1);
                slot.mailbox.end_life(1);
                first + slot.close_mailbox(Closing::Gone).map_or(0, |(count, _)| count)
            })
        };
        let left = closer.join().unwrap();
        let sent: usize = join(senders).into_iter().sum();
        let received: usize = join(receivers).into_iter().sum();
        assert_eq!((sent, sent), (left, received), "each letter has one receiver");
        counts.assert_all_dropped();
    });
}
