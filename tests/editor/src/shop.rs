//! The program that is edited: the test replaces marked lines with what is being typed.

#![expect(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::redundant_closure,
    reason = "it is only read by an editor"
)]

use std::time::Duration;

use supervisor::prelude::*;

#[derive(Debug)]
pub struct Config {
    pub url: String,
    pub max_sessions: usize,
}

#[derive(Debug)]
pub enum Query {
    Get(u64, Reply<String>),
}

#[derive(Child, Debug)]
#[child(message = Query)] // derive
pub struct Database {
    pub url: String,
}

impl Database {
    /// Connects to a database.
    #[must_use]
    pub fn connect(url: &str, patience: Duration) -> Self {
        let _ = patience;
        Self { url: url.to_owned() }
    }
}

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while let Some(Query::Get(_, reply)) = ctx.recv().await {
            let _ = reply.send(self.url.clone());
        }
        Ok(())
    }
}

#[derive(Child, Debug)]
pub struct Front {
    pub db: ChildRef<Query>,
    pub port: u16,
}

impl Worker for Front {
    async fn run(&self, ctx: Context) -> ChildResult {
        let _ = (&self.db, self.port);
        ctx.shutdown_requested().await;
        Ok(())
    }
}

#[derive(Child, Debug, Default)]
#[child(restart = Temporary)]
pub struct Session;

impl Worker for Session {
    async fn run(&self, ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

pub const PATIENCE: Duration = Duration::from_secs(3);

pub async fn janitor(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

pub async fn sweep(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

supervision_tree! {
    /// The shop.
    pub Shop(config: &Config): one_for_one(max_restarts = 5, restart_window = 60s) { // head
        db: Database(shutdown = PATIENCE) = Database::connect(&config.url, PATIENCE),
        janitor: Transient,
        storage: rest_for_one {
            front: Always<Front>(start_timeout = 1s, start = notify) = Front { db, port: 80 },
            cleaner: Always = |ctx| sweep(ctx), // inner
        },
        sessions: simple_one_for_one(max_children = runtime(config.max_sessions)) {
            session: Session,
        },
        // child
    }
}

pub async fn serve(config: &Config) -> ChildResult {
    let shop = Shop::start(config).await?;
    let tree = supervision_tree! {
        one_for_one {
            front: Front = Front { db: shop.db().clone(), port: 80 },
            group: one_for_all { janitor: Always },
            // expression
        }
    };
    let other = tree.start().await?;
    let _ = shop.db().ask(|reply| Query::Get(1, reply)).await?;
    let _ = shop.storage().front();
    let _ = other.group().janitor();
    // outside
    Ok(())
}
