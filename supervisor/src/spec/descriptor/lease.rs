//! Supervisors whose children run in one replica only, and the check of their leases.

use std::time::Duration;

use supervisor_rules::lease::{Lease, MARGIN};
use supervisor_rules::{Text, defaults};

use super::{BUILT_BY_HAND, Inside, TreeDescriptor};
use crate::spec::options::written;
use crate::spec::rules::{
    lease_nested, lease_unbounded, renew_too_long, shards_too_many, ttl_too_short,
};
use crate::spec::{
    AutoShutdown, Budget, ChildOptions, MaxRestarts, Order, RestartPolicy, Shutdown,
    SupervisionStrategy, SupervisorOptions,
};

/// The name of the child that keeps the lease of a singleton.
pub(crate) const KEEPER: &str = "lease";
/// The name of the supervisor of a singleton's children.
pub(crate) const LEADER: &str = "leader";
/// The name of the child that spreads shards.
pub(crate) const BALANCER: &str = "balancer";
/// The name of the shard that stands for all of them, which are alike.
const SHARD: &str = "0";

/// A lease, for constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseOptions {
    /// The name; `None` if only the running program knows it.
    name: Option<&'static str>,
    /// `None` if only the running program knows it, as `renew`.
    ttl: Option<Duration>,
    renew: Option<Duration>,
    /// `None` for one lease, which is not divided.
    shards: Option<Shards>,
}

/// The number of shards of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shards {
    Known(usize),
    /// Only the running program knows it.
    Unknown,
}

impl LeaseOptions {
    /// Creates the default options of the lease of this name; `None` if only the running program knows
    /// it.
    #[must_use]
    #[inline]
    pub const fn new(name: Option<&'static str>) -> Self {
        let (ttl, renew) = (Some(defaults::LEASE_TTL), Some(defaults::LEASE_RENEW));
        Self { name, ttl, renew, shards: None }
    }

    /// Sets for how long the lease lasts without a renewal.
    #[must_use]
    #[inline]
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sets how often the lease is renewed.
    #[must_use]
    #[inline]
    pub const fn with_renew(mut self, renew: Duration) -> Self {
        self.renew = Some(renew);
        self
    }

    /// Says that only the running program knows for how long the lease lasts.
    #[must_use]
    #[inline]
    pub const fn with_unknown_ttl(mut self) -> Self {
        self.ttl = None;
        self
    }

    /// Says that only the running program knows how often the lease is renewed.
    #[must_use]
    #[inline]
    pub const fn with_unknown_renew(mut self) -> Self {
        self.renew = None;
        self
    }

    /// Divides the lease into this many shards.
    #[must_use]
    #[inline]
    pub const fn with_shards(mut self, shards: usize) -> Self {
        self.shards = Some(Shards::Known(shards));
        self
    }

    /// Says that only the running program knows the number of shards.
    #[must_use]
    #[inline]
    pub const fn with_unknown_shards(mut self) -> Self {
        self.shards = Some(Shards::Unknown);
        self
    }

    /// Returns the options in the words of the tree language.
    #[inline]
    pub(super) fn in_tree_language(self) -> Vec<String> {
        let name = self.name.map_or_else(|| "…".to_owned(), |name| format!("{name:?}"));
        let time = |time: Option<Duration>| time.map_or_else(|| "…".to_owned(), written);
        let mut said = vec![format!("lease = {name}")];
        match self.shards {
            Some(Shards::Known(shards)) => said.push(format!("shards = {shards}")),
            Some(Shards::Unknown) => said.push("shards = …".to_owned()),
            None => {}
        }
        if self.ttl != Some(defaults::LEASE_TTL) {
            said.push(format!("ttl = {}", time(self.ttl)));
        }
        if self.renew != Some(defaults::LEASE_RENEW) {
            said.push(format!("renew = {}", time(self.renew)));
        }
        said
    }
}

impl TreeDescriptor {
    /// Describes a supervisor whose children run in one replica only, from what [`leased`](Self::leased)
    /// returns.
    #[must_use]
    #[inline]
    pub const fn singleton(
        name: &'static str,
        options: ChildOptions,
        lease: LeaseOptions,
        children: &'static [Self; 2],
    ) -> Self {
        let supervisor = Self::of_singleton(children);
        Self::child(name, "", options, Some(Inside { supervisor, children, lease: Some(lease) }))
    }

