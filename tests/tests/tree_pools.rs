//! Pools whose workers are trees: a group of children for each connection, say.

use std::sync::{Arc, Weak};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing;
use supervisor_tests::{begin_and_drop, within};

/// Something that each tree owns a part of.
type Owned = Arc<&'static str>;

/// Says which tree it belongs to.
#[derive(Child)]
#[child(message = Reply<String>)]
struct Namer(Owned);

impl Worker for Namer {
    async fn run(&self, mut ctx: Context<Reply<String>>) -> ChildResult {
        while let Some(reply) = ctx.recv().await {
            let _ = reply.send(format!("{} at {}", self.0, ctx.path()));
        }
        Ok(())
    }
}

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

supervision_tree! {
    Connection(owned: Owned): one_for_all {
        namer: Namer = Namer(owned),
        other: Always = idle,
    }
}

supervision_tree! {
    Server: one_for_one {
        connections: simple_one_for_one(max_children = 3) {
            connection: Transient<Connection>,
        },
    }
}

/// What the listed trees say.
async fn names(pool: &Pool<Connection>) -> Vec<String> {
    let mut names = Vec::new();
    for connection in within("the list", pool.workers()).await.unwrap() {
        let name = connection.namer().ask(|reply| reply);
        names.push(within("an answer", name).await.unwrap());
    }
    names
}

async fn add(pool: &Pool<Connection>, name: &'static str) -> (Connection, Weak<&'static str>) {
    let owned = Owned::new(name);
    let held = Arc::downgrade(&owned);
    (within("a worker", pool.add_worker_with(Connection::tree(owned))).await.unwrap(), held)
}

/// Lets everything be dropped that nobody holds.
async fn is_dropped(held: &Weak<&'static str>) {
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(held.strong_count(), 0, "somebody still has it");
}

#[tokio::test(start_paused = true)]
async fn the_living_are_listed_with_their_handles() {
    let server = Server::start().await.unwrap();
    let pool = server.connections();
    assert!(names(pool).await.is_empty());
    let (first, _) = add(pool, "first").await;
    let _ = add(pool, "second").await;
    let both = ["first at connections/#1/namer", "second at connections/#2/namer"];
    assert_eq!(names(pool).await, both);
    // They are the same places after a restart of the tree.
    testing::kill(&server, "connections/#1").await.unwrap();
    testing::running(&server, "connections/#1/namer").await.unwrap();
    assert_eq!(names(pool).await, both);
    within("the end", first.supervisor().shutdown()).await.unwrap();
    assert_eq!(names(pool).await, ["second at connections/#2/namer"]);
}

#[tokio::test(start_paused = true)]
async fn many_are_listed_in_the_order_of_their_starts() {
    let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Connection>("connection"));
    within("the start", pool.supervisor().start()).await.unwrap();
    let trees = (0..50).map(|_| Connection::tree(Owned::new("one of many")));
    let added = within("the workers", pool.add_workers(trees)).await.unwrap();
    assert_eq!(added.len(), 50);
    let names = names(&pool).await;
    assert_eq!((names.len(), names[49].as_str()), (50, "one of many at #50/namer"));
}

#[tokio::test(start_paused = true)]
async fn the_pool_keeps_nothing_of_a_tree_that_has_ended() {
    let server = Server::start().await.unwrap();
    let pool = server.connections();
    let (connection, held) = add(pool, "terminated").await;
    within("the end", pool.supervisor().terminate_child("#1")).await.unwrap();
    assert_eq!(held.strong_count(), 1, "by its handle");
    drop(connection);
    is_dropped(&held).await;
    // It stops itself in order, and is not restarted.
    let (connection, held) = add(pool, "finished").await;
    connection.supervisor().request_shutdown();
    drop(connection);
    is_dropped(&held).await;
    assert!(names(pool).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_pool_keeps_nothing_of_a_tree_that_it_refused() {
    let server = Server::start().await.unwrap();
    let pool = server.connections();
    for name in ["first", "second", "third"] {
        let _ = add(pool, name).await;
    }
    let owned = Owned::new("one too many");
    let held = Arc::downgrade(&owned);
    let tree = Connection::tree(owned);
    let refused = within("an answer", pool.add_worker_with(tree)).await;
    assert!(matches!(refused, Err(SupervisorError::MaxChildren(_, 3))), "{refused:?}");
    is_dropped(&held).await;
    // Nor if nobody has waited for the refusal.
    let owned = Owned::new("one too many, too");
    let held = Arc::downgrade(&owned);
    assert!(begin_and_drop(pool.add_worker_with(Connection::tree(owned))).is_none());
    is_dropped(&held).await;
    // Nor if the pool did not even hear of it.
    let gone = pool.clone();
    within("the shutdown", server.supervisor().shutdown()).await.unwrap();
    let owned = Owned::new("too late");
    let held = Arc::downgrade(&owned);
    within("an answer", gone.add_worker_with(Connection::tree(owned))).await.unwrap_err();
    is_dropped(&held).await;
}

#[tokio::test(start_paused = true)]
async fn the_pool_keeps_nothing_after_its_own_restart_and_end() {
    let server = Server::start().await.unwrap();
    let pool = server.connections().clone();
    let (connection, held) = add(&pool, "lost in a restart").await;
    drop(connection);
    assert_eq!(held.strong_count(), 1, "it runs");
    testing::kill(&server, "connections").await.unwrap();
    testing::running(&server, "connections").await.unwrap();
    is_dropped(&held).await;
    let (connection, held) = add(&pool, "lost in the end").await;
    drop(connection);
    within("the shutdown", server.supervisor().shutdown()).await.unwrap();
    is_dropped(&held).await;
    let (added, held) = {
        let server = Server::start().await.unwrap();
        let added = add(server.connections(), "lost with the last handle").await;
        (added.0.namer().clone(), added.1)
    };
    drop(added);
    is_dropped(&held).await;
}
