//! A connection to a PostgreSQL server.

use supervisor::prelude::*;
use supervisor::tasks::SpawnedTask;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::{Query, sql};
use crate::order::{Found, Name, Order, Placed, Totals};

/// Returns whether the tables are there, with the index.
const HAS_TABLES: &str = "
    SELECT to_regclass('orders') IS NOT NULL
       AND to_regclass('to_ship') IS NOT NULL
       AND to_regclass('stock') IS NOT NULL";

/// Lets one replica at a time make the tables, until the end of its transaction. The number stands for
/// this service, and for nothing else in the database.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7239001)";

pub(super) struct Postgres {
    client: Client,
    /// The task that drives the connection. It belongs to the life of the child, and ends with it.
    connection: SpawnedTask<Result<(), Error>>,
}

impl Postgres {
    pub(super) async fn connect(config: &Config, ctx: &Context<Query>) -> Result<Self, ChildError> {
        // Across a network that others can read, `tokio-postgres-rustls` takes the place of `NoTls`.
        let (client, connection) = config.connect(NoTls).await?;
        let connection = ctx.spawn(connection);
        let mut postgres = Self { client, connection };
        postgres.make_tables().await?;
        postgres.client.batch_execute(sql::TRY).await?;
        Ok(postgres)
    }

    /// Makes the tables, if they are missing. `IF NOT EXISTS` alone is not enough: two replicas that make
    /// a table at once fail, and an index is locked against writers even where it exists.
    async fn make_tables(&mut self) -> Result<(), Error> {
        if self.client.query_one(HAS_TABLES, &[]).await?.try_get(0)? {
            return Ok(());
        }
        let transaction = self.client.transaction().await?;
        transaction.batch_execute(LOCK).await?;
        transaction.batch_execute(sql::TABLES).await?;
        transaction.commit().await
    }

    pub(super) async fn lost(&mut self) -> ChildError {
        match (&mut self.connection).await {
            Some(Err(error)) => error.into(),
            Some(Ok(())) | None => "the server has closed the connection".into(),
        }
    }

    pub(super) async fn place(&self, name: &Name, order: &Order) -> Result<Placed, Error> {
        let (item, quantity) = (order.item.as_str(), order.quantity.get());
        let placed = self.client.execute(sql::PLACE, &[&name.as_str(), &item, &quantity]).await?;
        if placed == 1 {
            return Ok(Placed::New);
        }
        let found = self.find(name).await?;
        Ok(if found.is_some_and(|found| found.is_of(order)) {
            Placed::Again
        } else {
            Placed::Different
        })
    }

    pub(super) async fn find(&self, name: &Name) -> Result<Option<Found>, Error> {
        let row = self.client.query_opt(sql::FIND, &[&name.as_str()]).await?;
        let found = row.map(|row| {
            Ok(Found { item: row.try_get(0)?, quantity: row.try_get(1)?, shipped: row.try_get(2)? })
        });
        found.transpose()
    }

    pub(super) async fn ship(&mut self) -> Result<Option<String>, Error> {
        // A transaction that is dropped before it is committed is rolled back.
        let transaction = self.client.transaction().await?;
        let Some(row) = transaction.query_opt(sql::SHIP, &[]).await? else { return Ok(None) };
        let (name, item, quantity): (String, String, i64) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        transaction.execute(sql::COUNT, &[&item, &quantity]).await?;
        transaction.commit().await?;
        Ok(Some(name))
    }

    pub(super) async fn totals(&self) -> Result<Totals, Error> {
        let row = self.client.query_one(sql::TOTALS, &[]).await?;
        Ok(Totals {
            orders: row.try_get(0)?,
            shipped: row.try_get(1)?,
            pieces_ordered: row.try_get(2)?,
            pieces_shipped: row.try_get(3)?,
        })
    }
}
