//! The values of options that neither a tree nor a type sets.

use std::time::Duration;

/// Number of restarts that a supervisor makes within [`RESTART_WINDOW`] before it gives up.
///
/// More than OTP's 1, which a single bad message exceeds; Elixir's default.
pub const MAX_RESTARTS: u32 = 3;

/// Window in which a supervisor counts restarts, as in OTP and Elixir.
pub const RESTART_WINDOW: Duration = Duration::from_secs(5);

/// Time after which a worker that was asked to stop is aborted, as in OTP.
pub const WORKER_SHUTDOWN: Duration = Duration::from_secs(5);

/// Time after which an aborted child that goes on is reported as one that cannot be stopped.
pub const KILL_GRACE: Duration = Duration::from_secs(1);

/// Time within which a child with `start = notify` has to report that it is ready.
pub const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Number of messages that a mailbox holds.
pub const MAILBOX: usize = 64;

/// Delay before the first further attempt to start a child with `start = retry`.
pub const RETRY_MIN: Duration = Duration::from_millis(100);

/// Longest delay between two attempts to start a child with `start = retry`.
pub const RETRY_MAX: Duration = Duration::from_secs(30);

/// Number of partitions above which a pool is taken for a mistake: each is a task with a mailbox.
pub const MAX_PARTITIONS: usize = 65_536;

/// Time for which a lease lasts without a renewal.
pub const LEASE_TTL: Duration = Duration::from_secs(30);

/// Time between the renewals of a lease.
pub const LEASE_RENEW: Duration = Duration::from_secs(5);

/// Time that the keeper of a lease has to release it when it is stopped: the engine may be away.
pub const LEASE_RELEASE: Duration = Duration::from_secs(2);

/// Number of shards above which a lease is taken for a mistake: each shard has a lease, which is renewed by a
/// request of its own.
pub const MAX_SHARDS: usize = 1024;
