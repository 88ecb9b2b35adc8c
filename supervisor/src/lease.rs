//! Children that run in one replica of a service only: in the one that holds a lease (feature
//! `lease`).
//!
//! A service runs as several replicas, each with the same tree. Some child must run in one of them
//! only: the scheduler, the billing, the compactor. A [`Singleton`] is a supervisor for such children; in a
//! declared tree, it is a supervisor with the option `lease`:
//! `billing: one_for_one(lease = "billing", ttl = 30s, renew = 5s) with leases { … }`.
//! An engine that all replicas reach grants a *lease* to one replica at a time, which ends by itself
//! when it is not renewed. The replica that holds it runs the children; in the others they are on
//! [standby](crate::info::ChildState::Standby).
//!
//! # What is promised
//!
//! 1. **Never two, while processes run.** The end of the lease is counted from a moment before the
//!    request for it was sent, less one percent for clocks that drift. The children are asked to stop
//!    so early that all of them have ended by then, and the lease is renewed also during the stop.
//! 2. **Checked**: a declared tree in which the children may take longer to stop than the lease lasts does
//!    not compile, and a supervisor that is built by hand does not start.
//! 3. **Released last**: when all children have ended, never before.
//! 4. A child that cannot be stopped, since it blocks its thread, ends the process before the lease
//!    ends, unless [`Overrun::Report`] is chosen.
//! 5. **A machine that sleeps**: leases are counted by a clock that goes on meanwhile, and no child is
//!    polled on after a sleep in which its lease has ended.
//! 6. **Identity**: each acquisition has a holder of 128 random bits of its own. A replica that was
//!    away too long cannot renew, or give up, the lease of its successor.
//! 7. **Ambiguity**: an acquisition that has failed may have succeeded, and is undone before the next
//!    one. A lease that is lost stays lost: the children run again only under a new acquisition.
//! 8. On standby, the children's addresses answer
//!    [`NotRunning`](crate::messages::SendError::NotRunning) at once. To wait for a lease holds up no
//!    start of the tree, and to lose it is no failure: no restart is counted.
//!
//! # What only the fence covers
//!
//! **A process that is stopped and goes on** (SIGSTOP, a debugger, a virtual machine that is moved, a
//! page fault on a dead disk) can be paused between its look at the clock and the write that follows,
//! for any time. A packet can be delayed in the network in the same way. No lease protects against
//! that. What helps is the [`Fence`], a fencing token: a number that grows with each acquisition,
//! that the write carries, and that the system which receives the write compares. If writes of two
//! replicas at once would do harm, fence them.
//!
//! Beyond that, the engine must keep its own promise. One that forgets a lease when it fails over to a
//! replica that lags grants the lease twice; fences then repeat, too.
//!
//! # How a lease is handed over
//!
//! | what happens | another replica runs the children |
//! |---|---|
//! | a graceful shutdown | at once when they have ended here, if the engine notifies it; else within `renew` |
//! | a crash of the process or the machine | within `ttl`, and a moment |
//! | the engine is away | nobody does, once the lease may end; the tree is ready, and degraded |
//!
//! [`Singleton::build_shards`], and `shards = 64` beside `lease` in a declared tree, spread many leases evenly
//! over the replicas, instead of one that a single replica has.
//!
//! A failure of the children that their supervisors do not handle ends the whole [`Singleton`], and
//! releases the lease. The supervisor above restarts it; another replica may be faster.
//!
//! # Choosing `ttl` and `renew`
//!
//! `ttl` is the time for which nobody runs the children after a crash. It has to be longer than the
//! worst-case stop of the children, since a replica that cannot renew has to end them in time:
//!
//! ```text
//! ttl × 0.99  >  shutdown times of the children + kill_grace + renew + 0.5 s
//!     29.7 s  >  5 s                            + 1 s        + 5 s   + 0.5 s
//! ```
//!
//! What is left beyond that sum is the outage of the engine that the children survive, here 18
//! seconds. A `renew` of a sixth to a third of `ttl` is usual. The guide's page
//! [`leases`](crate::guide::leases) says more about the times, and what goes wrong in leases that are
//! written by hand.

mod fence;
mod keeper;
mod leases;
mod machine;
mod news;
mod permit;
mod shards;
mod singleton;
mod terms;
mod watchdog;

pub use self::fence::{Fence, NoLease};
#[cfg(feature = "test-util")]
pub(crate) use self::leases::NoList;
pub use self::leases::{Acquisition, Claim, Holder, LeaseError, Leases, Renewal, replica_name};
pub use self::shards::Sharded;
#[doc(hidden)]
pub use self::shards::ShardsBuilder;
pub use self::singleton::Singleton;
pub use self::watchdog::Overrun;
pub use crate::life::gate::LeaseClock;
