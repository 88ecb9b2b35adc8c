//! The values of options that neither a tree nor a type sets.

use std::time::Duration;

/// How many restarts a supervisor makes within [`RESTART_WINDOW`] before it gives up.
///
/// More than OTP's 1, which a single bad message exceeds; Elixir's default.
pub const MAX_RESTARTS: u32 = 3;

/// The window in which a supervisor counts restarts, as in OTP and Elixir.
pub const RESTART_WINDOW: Duration = Duration::from_secs(5);

/// How long a worker that was asked to stop may take before it is aborted, as in OTP.
pub const WORKER_SHUTDOWN: Duration = Duration::from_secs(5);

/// How long an aborted child may go on before it is reported as one that cannot be stopped.
pub const KILL_GRACE: Duration = Duration::from_secs(1);

/// How long a child with `start = notify` may take to report that it is ready.
pub const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How many messages a mailbox holds.
pub const MAILBOX: usize = 64;
