//! The database as a child: each of its lives is one connection.

mod postgres;
mod sqlite;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use supervisor::prelude::*;
use tokio::time::timeout;

use self::postgres::Postgres;
use self::sqlite::Sqlite;
use crate::order::{Found, Name, Order, Placed, Totals};

/// The time after which a connection counts as lost when a statement has no answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request to the database.
#[derive(Debug)]
pub enum Query {
    /// Stores an order, once.
    Place {
        /// The order's name.
        name: Name,
        /// The order.
        order: Order,
        /// Answered when the order is stored.
        reply: Reply<Placed>,
    },
    /// Finds an order.
    Find {
        /// The order's name.
        name: Name,
        /// Answered with the order, if there is one.
        reply: Reply<Option<Found>>,
    },
    /// Ships an order that has not been shipped.
    Ship {
        /// Answered with the name of the order, or `None` if all have been shipped.
        reply: Reply<Option<String>>,
    },
    /// Adds up all orders.
    Totals {
        /// Answered with the sums.
        reply: Reply<Totals>,
    },
}

impl Query {
    /// Returns whether nobody waits for the answer any more. Shipping is worth doing all the same.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Place { reply, .. } => reply.is_closed(),
            Self::Find { reply, .. } => reply.is_closed(),
            Self::Totals { reply } => reply.is_closed(),
            Self::Ship { .. } => false,
        }
    }
}

/// The address of the database.
#[derive(Clone, Debug)]
pub enum Address {
    /// A PostgreSQL server.
    Postgres(Box<tokio_postgres::Config>),
    /// An SQLite file.
    Sqlite(PathBuf),
}

impl FromStr for Address {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(path.into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let config = url.parse().map_err(|error: tokio_postgres::Error| error.to_string())?;
            return Ok(Self::Postgres(Box::new(config)));
        }
        // The error does not repeat the text, which may contain a password.
        Err("it is neither `postgres://…` nor `sqlite:PATH`".to_owned())
    }
}

/// The connection to the database.
///
/// It never reconnects by itself: when the connection is lost, the life ends with the reason, and the
/// supervisor begins the next one. So the state of this child is always that of its connection. The
/// next life answers the requests that wait in the mailbox meanwhile.
///
/// A life is ready when the database has stored something for it. One that accepts connections and fails at
/// the statements, as a read-only one or one with a full disk does, is a start that fails, again and again:
/// the tree is not ready until it works, and says why.
#[derive(Child, Debug)]
#[child(message = Query, mailbox = 1_000)]
pub struct Database {
    address: Address,
}

impl Database {
    /// Creates the child for the database at this address.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self { address }
    }
}

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        let mut store = match &self.address {
            Address::Postgres(config) => Store::Postgres(Postgres::connect(config, &ctx).await?),
            Address::Sqlite(path) => Store::Sqlite(Sqlite::open(path.clone()).await?),
        };
        ctx.ready();
        loop {
            let query = tokio::select! {
                lost = store.lost() => return Err(lost),
                query = ctx.recv() => query,
            };
            let Some(query) = query else { return Ok(()) };
            if query.is_abandoned() {
                continue; // an overload ends when its clients have given up
            }
            let answered = timeout(PATIENCE, store.answer(query)).await;
            answered.map_err(|_| "the database does not answer")??;
        }
    }
}

/// An open connection.
enum Store {
    Postgres(Postgres),
    Sqlite(Sqlite),
}

impl Store {
    /// Answers a request. If the caller stops waiting meanwhile, the request is carried out nevertheless.
    async fn answer(&mut self, query: Query) -> ChildResult {
        match query {
            Query::Place { name, order, reply } => {
                let placed = match self {
                    Self::Postgres(postgres) => postgres.place(&name, &order).await?,
                    Self::Sqlite(sqlite) => sqlite.place(name, order).await?,
                };
                let _ = reply.send(placed);
            }
            Query::Find { name, reply } => {
                let found = match self {
                    Self::Postgres(postgres) => postgres.find(&name).await?,
                    Self::Sqlite(sqlite) => sqlite.find(name).await?,
                };
                let _ = reply.send(found);
            }
            Query::Ship { reply } => {
                let shipped = match self {
                    Self::Postgres(postgres) => postgres.ship().await?,
                    Self::Sqlite(sqlite) => sqlite.ship().await?,
                };
                let _ = reply.send(shipped);
            }
            Query::Totals { reply } => {
                let totals = match self {
                    Self::Postgres(postgres) => postgres.totals().await?,
                    Self::Sqlite(sqlite) => sqlite.totals().await?,
                };
                let _ = reply.send(totals);
            }
        }
        Ok(())
    }

    /// Waits until the connection is lost, and returns the reason.
    async fn lost(&mut self) -> ChildError {
        match self {
            Self::Postgres(postgres) => postgres.lost().await,
            Self::Sqlite(_) => std::future::pending().await, // a file is not lost
        }
    }
}

/// The statements, which PostgreSQL and SQLite both accept.
mod sql {
    pub(super) const TABLES: &str = "
        CREATE TABLE IF NOT EXISTS orders (
            name TEXT PRIMARY KEY,
            item TEXT NOT NULL,
            quantity BIGINT NOT NULL,
            placed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
            shipped BOOLEAN NOT NULL DEFAULT FALSE
        );
        CREATE INDEX IF NOT EXISTS to_ship ON orders (placed) WHERE NOT shipped;
        CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, shipped BIGINT NOT NULL);";

    /// Stores an order and takes it back: what the database says if it is read-only, or its disk is full. No
    /// client can send this name, and no replica sees the order.
    pub(super) const TRY: &str = "
        BEGIN;
        INSERT INTO orders (name, item, quantity) VALUES ('', '', 1);
        DELETE FROM orders WHERE name = '';
        COMMIT;";

    pub(super) const PLACE: &str =
        "INSERT INTO orders (name, item, quantity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

    pub(super) const FIND: &str = "SELECT item, quantity, shipped FROM orders WHERE name = $1";

    /// Marks an order as shipped. Of two replicas that choose the same one, the second finds the mark of
    /// the first.
    pub(super) const SHIP: &str = "
        UPDATE orders SET shipped = TRUE
        WHERE NOT shipped
          AND name = (SELECT name FROM orders WHERE NOT shipped ORDER BY placed LIMIT 1)
        RETURNING name, item, quantity";

    /// Ships an order: in this example, it only counts the order in the stock. It is in the same
    /// transaction as the mark, so both happen or neither does.
    pub(super) const COUNT: &str = "
        INSERT INTO stock (item, shipped) VALUES ($1, $2)
        ON CONFLICT (item) DO UPDATE SET shipped = stock.shipped + excluded.shipped";

    pub(super) const TOTALS: &str = "
        SELECT count(*),
               count(*) FILTER (WHERE shipped),
               CAST(coalesce(sum(quantity), 0) AS BIGINT),
               (SELECT CAST(coalesce(sum(shipped), 0) AS BIGINT) FROM stock)
        FROM orders";
}
