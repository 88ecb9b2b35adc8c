//! Tests runtimes: those with which a tree works, and the answers to all callers when one goes
//! away.

use std::future::pending;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{ExitReason, MaxRestarts, StartMode, messages::SendError};
use supervisor_tests::{Order, Stage, within};
use tokio::runtime::{Builder, Runtime};

fn threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Polls a future once, on a thread without a runtime.
fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn a_start_outside_a_runtime_is_an_error() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    let error = poll_once(supervisor.start()).expect("an answer at once").unwrap_err();
    assert!(matches!(error, SupervisorError::NoRuntime), "{error}");
    let error = poll_once(supervisor.add_child(stage.actor("b"))).unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::NoRuntime), "{error}");
    // The supervisor can still be started on a runtime.
    let runtime = current_thread();
    runtime.block_on(within("the start", supervisor.start())).unwrap();
    runtime.block_on(within("the shutdown", supervisor.shutdown())).unwrap();
}

#[test]
fn a_start_on_a_runtime_without_timers_is_an_error() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let supervisor = Supervisor::new().build();
    let error = runtime.block_on(supervisor.start()).unwrap_err();
    assert!(matches!(error, SupervisorError::NoRuntime), "{error}");
    let text = error.to_string();
    assert!(text.contains("enable_time"), "it says what to do: {text}");
}

#[test]
fn other_calls_need_no_runtime_before_the_start() {
    let supervisor = Supervisor::new().build();
    let error = poll_once(supervisor.which_children()).unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
    let error = poll_once(supervisor.terminate_child("a")).unwrap().unwrap_err();
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
    poll_once(supervisor.shutdown()).expect("it never ran").unwrap();
    poll_once(supervisor.wait()).expect("it has ended").unwrap();
}

#[test]
fn a_tree_of_one_runtime_can_be_used_from_another() {
    let (home, other) = (threads(), current_thread());
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    home.block_on(within("the start", supervisor.start())).unwrap();
    let result = other.block_on(async {
        let child = within("a child", supervisor.add_child(stage.actor("b"))).await?;
        within("a restart", child.restart()).await?;
        within("the shutdown", supervisor.shutdown()).await
    });
    result.unwrap();
    assert_eq!(stage.alive(), "");
}

#[test]
fn a_child_that_was_on_its_way_when_the_runtime_went_away_is_refused() {
    let runtime = current_thread();
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_child(stage.actor("a")).build();
    runtime.block_on(within("the start", supervisor.start())).unwrap();
    let task = ChildSpec::new("b").with_task(async |_: Context| pending().await);
    let address = task.handle();
    let nested = Supervisor::new().with_child(stage.actor("c")).build();
    assert!(poll_once(supervisor.add_child(task)).is_none());
    let spec = ChildSpec::new("nested").with_supervisor(nested.clone());
    assert!(poll_once(supervisor.add_child(spec)).is_none());
    // The commands are in the inbox, and the supervisor has not read them.
    drop(runtime);
    let sent = poll_once(address.send(())).expect("an answer at once");
    assert!(matches!(sent, Err(SendError::Gone(()))), "{sent:?}");
    // The nested supervisor is a root as before.
    let other = current_thread();
    other.block_on(within("its start", nested.start())).unwrap();
    other.block_on(within("its shutdown", nested.shutdown())).unwrap();
}

#[test]
fn a_child_whose_turn_had_not_come_when_the_runtime_went_away_is_refused() {
    let runtime = current_thread();
    let supervisor = Supervisor::new().build();
    runtime.block_on(within("the start", supervisor.start())).unwrap();
    let add = |name: usize| {
        let task = ChildSpec::new(&name.to_string()).with_task(async |_: Context| pending().await);
        let address = task.handle();
        assert!(poll_once(supervisor.add_child(task)).is_none());
        address
    };
    let addresses: Vec<_> = (0..300).map(add).collect();
    let nested = Supervisor::new().build();
    let spec = ChildSpec::new("nested").with_supervisor(nested.clone());
    assert!(poll_once(supervisor.add_child(spec)).is_none());
    // The supervisor takes all commands in hand, and yields to other tasks before it has carried
    // out all of them.
    runtime.block_on(tokio::task::yield_now());
    let states = addresses.iter().map(ChildRef::incarnation);
    let added = states.filter(|&incarnation| incarnation > 0).count();
    assert!((1..300).contains(&added), "{added} were added");
    drop(runtime);
    for address in addresses {
        let sent = poll_once(address.send(())).expect("an answer at once");
        assert!(matches!(sent, Err(SendError::Gone(()))), "{sent:?}");
    }
    let other = current_thread();
    other.block_on(within("its start", nested.start())).unwrap();
    other.block_on(within("its shutdown", nested.shutdown())).unwrap();
}

/// Tells whether a nested supervisor has ended with its runtime. If its parent is dropped first, it
/// is asked to stop, and may have time to do so in order, on a thread that has not ended yet.
fn is_over(result: Result<(), SupervisorError>) -> bool {
    match result {
        Ok(()) => true,
        Err(error) => matches!(error.reason(), Some(ExitReason::RuntimeGone)),
    }
}

