//! Readers of a feed: what they get, what they lose, and that nothing runs without them.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Context;
use std::time::Duration;

use supervisor::{ChildSpec, Supervisor};

use super::*;
use crate::json::operator_entry;

async fn tree() -> Supervisor {
    let child = ChildSpec::new("child").with_task(async |ctx: supervisor::Context| {
        ctx.shutdown_requested().await;
        Ok(())
    });
    let supervisor = Supervisor::new().with_max_restarts(1_000_000).with_child(child).build();
    let supervisor_started = supervisor.clone();
    supervisor_started.start().await.expect("it starts");
    supervisor
}

async fn next(reader: &mut Reader) -> Option<Item> {
    let item = poll_fn(|cx| reader.poll_next(cx));
    tokio::time::timeout(Duration::from_secs(10), item)
        .await
        .expect("waited for an item of the feed")
}

/// Reads until nothing is there; returns the positions of the entries, and how many were lost.
fn drain(reader: &mut Reader) -> (Vec<u64>, u64) {
    let (mut positions, mut lost) = (Vec::new(), 0);
    while let Poll::Ready(Some(item)) = reader.poll_next(&mut Context::from_waker(Waker::noop())) {
        match item {
            Item::Entry { position, .. } => positions.push(position),
            Item::Lost(count) => lost += count,
        }
    }
    (positions, lost)
}

fn entry() -> Entry {
    operator_entry("alice", "child", "asked for: restart".to_owned())
}

