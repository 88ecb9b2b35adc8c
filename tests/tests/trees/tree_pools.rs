//! Tests pools whose workers are trees, such as a group of children for each connection.

use std::sync::{Arc, Weak};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::testing;
use supervisor_tests::{begin_and_drop, within};

/// A value whose reference count shows whether a tree still exists.
type Owned = Arc<&'static str>;

/// A worker that answers with the name of its tree.
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

/// Returns the names of the listed trees.
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
    let value = Arc::downgrade(&owned);
    (within("a worker", pool.add_worker_with(Connection::tree(owned))).await.unwrap(), value)
}

/// Gives the supervisors time to drop the value, and checks that they did.
async fn is_dropped(value: &Weak<&'static str>) {
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(value.strong_count(), 0, "somebody still has it");
}

#[tokio::test(start_paused = true)]
async fn living_trees_are_listed_with_their_handles() {
    let server = Server::start().await.unwrap();
    let pool = server.connections();
    assert!(names(pool).await.is_empty());
    let (first, _) = add(pool, "first").await;
    let _ = add(pool, "second").await;
    let both = ["first at connections/#1/namer", "second at connections/#2/namer"];
    assert_eq!(names(pool).await, both);
    // After a restart of a tree, its handles lead to the same slots.
    testing::kill(&server, "connections/#1").await.unwrap();
    testing::running(&server, "connections/#1/namer").await.unwrap();
    assert_eq!(names(pool).await, both);
    within("the end", first.supervisor().shutdown()).await.unwrap();
    assert_eq!(names(pool).await, ["second at connections/#2/namer"]);
}

#[tokio::test(start_paused = true)]
async fn many_trees_are_listed_in_the_order_of_their_starts() {
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
    let (connection, value) = add(pool, "terminated").await;
    within("the end", pool.supervisor().terminate_child("#1")).await.unwrap();
    assert_eq!(value.strong_count(), 1, "by its handle");
    drop(connection);
    is_dropped(&value).await;
    // This tree ends in order by itself, and is not restarted.
    let (connection, value) = add(pool, "finished").await;
    connection.supervisor().request_shutdown();
    drop(connection);
    is_dropped(&value).await;
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
    let value = Arc::downgrade(&owned);
    let tree = Connection::tree(owned);
    let refused = within("an answer", pool.add_worker_with(tree)).await;
    let refused = refused.map(drop).unwrap_err();
    assert!(matches!(refused.error(), SupervisorError::MaxChildren(_, 3)), "{refused:?}");
    drop(refused);
    is_dropped(&value).await;
    // The same if the call was dropped before the refusal.
    let owned = Owned::new("one too many, too");
    let value = Arc::downgrade(&owned);
    assert!(begin_and_drop(pool.add_worker_with(Connection::tree(owned))).is_none());
    is_dropped(&value).await;
    // The same if the pool has ended before the call.
    let gone = pool.clone();
    within("the shutdown", server.supervisor().shutdown()).await.unwrap();
    let owned = Owned::new("too late");
    let value = Arc::downgrade(&owned);
    within("an answer", gone.add_worker_with(Connection::tree(owned))).await.map(drop).unwrap_err();
    is_dropped(&value).await;
}

#[tokio::test(start_paused = true)]
async fn the_pool_keeps_nothing_after_its_own_restart_and_end() {
    let server = Server::start().await.unwrap();
    let pool = server.connections().clone();
    let (connection, value) = add(&pool, "lost in a restart").await;
    drop(connection);
    assert_eq!(value.strong_count(), 1, "it runs");
    testing::kill(&server, "connections").await.unwrap();
    testing::running(&server, "connections").await.unwrap();
    is_dropped(&value).await;
    let (connection, value) = add(&pool, "lost in the end").await;
    drop(connection);
    within("the shutdown", server.supervisor().shutdown()).await.unwrap();
    is_dropped(&value).await;
    let (added, value) = {
        let server = Server::start().await.unwrap();
        let added = add(server.connections(), "lost with the last handle").await;
        (added.0.namer().clone(), added.1)
    };
    drop(added);
    is_dropped(&value).await;
}
