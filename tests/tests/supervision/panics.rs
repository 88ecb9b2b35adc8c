//! Tests panics and errors of a child: the reason keeps their texts, and other children go on.

use std::error::Error;
use std::fmt;
use std::future::pending;
use std::panic::panic_any;

use supervisor::prelude::*;
use supervisor::{ChildError, ExitReason, events::EventKind, exit::Failure};
use supervisor_tests::{Stage, event, quiet, started, terminated, within};

/// Runs the function as a temporary child, checks that its sibling goes on, and returns the reason
/// of the child's end.
async fn end_of<F, Fut>(act: F) -> ExitReason
where
    F: Fn(Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ChildResult> + Send + 'static,
{
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_child(stage.actor("sibling"))
        .with_child(stage.task("a", act).with_restart_policy(RestartPolicy::Temporary))
        .build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    let ended = event(&mut events, "its end", terminated("a")).await;
    quiet().await;
    assert_eq!(stage.alive(), "sibling");
    within("the list", supervisor.which_children()).await.unwrap();
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let EventKind::ChildTerminated { reason, .. } = ended.kind() else { unreachable!() };
    reason.clone()
}

fn panicked(reason: &ExitReason) -> &Failure {
    let ExitReason::Panic(failure) = reason else { panic!("{reason}") };
    failure
}

#[tokio::test(start_paused = true)]
async fn a_panic_keeps_its_message_and_place() {
    let line = line!() + 1;
    let reason = end_of(async |_: Context| panic!("there are {} left", 3)).await;
    let failure = panicked(&reason);
    assert_eq!(failure.message(), "there are 3 left");
    let place = failure.place().expect("a place");
    assert!(place.contains(&format!("panics.rs:{line}:")), "{place}");
    assert!(reason.to_string().starts_with("panic: there are 3 left, at "), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_later_poll_keeps_its_place() {
    let reason = end_of(async |_: Context| {
        tokio::task::yield_now().await;
        std::env::var_os("").expect("something");
        Ok(())
    })
    .await;
    let failure = panicked(&reason);
    assert_eq!(failure.message(), "something");
    assert!(failure.place().expect("a place").contains("panics.rs"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_function_before_its_future_is_one_of_the_child() {
    // The function that makes the future is the user's code, too: it runs in the child's task.
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("sibling")).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    let spec = ChildSpec::new("a").with_restart_policy(RestartPolicy::Temporary).with_task(
        |ctx: Context| {
            assert!(ctx.incarnation() > 1, "in the factory");
            async { Ok(()) }
        },
    );
    within("the child", supervisor.add_child(spec)).await.unwrap();
    let ended = event(&mut events, "its end", terminated("a")).await;
    assert!(ended.to_string().contains("panic: in the factory"), "{ended}");
    assert_eq!(stage.alive(), "sibling");
}

#[tokio::test(start_paused = true)]
async fn a_panic_with_a_value_that_is_not_text_says_so() {
    let reason = end_of(async |_: Context| panic_any(42)).await;
    assert_eq!(panicked(&reason).message(), "a value that is not text");
}

#[tokio::test(start_paused = true)]
async fn a_panic_payload_whose_drop_panics_harms_no_other_child() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any(Bomb);
        }
    }
    let reason = end_of(async |_: Context| panic_any(Bomb)).await;
    assert_eq!(panicked(&reason).message(), "a value that is not text");
}

#[tokio::test(start_paused = true)]
async fn a_drop_that_panics_when_the_child_returns_is_its_panic() {
    struct Local;
    impl Drop for Local {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let reason = end_of(async |_: Context| {
        let _local = Local;
        Ok(())
    })
    .await;
    assert_eq!(panicked(&reason).message(), "in a destructor");
}

/// A value whose destructor panics. A future that is no `async` block drops it only with itself.
struct Captured(&'static str);

impl Drop for Captured {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_drop_that_panics_after_the_child_returned_is_its_panic() {
    let reason = end_of(|_: Context| {
        let captured = Captured("left in the future");
        std::future::poll_fn(move |_| {
            let _keeps = &captured;
            std::task::Poll::Ready(Ok(()))
        })
    })
    .await;
    assert_eq!(panicked(&reason).message(), "left in the future");
}

#[tokio::test(start_paused = true)]
async fn a_drop_that_panics_when_the_child_is_dropped_is_the_reason() {
    let stage = Stage::new();
    let spec = stage.task("a", async |_: Context| {
        let _local = Captured("cut off");
        pending().await
    });
    let supervisor = Supervisor::new().with_child(stage.actor("sibling")).with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    within("the stop", supervisor.terminate_child("a")).await.unwrap();
    assert_eq!(stage.alive(), "sibling");
    let ended = event(&mut events, "its end", terminated("a")).await;
    let EventKind::ChildTerminated { reason, .. } = ended.kind() else { unreachable!() };
    let failure = panicked(reason);
    assert_eq!(failure.message(), "cut off");
    assert!(failure.place().expect("a place").contains("panics.rs"));
}

#[tokio::test(start_paused = true)]
async fn a_drop_that_panics_when_the_child_is_killed_is_the_reason_and_the_kill_counts() {
    let stage = Stage::new();
    let spec = stage.task("a", async |ctx: Context| {
        let _local = (ctx.incarnation() == 1).then(|| Captured("cut off"));
        pending().await
    });
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    within("the kill", child.kill()).await.unwrap();
    quiet().await;
    assert_eq!((stage.alive().as_str(), child.incarnation()), ("a", 2));
    let ended = event(&mut events, "its end", terminated("a")).await;
    assert!(ended.to_string().contains("cut off"), "{ended}");
}

/// An error whose `Display` panics.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in Display");
    }
}

impl Error for Unspeakable {}

#[tokio::test(start_paused = true)]
async fn an_error_whose_display_panics_is_a_panic_of_the_child() {
    let reason = end_of(async |_: Context| Err(Unspeakable.into())).await;
    assert_eq!(panicked(&reason).message(), "in Display");
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_display_and_drop_panic_harms_no_other_child() {
    #[derive(Debug)]
    struct Worse(Unspeakable);
    impl fmt::Display for Worse {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }
    impl Error for Worse {}
    impl Drop for Worse {
        fn drop(&mut self) {
            panic!("in Drop");
        }
    }
    let reason = end_of(async |_: Context| Err(Worse(Unspeakable).into())).await;
    assert_eq!(panicked(&reason).message(), "in Display");
}

/// An error that can have a source.
#[derive(Debug)]
struct Layer(&'static str, Option<Box<dyn Error + Send + Sync>>);

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Layer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_keeps_its_chain_of_sources() {
    let reason = end_of(async |_: Context| {
        let cause = "refused".parse::<u16>().unwrap_err();
        let middle = Layer("cannot read the port", Some(cause.into()));
        Err(Layer("cannot connect", Some(Box::new(middle))).into())
    })
    .await;
    let ExitReason::Error(failure) = &reason else { panic!("{reason}") };
    assert_eq!(failure.message(), "cannot connect");
    assert_eq!(
        reason.to_string(),
        "error: cannot connect: cannot read the port: invalid digit found in string"
    );
    let source = failure.source().expect("a source");
    assert_eq!(source.to_string(), "cannot read the port");
    let source = source.source().expect("its source");
    assert_eq!(source.to_string(), "invalid digit found in string");
    assert!(source.source().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_error_is_not_hidden_by_its_own_drop_that_panics() {
    #[derive(Debug)]
    struct Explosive;
    impl fmt::Display for Explosive {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the cause")
        }
    }
    impl Error for Explosive {}
    impl Drop for Explosive {
        fn drop(&mut self) {
            panic!("in Drop");
        }
    }
    let reason = end_of(async |_: Context| Err(Explosive.into())).await;
    assert_eq!(reason.to_string(), "error: the cause");
}

#[tokio::test(start_paused = true)]
async fn an_endless_chain_of_sources_is_cut() {
    #[derive(Debug)]
    struct Cycle;
    impl fmt::Display for Cycle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("round")
        }
    }
    impl Error for Cycle {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }
    let reason = end_of(async |_: Context| Err(Cycle.into())).await;
    assert!(reason.to_string().starts_with("error: round: round"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_without_a_place_does_not_get_that_of_the_panic_before() {
    // `resume_unwind` calls no panic hook, so its panic has no place, and not that of the panic
    // before.
    let stage = Stage::new();
    let spec = stage.task("a", async |ctx: Context| {
        assert!(ctx.incarnation() != 1, "the first");
        tokio::task::yield_now().await;
        std::panic::resume_unwind(Box::new("the second"))
    });
    let supervisor = Supervisor::new().with_max_restarts(1).with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "the start", started("a")).await;
    let first = event(&mut events, "the first", terminated("a")).await;
    assert!(first.to_string().contains("the first, at "), "{first}");
    let second = event(&mut events, "the second", terminated("a")).await;
    assert!(second.to_string().ends_with("panic: the second"), "{second}");
}

#[tokio::test(start_paused = true)]
async fn escalate_is_found_through_question_marks_boxes_and_sources() {
    fn escalate() -> Result<(), supervisor::Escalate> {
        Err(supervisor::Escalate::because("no license"))
    }
    fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
        escalate()?;
        Ok(())
    }
    fn wrapped() -> Result<(), Layer> {
        boxed().map_err(|error| Layer("cannot start", Some(error)))
    }
    fn io() -> std::io::Result<()> {
        boxed().map_err(std::io::Error::other)
    }
    type Way = fn() -> Result<(), ChildError>;
    let ways: [(&str, Way); 4] = [
        ("`?`", || Ok(escalate()?)),
        ("a box", || Ok(boxed()?)),
        ("a source", || Ok(wrapped()?)),
        ("an I/O error", || Ok(io()?)),
    ];
    for (name, way) in ways {
        let stage = Stage::new();
        let spec = stage.task("a", move |_: Context| async move { way() });
        let supervisor = Supervisor::new().with_child(spec).build();
        within("the start", supervisor.start()).await.unwrap();
        let error = within(name, supervisor.wait()).await.unwrap_err();
        let Some(ExitReason::Escalated(escalation)) = error.reason() else { panic!("{error}") };
        assert!(matches!(escalation.reason(), ExitReason::Escalate(_)), "{name}: {error}");
        assert!(error.to_string().contains("no license"), "{name}: {error}");
        assert_eq!(stage.gauge("a").begun(), 1, "{name}: it used up no restarts");
    }
}

#[tokio::test(start_paused = true)]
async fn escalate_during_a_stop_is_only_reported() {
    let stage = Stage::new();
    let spec = stage.task("a", async |ctx: Context| {
        ctx.shutdown_requested().await;
        Err(supervisor::Escalate::because("too late").into())
    });
    let supervisor = Supervisor::new().with_child(stage.actor("b")).with_child(spec).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    within("the stop", supervisor.terminate_child("a")).await.unwrap();
    quiet().await;
    assert_eq!(stage.alive(), "b");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    within("the end", supervisor.wait()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn escalate_of_a_pool_worker_ends_the_pool() {
    let stage = Stage::new();
    let pool = Supervisor::new()
        .with_template(stage.actor("worker").with_restart_policy(RestartPolicy::Temporary))
        .build();
    within("a worker", pool.add_worker()).await.unwrap();
    let worker = within("a worker", pool.add_worker()).await.unwrap();
    let order = supervisor_tests::Order::Escalate;
    worker.downcast().unwrap().send(order).await.unwrap();
    let error = within("the end", pool.wait()).await.unwrap_err();
    assert!(error.to_string().contains("`#2`: escalated: told to escalate"), "{error}");
    assert_eq!(stage.gauge("worker").alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_value_panics_when_it_is_dropped_harms_no_other_child() {
    #[derive(Child)]
    #[child(restart = Temporary)]
    struct Fragile {
        _value: Captured,
    }
    impl Worker for Fragile {
        async fn run(&self, ctx: Context) -> ChildResult {
            ctx.shutdown_requested().await;
            Ok(())
        }
    }
    let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Fragile>("fragile"));
    for _ in 0..3 {
        let fragile = Fragile { _value: Captured("in the value") };
        let worker = within("a worker", pool.add_worker_with(fragile)).await.unwrap();
        quiet().await;
        within("its end", worker.terminate()).await.unwrap();
    }
    assert!(pool.supervisor().which_children().await.unwrap().is_empty());
    within("the shutdown", pool.supervisor().shutdown()).await.unwrap();
}
