//! The handle of shards.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::life::gate::Gate;
use crate::supervisor::Supervisor;
use crate::tree::{entry_of_hash, stable_hash};

/// The handle of the shards of a declared tree: of a supervisor with
/// [`lease` and `shards`](crate::supervision_tree#shards-many-leases-spread-evenly).
///
/// Each shard has a handle, whether it runs in this replica or not: the addresses of a shard that does not
/// answer [`NotRunning`](crate::messages::SendError::NotRunning) at once. A shard begins and ends to run here
/// at any moment, as replicas join and leave.
///
/// ```
/// # #[cfg(all(feature = "macros", feature = "test-util"))] mod shop {
/// use std::time::Duration;
/// use supervisor::prelude::*;
/// use supervisor::testing::{MemoryLeases, MemoryReplica};
///
/// supervision_tree! {
///     pub Shop(leases: &MemoryReplica): one_for_one {
///         jobs: one_for_one(lease = "jobs", shards = 8) with leases {
///             work: Always = move |ctx| work(ctx, shard),
///         },
///     }
/// }
///
/// async fn work(ctx: Context, shard: usize) -> ChildResult {
///     println!("shard {shard} runs here");
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
///
/// # pub async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let leases = MemoryLeases::new();
/// let (one, other) = (leases.replica(), leases.replica());
/// let (one, other) = (Shop::start(&one).await?, Shop::start(&other).await?);
/// tokio::time::sleep(Duration::from_secs(10)).await;
/// assert_eq!(one.jobs().running().count(), 4);
/// assert_eq!(other.jobs().running().count(), 4);
///
/// let work = one.jobs().of_bytes("ada").work(); // may run here, or there
/// assert_eq!(work.path(), "jobs/3/leader/work");
/// # one.supervisor().shutdown().await?;
/// # other.supervisor().shutdown().await?;
/// # Ok(())
/// # }
/// # }
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// # #[cfg(all(feature = "macros", feature = "test-util"))]
/// # shop::run().await.unwrap();
/// # }
/// ```
pub struct Sharded<H> {
    supervisor: Supervisor,
    shards: Arc<[H]>,
    /// The gates before the children of the shards, each in use while they run.
    gates: Arc<[Arc<Gate>]>,
}

impl<H> Sharded<H> {
    pub(super) fn new(supervisor: Supervisor, shards: Vec<H>, gates: Arc<[Arc<Gate>]>) -> Self {
        Self { supervisor, shards: shards.into(), gates }
    }

    /// Returns the supervisor of the shards.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// Returns the handles of all shards, in the order of their numbers.
    #[must_use]
    pub fn shards(&self) -> &[H] {
        &self.shards
    }

    /// Returns the shard that this key belongs to, whether it runs in this replica or not: the one with
    /// the number [`stable_hash`](crate::pool::stable_hash)`(key) % shards`.
    ///
    /// All replicas agree on it, as long as they have the same number of shards.
    #[must_use]
    pub fn of_bytes(&self, key: impl AsRef<[u8]>) -> &H {
        self.of_hash(stable_hash(key.as_ref()))
    }

    /// Returns the shard with the number `hash % shards`, whether it runs in this replica or not.
    ///
    /// The hash has to be the same in all replicas, as those of the standard library are not; a key that is a
    /// number may stand for itself.
    #[must_use]
    pub fn of_hash(&self, hash: u64) -> &H {
        entry_of_hash(&self.shards, hash)
    }

    /// Returns the shards whose children run in this replica at this moment, with their numbers. The
    /// answer may be out of date when it is used.
    pub fn running(&self) -> impl Iterator<Item = (usize, &H)> {
        let shards = self.shards.iter().enumerate().zip(self.gates.iter());
        shards.filter(|(_, gate)| gate.is_in_use()).map(|(shard, _)| shard)
    }
}

impl<H> AsRef<Supervisor> for Sharded<H> {
    fn as_ref(&self) -> &Supervisor {
        &self.supervisor
    }
}

#[doc(hidden)]
impl<H> Deref for Sharded<H> {
    type Target = Supervisor;

    fn deref(&self) -> &Supervisor {
        &self.supervisor
    }
}

impl<H> Clone for Sharded<H> {
    fn clone(&self) -> Self {
        let (shards, gates) = (Arc::clone(&self.shards), Arc::clone(&self.gates));
        Self { supervisor: self.supervisor.clone(), shards, gates }
    }
}

impl<H> fmt::Debug for Sharded<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sharded")
            .field("supervisor", &self.supervisor)
            .field("shards", &self.shards.len())
            .finish_non_exhaustive()
    }
}
