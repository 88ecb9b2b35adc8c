//! What a handler can know of its connection.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use supervisor::Context;
use supervisor::futures::ShutdownRequested;

/// The connection of a request, in the request's extensions if the server
/// [has them](crate::HttpServer::with_connection_info).
///
/// With the feature `axum`, it is an extractor, too.
///
/// A response that never ends, such as a stream of events, would keep its connection until the time of
/// the connection's `shutdown` is over. Its handler ends it at the signal instead:
///
/// ```
/// # use std::time::Duration;
/// use supervisor_hyper::ConnectionInfo;
///
/// async fn follow(connection: ConnectionInfo) {
///     tokio::select! {
///         () = connection.shutdown_requested() => println!("end the stream"),
///         () = tokio::time::sleep(Duration::from_secs(1)) => println!("send another event"),
///     }
/// }
/// # let _ = follow;
/// ```
#[derive(Clone)]
pub struct ConnectionInfo {
    peer: Option<SocketAddr>,
    ctx: Arc<Context>,
}

impl ConnectionInfo {
    pub(crate) fn new(peer: Option<SocketAddr>, ctx: Arc<Context>) -> Self {
        Self { peer, ctx }
    }

    /// Returns the address of the peer; `None` for a Unix socket.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Returns the path of the connection's worker, such as `web/connections/#17`.
    #[must_use]
    pub fn path(&self) -> supervisor::ChildPath {
        self.ctx.path()
    }

    /// Completes when the connection is asked to stop.
    pub fn shutdown_requested(&self) -> ShutdownRequested {
        self.ctx.shutdown_requested()
    }

    pub(crate) fn insert_into(&self, extensions: &mut hyper::http::Extensions) {
        #[cfg(feature = "axum")]
        if let Some(peer) = self.peer {
            extensions.insert(axum::extract::ConnectInfo(peer));
        }
        extensions.insert(self.clone());
    }
}

impl fmt::Debug for ConnectionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionInfo")
            .field("peer", &self.peer)
            .field("path", &self.path().as_str())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum::extract::FromRequestParts<S> for ConnectionInfo {
    type Rejection = (hyper::StatusCode, &'static str);

    /// Takes the connection's information from the request's extensions.
    ///
    /// # Errors
    ///
    /// 500 if the server was made without
    /// [`with_connection_info`](crate::HttpServer::with_connection_info).
    async fn from_request_parts(
        parts: &mut hyper::http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        const MISSING: &str = "the server was made without `with_connection_info()`";
        let info = parts.extensions.get::<Self>().cloned();
        info.ok_or((hyper::StatusCode::INTERNAL_SERVER_ERROR, MISSING))
    }
}
