//! A supervisor whose children run in one replica only.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::fence::Fence;
use super::keeper::Keeper;
use super::leases::Leases;
use super::permit::Permit;
use super::terms::Terms;
use super::watchdog::Overrun;
use crate::life::gate::Gate;
use crate::spec::{AutoShutdown, RestartPolicy, Shutdown};
use crate::supervisor::Supervisor;
use crate::tree::{ChildSpec, SupervisorBuilder};

/// The name of the child that keeps the lease.
const KEEPER: &str = "lease";
/// The name of the supervisor of the children.
const LEADER: &str = "leader";

/// The time that the keeper has to release the lease when it is stopped: the engine may be away.
pub(super) const RELEASE: Duration = Duration::from_secs(2);

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
    pub(super) ttl: Duration,
    pub(super) renew: Duration,
    pub(super) shutdown: Option<Duration>,
    pub(super) overrun: Overrun,
}

/// A supervisor that needs a lease, and the gate before its children.
pub(super) struct Built {
    pub(super) supervisor: Supervisor,
    pub(super) gate: Arc<Gate>,
}

impl<L: Leases> Singleton<L> {
    /// Begins to build a supervisor that needs the lease of this name, which this engine grants.
    pub fn new(lease: &str, leases: L) -> Self {
        Self {
            leases,
            lease: lease.into(),
            ttl: Duration::from_secs(30),
            renew: Duration::from_secs(5),
            shutdown: None,
            overrun: Overrun::default(),
        }
    }

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
    pub fn with_shutdown(mut self, shutdown: Duration) -> Self {
        self.shutdown = Some(shutdown);
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
    /// together. It also fails if a supervisor below runs already: its children have started without the
    /// lease.
    pub fn build(self, children: impl FnOnce(Fence) -> SupervisorBuilder) -> Supervisor {
        self.build_with(None, children).supervisor
    }

    /// Builds the supervisor; its lease is acquired only while the permission is given.
    pub(super) fn build_with(
        self,
        permit: Option<Arc<Permit>>,
        children: impl FnOnce(Fence) -> SupervisorBuilder,
    ) -> Built {
        let Self { leases, lease, ttl, renew, shutdown, overrun } = self;
        let gate = Gate::new(Arc::clone(&lease), leases.clock());
        let leader = children(Fence::new(Arc::clone(&lease), Arc::clone(&gate))).build();
        let node = Arc::clone(leader.node());
        node.set_gate(Arc::clone(&gate));
        let need = node.need().capped(shutdown.map_or(Shutdown::Infinity, Shutdown::Timeout));
        let terms = Terms::new(ttl, renew, need.bound(), node.longest_kill_grace());
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
        let mut builder = Supervisor::new().with_max_restarts(0);
        if auto_shutdown != AutoShutdown::Never {
            below = below.with_significant(true);
            builder = builder.with_auto_shutdown(AutoShutdown::AnySignificant);
        }
        let fault_below = node.fault().or_else(|| node.runs_without_gate());
        if let Some(terms) = terms {
            let leases = Arc::new(leases);
            let gate = Arc::clone(&gate);
            let leader = node;
            let keeper = Keeper { leases, lease, ttl, terms, gate, leader, overrun, permit };
            let keeper = ChildSpec::new(KEEPER).with_worker(keeper).with_shutdown(RELEASE);
            builder = builder.with_child(keeper);
        }
        let built = builder.with_child(below).build();
        built.node().set_kept_lease(Arc::clone(&gate));
        if let Some(rule) = fault_below.or(fault) {
            built.node().set_fault(rule);
        }
        Built { supervisor: built, gate }
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
