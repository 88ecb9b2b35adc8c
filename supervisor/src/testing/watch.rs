//! Waits for the events of a tree, with a limit.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::LIMIT;
use super::error::{Error, Missing};
use crate::observe::{Event, EventKind, Events};
use crate::spec::ChildPath;
use crate::supervisor::Supervisor;

/// A test's subscription to the events of a tree: each wait has a limit, and the error of a wait in
/// vain names the event that was awaited and the events that happened instead.
///
/// A watch sees, in order, all events from its creation on. Each wait goes on behind the event that
/// the last wait returned, so that an event is returned once.
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
    /// The events since the last one that a wait returned.
    seen: Vec<Event>,
}

impl Watch {
    /// Watches the tree, or the part of a tree, that this handle belongs to, from now on.
    ///
    /// A watch that is made before the tree is started misses no event.
    pub fn new(tree: &impl AsRef<Supervisor>) -> Self {
        Self { events: tree.as_ref().events(), limit: LIMIT, seen: Vec::new() }
    }

    /// Sets how long each wait may take, on tokio's clock. Default: 60 seconds.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Waits for the first event for which `fits` returns `true`, and returns it; an error names
    /// the event as `what`.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if there is no such event within the limit; [`Error::Ended`] if the tree
    /// has ended without one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the events that a dropped wait has seen are in [`seen`](Self::seen), and are
    /// not returned by the next wait.
    pub async fn until(
        &mut self,
        what: impl Into<String>,
        mut fits: impl FnMut(&Event) -> bool,
    ) -> Result<Event, Error> {
        let deadline = deadline_after(self.limit);
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

    /// Waits until this child has been restarted, and returns the event.
    ///
    /// A child whose supervisor was restarted has been [`started`](Self::started), not restarted,
    /// and that event precedes its supervisor's restart.
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

    /// Waits until a life of this child has begun, by a start or a restart, and returns the event.
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

    /// Waits until a life of this child has ended, and returns the event.
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

    /// Returns the events since the last one that a wait returned, as far as waits have seen them.
    #[must_use]
    pub fn seen(&self) -> &[Event] {
        &self.seen
    }

    /// Waits for the next event; `false` if the tree has ended.
    pub(super) async fn next(&mut self) -> bool {
        let event = self.events.next().await;
        let happened = event.is_some();
        self.seen.extend(event);
        happened
    }

    /// Returns the account of a wait for `what` that was in vain, and takes the events seen.
    pub(super) fn missing(&mut self, what: String, limit: Duration) -> Missing {
        Missing { what, limit, seen: std::mem::take(&mut self.seen) }
    }
}

/// Returns the end of a wait that begins now.
pub(super) fn deadline_after(limit: Duration) -> Instant {
    /// Stands in for a limit that no `Instant` can represent.
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(limit).unwrap_or_else(|| now + YEAR)
}
