//! The options, each with its default as the value of a constant.

use std::time::Duration;

use supervisor_rules::defaults;

use crate::spec::HealthPart;
use crate::{AutoShutdown, Backoff, MaxRestarts, Order, RestartPolicy, Shutdown, StartMode};

/// The number of restarts within `restart_window` after which the supervisor gives up: a number, or
/// `unlimited`. On a child: the number of its own restarts.
pub const max_restarts: MaxRestarts = MaxRestarts::AtMost(defaults::MAX_RESTARTS);

/// The time in which restarts count for `max_restarts`, such as `60s`.
pub const restart_window: Duration = defaults::RESTART_WINDOW;

/// The supervisor shuts itself down when children that are `significant` have ended: `never`,
/// `any_significant` or `all_significant`.
pub const auto_shutdown: AutoShutdown = AutoShutdown::Never;

/// The order in which the children start, and in reverse stop: `declaration`, or `by_use` for
/// children that wait only for the siblings that they use.
pub const order: Order = Order::Declaration;

/// The largest number of children, or of workers in a pool.
pub const max_children: Option<usize> = None;

/// A fixed number of workers, all alike, which share the work by key.
pub const partitions: Option<usize> = None;

/// The time from the abort of a child to the report that the child cannot be stopped.
pub const kill_grace: Duration = defaults::KILL_GRACE;

/// The tree does not compile if a graceful shutdown could take longer than this.
pub const shutdown_within: Option<Duration> = None;

/// On the root: the time for which the children go on when the tree is to stop, while it is not ready.
/// On a child, a flag: it receives what is queued before it stops for good.
pub const drain: Duration = Duration::ZERO;

/// The condition on which the child is restarted: `Always`, `Transient` or `Temporary`.
pub const restart: RestartPolicy = RestartPolicy::Always;

/// The time that the child may take to stop after it was asked to, such as `5s`; `brutal_kill` aborts
/// it without a request, `infinity` waits for ever, which is the default of a nested supervisor.
pub const shutdown: Shutdown = Shutdown::WORKER;

/// The delay before a restart: `100ms..30s` doubles with each attempt, one duration stays the same.
pub const backoff: Option<Backoff> = None;

/// The moment from which the child counts as started: with `notify`, when it has called
/// `Context::ready`; with `retry`, nobody waits, and a failed start is tried again.
pub const start: StartMode = StartMode::Spawned;

/// The time within which a child with `start` has to be ready.
pub const start_timeout: Duration = defaults::START_TIMEOUT;

/// The end of the child counts for the `auto_shutdown` of its supervisor.
pub const significant: bool = false;

/// The children run in one replica only: in the one that holds the lease of this name, which the engine
/// behind `with` grants. In the braces, `fence` is the lease's fence.
pub const lease: &str = "";

/// The number of shards into which the lease is divided: as many leases, which the replicas share evenly. In
/// the braces, `shard` is the number of a shard, from 0.
pub const shards: Option<usize> = None;
/// The time for which the lease lasts without a renewal, such as `30s`. The children must be able to stop
/// within it: the compiler checks that.
pub const ttl: Duration = defaults::LEASE_TTL;

/// The time between two renewals of the lease, and between two requests of a replica on standby.
pub const renew: Duration = defaults::LEASE_RENEW;

/// The consequence of a child that blocks its thread, so that it cannot be stopped before its lease ends: the
/// process ends (`abort`), or that is only reported (`report`).
pub const overrun: () = ();

/// Siblings above the child that must be up before it starts, as in `after = [db]`; under
/// `order = by_use`.
pub const after: &[&str] = &[];

/// The longest time without a heartbeat, after which the child is killed.
pub const heartbeat: Option<Duration> = None;

/// The part of the child in the health of the tree. While the child is not well, the tree is not ready
/// (`required`), degraded (`degrades`), or as it was (`ignored`).
pub const health: HealthPart = HealthPart::Required;

/// The period of a job: the function takes no context, and is called once in each period.
pub const every: Option<Duration> = None;

/// The type of the messages that the child receives: `message = Query`.
pub const message: () = ();

/// The number of messages that the child's mailbox holds.
pub const mailbox: usize = defaults::MAILBOX;

/// The child measures how long its messages wait and are handled, as histograms.
pub const histograms: bool = false;

/// The type implements `WorkerOnce` in place of `Worker`: `run` takes the value.
pub const once: bool = false;
