//! A process with all that it has started: its process group.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::io;
use std::process::ExitStatus;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, test_kill_process_group,
    waitid,
};
use tokio::process::Child;
use tokio::signal::unix::Signal as Signals;

/// A process that leads a group. Dropped before it was reaped, it is killed and reaped.
///
/// The group can be signalled safely as long as its leader has not been reaped, for so long its
/// number is not given to others: so the end of the leader is noticed without reaping it, what is
/// left of the group is killed, and only then the leader is reaped.
#[derive(Debug)]
pub(super) struct Group {
    process: Child,
    /// Nothing when there is nothing more to be done.
    leader: Option<Pid>,
}

impl Group {
    /// The process leads its group.
    pub(super) fn new(process: Child) -> Self {
        let id = process.id().and_then(|id| i32::try_from(id).ok());
        let leader = id.and_then(Pid::from_raw);
        if let Some(leader) = leader {
            register(leader);
        }
        Self { process, leader }
    }

    /// Whether the process has ended; it is not reaped by that.
    pub(super) fn has_ended(&self) -> bool {
        self.leader.is_none_or(has_ended)
    }

    /// Asks the process to end.
    pub(super) fn terminate(&self) {
        if let Some(leader) = self.leader {
            // It may have ended meanwhile.
            let _ = kill_process(leader, Signal::TERM);
        }
    }

    /// Kills the process and all that it has started.
    pub(super) fn kill(&self) {
        if let Some(leader) = self.leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }

    /// Ends what is left of the group of a process that has ended, and gives its status.
    pub(super) async fn reap(&mut self, exits: &mut Signals) -> io::Result<ExitStatus> {
        self.kill();
        let status = self.process.wait().await;
        if let Some(group) = self.leader.take() {
            unregister(group);
            // Orphans of the group are this process's to reap if it is the first one of its
            // container, or was made a reaper of others' children.
            while let Ok(None) = reap_orphan(group) {
                poll_fn(|cx| exits.poll_recv(cx)).await;
            }
            vanish(group).await;
        }
        status
    }
}

fn has_ended(process: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    // An error means that somebody else has reaped it.
    !matches!(waitid(WaitId::Pid(process), options), Ok(None) | Err(Errno::INTR))
}

/// Waits for what was killed in the group, which is others' to reap, and so nobody tells.
///
/// There is nothing to wait on: they are not this process's children, so no signal comes and no
/// `waitid` returns, and their numbers, for a pidfd, are not known. So it looks, at most seven times
/// in an eighth of a second, and only if the group's leader left something behind that had to be
/// killed; that is gone within a moment. Its end is not worth a longer wait where the first process
/// of a container does not reap: zombies stay in their group.
async fn vanish(group: Pid) {
    for wait in [1, 2, 4, 8, 16, 32, 64] {
        if test_kill_process_group(group).is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}

/// Reaps one; `None` if those that are left still run, and an error if there are none.
fn reap_orphan(group: Pid) -> Result<Option<()>, Errno> {
    loop {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        match waitid(WaitId::Pgid(Some(group)), options) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return Ok(None),
            Err(failure) => return Err(failure),
        }
    }
}

impl Drop for Group {
    /// The runtime is going away: there is nobody to wait for, and no other time.
    fn drop(&mut self) {
        let Some(leader) = self.leader.take() else { return };
        let _ = kill_process_group(leader, Signal::KILL);
        wait_for_end(leader, KILLED_WITHIN);
        // Reaps it.
        let _ = self.process.try_wait();
        unregister(leader);
    }
}

/// What was killed ends within a moment, unless the kernel itself is stuck.
const KILLED_WITHIN: Duration = Duration::from_millis(200);

/// Blocks this thread until the process has ended, at most for so long; it is not reaped by that.
#[cfg(target_os = "linux")]
fn wait_for_end(process: Pid, limit: Duration) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{PidfdFlags, pidfd_open};

    // (Linux before 5.3 has none.)
    let Ok(handle) = pidfd_open(process, PidfdFlags::empty()) else {
        return look_for_end(process, limit);
    };
    let deadline = Instant::now() + limit;
    loop {
        // One too long to be said is no limit.
        let left = Timespec::try_from(deadline.saturating_duration_since(Instant::now())).ok();
        match poll(&mut [PollFd::new(&handle, PollFlags::IN)], left.as_ref()) {
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => return,
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn wait_for_end(process: Pid, limit: Duration) {
    look_for_end(process, limit);
}

/// Where a process's end cannot be waited for with a limit: `waitid` has none, and an alarm would be
/// the whole process's. It looks less and less often.
fn look_for_end(process: Pid, limit: Duration) {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(100);
    while !has_ended(process) && Instant::now() < deadline {
        thread::sleep(pause);
        pause *= 2;
    }
}

/// The groups that exist, for the case that this process aborts.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

fn register(leader: Pid) {
    static INSTALL: Once = Once::new();
    if cfg!(panic = "abort") {
        // No destructor runs after the hook.
        INSTALL.call_once(|| {
            let previous = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                if let Ok(groups) = GROUPS.try_lock() {
                    for &group in groups.iter() {
                        let _ = kill_process_group(group, Signal::KILL);
                    }
                }
                previous(info);
            }));
        });
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).push(leader);
    }
}

fn unregister(leader: Pid) {
    if cfg!(panic = "abort") {
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|group| *group != leader);
    }
}
