//! Engines whose requests and watches panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use supervisor::lease::{Acquisition, Claim, LeaseClock, LeaseError, Leases, Renewal, Singleton};
use supervisor::prelude::*;
use supervisor::testing::{MemoryLeases, MemoryReplica};
use supervisor_tests::{Gauge, quiet, within};
use tokio::time::sleep;

use super::SECOND;
use super::replica::Replica;

/// An engine whose requests panic.
struct Broken;

impl Leases for Broken {
    async fn acquire(&self, _: Claim) -> Result<Acquisition, LeaseError> {
        panic!("a bug of the engine's client")
    }

    async fn renew(&self, _: Claim) -> Result<Renewal, LeaseError> {
        panic!("a bug of the engine's client")
    }

    async fn release(&self, _: Claim) -> Result<(), LeaseError> {
        panic!("a bug of the engine's client")
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_panics_is_a_request_that_fails() {
    let billing = Singleton::new("billing", Broken).build(|_| Supervisor::new());
    let root =
        Supervisor::new().with_child(ChildSpec::new("billing").with_supervisor(billing)).build();
    within("the start", root.start()).await.unwrap();
    sleep(100 * SECOND).await;
    let health = root.health().await;
    assert!(health.ready && health.to_string().contains("the request has panicked"), "{health}");
    assert!(within("the shutdown", root.shutdown()).await.unwrap().is_clean());
}

/// An engine whose watch panics when it is made, polled, or dropped.
struct BrokenWatch {
    leases: MemoryReplica,
    moment: Moment,
    watches: Arc<AtomicU64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Made,
    Polled,
    Dropped,
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("a bug of the engine's client")
    }
}

impl Leases for BrokenWatch {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        self.leases.acquire(claim).await
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        self.leases.renew(claim).await
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        self.leases.release(claim).await
    }

    fn watch(&self, _: &str) -> impl Future<Output = ()> + Send {
        self.watches.fetch_add(1, Ordering::SeqCst);
        assert!(self.moment != Moment::Made, "a bug of the engine's client");
        let moment = self.moment;
        async move {
            let _guard = (moment == Moment::Dropped).then_some(PanicsWhenDropped);
            assert!(moment != Moment::Polled, "a bug of the engine's client");
            std::future::pending::<()>().await;
        }
    }

    fn clock(&self) -> LeaseClock {
        self.leases.clock()
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_panics_is_a_watch_without_news() {
    for moment in [Moment::Made, Moment::Polled, Moment::Dropped] {
        let (leases, gauge) = (MemoryLeases::new(), Gauge::new());
        let one = Replica::start(&leases, &gauge, SECOND).await;
        quiet().await;
        let watches = Arc::<AtomicU64>::default();
        let engine =
            BrokenWatch { leases: leases.replica(), moment, watches: Arc::clone(&watches) };
        let billing = Singleton::new("billing", engine).build(|_| {
            let cron = ChildSpec::new("cron").with_task(async |ctx: Context| {
                ctx.shutdown_requested().await;
                Ok(())
            });
            Supervisor::new().with_child(cron)
        });
        within("the start", billing.start()).await.unwrap();
        sleep(60 * SECOND).await;
        assert_eq!(watches.load(Ordering::SeqCst), 1, "one that panics is not made again");
        one.shut_down().await;
        // It asks for the lease every five seconds.
        sleep(6 * SECOND).await;
        assert_eq!(leases.fence("billing"), 2);
        let stats = billing.stats().await.unwrap();
        assert_eq!((stats.failures, stats.running), (0, 2));
        assert!(within("the shutdown", billing.shutdown()).await.unwrap().is_clean());
    }
}
