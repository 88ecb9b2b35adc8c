//! Leases in memory, for tests of a handover, with faults to inject and clocks to move.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::lease::{Acquisition, Claim, Holder, LeaseClock, LeaseError, Leases, Renewal};
use crate::life::gate::TurnedClock;
use crate::sync::{Mutex, MutexGuard, PoisonError, clock, time};

/// The time after which a request that does not reach the engine fails.
const TIMEOUT: Duration = Duration::from_millis(500);

/// An engine that grants leases in memory, to all replicas of a test.
///
/// Each replica of the service under test gets a [`replica`](Self::replica) of its own, with a
/// connection that can be cut and a clock that can be turned. All follow tokio's clock, so that on a
/// paused clock a lease of 30 seconds ends in no time.
///
/// ```
/// use std::time::Duration;
/// use supervisor::lease::Singleton;
/// use supervisor::prelude::*;
/// use supervisor::testing::{MemoryLeases, MemoryReplica};
///
/// fn service(leases: MemoryReplica) -> Supervisor {
///     let billing = Singleton::new("billing", leases).build(|_fence| {
///         let cron = async |ctx: Context| {
///             ctx.shutdown_requested().await;
///             Ok(())
///         };
///         Supervisor::new().with_child(ChildSpec::new("cron").with_task(cron))
///     });
///     let billing = ChildSpec::new("billing").with_supervisor(billing);
///     Supervisor::new().with_child(billing).build()
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), SupervisorError> { the_other_takes_over().await }
/// # /* A test is not run in an example.
/// #[tokio::test(start_paused = true)]
/// # */
/// async fn the_other_takes_over() -> Result<(), SupervisorError> {
///     let leases = MemoryLeases::new();
///     let (one, other) = (service(leases.replica()), service(leases.replica()));
///     one.start().await?;
///     tokio::time::sleep(Duration::from_secs(1)).await;
///     let first = leases.holder("billing");
///     other.start().await?;
///     tokio::time::sleep(Duration::from_secs(60)).await;
///     assert_eq!(leases.holder("billing"), first);
///
///     one.shutdown().await?;
///     tokio::time::sleep(Duration::from_millis(100)).await;
///     assert_ne!(leases.holder("billing"), first);
///     assert_eq!(leases.fence("billing"), 2);
///     Ok(())
/// }
/// ```
#[derive(Clone, Default)]
pub struct MemoryLeases(Arc<Shared>);

#[derive(Default)]
struct Shared {
    rows: Mutex<HashMap<String, Row>>,
    /// Notified when a lease is released.
    released: Notify,
}

/// One lease.
#[derive(Default)]
struct Row {
    /// The present holder, and the instant at which its lease ends.
    held: Option<(Holder, Instant)>,
    fence: u64,
}

impl Row {
    /// Returns the holder at this instant, and the instant at which its lease ends.
    fn held_at(&self, now: Instant) -> Option<(Holder, Instant)> {
        self.held.filter(|(_, ends)| now < *ends)
    }
}

impl MemoryLeases {
    /// Creates an engine whose leases are all free.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the connection of one replica of the service.
    #[must_use]
    pub fn replica(&self) -> MemoryReplica {
        let clock = Arc::new(TurnedClock::new());
        MemoryReplica { leases: self.clone(), clock, faults: Arc::default() }
    }

    /// Returns the present holder of this lease.
    #[must_use]
    pub fn holder(&self, lease: &str) -> Option<Holder> {
        Some(self.rows().get(lease)?.held_at(clock::now())?.0)
    }

    /// Returns the fence of the last acquisition of this lease; 0 before the first one.
    #[must_use]
    pub fn fence(&self, lease: &str) -> u64 {
        self.rows().get(lease).map_or(0, |row| row.fence)
    }

