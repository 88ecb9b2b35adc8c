//! The child that accepts connections.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::service::TowerToHyperService;
use supervisor::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

use crate::connection::{Job, poll_some};
use crate::head_limit::Draining;
use crate::io::Stream;
use crate::listener::{Accepted, OpenListener};
use crate::serve::{EachClone, HttpBody, HttpService, Serve, Settings};
use crate::{Builder, Connection, Listener};

/// The pause after the first error of `accept`; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// The longest pause after an error of `accept`.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A server: the child that accepts connections, and makes each a worker of a pool.
///
/// The [page of the crate](crate) shows it in a tree, and says what happens at a stop, a crash, a full
/// pool and an error of the socket.
#[derive(Child, Clone)]
#[child(shutdown = 1s)]
pub struct HttpServer {
    listener: Listener,
    connections: Pool<Connection>,
    service: Arc<dyn Serve>,
    settings: Arc<Settings>,
    /// Read by the connections of all lives.
    draining: Draining,
}

impl HttpServer {
    /// Creates a server of a service of tower's: a `Router` of axum, the `Routes` of tonic, a stack
    /// of layers.
    ///
    /// Each connection has a clone of the service.
    pub fn new<S, B>(
        listener: impl Into<Listener>,
        service: S,
        connections: Pool<Connection>,
    ) -> Self
    where
        S: tower_service::Service<
                Request<Incoming>,
                Response = Response<B>,
                Error: Into<Box<dyn Error + Send + Sync>>,
                Future: Send + 'static,
            > + Clone
            + Send
            + 'static,
        B: HttpBody,
    {
        Self::from_hyper(listener, TowerToHyperService::new(service), connections)
    }

    /// Creates a server of a service of hyper's, such as `hyper::service::service_fn(handler)`.
    ///
    /// Each connection has a clone of the service.
    pub fn from_hyper<S, B>(
        listener: impl Into<Listener>,
        service: S,
        connections: Pool<Connection>,
    ) -> Self
    where
        S: HttpService<B> + Clone,
        B: HttpBody,
    {
        let (listener, settings) = (listener.into(), Arc::new(Settings::new()));
        let (service, draining) = (Arc::new(EachClone::new(service)), Draining::default());
        Self { listener, connections, service, settings, draining }
    }

    /// Sets how long a client may take for the head of a request, 30 seconds by default; `None` is no
    /// limit.
    ///
    /// It counts from the moment at which the connection was accepted. Under HTTP/1 it is also the time
    /// that a connection may wait for its next request, between once and twice as long. A connection
    /// that exceeds it is closed. (Over HTTP/2, a connection without requests stays, and a peer that is
    /// gone is found by a ping every 30 seconds.)
    #[must_use]
    pub fn with_header_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings_mut().header_timeout = timeout.into();
        self
    }

    /// Puts [`ConnectionInfo`](crate::ConnectionInfo) into the extensions of each request: the peer's
    /// address, and the shutdown signal of the connection. With the feature `axum`, also axum's
    /// `ConnectInfo<SocketAddr>`.
    #[must_use]
    pub fn with_connection_info(mut self) -> Self {
        self.settings_mut().gives_info = true;
        self
    }

    /// Sets what is done with a connection before the first request is read: the handshake of TLS.
    ///
    /// It runs in the connection's worker, and so delays no other connection. Its time counts as the
    /// time of the first request's head.
    ///
    /// ```
    /// # use supervisor_hyper::{HttpServer, Stream};
    /// # use std::io;
    /// # #[derive(Clone)] struct TlsAcceptor;
    /// # impl TlsAcceptor {
    /// #     async fn accept(&self, stream: Stream) -> io::Result<Stream> { Ok(stream) }
    /// # }
    /// /// `acceptor` is a `tokio_rustls::TlsAcceptor`.
    /// fn with_tls(server: HttpServer, acceptor: TlsAcceptor) -> HttpServer {
    ///     server.with_handshake(move |stream| {
    ///         let acceptor = acceptor.clone();
    ///         async move { acceptor.accept(stream).await }
    ///     })
    /// }
    /// # let _ = with_tls;
    /// ```
    #[must_use]
    pub fn with_handshake<F, Done, T>(mut self, handshake: F) -> Self
    where
        F: Fn(Stream) -> Done + Send + Sync + 'static,
        Done: Future<Output = io::Result<T>> + Send + 'static,
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.settings_mut().handshake = Some(Arc::new(move |stream| {
            let done = handshake(stream);
            Box::pin(async move { done.await.map(Stream::other) })
        }));
        self
    }

    /// Sets options of hyper's, for each connection.
    ///
    /// The [time limit](Self::with_header_timeout) of a request's head is not hyper's, which needs a
    /// timer of the builder's.
    ///
    /// ```
    /// # use supervisor_hyper::HttpServer;
    /// # fn options(server: HttpServer) -> HttpServer {
    /// server.with_options(|builder| {
    ///     builder.http1().keep_alive(false);
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(
        mut self,
        configure: impl Fn(&mut Builder) + Send + Sync + 'static,
    ) -> Self {
        self.settings_mut().configure = Some(Arc::new(configure));
        self
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// Gives a connection to the pool, as soon as the pool has room.
    async fn serve(&self, accepted: Accepted) -> Result<(), SupervisorError> {
        let (service, settings) = (Arc::clone(&self.service), Arc::clone(&self.settings));
        let job = Job::new(service, settings, self.draining.clone(), accepted);
        while let Err(error) = self.connections.add_worker_with(job.connection()).await {
            match SupervisorError::from(error) {
                SupervisorError::MaxChildren(..) => self.connections.wait_for_room().await?,
                error => return Err(error),
            }
        }
        Ok(())
    }
}

