//! The watches of leases that others hold.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use etcd_client::{Client, EventType, WatchFilterType, WatchOptions};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::members::Members;

/// The time after which a watch that has ended is begun again.
const AGAIN: Duration = Duration::from_millis(100);

/// The longest time for a connection to be opened.
const OPENING: Duration = Duration::from_secs(5);

/// The revisions at which this process has looked at the leases. A watch begins at the revision that
/// follows, so it misses nothing, however long it takes to begin it.
#[derive(Default)]
pub(crate) struct News(Mutex<HashMap<String, Arc<watch::Sender<i64>>>>);

impl News {
    /// Notes that this process knows what had happened to a lease up to this revision.
    pub(crate) fn looked(&self, lease: &str, revision: i64) {
        self.lease(lease).send_if_modified(|known| {
            let is_news = revision > *known;
            *known = revision.max(*known);
            is_news
        });
    }

    fn lease(&self, lease: &str) -> Arc<watch::Sender<i64>> {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(leases.entry(lease.to_owned()).or_default())
    }

    /// Completes when the lease was released or has ended after the last look at it, or if that cannot be
    /// found out. Waits for a look before.
    pub(crate) async fn may_be_free(&self, members: &Members, lease: &str, key: &str) {
        let known = self.lease(lease);
        let mut looks = known.subscribe();
        loop {
            // The sender is `known`.
            let since = looks.wait_for(|revision| *revision > 0).await.map_or(0, |known| *known);
            let Ok(Ok(link)) = timeout(OPENING, members.link()).await else {
                sleep(AGAIN).await;
                continue;
            };
            let ended = tokio::select! {
                ended = free_after(link.client.clone(), key, since) => ended,
                () = link.is_given_up() => None,
            };
            if let Some(revision) = ended {
                self.looked(lease, revision);
                return;
            }
            drop(link);
            sleep(AGAIN).await;
        }
    }
}

/// Completes with a revision when the key was deleted after this revision, or when the events of that time
/// have been compacted; or with nothing if the watch has failed.
async fn free_after(client: Client, key: &str, since: i64) -> Option<i64> {
    let options = WatchOptions::new()
        .with_start_revision(since.saturating_add(1))
        .with_filters([WatchFilterType::NoPut]);
    let mut watch = client.watch_client().watch(key, Some(options)).await.ok()?;
    while let Ok(Some(answer)) = watch.message().await {
        if answer.canceled() {
            // The first revision that is left; zero if the watch has ended for another reason.
            let first = answer.compact_revision();
            return (first > since).then(|| first.saturating_sub(1));
        }
        let deleted =
            answer.events().iter().filter(|event| event.event_type() == EventType::Delete);
        let last = deleted.filter_map(|event| Some(event.kv()?.mod_revision())).max();
        if last.is_some() {
            return last;
        }
    }
    None
}
