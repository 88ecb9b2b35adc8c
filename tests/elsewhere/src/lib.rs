//! A crate that renames the library to `overseer`, and whose types are children in other crates'
//! trees.
//!
//! It compiles without a warning under the strictest lints.

#![deny(warnings, missing_docs, clippy::pedantic)]

use std::sync::Arc;

use overseer::prelude::*;

/// A question to a [`Store`].
#[derive(Debug)]
pub enum Query {
    /// The number of bytes.
    Size(Reply<usize>),
}

/// Keeps bytes.
#[derive(Child, Clone, Debug)]
#[child(crate = overseer, message = Query, shutdown = 10s, backoff = 100ms..1s)]
pub struct Store(Arc<Vec<u8>>);

impl Store {
    /// Makes a store of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(Arc::new(bytes.to_vec()))
    }
}

impl Worker for Store {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while let Some(Query::Size(reply)) = ctx.recv().await {
            // The send fails if the caller no longer waits for the answer.
            let _ = reply.send(self.0.len());
        }
        Ok(())
    }
}

/// Holds a value of any type.
#[derive(Child, Debug, Default)]
#[child(crate = overseer, restart = Transient, significant)]
pub struct Holder<T>(T);

impl<T> Holder<T> {
    /// Makes a holder of this value.
    pub fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T: Clone + Send + Sync + 'static> Worker for Holder<T> {
    async fn run(&self, ctx: Context) -> ChildResult {
        let _held = self.0.clone();
        ctx.shutdown_requested().await;
        Ok(())
    }
}

/// Runs once, with what it owns.
#[derive(Child, Debug)]
#[child(crate = overseer, restart = Temporary, once)]
pub struct Once(pub String);

impl WorkerOnce for Once {
    async fn run(self, _ctx: Context) -> ChildResult {
        drop(self.0);
        Ok(())
    }
}

overseer::supervision_tree! {
    /// A store with a helper.
    ///
    /// # Shape
    pub Depot(bytes: &[u8]): rest_for_one(max_restarts = 5) {
        /// Keeps the bytes.
        store: Store = Store::new(bytes),
        helper: Always(shutdown = 1s) = idle,
        nested: one_for_one(restart = Transient) {
            idle: Temporary,
        },
        jobs: simple_one_for_one {
            job: Once,
        },
    }
}

overseer::supervision_tree! {
    // Private and undocumented: the expansion has to pass `missing_docs` and the other lints.
    Hidden: one_for_one {
        idle: Always,
        other: Always = |ctx| async move {
            let ctx = ctx;
            self::idle(ctx).await
        },
    }
}

/// Returns the number of children of the private tree.
#[must_use]
pub fn hidden_children() -> usize {
    Hidden::CHILDREN
}

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}
