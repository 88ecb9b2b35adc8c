//! A supervisor whose children run in one replica only.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use supervisor_rules::defaults;

use super::fence::Fence;
use super::keeper::Keeper;
use super::leases::Leases;
use super::permit::Permit;
use super::terms::Terms;
use super::watchdog::Overrun;
use crate::life::gate::Gate;
use crate::spec::{AutoShutdown, KEEPER, LEADER, RestartPolicy, Shutdown};
use crate::supervisor::Supervisor;
use crate::tree::{ChildSpec, SupervisorBuilder};

/// Builds a supervisor whose children run only while this replica holds a lease.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use supervisor::lease::{Fence, Singleton};
/// use supervisor::prelude::*;
/// use supervisor::testing::MemoryLeases;
///
/// async fn cron(ctx: Context, fence: Fence) -> ChildResult {
///     println!("this replica runs the jobs, with fence {}", fence.number()?);
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
///
/// let leases = MemoryLeases::new(); // in a service: PostgreSQL or etcd
/// let billing = Singleton::new("billing", leases.replica())
///     .with_ttl(Duration::from_secs(30))
///     .with_renew(Duration::from_secs(5))
///     .build(|fence| {
///         let cron = move |ctx| cron(ctx, fence.clone());
///         Supervisor::new().with_child(ChildSpec::new("cron").with_task(cron))
///     });
/// let shop =
///     Supervisor::new().with_child(ChildSpec::new("billing").with_supervisor(billing)).build();
/// shop.start().await?; // does not wait for the lease
/// # shop.shutdown().await?;
/// # Ok(())
/// # }
/// ```
///
/// The supervisor has two children. `lease` asks for the lease, and renews it; `leader` is the
/// supervisor of the children, on [standby](crate::info::ChildState::Standby) until the lease is
/// acquired.
///
/// See [the module's page](crate::lease) for what is promised, and what is not.
#[must_use = "a singleton does nothing until it is built and given to a supervisor"]
pub struct Singleton<L> {
    pub(super) leases: L,
    pub(super) lease: Arc<str>,
    pub(super) gate: Arc<Gate>,
    pub(super) ttl: Duration,
    pub(super) renew: Duration,
    pub(super) shutdown: Shutdown,
    pub(super) overrun: Overrun,
    /// The permission without which the lease is not acquired, for a shard.
    pub(super) permit: Option<Arc<Permit>>,
}

impl<L: Leases> Singleton<L> {
    /// Begins to build a supervisor that needs the lease of this name, which this engine grants.
    pub fn new(lease: &str, leases: L) -> Self {
        let lease: Arc<str> = lease.into();
        Self {
            gate: Gate::new(Arc::clone(&lease), leases.clock()),
            leases,
            lease,
            ttl: defaults::LEASE_TTL,
            renew: defaults::LEASE_RENEW,
            shutdown: Shutdown::Infinity,
            overrun: Overrun::default(),
            permit: None,
        }
    }
}

impl<L> Singleton<L> {
    /// Sets for how long the lease lasts without a renewal. After a crash of the replica that holds
    /// it, no other one has it for this time. Default: 30 seconds.
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Sets how often the lease is renewed, and how often a replica on standby asks for it. Default: 5
    /// seconds.
    pub fn with_renew(mut self, renew: Duration) -> Self {
        self.renew = renew;
        self
    }

    /// Sets how long a graceful stop of all children together may take; those that take longer are
    /// killed. Default: the sum of their `shutdown` times.
    pub fn with_shutdown(mut self, shutdown: impl Into<Shutdown>) -> Self {
        self.shutdown = shutdown.into();
        self
    }

    /// Sets what happens when a child cannot be stopped before the lease ends. Default: the process
    /// aborts.
    pub fn with_overrun(mut self, overrun: Overrun) -> Self {
        self.overrun = overrun;
        self
    }

    /// Builds the supervisor, with the children that this function declares. The function gets the
    /// fence of the lease, for the children to clone.
    ///
    /// [`Supervisor::start`] fails with [`InvalidSpec`](crate::SupervisorError::InvalidSpec) if the
    /// lease may end before the children have stopped: `ttl`, less one percent for clocks that drift,
    /// has to be more than the children's shutdown times, `kill_grace`, `renew` and half a second
    /// together. It also fails if a supervisor below runs already, since its children have started without
    /// the lease, and if one below has a lease of its own.
    pub fn build(self, children: impl FnOnce(Fence) -> SupervisorBuilder) -> Supervisor
    where
        L: Leases,
    {
        let children = children(self.fence());
        self.build_children(children)
    }

