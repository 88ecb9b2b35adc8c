//! A replica of a service, whose child runs in one replica at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use supervisor::info::ChildState;
use supervisor::lease::{Fence, Singleton};
use supervisor::prelude::*;
use supervisor::testing::{MemoryLeases, MemoryReplica};
use supervisor_tests::{Gauge, within};
use tokio::time::sleep;

use super::MILLISECOND;

/// A replica of a service, in which `billing/leader/cron` runs under the lease `billing`. The lease
/// lasts for 30 seconds and is renewed every 5.
pub(super) struct Replica {
    pub(super) root: Supervisor,
    pub(super) billing: Supervisor,
    pub(super) leases: MemoryReplica,
    pub(super) cron: ChildRef<Order>,
    /// The child's lives in this replica; those in all replicas are counted by another gauge.
    pub(super) own: Gauge,
    /// The number of polls of the child.
    pub(super) steps: Arc<AtomicU64>,
    /// The fence that the last life has read.
    pub(super) fence: Arc<AtomicU64>,
}

pub(super) enum Order {
    Fail,
    Ping(Reply<()>),
}

/// The child: it works all the time, and takes `cleanup` to stop.
#[derive(Clone)]
struct Cron {
    gauge: Gauge,
    own: Gauge,
    fence: Fence,
    steps: Arc<AtomicU64>,
    seen: Arc<AtomicU64>,
    cleanup: Duration,
}

impl supervisor::Addressable for Cron {
    type Message = Order;
    const DEFAULTS: supervisor::ChildOptions = supervisor::ChildOptions::new();
}

impl Worker for Cron {
    async fn run(&self, mut ctx: Context<Order>) -> ChildResult {
        let _lives = (self.gauge.enter(), self.own.enter());
        self.seen.store(self.fence.number()?, Ordering::SeqCst);
        // A task of the life works, too.
        let steps = Arc::clone(&self.steps);
        ctx.spawn(async move {
            loop {
                sleep(100 * MILLISECOND).await;
                steps.fetch_add(1, Ordering::SeqCst);
            }
        });
        loop {
            tokio::select! {
                order = ctx.recv() => match order {
                    None => break,
                    Some(Order::Fail) => return Err("it was told to".into()),
                    Some(Order::Ping(reply)) => drop(reply.send(())),
                },
                () = sleep(100 * MILLISECOND) => {
                    self.steps.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
        sleep(self.cleanup).await;
        Ok(())
    }
}

impl Replica {
    pub(super) async fn start(leases: &MemoryLeases, gauge: &Gauge, cleanup: Duration) -> Self {
        let this = Self::build(leases, gauge, cleanup);
        within("the start", this.root.start()).await.unwrap();
        this
    }

    pub(super) fn build(leases: &MemoryLeases, gauge: &Gauge, cleanup: Duration) -> Self {
        let (leases, steps, fence) = (leases.replica(), Arc::default(), Arc::default());
        let (own_gauge, mut cron) = (Gauge::new(), None);
        let billing = Singleton::new("billing", leases.clone()).build(|own| {
            let spec = ChildSpec::new("cron").with_worker(Cron {
                gauge: gauge.clone(),
                own: own_gauge.clone(),
                fence: own,
                steps: Arc::clone(&steps),
                seen: Arc::clone(&fence),
                cleanup,
            });
            cron = Some(spec.handle());
            Supervisor::new().with_child(spec)
        });
        let web = ChildSpec::new("web").with_task(async |ctx: Context| {
            ctx.shutdown_requested().await;
            Ok(())
        });
        let root = Supervisor::new()
            .with_child(ChildSpec::new("billing").with_supervisor(billing.clone()))
            .with_child(web)
            .build();
        Self {
            root,
            billing,
            leases,
            cron: cron.expect("it was declared"),
            own: own_gauge,
            steps,
            fence,
        }
    }

    pub(super) fn leads(&self) -> bool {
        self.cron.status() == ChildState::Running
    }

    /// Waits until this replica runs the children.
    pub(super) async fn takes_over(&self) {
        let taken_over = async {
            while !self.leads() {
                sleep(MILLISECOND).await;
            }
        };
        within("the take-over", taken_over).await;
    }

    /// Waits until the children have ended in this replica; calls `check` meanwhile.
    pub(super) async fn ends(&self, check: impl Fn()) {
        let ended = async {
            while self.own.alive() > 0 {
                check();
                sleep(MILLISECOND).await;
            }
        };
        within("the end of the children", ended).await;
    }

    pub(super) async fn shut_down(&self) {
        let report = within("the shutdown", self.root.shutdown()).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }

    /// Returns the number of restarts and failures in the whole tree.
    pub(super) async fn trouble(&self) -> (u64, u64) {
        let mut trouble = (0, 0);
        for supervisor in [&self.root, &self.billing] {
            let stats = supervisor.stats().await.unwrap();
            trouble = (trouble.0 + stats.restarts, trouble.1 + stats.failures);
        }
        trouble
    }
}
