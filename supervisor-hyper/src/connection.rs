//! A connection as a worker of a pool.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};

use hyper_util::rt::TokioIo;
use supervisor::prelude::*;

use crate::head_limit::{Draining, HeadLimit, Waiting};
use crate::io::{Line, StreamEnd, WorkerEnd};
use crate::listener::Accepted;
use crate::serve::{BoxFuture, HttpBody, HttpService, Observed, Serve, Settings};
use crate::streams::Streams;
use crate::{Builder, ConnectionInfo};

/// A connection: the worker of the pool that an [`HttpServer`](crate::HttpServer) adds to.
///
/// In the pool's template, `shutdown` is the time that the requests in flight have at a stop. A
/// connection has one life: it is `Temporary`.
#[derive(Child)]
#[child(restart = Temporary, once)]
pub struct Connection(Arc<Job>);

/// The work of a connection's worker. The server keeps a second owner until the pool has taken the
/// worker, so that a refused connection is not lost.
pub(crate) struct Job {
    serve: Arc<dyn Serve>,
    settings: Arc<Settings>,
    draining: Draining,
    accepted: Mutex<Option<Accepted>>,
}

impl Job {
    pub(crate) fn new(
        serve: Arc<dyn Serve>,
        settings: Arc<Settings>,
        draining: Draining,
        accepted: Accepted,
    ) -> Arc<Self> {
        Arc::new(Self { serve, settings, draining, accepted: Mutex::new(Some(accepted)) })
    }

    pub(crate) fn connection(self: &Arc<Self>) -> Connection {
        Connection(Arc::clone(self))
    }

    fn begin(&self, ctx: Context) -> Option<BoxFuture<()>> {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let (settings, draining) = (Arc::clone(&self.settings), self.draining.clone());
        Some(Arc::clone(&self.serve).serve(settings, draining, accepted, ctx))
    }
}

impl WorkerOnce for Connection {
    async fn run(self, ctx: Context) -> ChildResult {
        let served = self.0.begin(ctx);
        drop(self);
        if let Some(served) = served {
            served.await;
        }
        Ok(())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// Serves one connection to its end.
///
/// An error of the connection is the client's affair and no failure of the worker: it ends normally. A
/// panic of the service goes through.
pub(crate) async fn serve<S, B>(
    service: S,
    settings: Arc<Settings>,
    waiting: Waiting,
    accepted: Accepted,
    ctx: Context,
) where
    S: HttpService<B>,
    B: HttpBody,
{
    let Accepted { mut stream, peer } = accepted;
    let ctx = Arc::new(ctx);
    let mut stop = pin!(Some(ctx.shutdown_requested()));
    let line = Arc::new(Line::default());
    let worker = WorkerEnd(Arc::clone(&line));
    let mut late = pin!(HeadLimit::new(settings.header_timeout, waiting.clone()));

    if let Some(handshake) = &settings.handshake {
        let mut shaking = handshake(stream);
        let shaken = poll_fn(|cx| {
            if poll_some(stop.as_mut(), cx).is_ready() || late.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            shaking.as_mut().poll(cx).map(Some)
        });
        stream = match shaken.await {
            Some(Ok(stream)) => stream,
            Some(Err(error)) => {
                tracing::debug!(target: "supervisor", ?peer, %error, "the handshake failed");
                return;
            }
            None => return,
        };
    }

    let mut builder = Builder::new(Streams::new(Arc::clone(&ctx)));
    settings.apply_to(&mut builder);
    let info = settings.gives_info.then(|| ConnectionInfo::new(peer, Arc::clone(&ctx)));
    let service = Observed { service, waiting, info };
    let served = {
        let io = TokioIo::new(StreamEnd::new(stream, Arc::clone(&line)));
        let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
        poll_fn(|cx| {
            if poll_some(stop.as_mut(), cx).is_ready() {
                stop.set(None);
                connection.as_mut().graceful_shutdown();
            }
            if late.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err("no request came in time".into()));
            }
            connection.as_mut().poll(cx)
        })
        .await
    };
    if let Err(error) = served {
        tracing::debug!(target: "supervisor", ?peer, %error, "the connection has ended");
    }
    // After an upgrade, the stream goes on in the user's hands.
    poll_fn(|cx| {
        if poll_some(stop.as_mut(), cx).is_ready() {
            stop.set(None);
            line.end_reads();
        }
        line.poll_dropped(cx)
    })
    .await;
    drop(worker);
}

/// Polls a future that may be over, or not wanted.
pub(crate) fn poll_some<F: Future>(
    future: Pin<&mut Option<F>>,
    cx: &mut TaskContext<'_>,
) -> Poll<F::Output> {
    future.as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx))
}
