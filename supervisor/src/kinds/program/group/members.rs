//! The processes of a group, as Linux lists them in `/proc`.
//!
//! No call of the system tells a group of zombies from one that runs, and its leader's zombie is
//! there on purpose. Systems without such a list have none here.

use std::fs;
use std::path::Path;

use rustix::process::Pid;

/// A process of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    number: Pid,
    group: Pid,
    is_zombie: bool,
}

impl Member {
    pub(super) fn number(&self) -> Pid {
        self.number
    }

    pub(super) fn is_zombie(&self) -> bool {
        self.is_zombie
    }

    /// Returns `true` if the process ran when it was looked up.
    pub(super) fn runs(&self) -> bool {
        !self.is_zombie
    }

    /// Returns `true` if the process, or another one of its number and group, runs now.
    pub(super) fn still_runs(&self) -> bool {
        look_up(self.number).is_some_and(|now| now.group == self.group && now.runs())
    }
}

/// Returns all processes of a group whose leader has not been reaped; `None` if the list does not
/// show the leader, as on systems that have no `/proc`, or that of another namespace.
pub(super) fn of(leader: Pid) -> Option<Vec<Member>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let mut sees_leader = false;
    let mut members = Vec::new();
    for entry in fs::read_dir("/proc").ok()? {
        let Some(number) = entry.ok().and_then(|entry| entry.file_name().to_str()?.parse().ok())
        else {
            continue;
        };
        // A process that is gone meanwhile is no member.
        let Some(member) = Pid::from_raw(number).and_then(look_up) else { continue };
        sees_leader |= member.number == leader;
        if member.group == leader {
            members.push(member);
        }
    }
    sees_leader.then_some(members)
}

fn look_up(number: Pid) -> Option<Member> {
    let path = Path::new("/proc").join(number.to_string()).join("stat");
    parse(number, &fs::read(path).ok()?)
}

/// Reads a line of `/proc/…/stat`: number, name in parentheses, state, parent, group, …; the name
/// can hold any bytes.
fn parse(number: Pid, line: &[u8]) -> Option<Member> {
    let after_name = line.iter().rposition(|&byte| byte == b')')? + 1;
    let rest = std::str::from_utf8(&line[after_name..]).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let group = Pid::from_raw(fields.nth(1)?.parse().ok()?)?;
    // A process whose first thread has ended looks like a zombie, and runs on in its other threads.
    let threads: u32 = fields.nth(14)?.parse().ok()?;
    let is_zombie = matches!(state, "Z" | "X" | "x") && threads <= 1;
    Some(Member { number, group, is_zombie })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[u8]) -> Option<Member> {
        parse(Pid::INIT, line)
    }

    fn pid(number: i32) -> Pid {
        Pid::from_raw(number).expect("a number")
    }

    #[test]
    fn a_line_is_read_whatever_the_name_is() {
        let rest = b" S 7 42 7 0 -1 4194304 92 0 0 0 0 0 0 0 20 0 1 0 12345";
        for name in [&b"(sleep)"[..], b"(a) Z 1 2 (b))", b"(\xff\n)", b"()"] {
            let line = [&b"1 "[..], name, rest].concat();
            let expected = Member { number: Pid::INIT, group: pid(42), is_zombie: false };
            assert_eq!(read(&line), Some(expected), "{name:?}");
        }
    }

    #[test]
    fn a_zombie_has_no_thread_that_runs() {
        let line =
            |threads| format!("1 (a) Z 7 42 7 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 {threads} 0");
        assert!(read(line(1).as_bytes()).expect("a line").is_zombie());
        assert!(read(line(0).as_bytes()).expect("a line").is_zombie());
        assert!(read(line(2).as_bytes()).expect("a line").runs());
    }

    #[test]
    fn other_text_is_no_process() {
        for line in ["", "1 (a)", "1 (a) S", "1 (a) S 7", "1 (a) S 7 x", "1 (a) S 7 0 7"] {
            assert_eq!(read(line.as_bytes()), None, "{line}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_list_shows_the_whole_group_of_a_leader() {
        use rustix::process::{getpgid, getpid};
        use std::os::unix::process::CommandExt;
        let mut leader = std::process::Command::new("sleep");
        let mut leader = leader.arg("1000").process_group(0).spawn().expect("sleep");
        let number = pid(leader.id().cast_signed());
        assert_eq!(getpgid(Some(number)), Ok(number));
        let members = of(number).expect("it shows the leader");
        assert_eq!(members, [Member { number, group: number, is_zombie: false }]);
        assert!(members[0].runs() && members[0].still_runs());
        leader.kill().expect("it runs");
        rustix::process::waitid(
            rustix::process::WaitId::Pid(number),
            rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT,
        )
        .expect("it ends");
        assert!(!members[0].still_runs());
        assert!(of(number).expect("a zombie is shown").iter().all(Member::is_zombie));
        leader.wait().expect("it is there");
        assert_eq!(of(number), None);
        assert!(of(getpid()).is_some());
    }
}
