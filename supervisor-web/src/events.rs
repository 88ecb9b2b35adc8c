//! `/api/events`: the time line as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use tokio::task::coop;
use tokio::time::{Instant, Sleep};

use crate::feed::{Item, QUEUED, Reader};
use crate::routes::{Closing, Shown};

/// The time between two keep-alive comments, by whose absence a reader notices that the connection is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The time for which a reader's stream waits after it has sent everything. The events of this time are
/// then sent together, so that many events in a short time do not wake each reader at each of them.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The number of entries after which a stream waits in any case: as many as the tree keeps for a reader
/// that falls behind. In a storm of failures there is always another one, and no browser could follow.
const MOST_AT_ONCE: usize = QUEUED;

/// Answers with a stream of the entries that are kept, and of those to come.
pub(crate) async fn events(State(shown): State<Arc<Shown>>, headers: HeaderMap) -> Response {
    let boot = shown.feed.boot();
    let from = headers.get("last-event-id").and_then(|id| behind(id.to_str().ok()?, boot));
    let Some(reader) = shown.feed.read(from) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many readers\n").into_response();
    };
    let closing: Pin<Box<dyn Future<Output = ()> + Send>> =
        Box::pin(shown.closing.clone().closed());
    let pause = Box::pin(tokio::time::sleep(Duration::ZERO));
    let stream = Entries { reader, boot, closing: Some(closing), pause, left: MOST_AT_ONCE };
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// Returns the position after the entry with this identifier; `None` if the entry belongs to another
/// process.
fn behind(id: &str, boot: u64) -> Option<u64> {
    let (of, position) = id.split_once('-')?;
    (of.parse() == Ok(boot)).then(|| position.parse::<u64>().ok()?.checked_add(1)).flatten()
}

/// The stream of a reader. It ends with the tree, and when the server is to stop.
struct Entries {
    reader: Reader,
    boot: u64,
    /// Completes when the server is to stop; `None` from then on.
    closing: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// The time until the next entries are read.
    pause: Pin<Box<Sleep>>,
    /// The number of entries that may be sent before the next pause; 0 in a pause.
    left: usize,
}

impl Entries {
    fn begin_pause(&mut self) {
        self.left = 0;
        self.pause.as_mut().reset(Instant::now() + BETWEEN_LOOKS);
    }
}

impl Stream for Entries {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(closing) = &mut this.closing
            && closing.as_mut().poll(cx).is_ready()
        {
            this.closing = None;
            // The entries that are there are sent also while the server stops.
            this.left = MOST_AT_ONCE;
        }
        let has_closed = this.closing.is_none();
        if this.left == 0 {
            if has_closed {
                return Poll::Ready(None);
            }
            ready!(this.reader.poll_any(cx));
            ready!(this.pause.as_mut().poll(cx));
            this.left = MOST_AT_ONCE;
        }
        // The other tasks of the thread run now and then, also while there are always more entries.
        let budget = ready!(coop::poll_proceed(cx));
        let event = match this.reader.poll_next(cx) {
            Poll::Ready(Some(Item::Entry { position, entry })) => {
                Event::default().id(format!("{}-{position}", this.boot)).data(&*entry.json)
            }
            Poll::Ready(Some(Item::Lost(count))) => {
                Event::default().data(format!(r#"{{"kind":"lost","count":{count}}}"#))
            }
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending if has_closed => return Poll::Ready(None),
            Poll::Pending => {
                this.begin_pause();
                return Poll::Pending;
            }
        };
        budget.made_progress();
        this.left -= 1;
        if this.left == 0 {
            this.begin_pause();
        }
        Poll::Ready(Some(Ok(event)))
    }
}

impl Closing {
    /// Completes when the server is to stop.
    async fn closed(mut self) {
        if let Some(receiver) = &mut self.0 {
            // An error means that the server is gone.
            let _ = receiver.wait_for(|closing| *closing).await;
        } else {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::feed::Feed;
    use crate::json::operator_entry;

    /// A stream of a feed to which an entry is added at each look.
    struct Storm(Arc<Feed>, Entries);

    impl Storm {
        fn new(closing: impl Future<Output = ()> + Send + 'static) -> Self {
            let feed = Feed::new(supervisor::Supervisor::new().build().events());
            let reader = feed.read(None).expect("a reader");
            let boot = feed.boot();
            let closing: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(closing);
            let pause = Box::pin(tokio::time::sleep(Duration::ZERO));
            let left = MOST_AT_ONCE;
            Self(feed, Entries { reader, boot, closing: Some(closing), pause, left })
        }

        /// Reads until the stream waits or ends. Returns the number of entries, and whether it waits.
        async fn read(&mut self) -> (usize, bool) {
            // The limit of a task's turn comes before that of the stream.
            tokio::task::unconstrained(self.read_in_a_turn()).await
        }

        async fn read_in_a_turn(&mut self) -> (usize, bool) {
            let mut count = 0;
            let waits = poll_fn(|cx| {
                loop {
                    self.0.push(operator_entry("alice", "child", "asked for: restart".to_owned()));
                    match Pin::new(&mut self.1).poll_next(cx) {
                        Poll::Ready(Some(_)) => count += 1,
                        Poll::Ready(None) => return Poll::Ready(false),
                        Poll::Pending => return Poll::Ready(true),
                    }
                }
            });
            let waits = waits.await;
            (count, waits)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_storm_a_stream_waits_now_and_then() {
        let mut storm = Storm::new(std::future::pending());
        assert_eq!(storm.read().await, (MOST_AT_ONCE, true));
        assert_eq!(storm.read().await, (0, true));
        tokio::time::advance(2 * BETWEEN_LOOKS).await;
        assert_eq!(storm.read().await, (MOST_AT_ONCE, true));
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_storm_a_stream_lets_others_run() {
        let mut storm = Storm::new(std::future::pending());
        let (count, waits) = storm.read_in_a_turn().await;
        assert!((1..1000).contains(&count) && waits, "{count} entries were sent in one turn");
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_does_not_keep_a_server_from_stopping() {
        let mut storm = Storm::new(std::future::ready(()));
        assert_eq!(storm.read().await, (MOST_AT_ONCE, false));
    }

    #[test]
    fn a_reader_goes_on_behind_the_entry_that_it_names() {
        assert_eq!(behind("17-4", 17), Some(5));
        for other in ["18-4", "17-", "17", "-4", "17-x", "17-18446744073709551615", ""] {
            assert_eq!(behind(other, 17), None, "{other}");
        }
    }
}
