//! Tests handles: which ones keep a tree alive, and the effects of dropping them.

use supervisor::prelude::*;
use supervisor::{
    SupervisorError,
    info::ChildState,
    messages::{SendError, TrySendError},
};
use supervisor_tests::{Order, Stage, event, quiet, supervisor_terminated, within};

/// A root with a child `a` and a nested `sub` with a child `b`.
struct Tree {
    stage: Stage,
    root: Supervisor,
    sub: Supervisor,
    a: ChildRef<Order>,
    b: ChildRef<Order>,
}

impl Tree {
    fn built() -> Self {
        let stage = Stage::new();
        let (a, b) = (stage.actor("a"), stage.actor("b"));
        let handles = (a.handle(), b.handle());
        let sub = Supervisor::new().with_child(b).build();
        let root = Supervisor::new()
            .with_child(a)
            .with_child(ChildSpec::new("sub").with_supervisor(sub.clone()))
            .build();
        Self { stage, root, sub, a: handles.0, b: handles.1 }
    }

    async fn started() -> Self {
        let tree = Self::built();
        within("the start", tree.root.start()).await.unwrap();
        quiet().await;
        assert_eq!(tree.stage.log(), "+a +b");
        tree
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_of_a_root_shuts_the_tree_down_in_order() {
    let Tree { stage, root, sub, a, b } = Tree::started().await;
    let mut events = root.events();
    let second = root.clone();
    drop(root);
    quiet().await;
    assert_eq!(stage.alive(), "a b", "a clone is a handle too");
    drop(second);
    event(&mut events, "the end", supervisor_terminated("/")).await;
    assert_eq!(stage.log(), "-b -a");
    assert!(within("the end of the events", events.next()).await.is_none());
    within("the end of the nested supervisor", sub.wait()).await.unwrap();
    assert_eq!(a.send(Order::Return).await, Err(SendError::Gone(Order::Return)));
    assert_eq!(b.send(Order::Return).await, Err(SendError::Gone(Order::Return)));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_of_a_nested_supervisor_does_nothing() {
    let Tree { stage, root: _root, sub, a, b } = Tree::started().await;
    drop((sub, a, b));
    quiet().await;
    assert_eq!(stage.alive(), "a b");
}

#[tokio::test(start_paused = true)]
async fn addresses_keep_nothing_alive() {
    let Tree { stage, root, sub: _sub, a, b } = Tree::started().await;
    drop(root);
    quiet().await;
    assert_eq!(
        (stage.alive().as_str(), a.status(), b.status()),
        ("", ChildState::Stopped, ChildState::Stopped)
    );
}

#[tokio::test(start_paused = true)]
async fn the_future_of_a_call_keeps_its_root_alive() {
    let Tree { stage, root, .. } = Tree::started().await;
    let adding = root.add_child(stage.actor("c"));
    drop(root);
    quiet().await;
    assert_eq!(stage.alive(), "a b");
    within("the child", adding).await.unwrap();
    quiet().await;
    assert_eq!(stage.alive(), "");
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_was_never_started_and_is_dropped_is_gone() {
    let Tree { stage, root, sub, a, b } = Tree::built();
    let mut events = root.events();
    let waiting = tokio::spawn(async move { sub.wait().await });
    quiet().await;
    drop(root);
    within("the end of the nested supervisor", waiting).await.unwrap().unwrap();
    assert!(within("the end of the events", events.next()).await.is_none());
    assert_eq!(a.send(Order::Return).await, Err(SendError::Gone(Order::Return)));
    assert_eq!(b.try_send(Order::Return), Err(TrySendError::Gone(Order::Return)));
    assert_eq!(stage.log(), "");
}

#[test]
fn a_tree_can_be_dropped_without_a_runtime() {
    let Tree { root, sub, a, b, .. } = Tree::built();
    drop((root, sub));
    assert_eq!(a.try_send(Order::Return), Err(TrySendError::Gone(Order::Return)));
    assert_eq!(b.try_send(Order::Return), Err(TrySendError::Gone(Order::Return)));
}

#[test]
fn a_tree_that_runs_can_be_dropped_on_a_thread_without_a_runtime() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let stage = Stage::new();
    let root = Supervisor::new().with_child(stage.actor("a")).build();
    let mut events = root.events();
    runtime.block_on(within("the start", root.start())).unwrap();
    std::thread::spawn(move || drop(root)).join().unwrap();
    runtime.block_on(event(&mut events, "the end", supervisor_terminated("/")));
    assert_eq!(stage.alive(), "");
}

#[test]
fn a_spec_that_is_dropped_is_gone() {
    let stage = Stage::new();
    let spec = stage.actor("a");
    let child = spec.handle();
    child.try_send(Order::Note(1)).unwrap();
    drop(spec);
    assert_eq!(child.try_send(Order::Note(2)), Err(TrySendError::Gone(Order::Note(2))));
}

#[test]
fn a_builder_that_is_dropped_is_gone_with_its_children() {
    let stage = Stage::new();
    let (a, b) = (stage.actor("a"), stage.actor("b"));
    let handles = (a.handle(), b.handle());
    let sub = Supervisor::new().with_child(b).build();
    let builder =
        Supervisor::new().with_child(a).with_child(ChildSpec::new("sub").with_supervisor(sub));
    drop(builder);
    assert_eq!(handles.0.try_send(Order::Return), Err(TrySendError::Gone(Order::Return)));
    assert_eq!(handles.1.try_send(Order::Return), Err(TrySendError::Gone(Order::Return)));
}

#[tokio::test(start_paused = true)]
async fn messages_before_the_start_wait_for_it() {
    let tree = Tree::built();
    tree.b.send(Order::Note(1)).await.unwrap();
    within("the start", tree.root.start()).await.unwrap();
    quiet().await;
    assert_eq!(tree.stage.log(), "+a +b 1");
}

#[tokio::test(start_paused = true)]
async fn an_address_outlives_its_tree_and_reports_the_end() {
    let Tree { root, sub, a, b, .. } = Tree::started().await;
    within("the shutdown", root.shutdown()).await.unwrap();
    for child in [&a, &b] {
        let calls = [
            within("a stop", child.terminate()).await,
            within("a restart", child.restart()).await,
            within("a kill", child.kill()).await,
        ];
        for result in calls {
            let error = result.unwrap_err();
            assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
        }
        child.request_restart();
        assert_eq!(child.status(), ChildState::Stopped);
    }
    let error = within("a query", sub.which_children()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::Ended(..)), "{error}");
    drop((root, sub));
    assert_eq!(a.path(), "a");
}

#[tokio::test(start_paused = true)]
async fn commands_to_a_forgotten_child_are_not_found() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let spec = stage.actor("a").with_restart_policy(RestartPolicy::Temporary);
    let child = within("the child", supervisor.add_child(spec)).await.unwrap();
    within("the stop", child.terminate()).await.unwrap();
    let calls = [
        within("a stop", child.terminate()).await,
        within("a restart", child.restart()).await,
        within("a kill", child.kill()).await,
    ];
    for result in calls {
        let error = result.unwrap_err();
        assert!(matches!(error, SupervisorError::NotFound(_)), "{error}");
    }
    assert_eq!((child.status(), child.incarnation()), (ChildState::Stopped, 1));
}

#[tokio::test(start_paused = true)]
async fn commands_to_a_child_that_was_never_started_fail() {
    let stage = Stage::new();
    let spec = stage.actor("a");
    let child = spec.handle();
    let error = within("a stop", child.terminate()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotFound(_)), "{error}");
    let tree = Tree::built();
    let error = within("a stop", tree.a.terminate()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::NotRunning(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_to_an_ended_supervisor_ends_at_once() {
    let Tree { root, sub, .. } = Tree::started().await;
    within("the shutdown", root.shutdown()).await.unwrap();
    assert!(within("no event", root.events().next()).await.is_none());
    assert!(within("no event", sub.events().next()).await.is_none());
    drop(root);
    assert!(within("no event", sub.events().next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_child_may_hold_and_drop_the_last_handle_of_its_own_tree() {
    let stage = Stage::new();
    let held = std::sync::Arc::new(std::sync::Mutex::new(None::<Supervisor>));
    let holds = std::sync::Arc::clone(&held);
    let spec = stage.task("a", move |mut ctx| {
        let holds = std::sync::Arc::clone(&holds);
        async move {
            let _ = ctx.recv().await;
            drop(holds.lock().unwrap().take());
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let child = spec.handle();
    let supervisor = Supervisor::new().with_child(spec).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    *held.lock().unwrap() = Some(supervisor);
    quiet().await;
    assert_eq!(stage.alive(), "a", "as long as it holds the handle");
    child.send(()).await.unwrap();
    event(&mut events, "the end", supervisor_terminated("/")).await;
    assert_eq!(stage.alive(), "");
}

mod declared {
    use super::*;

    #[derive(Child, Default)]
    #[child(message = Query)]
    struct Answerer;

    enum Query {
        Get(Reply<u32>),
        Nothing,
    }

    impl Worker for Answerer {
        async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
            while let Some(query) = ctx.recv().await {
                match query {
                    Query::Get(reply) => drop(reply.send(42)),
                    Query::Nothing => {}
                }
            }
            Ok(())
        }
    }

    supervision_tree! {
        Shop: one_for_one {
            // An accessor hides a function of the supervisor.
            stats: Answerer,
            sub: one_for_one { answerer: Answerer },
            pool: simple_one_for_one { worker: Answerer },
        }
    }

    supervision_tree! {
        Pooled: simple_one_for_one { worker: Temporary<Answerer> }
    }

    /// Sends and asks with one error type, as a `main` does that returns it.
    async fn ask(answerer: &ChildRef<Query>) -> Result<u32, SupervisorError> {
        answerer.send(Query::Nothing).await?;
        Ok(answerer.ask(Query::Get).await?)
    }

    #[tokio::test(start_paused = true)]
    async fn a_handle_has_the_functions_of_its_supervisor() {
        let shop = within("the start", Shop::start()).await.unwrap();
        assert_eq!(within("an answer", ask(shop.stats())).await.unwrap(), 42);
        assert_eq!(shop.sub().path(), "sub");
        within("a worker", shop.pool().add_worker()).await.unwrap();
        assert_eq!(within("the list", shop.pool().which_children()).await.unwrap().len(), 1);
        let report = within("the stop", shop.shutdown()).await.unwrap();
        assert!(report.is_clean());

        let pooled = within("the start", Pooled::start()).await.unwrap();
        let worker: ChildRef<Query> = within("a worker", pooled.add_worker()).await.unwrap();
        assert_eq!(worker.path(), "#1");
        let expression = supervision_tree! { simple_one_for_one { worker: Temporary<Answerer> } };
        let expression = within("the start", expression.start()).await.unwrap();
        within("a worker", expression.add_worker_with(Answerer)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_errors_of_messages_convert_into_those_of_supervisors() {
        let shop = within("the start", Shop::start()).await.unwrap();
        let answerer = shop.sub().answerer().clone();
        within("the end", answerer.terminate()).await.unwrap();
        let error = within("the error", ask(&answerer)).await.unwrap_err();
        assert_eq!(error.to_string(), "a message was not sent: the child is not running");
        let error = answerer.try_send(Query::Nothing).map_err(SupervisorError::from).unwrap_err();
        assert_eq!(error.to_string(), "a message was not sent: the child is not running");
        assert!(error.path().is_none());
        let asked =
            within("the error", answerer.ask(Query::Get)).await.map_err(SupervisorError::from);
        let error = asked.unwrap_err();
        assert_eq!(error.to_string(), "a request was not answered: the child is not running");
        within("the stop", shop.shutdown()).await.unwrap();
        let gone =
            within("the error", answerer.send(Query::Nothing)).await.map_err(SupervisorError::from);
        assert_eq!(
            gone.unwrap_err().to_string(),
            "a message was not sent: the child is gone for good"
        );
    }
}
