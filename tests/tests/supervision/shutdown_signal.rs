//! Tests the shutdown signal: a child that has observed it is asked to stop, another is dropped.

use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{self, Waker};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, events::EventKind, info::ChildState};
use supervisor_tests::{Stage, event, quiet, terminated, time_to_stop, within};
use tokio::sync::oneshot;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_child_that_never_observed_the_signal_is_dropped_at_once_and_not_killed() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(stage.task("blind", async |_: Context| pending().await))
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!((began.elapsed(), report.is_clean()), (Duration::ZERO, true));
    let ended = event(&mut events, "its end", terminated("blind")).await;
    let EventKind::ChildTerminated { reason, .. } = ended.kind() else { unreachable!() };
    assert!(matches!(reason, ExitReason::Shutdown), "not killed: {reason}");
}

#[tokio::test(start_paused = true)]
async fn each_way_to_observe_the_signal_counts() {
    type Look = fn(&mut Context);
    let looks: [(&str, Look); 4] = [
        ("shutdown_requested", |ctx| drop(ctx.shutdown_requested())),
        ("is_shutdown_requested", |ctx| assert!(!ctx.is_shutdown_requested())),
        ("try_recv", |ctx| assert!(ctx.try_recv().is_none())),
        ("recv", |ctx| {
            assert!(!is_ready(pin!(ctx.recv())));
        }),
    ];
    for (name, look) in looks {
        let stage = Stage::new();
        let spec = stage
            .task(name, move |mut ctx| async move {
                look(&mut ctx);
                pending().await
            })
            .with_shutdown(SECOND);
        let (time, report) = time_to_stop(spec).await;
        assert_eq!((time, report.killed().count()), (SECOND, 1), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_looks_first_after_the_stop_does_not_see_it() {
    // The child is being dropped: its clean-up must not begin and be cut half-way.
    let stage = Stage::new();
    let noted = stage.clone();
    let (go, wait) = mpsc::channel::<()>();
    let (begun, life) = oneshot::channel();
    let (wait, begun) = (Mutex::new(wait), Mutex::new(Some(begun)));
    let cell = Arc::new((wait, begun));
    let spec = stage.task("late", move |mut ctx| {
        let (noted, cell) = (noted.clone(), Arc::clone(&cell));
        async move {
            // The child blocks its thread, so that the stop comes in the middle of this poll.
            cell.1.lock().unwrap().take().unwrap().send(()).unwrap();
            cell.0.lock().unwrap().recv().unwrap();
            noted.note(ctx.is_shutdown_requested().to_string());
            let mut requested = pin!(ctx.shutdown_requested());
            noted.note(is_ready(requested.as_mut()).to_string());
            noted.note(is_ready(pin!(ctx.recv())).to_string());
            tokio::task::yield_now().await;
            noted.note("cleaning up");
            Ok(())
        }
    });
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    within("the life", life).await.unwrap();
    supervisor.request_shutdown();
    // The query is answered after the shutdown request was handled.
    let children = within("the list", supervisor.which_children()).await.unwrap();
    assert_eq!(children[0].state, ChildState::Stopping);
    go.send(()).unwrap();
    within("the end", supervisor.wait()).await.unwrap();
    assert_eq!(stage.log(), "+late false false false -late");
}

/// Tells whether the future is ready at its first poll.
fn is_ready(future: Pin<&mut impl Future>) -> bool {
    future.poll(&mut task::Context::from_waker(Waker::noop())).is_ready()
}

#[tokio::test(start_paused = true)]
async fn the_future_of_the_request_outlives_the_context() {
    let stage = Stage::new();
    let noted = stage.clone();
    let spec = stage.task("a", move |ctx| {
        let noted = noted.clone();
        async move {
            let requested = ctx.shutdown_requested();
            drop(ctx);
            let server = tokio::spawn(async move {
                requested.await;
                noted.note("asked");
            });
            let _ = server.await;
            Ok(())
        }
    });
    let (time, report) = time_to_stop(spec).await;
    assert_eq!((time, report.is_clean()), (Duration::ZERO, true));
    assert_eq!(stage.log(), "+a asked -a");
}

#[tokio::test(start_paused = true)]
async fn recv_returns_none_at_once_and_try_recv_drains_the_queue() {
    let stage = Stage::new();
    let noted = stage.clone();
    let spec = stage.task("a", move |mut ctx| {
        let noted = noted.clone();
        async move {
            ctx.shutdown_requested().await;
            noted.note(format!("{:?}", ctx.recv().await));
            while let Some(()) = ctx.try_recv() {
                noted.note("drained");
            }
            Ok(())
        }
    });
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    child.try_send(()).unwrap();
    child.try_send(()).unwrap();
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(stage.log(), "+a None drained drained -a");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_outlives_its_life_takes_nothing_from_the_next() {
    let stage = Stage::new();
    let escaped = Arc::new(Mutex::new(None));
    let keeps = Arc::clone(&escaped);
    let spec = stage.task("a", move |ctx| {
        let keeps = Arc::clone(&keeps);
        async move {
            let mut requested = Box::pin(ctx.shutdown_requested());
            if ctx.incarnation() == 1 {
                assert!(!is_ready(requested.as_mut()));
                *keeps.lock().unwrap() = Some(requested);
                return Err("the first".into());
            }
            requested.await;
            Ok(())
        }
    });
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a -a +a");
    drop(escaped.lock().unwrap().take().expect("the first life left it"));
    let began = Instant::now();
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!((began.elapsed(), report.is_clean()), (Duration::ZERO, true));
}

/// A guard whose drop tells that the life is being dropped, and waits until told to go on.
struct SlowEnd(mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>);

impl Drop for SlowEnd {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
        self.1.lock().unwrap().recv().unwrap();
    }
}

/// Gives the context of a life to a task of the user's own, which looks at it for the first time
/// while the life, which is asked to stop and never looked, is being dropped. Returns what the task
/// returns.
async fn first_look_too_late<T, F>(look: impl FnOnce(Context) -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (context, given) = oneshot::channel();
    let (dropping, is_dropped) = mpsc::channel();
    let (go, goes_on) = mpsc::channel();
    let cell = Mutex::new(Some((context, SlowEnd(dropping, Mutex::new(goes_on)))));
    let spec = ChildSpec::new("a").with_task(move |ctx: Context| {
        let (context, slow) = cell.lock().unwrap().take().unwrap();
        assert!(context.send(ctx).is_ok());
        async move {
            let _slow = slow;
            pending().await
        }
    });
    let supervisor = Supervisor::new().with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    let ctx = within("the context", given).await.unwrap();
    supervisor.request_shutdown();
    is_dropped.recv().unwrap();
    let mut looking = Box::pin(look(ctx));
    // The first poll comes before the end, the others come when the future is woken.
    assert!(!is_ready(looking.as_mut()), "the signal is not seen");
    let looking = tokio::spawn(looking);
    tokio::time::sleep(Duration::from_millis(50)).await;
    go.send(()).unwrap();
    let output = within("the task that looked too late", looking).await.unwrap();
    within("the end", supervisor.wait()).await.unwrap();
    output
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_request_that_is_awaited_too_late_completes_at_the_end_of_the_life() {
    first_look_too_late(|ctx| async move { ctx.shutdown_requested().await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn many_requests_that_are_awaited_too_late_complete_at_the_end_of_the_life() {
    first_look_too_late(|ctx| async move {
        let mut futures: Vec<_> = (0..3).map(|_| ctx.shutdown_requested()).collect();
        // The futures are registered, and one is dropped again, before the others are awaited.
        std::future::poll_fn(|cx| {
            for future in &mut futures {
                assert!(Pin::new(future).poll(cx).is_pending());
            }
            task::Poll::Ready(())
        })
        .await;
        drop(futures.remove(0));
        for future in futures {
            future.await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_receiver_that_waits_too_late_gets_none_at_the_end_of_the_life() {
    let received = first_look_too_late(|mut ctx| async move { ctx.recv().await }).await;
    assert!(received.is_none());
}
