//! The complete program around the tree of the README: `cargo run --example shop`.
//!
//! It starts the shop, lets a customer in, prints the state of the tree, and shuts down.
//!
//! How to test it: `cargo test --example shop`. The tests are at the end of this file.

#![allow(missing_debug_implementations, reason = "the shop's types are never printed")]
#![allow(clippy::unused_async, reason = "these functions stand for calls to a real database")]

use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

// The part between the two marker lines is the code in the README. A test compares them.
// ----- README -----
use supervisor::prelude::*;
use tokio::net::TcpStream;

supervision_tree! {
    /// The shop's services.
    pub Shop(config: &Config): one_for_all(max_restarts = 5, restart_window = 60s, shutdown_within = 30s) {
        db: Database = Database::new(&config.url),
        sub: one_for_one {
            worker: Always,                              // runs `async fn worker`, below
            mailer: Transient<Mailer>(backoff = 100ms..10s) = Mailer::new(db),
        },
        sessions: simple_one_for_one(max_children = 10_000) {
            session: Temporary<Session>,                 // the template of a pool
        },
    }
}

/// A child with a mailbox. The value is its recipe: each life is one call of `run`.
#[derive(Child)]
#[child(restart = Transient, shutdown = 10s, message = Query, mailbox = 256)]
pub struct Database {
    url: String,
}

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        let mut db = connect(&self.url).await?; // an error or a panic: restarted by policy
        while let Some(query) = ctx.recv().await {
            // `None`: shutdown was requested
            db.answer(query).await?;
        }
        db.close().await
    }
}

/// A child that owns a socket. A socket cannot be made again, so `run` takes the value: one life.
#[derive(Child)]
#[child(restart = Temporary, once)]
pub struct Session {
    socket: TcpStream,
}

impl WorkerOnce for Session {
    async fn run(self, _ctx: Context) -> ChildResult {
        serve(self.socket).await
    }
}

/// A function is a child too.
async fn worker(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

async fn run_the_shop(config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    let shop = Shop::start(config).await?;
    shop.db().send(Query::new("select 1")).await?; // typed; the same address after every restart
    let socket = TcpStream::connect(config.customer).await?;
    shop.sessions().add_worker_with(Session { socket }).await?;
    println!("{}", shop.supervisor().snapshot().await?); // the tree, as it stands
    shop.supervisor().shutdown().await?;
    Ok(())
}
// ----- README -----

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let door = TcpListener::bind(("127.0.0.1", 0)).await?;
    let config = Config { url: "memory:".to_owned(), customer: door.local_addr()? };
    run_the_shop(&config).await
}

/// The configuration of the shop.
pub struct Config {
    url: String,
    customer: SocketAddr,
}

/// A query to the database.
pub struct Query(String);

impl Query {
    fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Stands for a connection to a real database.
struct Connection;

async fn connect(_url: &str) -> io::Result<Connection> {
    Ok(Connection)
}

impl Connection {
    async fn answer(&mut self, query: Query) -> io::Result<()> {
        println!("answered: {}", query.0);
        Ok(())
    }

    async fn close(self) -> ChildResult {
        Ok(())
    }
}

async fn serve(mut socket: TcpStream) -> ChildResult {
    let mut line = [0; 64];
    while socket.read(&mut line).await? > 0 {}
    Ok(())
}

impl Database {
    fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }
}

/// Queries the database for recipients, and would then send mail to them.
#[derive(Child)]
pub struct Mailer {
    db: ChildRef<Query>,
}

impl Mailer {
    fn new(db: ChildRef<Query>) -> Self {
        Self { db }
    }
}

impl Worker for Mailer {
    async fn run(&self, ctx: Context) -> ChildResult {
        self.db.send(Query::new("who gets mail?")).await?;
        ctx.shutdown_requested().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use supervisor::testing::{self, Fault, MatrixFailure};

    use super::*;

    /// Each fault of each child, also while a sibling restarts and while the shop closes. What
    /// follows from each is in the table `faults/shop.txt`.
    #[tokio::test(start_paused = true)]
    async fn the_shop_survives_every_fault() -> Result<(), MatrixFailure> {
        let customer = SocketAddr::from(([127, 0, 0, 1], 9));
        let config = Config { url: "memory:".to_owned(), customer };
        let report = testing::fault_matrix(|| Shop::tree(&config))
            .check(async |shop: &Shop, case| {
                // A database that returns `Ok(())` has finished: it is `Transient`.
                if case.path == "db" && case.fault == Fault::Ok {
                    return Ok(());
                }
                shop.db().send(Query::new("select 1")).await
            })
            .matches("faults/shop.txt")
            .await?;
        println!("{report}");
        Ok(())
    }
}
