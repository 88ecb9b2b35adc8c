//! A test of the contract of engines that grant leases.

use std::time::Duration;

use crate::lease::{Acquisition, Claim, Holder, LeaseError, Leases, NoList, Renewal};
use crate::sync::{clock, time};

/// Checks that an engine keeps the contract of [`Leases`], with two leases whose names begin with `lease`
/// and which nobody else uses.
///
/// It waits several times until a lease of this `ttl` ends. The engine's clock and tokio's must
/// agree, so tokio's clock must not be paused if the engine uses real time.
///
/// ```
/// use std::time::Duration;
/// use supervisor::testing::{MemoryLeases, check_leases};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), supervisor::lease::LeaseError> {
/// check_leases(&MemoryLeases::new().replica(), "test", Duration::from_secs(1)).await?;
/// # Ok(())
/// # }
/// ```
///
/// It does not check what needs a restart of the engine: that fences grow across restarts, and that
/// an acquisition is not lost in a crash.
///
/// # Errors
///
/// The first part of the contract that is broken, in words, or the error of a request that has failed.
///
/// # Cancel safety
///
/// If the future is dropped, the engine is left with leases that end by themselves.
pub async fn check_leases<L: Leases>(
    leases: &L,
    lease: &str,
    ttl: Duration,
) -> Result<(), LeaseError> {
    let check = Check { leases, ttl };
    let name = format!("{lease}-1");
    let one = check.claim(&name)?;
    let first = check.acquires(&one, 0, "a lease that nobody has ever held").await?;
    check.lists(lease, &[&name]).await?;
    // Another lease is not affected.
    let elsewhere = check.claim(&format!("{lease}-2"))?;
    check.acquires(&elsewhere, 0, "another lease").await?;
    check.lists(lease, &[&name, elsewhere.lease()]).await?;
    check.lists(&name, &[&name]).await?;

    let other = check.claim(&name)?;
    check.is_held(&other).await?;
    check.renews(&one, "its holder").await?;
    check.is_lost(&other, "one who never had it").await?;
    // Another holder cannot release the lease.
    leases.release(other.clone()).await?;
    check.is_held(&other).await?;

    leases.release(one.clone()).await?;
    check.is_lost(&one, "one who has released it").await?;
    check.lists(lease, &[elsewhere.lease()]).await?;
    let second = check.acquires(&other, first, "a lease that was released").await?;
    // A release that is repeated, or arrives late, does not affect the successor.
    leases.release(one).await?;
    check.renews(&other, "its holder, after the release of its predecessor").await?;

    // It lasts for the whole time after a renewal, and no longer.
    time::sleep_until(clock::now() + ttl * 3 / 4).await;
    check.renews(&other, "its holder, late").await?;
    let third = check.claim(&name)?;
    time::sleep_until(clock::now() + ttl * 3 / 4).await;
    check.is_held(&third).await?;
    time::sleep_until(clock::now() + ttl / 2).await;
    check.lists(lease, &[]).await?;
    check.acquires(&third, second, "a lease that has ended").await?;
    check.is_lost(&other, "one whose lease has ended, and has another holder").await?;
    leases.release(other).await?;
    check.renews(&third, "its holder, after the release of one that was too late").await?;
    leases.release(third).await?;
    leases.release(elsewhere).await
}

struct Check<'a, L> {
    leases: &'a L,
    ttl: Duration,
}

impl<L: Leases> Check<'_, L> {
    fn claim(&self, lease: &str) -> Result<Claim, LeaseError> {
        Ok(Claim::new(lease.into(), Holder::random()?, self.ttl))
    }

    async fn acquires(&self, claim: &Claim, after: u64, what: &str) -> Result<u64, LeaseError> {
        match self.leases.acquire(claim.clone()).await? {
            Acquisition::Acquired { fence } if fence > after => Ok(fence),
            Acquisition::Acquired { fence } => {
                Err(format!("the fence {fence} of {what} does not exceed {after}").into())
            }
            Acquisition::Held { .. } => Err(format!("{what} was not granted").into()),
        }
    }

    /// Checks the list of the leases that are held, unless the engine cannot list them.
    async fn lists(&self, prefix: &str, expected: &[&str]) -> Result<(), LeaseError> {
        let mut held = match self.leases.held(prefix).await {
            Err(error) if error.is::<NoList>() => return Ok(()),
            held => held?,
        };
        held.sort();
        if held == expected {
            return Ok(());
        }
        Err(format!("of the leases `{prefix}…`, {expected:?} are held, and {held:?} are listed")
            .into())
    }

    async fn is_held(&self, claim: &Claim) -> Result<(), LeaseError> {
        match self.leases.acquire(claim.clone()).await? {
            Acquisition::Acquired { .. } => {
                Err("a lease was granted that another holder has".into())
            }
            Acquisition::Held { remaining: Some(left) } if left > self.ttl => {
                Err(format!("a lease of {:?} is said to last for {left:?}", self.ttl).into())
            }
            Acquisition::Held { .. } => Ok(()),
        }
    }

    async fn renews(&self, claim: &Claim, whose: &str) -> Result<(), LeaseError> {
        match self.leases.renew(claim.clone()).await? {
            Renewal::Renewed => Ok(()),
            Renewal::Lost => Err(format!("the lease of {whose} was not renewed").into()),
        }
    }

    async fn is_lost(&self, claim: &Claim, who: &str) -> Result<(), LeaseError> {
        match self.leases.renew(claim.clone()).await? {
            Renewal::Lost => Ok(()),
            Renewal::Renewed => Err(format!("the lease was renewed in the name of {who}").into()),
        }
    }
}
