//! A client that says exactly what it is told to, and a tree to be asked about.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::net::SocketAddr;
use std::time::Duration;

use supervisor::lease::{Leases, Singleton};
use supervisor::prelude::*;
use supervisor_web::Web;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The limit of each wait.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Waits for something, and says what it was if it does not come.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(LIMIT, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Waits until a condition holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    within(what, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends bytes on a connection of their own, and returns all that comes back.
pub(crate) async fn say(to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = within("a connection", TcpStream::connect(to)).await.expect("it connects");
    // The server may have refused before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = within("the end of the answer", stream.read_to_end(&mut answer)).await;
    answer
}

/// Makes a request with these header lines and this body.
pub(crate) async fn ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let host = if headers.contains("host:") { String::new() } else { format!("host: {to}\r\n") };
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{host}connection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    let answer = String::from_utf8(say(to, request.as_bytes()).await).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no status in {answer:?}"));
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

pub(crate) async fn get(to: SocketAddr, path: &str) -> Answer {
    ask(to, "GET", path, "", "").await
}

/// A stream of events that is being read.
pub(crate) struct Stream(TcpStream, String);

impl Stream {
    pub(crate) async fn open(to: SocketAddr, headers: &str) -> Self {
        let mut stream = within("a connection", TcpStream::connect(to)).await.expect("it connects");
        let request = format!("GET /api/events HTTP/1.1\r\nhost: {to}\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        Self(stream, String::new())
    }

    /// Reads until this text has come, and returns all that has come.
    pub(crate) async fn until(&mut self, text: &str) -> &str {
        let Self(stream, seen) = self;
        let reading = async {
            let mut bytes = vec![0; 1 << 16];
            let mut searched = 0;
            // What was searched is not searched again.
            while !seen.get(searched..).unwrap_or(seen).contains(text) {
                searched = seen.len().saturating_sub(text.len() + 4);
                let count = stream.read(&mut bytes).await.expect("it is read");
                assert!(count > 0, "the stream ended without `{text}`: {seen}");
                seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        };
        let found = tokio::time::timeout(LIMIT, reading).await;
        assert!(found.is_ok(), "waited in vain for `{text}` in {}", self.1);
        &self.1
    }

    /// Reads to the end of the stream.
    pub(crate) async fn end(mut self) -> String {
        let mut rest = Vec::new();
        within("the end of the stream", self.0.read_to_end(&mut rest)).await.expect("it ends");
        self.1.push_str(&String::from_utf8_lossy(&rest));
        self.1
    }
}

/// Returns a socket that listens on this machine, and its address.
pub(crate) fn socket() -> (std::net::TcpListener, SocketAddr) {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = socket.local_addr().expect("it has an address");
    (socket, address)
}

/// A child that runs until it is asked to stop.
pub(crate) fn waits(name: &str) -> ChildSpec<supervisor::specs::Ready<ChildRef>> {
    ChildSpec::new(name).with_task(async |ctx: Context| {
        ctx.shutdown_requested().await;
        Ok(())
    })
}

/// A child with a child `cron` that runs only while this replica holds a lease, of three seconds.
pub(crate) fn singleton(
    name: &str,
    lease: &str,
    leases: impl Leases,
) -> ChildSpec<supervisor::specs::Ready<Supervisor>> {
    let singleton = Singleton::new(lease, leases)
        .with_ttl(Duration::from_secs(3))
        .with_renew(Duration::from_millis(200))
        .build(|_| {
            let cron = waits("cron").with_shutdown(Duration::from_secs(1));
            Supervisor::new().with_kill_grace(Duration::from_millis(200)).with_child(cron)
        });
    ChildSpec::new(name).with_supervisor(singleton)
}

/// Starts a tree with a page, and returns the address of the page.
pub(crate) async fn start(change: impl FnOnce(Web) -> Web) -> (Supervisor, SocketAddr) {
    let (socket, address) = socket();
    let inner = Supervisor::new()
        .with_max_restarts(1_000_000)
        .with_child(waits("db").with_histograms(true))
        .build();
    let supervisor = Supervisor::new()
        .with_child(ChildSpec::new("admin").with_worker(change(Web::on(socket))))
        .with_child(ChildSpec::new("inner").with_supervisor(inner))
        .build();
    within("the start", supervisor.start()).await.expect("it starts");
    (supervisor, address)
}
