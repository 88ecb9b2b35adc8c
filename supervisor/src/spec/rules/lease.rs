//! The rules on leases: a lease must outlive the worst-case stop of what it guards.

use std::time::Duration;

use supervisor_rules::lease::Lease;
use supervisor_rules::{Text, defaults, wording};

/// Checks that a lease outlives the worst-case stop of what it guards.
pub(crate) const fn ttl_too_short(lease: &Lease) -> Option<Text> {
    if lease.outlives_its_children() { None } else { Some(wording::ttl_too_short(lease)) }
}

/// Checks that a lease is renewed before it ends, and not without a pause.
pub(crate) const fn renew_too_long(ttl: Duration, renew: Duration) -> Option<Text> {
    if renew.is_zero() {
        return Some(wording::value_zero("renew"));
    }
    if renew.as_nanos() < ttl.as_nanos() { None } else { Some(wording::renew_too_long(ttl, renew)) }
}

/// Checks that each child that a lease guards ends in a time that is known; `endless` is the name of one
/// that may take any time.
pub(crate) const fn lease_unbounded(endless: Option<&str>) -> Option<Text> {
    match endless {
        Some(name) => Some(wording::lease_unbounded(name)),
        None => None,
    }
}

/// Checks that no supervisor with a lease is below another one; `inner` is its name.
pub(crate) const fn lease_nested(inner: Option<&str>) -> Option<Text> {
    match inner {
        Some(name) => Some(wording::lease_nested(name)),
        None => None,
    }
}

/// Checks that there is a shard, and no more of them than an engine of leases can bear.
pub(crate) const fn shards_too_many(shards: usize) -> Option<Text> {
    match shards {
        0 => Some(wording::value_zero_shards()),
        count if count > defaults::MAX_SHARDS => Some(wording::shards_too_many(count)),
        _ => None,
    }
}
