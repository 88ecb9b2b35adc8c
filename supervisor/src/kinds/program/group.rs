//! A process with all processes that it has started: its process group.

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

use crate::life::detached::sleep_in_real_time;

/// A process that leads a group, and is killed and reaped if this is dropped before it was reaped.
///
/// The group can be signalled safely as long as its leader has not been reaped, since the system
/// does not reuse the group's number until then. So the end of the leader is noticed without
/// reaping it, the rest of the group is killed, and only then the leader is reaped.
#[derive(Debug)]
pub(super) struct Group {
    process: Child,
    /// `None` once there is nothing more to kill or to reap.
    leader: Option<Pid>,
}

impl Group {
    /// Takes a process that leads its group.
    pub(super) fn new(process: Child) -> Self {
        let id = process.id().and_then(|id| i32::try_from(id).ok());
        let leader = id.and_then(Pid::from_raw);
        if let Some(leader) = leader {
            register(leader);
        }
        Self { process, leader }
    }

    /// Returns `true` if the process has ended; this does not reap it.
    pub(super) fn has_ended(&self) -> bool {
        self.leader.is_none_or(has_ended)
    }

    /// Asks the process to end.
    pub(super) fn terminate(&self) {
        if let Some(leader) = self.leader {
            // An error means that the process has ended meanwhile.
            let _ = kill_process(leader, Signal::TERM);
        }
    }

    /// Kills the process and all processes of its group.
    pub(super) fn kill(&self) {
        if let Some(leader) = self.leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }

    /// Kills the rest of the group of a process that has ended, reaps the process, and returns its
    /// status.
    pub(super) async fn reap(&mut self, exits: &mut Signals) -> io::Result<ExitStatus> {
        self.kill();
        let status = self.process.wait().await;
        if let Some(group) = self.leader.take() {
            unregister(group);
            // The orphans of the group become children of this process if it is the first process
            // of its container, or was made a subreaper; then it has to reap them.
            while let Ok(None) = reap_orphan(group) {
                poll_fn(|cx| exits.poll_recv(cx)).await;
            }
            wait_until_gone(group).await;
        }
        status
    }
}

/// Returns `true` if the process has ended; this does not reap it.
fn has_ended(process: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    // An error other than `INTR` means that the process has been reaped elsewhere.
    !matches!(waitid(WaitId::Pid(process), options), Ok(None) | Err(Errno::INTR))
}

/// Waits for the killed processes of the group that other processes have to reap.
///
/// This polls, since nothing announces their end: they are not children of this process, so that no
/// signal comes and no `waitid` returns, and their numbers, for a pidfd, are not known. It polls at
/// most seven times in an eighth of a second, and only if the group's leader left processes behind
/// that had to be killed, which are gone within a moment. A longer wait has no use: where the first
/// process of a container does not reap, zombies stay in their group.
async fn wait_until_gone(group: Pid) {
    for wait in [1, 2, 4, 8, 16, 32, 64] {
        if test_kill_process_group(group).is_err() {
            return;
        }
        sleep_in_real_time(Duration::from_millis(wait)).await;
    }
}

/// Reaps the orphans of the group that have ended; `None` if those that are left still run, and an
/// error if there are none.
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
    /// Kills and reaps the process here and now: the runtime is going away, so that no task can
    /// wait for the end of the process, and there is no later time.
    fn drop(&mut self) {
        let Some(leader) = self.leader.take() else { return };
        let _ = kill_process_group(leader, Signal::KILL);
        wait_for_end(leader, KILLED_WITHIN);
        // `try_wait` reaps the process.
        let _ = self.process.try_wait();
        unregister(leader);
    }
}

/// The longest wait for the end of a killed process, which takes a moment, unless the kernel itself
/// is stuck.
const KILLED_WITHIN: Duration = Duration::from_millis(200);

/// Blocks this thread until the process has ended, at most until the limit; this does not reap the
/// process.
#[cfg(target_os = "linux")]
fn wait_for_end(process: Pid, limit: Duration) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{PidfdFlags, pidfd_open};

    // (Linux before 5.3 has no pidfd.)
    let Ok(handle) = pidfd_open(process, PidfdFlags::empty()) else {
        return poll_for_end(process, limit);
    };
    let deadline = Instant::now() + limit;
    loop {
        // A time that a `Timespec` cannot hold is no limit.
        let left = Timespec::try_from(deadline.saturating_duration_since(Instant::now())).ok();
        match poll(&mut [PollFd::new(&handle, PollFlags::IN)], left.as_ref()) {
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => return,
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn wait_for_end(process: Pid, limit: Duration) {
    poll_for_end(process, limit);
}

/// Polls for the end of a process, less and less often, on systems without a wait that has a limit:
/// `waitid` has none, and an alarm would be that of this whole process.
fn poll_for_end(process: Pid, limit: Duration) {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(100);
    while !has_ended(process) && Instant::now() < deadline {
        thread::sleep(pause);
        pause *= 2;
    }
}

/// The groups that are killed if this process aborts.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Adds a group to those that are killed if a panic aborts this process.
fn register(leader: Pid) {
    static INSTALL: Once = Once::new();
    if cfg!(panic = "abort") {
        // With `panic = "abort"`, no destructor runs after the panic hook.
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

/// Removes a group from those that are killed if a panic aborts this process.
fn unregister(leader: Pid) {
    if cfg!(panic = "abort") {
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|group| *group != leader);
    }
}