    /// Takes this lease away from its holder, as an operator does who deletes the row.
    pub fn take_away(&self, lease: &str) {
        if let Some(row) = self.rows().get_mut(lease) {
            row.held = None;
        }
        self.0.released.notify_waiters();
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<String, Row>> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn acquire(&self, claim: &Claim) -> Acquisition {
        let now = clock::now();
        let mut rows = self.rows();
        let row = rows.entry(claim.lease().to_owned()).or_default();
        if let Some((_, ends)) = row.held_at(now) {
            return Acquisition::Held { remaining: Some(ends.saturating_duration_since(now)) };
        }
        row.fence += 1;
        row.held = Some((claim.holder(), now + claim.ttl()));
        Acquisition::Acquired { fence: row.fence }
    }

    fn renew(&self, claim: &Claim) -> Renewal {
        let now = clock::now();
        let mut rows = self.rows();
        let row = rows.entry(claim.lease().to_owned()).or_default();
        match row.held_at(now) {
            Some((holder, _)) if holder == claim.holder() => {
                row.held = Some((holder, now + claim.ttl()));
                Renewal::Renewed
            }
            _ => Renewal::Lost,
        }
    }

    fn held(&self, prefix: &str) -> Vec<String> {
        let now = clock::now();
        let rows = self.rows();
        let held = rows
            .iter()
            .filter(|(lease, row)| lease.starts_with(prefix) && row.held_at(now).is_some());
        held.map(|(lease, _)| lease.clone()).collect()
    }

    fn release(&self, claim: &Claim) {
        if let Some(row) = self.rows().get_mut(claim.lease())
            && row.held.is_some_and(|(holder, _)| holder == claim.holder())
        {
            row.held = None;
        }
        self.0.released.notify_waiters();
    }
}

/// The faults of a replica's connection.
#[derive(Clone, Copy, Debug, Default)]
struct Faults {
    is_cut: bool,
    loses_answers: bool,
    delay: Duration,
}

/// The connection of one replica to [`MemoryLeases`]. A clone is the same connection.
#[derive(Clone)]
pub struct MemoryReplica {
    leases: MemoryLeases,
    clock: Arc<TurnedClock>,
    faults: Arc<Mutex<Faults>>,
}

impl MemoryReplica {
    /// Cuts the connection: no request arrives at the engine, and each fails after half a second.
    pub fn cut(&self) {
        self.faults().is_cut = true;
    }

    /// Loses the answers: each request is carried out, and fails all the same.
    pub fn lose_answers(&self) {
        self.faults().loses_answers = true;
    }

    /// Delays the answers by this time: each request is carried out at once.
    pub fn delay_answers(&self, by: Duration) {
        self.faults().delay = by;
    }

    /// Ends all faults of the connection.
    pub fn mend(&self) {
        *self.faults() = Faults::default();
    }

    /// Turns the replica's clock forward, as if its machine had slept for this time: timers, which
    /// stand still in that sleep, do not notice.
    pub fn turn_clock(&self, by: Duration) {
        self.clock.turn(by);
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out a request under the present faults.
    async fn request<T>(
        &self,
        carry_out: impl FnOnce(&MemoryLeases) -> T + Send,
    ) -> Result<T, LeaseError> {
        let faults = *self.faults();
        if faults.is_cut {
            time::sleep_until(clock::now() + TIMEOUT).await;
            return Err("the engine cannot be reached".into());
        }
        let answer = carry_out(&self.leases);
        if !faults.delay.is_zero() {
            time::sleep_until(clock::now() + faults.delay).await;
        }
        if faults.loses_answers {
            return Err("the answer was lost".into());
        }
        Ok(answer)
    }
}

impl Leases for MemoryReplica {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        self.request(|leases| leases.acquire(&claim)).await
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        self.request(|leases| leases.renew(&claim)).await
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        self.request(|leases| leases.release(&claim)).await
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        self.request(|leases| leases.held(prefix)).await
    }

    fn watch(&self, lease: &str) -> impl Future<Output = ()> + Send {
        let lease = lease.to_owned();
        async move {
            loop {
                let mut released = pin!(self.leases.0.released.notified());
                released.as_mut().enable();
                released.await;
                if !self.faults().is_cut && self.leases.holder(&lease).is_none() {
                    return;
                }
            }
        }
    }

    fn clock(&self) -> LeaseClock {
        LeaseClock::from(Arc::clone(&self.clock))
    }
}

impl fmt::Debug for MemoryLeases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLeases").field("leases", &self.rows().len()).finish()
    }
}

impl fmt::Debug for MemoryReplica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplica").field("faults", &*self.faults()).finish_non_exhaustive()
    }
}
