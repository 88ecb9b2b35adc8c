//! The check of a fence in a transaction.

use std::error::Error;
use std::fmt;
use std::future::Future;

use supervisor::lease::{Fence, NoLease};
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

use crate::statements::CHECK;

/// The check of a fence in a transaction of the same database.
pub trait CheckFence {
    /// Checks that this replica holds the lease, keeps any other replica from acquiring it until the
    /// transaction ends, and returns the number of the acquisition.
    ///
    /// So the transaction commits before the lease changes hands, or not at all, even if the process
    /// is paused in the middle of it. Check first, then write:
    ///
    /// ```no_run
    /// use supervisor::lease::Fence;
    /// use supervisor_postgres::CheckFence;
    /// use tokio_postgres::Client;
    ///
    /// # type Error = Box<dyn std::error::Error + Send + Sync>;
    /// async fn bill(client: &mut Client, fence: &Fence, order: i64) -> Result<(), Error> {
    ///     let transaction = client.transaction().await?;
    ///     fence.check(&transaction).await?;
    ///     transaction.execute("INSERT INTO bills VALUES ($1)", &[&order]).await?;
    ///     transaction.commit().await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// The check locks the lease's row `FOR KEY SHARE`, for which renewals do not wait. The database
    /// user needs `GRANT SELECT, UPDATE ON supervisor_leases`, and the table in the search path. With
    /// a client other than `tokio-postgres`, execute [`check_statement`] and compare the fence.
    ///
    /// A replica that is paused within such a transaction keeps the lease from others until the
    /// server ends its session: set `idle_in_transaction_session_timeout` for these connections, and
    /// keep the transactions short.
    ///
    /// # Errors
    ///
    /// [`FenceError`]. The transaction must not be committed then.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a transaction that is dropped is rolled back.
    fn check(
        &self,
        transaction: &Transaction<'_>,
    ) -> impl Future<Output = Result<u64, FenceError>> + Send;
}

impl CheckFence for Fence {
    async fn check(&self, transaction: &Transaction<'_>) -> Result<u64, FenceError> {
        let number = self.number().map_err(FenceError::NoLease)?;
        let lease = self.lease();
        let row = transaction.query_typed_opt(CHECK, &[(&lease, Type::TEXT)]).await;
        let found = match row.map_err(FenceError::Database)? {
            None => None,
            Some(row) => {
                let fence: i64 = row.try_get("fence").map_err(FenceError::Database)?;
                let held: bool = row.try_get("held").map_err(FenceError::Database)?;
                held.then_some(fence.unsigned_abs())
            }
        };
        if found == Some(number) {
            return Ok(number);
        }
        Err(FenceError::Stale { lease: lease.to_owned(), number, found })
    }
}

/// Returns the statement of [`CheckFence::check`], for transactions of other clients: its parameter is the
/// name of the lease, and its columns are `fence`, to be compared with [`Fence::number`], and `held`, which
/// has to be true.
#[must_use]
pub const fn check_statement() -> &'static str {
    CHECK
}

/// The error of [`CheckFence::check`].
#[derive(Debug)]
#[non_exhaustive]
pub enum FenceError {
    /// This replica knows that it does not hold the lease.
    NoLease(NoLease),
    /// This replica does not hold the lease any more, and has not noticed.
    #[non_exhaustive]
    Stale {
        /// The name of the lease.
        lease: String,
        /// The number of the acquisition that the replica relies on.
        number: u64,
        /// The number of the present acquisition; `None` if nobody holds the lease.
        found: Option<u64>,
    },
    /// The database has refused the check, or is away.
    Database(tokio_postgres::Error),
}

impl fmt::Display for FenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLease(error) => error.fmt(f),
            Self::Stale { lease, number, found: Some(found) } => write!(
                f,
                "fence {number} of the lease `{lease}` is stale: the lease has fence {found} by now"
            ),
            Self::Stale { lease, number, found: None } => {
                write!(f, "fence {number} of the lease `{lease}` is stale: nobody holds the lease")
            }
            Self::Database(error) => match error.as_db_error() {
                Some(said) => write!(f, "the fence was not checked: {}", said.message()),
                None => write!(f, "the fence was not checked: {error}"),
            },
        }
    }
}

impl Error for FenceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoLease(error) => Some(error),
            Self::Database(error) => Some(error),
            Self::Stale { .. } => None,
        }
    }
}
