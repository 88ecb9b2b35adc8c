//! Tests what comes of the error that a child returns: it comes back typed, it may carry an exit code,
//! and it may be meant for the root.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use supervisor::events::EventKind;
use supervisor::exit::WithExitCode;
use supervisor::info::ChildState;
use supervisor::prelude::*;
use supervisor::{Escalate, ExitReason, StartMode};
use supervisor_tests::{Order, Stage, about, event, quiet, terminated, within};

/// An error of a service, with a value that a caller wants back.
#[derive(Debug)]
struct Refused {
    status: u16,
    #[expect(dead_code, reason = "it is there for its destructor")]
    dropped: Option<OnDrop>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}", self.status)
    }
}

impl Error for Refused {}

/// Tells the number of the thread's drops, and can block or panic in it.
#[derive(Debug)]
struct OnDrop {
    counter: Arc<AtomicUsize>,
    gate: Option<std::sync::Mutex<mpsc::Receiver<()>>>,
    panics: bool,
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(gate) = &self.gate {
            let _ = gate.lock().unwrap().recv();
        }
        self.counter.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "the destructor of an error panics");
    }
}

/// An error that wraps another as its source.
#[derive(Debug)]
struct Wrapped(Refused);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the upload failed")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn refused(status: u16) -> Refused {
    Refused { status, dropped: None }
}

/// Returns the end of a child that returns this error.
async fn end_by(error: fn() -> ChildError) -> ExitReason {
    let root = Supervisor::new().build();
    let child = ChildSpec::new("child").with_restart_policy(RestartPolicy::Temporary);
    let child = child.with_task(move |_ctx: Context| async move { Err(error()) });
    let child = root.add_child(child).await.unwrap();
    let reason = within("the end", child.ended()).await.expect("it had a life");
    // (An `Escalate` ends the supervisor.)
    let _ = within("the shutdown", root.shutdown()).await;
    reason
}