    /// Returns the options of the supervisor of a keeper and a leader.
    #[inline]
    const fn of_singleton(children: &[Self; 2]) -> SupervisorOptions {
        let [_, leader] = children;
        let auto = match leader.auto_shutdown() {
            AutoShutdown::Never => AutoShutdown::Never,
            AutoShutdown::AnySignificant | AutoShutdown::AllSignificant => {
                AutoShutdown::AnySignificant
            }
        };
        SupervisorOptions::new(SupervisionStrategy::OneForOne)
            .with_max_restarts(MaxRestarts::AtMost(0))
            .with_auto_shutdown(auto)
    }

    /// Describes a supervisor whose children run in shards, from what [`shards`](Self::shards) returns.
    #[must_use]
    #[inline]
    pub const fn sharded(
        name: &'static str,
        options: ChildOptions,
        lease: LeaseOptions,
        children: &'static [Self; 2],
    ) -> Self {
        let supervisor = SupervisorOptions::new(SupervisionStrategy::OneForOne);
        let supervisor = supervisor.with_order(Order::ByUse);
        Self::child(name, "", options, Some(Inside { supervisor, children, lease: Some(lease) }))
    }

    /// Describes the shards, one for all of them, and the child that spreads them. A shard is a singleton,
    /// from what [`leased`](Self::leased) returns.
    #[must_use]
    #[inline]
    pub const fn shards(options: ChildOptions, children: &'static [Self; 2]) -> [Self; 2] {
        let supervisor = Self::of_singleton(children);
        let options = options.with_max_restarts(MaxRestarts::AtMost(defaults::MAX_RESTARTS));
        let inside = Inside { supervisor, children, lease: None };
        let shard = Self::child(SHARD, "", options, Some(inside)).with_uses(0, &[]);
        let release = Shutdown::Timeout(defaults::LEASE_RELEASE);
        let balancer = Self::task(BALANCER, ChildOptions::new().with_shutdown(release));
        Self::by_use([shard, balancer.with_uses(1, &[0])])
    }

    /// Describes the two children of a singleton: the keeper of the lease, and the supervisor of the
    /// children that it guards, which is described by this one.
    #[must_use]
    #[inline]
    pub const fn leased(mut leader: Self) -> [Self; 2] {
        let release = Shutdown::Timeout(defaults::LEASE_RELEASE);
        let keeper = Self::task(KEEPER, ChildOptions::new().with_shutdown(release));
        leader.name = LEADER;
        leader.options = leader.options.with_restart_policy(RestartPolicy::Transient);
        if !matches!(leader.auto_shutdown(), AutoShutdown::Never) {
            leader.options = leader.options.with_significant(true);
        }
        [keeper, leader]
    }

