//! A web service under a supervision tree: an axum server, and a store of words.
//!
//! What it shows: a router of axum's, of which each connection is a worker of a pool; a store behind a
//! typed address, which stays valid after a crash of the store; and a shutdown that lets requests in
//! flight finish, within the 10 seconds that the compiler has checked, and leaves nothing of them.
//!
//! How to run it: `cargo run --example web`. The program contains its own client, and ends by
//! itself with exit code 0. (A service of yours calls `supervisor::run(Web::tree(listener)).await`
//! in `main`, and runs until SIGTERM.) It prints the following, with another port:
//!
//! ```text
//! 1. The service listens on 127.0.0.1:41573.
//!    POST /words/colour blue    200 stored
//!    GET  /words/colour         200 blue
//! 2. A request crashes the store; the one behind it waits for the store's next life.
//!    POST /words/poison 1       503 the store crashed on this request
//!    GET  /words/colour         200 blue
//! 3. The server itself crashes. The next client waits for its next life, on the same port.
//!    GET  /words/colour         200 blue
//! 4. The service is shut down while a slow request is in flight.
//!    GET  /slow                 200 it took its time
//! all children stopped in time
//! ```
//!
//! How to test it: `cargo test --example web`. The tests are at the end of this file.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use supervisor::prelude::*;
use supervisor_hyper::{Connection, HttpServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

supervision_tree! {
    /// A web service that keeps words.
    ///
    /// one_for_one: the server needs no restart when the store crashes, because the store's address
    /// stays valid. The server stops first, then the connections finish their requests, for which they
    /// need the store.
    pub Web(listener: TcpListener): one_for_one(max_restarts = 5, restart_window = 10s, shutdown_within = 10s) {
        store: Store(heartbeat = 500ms), // a store that hangs is restarted too
        connections: simple_one_for_one(max_children = 10_000) {
            connection: Temporary<Connection>(shutdown = 5s), // for the requests in flight
        },
        // The socket is bound before the tree starts, and all lives of the server share it. While the
        // server restarts, the operating system keeps new connections waiting.
        server: HttpServer = HttpServer::new(listener, routes(store), connections),
    }
}

fn routes(store: ChildRef<Query>) -> Router {
    Router::new()
        .route("/words/{word}", get(read).post(write))
        .route("/slow", get(slow))
        .with_state(store)
}

type Answer = (StatusCode, String);

async fn read(State(store): State<ChildRef<Query>>, Path(word): Path<String>) -> Answer {
    match store.ask(|reply| Query::Read { word, reply }).await {
        Ok(Some(value)) => (StatusCode::OK, value),
        Ok(None) => (StatusCode::NOT_FOUND, "no such word".to_owned()),
        Err(_) => unavailable(),
    }
}

async fn write(
    State(store): State<ChildRef<Query>>,
    Path(word): Path<String>,
    value: String,
) -> Answer {
    match store.ask(|reply| Query::Write { word, value, reply }).await {
        Ok(()) => (StatusCode::OK, "stored".to_owned()),
        Err(_) => unavailable(),
    }
}

/// Returns the answer to a request that the store lost.
///
/// The request that a life was handling when it crashed is lost, and its `ask` fails at once. The
/// server does not repeat the request, because the request may have caused the crash.
fn unavailable() -> Answer {
    (StatusCode::SERVICE_UNAVAILABLE, "the store crashed on this request".to_owned())
}

/// Answers after a while. The word `slow` in the store shows that such a request is in flight.
async fn slow(State(store): State<ChildRef<Query>>) -> &'static str {
    let (word, value) = ("slow".to_owned(), "in flight".to_owned());
    let _ = store.ask(|reply| Query::Write { word, value, reply }).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    "it took its time"
}

/// A request to the store.
enum Query {
    Read { word: String, reply: Reply<Option<String>> },
    Write { word: String, value: String, reply: Reply<()> },
}

/// Keeps the words behind an `Arc`, so that they survive a crash.
#[derive(Child, Default)]
#[child(message = Query, shutdown = 2s)]
struct Store {
    words: Arc<Mutex<HashMap<String, String>>>,
}

impl Worker for Store {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while let Some(query) = ctx.recv().await {
            let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
            match query {
                Query::Write { word, .. } if word == "poison" => {
                    return Err("the store cannot bear this word".into());
                }
                Query::Write { word, value, reply } => {
                    words.insert(word, value);
                    let _ = reply.send(());
                }
                Query::Read { word, reply } => {
                    let _ = reply.send(words.get(&word).cloned());
                }
            }
        }
        Ok(())
    }
}

/// Makes a request on a connection of its own, and returns the status and body of the response.
async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<(u16, String)> {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: text/plain\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut response = String::new();
    let exchange = async {
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(request.as_bytes()).await?;
        connection.read_to_string(&mut response).await
    };
    tokio::time::timeout(Duration::from_secs(20), exchange).await.map_err(io::Error::other)??;
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = response.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    Ok((status.unwrap_or(0), body.unwrap_or_default()))
}

