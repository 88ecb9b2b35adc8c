//! The text format of Prometheus, version 0.0.4.

use std::fmt::Write;

use supervisor::info::TimeHistogram;

/// A writer of metrics in the text format.
pub(super) struct Text(String);

/// A metric family: its samples are written after its header.
pub(super) struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Text {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    /// Writes the header of a family.
    pub(super) fn family(
        &mut self,
        name: &'static str,
        kind: &'static str,
        help: &'static str,
    ) -> Family<'_> {
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Family { text: &mut self.0, name }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

impl Family<'_> {
    /// Writes a sample.
    pub(super) fn sample(&mut self, labels: &[(&'static str, &str)], value: f64) {
        self.sample_of("", labels, value);
    }

    /// Writes the samples of a histogram with this label.
    pub(super) fn histogram(&mut self, label: (&'static str, &str), times: &TimeHistogram) {
        let bounds = TimeHistogram::BOUNDS.iter().map(|bound| bound.as_secs_f64().to_string());
        let bounds = bounds.chain(["+Inf".to_owned()]);
        let mut below = 0;
        for (bound, count) in bounds.zip(times.counts()) {
            below += count;
            self.sample_of("_bucket", &[label, ("le", &bound)], total(below));
        }
        self.sample_of("_sum", &[label], times.sum().as_secs_f64());
        self.sample_of("_count", &[label], total(below));
    }

    /// Writes a sample; its name is that of the family with this suffix.
    fn sample_of(&mut self, end: &str, labels: &[(&'static str, &str)], value: f64) {
        self.text.push_str(self.name);
        self.text.push_str(end);
        for (index, (label, text)) in labels.iter().enumerate() {
            self.text.push_str(if index == 0 { "{" } else { "," });
            self.text.push_str(label);
            self.text.push_str("=\"");
            escape(self.text, text);
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }
}

/// Writes a label's value. The format escapes these three characters, and takes all others as they are.
fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
}

/// Converts a number: Prometheus has floating-point numbers only.
#[expect(clippy::cast_precision_loss, reason = "numbers above 2⁵³ may be rounded")]
pub(super) fn total(number: u64) -> f64 {
    number as f64
}