/// Starts a tree, begins all kinds of waits on another runtime, and drops the tree's runtime: every
/// wait has to end.
fn runtime_goes_away(home: Runtime) {
    let other = threads();
    let stage = Stage::new();
    let leaf = stage.task("leaf", async |_: Context| pending().await).with_mailbox(1);
    let leaf_ref = leaf.handle();
    let slow = stage.task("slow", async |_: Context| pending().await).with_start(StartMode::Notify);
    let deep = Supervisor::new().with_child(leaf).build();
    let sub =
        Supervisor::new().with_child(ChildSpec::new("deep").with_supervisor(deep.clone())).build();
    let root =
        Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub.clone())).build();
    let mut events = root.events();
    home.block_on(within("the start", root.start())).unwrap();
    leaf_ref.try_send(()).unwrap();

    let waits: Vec<(&str, tokio::task::JoinHandle<bool>)> = vec![
        ("wait on the root", {
            let root = root.clone();
            other.spawn(async move {
                let error = root.wait().await.unwrap_err();
                matches!(error.reason(), Some(ExitReason::RuntimeGone))
            })
        }),
        ("wait on the nested", {
            let sub = sub.clone();
            other.spawn(async move { is_over(sub.wait().await) })
        }),
        ("wait on the deeper", {
            let deep = deep.clone();
            other.spawn(async move { is_over(deep.wait().await) })
        }),
        ("a send that waits for room", {
            let leaf = leaf_ref.clone();
            other.spawn(async move { leaf.send(()).await.is_err() })
        }),
        ("a child that is starting", {
            let adding = root.add_child(slow);
            other.spawn(async move { adding.await.is_err() })
        }),
    ];
    // All waits are under way when the leaf has begun and the child that is starting is there.
    home.block_on(async {
        loop {
            let children = within("the list", root.which_children()).await.unwrap();
            if children.len() == 2 && stage.gauge("leaf").begun() == 1 {
                break;
            }
            tokio::task::yield_now().await;
        }
    });
    drop(home);
    other.block_on(async {
        for (name, wait) in waits {
            assert!(within(name, wait).await.unwrap(), "{name}");
        }
        while within("the end of the events", events.next()).await.is_some() {}
        let error = within("a query", root.which_children()).await.unwrap_err();
        assert!(matches!(error, SupervisorError::Ended(_, ExitReason::RuntimeGone)), "{error}");
        let error = within("another child", root.add_child(stage.actor("b"))).await.unwrap_err();
        assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
        within("the shutdown", root.shutdown()).await.unwrap();
    });
    assert_eq!((stage.alive().as_str(), stage.gauge("leaf").begun()), ("", 1));
}

#[test]
fn when_a_multi_thread_runtime_goes_away_all_calls_are_answered() {
    runtime_goes_away(threads());
}

#[test]
fn when_a_current_thread_runtime_goes_away_all_calls_are_answered() {
    runtime_goes_away(current_thread());
}

#[test]
fn a_runtime_that_goes_away_during_a_shutdown_answers_it() {
    let (home, other) = (threads(), threads());
    let stage = Stage::new();
    let spec = stage
        .task("a", async |ctx: Context| {
            ctx.shutdown_requested().await;
            pending().await
        })
        .with_shutdown(Shutdown::Infinity);
    let supervisor = Supervisor::new().with_child(spec).build();
    let mut events = supervisor.events();
    home.block_on(within("the start", supervisor.start())).unwrap();
    home.block_on(within("some time", async {
        tokio::task::spawn(async {}).await.unwrap();
    }));
    let stopping = other.spawn({
        let supervisor = supervisor.clone();
        async move { supervisor.shutdown().await }
    });
    other.block_on(supervisor_tests::event(&mut events, "the stop", |event| {
        matches!(event.kind(), supervisor::events::EventKind::SupervisorStopping)
    }));
    drop(home);
    other.block_on(within("the shutdown", stopping)).unwrap().unwrap();
    assert_eq!(stage.alive(), "");
}

/// Runs a child that fails at once, for ever, beside a task that has work to do.
async fn storm() {
    let supervisor = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(ChildSpec::new("storm").with_task(async |_: Context| Err("again".into())))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    let work = tokio::spawn(async {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    });
    within("the work", work).await.unwrap();
    let stats = within("the figures", supervisor.stats()).await.unwrap();
    assert!(stats.restarts > 0, "{stats:?}");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[test]
fn a_storm_of_restarts_does_not_starve_the_only_thread() {
    current_thread().block_on(storm());
}

#[test]
fn a_storm_of_restarts_does_not_starve_other_threads() {
    threads().block_on(storm());
}

#[test]
fn a_storm_of_failed_starts_does_not_starve_the_only_thread() {
    current_thread().block_on(async {
        let spec = ChildSpec::new("storm").with_start(StartMode::Notify).with_task(
            async |mut ctx: Context| {
                if ctx.incarnation() == 1 {
                    ctx.ready();
                }
                Err("again".into())
            },
        );
        let supervisor =
            Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).with_child(spec).build();
        within("the start", supervisor.start()).await.unwrap();
        within("some time", tokio::time::sleep(Duration::from_millis(5))).await;
        within("a query", supervisor.which_children()).await.unwrap();
        within("the shutdown", supervisor.shutdown()).await.unwrap();
    });
}

#[test]
fn a_storm_of_messages_does_not_starve_the_only_thread() {
    // The flood keeps the child's mailbox full, so it never waits for a message.
    current_thread().block_on(async {
        let stage = Stage::new();
        let supervisor = Supervisor::new().build();
        let child = within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
        let flood = tokio::spawn(async move { while child.send(Order::Note(0)).await.is_ok() {} });
        within("some time", tokio::time::sleep(Duration::from_millis(5))).await;
        within("the shutdown", supervisor.shutdown()).await.unwrap();
        within("the end of the flood", flood).await.unwrap();
    });
}
