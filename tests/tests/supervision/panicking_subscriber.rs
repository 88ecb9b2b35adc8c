//! A subscriber of `tracing` that panics in one of its methods: the line is lost, and no life ends.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use supervisor::MaxRestarts;
use supervisor::prelude::*;
use supervisor_tests::{Stage, quiet, subscribe, within};
use tracing::{Metadata, Subscriber, span, subscriber::Interest};

use super::foreign_code::{count, goes_on, with_sibling};

// ===== the subscriber of `tracing` =====

/// A subscriber that panics in one of its methods, once it is armed.
struct BadSubscriber {
    method: &'static str,
    armed: Arc<AtomicUsize>,
    panics: Arc<AtomicUsize>,
    next: AtomicU64,
}

impl BadSubscriber {
    fn hit(&self, method: &str) {
        if self.method == method && self.armed.load(Ordering::SeqCst) > 0 {
            self.panics.fetch_add(1, Ordering::SeqCst);
            panic!("the disk is full, in {method}");
        }
    }
}

impl Subscriber for BadSubscriber {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        self.hit("enabled");
        true
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        self.hit("new_span");
        span::Id::from_u64(self.next.fetch_add(1, Ordering::SeqCst) + 1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        self.hit("event");
    }
    fn enter(&self, _: &span::Id) {
        self.hit("enter");
    }
    fn exit(&self, _: &span::Id) {
        self.hit("exit");
    }
    fn clone_span(&self, id: &span::Id) -> span::Id {
        self.hit("clone_span");
        id.clone()
    }
    fn try_close(&self, _: span::Id) -> bool {
        self.hit("try_close");
        true
    }
}

/// Runs a tree, with one child that ticks, one that fails, one that panics and one that is dropped,
/// while the subscriber panics in this method.
async fn under_a_subscriber_that_panics_in(method: &'static str) {
    let (armed, panics) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let subscriber = BadSubscriber {
        method,
        armed: Arc::clone(&armed),
        panics: Arc::clone(&panics),
        next: AtomicU64::new(0),
    };
    let _guard = subscribe(subscriber);
    let stage = Stage::new();
    let dropped = stage.task("dropped", async |_: Context| pending().await);
    let address = dropped.handle();
    let nested = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(stage.task("failing", async |_: Context| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err("no".into())
        }))
        .with_child(stage.task("panicking", async |_: Context| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            panic!("no")
        }))
        .with_child(stage.task("ticking", async |ctx: Context| {
            while !ctx.is_shutdown_requested() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        }))
        .with_child(dropped)
        .build();
    let supervisor = Supervisor::new()
        .with_max_restarts(0)
        .with_child(stage.actor("sibling"))
        .with_child(ChildSpec::new("sub").with_supervisor(nested))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    armed.store(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.alive(), "dropped failing panicking sibling ticking", "{method}");
    assert!(stage.gauge("failing").begun() > 10, "{method}: it was restarted");
    assert!(stage.gauge("panicking").begun() > 10, "{method}: it was restarted");
    assert_eq!(stage.gauge("ticking").begun(), 1, "{method}: no life ends for the log's sake");
    within("the end of `dropped`", address.terminate()).await.unwrap();
    assert!(!stage.alive().contains("dropped"), "{method}");
    goes_on(&stage, &supervisor).await;
    assert_eq!(stage.alive(), "", "{method}");
    if method != "clone_span" {
        assert!(panics.load(Ordering::SeqCst) > 0, "{method} was called");
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_in_enabled_ends_no_life() {
    under_a_subscriber_that_panics_in("enabled").await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_in_new_span_ends_no_life() {
    under_a_subscriber_that_panics_in("new_span").await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_in_event_ends_no_life() {
    under_a_subscriber_that_panics_in("event").await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_in_enter_ends_no_life() {
    under_a_subscriber_that_panics_in("enter").await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_in_exit_ends_no_life() {
    under_a_subscriber_that_panics_in("exit").await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_when_a_span_closes_ends_no_life() {
    under_a_subscriber_that_panics_in("try_close").await;
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_panics_in_clone_span_ends_no_life() {
    under_a_subscriber_that_panics_in("clone_span").await;
}

/// A span is entered and exited in pairs, also if `enter` panics: the thread's list of spans, which
/// a registry keeps, does not name the child in the log lines of other tasks.
#[tokio::test(start_paused = true)]
async fn a_span_whose_enter_panics_is_exited_all_the_same() {
    use tracing_subscriber::layer::{Context as Layered, Layer, SubscriberExt};
    struct Bad(Arc<AtomicUsize>);
    impl<S: Subscriber> Layer<S> for Bad {
        fn on_enter(&self, _: &span::Id, _: Layered<'_, S>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("the disk is full");
        }
    }
    let entered = Arc::default();
    let subscriber = tracing_subscriber::registry().with(Bad(Arc::clone(&entered)));
    let _guard = subscribe(subscriber);
    let stage = Stage::new();
    let supervisor = with_sibling(&stage).await;
    quiet().await;
    assert!(count(&entered) > 0);
    let current = tracing::Span::current();
    assert!(current.is_none(), "the span of a child: {current:?}");
    goes_on(&stage, &supervisor).await;
}
