//! A tree that contains the tree of another crate.
//!
//! What it shows: the library in `two_crates/storage` exports a tree, `Storage`. This program's
//! tree contains `Storage` as one of its children. The program's children use the addresses of the
//! library's children. The compiler knows both trees, so `shutdown_within` covers both.
//!
//! How to run it: `cargo run --example two_crates`. It ends by itself with exit code 0, and prints
//! the following, with other times:
//!
//! ```text
//! The whole tree stops within 5s.
//!
//! Program: one_for_one running, up 64µs
//! ├─ storage: rest_for_one [Always] running, up 57µs
//! │  ├─ table [Always] running, up 52µs
//! │  └─ flusher [Always] running, up 46µs
//! └─ clerk [Always] running, up 31µs
//!
//! The clerk says: noted
//! The table is killed, and its tree restarts what depends on it:
//! storage/table: ended (life 1): killed
//! storage/flusher: ended (life 1): normal
//! storage/table: restarted (life 2; 4 restarts left)
//! storage/flusher: restarted (life 2; 4 restarts left)
//! The clerk, which was not restarted, says: noted
//! ```
//!
//! How to test it: `cargo test --example two_crates`. The tests are at the end of this file.

use std::time::Duration;

use supervisor::events::{EventKind, Events};
use supervisor::prelude::*;
use supervisor_example_storage::{Query, Storage};

supervision_tree! {
    /// The program: the library's tree, and a child that uses it.
    Program(flush_every: Duration): one_for_one(shutdown_within = 8s) {
        storage: Storage = Storage::tree(flush_every),
        clerk: Clerk = Clerk { table: storage.table().clone() },
    }
}

/// Writes notes into the library's table.
#[derive(Child)]
#[child(message = Note, shutdown = 2s)]
struct Clerk {
    table: ChildRef<Query>,
}

/// A text to write down, and the reply that confirms it.
struct Note(String, Reply<&'static str>);

impl Worker for Clerk {
    async fn run(&self, mut ctx: Context<Note>) -> ChildResult {
        while let Some(Note(text, reply)) = ctx.recv().await {
            // The address stays valid across restarts in the library's tree.
            self.table.send(Query::Put("note".to_owned(), text)).await?;
            let _ = reply.send("noted");
        }
        Ok(())
    }
}

/// Prints events until this child has been restarted.
async fn print_until_restarted(events: &mut Events, path: &str) {
    while let Some(event) = events.next().await {
        println!("{event}");
        if *event.path() == path && matches!(event.kind(), EventKind::ChildRestarted { .. }) {
            return;
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(budget) = Program::SHUTDOWN_BUDGET {
        println!("The whole tree stops within {budget:?}.\n");
    }
    let program = Program::start(Duration::from_secs(1)).await?;
    println!("{}\n", program.supervisor().snapshot().await?);
    let note = |text: &str, reply| Note(text.to_owned(), reply);
    println!("The clerk says: {}", program.clerk().ask(|reply| note("tea", reply)).await?);

    println!("The table is killed, and its tree restarts what depends on it:");
    let mut events = program.supervisor().events();
    program.storage().table().kill().await?;
    print_until_restarted(&mut events, "storage/flusher").await;
    let said = program.clerk().ask(|reply| note("cake", reply)).await?;
    println!("The clerk, which was not restarted, says: {said}");
    program.supervisor().shutdown().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use supervisor::testing::{self, Chaos};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clerk_outlives_the_librarys_tree() -> Result<(), Box<dyn std::error::Error>> {
        let program = Program::start(Duration::from_secs(1)).await?;
        testing::kill(&program, "storage").await?;
        let reply = program.clerk().ask(|reply| Note("tea".to_owned(), reply)).await?;
        assert_eq!(reply, "noted");
        let note = |reply| Query::Get("note".to_owned(), reply);
        assert_eq!(program.storage().table().ask(note).await?.as_deref(), Some("tea"));
        assert_eq!(program.clerk().incarnation(), 1);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_tree_comes_back() -> Result<(), testing::Error> {
        let program = Program::start(Duration::from_secs(1)).await?;
        let report = Chaos::seed(2).kills(50).run(&program).await?;
        assert!(report.kills.iter().any(|kill| kill.path == "storage/table"), "{report}");
        Ok(())
    }

    /// Each fault of each child of both trees, at each moment.
    #[tokio::test(start_paused = true)]
    async fn the_whole_tree_survives_every_fault() -> Result<(), testing::MatrixFailure> {
        testing::fault_matrix(|| Program::tree(Duration::from_secs(1)))
            .check(async |program: &Program, _| {
                let reply = program.clerk().ask(|reply| Note("tea".to_owned(), reply)).await;
                reply.map(drop).map_err(|error| error.to_string())
            })
            .matches("faults/two_crates.txt")
            .await?;
        Ok(())
    }
}
