//! A process with all that it has started: its process group.

use std::future::poll_fn;
use std::io;
use std::process::ExitStatus;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

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
        let Some(leader) = self.leader else { return true };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        // An error means that somebody else has reaped it.
        !matches!(waitid(WaitId::Pid(leader), options), Ok(None) | Err(Errno::INTR))
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

/// Waits for what was killed in the group, which is others' to reap, and so nobody tells.
///
/// A moment is enough. Its end is not worth waiting for where the first process of a container
/// does not reap: zombies stay in their group.
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
        // What was killed ends within a moment, unless the kernel itself is stuck.
        for _ in 0..200 {
            match self.process.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(1)),
                Ok(Some(_)) | Err(_) => break,
            }
        }
        unregister(leader);
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
