//! What the tests of `supervisor-hyper` share: a tree with a server, raw clients, bodies that never end.

#![allow(clippy::missing_panics_doc, missing_docs, reason = "helpers of tests")]

use std::convert::Infallible;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use supervisor::prelude::*;
use supervisor_hyper::{Connection, HttpServer};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

supervision_tree! {
    /// A server whose options the test sets.
    pub Web(listener: TcpListener, with: impl FnOnce(TcpListener, Pool<Connection>) -> HttpServer, max: usize):
        one_for_one(max_restarts = 10, shutdown_within = 3s)
    {
        connections: simple_one_for_one(max_children = runtime(max)) {
            connection: Temporary<Connection>(shutdown = 2s),
        },
        server: HttpServer = with(listener, connections),
    }
}

/// Starts a server of a router, for at most 10,000 connections.
pub async fn start(router: Router) -> (Web, SocketAddr) {
    start_with(10_000, |listener, pool| HttpServer::new(listener, router, pool)).await
}

pub async fn start_with(
    max: usize,
    with: impl FnOnce(TcpListener, Pool<Connection>) -> HttpServer,
) -> (Web, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    (Web::start(listener, with, max).await.expect("a start"), address)
}

/// Waits for an event that the test needs.
pub async fn within<F: Future>(what: &str, event: F) -> F::Output {
    let limit = Duration::from_secs(20);
    let waited = tokio::time::timeout(limit, event).await;
    waited.unwrap_or_else(|_| panic!("not within {limit:?}: {what}"))
}

/// Waits until a condition holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    within(what, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// Returns how many connections the pool has.
pub async fn connections(web: &Web) -> usize {
    web.connections().count_children().await.map_or(0, |count| count.active)
}

/// A client that writes and reads HTTP/1 by hand.
#[derive(Debug)]
pub struct Client(pub BufReader<TcpStream>);

impl Client {
    pub async fn new(address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await;
        Self(BufReader::new(stream.expect("a connection")))
    }

    pub async fn write(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).await.expect("a write");
    }

    pub async fn ask(&mut self, path: &str) {
        self.write(&format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
    }

    /// Reads the head of a response, and returns its status and its length.
    pub async fn head(&mut self) -> Option<(u16, usize)> {
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            let read = within("a line of a response", self.0.read_line(&mut line)).await;
            if read.unwrap_or(0) == 0 {
                return None;
            }
            let line = line.trim_end().to_lowercase();
            if status.is_none() {
                status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
            if line.is_empty() {
                return status.map(|status| (status, length));
            }
        }
    }

    /// Makes a request, and returns the response; `None` if the connection ended instead.
    pub async fn get(&mut self, path: &str) -> Option<(u16, String)> {
        self.ask(path).await;
        self.response().await
    }

    pub async fn response(&mut self) -> Option<(u16, String)> {
        let (status, length) = self.head().await?;
        let mut body = vec![0; length];
        within("a body", self.0.read_exact(&mut body)).await.ok()?;
        Some((status, String::from_utf8(body).expect("a text")))
    }

    /// Waits until the server closes the connection.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = within("the end of a connection", self.0.read_to_end(&mut rest)).await;
    }
}

/// Connects with HTTP/2.
pub async fn http2(address: SocketAddr) -> http2::SendRequest<String> {
    let stream = within("a connection", TcpStream::connect(address)).await.expect("a connection");
    let shaken = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (client, connection) = shaken.expect("a handshake");
    tokio::spawn(connection);
    client
}

/// Counts what is alive by guards.
#[derive(Clone, Debug, Default)]
pub struct Alive(Arc<AtomicUsize>);

/// Counts as alive until it is dropped.
#[derive(Debug)]
pub struct Guard(Arc<AtomicUsize>);

impl Alive {
    #[must_use]
    pub fn guard(&self) -> Guard {
        self.0.fetch_add(1, Ordering::SeqCst);
        Guard(Arc::clone(&self.0))
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A stream of events that has one event and never ends.
#[derive(Debug)]
pub struct Endless {
    event: Option<Bytes>,
    _guard: Guard,
}

impl Endless {
    pub fn body(alive: &Alive) -> Body {
        let event = Some(Bytes::from_static(b"data: 1\n\n"));
        Body::new(Self { event, _guard: alive.guard() })
    }
}

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.event.take() {
            Some(event) => Poll::Ready(Some(Ok(Frame::data(event)))),
            None => Poll::Pending,
        }
    }
}

/// The worker of the server restarts at a command.
pub async fn kill_server(web: &Web) {
    let before = web.server().incarnation();
    web.server().kill().await.expect("a kill");
    until("the server's next life", async || web.server().incarnation() > before).await;
}

/// Allows the process as many files as it may have: a test with a thousand connections holds both
/// ends of each.
pub fn raise_file_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let current = maximum.map(|maximum| maximum.min(65_536));
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).expect("a limit");
}

/// Allows the process as many files and no more.
pub fn lower_file_limit(limit: u64) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(limit), maximum }).expect("a limit");
}
