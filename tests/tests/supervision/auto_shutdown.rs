//! Tests `auto_shutdown` (EEP 56): a supervisor ends by itself when its significant children have
//! ended.

use supervisor::prelude::*;
use supervisor::{AutoShutdown, ExitReason};
use supervisor_tests::{Order, Stage, quiet, within};

/// Two significant children, `a` and `b`, and one that is not, `plain`.
struct Trio {
    stage: Stage,
    supervisor: Supervisor,
    a: ChildRef<Order>,
    b: ChildRef<Order>,
    plain: ChildRef<Order>,
}

impl Trio {
    async fn start(auto_shutdown: AutoShutdown, policy: RestartPolicy) -> Self {
        let stage = Stage::new();
        let significant =
            |name| stage.actor(name).with_restart_policy(policy).with_significant(true);
        let (a, b, plain) = (significant("a"), significant("b"), stage.actor("plain"));
        let handles = (a.handle(), b.handle(), plain.handle());
        let supervisor = Supervisor::new()
            .with_auto_shutdown(auto_shutdown)
            .with_child(a)
            .with_child(b)
            .with_child(plain)
            .build();
        within("the start", supervisor.start()).await.unwrap();
        quiet().await;
        assert_eq!(stage.log(), "+a +b +plain");
        Self { stage, supervisor, a: handles.0, b: handles.1, plain: handles.2 }
    }

    /// Checks that the supervisor goes on.
    async fn lives(&self) {
        quiet().await;
        within("the list", self.supervisor.which_children()).await.unwrap();
    }

    /// Checks that the supervisor ends in order, without a failure.
    async fn ends(&self) {
        within("the end", self.supervisor.wait()).await.unwrap();
        let error = self.supervisor.start().await.unwrap_err();
        assert!(matches!(error, SupervisorError::Ended(_, ExitReason::Shutdown)), "{error}");
        assert_eq!(self.stage.alive(), "");
    }
}

#[tokio::test(start_paused = true)]
async fn any_significant_ends_the_supervisor_with_the_first_child() {
    let trio = Trio::start(AutoShutdown::AnySignificant, RestartPolicy::Transient).await;
    trio.a.send(Order::Return).await.unwrap();
    trio.ends().await;
    assert_eq!(trio.stage.log(), "-a -plain -b");
}

#[tokio::test(start_paused = true)]
async fn all_significant_ends_the_supervisor_with_the_last_child() {
    let trio = Trio::start(AutoShutdown::AllSignificant, RestartPolicy::Transient).await;
    trio.b.send(Order::Return).await.unwrap();
    trio.lives().await;
    trio.a.send(Order::Return).await.unwrap();
    trio.ends().await;
    assert_eq!(trio.stage.log(), "-b -a -plain");
}

#[tokio::test(start_paused = true)]
async fn a_significant_child_that_is_restarted_does_not_count() {
    let trio = Trio::start(AutoShutdown::AnySignificant, RestartPolicy::Transient).await;
    trio.a.send(Order::Fail).await.unwrap();
    trio.lives().await;
    assert_eq!(trio.stage.log(), "-a +a");
}

#[tokio::test(start_paused = true)]
async fn a_temporary_significant_child_counts_however_it_ends() {
    let trio = Trio::start(AutoShutdown::AnySignificant, RestartPolicy::Temporary).await;
    trio.a.send(Order::Panic).await.unwrap();
    trio.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_not_significant_does_not_count() {
    let trio = Trio::start(AutoShutdown::AnySignificant, RestartPolicy::Transient).await;
    trio.plain.send(Order::Return).await.unwrap();
    trio.lives().await;
    assert_eq!(trio.stage.log(), "-plain +plain");
}

#[tokio::test(start_paused = true)]
async fn a_significant_child_that_is_terminated_does_not_count() {
    let trio = Trio::start(AutoShutdown::AnySignificant, RestartPolicy::Transient).await;
    within("the stop", trio.supervisor.terminate_child("a")).await.unwrap();
    trio.lives().await;
    trio.b.send(Order::Return).await.unwrap();
    trio.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_transient_supervisor_that_ends_by_itself_is_not_restarted() {
    let stage = Stage::new();
    let job =
        stage.actor("job").with_restart_policy(RestartPolicy::Transient).with_significant(true);
    let handle = job.handle();
    let sub = Supervisor::new()
        .with_auto_shutdown(AutoShutdown::AnySignificant)
        .with_child(job)
        .with_child(stage.actor("helper"))
        .build();
    let spec =
        ChildSpec::new("sub").with_supervisor(sub).with_restart_policy(RestartPolicy::Transient);
    let root = Supervisor::new().with_child(stage.actor("other")).with_child(spec).build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    handle.send(Order::Return).await.unwrap();
    quiet().await;
    assert_eq!(stage.alive(), "other");
    assert_eq!(root.stats().await.unwrap().finished, 1);
}

#[tokio::test(start_paused = true)]
async fn significant_supervisors_end_the_tree_above_them() {
    let stage = Stage::new();
    let job =
        stage.actor("job").with_restart_policy(RestartPolicy::Transient).with_significant(true);
    let handle = job.handle();
    let sub =
        Supervisor::new().with_auto_shutdown(AutoShutdown::AllSignificant).with_child(job).build();
    let spec = ChildSpec::new("sub")
        .with_supervisor(sub)
        .with_restart_policy(RestartPolicy::Transient)
        .with_significant(true);
    let root = Supervisor::new()
        .with_auto_shutdown(AutoShutdown::AllSignificant)
        .with_child(spec)
        .with_child(stage.actor("other"))
        .build();
    within("the start", root.start()).await.unwrap();
    handle.send(Order::Return).await.unwrap();
    within("the end", root.wait()).await.unwrap();
    assert_eq!(stage.alive(), "");
}
