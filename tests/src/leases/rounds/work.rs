//! What one of the processes does: it writes all the time while it holds the lease, and prints when it
//! begins and when it has ended, by the clock that goes on while the machine sleeps.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use supervisor::lease::{Fence, LeaseClock, Leases, Singleton};
use supervisor::prelude::*;
use tokio::time::sleep;

/// The name of the lease.
const LEASE: &str = "rounds";
/// The time for which it lasts without a renewal.
pub(super) const TTL: Duration = Duration::from_secs(2);
/// The time between renewals.
pub(super) const RENEW: Duration = Duration::from_millis(200);

const MILLISECOND: Duration = Duration::from_millis(1);

/// An error of such a process.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// One run of the child.
struct Interval(u64);

impl Interval {
    fn begin(fence: u64) -> Self {
        println!("begin {fence} {}", LeaseClock::boottime().now().as_micros());
        Self(fence)
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        println!("end {} {}", self.0, LeaseClock::boottime().now().as_micros());
    }
}

/// Runs a tree until the process is asked to stop. Its child calls `write` while it holds the lease, and
/// again when that has failed, since the engine is away or the lease has been lost.
pub async fn work<W, F>(leases: impl Leases, write: W) -> ExitCode
where
    W: Fn(Fence) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Infallible, Trouble>> + Send + 'static,
{
    let singleton = Singleton::new(LEASE, leases).with_ttl(TTL).with_renew(RENEW).build(|fence| {
        let work = move |ctx| run(ctx, write.clone(), fence.clone());
        let work = ChildSpec::new("work").with_task(work).with_shutdown(100 * MILLISECOND);
        Supervisor::new().with_kill_grace(100 * MILLISECOND).with_child(work)
    });
    let tree = Supervisor::new()
        .with_child(ChildSpec::new("singleton").with_supervisor(singleton))
        .build();
    supervisor::run(tree).await
}

async fn run<W, F>(ctx: Context, write: W, fence: Fence) -> ChildResult
where
    W: Fn(Fence) -> F,
    F: Future<Output = Result<Infallible, Trouble>>,
{
    let _interval = Interval::begin(fence.number()?);
    while !ctx.is_shutdown_requested() {
        let Err(trouble) = tokio::select! {
            written = write(fence.clone()) => written,
            () = ctx.shutdown_requested() => break,
        };
        drop(trouble);
        sleep(20 * MILLISECOND).await;
    }
    // Some cleanup, within its time.
    sleep(30 * MILLISECOND).await;
    Ok(())
}
