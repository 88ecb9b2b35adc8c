//! The arguments of a program are a list.

use supervisor::Program;

fn main() {
    let _ = Program::new("redis-server").args("--port 6379");
    let _ = Program::new("redis-server").args(["--port", "6379"]);
}