impl Worker for HttpServer {
    async fn run(&self, ctx: Context) -> ChildResult {
        let mut stop = pin!(ctx.shutdown_requested());
        self.draining.set(false);
        let mut drain = pin!(Some(ctx.drain_requested()));
        let listener = self.listener.open()?;
        let mut errors = Errors::default();
        let accepting = async {
            loop {
                match accept(&listener, &mut errors, &ctx).await {
                    Ok(accepted) => self.serve(accepted).await?,
                    Err(pause) => sleep(pause).await,
                }
            }
        };
        let mut accepting: Pin<&mut (dyn Future<Output = ChildResult> + Send)> = pin!(accepting);
        poll_fn(|cx| {
            if poll_some(drain.as_mut(), cx).is_ready() {
                drain.set(None);
                self.draining.set(true);
            }
            match stop.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Ok(())),
                Poll::Pending => accepting.as_mut().poll(cx),
            }
        })
        .await
    }
}

/// The errors of `accept` since the last connection.
#[derive(Debug, Default)]
struct Errors {
    pause: Option<Duration>,
}

impl Errors {
    /// Returns the pause after another error.
    fn next(&mut self) -> Duration {
        let pause = match self.pause {
            Some(last) => last.saturating_mul(2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        self.pause = Some(pause);
        pause
    }
}

/// Accepts a connection, or returns the pause until the next attempt.
async fn accept(
    listener: &OpenListener,
    errors: &mut Errors,
    ctx: &Context,
) -> Result<Accepted, Duration> {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                if errors.pause.take().is_some() {
                    ctx.healthy();
                }
                return Ok(accepted);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // One line for an outage, however long it takes.
                if errors.pause.is_none() {
                    let child = ctx.path();
                    tracing::warn!(target: "supervisor", %child, %error, "cannot accept connections");
                    ctx.degraded(format!("cannot accept connections: {error}"));
                }
                return Err(errors.next());
            }
        }
    }
}

/// Returns `true` for an error of the connection that was to be accepted, and not of the socket.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer")
            .field("listener", &self.listener)
            .field("connections", &self.connections)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_after_errors_doubles_up_to_a_second() {
        let mut errors = Errors::default();
        let pauses: Vec<u128> = (0..10).map(|_| errors.next().as_millis()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }
}
