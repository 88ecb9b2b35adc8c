//! Builds the supervisor of shards, from the supervisors of the shards.

use std::fmt;
use std::sync::Arc;

use supervisor_rules::{defaults, wording};

use super::balancer::{Balancer, Shard};
use super::sharded::Sharded;
use super::share::Names;
use crate::lease::leases::Leases;
use crate::lease::permit::Permit;
use crate::lease::singleton::Singleton;
use crate::life::gate::Gate;
use crate::spec::rules::shards_too_many;
use crate::spec::{AutoShutdown, BALANCER, Backoff, MaxRestarts, Order};
use crate::supervisor::Supervisor;
use crate::tree::ChildSpec;

/// The shards of a singleton, which are built one after the other.
///
/// The expansion of a tree names it, since the values of a tree may leave the function around them, and so
/// stand in no closure. Programs use [`Singleton::build_shards`].
pub struct ShardsBuilder<L, H> {
    whole: Singleton<Arc<L>>,
    names: Names,
    shards: usize,
    backoff: Option<Backoff>,
    own: Vec<Shard>,
    built: Vec<(Supervisor, H)>,
    fault: Option<String>,
}

impl<L: Leases> Singleton<L> {
    /// Begins to build this many shards, of which each has a handle.
    #[doc(hidden)]
    pub fn into_shards<H>(self, shards: usize) -> ShardsBuilder<L, H> {
        let Self { leases, lease, gate, ttl, renew, shutdown, overrun, permit } = self;
        let fault = shards_too_many(shards).map(|rule| format!("lease `{lease}`: {rule}"));
        ShardsBuilder {
            names: Names::new(&lease),
            whole: Singleton {
                leases: Arc::new(leases),
                lease,
                gate,
                ttl,
                renew,
                shutdown,
                overrun,
                permit,
            },
            // There is one shard at least, so that each key has an address even in a tree that cannot be
            // started.
            shards: if fault.is_some() { 1 } else { shards },
            backoff: None,
            own: Vec::new(),
            built: Vec::new(),
            fault,
        }
    }
}

impl<L: Leases, H> ShardsBuilder<L, H> {
    /// Sets the delay before a restart of a shard whose children have failed.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Returns the number of the next shard and the singleton from which it is built; `None` if there are no
    /// more.
    pub fn next_shard(&mut self) -> Option<(usize, Singleton<Arc<L>>)> {
        let shard = self.own.len();
        if shard == self.shards {
            return None;
        }
        let Singleton { leases, ttl, renew, shutdown, overrun, .. } = &self.whole;
        let lease: Arc<str> = self.names.shard(shard).into();
        let permit = Arc::new(Permit::new());
        let gate = Gate::new(Arc::clone(&lease), leases.clock());
        self.own.push(Shard { permit: Arc::clone(&permit), gate: Arc::clone(&gate) });
        let singleton = Singleton {
            leases: Arc::clone(leases),
            lease,
            gate,
            ttl: *ttl,
            renew: *renew,
            shutdown: *shutdown,
            overrun: *overrun,
            permit: Some(permit),
        };
        Some((shard, singleton))
    }

    /// Adds the shard that was built last.
    pub fn push(&mut self, handle: H)
    where
        H: AsRef<Supervisor>,
    {
        self.add(handle.as_ref().clone(), handle);
    }

    /// Adds the shard that was built last, and its handle.
    pub(super) fn add(&mut self, supervisor: Supervisor, handle: H) {
        if supervisor.node().rules().auto_shutdown != AutoShutdown::Never {
            let lease = &self.whole.lease;
            self.fault.get_or_insert_with(|| {
                format!("lease `{lease}`: {}", wording::auto_shutdown_of_shards())
            });
        }
        self.built.push((supervisor, handle));
    }

    /// Builds the supervisor of all shards.
    pub fn build(self) -> Sharded<H> {
        let Self { whole, names, backoff, own, built, fault, .. } = self;
        let gates = own.iter().map(|shard| Arc::clone(&shard.gate)).collect();
        let mut builder = Supervisor::new().with_order(Order::ByUse);
        let (mut all, mut handles) = (Vec::new(), Vec::new());
        for (shard, (supervisor, handle)) in built.into_iter().enumerate() {
            let name = shard.to_string();
            let mut spec = ChildSpec::new(&name)
                .with_supervisor(supervisor)
                .with_max_restarts(MaxRestarts::default());
            if let Some(backoff) = backoff {
                spec = spec.with_backoff(backoff);
            }
            builder = builder.with_child(spec);
            all.push(name);
            handles.push(handle);
        }
        let balancer = Balancer::new(whole.leases, names, whole.ttl, whole.renew, own);
        // It stops first, so that the others know at once that this replica leaves.
        let balancer = ChildSpec::new(BALANCER)
            .with_worker(balancer)
            .with_shutdown(defaults::LEASE_RELEASE)
            .with_after(all.iter().map(String::as_str));
        let supervisor = builder.with_child(balancer).build();
        if let Some(rule) = fault {
            supervisor.node().set_fault(rule);
        }
        Sharded::new(supervisor, handles, gates)
    }
}

impl<L, H> fmt::Debug for ShardsBuilder<L, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardsBuilder").field("whole", &self.whole).finish_non_exhaustive()
    }
}
