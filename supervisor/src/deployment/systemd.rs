//! The unit of a service of systemd's.

use std::fmt;

use super::Deployment;
use crate::spec::written;

/// The unit of a systemd service, from [`Deployment::systemd`]: it displays as the unit's file.
///
/// | setting | what it is |
/// |---|---|
/// | `Type=notify` | with the feature `systemd`: the service is up when the tree is, and `run` says so; otherwise `Type=exec`: it is up when the program runs |
/// | `TimeoutStartSec` | the time of the start |
/// | `TimeoutStopSec` | the time of the stop, from SIGTERM to SIGKILL |
/// | `WatchdogSec` | with the feature `systemd`: how long the runtime may not respond before the program is ended and started again |
/// | `KillMode=mixed` | SIGTERM for the program alone, which stops its child processes in the tree's order; SIGKILL for all |
/// | `Restart=on-failure` | a program that fails, or is ended by the watchdog, is started again |
/// | `RestartSec` | the time before that: with systemd's default of 100 ms, a program that fails at once would use up the 5 starts that systemd allows within 10 seconds, and stay down for good |
/// | `RestartPreventExitStatus` | the exit codes of `run` after a signal that had the children killed: a person has ended the program |
///
/// See [systemd.service], [systemd.kill] for `KillMode`, and [systemd.unit] for the limit of starts.
///
/// [systemd.service]: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
/// [systemd.kill]: https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html
/// [systemd.unit]: https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html
///
/// It is for a program whose tree is run by `run` (feature `signal`): nothing else tells systemd that the
/// tree is up, and answers its watchdog. The features are those of the build that prints the unit.
#[derive(Clone, Copy, Debug)]
pub struct Systemd<'a> {
    deployment: &'a Deployment,
    exec_start: &'a str,
}

/// `true` if `run` tells systemd how the tree is, in this build.
const NOTIFIES: bool = cfg!(all(unix, feature = "signal", feature = "systemd"));

impl<'a> Systemd<'a> {
    #[inline]
    pub(super) fn new(deployment: &'a Deployment, exec_start: &'a str) -> Self {
        Self { deployment, exec_start }
    }
}

impl fmt::Display for Systemd<'_> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deployment = self.deployment;
        writeln!(f, "[Unit]")?;
        writeln!(f, "Description={}", deployment.name)?;
        writeln!(f, "Wants=network-online.target")?;
        writeln!(f, "After=network-online.target")?;
        writeln!(f)?;
        writeln!(f, "[Service]")?;
        if NOTIFIES {
            writeln!(f, "Type=notify")?;
            writeln!(f, "NotifyAccess=main")?;
        } else {
            writeln!(f, "Type=exec")?;
        }
        writeln!(f, "ExecStart={}", self.exec_start)?;
        writeln!(f, "# {}", deployment.start_in_words())?;
        writeln!(f, "TimeoutStartSec={}", deployment.start_timeout().as_secs())?;
        writeln!(f, "# {}", deployment.stop_in_words())?;
        writeln!(f, "TimeoutStopSec={}", deployment.stop_timeout().as_secs())?;
        if NOTIFIES {
            writeln!(f, "WatchdogSec={}", written(deployment.watchdog))?;
        }
        writeln!(f, "KillMode=mixed")?;
        writeln!(f, "Restart=on-failure")?;
        writeln!(f, "RestartSec=3")?;
        writeln!(f, "RestartPreventExitStatus=129 130 131 143")?;
        writeln!(f)?;
        writeln!(f, "[Install]")?;
        writeln!(f, "WantedBy=multi-user.target")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_unit_promises_what_this_build_keeps() {
        let deployment = Deployment {
            name: "shop".to_owned(),
            stop: Vec::new(),
            start: Vec::new(),
            kill_grace: Duration::from_secs(1),
            margin: None,
            watchdog: Duration::from_secs(30),
            port: 9000,
        };
        let unit = deployment.systemd("/usr/bin/shop").to_string();
        let has = |line: &str| unit.lines().any(|found| found.starts_with(line));
        assert_eq!(has("Type=notify"), NOTIFIES, "{unit}");
        assert_eq!(
            has("WatchdogSec="),
            NOTIFIES,
            "a watchdog that nobody answers ends the program"
        );
        assert_eq!(has("Type=exec"), !NOTIFIES, "{unit}");
    }
}
