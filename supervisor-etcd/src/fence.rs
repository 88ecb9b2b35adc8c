//! The fence as a condition of a transaction.

use std::error::Error;
use std::fmt;

use etcd_client::{
    Client, Compare, CompareOp, Error as ClientError, Txn, TxnOp, TxnOpResponse, TxnResponse,
};
use supervisor::lease::{Fence, NoLease};

use crate::leases::EtcdLeases;

impl EtcdLeases {
    /// Returns the condition that this replica holds the lease, for a transaction of the user's on the
    /// same cluster: that the lease's key is the one that the acquisition has created.
    ///
    /// A transaction with this condition is carried out before the lease changes hands, or not at all,
    /// even if the process was paused before it sent it. With other conditions:
    ///
    /// ```no_run
    /// use etcd_client::{Client, Compare, CompareOp, Txn, TxnOp};
    /// use supervisor::lease::Fence;
    /// use supervisor_etcd::EtcdLeases;
    ///
    /// # type Error = Box<dyn std::error::Error + Send + Sync>;
    /// async fn bill(client: &Client, leases: &EtcdLeases, fence: &Fence) -> Result<(), Error> {
    ///     let is_new = Compare::version("bills/7", CompareOp::Equal, 0);
    ///     let billed = Txn::new()
    ///         .when([leases.compare(fence)?, is_new])
    ///         .and_then([TxnOp::put("bills/7", "due", None)]);
    ///     if !client.kv_client().txn(billed).await?.succeeded() {
    ///         return Err("there is such a bill, or the fence is stale".into());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// **Look at [`succeeded`](TxnResponse::succeeded)**: a transaction whose conditions do not hold is no
    /// error. [`fenced_txn`](Self::fenced_txn) does, for transactions with no other condition. A client
    /// with a prefix of its own, such as `KvClientPrefix`, would prepend that to the lease's key.
    ///
    /// # Errors
    ///
    /// [`NoLease`] if this replica knows that it does not hold the lease.
    pub fn compare(&self, fence: &Fence) -> Result<Compare, NoLease> {
        // Revisions are positive `i64`; a number beyond them is that of no key.
        let number = i64::try_from(fence.number()?).unwrap_or(i64::MAX);
        Ok(Compare::create_revision(self.key(fence.lease()), CompareOp::Equal, number))
    }

    /// Carries out these operations in one transaction on the same cluster if this replica holds the
    /// lease, and none of them otherwise.
    ///
    /// ```no_run
    /// use etcd_client::{Client, TxnOp};
    /// use supervisor::lease::Fence;
    /// use supervisor_etcd::{EtcdLeases, FenceError};
    ///
    /// async fn bill(client: &Client, leases: &EtcdLeases, fence: &Fence) -> Result<(), FenceError> {
    ///     leases.fenced_txn(client, fence, [TxnOp::put("bills/7", "due", None)]).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`FenceError`]. With [`FenceError::Etcd`], the transaction may have been carried out.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the transaction may be carried out or not.
    pub async fn fenced_txn(
        &self,
        client: &Client,
        fence: &Fence,
        operations: impl Into<Vec<TxnOp>>,
    ) -> Result<TxnResponse, FenceError> {
        let number = fence.number().map_err(FenceError::NoLease)?;
        let is_held = self.compare(fence).map_err(FenceError::NoLease)?;
        let read = TxnOp::get(self.key(fence.lease()), None);
        let txn = Txn::new().when([is_held]).and_then(operations).or_else([read]);
        let answer = client.kv_client().txn(txn).await.map_err(FenceError::Etcd)?;
        if answer.succeeded() {
            return Ok(answer);
        }
        let found = answer.op_responses().into_iter().find_map(|read| match read {
            TxnOpResponse::Get(read) => {
                read.kvs().first().map(etcd_client::KeyValue::create_revision)
            }
            _ => None,
        });
        let found = found.map(i64::unsigned_abs);
        Err(FenceError::Stale { lease: fence.lease().to_owned(), number, found })
    }
}

/// The error of [`EtcdLeases::fenced_txn`].
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
    /// etcd has refused the transaction, or is away.
    Etcd(ClientError),
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
            Self::Etcd(ClientError::GRpcStatus(status)) => {
                write!(f, "the fence was not checked: {}", status.message())
            }
            Self::Etcd(error) => write!(f, "the fence was not checked: {error}"),
        }
    }
}

impl Error for FenceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoLease(error) => Some(error),
            Self::Etcd(error) => Some(error),
            Self::Stale { .. } => None,
        }
    }
}
