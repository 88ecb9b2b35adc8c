//! Tests `histograms`: how long messages wait and are handled, and that nothing is measured without it.

use std::time::Duration;

use supervisor::info::MessageTimes;
use supervisor::prelude::*;
use supervisor_tests::{quiet, within};
use tokio::time::sleep;

const MS: Duration = Duration::from_millis(1);

/// A child that takes as long for a message as the message says; at 13 it fails.
#[derive(Child)]
#[child(message = u32, mailbox = 2, histograms)]
struct Clerk;

impl Worker for Clerk {
    async fn run(&self, mut ctx: Context<u32>) -> ChildResult {
        while let Some(time) = ctx.recv().await {
            sleep(time * MS).await;
            if time == 13 {
                return Err("unlucky".into());
            }
        }
        Ok(())
    }
}

/// The same, as it is without the option.
#[derive(Child)]
#[child(message = u32)]
struct Plain;

impl Worker for Plain {
    async fn run(&self, mut ctx: Context<u32>) -> ChildResult {
        while ctx.recv().await.is_some() {}
        Ok(())
    }
}

async fn times_of(supervisor: &Supervisor, child: usize) -> Option<MessageTimes> {
    let snapshot = within("the snapshot", supervisor.snapshot()).await.unwrap();
    snapshot.children[child].message_times.as_deref().cloned()
}

fn total(times: &MessageTimes) -> [(u64, u128); 2] {
    [&times.waiting, &times.handling].map(|all| (all.count(), all.sum().as_millis()))
}