#[tokio::test(start_paused = true)]
async fn an_error_comes_back_with_its_type() {
    let reason = end_by(|| refused(503).into()).await;
    assert_eq!(reason.to_string(), "error: refused with 503");
    assert_eq!(reason.downcast_ref::<Refused>().map(|error| error.status), Some(503));
    assert!(reason.downcast_ref::<Wrapped>().is_none());
    assert!(reason.failure().unwrap().downcast_ref::<Refused>().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_cause_comes_back_through_what_wraps_it() {
    let by_source = end_by(|| Wrapped(refused(1)).into()).await;
    assert_eq!(by_source.to_string(), "error: the upload failed: refused with 1");
    assert_eq!(by_source.downcast_ref::<Refused>().map(|error| error.status), Some(1));
    assert!(by_source.downcast_ref::<Wrapped>().is_some());
    let by_io = end_by(|| std::io::Error::other(refused(2)).into()).await;
    assert_eq!(by_io.downcast_ref::<Refused>().map(|error| error.status), Some(2));
    let escalated = end_by(|| Escalate::because(refused(3)).into()).await;
    assert_eq!(escalated.downcast_ref::<Refused>().map(|error| error.status), Some(3));
    let coded = end_by(|| WithExitCode::new(9, refused(4)).into()).await;
    assert_eq!(coded.downcast_ref::<Refused>().map(|error| error.status), Some(4));
    let boxed: fn() -> ChildError = || {
        let boxed: Box<dyn Error + Send + Sync> = Box::new(refused(5));
        boxed.into()
    };
    assert_eq!(end_by(boxed).await.downcast_ref::<Refused>().map(|error| error.status), Some(5));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_error_has_none() {
    let text = end_by(|| "text".into()).await;
    assert!(text.downcast_ref::<Refused>().is_none() && text.exit_code().is_none());
    let stage = Stage::new();
    let root = Supervisor::new().build();
    let child = root.add_child(stage.actor("child")).await.unwrap();
    let mut events = root.events();
    child.send(Order::Panic).await.unwrap();
    event(&mut events, "the end", terminated("child")).await;
    assert!(child.last_exit().unwrap().downcast_ref::<Refused>().is_none());
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_error_at_the_bottom_of_an_escalation_comes_back_at_the_root() {
    let child = ChildSpec::new("child").with_task(async |_: Context| Err(refused(7).into()));
    let sub = Supervisor::new().with_max_restarts(0).with_child(child).build();
    let root = Supervisor::new()
        .with_max_restarts(0)
        .with_child(ChildSpec::new("sub").with_supervisor(sub))
        .build();
    root.start().await.unwrap();
    let error = within("the end", root.wait()).await.unwrap_err();
    let reason = error.reason().unwrap();
    assert_eq!(reason.downcast_ref::<Refused>().map(|error| error.status), Some(7));
}

/// A destructor of an error that panics, and one that blocks, harm no supervisor: they run in the task of
/// a later life of the same child.
/// A value without a destructor, of which a conversion makes an error that has one.
#[derive(Clone, Copy)]
struct Code;

#[derive(Debug)]
struct Report;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }
}

impl Error for Report {}

impl Drop for Report {
    fn drop(&mut self) {
        panic!("in the destructor of a report");
    }
}

impl From<Code> for Box<dyn Error + Send + Sync> {
    fn from(_: Code) -> Self {
        Box::new(Report)
    }
}

#[tokio::test(start_paused = true)]
async fn a_destructor_that_panics_and_was_not_to_be_seen_harms_no_supervisor() {
    let child = ChildSpec::new("child").with_task(async |ctx: Context| {
        if ctx.incarnation() <= 5 {
            return Err(ChildError::from(Code));
        }
        ctx.shutdown_requested().await;
        Ok(())
    });
    let root = Supervisor::new().with_max_restarts(10).with_child(child).build();
    root.start().await.unwrap();
    quiet().await;
    assert_eq!(within("a query", root.count_children()).await.unwrap().active, 1);
    within("the shutdown", root.shutdown()).await.unwrap();
}

#[test]
fn the_destructor_of_an_error_runs_in_no_supervisor() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
    runtime.block_on(async {
        let (open, gate) = mpsc::channel();
        let gate = Arc::new(std::sync::Mutex::new(Some(std::sync::Mutex::new(gate))));
        let counter = Arc::new(AtomicUsize::new(0));
        let dropped = Arc::clone(&counter);
        let child = ChildSpec::new("child").with_task(move |ctx: Context| {
            let on_drop = OnDrop {
                counter: Arc::clone(&dropped),
                gate: gate.lock().unwrap().take(),
                panics: ctx.incarnation() == 2,
            };
            async move {
                if ctx.incarnation() <= 4 {
                    return Err(Refused { status: 500, dropped: Some(on_drop) }.into());
                }
                ctx.shutdown_requested().await;
                Ok(())
            }
        });
        let stage = Stage::new();
        let root = Supervisor::new()
            .with_max_restarts(10)
            .with_child(child)
            .with_child(stage.actor("sibling"))
            .build();
        let mut events = root.events();
        root.start().await.unwrap();
        let life = |number| {
            about("child", move |kind| {
                matches!(kind, EventKind::ChildRestarted { incarnation, .. } if *incarnation == number)
            })
        };
        // The error of the first life is dropped by the third one, or, if the event was the last to hold
        // it, in a task of its own; and blocks.
        event(&mut events, "the third life", life(3)).await;
        assert_eq!(within("a query", root.count_children()).await.unwrap().active, 2);
        open.send(()).unwrap();
        // That of the second one is dropped by the fourth one, and panics.
        event(&mut events, "the fifth life", life(5)).await;
        within("both destructors", async {
            while counter.load(Ordering::SeqCst) < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        // Those of the third and the fourth life are held.
        assert_eq!(counter.load(Ordering::SeqCst), 2);
        within("the shutdown", root.shutdown()).await.unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn an_escalation_to_the_root_ends_the_tree_at_once() {
    let stage = Stage::new();
    let deep = ChildSpec::new("deep")
        .with_restart_policy(RestartPolicy::Temporary)
        .with_task(async |_: Context| Err(Escalate::because(refused(1)).to_root().into()));
    // Each supervisor on the way could restart.
    let inner = Supervisor::new().with_child(deep).build();
    let outer =
        Supervisor::new().with_child(ChildSpec::new("inner").with_supervisor(inner)).build();
    let root = Supervisor::new()
        .with_child(stage.actor("sibling"))
        .with_child(ChildSpec::new("outer").with_supervisor(outer))
        .build();
    let mut events = root.events();
    root.start().await.unwrap();
    let error = within("the end of the tree", root.wait()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("escalated to the root: refused with 1"), "{text}");
    let is_restart = |event: &supervisor::events::Event| {
        matches!(event.kind(), EventKind::ChildRestarted { .. })
    };
    while let Some(event) = events.try_next() {
        assert!(!is_restart(&event), "{event}");
    }
    assert_eq!(stage.alive(), "");
    assert_eq!(error.reason().unwrap().downcast_ref::<Refused>().unwrap().status, 1);
}

#[tokio::test(start_paused = true)]
async fn an_escalation_goes_one_level_unless_it_is_for_the_root() {
    let child = ChildSpec::new("child").with_task(async |ctx: Context| {
        if ctx.incarnation() == 1 {
            return Err(Escalate::because("only once").into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    });
    let address = child.handle();
    let sub = Supervisor::new().with_child(child).build();
    let root = Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    root.start().await.unwrap();
    quiet().await;
    assert_eq!((address.status(), address.incarnation()), (ChildState::Running, 2));
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_start_that_escalates_to_the_root_is_tried_by_no_supervisor() {
    let child = ChildSpec::new("child")
        .with_start(StartMode::Notify)
        .with_task(async |_: Context| Err(Escalate::because("no license").to_root().into()));
    let sub = Supervisor::new().with_child(child).build();
    let sub = ChildSpec::new("sub").with_supervisor(sub).with_start(StartMode::Retry);
    let root = Supervisor::new().with_child(sub).build();
    root.start().await.unwrap();
    let error = within("the end of the tree", root.wait()).await.unwrap_err();
    assert!(error.to_string().ends_with("escalated to the root: no license"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_waits_for_the_start_gets_the_escalation() {
    let root = Supervisor::new().build();
    let child = ChildSpec::new("child")
        .with_start(StartMode::Notify)
        .with_task(async |_: Context| Err(Escalate::because("no license").to_root().into()));
    let error = root.add_child(child).await.unwrap_err();
    assert!(matches!(error, SupervisorError::StartFailed(..)), "{error}");
    root.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_exit_code_is_found_through_what_wraps_it() {
    let plain = end_by(|| WithExitCode::new(78, "bad").into()).await;
    assert_eq!((plain.exit_code(), plain.to_string().as_str()), (Some(78), "error: bad"));
    let escalated =
        end_by(|| Escalate::because(WithExitCode::new(64, "bad")).to_root().into()).await;
    assert!(matches!(escalated, ExitReason::EscalateToRoot(_)), "{escalated}");
    assert_eq!(escalated.exit_code(), Some(64));
    let inside = end_by(|| WithExitCode::new(65, Escalate::because("bad").to_root()).into()).await;
    assert!(matches!(inside, ExitReason::EscalateToRoot(_)), "{inside}");
    assert_eq!(inside.exit_code(), Some(65));
    let io = end_by(|| std::io::Error::other(WithExitCode::new(66, "bad")).into()).await;
    assert_eq!(io.exit_code(), Some(66));
}

#[tokio::test]
async fn run_ends_the_program_with_the_code() {
    use std::process::ExitCode;
    let tree = |code| {
        let child = ChildSpec::new("child").with_task(move |_: Context| async move {
            Err(Escalate::because(WithExitCode::new(code, "bad")).to_root().into())
        });
        let sub = Supervisor::new().with_child(child).build();
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build()
    };
    let code = within("the end of the program", supervisor::run(tree(78))).await;
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(78)));
    let plain = Supervisor::new()
        .with_max_restarts(0)
        .with_child(ChildSpec::new("child").with_task(async |_: Context| Err("bad".into())))
        .build();
    let code = within("the end of the program", supervisor::run(plain)).await;
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
}
