//! A tree for a database that may be away: the one on the guide's page `dependency_away`, which a
//! test compares with this file.

#![expect(clippy::doc_markdown, reason = "PostgreSQL and PgBouncer are names")]

pub mod fence;
pub mod pooler;
pub mod server;

// The guide shows the lines from here on.
use std::pin::pin;
use std::time::Duration;

use supervisor::prelude::*;
use tokio_postgres::{Client, NoTls};

supervision_tree! {
    /// A shop whose database may be away.
    pub Shop(database: &str): one_for_one {
        // Tried until it is up; nobody waits for it, and the tree is not ready meanwhile.
        db: Database(start = retry, start_timeout = 5s, backoff = 100ms..1s) = Database::new(database),
        orders: Orders = Orders::new(db.clone()),
    }
}

/// An order to be booked once.
#[derive(Debug)]
pub struct Book {
    /// The number by which the database knows the order.
    pub number: i64,
    /// Answered when the order is booked.
    pub booked: Reply<()>,
}

/// The connection to the database. Each life is one connection.
#[derive(Child, Debug)]
#[child(message = Book)]
pub struct Database {
    url: String,
}

impl Database {
    fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }
}

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Book>) -> ChildResult {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        let mut connection = pin!(connection);
        ctx.ready();
        loop {
            let Book { number, booked } = tokio::select! {
                end = &mut connection => return Err(lost(end)),
                book = ctx.recv() => match book {
                    Some(book) => book,
                    None => return Ok(()),
                },
            };
            tokio::select! {
                end = &mut connection => return Err(lost(end)),
                done = book(&client, number) => done?,
            };
            let _ = booked.send(());
        }
    }
}

/// Books an order once, however often it is tried: the number decides.
async fn book(client: &Client, number: i64) -> Result<u64, tokio_postgres::Error> {
    let statement =
        "WITH new AS (INSERT INTO booked VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1)
                     UPDATE total SET orders = orders + (SELECT count(*) FROM new)";
    client.execute(statement, &[&number]).await
}

fn lost(end: Result<(), tokio_postgres::Error>) -> ChildError {
    match end {
        Ok(()) => "the server has closed the connection".into(),
        Err(error) => error.into(),
    }
}

/// Has each order booked, and tries again while the database is away. Orders wait in the mailbox.
#[derive(Child, Debug)]
#[child(message = i64, mailbox = 10_000, shutdown = 10s)]
pub struct Orders {
    db: ChildRef<Book>,
}

impl Orders {
    fn new(db: ChildRef<Book>) -> Self {
        Self { db }
    }
}

impl Worker for Orders {
    async fn run(&self, mut ctx: Context<i64>) -> ChildResult {
        while let Some(number) = ctx.recv().await {
            // The address of the database survives its restarts. A request that waits is answered
            // by the next connection; the one in hand when the connection is lost has no answer.
            while self.db.ask(|booked| Book { number, booked }).await.is_err() {
                if ctx.is_shutdown_requested() {
                    return Err(format!("order {number} is not booked").into());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }
}
// The guide shows the lines up to here.
