//! The closure of a task takes a `Context` without messages.

use supervisor::prelude::*;

enum Job {
    Print(u32),
}

supervision_tree! {
    Shop: one_for_one {
        printer: Always = |mut ctx: Context<Job>| async move {
            while let Some(Job::Print(number)) = ctx.recv().await {
                println!("{number}");
            }
            Ok(())
        },
        quiet: Always = |ctx: Context| async move {
            ctx.shutdown_requested().await;
            Ok(())
        },
    }
}

fn main() {}
