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
use tokio::time::{Instant, Sleep};

use crate::feed::{Item, Reader};
use crate::routes::{Closing, Shown};

/// The time between two keep-alive comments, by whose absence a reader notices that the connection is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The time for which a reader's stream waits after it has sent everything. The events of this time are
/// then sent together, so that many events in a short time do not wake each reader at each of them.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

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
    let stream = Entries { reader, boot, closing: Some(closing), pause, is_looking: true };
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
    /// `true` from the end of a pause until all entries have been read.
    is_looking: bool,
}

impl Stream for Entries {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(closing) = &mut this.closing
            && closing.as_mut().poll(cx).is_ready()
        {
            this.closing = None;
        }
        let has_closed = this.closing.is_none();
        if !this.is_looking && !has_closed {
            ready!(this.reader.poll_any(cx));
            ready!(this.pause.as_mut().poll(cx));
        }
        this.is_looking = true;
        // The entries that are there are sent also while the server stops.
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
                this.is_looking = false;
                this.pause.as_mut().reset(Instant::now() + BETWEEN_LOOKS);
                return Poll::Pending;
            }
        };
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
    use super::*;

    #[test]
    fn a_reader_goes_on_behind_the_entry_that_it_names() {
        assert_eq!(behind("17-4", 17), Some(5));
        for other in ["18-4", "17-", "17", "-4", "17-x", "17-18446744073709551615", ""] {
            assert_eq!(behind(other, 17), None, "{other}");
        }
    }
}
