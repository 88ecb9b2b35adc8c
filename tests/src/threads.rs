//! The names of this process's threads, for the tests' programs.

use std::time::Duration;
use std::{fs, io};

/// Returns the names of this process's threads, separated by commas (Linux only).
///
/// A thread has the name of the thread that spawned it until it runs and names itself, so this waits
/// until only the main thread has the program's name. A program that uses it names each of its threads.
///
/// # Errors
///
/// If `/proc` cannot be read.
pub async fn names_of_threads() -> io::Result<String> {
    loop {
        let of_the_program = fs::read_to_string("/proc/self/comm")?;
        let tasks = fs::read_dir("/proc/self/task")?.flatten();
        // A thread that has just ended has no name.
        let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        let names: Vec<String> = names.collect();
        if names.iter().filter(|name| **name == of_the_program).count() == 1 {
            return Ok(names.iter().map(|name| name.trim()).collect::<Vec<_>>().join(", "));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
