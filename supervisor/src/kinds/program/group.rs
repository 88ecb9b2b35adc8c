//! A process with all processes that it has started: its process group.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "processes run in real time, outside of the models"
)]

mod members;
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
    Pid, Signal, WaitId, WaitIdOptions, getpgid, kill_process, kill_process_group,
    test_kill_process_group, waitid,
};
use tokio::process::Child;
use tokio::signal::unix::Signal as Signals;

use self::members::Member;
use crate::life::detached::{kill_programs_by, sleep_in_real_time};

/// A process that leads a group. Dropping this kills and reaps the process, unless it has been
/// reaped.
///
/// The group can be signalled safely as long as its leader has not been reaped, since the system
/// does not reuse the group's number until then. So the end of the leader is noticed without
/// reaping it; the rest of the group has its time to end, or is killed; and only then the leader is
/// reaped.
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
            kill_on_abort(leader);
        }
        Self { process, leader }
    }

    /// Returns `true` if the process has ended; this does not reap it.
    pub(super) fn has_ended(&self) -> bool {
        self.leader.is_none_or(has_ended)
    }

    /// Sends a signal to the process and all processes of its group.
    pub(super) fn signal(&self, signal: Signal) {
        let Some(leader) = self.leader else { return };
        // An error means that all have ended meanwhile.
        let _ = kill_process_group(leader, signal);
        // The process can have moved itself into another group of its session. (It has its number
        // until it is reaped.)
        let has_moved = getpgid(Some(leader)).is_ok_and(|group| group != leader);
        if has_moved && self.process.id().is_some() {
            let _ = kill_process(leader, signal);
        }
    }

    /// Kills the process and all processes of its group.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Reaps the orphans of the group that have ended while the process runs. They are children of
    /// the program if it is the first process of its container, or was made a subreaper.
    pub(super) fn reap_orphans(&self) {
        let Some(leader) = self.leader.filter(|&leader| !has_ended(leader)) else { return };
        // A look that reaps nothing, and finds nothing where the program is not given orphans.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        if matches!(waitid(WaitId::Pgid(Some(leader)), options), Ok(Some(_))) {
            // One by one, since a wait for the whole group could reap its leader.
            for process in members::of(leader).unwrap_or_default() {
                if process.is_zombie() && process.number() != leader {
                    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
                    // An error means that another process has to reap it.
                    let _ = waitid(WaitId::Pid(process.number()), options);
                }
            }
        }
    }

    /// Waits until all processes of the group have ended. Call after the leader has ended. Zombies
    /// count as ended.
    ///
    /// This polls, less and less often, since nothing announces the end of processes that are not
    /// children of the program. Dropping the future is safe.
    pub(super) async fn rest_ended(&mut self) {
        let mut wait = Duration::from_millis(1);
        let mut known = None;
        while self.has_rest(&mut known) {
            sleep_in_real_time(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Returns `true` if another process of the group than its leader, which has ended, still runs;
    /// `known` holds one that ran the last time.
    fn has_rest(&mut self, known: &mut Option<Member>) -> bool {
        let Some(leader) = self.leader else { return false };
        // One that runs is enough: the whole group is looked up again only when that one has ended.
        if known.as_ref().is_some_and(Member::still_runs) {
            return true;
        }
        if let Some(members) = members::of(leader) {
            *known = members.into_iter().find(Member::runs);
            return known.is_some();
        }
        // Without `/proc`, the leader has to be reaped, since its zombie would be taken for a
        // process that runs. The number of the group is not reused either while a process is in it.
        let _ = self.process.try_wait();
        reap_all_ended(leader);
        let has_rest = test_kill_process_group(leader).is_ok();
        if !has_rest {
            unregister(leader);
            self.leader = None;
        }
        has_rest
    }

    /// Kills the rest of the group of a process that has ended, reaps the process, and returns its
    /// status.
    pub(super) async fn reap(&mut self, exits: &mut Signals) -> io::Result<ExitStatus> {
        self.kill();
        let status = self.process.wait().await;
        if let Some(group) = self.leader.take() {
            unregister(group);
            // The orphans of the group can be children of the program, which has to reap them.
            while reap_all_ended(group) {
                poll_fn(|cx| exits.poll_recv(cx)).await;
            }
            wait_until_gone(group).await;
        }
        status
    }
}

/// The longest time between two looks at a group that has been asked to end.
const LONGEST_WAIT: Duration = Duration::from_millis(64);

/// Returns `true` if the process has ended; this does not reap it.
fn has_ended(process: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    // An error other than `INTR` means that the process has been reaped elsewhere.
    !matches!(waitid(WaitId::Pid(process), options), Ok(None) | Err(Errno::INTR))
}

/// Waits for the killed group members that are not our children, so another process reaps them.
///
/// This polls, since nothing announces their end: they are not children of the program, so that no
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

/// Reaps the children of the program in the group that have ended; returns `true` if others still
/// run.
fn reap_all_ended(group: Pid) -> bool {
    loop {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        match waitid(WaitId::Pgid(Some(group)), options) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

impl Drop for Group {
    /// Kills and reaps the process here and now: the runtime is going away, so that no task can
    /// wait for the end of the process, and there is no later time.
    fn drop(&mut self) {
        self.kill();
        let Some(leader) = self.leader.take() else { return };
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
/// `waitid` has none, and `alarm` would affect the whole process.
fn poll_for_end(process: Pid, limit: Duration) {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(100);
    while !has_ended(process) && Instant::now() < deadline {
        thread::sleep(pause);
        pause *= 2;
    }
}

/// The groups that are killed if the program aborts.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// `true` if the process may abort: by a panic, because a lease ends, or because its runtime does not
/// respond.
const MAY_ABORT: bool = cfg!(any(panic = "abort", feature = "lease", feature = "signal"));

/// Kills all groups, before the program aborts.
fn kill_all() {
    if let Ok(groups) = GROUPS.try_lock() {
        for &group in groups.iter() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Adds a group to those that are killed if the program aborts. Does nothing if it never does.
fn kill_on_abort(leader: Pid) {
    static INSTALL: Once = Once::new();
    if cfg!(panic = "abort") {
        // With `panic = "abort"`, no destructor runs after the panic hook.
        INSTALL.call_once(|| {
            let previous = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                kill_all();
                previous(info);
            }));
        });
    }
    if MAY_ABORT {
        kill_programs_by(kill_all);
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).push(leader);
    }
}

/// Removes a group from those that are killed if the program aborts.
fn unregister(leader: Pid) {
    if MAY_ABORT {
        let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|group| *group != leader);
    }
}
