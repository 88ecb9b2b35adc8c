//! The figure that one process has measured.

use serde::{Deserialize, Serialize};

use crate::clock::Passed;

/// The result of one job of one contender, in the job's unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// The figure itself: nanoseconds of wall time, bytes, or the job's own count.
    pub(crate) value: f64,
    /// The nanoseconds of processor time for the same work, where the job measures time.
    pub(crate) cpu: Option<f64>,
    /// A remark for the reader of the table.
    pub(crate) note: Option<String>,
}

impl Figure {
    /// Creates a figure that is not a time.
    pub(crate) fn of(value: f64) -> Self {
        Self { value, cpu: None, note: None }
    }

    /// Creates the figure for the time that each of `count` operations took.
    pub(crate) fn time_of_each(passed: Passed, count: usize) -> Self {
        let each = number(count.max(1));
        let wall = passed.wall.as_secs_f64() * 1e9 / each;
        let cpu = passed.cpu.as_secs_f64() * 1e9 / each;
        Self { value: wall, cpu: Some(cpu), note: None }
    }

    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// Converts a count for calculations. The result is exact up to `u32::MAX`, and no count is larger.
pub(crate) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_is_shared_out_in_nanoseconds() {
        let passed = Passed { wall: Duration::from_micros(3), cpu: Duration::from_micros(6) };
        let figure = Figure::time_of_each(passed, 2);
        assert!((figure.value - 1500.0).abs() < 1e-6, "{figure:?}");
        assert!((figure.cpu.unwrap() - 3000.0).abs() < 1e-6, "{figure:?}");
    }
}
