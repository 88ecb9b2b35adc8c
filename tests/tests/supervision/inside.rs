//! Tests calls from inside: those of a child about itself, its supervisors and its siblings.

use std::sync::{Arc, OnceLock};

use supervisor::prelude::*;
use supervisor::{AnyChildRef, info::ChildState, specs::Ready};
use supervisor_tests::{Order, Stage, event, quiet, restarted, started, terminated, within};

type Shared<T> = Arc<OnceLock<T>>;

/// Returns the result of a call as a text that a child can note.
fn verdict<T>(result: &Result<T, SupervisorError>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(SupervisorError::FromInside(path)) => format!("inside:{path}"),
        Err(error) => error.to_string(),
    }
}

/// A tree `/` > `sub` > `child`, whose child makes the test's calls in its first life.
struct Tree {
    stage: Stage,
    root: Supervisor,
    sub: Supervisor,
}

impl Tree {
    fn of<F, Fut>(calls: F) -> (Self, ChildRef)
    where
        F: Fn(Supervisor, Supervisor, Stage, Context) -> Fut + Send + Sync + Clone + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let stage = Stage::new();
        let handles: Shared<(Supervisor, Supervisor)> = Arc::default();
        let (shared, noted) = (Arc::clone(&handles), stage.clone());
        let child: ChildSpec<Ready<ChildRef>> = stage.task("child", move |ctx| {
            let (root, sub) = shared.get().unwrap().clone();
            let (calls, noted) = (calls.clone(), noted.clone());
            async move {
                let requested = ctx.shutdown_requested();
                if ctx.incarnation() == 1 {
                    calls(root, sub, noted, ctx).await;
                }
                requested.await;
                Ok(())
            }
        });
        let child_ref = child.handle();
        let sub = Supervisor::new().with_child(child).build();
        let root = Supervisor::new()
            .with_child(ChildSpec::new("sub").with_supervisor(sub.clone()))
            .with_child(stage.actor("sibling"))
            .build();
        handles.set((root.clone(), sub.clone())).unwrap();
        (Self { stage, root, sub }, child_ref)
    }

    async fn start(&self) {
        within("the start", self.root.start()).await.unwrap();
        quiet().await;
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_would_wait_for_themselves_are_refused_at_once() {
    let (tree, child) =
        Tree::of(async |root: Supervisor, sub: Supervisor, stage: Stage, ctx: Context| {
            let own = ctx.address();
            stage.note(verdict(&root.shutdown().await));
            stage.note(verdict(&sub.shutdown().await));
            stage.note(verdict(&root.wait().await));
            stage.note(verdict(&sub.wait().await));
            stage.note(verdict(&own.terminate().await));
            stage.note(verdict(&own.restart().await));
            stage.note(verdict(&own.kill().await));
            stage.note(verdict(&sub.terminate_child("child").await));
            stage.note(verdict(&root.terminate_child("sub").await));
        });
    tree.start().await;
    let log = tree.stage.log().replace("+sibling ", "");
    let refused = "inside:/ inside:sub inside:/ inside:sub inside:sub/child inside:sub/child \
                   inside:sub/child inside:sub/child inside:sub";
    assert!(log.contains(refused), "{log}");
    assert_eq!((tree.stage.alive().as_str(), child.incarnation()), ("child sibling", 1));
}

#[tokio::test(start_paused = true)]
async fn calls_that_do_not_wait_for_themselves_are_carried_out() {
    let (tree, _child) =
        Tree::of(async |root: Supervisor, sub: Supervisor, stage: Stage, _ctx: Context| {
            stage.note(format!("{}", sub.which_children().await.unwrap().len()));
            stage.note(format!("{}", root.snapshot().await.unwrap().children.len()));
            stage.note(verdict(&root.terminate_child("sibling").await));
            stage.note(verdict(&root.restart_child("sibling").await));
            stage.note(verdict(&sub.add_child(stage.actor("new")).await));
            stage.note(verdict(&sub.terminate_child("new").await));
            stage.note(verdict(&sub.delete_child("new").await));
        });
    tree.start().await;
    let log = tree.stage.log();
    assert!(!log.contains("inside"), "{log}");
    assert_eq!(log.matches("done").count(), 5, "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_child_can_request_its_own_restart() {
    let (tree, child) = Tree::of(async |_: Supervisor, _: Supervisor, _: Stage, ctx: Context| {
        ctx.address().request_restart();
    });
    let mut events = tree.root.events();
    tree.start().await;
    event(&mut events, "its second life", |event| {
        started("sub/child")(event) && event.to_string().contains("life 2")
    })
    .await;
    quiet().await;
    assert_eq!((child.incarnation(), child.status()), (2, ChildState::Running));
    assert_eq!(tree.sub.stats().await.unwrap().restarts, 0, "uncounted");
}

#[tokio::test(start_paused = true)]
async fn a_child_can_request_the_shutdown_of_its_tree() {
    let (tree, _child) = Tree::of(async |root: Supervisor, _: Supervisor, _: Stage, _: Context| {
        root.request_shutdown();
    });
    tree.start().await;
    within("the end", tree.root.wait()).await.unwrap();
    assert_eq!(tree.stage.alive(), "");
}

#[tokio::test(start_paused = true)]
async fn a_child_can_request_the_shutdown_of_its_supervisor() {
    let (tree, child) = Tree::of(async |_: Supervisor, sub: Supervisor, _: Stage, _: Context| {
        sub.request_shutdown();
    });
    let mut events = tree.root.events();
    tree.start().await;
    event(&mut events, "its end", terminated("sub")).await;
    quiet().await;
    assert_eq!((tree.stage.alive().as_str(), child.status()), ("sibling", ChildState::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_a_child_spawned_may_wait() {
    // The spawned task outlives the child, so the shutdown that it waits for does not wait for it.
    let (tree, _child) =
        Tree::of(async |root: Supervisor, _: Supervisor, stage: Stage, _: Context| {
            tokio::spawn(async move { stage.note(verdict(&root.shutdown().await)) });
        });
    tree.start().await;
    within("the end", tree.root.wait()).await.unwrap();
    quiet().await;
    let log = tree.stage.log();
    assert!(log.ends_with("done"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_child_of_another_tree_may_wait() {
    let (tree, _child) = Tree::of(async |_: Supervisor, _: Supervisor, _: Stage, _: Context| {});
    tree.start().await;
    let other = Supervisor::new().build();
    let (root, noted) = (tree.root.clone(), tree.stage.clone());
    let spec = tree.stage.task("stranger", move |ctx| {
        let (root, noted) = (root.clone(), noted.clone());
        async move {
            noted.note(verdict(&root.shutdown().await));
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    within("the stranger", other.add_child(spec)).await.unwrap();
    within("the end", tree.root.wait()).await.unwrap();
    quiet().await;
    assert!(tree.stage.log().ends_with("done"));
}

#[tokio::test(start_paused = true)]
async fn a_child_may_stop_and_restart_its_siblings() {
    let stage = Stage::new();
    let victim = stage.actor("victim");
    let victim_ref = victim.handle();
    let noted = stage.clone();
    let manager = stage.task("manager", move |ctx| {
        let (victim, noted) = (victim_ref.clone(), noted.clone());
        async move {
            noted.note(verdict(&victim.restart().await));
            noted.note(verdict(&victim.kill().await));
            noted.note(verdict(&victim.terminate().await));
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let supervisor = Supervisor::new().with_child(victim).with_child(manager).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    event(&mut events, "the kill", restarted("victim")).await;
    quiet().await;
    assert_eq!(stage.log().matches("done").count(), 3);
    assert_eq!(stage.alive(), "manager");
}

#[tokio::test(start_paused = true)]
async fn under_a_group_strategy_a_child_may_stop_its_siblings_too() {
    // A supervisor of a group does one thing at a time, but this child's start is over.
    let stage = Stage::new();
    let victim = stage.actor("victim");
    let victim_ref: AnyChildRef = victim.handle().as_any();
    let noted = stage.clone();
    let manager = stage.task("manager", move |ctx| {
        let (victim, noted) = (victim_ref.clone(), noted.clone());
        async move {
            noted.note(verdict(&victim.terminate().await));
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(victim)
        .with_child(manager)
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+victim +manager -victim done");
}

#[tokio::test(start_paused = true)]
async fn a_child_may_add_workers_to_a_pool_beside_it() {
    let stage = Stage::new();
    let pool = Supervisor::new().with_template(stage.actor("worker")).build();
    let (adds, noted) = (pool.clone(), stage.clone());
    let listener = stage.task("listener", move |ctx| {
        let (adds, noted) = (adds.clone(), noted.clone());
        async move {
            let worker = adds.add_worker().await?.downcast::<Order>().unwrap();
            worker.send(Order::Note(7)).await?;
            noted.note("sent");
            ctx.shutdown_requested().await;
            Ok(())
        }
    });
    let root = Supervisor::new()
        .with_child(ChildSpec::new("pool").with_supervisor(pool))
        .with_child(listener)
        .build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    assert_eq!(stage.log(), "+listener +worker sent 7");
}
