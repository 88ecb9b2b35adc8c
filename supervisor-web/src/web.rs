//! The child that serves the page.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use supervisor::{Child, ChildResult, Context, Escalate, Supervisor, Worker};
use tokio::net::{TcpListener, TcpSocket, lookup_host};
use tokio::sync::watch;

use crate::access::{Access, AccessError};
use crate::feed::Feed;
use crate::routes::{Closing, Routes};
use crate::serve::serve;

/// A child that shows the tree that it is in: the page, the probes, the metrics and the API.
///
/// See the [documentation of the crate](crate) for what it serves and to whom.
///
/// ```
/// use supervisor::prelude::*;
/// use supervisor_web::Web;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
/// println!("http://{}", socket.local_addr()?);
/// let supervisor =
///     Supervisor::new().with_child(ChildSpec::new("admin").with_worker(Web::on(socket))).build();
/// supervisor.start().await?;
/// supervisor.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Child)]
#[child(start = retry, backoff = 100ms..10s, shutdown = 2s, health = degrades)]
pub struct Web {
    place: Place,
    access: Access,
    probes_only: bool,
    /// Made by the first life and used by all, so that the time line is kept across restarts of this
    /// child.
    feed: OnceLock<Arc<Feed>>,
}

/// The place at which the server listens.
enum Place {
    Address(String),
    Socket(std::net::TcpListener),
}

impl Web {
    /// Shows the tree at this address, such as `127.0.0.1:9000` or `localhost:9000`.
    ///
    /// Each life binds the address. An address that is taken is an error of that life, and is tried
    /// again. One that other machines can reach needs a [token](Self::with_token).
    #[must_use]
    pub fn bind(address: impl Into<String>) -> Self {
        Self::at(Place::Address(address.into()))
    }

    /// Shows the tree on a socket that listens already. All lives share it.
    #[must_use]
    pub fn on(socket: std::net::TcpListener) -> Self {
        Self::at(Place::Socket(socket))
    }

    /// Serves only `/livez` and `/readyz` at this address, without reasons. Any address is allowed.
    ///
    /// The probes of Kubernetes come from the node, so they need an address that other machines can
    /// reach.
    ///
    /// ```
    /// # use supervisor::prelude::*;
    /// # use supervisor_web::Web;
    /// supervision_tree! {
    ///     Shop: one_for_one {
    ///         probes: Web = Web::probes("0.0.0.0:8080"),
    ///         admin: Web = Web::bind("127.0.0.1:9000"),
    ///     }
    /// }
    /// # let _ = Shop::tree();
    /// ```
    #[must_use]
    pub fn probes(address: impl Into<String>) -> Self {
        Self { probes_only: true, ..Self::bind(address) }
    }

    fn at(place: Place) -> Self {
        Self { place, access: Access::default(), probes_only: false, feed: OnceLock::new() }
    }