    /// Returns the fence of the lease, for the children to clone. Outside of them it has no number.
    #[must_use]
    pub fn fence(&self) -> Fence {
        Fence::new(Arc::clone(&self.lease), Arc::clone(&self.gate))
    }

    /// Builds the supervisor, as [`build`](Self::build) does, with children that are declared already.
    /// This is for code around the children that uses their addresses:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::lease::Singleton;
    /// use supervisor::prelude::*;
    /// use supervisor::testing::MemoryLeases;
    ///
    /// let singleton = Singleton::new("billing", MemoryLeases::new().replica());
    /// let fence = singleton.fence();
    /// let cron = ChildSpec::new("cron").with_task(move |ctx: Context| {
    ///     let fence = fence.clone();
    ///     async move {
    ///         println!("{}", fence.number()?);
    ///         ctx.shutdown_requested().await;
    ///         Ok(())
    ///     }
    /// });
    /// let address = cron.handle();
    /// let billing = singleton.build_children(Supervisor::new().with_child(cron));
    /// billing.start().await?;
    /// # assert_eq!(address.path(), "leader/cron");
    /// # billing.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A child that is added to this supervisor at run time would run without the lease, so there is room
    /// for none. Declare a supervisor below it, and add the child there.
    pub fn build_children(self, children: SupervisorBuilder) -> Supervisor
    where
        L: Leases,
    {
        let Self { leases, lease, gate, ttl, renew, shutdown, overrun, permit } = self;
        let leader = children.build();
        let node = Arc::clone(leader.node());
        #[cfg(feature = "test-util")]
        gate.set_ttl(ttl);
        node.set_gate(Arc::clone(&gate));
        let need = node.need().capped(shutdown);
        let terms = match need.bound() {
            Some(budget) => Terms::new(ttl, renew, budget, node.longest_kill_grace()),
            None => Err(node.stops_without_limit().unwrap_or_default()),
        };
        let auto_shutdown = node.rules().auto_shutdown;
        let (terms, fault) = match terms {
            Ok(terms) => (Some(terms), None),
            Err(rule) => (None, Some(format!("lease `{lease}`: {rule}"))),
        };
        let mut below = ChildSpec::new(LEADER)
            .with_supervisor(leader)
            // One that ends by itself has done its work; one that fails takes the lease with it.
            .with_restart_policy(RestartPolicy::Transient);
        if let Some(time) = need.bound() {
            let shutdown =
                if time.is_zero() { Shutdown::BrutalKill } else { Shutdown::Timeout(time) };
            below = below.with_shutdown(shutdown);
        }
        // A failure is for the supervisor above to handle: it restarts all of this, with a new
        // acquisition, for which another replica may be faster.
        let mut builder = Supervisor::new().with_max_restarts(0).with_max_children(2);
        if auto_shutdown != AutoShutdown::Never {
            below = below.with_significant(true);
            builder = builder.with_auto_shutdown(AutoShutdown::AnySignificant);
        }
        let fault_below = node.fault().or_else(|| node.unfit_for_gate());
        if let Some(terms) = terms {
            let leases = Arc::new(leases);
            let gate = Arc::clone(&gate);
            let leader = node;
            let keeper = Keeper { leases, lease, ttl, terms, gate, leader, overrun, permit };
            let keeper = ChildSpec::new(KEEPER).with_worker(keeper);
            let keeper = keeper.with_shutdown(defaults::LEASE_RELEASE);
            builder = builder.with_child(keeper);
        }
        let built = builder.with_child(below).build();
        built.node().set_kept_lease(gate);
        if let Some(rule) = fault_below.or(fault) {
            built.node().set_fault(rule);
        }
        built
    }
}

impl<L> fmt::Debug for Singleton<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Singleton")
            .field("lease", &self.lease)
            .field("ttl", &self.ttl)
            .field("renew", &self.renew)
            .finish_non_exhaustive()
    }
}
