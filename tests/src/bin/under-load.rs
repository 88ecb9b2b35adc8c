//! A server under `supervisor::run`, for a test of its stop under load.
//!
//! It answers `pong` to each line, after a moment, and to whom connects to the probe whether it is
//! ready. It drains for as many milliseconds as the first argument says, and prints its two ports.

use std::io;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use supervisor::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

supervision_tree! {
    Server: one_for_one(max_restarts = 0) {
        probe: Always,
        clients: simple_one_for_one {
            client: Temporary<Client>(shutdown = 2s),
        },
        listener: Listener = Listener { clients },
    }
}

static TREE: OnceLock<Supervisor> = OnceLock::new();

#[tokio::main]
async fn main() -> ExitCode {
    let drain = std::env::args().nth(1).and_then(|time| time.parse().ok()).expect("a time in ms");
    let tree = Server::tree();
    let supervisor = tree.handle().supervisor().clone();
    assert!(TREE.set(supervisor).is_ok(), "it is set once");
    supervisor::run(tree).drain(Duration::from_millis(drain)).await
}

/// Tells whoever connects whether the tree is ready.
async fn probe(ctx: Context) -> ChildResult {
    let listener = listen("probe").await?;
    let requested = ctx.shutdown_requested();
    let answers = async {
        loop {
            let (mut socket, _) = listener.accept().await?;
            let ready = match TREE.get() {
                Some(tree) => tree.health().await.ready,
                None => false,
            };
            // A client that is gone needs no answer.
            let _ = socket.write_all(if ready { b"ready\n" } else { b"not ready\n" }).await;
        }
    };
    tokio::select! {
        () = requested => Ok(()),
        failed = answers => failed,
    }
}

#[derive(Child)]
struct Listener {
    clients: Pool<Client>,
}

impl Worker for Listener {
    async fn run(&self, ctx: Context) -> ChildResult {
        let listener = listen("listening").await?;
        loop {
            let socket = tokio::select! {
                () = ctx.shutdown_requested() => return Ok(()),
                accepted = listener.accept() => accepted?.0,
            };
            self.clients.add_worker_with(Client { socket }).await?;
        }
    }
}

#[expect(clippy::print_stdout, reason = "what the test reads")]
async fn listen(what: &str) -> io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{what} on {}", listener.local_addr()?.port());
    Ok(listener)
}

/// A connection, which ends between two requests when it is to stop.
#[derive(Child)]
#[child(restart = Temporary, once)]
struct Client {
    socket: TcpStream,
}

impl WorkerOnce for Client {
    async fn run(self, ctx: Context) -> ChildResult {
        self.socket.set_nodelay(true)?;
        let mut socket = BufReader::new(self.socket);
        let mut line = String::new();
        loop {
            line.clear();
            tokio::select! {
                () = ctx.shutdown_requested() => return Ok(()),
                read = socket.read_line(&mut line) => if read? == 0 { return Ok(()) },
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
            socket.write_all(b"pong\n").await?;
        }
    }
}