#[tokio::test]
async fn a_reader_gets_what_was_before_and_what_comes() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    let child = supervisor.lookup_any("child").await.expect("the child");
    child.kill().await.expect("it is killed");
    let mut reader = feed.read(None).expect("a reader");
    let Some(Item::Entry { position: 0, entry }) = next(&mut reader).await else {
        panic!("an entry")
    };
    assert!(entry.json.contains(r#""kind":"child_terminated""#), "{}", entry.json);
    let Some(Item::Entry { position: 1, entry }) = next(&mut reader).await else {
        panic!("an entry")
    };
    assert!(entry.json.contains(r#""kind":"child_restarted""#), "{}", entry.json);
    let (waiting, ()) = tokio::join!(next(&mut reader), async { feed.push(self::entry()) });
    let Some(Item::Entry { position: 2, entry }) = waiting else { panic!("an entry") };
    assert!(entry.json.contains(r#""who":"alice""#), "{}", entry.json);

    // Another one goes on where this one is.
    let mut other = feed.read(Some(2)).expect("a reader");
    assert!(matches!(next(&mut other).await, Some(Item::Entry { position: 2, .. })));

    // The end of the tree is told, and is the end of the feed.
    supervisor.shutdown().await.expect("it stops");
    while let Some(item) = next(&mut reader).await {
        assert!(matches!(item, Item::Entry { .. }));
    }
}

#[tokio::test]
async fn a_slow_reader_loses_the_oldest_entries_and_is_told_how_many() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    let mut slow = feed.read(None).expect("a reader");
    feed.push(entry());
    assert_eq!(drain(&mut slow), (vec![0], 0));
    let kept = KEPT as u64;
    (0..kept + 10).for_each(|_| feed.push(entry()));
    let (positions, lost) = drain(&mut slow);
    assert_eq!((positions.len(), lost), (KEPT, 10));
    assert_eq!((positions.first(), positions.last()), (Some(&11), Some(&(kept + 10))));
}

#[tokio::test]
async fn failures_outlive_a_flood_of_other_entries() {
    let supervisor = tree().await;
    let other = ChildSpec::new("other").with_task(async |ctx: supervisor::Context| {
        ctx.shutdown_requested().await;
        Ok(())
    });
    supervisor.add_child(other).await.expect("it is added");
    let feed = Feed::new(supervisor.events());
    let kill = async |name: &str| {
        let child = supervisor.lookup_any(name).await.expect("the child");
        child.kill().await.expect("it is killed");
    };
    let mut slow = feed.read(None).expect("a reader");
    assert_eq!(drain(&mut slow), (vec![], 0));
    kill("other").await;
    // One child that fails again and again does not push out the failure of another one.
    for _ in 0..200 {
        kill("child").await;
    }
    (0..KEPT).for_each(|_| feed.push(entry()));
    for mut reader in [slow, feed.read(None).expect("a reader")] {
        let (positions, lost) = drain(&mut reader);
        // (A kill is two entries: the end, and the next life.)
        let (failures, others) = positions.split_at(1 + KEPT_OF_ONE);
        assert_eq!(failures, [0, 394, 396, 398, 400]);
        assert_eq!((others.first(), others.len()), (Some(&402), KEPT));
        assert_eq!(lost, 402 - 5);
    }
}

/// Makes so many events: each kill is two of them.
async fn events(supervisor: &Supervisor, count: usize) {
    let child = supervisor.lookup_any("child").await.expect("the child");
    for _ in 0..count / 2 {
        child.kill().await.expect("it is killed");
    }
}

#[tokio::test]
async fn a_storm_of_events_is_moved_in_pieces_to_those_who_have_read_the_others() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    events(&supervisor, 3 * AT_ONCE).await;
    let mut reader = feed.read(None).expect("a reader");
    let count = Arc::<Count>::default();
    let waker = Waker::from(Arc::clone(&count));
    let mut cx = Context::from_waker(&waker);
    for expected in 0..3 * AT_ONCE {
        let polled = reader.poll_next(&mut cx);
        assert!(
            matches!(polled, Poll::Ready(Some(Item::Entry { position, .. })) if position == expected as u64),
            "{polled:?} in the place of {expected}"
        );
        // A stream that pauses looks whether there is anything for it.
        assert_eq!(reader.poll_any(&mut cx).is_ready(), expected + 1 < 3 * AT_ONCE);
        let moved = feed.lock().entries.len();
        assert!(moved <= expected + 1 + AT_ONCE, "{moved} are moved when {expected} are read");
    }
    assert_eq!(count.0.load(Ordering::SeqCst), 0, "who has something to read need not be woken");
    events(&supervisor, 2).await;
    assert_eq!(count.0.load(Ordering::SeqCst), 1, "who waits is woken");
}

#[tokio::test]
async fn who_reads_as_fast_as_events_come_loses_none() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    let mut reader = feed.read(None).expect("a reader");
    let count = KEPT + KEPT / 2;
    events(&supervisor, count).await;
    let (positions, lost) = drain(&mut reader);
    assert_eq!((positions.len(), lost), (count, 0));
}

#[tokio::test]
async fn what_an_operator_does_comes_after_the_events_so_far() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    let count = KEPT + KEPT / 2;
    events(&supervisor, count).await;
    feed.push(entry());
    assert_eq!(feed.lock().end(), count as u64 + 1);
    let mut reader = feed.read(Some(count as u64)).expect("a reader");
    let Some(Item::Entry { entry, .. }) = next(&mut reader).await else { panic!("an entry") };
    assert!(entry.json.contains(r#""who":"alice""#), "{}", entry.json);
}

#[tokio::test]
async fn a_position_of_the_future_is_the_end() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    let mut reader = feed.read(Some(1_000)).expect("a reader");
    assert_eq!(drain(&mut reader), (vec![], 0));
    feed.push(entry());
    assert_eq!(drain(&mut reader), (vec![0], 0));
    events(&supervisor, 2 * AT_ONCE).await;
    let mut reader = feed.read(Some(1_000)).expect("a reader");
    assert_eq!(drain(&mut reader), ((1..=2 * AT_ONCE as u64).collect(), 0));
}

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn who_has_left_is_not_woken_and_readers_that_wait_are_woken_once() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    let counts: Vec<Arc<Count>> = (0..3).map(|_| Arc::default()).collect();
    let mut readers: Vec<Reader> = (0..3).map(|_| feed.read(None).expect("a reader")).collect();
    for (reader, count) in readers.iter_mut().zip(&counts) {
        let waker = Waker::from(Arc::clone(count));
        assert!(reader.poll_next(&mut Context::from_waker(&waker)).is_pending());
    }
    readers.truncate(2);
    let child = supervisor.lookup_any("child").await.expect("the child");
    child.kill().await.expect("it is killed");
    child.kill().await.expect("it is killed");
    let woken: Vec<usize> = counts.iter().map(|count| count.0.load(Ordering::SeqCst)).collect();
    assert_eq!(woken, [1, 1, 0]);
    drop(readers);
    assert_eq!(Arc::strong_count(&counts[0]), 1, "no waker is left");
}

#[tokio::test]
async fn the_number_of_readers_is_limited() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    let mut readers: Vec<Reader> = (0..MOST_READERS).filter_map(|_| feed.read(None)).collect();
    assert_eq!(readers.len(), MOST_READERS);
    assert!(feed.read(None).is_none());
    readers.pop();
    assert!(feed.read(None).is_some());
}

#[tokio::test]
async fn what_the_tree_could_not_keep_for_any_reader_is_an_entry() {
    let supervisor = tree().await;
    let feed = Feed::new(supervisor.events());
    events(&supervisor, 2 * QUEUED).await;
    let mut reader = feed.read(None).expect("a reader");
    let Some(Item::Entry { entry, .. }) = next(&mut reader).await else { panic!("an entry") };
    assert!(entry.json.contains(r#""kind":"missed""#), "{}", entry.json);
    assert_eq!(drain(&mut reader).1, 0);
}
