//! The trait of engines that grant leases, and the words in which they are asked.

use std::error::Error;
use std::fmt;
use std::future::{self, Future};
use std::sync::Arc;
use std::time::Duration;

use crate::life::gate::LeaseClock;

/// The error of a request to an engine.
pub type LeaseError = Box<dyn Error + Send + Sync + 'static>;

/// An engine that grants leases: a database or a coordination service that all replicas reach.
///
/// A lease belongs to one [holder](Holder) at a time, and ends by itself when it is not renewed. The
/// engine decides by its own clock when a lease has ended, and gives each acquisition a *fence*: a
/// number higher than that of every earlier acquisition of this lease, for ever.
///
/// # What an implementation has to keep
///
/// - [`renew`](Self::renew) and [`release`](Self::release) compare the holder, and not only the
///   lease's name: a replica that was away too long must not renew, or give up, the lease of its
///   successor.
/// - The lease lasts for [`ttl`](Claim::ttl) from the moment at which the engine carries out an
///   acquisition or a renewal, or longer, and never shorter.
/// - Fences grow also across releases, and across restarts of the engine.
/// - A request that ends with an error may have been carried out all the same; the caller expects no
///   more. A future of a request is never dropped before it completes (unless the runtime goes away),
///   so it should have a time limit of its own, shorter than the lease.
///
/// A panic of a request counts as an error. A watch that panics never completes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` grants no leases",
    label = "an engine of leases belongs here, such as `PgLeases` of `supervision-tree-postgres`"
)]
pub trait Leases: Send + Sync + 'static {
    /// Acquires a lease that is free or has ended. The holder is a new one for each call.
    fn acquire(&self, claim: Claim)
    -> impl Future<Output = Result<Acquisition, LeaseError>> + Send;

    /// Renews the lease of this holder: it lasts for the whole `ttl` again.
    fn renew(&self, claim: Claim) -> impl Future<Output = Result<Renewal, LeaseError>> + Send;

    /// Gives up the lease of this holder, so that another one can acquire it at once. Does nothing if
    /// the holder does not have the lease.
    fn release(&self, claim: Claim) -> impl Future<Output = Result<(), LeaseError>> + Send;

    /// Completes when this lease may have become free. A watch may miss a release, and may complete
    /// without one: replicas that wait ask again every `renew` in any case.
    ///
    /// # Cancel safety
    ///
    /// Has to be cancel safe: the future is dropped once it is of no use.
    fn watch(&self, lease: &str) -> impl Future<Output = ()> + Send {
        let _ = lease;
        future::pending()
    }

    /// Returns the names of the leases that are held at this moment, by any replica, and whose names
    /// begin with this text. [Shards](super::Singleton::build_shards) need it, and nothing else does.
    ///
    /// The list decides only who asks for which lease, so it may be a moment old. The default is an error
    /// that says that the engine has no list.
    fn held(&self, prefix: &str) -> impl Future<Output = Result<Vec<String>, LeaseError>> + Send {
        let _ = prefix;
        future::ready(Err(NoList.into()))
    }

    /// Returns the clock by which this replica counts the time of its leases.
    fn clock(&self) -> LeaseClock {
        LeaseClock::boottime()
    }
}

/// The error of an engine that cannot list its leases.
#[derive(Debug)]
pub(crate) struct NoList;

impl fmt::Display for NoList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this engine cannot list the leases that are held")
    }
}

impl Error for NoList {}

impl<L: Leases> Leases for Arc<L> {
    fn acquire(
        &self,
        claim: Claim,
    ) -> impl Future<Output = Result<Acquisition, LeaseError>> + Send {
        (**self).acquire(claim)
    }

    fn renew(&self, claim: Claim) -> impl Future<Output = Result<Renewal, LeaseError>> + Send {
        (**self).renew(claim)
    }

    fn release(&self, claim: Claim) -> impl Future<Output = Result<(), LeaseError>> + Send {
        (**self).release(claim)
    }

    fn watch(&self, lease: &str) -> impl Future<Output = ()> + Send {
        (**self).watch(lease)
    }

    fn held(&self, prefix: &str) -> impl Future<Output = Result<Vec<String>, LeaseError>> + Send {
        (**self).held(prefix)
    }

    fn clock(&self) -> LeaseClock {
        (**self).clock()
    }
}

/// A claim of one holder to one lease.
#[derive(Clone, Debug)]
pub struct Claim {
    lease: Arc<str>,
    holder: Holder,
    ttl: Duration,
}

impl Claim {
    pub(crate) fn new(lease: Arc<str>, holder: Holder, ttl: Duration) -> Self {
        Self { lease, holder, ttl }
    }

    /// Returns the name of the lease.
    #[must_use]
    pub fn lease(&self) -> &str {
        &self.lease
    }

    /// Returns the holder.
    #[must_use]
    pub fn holder(&self) -> Holder {
        self.holder
    }

    /// Returns the time for which the lease lasts without a renewal.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        self.ttl
    }
}

/// The holder of a lease: 128 random bits, new for each acquisition. `Display` prints them as 32
/// hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holder(u128);

impl Holder {
    /// Returns the bits.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Draws the bits from the system.
    ///
    /// # Errors
    ///
    /// The system's, if it has no random numbers.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        Ok(Self(u128::from_ne_bytes(bits)))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holder({self})")
    }
}

/// Returns a name of this replica for people who read an engine's leases: the host name and the process
/// id, as in `shop-1[4711]`. Nothing is decided by it.
///
/// ```
/// let name = supervisor::lease::replica_name();
/// assert!(name.ends_with(&format!("[{}]", std::process::id())));
/// ```
#[must_use]
pub fn replica_name() -> String {
    let host = std::env::var("HOSTNAME").ok();
    let host = host.or_else(|| std::fs::read_to_string("/etc/hostname").ok());
    let host = host.as_deref().map_or("", str::trim);
    format!("{host}[{}]", std::process::id())
}

/// The answer to an acquisition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a lease is acquired, or somebody else holds it")]
pub enum Acquisition {
    /// The holder has the lease, with this fence.
    Acquired {
        /// The number of the acquisition, higher than every earlier one of this lease.
        fence: u64,
    },
    /// Another holder has the lease.
    Held {
        /// The time for which that lease lasts if it is not renewed, if the engine knows.
        remaining: Option<Duration>,
    },
}

/// The answer to a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a lease is renewed, or it cannot be")]
pub enum Renewal {
    /// The lease lasts for the whole `ttl` again.
    Renewed,
    /// The holder does not have the lease any more.
    Lost,
}
