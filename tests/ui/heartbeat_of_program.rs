//! A program has no `heartbeat`.

use supervisor::Program;
use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one(restart_window = 1m) {
        redis: Program(heartbeat = 5s) = Program::new("redis-server"),
        other: Transient<Program> = Program::new("redis-server"),
    }
}

fn main() {}
