//! Shards: many leases, spread evenly over the replicas.

mod balancer;
mod builder;
mod sharded;
mod share;

pub use self::builder::ShardsBuilder;
pub use self::sharded::Sharded;
use super::fence::Fence;
use super::leases::Leases;
use super::singleton::Singleton;
use crate::supervisor::Supervisor;
use crate::tree::SupervisorBuilder;

impl<L: Leases> Singleton<L> {
    /// Builds a supervisor of shards: `shards` leases instead of one, named `billing/0`, `billing/1` and so
    /// on, which the replicas share evenly. Each replica runs the children of the shards that it holds.
    /// The function declares the children of one shard; it gets the shard's number and its fence.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::lease::{Fence, Singleton};
    /// use supervisor::prelude::*;
    /// use supervisor::testing::MemoryLeases;
    ///
    /// async fn work(ctx: Context, shard: usize, fence: Fence) -> ChildResult {
    ///     println!("shard {shard} runs here, with fence {}", fence.number()?);
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// }
    ///
    /// let leases = MemoryLeases::new(); // in a service: PostgreSQL or etcd
    /// let jobs = |leases| {
    ///     Singleton::new("jobs", leases).build_shards(8, |shard, fence| {
    ///         let work = move |ctx| work(ctx, shard, fence.clone());
    ///         Supervisor::new().with_child(ChildSpec::new("work").with_task(work))
    ///     })
    /// };
    /// let (one, other) = (jobs(leases.replica()), jobs(leases.replica()));
    /// one.start().await?;
    /// other.start().await?;
    /// tokio::time::sleep(std::time::Duration::from_secs(10)).await; // four run here, and four there
    /// # for root in [&one, &other] {
    /// #     let tree = root.snapshot().await?;
    /// #     assert_eq!(tree.to_string().matches("work [Always] running").count(), 4, "{tree}");
    /// # }
    /// # one.shutdown().await?;
    /// # other.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # How shards move
    ///
    /// Each replica takes part with a lease of its own, `billing/member/0` and so on, and reads every
    /// `renew` which leases are held. All replicas have the same number of shards, or one more than others.
    /// When a replica joins, the others notice it within `renew`, and each gives up what exceeds its
    /// share, in order: children end, then the lease is released. When one leaves by a graceful shutdown,
    /// the others take over its shards as they are released; when it crashes, within `ttl` and `renew`.
    /// No more shards move than that takes.
    ///
    /// That a shard runs in one replica only is promised by its own lease, as for [`build`](Self::build). The
    /// members decide nothing but who asks for which lease.
    ///
    /// Each lease is renewed by a request of its own: 64 shards that are renewed every 5 seconds are 13
    /// requests a second for the engine, however many replicas there are.
    ///
    /// # The tree
    ///
    /// Each shard is a child, `0`, `1` and so on, with its `lease` and its `leader`; `balancer` spreads
    /// them. The shards stop at the same time. A shard whose children fail is restarted with a limit
    /// of its own, the default one, and does not affect the others. [`with_shutdown`](Self::with_shutdown)
    /// holds for each shard.
    ///
    /// To find the shard of a key, use [`stable_hash`](crate::pool::stable_hash)`(key) % shards`. An
    /// address below a shard that runs elsewhere answers
    /// [`NotRunning`](crate::messages::SendError::NotRunning). The function can keep the addresses of what it
    /// declares; the handle of a declared tree has them as a [`Sharded`].
    ///
    /// # Errors of the start
    ///
    /// Those of [`build`](Self::build), and [`InvalidSpec`](crate::SupervisorError::InvalidSpec) for zero
    /// shards, for more than 1024, and for children with
    /// [`auto_shutdown`](SupervisorBuilder::with_auto_shutdown): a shard whose work is done would be started
    /// again. An engine that does not implement [`Leases::held`] leaves all shards on standby, and the
    /// `balancer` degraded.
    pub fn build_shards(
        self,
        shards: usize,
        mut children: impl FnMut(usize, Fence) -> SupervisorBuilder,
    ) -> Supervisor {
        let mut builder = self.into_shards(shards);
        while let Some((shard, singleton)) = builder.next_shard() {
            let children = children(shard, singleton.fence());
            builder.add(singleton.build_children(children), ());
        }
        builder.build().supervisor().clone()
    }
}