    /// Returns the lease of a singleton or of shards, and the supervisor of the children that run under it.
    #[inline]
    pub(super) const fn lease(&self) -> Option<(&LeaseOptions, &'static Self)> {
        match &self.inside {
            Some(Inside { lease: Some(lease), children: [first, second], .. }) => {
                match (lease.shards, first.children()) {
                    (None, _) => Some((lease, second)),
                    (Some(_), [_, leader]) => Some((lease, leader)),
                    (Some(_), _) => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the number of shards that the first child stands for, if this is a supervisor of shards; 0 if
    /// only the running program knows it.
    #[inline]
    pub(super) const fn shard_count(&self) -> Option<usize> {
        match &self.inside {
            Some(Inside { lease: Some(LeaseOptions { shards: Some(shards), .. }), .. }) => {
                Some(match shards {
                    Shards::Known(shards) => *shards,
                    Shards::Unknown => 0,
                })
            }
            _ => None,
        }
    }

    /// Fails the build if a lease is divided into no shards, or into more than its engine can bear.
    ///
    /// # Panics
    ///
    /// With the rule's message; in a constant, that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn check_shards(&self) {
        if let Some((LeaseOptions { shards: Some(Shards::Known(shards)), .. }, _)) = self.lease()
            && let Some(text) = shards_too_many(*shards)
        {
            panic!("{}", text.as_str());
        }
    }

    /// Fails the build if a lease ends before it is renewed, or is renewed without a pause.
    ///
    /// # Panics
    ///
    /// With the rule's message; in a constant, that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn check_renew(&self) {
        if let Some((LeaseOptions { ttl: Some(ttl), renew: Some(renew), .. }, _)) = self.lease()
            && let Some(text) = renew_too_long(*ttl, *renew)
        {
            panic!("{}", text.as_str());
        }
    }

    /// Fails the build if a lease may end before the children that it guards have stopped.
    ///
    /// # Panics
    ///
    /// With the rule's message; in a constant, that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn check_lease(&self) {
        let Some((lease, leader)) = self.lease() else { return };
        if let Some(text) = lease_nested(leader.lease_below()) {
            panic!("{}", text.as_str());
        }
        let budget = match leader.budget() {
            Budget::Bounded(budget) => budget,
            Budget::Unbounded => {
                if let Some(text) = lease_unbounded(leader.endless()) {
                    panic!("{}", text.as_str());
                }
                // Only the running program knows what the children need, and looks at the start.
                return;
            }
        };
        let (Some(ttl), Some(renew)) = (lease.ttl, lease.renew) else { return };
        let Some(kill_grace) = leader.known_kill_grace() else { return };
        if renew_too_long(ttl, renew).is_some() {
            // Reported by `check_renew`.
            return;
        }
        let lease = Lease { ttl, renew, budget, kill_grace };
        if let Some(text) = ttl_too_short(&lease) {
            panic!("{}", leader.stop_in_words(&text, &lease).as_str());
        }
    }

    /// Appends the times that the children need to stop to a message.
    #[inline]
    const fn stop_in_words(&self, message: &Text, lease: &Lease) -> Text {
        if lease.budget.is_zero() || self.options.shutdown().is_some() {
            return *message;
        }
        let text = message.str("; the time to stop is ");
        if self.is_by_use() {
            let rest = lease.renew.saturating_add(lease.kill_grace).saturating_add(MARGIN);
            self.path_in_words(&text, a_little_less(lease.certain().saturating_sub(rest)))
        } else {
            self.sum(text, 2)
        }
    }

    /// Returns the name of a worker at or below this child that may take any time to stop, as its
    /// options say.
    #[inline]
    const fn endless(&self) -> Option<&'static str> {
        if self.unknown_shutdown || !self.budget().exceeds(Budget::Bounded(Duration::MAX)) {
            return None;
        }
        if self.inside.is_none() {
            return if equal(self.name, BUILT_BY_HAND) { None } else { Some(self.name) };
        }
        let mut rest = self.children();
        while let [child, others @ ..] = rest {
            if let Some(name) = child.endless() {
                return Some(name);
            }
            rest = others;
        }
        None
    }

    /// Returns the name of a supervisor with a lease that is below this one.
    #[inline]
    const fn lease_below(&self) -> Option<&'static str> {
        let mut rest = self.children();
        while let [child, others @ ..] = rest {
            if child.lease().is_some() {
                return Some(child.name);
            }
            if let Some(name) = child.lease_below() {
                return Some(name);
            }
            rest = others;
        }
        None
    }

    /// Returns the longest `kill_grace` of this supervisor and those below it, if the compiler knows it.
    #[inline]
    const fn known_kill_grace(&self) -> Option<Duration> {
        let Some(inside) = &self.inside else { return Some(Duration::ZERO) };
        if inside.supervisor.unknown.kill_grace {
            return None;
        }
        let mut longest = inside.supervisor.kill_grace;
        let mut rest = inside.children;
        while let [child, others @ ..] = rest {
            match child.known_kill_grace() {
                Some(time) if time.as_nanos() > longest.as_nanos() => longest = time,
                Some(_) => {}
                None => return None,
            }
            rest = others;
        }
        Some(longest)
    }
}

/// Returns a shorter time, in tenths of a second.
#[inline]
const fn a_little_less(time: Duration) -> Duration {
    let less = time.saturating_sub(Duration::from_nanos(1));
    Duration::new(less.as_secs(), less.subsec_millis() / 100 * 100_000_000)
}

/// Returns `true` if two strings are the same.
#[inline]
const fn equal(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let ([first, rest @ ..], [second, others @ ..]) = (one, other) {
        if *first != *second {
            return false;
        }
        (one, other) = (rest, others);
    }
    one.is_empty() && other.is_empty()
}
