//! The unit of a service of systemd's.

use std::fmt;

use super::Deployment;
use crate::spec::written;

/// The unit of a service of systemd's, from [`Deployment::systemd`]: it displays as the unit's file.
///
/// | setting | what it is |
/// |---|---|
/// | `Type=notify` | the service is up when the tree is, and says so (feature `systemd`) |
/// | `TimeoutStartSec` | the time of the start |
/// | `TimeoutStopSec` | the time of the stop, from SIGTERM to SIGKILL |
/// | `WatchdogSec` | how long the program may give no sign of life before it is ended and started again |
/// | `KillMode=mixed` | SIGTERM for the program alone, which stops its child processes in the tree's order; SIGKILL for all |
/// | `RestartPreventExitStatus` | the exit codes of `run` after a signal that had the children killed: a person has ended the program |
#[derive(Clone, Copy, Debug)]
pub struct Systemd<'a> {
    deployment: &'a Deployment,
    exec_start: &'a str,
}

impl<'a> Systemd<'a> {
    pub(super) fn new(deployment: &'a Deployment, exec_start: &'a str) -> Self {
        Self { deployment, exec_start }
    }
}

impl fmt::Display for Systemd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deployment = self.deployment;
        writeln!(f, "[Unit]")?;
        writeln!(f, "Description={}", deployment.name)?;
        writeln!(f, "Wants=network-online.target")?;
        writeln!(f, "After=network-online.target")?;
        writeln!(f)?;
        writeln!(f, "[Service]")?;
        writeln!(f, "Type=notify")?;
        writeln!(f, "NotifyAccess=main")?;
        writeln!(f, "ExecStart={}", self.exec_start)?;
        writeln!(f, "# {}", deployment.start_in_words())?;
        writeln!(f, "TimeoutStartSec={}", deployment.start_timeout().as_secs())?;
        writeln!(f, "# {}", deployment.stop_in_words())?;
        writeln!(f, "TimeoutStopSec={}", deployment.stop_timeout().as_secs())?;
        writeln!(f, "WatchdogSec={}", written(deployment.watchdog))?;
        writeln!(f, "KillMode=mixed")?;
        writeln!(f, "Restart=on-failure")?;
        writeln!(f, "RestartPreventExitStatus=129 130 131 143")?;
        writeln!(f)?;
        writeln!(f, "[Install]")?;
        writeln!(f, "WantedBy=multi-user.target")
    }
}
