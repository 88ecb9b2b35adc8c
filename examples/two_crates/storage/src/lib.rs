//! A library that exports a supervision tree.
//!
//! The library does not depend on the programs that use it. Its interface is the type [`Storage`]:
//! the parameters, the addresses of the children, and the shutdown budget, which counts in a
//! program's `shutdown_within`.

use std::collections::BTreeMap;
use std::time::Duration;

use supervisor::Periodic;
use supervisor::prelude::*;

supervision_tree! {
    /// A table, and the job that writes it to disk.
    ///
    /// rest_for_one: the job restarts when the table restarts.
    pub Storage(flush_every: Duration): rest_for_one(max_restarts = 5, restart_window = 10s) {
        table: Table,
        flusher: Always<Periodic>(shutdown = 1s) =
            Periodic::every(flush_every, move || flush(table.clone())),
    }
}

/// A request to a [`Table`].
#[derive(Debug)]
pub enum Query {
    /// Stores a value under a key.
    Put(String, String),
    /// Returns the value of a key.
    Get(String, Reply<Option<String>>),
    /// Writes new entries to disk, and returns their number.
    Flush(Reply<usize>),
}

/// Keeps values by key.
#[derive(Child, Debug, Default)]
#[child(message = Query, mailbox = 256, shutdown = 2s)]
pub struct Table;

impl Worker for Table {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        let mut entries = BTreeMap::new();
        let mut unwritten = 0_usize;
        while let Some(query) = ctx.recv().await {
            // A failed reply is ignored: the caller may have stopped waiting.
            match query {
                Query::Put(key, value) => {
                    entries.insert(key, value);
                    unwritten += 1;
                }
                Query::Get(key, reply) => drop(reply.send(entries.get(&key).cloned())),
                Query::Flush(reply) => drop(reply.send(std::mem::take(&mut unwritten))),
            }
        }
        Ok(())
    }
}

async fn flush(table: ChildRef<Query>) -> ChildResult {
    let _written = table.ask(Query::Flush).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use supervisor::testing::Chaos;

    use super::*;

    /// A library tests its tree in the same way as a program: it starts the tree alone.
    #[tokio::test(start_paused = true)]
    async fn the_tree_comes_back_whatever_is_killed() {
        let storage = Storage::start(Duration::from_secs(1)).await.expect("it starts");
        Chaos::seed(1).kills(50).run(&storage).await.expect("it comes back");
        let put = Query::Put("colour".to_owned(), "blue".to_owned());
        storage.table().send(put).await.expect("it runs");
        let colour = storage.table().ask(|reply| Query::Get("colour".to_owned(), reply));
        assert_eq!(colour.await.expect("an answer").as_deref(), Some("blue"));
    }

    /// A test for each fault of each child, at each moment.
    #[supervisor::testing::fault_matrix("table", "flusher")]
    fn faults() -> supervisor::Tree<Storage> {
        Storage::tree(Duration::from_secs(1))
    }
}
