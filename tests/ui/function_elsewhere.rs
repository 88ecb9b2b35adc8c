//! A function is called by its name in this library, not by that of another one.

use supervisor::prelude::*;

enum Query {
    Get(Reply<u8>),
    Put(u8),
}

async fn of_an_address(address: ChildRef<Query>) -> Result<(), SupervisorError> {
    address.call(Query::Get).await?;
    address.cast(Query::Put(1)).await?;
    address.tell(Query::Put(2)).await?;
    address.stop().await;
    address.abort().await;
    address.join().await;
    let _ = address.address();
    let _ = address.blocking_send(Query::Put(6));
    address.ask_timeout(Query::Get, std::time::Duration::from_secs(1)).await?;
    let _ = address.name();
    address.send_after(Query::Put(8), std::time::Duration::from_secs(1)).await?;
    let _ = address.ask_blocking(Query::Get);
    Ok(())
}

async fn of_a_context(ctx: Context<Query>) {
    let _ = ctx.self_ref();
    ctx.cancelled().await;
    ctx.cancellation_token().cancelled().await;
    let _ = ctx.is_cancelled();
    ctx.stop();
    let _ = ctx.sibling("sink").send(Query::Put(7)).await;
    let _ = ctx.name();
    let _ = ctx.clone();
    let _ = ctx.supervisor().shutdown().await;
    let _ = ctx.supervisor().restart_child("sink").await;
}

fn of_a_reply(reply: Reply<u8>) {
    let _ = reply.reply(3);
}

async fn of_a_supervisor(supervisor: Supervisor) -> Result<(), SupervisorError> {
    supervisor.stop().await?;
    supervisor.child("db").await?;
    supervisor.send(Query::Put(3)).await?;
    supervisor.spawn(Sink).await?;
    supervisor.join().await?;
    let _ = supervisor.len();
    supervisor.restart().await?;
    let _ = supervisor.subscribe();
    Ok(())
}

async fn of_a_pool(
    pool: supervisor::Pool<Sink>,
    partitioned: Partitioned<Query>,
) -> Result<(), SupervisorError> {
    pool.start_child(Sink).await?;
    pool.add_child(Sink).await?;
    pool.send(Query::Put(4)).await?;
    pool.ask(Query::Get).await?;
    partitioned.send(Query::Put(5)).await?;
    partitioned.ask(Query::Get).await?;
    let _ = pool.iter();
    pool.remove_worker(1).await?;
    let _ = partitioned.get(1);
    Ok(())
}

fn of_a_builder() -> Supervisor {
    Supervisor::new().with_children([ChildSpec::new("sink").with_worker(Sink)]).build()
}

async fn of_events(mut events: supervisor::events::Events) {
    while let Some(event) = events.recv().await {
        drop(event);
    }
}

fn of_a_specification() -> ChildSpec<impl Sized> {
    ChildSpec::new("sink").with_worker(Sink).with_restart(RestartPolicy::Transient)
}

#[derive(Child, Default)]
#[child(message = Query)]
struct Sink;

impl Worker for Sink {
    async fn run(&self, _ctx: Context<Query>) -> ChildResult {
        Ok(())
    }
}

fn main() {}
