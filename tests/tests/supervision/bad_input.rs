//! Tests bad input: a supervisor answers impossible requests with an error, and goes on.

use std::error::Error;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Backoff, Blocking, BlockingContext, ExitReason, Shutdown, StartMode, events::EventKind,
};
use supervisor_tests::{Order, Stage, about, event, quiet, supervisor_terminated, within};

#[tokio::test(start_paused = true)]
async fn a_child_that_panics_in_its_first_poll_is_restarted_and_then_given_up() {
    let stage = Stage::new();
    let spec = stage.task("a", async |_: Context| panic!("at once"));
    let supervisor = Supervisor::new().build();
    within("the child", supervisor.add_child(spec)).await.unwrap();
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    assert!(error.to_string().contains("panic: at once, at "), "{error}");
    assert_eq!(stage.gauge("a").begun(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_always_child_that_returns_at_once_uses_up_its_restarts_and_the_error_explains_it() {
    let stage = Stage::new();
    let supervisor =
        Supervisor::new().with_child(stage.task("a", async |_: Context| Ok(()))).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    let exceeded = about("a", |kind| {
        matches!(kind, EventKind::MaxRestartsExceeded { reason: ExitReason::Normal, .. })
    });
    event(&mut events, "the limit to be exceeded", exceeded).await;
    let ended = event(&mut events, "the end", supervisor_terminated("/")).await;
    assert_eq!(
        ended.to_string(),
        "/: supervisor ended: gave up: `a`: normal (it ended without an error, which `Always` restarts; \
         `Transient` lets it finish)"
    );
    let error = within("the end", supervisor.wait()).await.unwrap_err();
    assert!(error.source().is_none(), "nothing has failed");
    assert_eq!(stage.gauge("a").begun(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_running_child_is_already_started() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let child = within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
    let spec = stage.actor("a");
    let refused = spec.handle();
    let error = within("another", supervisor.add_child(spec)).await.unwrap_err();
    assert!(matches!(&error, SupervisorError::AlreadyStarted(path) if *path == *"a"), "{error}");
    assert_eq!(error.to_string(), "child `a` is already started");
    quiet().await;
    assert!(refused.send(Order::Return).await.is_err());
    child.send(Order::Note(1)).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+a 1");
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_stopped_child_is_already_present() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
    within("the stop", supervisor.terminate_child("a")).await.unwrap();
    let error = within("another", supervisor.add_child(stage.actor("a"))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::AlreadyPresent(_)), "{error}");
    assert!(error.to_string().contains("restart_child"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_starting_child_waits_for_its_turn() {
    let stage = Stage::new();
    let slow = stage
        .task("a", async |mut ctx: Context| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ctx.ready();
            ctx.shutdown_requested().await;
            Ok(())
        })
        .with_start(StartMode::Notify);
    let supervisor = Supervisor::new().build();
    let (first, second) = within("both", async {
        tokio::join!(supervisor.add_child(slow), supervisor.add_child(stage.actor("a")))
    })
    .await;
    first.unwrap();
    let error = second.unwrap_err();
    assert!(matches!(error, SupervisorError::AlreadyStarted(_)), "{error}");
    assert_eq!((stage.gauge("a").begun(), stage.alive().as_str()), (1, "a"));
}

/// Names that cannot be a part of a path, or that forge lines of a log.
const BAD_NAMES: [&str; 9] = [
    "",
    "a/b",
    "#17",
    "tenant\0x",
    "two\nlines",
    "a\u{1b}[31m",
    "del\u{7f}",
    "c1\u{9b}",
    "longer than fourteen bytes\r",
];

const NAME_RULE: &str =
    "a name is not empty, has no `/` and no control character, and is not `#` and a number";

fn breaks_the_name_rule(error: &SupervisorError) -> bool {
    matches!(error, SupervisorError::InvalidSpec(_, rule) if rule == NAME_RULE)
}

#[tokio::test(start_paused = true)]
async fn a_name_that_breaks_the_rule_is_refused_whichever_way_it_comes() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    within("the sibling", supervisor.add_child(stage.actor("sibling"))).await.unwrap();
    for name in BAD_NAMES {
        let error = within("a child", supervisor.add_child(stage.actor(name))).await.unwrap_err();
        assert!(breaks_the_name_rule(&error), "{name:?}: {error}");
        let blocking = Blocking::new(|_: BlockingContext| Ok(()));
        let blocking = ChildSpec::new(name).with_blocking(blocking);
        let error = within("a thread", supervisor.add_child(blocking)).await.unwrap_err();
        assert!(breaks_the_name_rule(&error), "{name:?}: {error}");
        let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Blocking>("worker"));
        let pool = ChildSpec::new(name).with_supervisor(pool.supervisor().clone());
        let error = within("a pool", supervisor.add_child(pool)).await.unwrap_err();
        assert!(breaks_the_name_rule(&error), "{name:?}: {error}");
        let declared = Supervisor::new().with_child(stage.actor(name)).build();
        let error = within("a declared child", declared.start()).await.unwrap_err();
        assert!(breaks_the_name_rule(&error), "{name:?}: {error}");
    }
    assert_eq!(stage.alive(), "sibling");
}

#[tokio::test(start_paused = true)]
async fn other_names_are_as_the_user_likes_them() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    for name in [" ", "a.b:c", "größe", "名前", "#", "#x", "a name of more than fourteen bytes"]
    {
        within("a child", supervisor.add_child(stage.actor(name))).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_error_leaves_the_other_children_alone() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_max_restarts(0).build();
    within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
    for _ in 0..100 {
        within("another", supervisor.add_child(stage.actor("a"))).await.unwrap_err();
        within("a stranger", supervisor.terminate_child("b")).await.unwrap_err();
        within("a stranger", supervisor.restart_child("b")).await.unwrap_err();
        within("a stranger", supervisor.delete_child("b")).await.unwrap_err();
        within("one that runs", supervisor.restart_child("a")).await.unwrap_err();
        within("one that runs", supervisor.delete_child("a")).await.unwrap_err();
    }
    let stats = within("the figures", supervisor.stats()).await.unwrap();
    assert_eq!((stats.running, stats.failures, stats.restarts), (1, 0, 0));
    assert_eq!((stage.alive().as_str(), stage.log().as_str()), ("a", "+a"));
}

#[tokio::test(start_paused = true)]
async fn add_worker_needs_a_simple_one_for_one() {
    let supervisor = Supervisor::new().build();
    let error = within("a worker", supervisor.add_worker()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotSimpleOneForOne(_)), "{error}");
    assert!(error.to_string().contains("use `add_child`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn add_child_needs_anything_but_a_simple_one_for_one() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    let spec = stage.actor("a");
    let child = spec.handle();
    let error = within("a child", pool.add_child(spec)).await.unwrap_err();
    assert!(matches!(error, SupervisorError::SimpleOneForOne(_)), "{error}");
    assert!(error.to_string().contains("use `add_worker`"), "{error}");
    child.send(Order::Return).await.unwrap_err();
    within("a worker", pool.add_worker()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_command_to_an_ended_supervisor_is_answered_at_once() {
    let stage = Stage::new();
    let ended = Supervisor::new().build();
    let child = within("the child", ended.add_child(stage.actor("a"))).await.unwrap();
    within("the shutdown", ended.shutdown()).await.unwrap();
    let began = tokio::time::Instant::now();
    let results = [
        within("start", ended.start()).await,
        within("add_child", ended.add_child(stage.actor("b"))).await.map(drop),
        within("terminate_child", ended.terminate_child("a")).await,
        within("restart_child", ended.restart_child("a")).await,
        within("delete_child", ended.delete_child("a")).await,
        within("which_children", ended.which_children()).await.map(drop),
        within("count_children", ended.count_children()).await.map(drop),
        within("child_spec", ended.child_spec("a")).await.map(drop),
        within("snapshot", ended.snapshot()).await.map(drop),
        within("terminate", child.terminate()).await,
        within("restart", child.restart()).await,
        within("kill", child.kill()).await,
    ];
    for (number, result) in results.into_iter().enumerate() {
        let error = result.unwrap_err();
        assert!(matches!(error, SupervisorError::Ended(..)), "{number}: {error}");
    }
    within("wait", ended.wait()).await.unwrap();
    within("shutdown", ended.shutdown()).await.unwrap();
    ended.request_shutdown();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(stage.log(), "+a -a");
}

#[tokio::test(start_paused = true)]
async fn every_command_to_an_ended_pool_is_answered_at_once() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    let worker = within("a worker", pool.add_worker()).await.unwrap();
    within("the shutdown", pool.shutdown()).await.unwrap();
    let error = within("another", pool.add_worker()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
    let error = within("its end", worker.terminate()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn every_command_to_a_supervisor_that_was_never_started_is_answered_at_once() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    let results = [
        within("terminate_child", supervisor.terminate_child("a")).await,
        within("restart_child", supervisor.restart_child("a")).await,
        within("delete_child", supervisor.delete_child("a")).await,
        within("which_children", supervisor.which_children()).await.map(drop),
        within("snapshot", supervisor.snapshot()).await.map(drop),
    ];
    for (number, result) in results.into_iter().enumerate() {
        let error = result.unwrap_err();
        assert!(matches!(error, SupervisorError::NotRunning(_)), "{number}: {error}");
    }
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_is_not_started_by_hand() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_child(stage.actor("x")).build();
    let _root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    let error = within("the start", sub.start()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
    let error = within("a child", sub.add_child(stage.actor("y"))).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_worker_by_value_without_a_second_value_is_not_run_again() {
    // `once` needs `Temporary`; a tree that sets another policy does not start.
    #[derive(Child)]
    #[child(restart = Temporary, once)]
    struct Once;
    impl WorkerOnce for Once {
        async fn run(self, _ctx: Context) -> ChildResult {
            Err("once".into())
        }
    }
    let spec =
        ChildSpec::new("a").with_worker_once(Once).with_restart_policy(RestartPolicy::Always);
    let supervisor = Supervisor::new().with_child(spec).build();
    let error = within("the start", supervisor.start()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::InvalidSpec(..)), "{error}");
    let spec =
        ChildSpec::new("a").with_worker_once(Once).with_restart_policy(RestartPolicy::Always);
    let supervisor = Supervisor::new().build();
    let error = within("the child", supervisor.add_child(spec)).await.unwrap_err();
    assert!(matches!(error, SupervisorError::InvalidSpec(..)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn every_error_names_its_child() {
    let stage = Stage::new();
    let sub = Supervisor::new().with_child(stage.actor("x")).build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    within("the start", root.start()).await.unwrap();
    let error = sub.restart_child("x").await.unwrap_err();
    assert_eq!(error.path().unwrap(), &"sub/x");
    let error = sub.terminate_child("y").await.unwrap_err();
    assert_eq!(error.path().unwrap(), &"sub/y");
    let error = sub.add_worker().await.unwrap_err();
    assert_eq!(error.path().unwrap(), &"sub");
}

/// Returns the text of the error with which the supervisor's start fails.
async fn refusal(builder: supervisor::SupervisorBuilder) -> String {
    let error = within("the start", builder.build().start()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::InvalidSpec(..)), "{error:?}");
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_built_wrong_fails_to_start() {
    let stage = Stage::new();
    let pool = || Supervisor::new().with_strategy(SupervisionStrategy::SimpleOneForOne);
    let template = || ChildSpec::new("worker").with_task(async |_: Context| Ok(()));
    assert_eq!(
        refusal(pool()).await,
        "supervisor `/`: `simple_one_for_one` needs one template; give it one by `with_template` or \
         `build_pool`"
    );
    assert_eq!(
        refusal(pool().with_template(template()).with_child(stage.actor("a"))).await,
        "supervisor `/`: `simple_one_for_one` has one template; `with_child` is one too many"
    );
    let other = Supervisor::new().with_template(template());
    assert_eq!(
        refusal(other.with_strategy(SupervisionStrategy::OneForAll)).await,
        "supervisor `/`: a template belongs on a `simple_one_for_one` supervisor, and this one is \
         one_for_all"
    );
    let full = Supervisor::new().with_max_children(1);
    assert_eq!(
        refusal(full.with_child(stage.actor("a")).with_child(stage.actor("b"))).await,
        "supervisor `/`: `max_children = 1` has no room for the 2 children that are declared"
    );
    assert_eq!(stage.gauge("a").begun(), 0);
}

/// An option that has no meaning as zero, and what is said about it.
type ZeroOption<S> = (fn(ChildSpec<S>) -> ChildSpec<S>, &'static str);

/// The options of a child that are not zero.
fn zero_options<S>() -> [ZeroOption<S>; 7] {
    const BACKOFF: &str = "a backoff of zero never grows; leave `backoff` out to restart at once";
    const SHUTDOWN: &str = "a shutdown time of zero is written `shutdown = brutal_kill`";
    [
        (|spec| spec.with_shutdown(Duration::ZERO), SHUTDOWN),
        (|spec| spec.with_backoff(Backoff::constant(Duration::ZERO)), BACKOFF),
        (|spec| spec.with_backoff(Backoff::new(Duration::ZERO, Duration::from_secs(5))), BACKOFF),
        (|spec| spec.with_mailbox(0), "`mailbox = 0` leaves room for no message at all"),
        (|spec| spec.with_heartbeat(Duration::ZERO), "`heartbeat` must be longer than zero"),
        (
            |spec| spec.with_start(StartMode::Notify).with_start_timeout(Duration::ZERO),
            "`start_timeout` must be longer than zero",
        ),
        (
            |spec| spec.with_start_timeout(Duration::ZERO),
            "`start_timeout` must be longer than zero",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_declared_child_takes_no_zero_that_a_tree_refuses() {
    let stage = Stage::new();
    for (set, rule) in zero_options() {
        let told = refusal(Supervisor::new().with_child(set(stage.actor("a")))).await;
        assert_eq!(told, format!("child `a`: `a`: {rule}"));
    }
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_added_takes_no_zero_that_a_tree_refuses() {
    let stage = Stage::new();
    let sub = Supervisor::new().build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    within("the start", root.start()).await.unwrap();
    for (set, rule) in zero_options() {
        let error = within("the child", sub.add_child(set(stage.actor("a")))).await.unwrap_err();
        let SupervisorError::InvalidSpec(path, told) = error else { panic!("{error}") };
        assert_eq!((path.to_string().as_str(), told), ("sub/a", format!("`a`: {rule}")));
    }
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_takes_no_zero_that_a_tree_refuses() {
    let supervisor = || ChildSpec::new("sub").with_supervisor(Supervisor::new().build());
    for (set, rule) in zero_options() {
        let told = refusal(Supervisor::new().with_child(set(supervisor()))).await;
        assert_eq!(told, format!("child `sub`: `sub`: {rule}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_template_takes_no_zero_that_a_tree_refuses() {
    let stage = Stage::new();
    for (set, rule) in zero_options() {
        let told = refusal(Supervisor::new().with_template(set(stage.actor("worker")))).await;
        assert_eq!(told, format!("supervisor `/`: `template`: {rule}"));
        let pool = Supervisor::new().build_partitioned(set(stage.actor("worker")), 2);
        let error = within("the start", pool.supervisor().start()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("child `0`: `0`: {rule}"));
    }
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_takes_no_zero_that_a_tree_refuses() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_max_children(0).with_template(stage.actor("worker"));
    assert_eq!(
        refusal(pool).await,
        "supervisor `/`: `max_children = 0` leaves room for no child at all"
    );
    assert_eq!(
        refusal(Supervisor::new().with_restart_window(Duration::ZERO)).await,
        "supervisor `/`: `restart_window` must be longer than zero"
    );
    let pool = Supervisor::new().build_partitioned(stage.actor("worker"), 0);
    let error = within("the start", pool.supervisor().start()).await.unwrap_err();
    assert_eq!(error.to_string(), "supervisor `/`: `partitions = 0` leaves no worker at all");
    assert_eq!(stage.log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_zero_that_a_tree_takes_is_taken_by_the_builder() {
    let stage = Stage::new();
    let supervisor = Supervisor::new()
        .with_max_restarts(0)
        .with_kill_grace(Duration::ZERO)
        .with_child(stage.actor("a").with_shutdown(Shutdown::BrutalKill))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    assert_eq!(stage.alive(), "a");
}