/// Makes a request, and prints it with the response.
async fn show(address: SocketAddr, method: &str, path: &str, body: &str) -> io::Result<()> {
    let (status, answer) = request(address, method, path, body).await?;
    println!("   {:<26} {status} {answer}", format!("{method:<4} {path} {body}"));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let web = Web::start(listener).await?;
    println!("1. The service listens on {address}.");
    show(address, "POST", "/words/colour", "blue").await?;
    show(address, "GET", "/words/colour", "").await?;

    println!("2. A request crashes the store; the one behind it waits for the store's next life.");
    show(address, "POST", "/words/poison", "1").await?;
    show(address, "GET", "/words/colour", "").await?;

    println!(
        "3. The server itself crashes. The next client waits for its next life, on the same port."
    );
    web.server().kill().await?;
    show(address, "GET", "/words/colour", "").await?;

    println!("4. The service is shut down while a slow request is in flight.");
    let in_flight = tokio::spawn(show(address, "GET", "/slow", ""));
    while request(address, "GET", "/words/slow", "").await?.0 == 404 {}
    let report = web.supervisor().shutdown().await?;
    in_flight.await??;
    println!("{report}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use supervisor::testing;

    use super::*;

    async fn start() -> (Web, SocketAddr) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        (Web::start(listener).await.expect("the service starts"), address)
    }

    async fn get(address: SocketAddr, path: &str) -> (u16, String) {
        request(address, "GET", path, "").await.expect("a response")
    }

    async fn post(address: SocketAddr, path: &str, body: &str) -> (u16, String) {
        request(address, "POST", path, body).await.expect("a response")
    }

    fn ok(text: &str) -> (u16, String) {
        (200, text.to_owned())
    }

    #[tokio::test]
    async fn words_are_kept() {
        let (_web, address) = start().await;
        assert_eq!(get(address, "/words/colour").await, (404, "no such word".to_owned()));
        assert_eq!(post(address, "/words/colour", "blue").await, ok("stored"));
        assert_eq!(get(address, "/words/colour").await, ok("blue"));
    }

    #[tokio::test]
    async fn requests_survive_the_crash_of_the_store() {
        let (web, address) = start().await;
        post(address, "/words/colour", "blue").await;
        // The kind of crash makes no difference.
        testing::kill(&web, "store").await.expect("a kill");
        assert_eq!(get(address, "/words/colour").await, ok("blue"));
        testing::panic(&web, "store", "out of memory").await.expect("a panic");
        assert_eq!(get(address, "/words/colour").await, ok("blue"));
        assert_eq!(post(address, "/words/poison", "1").await.0, 503);
        assert_eq!(get(address, "/words/colour").await, ok("blue"));
        assert_eq!(web.store().incarnation(), 4);
    }

    #[tokio::test]
    async fn a_request_to_a_store_that_hangs_is_answered_by_its_next_life() {
        let (web, address) = start().await;
        post(address, "/words/colour", "blue").await;
        testing::hang(&web, "store").await.expect("a hang");
        // The request waits in the mailbox until the missed heartbeat restarts the store.
        assert_eq!(get(address, "/words/colour").await, ok("blue"));
        assert_eq!(web.store().incarnation(), 2);
    }

    #[tokio::test]
    async fn the_server_comes_back_on_its_port() {
        let (web, address) = start().await;
        let mut watch = testing::Watch::new(&web);
        testing::fail(&web, "server", "accept failed").await.expect("a failure");
        watch.restarted("server").await.expect("a restart");
        assert_eq!(get(address, "/words/colour").await.0, 404);
    }

    #[tokio::test]
    async fn a_shutdown_lets_requests_finish() {
        let (web, address) = start().await;
        let in_flight = tokio::spawn(async move { get(address, "/slow").await });
        while get(address, "/words/slow").await.0 == 404 {}
        let report = web.supervisor().shutdown().await.expect("a shutdown");
        assert!(report.is_clean(), "{report}");
        assert_eq!(in_flight.await.expect("an answer"), ok("it took its time"));
    }

    /// Each fault of each child, at each moment, without requests. A word is kept after each.
    #[tokio::test(start_paused = true)]
    async fn the_service_survives_every_fault() -> Result<(), testing::MatrixFailure> {
        let free_port = || TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        testing::fault_matrix(|| Web::tree(free_port()))
            .check(async |web: &Web, _| {
                let (word, value) = ("colour".to_owned(), "blue".to_owned());
                let stored = web.store().ask(|reply| Query::Write { word, value, reply }).await;
                stored.map_err(|error| error.to_string())
            })
            .matches("faults/web.txt")
            .await?;
        Ok(())
    }
}
