//! Prints the events that happened, for the errors of `testing`.

use std::fmt;

use crate::observe::Event;

/// The number of events that an error prints.
const SHOWN: usize = 20;

/// Prints the last events, a line each.
pub(super) struct EventList<'a>(pub(super) &'a [Event]);

impl fmt::Display for EventList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing happened");
        }
        f.write_str("this happened:")?;
        let hidden = self.0.len().saturating_sub(SHOWN);
        if hidden > 0 {
            write!(f, "\n  … ({hidden} more events)")?;
        }
        self.0.iter().skip(hidden).try_for_each(|event| write!(f, "\n  {event}"))
    }
}