    /// Demands this token of all who read. It has at least 16 bytes.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.access.add_token(token.into());
        self
    }

    /// Lets the holder of this token [act](crate::Action), under this name. The token has at least 16
    /// bytes.
    #[must_use]
    pub fn with_operator(mut self, name: impl Into<String>, token: impl Into<String>) -> Self {
        self.access.add_operator(name.into(), token.into());
        self
    }

    /// Checks, before the tree is started, that the page is not open to everybody: each token is long
    /// enough, each operator has a name, and an address that other machines can reach has a token.
    ///
    /// Each start of this child checks the same, and ends the tree where it fails. A program that reads
    /// its configuration calls this to report a wrong setting by its name. The name of a host is not
    /// resolved here: only the start checks the addresses that it leads to.
    ///
    /// ```
    /// use supervisor_web::{AccessError, Web};
    ///
    /// assert_eq!(Web::bind("127.0.0.1:9000").check(), Ok(()));
    /// assert!(matches!(Web::bind("0.0.0.0:9000").check(), Err(AccessError::Open(_))));
    /// let with_token = |token| Web::bind("0.0.0.0:9000").with_token(token).check();
    /// assert_eq!(with_token("too short"), Err(AccessError::ShortToken));
    /// assert_eq!(with_token("a-long-random-text"), Ok(()));
    /// ```
    ///
    /// # Errors
    ///
    /// [`AccessError`], if the page would be refused.
    pub fn check(&self) -> Result<(), AccessError> {
        if self.probes_only {
            return Ok(());
        }
        self.access.check()?;
        let address = match &self.place {
            Place::Address(address) => address.parse().ok(),
            Place::Socket(socket) => socket.local_addr().ok(),
        };
        address.map_or(Ok(()), |address| self.access.check_address(address))
    }

    async fn listen(&self) -> Result<TcpListener, ListenError> {
        self.check().map_err(ListenError::refused)?;
        match &self.place {
            Place::Address(address) => {
                let addresses: Vec<SocketAddr> = lookup_host(address).await?.collect();
                for address in &addresses {
                    self.check_resolved(*address)?;
                }
                Ok(bind(&addresses)?)
            }
            Place::Socket(socket) => {
                let socket = socket.try_clone()?;
                socket.set_nonblocking(true)?;
                Ok(TcpListener::from_std(socket)?)
            }
        }
    }

    fn check_resolved(&self, address: SocketAddr) -> Result<(), ListenError> {
        if self.probes_only {
            return Ok(());
        }
        self.access.check_address(address).map_err(ListenError::refused)
    }

    fn router(&self, root: &Supervisor, address: SocketAddr, closing: Closing) -> Router {
        let feed = self.feed.get_or_init(|| Feed::new(root.events()));
        let routes = Routes::with_feed(root, Arc::clone(feed)).closing(closing);
        if self.probes_only {
            return routes.probes_only();
        }
        let routes = routes.with_access(self.access.clone());
        let is_local = address.ip().to_canonical().is_loopback() && !self.access.is_closed();
        if is_local { routes.on_loopback_only().build() } else { routes.build() }
    }
}

/// The size of the send buffer of a connection, in bytes: a reader that does not read holds so much
/// memory. The system's default is megabytes.
const SEND_BUFFER: u32 = 128 * 1024;

/// The number of connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Binds the first of these addresses that can be bound.
fn bind(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "the address has no meaning");
    for address in addresses {
        let bound = || {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            #[cfg(unix)]
            socket.set_reuseaddr(true)?;
            // Accepted connections inherit the size.
            socket.set_send_buffer_size(SEND_BUFFER)?;
            socket.bind(*address)?;
            socket.listen(BACKLOG)
        };
        match bound() {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// The error of a start that has no socket.
enum ListenError {
    Io(io::Error),
    /// The page would not be protected, which no restart can change.
    Refused(Escalate),
}

impl ListenError {
    fn refused(error: AccessError) -> Self {
        Self::Refused(Escalate::because(error))
    }
}

impl From<io::Error> for ListenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Worker for Web {
    async fn run(&self, mut ctx: Context) -> ChildResult {
        let listener = match self.listen().await {
            Ok(listener) => listener,
            Err(ListenError::Io(error)) => return Err(error.into()),
            Err(ListenError::Refused(error)) => return Err(error.into()),
        };
        let address = listener.local_addr()?;
        let root = ctx.root().upgrade()?;
        // The streams end when the child is to stop, and when this life is dropped.
        let (close, closing) = watch::channel(false);
        let router = self.router(&root, address, Closing(Some(closing)));
        let what = if self.probes_only { "the probes answer" } else { "the tree is shown" };
        tracing::info!(target: "supervisor_web", "{what} at http://{address}");
        ctx.ready();
        let asked = ctx.shutdown_requested();
        let ended = async {
            asked.await;
            close.send_replace(true);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            served = serve(listener, router, &ctx) => served,
            () = ended => Ok(()),
        }
    }
}

// Tokens are not printed.
impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.place {
            Place::Address(address) => address.clone(),
            Place::Socket(socket) => format!("{:?}", socket.local_addr()),
        };
        f.debug_struct("Web")
            .field("at", &place)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}