#[tokio::test(start_paused = true)]
async fn a_message_waits_from_its_send_and_is_handled_until_the_next_one_is_asked_for() {
    let spec = ChildSpec::new("clerk").with_worker(Clerk);
    let clerk = spec.handle().clone();
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    assert_eq!(total(&times_of(&supervisor, 0).await.unwrap()), [(0, 0); 2]);

    // The first is received at once, two wait in the mailbox, and the sender of the last one for room.
    let sending = tokio::spawn({
        let clerk = clerk.clone();
        async move {
            for time in [100, 20, 30, 40] {
                clerk.send(time).await.unwrap();
            }
        }
    });
    sleep(50 * MS).await;
    assert_eq!(total(&times_of(&supervisor, 0).await.unwrap()), [(1, 0), (0, 0)]);
    within("the sends", sending).await.unwrap();
    sleep(200 * MS).await;
    let waited = 100 + (100 + 20) + (100 + 20 + 30);
    assert_eq!(total(&times_of(&supervisor, 0).await.unwrap()), [(4, waited), (4, 190)]);

    // A pause between two messages is no handling.
    sleep(1000 * MS).await;
    within("the send", clerk.send(5)).await.unwrap();
    sleep(10 * MS).await;
    assert_eq!(total(&times_of(&supervisor, 0).await.unwrap()), [(5, waited), (5, 195)]);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_life_ends_the_handling_and_queued_messages_wait_on() {
    let spec = ChildSpec::new("clerk").with_worker(Clerk);
    let clerk = spec.handle().clone();
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    for time in [13, 1] {
        within("the send", clerk.send(time)).await.unwrap();
        quiet().await;
    }
    sleep(100 * MS).await;
    assert_eq!(clerk.incarnation(), 2);
    // (The second was sent 1 ms after the first.)
    assert_eq!(total(&times_of(&supervisor, 0).await.unwrap()), [(2, 12), (2, 14)]);

    // What is left in a mailbox that closes was not handled, and does not count.
    for time in [100, 1, 1] {
        within("the send", clerk.send(time)).await.unwrap();
        quiet().await;
    }
    within("the kill", clerk.terminate()).await.unwrap();
    within("another life", clerk.restart()).await.unwrap();
    let before = total(&times_of(&supervisor, 0).await.unwrap());
    assert_eq!((before[0].0, before[1].0), (3, 3));
    within("the send", clerk.send(7)).await.unwrap();
    sleep(10 * MS).await;
    let after = total(&times_of(&supervisor, 0).await.unwrap());
    assert_eq!([after[0].0 - 1, after[1].0 - 1], [3, 3]);
    assert_eq!((after[0].1, after[1].1), (before[0].1, before[1].1 + 7));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

supervision_tree! {
    Office: one_for_one {
        by_derive: Clerk = Clerk,
        taken_back: Clerk(histograms = false) = Clerk,
        in_the_tree: Plain(histograms) = Plain,
        off: Plain = Plain,
        pool: simple_one_for_one {
            clerk: Temporary<Clerk>(histograms = false),
        },
        more: simple_one_for_one(partitions = 2) {
            part: Always<Plain>(histograms) = Plain,
        },
    }
}

#[tokio::test(start_paused = true)]
async fn the_tree_the_derive_and_the_builder_switch_it() {
    let office = Office::start().await.unwrap();
    for clerk in [office.by_derive(), office.taken_back(), office.in_the_tree(), office.off()] {
        within("the send", clerk.send(0)).await.unwrap();
    }
    within("a worker", office.pool().add_worker_with(Clerk)).await.unwrap();
    quiet().await;
    let snapshot = within("the snapshot", office.supervisor().snapshot()).await.unwrap();
    let mut measured = Vec::new();
    for child in &*snapshot.children {
        let below = child.children.iter().map(|worker| worker.message_times.is_some());
        let own = child.message_times.as_ref().map(|times| times.handling.count());
        measured.push((child.name.as_str(), own, below.collect::<Vec<_>>()));
    }
    assert_eq!(
        measured,
        [
            ("by_derive", Some(1), vec![]),
            ("taken_back", None, vec![]),
            ("in_the_tree", Some(1), vec![]),
            ("off", None, vec![]),
            ("pool", None, vec![false]),
            ("more", None, vec![true, true]),
        ]
    );
    within("the shutdown", office.shutdown()).await.unwrap();

    let by_hand = ChildSpec::new("by_hand").with_worker(Plain).with_histograms(true);
    let taken_back = ChildSpec::new("taken_back").with_histograms(false).with_worker(Clerk);
    let supervisor = Supervisor::new().with_child(by_hand).with_child(taken_back).build();
    within("the start", supervisor.start()).await.unwrap();
    assert!(times_of(&supervisor, 0).await.is_some() && times_of(&supervisor, 1).await.is_none());
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

supervision_tree! {
    Counters: one_for_one {
        alike: simple_one_for_one {
            clerk: Temporary<Clerk> = Clerk,
        },
        each: simple_one_for_one {
            part: Temporary<Plain>(histograms),
        },
        off: simple_one_for_one {
            part: Temporary<Plain> = Plain,
        },
    }
}

#[tokio::test(start_paused = true)]
async fn the_workers_of_a_pool_are_measured_together_and_the_total_never_decreases() {
    let counters = Counters::start().await.unwrap();
    let one = within("a worker", counters.alike().add_worker()).await.unwrap();
    let other = within("a worker", counters.alike().add_worker()).await.unwrap();
    for (clerk, time) in [(&one, 100), (&one, 20), (&other, 7)] {
        within("the send", clerk.send(time)).await.unwrap();
    }
    sleep(200 * MS).await;
    let measured = [(3, 100), (3, 127)];
    assert_eq!(total(&times_of(counters.supervisor(), 0).await.unwrap()), measured);
    let snapshot = within("the snapshot", counters.supervisor().snapshot()).await.unwrap();
    let workers = &snapshot.children[0].children;
    assert!(workers.len() == 2 && workers.iter().all(|worker| worker.message_times.is_none()));

    // The times of workers that are gone stay, and the end of a life ends the handling.
    within("the send", other.send(1000)).await.unwrap();
    quiet().await;
    within("the end", one.terminate()).await.unwrap();
    within("the end", other.kill()).await.unwrap();
    let snapshot = within("the snapshot", counters.supervisor().snapshot()).await.unwrap();
    assert_eq!(snapshot.children[0].children.len(), 0);
    let times = total(&times_of(counters.supervisor(), 0).await.unwrap());
    assert_eq!((times[0].0, times[1].0), (4, 4));
    assert!(times[0].1 >= 100 && times[1].1 >= 127, "{times:?}");

    let part = within("a worker", counters.each().add_worker_with(Plain)).await.unwrap();
    within("the send", part.send(1)).await.unwrap();
    quiet().await;
    assert_eq!(total(&times_of(counters.supervisor(), 1).await.unwrap()), [(1, 0), (1, 0)]);
    let off = within("a worker", counters.off().add_worker()).await.unwrap();
    within("the send", off.send(1)).await.unwrap();
    assert_eq!(times_of(counters.supervisor(), 2).await, None);
    within("the shutdown", counters.shutdown()).await.unwrap();
}
