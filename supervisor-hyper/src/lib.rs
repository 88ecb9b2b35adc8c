//! HTTP servers under a [supervision tree](supervisor): each connection of a hyper, axum or tonic
//! service is a supervised worker.
//!
//! A server that spawns its connections loses them: a shutdown does not know which of them still run,
//! and nothing stops them. Here each connection is a worker of a pool that the tree declares. So the
//! pool's `max_children` limits the connections, the connections' `shutdown` is a part of the
//! shutdown that the compiler adds up, and nothing of a connection is left when its tree has ended.
//!
//! ```
//! use std::net::TcpListener;
//!
//! use axum::Router;
//! use axum::routing::get;
//! use supervisor::prelude::*;
//! use supervisor_hyper::{Connection, HttpServer};
//!
//! supervision_tree! {
//!     pub Web(listener: TcpListener): one_for_one(shutdown_within = 11s) {
//!         connections: simple_one_for_one(max_children = 10_000) {
//!             connection: Temporary<Connection>(shutdown = 10s), // for the requests in flight
//!         },
//!         server: HttpServer = HttpServer::new(listener, routes(), connections),
//!     }
//! }
//!
//! fn routes() -> Router {
//!     Router::new().route("/", get(async || "hello"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let web = Web::start(TcpListener::bind("127.0.0.1:0")?).await?;
//! println!("{}", web.supervisor().snapshot().await?);
//! web.supervisor().shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The pool stands before the server, and what the handlers use stands before both: then the server
//! stops first, the connections finish their requests, and what they use stops last.
//!
//! # A stop
//!
//! The server accepts no more. Each connection is asked: one that is idle is closed at once, one with a
//! request finishes it first. A connection that has not ended after its `shutdown` is dropped with all
//! that belongs to it, and the shutdown report names it. That is the end of a response without an end,
//! unless its handler looks at [`ConnectionInfo::shutdown_requested`].
//!
//! During the tree's [drain], requests are served as before, but each response over HTTP/1 says
//! `connection: close`: a client with a pool of connections makes its next request on a new
//! connection, which a load balancer sends to another replica. So few connections are left to be
//! closed when the server stops.
//!
//! [drain]: https://docs.rs/supervision-tree/latest/supervisor/guide/stopping/
//!
//! # A crash
//!
//! A panic in a handler ends its connection, and no other. A connection is not restarted, since its
//! client is gone: it is `Temporary`. What goes wrong at the client's end is no failure, and is logged at
//! the level `DEBUG`.
//!
//! If the server itself is restarted, the connections go on. Its socket stays bound, and the operating
//! system keeps new connections waiting.
//!
//! # A full pool
//!
//! While the pool has as many connections as `max_children` allows, the server accepts no further one,
//! but for one that waits in its hand; the others wait in the operating system's queue, in which
//! some thousands have room. Clients see a connection that does not answer yet. Several servers can share
//! a pool, and so a limit.
//!
//! # Errors of the socket
//!
//! When the process has no file descriptors left, `accept` fails again and again. The server does not
//! fail then: it tries again after 5 ms, later after up to a second, logs one warning, and is
//! [degraded](supervisor::Context::degraded) meanwhile.
//!
//! # Slow clients
//!
//! A connection that does not bring the head of a request within 30 seconds is closed: see
//! [`HttpServer::with_header_timeout`]. The time of a body is the handler's affair.
//!
//! # Upgrades
//!
//! After an upgrade, as to a WebSocket, the stream belongs to the code that took it, and that code runs
//! in whatever task it chose: axum's `on_upgrade` spawns one. The connection's worker goes on until the
//! stream is dropped, so that it counts in the limit. At a stop, reads of the stream find its end, and
//! writes still work; when the worker ends, both fail. A task that reads from its stream so ends with
//! the tree. To supervise it by itself, give the stream to a child:
//!
//! ```
//! # use supervisor::prelude::*;
//! # #[derive(Clone)] struct WebSocketUpgrade;
//! # struct WebSocket;
//! # impl WebSocketUpgrade {
//! #     fn on_upgrade<F: Future<Output = ()>>(self, then: impl FnOnce(WebSocket) -> F) { let _ = then(WebSocket); }
//! # }
//! #[derive(Child)]
//! #[child(restart = Temporary, once)]
//! struct Chat { socket: WebSocket }
//!
//! impl WorkerOnce for Chat {
//!     async fn run(self, ctx: Context) -> ChildResult {
//!         let Self { socket: _socket } = self;
//!         ctx.shutdown_requested().await; // and the socket's messages, in a loop
//!         Ok(())
//!     }
//! }
//!
//! async fn join(upgrade: WebSocketUpgrade, chats: Pool<Chat>) {
//!     upgrade.on_upgrade(async move |socket| {
//!         let _ = chats.add_worker_with(Chat { socket }).await;
//!     });
//! }
//! # let _ = join;
//! ```
//!
//! # HTTP/2
//!
//! With the feature `http2`, connections speak HTTP/1 or HTTP/2, as their first bytes say. The streams of
//! a connection are [tasks of its worker](supervisor::Context::spawn): they use all threads, and end with
//! it.
//!
//! # Features
//!
//! - `axum`: [`ConnectionInfo`] is an extractor, and handlers can use axum's `ConnectInfo<SocketAddr>`,
//!   both with [`HttpServer::with_connection_info`]. A `Router` is served without this feature, too.
//! - `http2`: HTTP/2 beside HTTP/1.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs, unnameable_types)]

mod connection;
mod head_limit;
mod info;
mod io;
mod listener;
mod serve;
mod server;
mod streams;

pub use self::connection::Connection;
pub use self::info::ConnectionInfo;
pub use self::io::Stream;
pub use self::listener::Listener;
pub use self::server::HttpServer;

/// The conditions on services and bodies, which the compiler's errors name.
pub mod bounds {
    pub use crate::serve::{HttpBody, HttpService};
    pub use crate::streams::Streams;
}

/// hyper's builder of connections, as [`HttpServer::with_options`] has it.
pub type Builder = hyper_util::server::conn::auto::Builder<streams::Streams>;
