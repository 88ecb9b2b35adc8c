//! A child that fails by its `heartbeat` can exceed `max_restarts` within `restart_window`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        worker: Always(heartbeat = 10s),
        printer: Printer(start = notify, start_timeout = 1h, backoff = 1s),
        reader: Reader,
        quick: Printer(heartbeat = 1s),
        once: Temporary(heartbeat = 10s) = self::worker,
        sub: one_for_one(max_restarts = 1, restart_window = BEAT) { reader: Reader },
    }
}

const BEAT: std::time::Duration = std::time::Duration::from_secs(10);

#[derive(Child, Default)]
#[child(heartbeat = BEAT)]
struct Reader;

impl Worker for Reader {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

#[derive(Child, Default)]
struct Printer;

impl Worker for Printer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

/// The type of a child may be one letter, as those of parameters are.
#[derive(Child, Default)]
#[child(heartbeat = BEAT)]
pub struct W;

impl Worker for W {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

pub fn of_a_type() {
    let _ = supervision_tree! { one_for_one { letter: W } };
}

pub fn of_a_parameter<T>(parameter: T)
where
    T: Worker + Child<Recipe = T>,
{
    let _ = supervision_tree! { one_for_one { parameter: T = parameter } };
}

fn main() {}
