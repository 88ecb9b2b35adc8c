//! The key of a lease, what a read of it says, and what follows from that.
//!
//! # Invariants
//!
//! 1. A key is created by a transaction that finds none, and is attached to an etcd lease: it is deleted
//!    when that is revoked or ends. Nothing else writes it.
//! 2. The revision that created the key is the fence. Revisions of a cluster only grow.
//! 3. The id of the etcd lease is a part of the holder's 128 bits, so no other holder renews or revokes
//!    it. A renewal also compares all of the bits, which are in the key's value.
//! 4. Each decision follows from a linearizable read. A renewal of an etcd lease passes no quorum: it
//!    counts only if no leader was elected before the read that follows it ([`renewed`]).

use std::time::Duration;

use etcd_client::KeyValue;
use supervisor::lease::{Claim, Holder, Renewal};

/// The beginning of all keys, unless the user chooses another one.
pub(crate) const PREFIX: &str = "supervisor_leases/";

/// Returns the id of a holder's etcd lease: 63 of its 128 bits.
pub(crate) fn lease_id(holder: Holder) -> i64 {
    // With the id 0, the server would choose one.
    i64::try_from(holder.bits() >> 65).unwrap_or(1).max(1)
}

/// Returns a time in seconds, etcd's unit, and no shorter.
pub(crate) fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos().div_ceil(1_000_000_000)).unwrap_or(i64::MAX)
}

/// Returns the value of a key: the holder, and the replica for people who read it.
pub(crate) fn value(holder: Holder, replica: &str) -> String {
    format!("{holder} {replica}")
}

/// The answer to a linearizable read of a lease's key.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// The term of the newest leader by which an entry was committed before the read.
    pub(crate) term: u64,
    /// The revision of the store.
    pub(crate) revision: i64,
    /// The key, unless the lease is free.
    pub(crate) entry: Option<Entry>,
}

/// The key of a lease that is held.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The revision that created the key.
    created: i64,
    /// The etcd lease that the key is attached to.
    lease: i64,
    value: Vec<u8>,
}

impl Entry {
    pub(crate) fn new(found: &KeyValue) -> Self {
        Self {
            created: found.create_revision(),
            lease: found.lease(),
            value: found.value().to_owned(),
        }
    }

    /// Returns `true` if this holder has the lease.
    pub(crate) fn is_of(&self, holder: Holder) -> bool {
        let named = self.value.starts_with(holder.to_string().as_bytes());
        named && self.lease == lease_id(holder)
    }

    pub(crate) fn fence(&self) -> u64 {
        // Revisions count from one.
        self.created.unsigned_abs()
    }
}

/// The answer to the renewal of an etcd lease.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// The term of the newest leader by which the member had applied an entry before the renewal.
    pub(crate) term: u64,
    /// The seconds for which the lease lasts again.
    pub(crate) ttl: i64,
}

/// Decides whether a lease is renewed, from the answer to the renewal of its etcd lease, which is `None`
/// if the member did not know that lease, and from a read that followed.
///
/// Only the leader counts the time of etcd leases, and it answers a renewal from its memory. A leader
/// that hangs, and was replaced without noticing, does so as well, and its successor counts on. The read
/// shows that: it needs a quorum, so it waits for an entry of the newest leader, whose term is higher
/// than the one that was known before the renewal.
///
/// # Errors
///
/// A phrase that says of etcd why neither is certain. The same request may be made again.
pub(crate) fn renewed(
    kept: Option<Kept>,
    look: &Look,
    claim: &Claim,
) -> Result<Renewal, &'static str> {
    let is_held = look.entry.as_ref().is_some_and(|entry| entry.is_of(claim.holder()));
    decide(kept, look.term, is_held, claim.ttl())
}

fn decide(
    kept: Option<Kept>,
    term: u64,
    is_held: bool,
    ttl: Duration,
) -> Result<Renewal, &'static str> {
    match kept {
        _ if !is_held => Ok(Renewal::Lost),
        None | Some(Kept { ttl: ..=0, .. }) => Err("has not found a lease whose key is there"),
        Some(kept) if kept.term != term => Err("has elected another leader meanwhile"),
        Some(kept) if kept.ttl < seconds(ttl) => Err("has granted a shorter lease"),
        Some(_) => Ok(Renewal::Renewed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_millis(2_500);

    const fn kept(term: u64, ttl: i64) -> Kept {
        Kept { term, ttl }
    }

    #[test]
    fn a_time_is_rounded_up_to_seconds() {
        assert_eq!(seconds(Duration::from_secs(2)), 2);
        assert_eq!(seconds(Duration::from_micros(2_000_001)), 3);
        assert_eq!(seconds(Duration::MAX), i64::MAX);
    }

    #[test]
    fn a_lease_is_renewed_if_the_leader_is_the_same_before_and_after() {
        assert_eq!(decide(Some(kept(7, 3)), 7, true, TTL), Ok(Renewal::Renewed));
        // The former leader may have answered.
        assert!(decide(Some(kept(7, 3)), 8, true, TTL).is_err());
    }

    #[test]
    fn only_a_read_says_that_a_lease_is_lost() {
        for answer in [None, Some(kept(7, 0)), Some(kept(7, 3)), Some(kept(6, 3))] {
            assert_eq!(decide(answer, 7, false, TTL), Ok(Renewal::Lost), "{answer:?}");
        }
        // A member that lags does not know the lease yet.
        for answer in [None, Some(kept(7, 0)), Some(kept(7, -1))] {
            assert!(decide(answer, 7, true, TTL).is_err(), "{answer:?}");
        }
    }

    #[test]
    fn a_lease_that_is_shorter_than_asked_for_is_not_renewed() {
        assert!(decide(Some(kept(7, 2)), 7, true, TTL).is_err());
    }
}
