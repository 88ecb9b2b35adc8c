//! Waiting for events, with a limit.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::LIMIT;
use super::error::{Error, Missing};
use crate::observe::{Event, EventKind, Events};
use crate::spec::ChildPath;
use crate::supervisor::Supervisor;

/// A test's view of what happens in a tree: each wait has a limit, and a wait in vain says what was
/// awaited and what happened instead.
///
/// It sees what happens from its making on, in order. Each wait goes on behind the event that the
/// last one found, so that an event is found once.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
/// use supervisor::{events::EventKind, testing};
///
/// async fn db(ctx: Context) -> ChildResult {
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
///
/// supervision_tree! { App: one_for_one(restart_window = 10m) { db: Always(backoff = 30s) } }
///
/// let app = App::start().await?;
/// let mut watch = testing::Watch::new(&app);
/// testing::fail(&app, "db", "connection lost").await?;
/// watch
///     .until("the backoff", |event| matches!(event.kind(), EventKind::RestartDelayed { .. }))
///     .await?;
/// watch.restarted("db").await?; // half a minute of paused time passes at once
///
/// let error = watch.restarted("db").await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "waited 60s in vain for the restart of `db`; nothing happened",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a watch that is dropped sees nothing"]
pub struct Watch {
    events: Events,
    limit: Duration,
    /// What has happened since the last event that was waited for.
    seen: Vec<Event>,
}

impl Watch {
    /// Watches a tree, or the part of one whose handle this is, from now on. Made before the start,
    /// it misses nothing.
    pub fn new(tree: &impl AsRef<Supervisor>) -> Self {
        Self { events: tree.as_ref().events(), limit: LIMIT, seen: Vec::new() }
    }

    /// How long each wait may take, on tokio's clock. Default: 60 seconds.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Waits for the first event that fits, and gives it; `what` says in an error what it is.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], and [`Error::Ended`] when the tree has ended without such an event.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what a dropped wait has seen is in [`seen`](Self::seen), and is not found by the
    /// next one.
    pub async fn until(
        &mut self,
        what: impl Into<String>,
        mut fits: impl FnMut(&Event) -> bool,
    ) -> Result<Event, Error> {
        let deadline = far(self.limit);
        loop {
            match timeout_at(deadline, self.events.next()).await {
                Ok(Some(event)) if fits(&event) => {
                    self.seen.clear();
                    return Ok(event);
                }
                Ok(Some(event)) => self.seen.push(event),
                Ok(None) => return Err(Error::Ended(self.missing(what.into(), self.limit))),
                Err(_) => return Err(Error::TimedOut(self.missing(what.into(), self.limit))),
            }
        }
    }

    /// Waits until this child has been restarted, and gives the event.
    ///
    /// A child that is started again together with its supervisor has been
    /// [`started`](Self::started); it is so before its supervisor has been restarted.
    ///
    /// # Errors
    ///
    /// Those of [`until`](Self::until).
    ///
    /// # Cancel safety
    ///
    /// As [`until`](Self::until).
    pub async fn restarted(&mut self, path: impl AsRef<str>) -> Result<Event, Error> {
        let path = ChildPath::parse(path.as_ref());
        self.until(format!("the restart of `{path}`"), |event| {
            *event.path() == path && matches!(event.kind(), EventKind::ChildRestarted { .. })
        })
        .await
    }

    /// Waits until a life of this child has begun, for whatever reason, and gives the event.
    ///
    /// # Errors
    ///
    /// Those of [`until`](Self::until).
    ///
    /// # Cancel safety
    ///
    /// As [`until`](Self::until).
    pub async fn started(&mut self, path: impl AsRef<str>) -> Result<Event, Error> {
        let path = ChildPath::parse(path.as_ref());
        self.until(format!("the start of `{path}`"), |event| {
            let kind = event.kind();
            *event.path() == path
                && matches!(kind, EventKind::ChildStarted { .. } | EventKind::ChildRestarted { .. })
        })
        .await
    }

    /// Waits until a life of this child has ended, and gives the event.
    ///
    /// # Errors
    ///
    /// Those of [`until`](Self::until).
    ///
    /// # Cancel safety
    ///
    /// As [`until`](Self::until).
    pub async fn ended(&mut self, path: impl AsRef<str>) -> Result<Event, Error> {
        let path = ChildPath::parse(path.as_ref());
        self.until(format!("the end of `{path}`"), |event| {
            *event.path() == path && matches!(event.kind(), EventKind::ChildTerminated { .. })
        })
        .await
    }

    /// What has happened since the last event that was waited for, as far as waits have seen it.
    #[must_use]
    pub fn seen(&self) -> &[Event] {
        &self.seen
    }

    /// Waits for whatever happens next; `false` if nothing will.
    pub(super) async fn next(&mut self) -> bool {
        let event = self.events.next().await;
        let happened = event.is_some();
        self.seen.extend(event);
        happened
    }

    pub(super) fn missing(&mut self, what: String, limit: Duration) -> Missing {
        Missing { what, limit, seen: std::mem::take(&mut self.seen) }
    }
}

/// The end of a wait that begins now.
pub(super) fn far(limit: Duration) -> Instant {
    /// A limit past the end of time is never reached.
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(limit).unwrap_or_else(|| now + YEAR)
}
