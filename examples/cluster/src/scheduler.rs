//! The service: a scheduler that runs in one replica only.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use supervisor::lease::{Fence, Leases};
use supervisor::prelude::*;
use supervisor_web::Web;
use tokio::time::sleep;

use crate::jobs::{Jobs, Session};

/// The time for which the lease lasts without a renewal. A service would choose half a minute.
pub(crate) const TTL: Duration = Duration::from_secs(2);
/// The time between renewals.
const RENEW: Duration = Duration::from_millis(250);
/// The time between jobs.
pub(crate) const PACE: Duration = Duration::from_millis(250);

/// A report of a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It begins, with this fence.
    Leads(u64),
    /// It has run this job.
    Job(u64),
    /// It has ended.
    Ended,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leads(fence) => write!(f, "leads {fence}"),
            Self::Job(job) => write!(f, "job {job}"),
            Self::Ended => f.write_str("ended"),
        }
    }
}

impl Said {
    /// Reads what `Display` writes.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok();
        match line.split_once(' ') {
            Some(("leads", fence)) => number(fence).map(Self::Leads),
            Some(("job", job)) => number(job).map(Self::Job),
            None if line == "ended" => Some(Self::Ended),
            _ => None,
        }
    }
}

/// The receiver of a scheduler's reports.
pub(crate) type Say = Arc<dyn Fn(Said) + Send + Sync>;

/// Builds the tree of the replica of this name. If it has a page, a child shows the tree there.
///
/// The leases are in PostgreSQL or in memory, so the declared tree is an expression. The compiler
/// checks that a lease of `TTL` outlives the stop of the scheduler, which has 200 milliseconds for
/// that, and then 100 to be dropped.
pub(crate) fn tree(
    name: &str,
    page: Option<&str>,
    leases: &(impl Leases + Clone),
    jobs: Jobs,
    say: Say,
) -> Supervisor {
    let tree = supervision_tree! {
        one_for_one {
            scheduler: one_for_one(lease = "scheduler", ttl = TTL, renew = RENEW, kill_grace = 100ms)
                with leases
            {
                run: Always(shutdown = 200ms) =
                    move |ctx| schedule(ctx, jobs.clone(), fence.clone(), Arc::clone(&say)),
            },
        }
    };
    let mut replica = Supervisor::new().with_name(name);
    if let Some(page) = page {
        replica = replica.with_child(ChildSpec::new("admin").with_worker(Web::bind(page)));
    }
    replica.with_child(ChildSpec::new("jobs").with_supervisor(tree.into())).build()
}

/// Runs one job after the other.
async fn schedule(ctx: Context, jobs: Jobs, fence: Fence, say: Say) -> ChildResult {
    say(Said::Leads(fence.number()?));
    let _ended = Ended(Arc::clone(&say));
    let mut session = Session::new(jobs);
    loop {
        tokio::select! {
            // A job that is interrupted is rolled back, and its number is given to the next one.
            job = session.run_next(&fence) => {
                if let Ok(job) = job {
                    say(Said::Job(job));
                }
            }
            () = ctx.shutdown_requested() => return Ok(()),
        }
        tokio::select! {
            () = sleep(PACE) => {}
            () = ctx.shutdown_requested() => return Ok(()),
        }
    }
}

/// Reports the end of the scheduler, however it ends.
struct Ended(Say);

impl Drop for Ended {
    fn drop(&mut self) {
        (self.0)(Said::Ended);
    }
}
