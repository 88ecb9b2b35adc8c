//! An SQLite file, for when there is no PostgreSQL.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use supervisor::prelude::*;
use tokio::task::spawn_blocking;

use super::sql;
use crate::order::{Found, Name, Order, Placed, Totals};

/// The time that a statement waits for the transaction of another connection.
const BUSY: Duration = Duration::from_secs(2);

/// A connection to the file. SQLite blocks its thread, so each call runs on tokio's blocking pool.
pub(super) struct Sqlite(Arc<Mutex<Connection>>);

impl Sqlite {
    pub(super) async fn open(path: PathBuf) -> Result<Self, ChildError> {
        let open = move || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.execute_batch(sql::TABLES)?;
            connection.execute_batch(sql::TRY)?;
            Ok(connection)
        };
        let connection = spawn_blocking(open).await??;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ChildError> {
        let connection = Arc::clone(&self.0);
        let call = move || call(&mut connection.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(spawn_blocking(call).await??)
    }

    pub(super) async fn place(&self, name: Name, order: Order) -> Result<Placed, ChildError> {
        self.call(move |connection| {
            let values = params![name.as_str(), order.item.as_str(), order.quantity.get()];
            if connection.execute(sql::PLACE, values)? == 1 {
                return Ok(Placed::New);
            }
            let found = find(connection, &name)?;
            Ok(if found.is_some_and(|found| found.is_of(&order)) {
                Placed::Again
            } else {
                Placed::Different
            })
        })
        .await
    }

    pub(super) async fn find(&self, name: Name) -> Result<Option<Found>, ChildError> {
        self.call(move |connection| find(connection, &name)).await
    }

    pub(super) async fn ship(&self) -> Result<Option<String>, ChildError> {
        self.call(|connection| {
            // A transaction that is dropped before it is committed is rolled back.
            let transaction = connection.transaction()?;
            let shipped = transaction
                .query_row(sql::SHIP, [], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
                })
                .optional()?;
            let Some((name, item, quantity)) = shipped else { return Ok(None) };
            transaction.execute(sql::COUNT, params![item, quantity])?;
            transaction.commit()?;
            Ok(Some(name))
        })
        .await
    }

    pub(super) async fn totals(&self) -> Result<Totals, ChildError> {
        self.call(|connection| {
            connection.query_row(sql::TOTALS, [], |row| {
                Ok(Totals {
                    orders: row.get(0)?,
                    shipped: row.get(1)?,
                    pieces_ordered: row.get(2)?,
                    pieces_shipped: row.get(3)?,
                })
            })
        })
        .await
    }
}

fn find(connection: &Connection, name: &Name) -> rusqlite::Result<Option<Found>> {
    let found = connection.query_row(sql::FIND, [name.as_str()], |row| {
        Ok(Found { item: row.get(0)?, quantity: row.get(1)?, shipped: row.get(2)? })
    });
    found.optional()
}
