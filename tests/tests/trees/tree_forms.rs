//! Tests every form of the tree language, with trees that run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{AutoShutdown, Backoff, MaxRestarts};
use supervisor_elsewhere::{Depot, Holder, Once, Query, Store};
use supervisor_tests::within;

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

/// A worker that answers with its number.
#[derive(Child, Default)]
#[child(message = Reply<u32>, restart = Transient, shutdown = 2s, backoff = 1s)]
struct Echo(u32);

impl Worker for Echo {
    async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
        while let Some(reply) = ctx.recv().await {
            let _ = reply.send(self.0);
        }
        Ok(())
    }
}

/// A worker that asks its echo once in each life, and stores the answer.
#[derive(Child)]
struct Asker {
    echo: ChildRef<Reply<u32>>,
    stored: Arc<AtomicUsize>,
}

impl Worker for Asker {
    async fn run(&self, ctx: Context) -> ChildResult {
        let number = self.echo.ask(|reply| reply).await?;
        self.stored.store(number as usize, Ordering::SeqCst);
        idle(ctx).await
    }
}

supervision_tree! {
    Company(number: u32, stored: &Arc<AtomicUsize>): one_for_one(max_restarts = 5) {
        r#type: Echo = Echo(number),
        office: rest_for_one(restart = Transient, shutdown = 1m) {
            asker: Asker = Asker { echo: r#type.clone(), stored: Arc::clone(stored) },
            // A name that another level uses, too, and a task of the same name as its function.
            office: one_for_all { idle: Always, other: Temporary = self::idle },
        },
        depot: Depot(shutdown = 30s) = Depot::tree(b"12345"),
        by_default: Transient<Echo>(shutdown = brutal_kill, backoff = 10ms..20ms),
    }
}

#[tokio::test]
async fn a_tree_with_parameters_and_trees_inside_it() {
    let stored = Arc::new(AtomicUsize::new(0));
    let company = within("the start", Company::start(7, &stored)).await.unwrap();
    let answer = within("the answer", company.r#type().ask(|reply| reply)).await.unwrap();
    assert_eq!(answer, 7);
    within("the asker", async {
        while stored.load(Ordering::SeqCst) != 7 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(company.office().office().idle().path(), "office/office/idle");
    assert_eq!(company.office().asker().path(), "office/asker");
    // A tree of another crate is a child like any other, with its own handle.
    let size = within("the size", company.depot().store().ask(Query::Size)).await.unwrap();
    assert_eq!(size, 5);
    assert_eq!(company.depot().nested().idle().path(), "depot/nested/idle");
    assert_eq!(Company::CHILDREN, 13);
    let answer = within("the answer", company.by_default().ask(|reply| reply)).await.unwrap();
    assert_eq!(answer, 0);
}

#[tokio::test]
async fn the_trees_options_win_over_those_of_the_derive() {
    let company = Company::start(7, &Arc::default());
    let company = within("the start", company).await.unwrap();
    let root = company.supervisor();
    let derived = within("the spec", root.child_spec("type")).await.unwrap();
    assert_eq!(derived.restart, RestartPolicy::Transient);
    assert_eq!(derived.shutdown, Shutdown::Timeout(Duration::from_secs(2)));
    assert_eq!(derived.backoff, Some(Backoff::constant(Duration::from_secs(1))));
    let given = within("the spec", root.child_spec("by_default")).await.unwrap();
    assert_eq!(given.shutdown, Shutdown::BrutalKill);
    let backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(20));
    assert_eq!(given.backoff, Some(backoff));
    let nested = within("the spec", root.child_spec("office")).await.unwrap();
    assert_eq!(nested.restart, RestartPolicy::Transient);
    assert_eq!(nested.shutdown, Shutdown::Timeout(Duration::from_secs(60)));
    let tree = within("the spec", root.child_spec("depot")).await.unwrap();
    assert_eq!(tree.restart, RestartPolicy::Always);
    assert_eq!(tree.shutdown, Shutdown::Timeout(Duration::from_secs(30)));
}

supervision_tree! {
    /// One group of children for each connection.
    Connection(number: u32): one_for_all(auto_shutdown = any_significant) {
        echo: Echo = Echo(number),
        reader: Transient(significant) = idle,
    }
}

#[tokio::test]
async fn pools_of_every_kind() {
    let tree = supervision_tree! {
        one_for_one {
            tasks: simple_one_for_one { worker: Temporary = idle },
            alike: simple_one_for_one(max_children = 2) { echo: Temporary<Echo> = Echo(5) },
            each: simple_one_for_one { echo: Temporary<Echo> },
            owning: simple_one_for_one { once: Once },
            groups: simple_one_for_one { connection: Temporary<Connection> },
        }
    };
    let pools = within("the start", tree.start()).await.unwrap();
    let task = within("a worker", pools.tasks().add_worker()).await.unwrap();
    assert_eq!(task.path(), "tasks/#1");
    for _ in 0..2 {
        let echo = within("a worker", pools.alike().add_worker()).await.unwrap();
        assert_eq!(within("the answer", echo.ask(|reply| reply)).await.unwrap(), 5);
    }
    let error = within("the refusal", pools.alike().add_worker()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::MaxChildren(_, 2)), "{error}");
    let echo = within("a worker", pools.each().add_worker_with(Echo(6))).await.unwrap();
    assert_eq!(within("the answer", echo.ask(|reply| reply)).await.unwrap(), 6);
    // This worker's value is made with `Default`.
    let echo = within("a worker", pools.each().add_worker()).await.unwrap();
    assert_eq!(within("the answer", echo.ask(|reply| reply)).await.unwrap(), 0);
    within("a worker", pools.owning().add_worker_with(Once("socket".into()))).await.unwrap();
    let group = within("a group", pools.groups().add_worker_with(Connection::tree(8)));
    let group = group.await.unwrap();
    assert_eq!(group.echo().path(), "groups/#1/echo");
    assert_eq!(within("the answer", group.echo().ask(|reply| reply)).await.unwrap(), 8);
    within("the shutdown", pools.supervisor().shutdown()).await.unwrap();
}

supervision_tree! {
    Echoes: simple_one_for_one { echo: Temporary<Echo> }
}

#[tokio::test]
async fn a_root_can_be_a_pool() {
    let echoes = within("the start", Echoes::start()).await.unwrap();
    let echo = within("a worker", echoes.pool().add_worker_with(Echo(9))).await.unwrap();
    assert_eq!(echo.path(), "#1");
    let tree = supervision_tree! { simple_one_for_one { worker: Temporary = idle } };
    let pool = within("the start", tree.start()).await.unwrap();
    let worker = within("a worker", pool.pool().add_worker()).await.unwrap();
    assert_eq!(worker.path(), "#1");
    assert_eq!((pool.children(), Echoes::CHILDREN), (0, 0));
    within("the shutdown", pool.supervisor().shutdown()).await.unwrap();
}

#[tokio::test]
async fn the_one_line_tree() {
    async fn worker(ctx: Context) -> ChildResult {
        idle(ctx).await
    }
    let tree = supervision_tree! { one_for_all { sub: one_for_one { worker: Always } } };
    let handle = within("the start", tree.start()).await.unwrap();
    assert_eq!(handle.sub().worker().path(), "sub/worker");
    assert_eq!(handle.children(), 2);
    assert_eq!(handle.shutdown_budget(), Some(Duration::from_secs(5)));
    assert_eq!(format!("{:?}", handle.sub()), format!("{:?}", handle.sub().clone()));
    let report = within("the shutdown", handle.supervisor().shutdown()).await.unwrap();
    assert!(report.is_clean());
}

/// Without children there is still a supervisor.
#[tokio::test]
async fn the_empty_tree() {
    let tree = within("the start", supervision_tree! { rest_for_one {} }.start()).await.unwrap();
    assert_eq!(tree.shutdown_budget(), Some(Duration::ZERO));
    within("the shutdown", tree.supervisor().shutdown()).await.unwrap();
}

/// A child's value is made once: a tree borrows its parameters only during the call.
#[tokio::test]
async fn a_start_borrows_nothing() {
    let start = {
        let stored = Arc::new(AtomicUsize::new(0));
        Company::start(3, &stored)
    };
    let company = within("the start", tokio::spawn(start)).await.unwrap().unwrap();
    within("the shutdown", company.supervisor().shutdown()).await.unwrap();
}

/// The rules of a declared tree also hold for one that is built by hand.
#[tokio::test]
async fn a_rule_holds_for_a_tree_built_by_hand() {
    let message = async |supervisor: Supervisor| {
        let error = within("the refusal", supervisor.start()).await.unwrap_err();
        let SupervisorError::InvalidSpec(_, rule) = error else { panic!("{error}") };
        rule
    };
    let child = || ChildSpec::new("a").with_task(idle);
    let significant = child().with_significant(true);
    let supervisor = Supervisor::new()
        .with_auto_shutdown(AutoShutdown::AnySignificant)
        .with_child(significant.with_restart_policy(RestartPolicy::Always));
    let rule = message(supervisor.build()).await;
    assert!(rule.starts_with("`a` is `Always` restarted"), "{rule}");
    let significant = child().with_significant(true).with_restart_policy(RestartPolicy::Transient);
    let rule = message(Supervisor::new().with_child(significant).build()).await;
    assert!(rule.starts_with("`a` is significant for nothing"), "{rule}");
    let backoff = Backoff::constant(Duration::from_secs(60));
    let rule = message(Supervisor::new().with_child(child().with_backoff(backoff)).build()).await;
    assert!(rule.starts_with("`a` cannot fail 4 times in 5s"), "{rule}");
    let unlimited = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(child().with_backoff(backoff))
        .build();
    within("the start", unlimited.start()).await.unwrap();
    let inner = Supervisor::new().with_child(child()).build();
    let inner = ChildSpec::new("inner").with_supervisor(inner);
    let outer = Supervisor::new().with_child(inner.with_shutdown(Duration::from_secs(1))).build();
    let rule = message(outer).await;
    assert!(rule.starts_with("the children of `inner` may need 5s to stop"), "{rule}");
    let once = ChildSpec::new("once").with_worker_once(Once(String::new()));
    let once = once.with_restart_policy(RestartPolicy::Always);
    let rule = message(Supervisor::new().with_child(once).build()).await;
    assert!(rule.starts_with("`once` runs `once`"), "{rule}");
    let rule = message(Supervisor::new().with_restart_window(Duration::ZERO).build()).await;
    assert_eq!(rule, "`restart_window` must be longer than zero");
    // The rules also hold for a child that is added later.
    let supervisor = Supervisor::new().build();
    let late = supervisor.add_child(child().with_mailbox(0));
    let error = within("the refusal", late).await.unwrap_err();
    assert!(error.to_string().contains("`mailbox = 0`"), "{error}");
}

#[test]
fn a_derive_sets_the_options_of_its_type() {
    assert!(Once::OPTIONS.is_once());
    assert!(Holder::<u8>::OPTIONS.is_significant());
    assert_eq!(Store::OPTIONS.shutdown(), Some(Shutdown::Timeout(Duration::from_secs(10))));
    assert_eq!(Echo::OPTIONS.mailbox(), 64);
}

mod twins {
    use supervisor::prelude::*;

    /// The function of whichever twin is in the program.
    async fn worker(ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }

    supervision_tree! {
        /// Children of one name, of which one is in the program: the first, or the last.
        pub(super) Twins: one_for_one {
            #[cfg(all())]
            worker: Always,
            #[cfg(any())]
            worker: Transient,
            #[cfg(all())]
            sub: one_for_one { worker: Always },
            #[cfg(any())]
            sub: one_for_all { worker: Always },
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_tasks_of_one_name_the_first_or_the_last_may_be_left_out() {
    let twins = within("the start", twins::Twins::start()).await.unwrap();
    assert_eq!(twins.worker().path(), "worker");
    assert_eq!(twins.sub().worker().path(), "sub/worker");
}
