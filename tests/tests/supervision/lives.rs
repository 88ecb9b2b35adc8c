//! Tests that lives do not overlap: the next life begins when the previous one has fully ended. A
//! destructor takes 50 ms of a real thread here, so the clocks are real.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{StartMode, events::Events, specs::Ready};
use supervisor_tests::{Gauge, Life, event, restarted, within};
use tokio::sync::mpsc;

/// A value that a life holds; its destructor takes 50 ms, and the life is not over before.
struct Burden {
    _life: Life,
}

impl Drop for Burden {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[derive(Clone, Default)]
struct Lives {
    gauge: Gauge,
}

impl Lives {
    /// Returns a child whose first life runs the function, and whose later lives idle.
    fn child<F, Fut>(&self, first: F) -> ChildSpec<Ready<ChildRef>>
    where
        F: Fn(Context) -> Fut + Send + Sync + Clone + 'static,
        Fut: Future<Output = ChildResult> + Send + 'static,
    {
        let lives = self.clone();
        ChildSpec::new("a").with_task(move |ctx| {
            let (burden, first) = (Burden { _life: lives.gauge.enter() }, first.clone());
            async move {
                let _burden = burden;
                if ctx.incarnation() == 1 {
                    return first(ctx).await;
                }
                ctx.shutdown_requested().await;
                Ok(())
            }
        })
    }

    /// Waits for the second life, and checks that it did not overlap the first.
    async fn second(&self, events: &mut Events) {
        event(events, "the second life", restarted("a")).await;
        self.check();
    }

    fn check(&self) {
        assert!(self.gauge.most() <= 1, "two lives at once");
    }
}

fn supervised(spec: ChildSpec<Ready<ChildRef>>) -> (Supervisor, ChildRef, Events) {
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    let events = supervisor.events();
    (supervisor, child, events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_after_a_normal_end() {
    let lives = Lives::default();
    let (supervisor, _child, mut events) = supervised(lives.child(async |_: Context| Ok(())));
    within("the start", supervisor.start()).await.unwrap();
    lives.second(&mut events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_after_an_error() {
    let lives = Lives::default();
    let spec = lives.child(async |_: Context| Err("it fails".into()));
    let (supervisor, _child, mut events) = supervised(spec);
    within("the start", supervisor.start()).await.unwrap();
    lives.second(&mut events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_after_a_panic() {
    let lives = Lives::default();
    let spec = lives.child(async |_: Context| panic!("it panics"));
    let (supervisor, _child, mut events) = supervised(spec);
    within("the start", supervisor.start()).await.unwrap();
    lives.second(&mut events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_after_a_kill() {
    let lives = Lives::default();
    let (supervisor, child, mut events) =
        supervised(lives.child(async |_: Context| pending().await));
    within("the start", supervisor.start()).await.unwrap();
    within("the kill", child.kill()).await.unwrap();
    lives.second(&mut events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_after_a_stop_that_took_too_long() {
    let lives = Lives::default();
    let (looks, mut looked) = mpsc::unbounded_channel();
    let spec = lives
        .child(move |ctx| {
            let looks = looks.clone();
            async move {
                let requested = ctx.shutdown_requested();
                looks.send(()).unwrap();
                requested.await;
                pending().await
            }
        })
        .with_shutdown(Duration::from_millis(1));
    let (supervisor, child, _events) = supervised(spec);
    within("the start", supervisor.start()).await.unwrap();
    within("a look at the signal", looked.recv()).await.unwrap();
    within("the restart", child.restart()).await.unwrap();
    lives.check();
    assert_eq!(child.incarnation(), 2);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    lives.check();
    assert_eq!(lives.gauge.alive(), 0, "nothing outlives its supervisor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_after_a_start_that_took_too_long() {
    let lives = Lives::default();
    let spec = lives
        .child(async |_: Context| pending().await)
        .with_start(StartMode::Notify)
        .with_start_timeout(Duration::from_millis(300));
    let (supervisor, child, _events) = supervised(spec);
    within("the start", supervisor.start()).await.unwrap_err();
    lives.check();
    assert_eq!((lives.gauge.alive(), lives.gauge.begun(), child.incarnation()), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_in_restarts_on_request() {
    let lives = Lives::default();
    let spec = lives.child(async |ctx: Context| {
        ctx.shutdown_requested().await;
        Ok(())
    });
    let (supervisor, child, _events) = supervised(spec);
    within("the start", supervisor.start()).await.unwrap();
    for _ in 0..3 {
        within("the restart", child.restart()).await.unwrap();
    }
    lives.check();
    assert_eq!(child.incarnation(), 4);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(lives.gauge.alive(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_in_a_group_restart() {
    let lives = Lives::default();
    let spec = lives.child(async |_: Context| pending().await);
    let failing = ChildSpec::new("failing").with_task(async |ctx: Context| {
        if ctx.incarnation() == 1 {
            tokio::task::yield_now().await;
            return Err("it fails".into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    });
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(spec)
        .with_child(failing)
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    lives.second(&mut events).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_below_a_restarted_supervisor() {
    let lives = Lives::default();
    let spec = lives.child(async |_: Context| pending().await);
    let failing = ChildSpec::new("failing").with_task(async |ctx: Context| {
        if ctx.incarnation() == 1 {
            return Err("it fails".into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    });
    let sub = Supervisor::new().with_max_restarts(0).with_child(spec).with_child(failing).build();
    let supervisor =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "the restart", restarted("sub")).await;
    lives.check();
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    lives.check();
    assert_eq!(lives.gauge.alive(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_ends_after_the_last_destructor() {
    let lives = Lives::default();
    let spec = lives.child(async |_: Context| pending().await);
    let (supervisor, _child, _events) = supervised(spec);
    within("the start", supervisor.start()).await.unwrap();
    supervisor.request_shutdown();
    within("the end", supervisor.wait()).await.unwrap();
    assert_eq!(lives.gauge.alive(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lives_do_not_overlap_in_a_storm_of_kills_and_restarts() {
    let gauge = Gauge::new();
    let lives = gauge.clone();
    let spec = ChildSpec::new("a").with_task(move |ctx: Context| {
        let life = lives.enter();
        async move {
            let _life = life;
            if ctx.incarnation() % 3 == 0 {
                return Err("it fails".into());
            }
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let child = spec.handle();
    let supervisor = Supervisor::new()
        .with_max_restarts(supervisor::MaxRestarts::Unlimited)
        .with_child(spec)
        .build();
    within("the start", supervisor.start()).await.unwrap();
    let storm = |number: usize| {
        let (child, supervisor) = (child.clone(), supervisor.clone());
        tokio::spawn(async move {
            for round in 0..100 {
                // The order of the calls is left to chance; every call is answered.
                match (round + number) % 4 {
                    0 => drop(child.kill().await),
                    1 => drop(child.restart().await),
                    2 => drop(child.terminate().await),
                    _ => drop(supervisor.restart_child("a").await),
                }
            }
        })
    };
    let storms: Vec<_> = (0..4).map(storm).collect();
    for storm in storms {
        within("the storm", storm).await.unwrap();
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!((gauge.alive(), gauge.most()), (0, 1));
}
