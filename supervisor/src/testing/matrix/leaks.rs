//! What a tree may leave behind: tasks, processes, descriptors.

use std::collections::BTreeMap;
use std::fs;

/// The tasks of this runtime, and the processes and descriptors of this program.
#[derive(Debug)]
pub(super) struct Holdings {
    tasks: usize,
    /// The child processes by number, where the operating system lists them.
    processes: BTreeMap<String, String>,
    /// The open descriptors by number, where the operating system lists them.
    descriptors: BTreeMap<String, String>,
}

impl Holdings {
    pub(super) fn now() -> Self {
        Self { tasks: alive_tasks(), processes: processes(), descriptors: descriptors() }
    }

    /// Returns `true` if the runtime has more tasks than before.
    pub(super) fn tasks_left(&self) -> Option<String> {
        let more = alive_tasks().checked_sub(self.tasks).filter(|more| *more > 0)?;
        let tasks = if more == 1 { "task is" } else { "tasks are" };
        Some(format!("{more} {tasks} left that the tree, or its children, have spawned"))
    }

    /// Returns a sentence for each process and descriptor that was not there before.
    ///
    /// Other threads of the program open and close descriptors too.
    pub(super) fn others_left(&self) -> Vec<String> {
        let new = |kind: &str, now: BTreeMap<String, String>, before: &BTreeMap<String, String>| {
            let new = now.iter().filter(|(number, what)| before.get(*number) != Some(*what));
            let names: Vec<String> =
                new.map(|(number, what)| format!("{number} ({what})")).collect();
            let is_more = now.len() > before.len();
            is_more.then(|| format!("{kind} left: {}", names.join(", ")))
        };
        let processes = new("processes are", processes(), &self.processes);
        let descriptors = new("descriptors are", descriptors(), &self.descriptors);
        processes.into_iter().chain(descriptors).collect()
    }
}

fn alive_tasks() -> usize {
    tokio::runtime::Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks())
}

/// Lists the open descriptors (Linux; elsewhere none are seen).
fn descriptors() -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return BTreeMap::new() };
    let open = entries.flatten().filter_map(|entry| {
        // The listing itself has a descriptor, which is closed by now.
        let target = fs::read_link(entry.path()).ok()?;
        Some((entry.file_name().to_string_lossy().into_owned(), target.display().to_string()))
    });
    open.filter(|(_, target)| !target.starts_with("/proc/")).collect()
}

/// Lists the child processes (Linux; elsewhere none are seen).
fn processes() -> BTreeMap<String, String> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return BTreeMap::new() };
    let mut processes = BTreeMap::new();
    for thread in threads.flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for number in children.split_whitespace() {
            let name = fs::read_to_string(format!("/proc/{number}/comm")).unwrap_or_default();
            processes.insert(number.to_owned(), name.trim().to_owned());
        }
    }
    processes
}
