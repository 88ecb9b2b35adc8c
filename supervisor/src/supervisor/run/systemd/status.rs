//! The line that `systemctl status` shows.

use std::fmt::{self, Write as _};

use crate::error::SupervisorError;
use crate::observe::{Health, HealthProblem, HealthReason};
use crate::spec::ChildPath;

/// The number of reasons that are named before the rest is counted.
const SHOWN: usize = 3;

/// The length of a status in bytes: systemd reads 4096 bytes of a message.
const LONGEST: usize = 1000;

/// The health of the tree, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) line: String,
    /// `false` if only a new process helps.
    pub(super) live: bool,
    /// `true` once the tree drains, stops or has ended.
    pub(super) stops: bool,
}

impl Status {
    /// `top` is the path of the supervisor whose health this is.
    pub(super) fn of_health(health: &Health, top: &ChildPath) -> Self {
        let reasons = &health.reasons;
        let stops = reasons.iter().any(|reason| {
            reason.path == *top
                && matches!(
                    reason.problem,
                    HealthProblem::Draining | HealthProblem::Stopping | HealthProblem::Ended
                )
        });
        let mut line = Line(health.verdict().to_owned());
        for (place, reason) in reasons.iter().take(SHOWN).enumerate() {
            line.add(if place == 0 { ": " } else { "; " });
            line.reason(reason, top);
        }
        if let Some(more) = reasons.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            line.add(format_args!("; and {more} more"));
        }
        Self { line: line.0, live: health.live, stops }
    }

    /// Returns the status of a program whose tree did not start, or gave up.
    pub(super) fn of_failure(failure: &SupervisorError) -> String {
        let mut line = Line(String::new());
        line.add(format_args!("failed: {failure}"));
        line.0
    }
}

/// A line that is put together. A message to systemd has one setting in each line, so a line break in the
/// text of a child would be a setting of the child's choice.
struct Line(String);

impl Line {
    fn add(&mut self, what: impl fmt::Display) {
        // A `Line` fails when it is full.
        let _ = write!(self, "{what}");
    }

    fn reason(&mut self, reason: &HealthReason, top: &ChildPath) {
        if reason.path == *top {
            self.add("the tree");
        } else {
            self.add(&reason.path);
        }
        self.add(' ');
        self.add(&reason.problem);
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if self.0.len() >= LONGEST {
                if !self.0.ends_with('…') {
                    self.0.push('…');
                }
                return Err(fmt::Error);
            }
            self.0.push(if char.is_control() { ' ' } else { char });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::HealthPart;

    fn reason(path: &str, part: HealthPart, problem: HealthProblem) -> HealthReason {
        let path = if path.is_empty() { ChildPath::root() } else { ChildPath::parse(path) };
        HealthReason {
            path,
            part,
            problem,
            since: None,
            lasted: None,
            failures: 0,
            last_exit: None,
        }
    }

    fn status(reasons: Vec<HealthReason>) -> Status {
        Status::of_health(&Health::of(reasons), &ChildPath::root())
    }

    #[test]
    fn the_worst_reasons_are_named_and_the_rest_is_counted() {
        use HealthPart::{Degrades, Required};
        assert_eq!(status(Vec::new()).line, "ready");
        let slow = || reason("cache", Degrades, HealthProblem::Degraded("slow".to_owned()));
        let found = status(vec![slow()]);
        assert_eq!(found.line, "ready, degraded: cache is degraded: slow");
        assert!(found.live && !found.stops);

        let away = |path| reason(path, Required, HealthProblem::Restarting);
        let stuck = reason("shop/till", Required, HealthProblem::Unstoppable);
        let found = status(vec![slow(), away("a"), away("b"), away("c"), stuck]);
        assert_eq!(
            found.line,
            "not live: shop/till cannot be stopped; a is to be restarted; b is to be restarted; and 2 more"
        );
        assert!(!found.live && !found.stops);
    }

    #[test]
    fn the_tree_stops_if_it_says_so_itself() {
        for problem in [HealthProblem::Draining, HealthProblem::Stopping, HealthProblem::Ended] {
            let required = HealthPart::Required;
            assert!(status(vec![reason("", required, problem.clone())]).stops);
            assert!(!status(vec![reason("child", required, problem)]).stops);
        }
        let draining = reason("", HealthPart::Required, HealthProblem::Draining);
        assert_eq!(status(vec![draining]).line, "not ready: the tree is draining");
    }

    #[test]
    fn a_text_with_line_breaks_is_one_line() {
        let text = "out of order\nWATCHDOG=trigger\r\nFDSTORE=1".to_owned();
        let said = reason("clock", HealthPart::Required, HealthProblem::Unready(text.clone()));
        let line = status(vec![said]).line;
        assert!(line.starts_with("not ready: clock is not ready: out of order"), "{line}");
        assert!(!line.contains(char::is_control), "{line}");

        let failure = SupervisorError::InvalidSpec(ChildPath::root(), text);
        let line = Status::of_failure(&failure);
        assert!(line.starts_with("failed: ") && !line.contains(char::is_control), "{line}");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let mut line = Line(String::new());
        line.add("é".repeat(2000));
        line.add("more");
        assert_eq!(line.0, format!("{}…", "é".repeat(LONGEST / 2)));
    }
}
