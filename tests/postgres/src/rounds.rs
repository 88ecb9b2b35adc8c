//! The times of the lease in the rounds of faults.

use std::time::Duration;

/// The name of the lease.
pub const LEASE: &str = "rounds";
/// The time for which it lasts without a renewal.
pub const TTL: Duration = Duration::from_secs(2);
/// The time between renewals.
pub const RENEW: Duration = Duration::from_millis(200);
