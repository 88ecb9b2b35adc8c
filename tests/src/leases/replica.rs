//! A replica of a service, in this process.

use std::time::{Duration, Instant};

use supervisor::info::ChildState;
use supervisor::lease::{Fence, Leases, Singleton};
use supervisor::prelude::*;
use tokio::time::sleep;

use super::StepResult;

const MILLISECOND: Duration = Duration::from_millis(1);

/// A replica of a service, in which `billing/leader/cron` runs under a lease.
#[derive(Debug)]
pub struct Replica {
    /// The whole tree.
    pub root: Supervisor,
    /// The fence of the lease.
    pub fence: Fence,
    cron: ChildRef<()>,
}

impl Replica {
    /// Starts a replica with a lease of this name, which lasts for `ttl` and is renewed every `renew`.
    ///
    /// # Errors
    ///
    /// If the tree does not start.
    pub async fn start<L: Leases>(
        leases: L,
        lease: &str,
        ttl: Duration,
        renew: Duration,
    ) -> StepResult<Self> {
        let mut handles = None;
        let billing =
            Singleton::new(lease, leases).with_ttl(ttl).with_renew(renew).build(|fence| {
                let cron = ChildSpec::new("cron")
                    .with_task(async |ctx: Context| {
                        ctx.shutdown_requested().await;
                        Ok(())
                    })
                    .with_shutdown(100 * MILLISECOND);
                handles = Some((cron.handle(), fence));
                Supervisor::new().with_kill_grace(100 * MILLISECOND).with_child(cron)
            });
        let billing = ChildSpec::new("billing").with_supervisor(billing);
        let root = Supervisor::new().with_child(billing).build();
        root.start().await?;
        let (cron, fence) = handles.ok_or("it was declared")?;
        Ok(Self { root, fence, cron })
    }

    /// Returns `true` while this replica runs the children.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.cron.status() == ChildState::Running
    }

    /// Waits until this replica runs the children, and returns the moment.
    ///
    /// # Errors
    ///
    /// If that takes too long.
    pub async fn takes_over(&self) -> StepResult<Instant> {
        until("the take-over", || self.leads()).await
    }
}

/// Waits for this on a real clock, and returns the moment at which it is so.
///
/// # Errors
///
/// If that takes more than twenty seconds.
pub async fn until(what: &str, is_so: impl Fn() -> bool) -> StepResult<Instant> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        if is_so() {
            return Ok(Instant::now());
        }
        sleep(MILLISECOND).await;
    }
    Err(format!("waited in vain for {what}").into())
}

/// Checks that all of these words are in an error, and prints it.
///
/// # Panics
///
/// If one of them is not.
pub fn contains(error: &str, words: &[&str]) {
    println!("{error}");
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
}
