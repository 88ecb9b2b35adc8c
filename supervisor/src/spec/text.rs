//! A message that a constant can put together.

use std::fmt;
use std::time::Duration;

/// Text of limited length; what does not fit is cut off at the end.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Text {
    /// Room for a sentence with two names of a reasonable length.
    const CAPACITY: usize = 320;

    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }
    }

    pub(crate) const fn str(self, text: &str) -> Self {
        let bytes = text.as_bytes();
        // Whole or not at all: half a character would not be text.
        if self.len + bytes.len() > Self::CAPACITY { self } else { self.append(bytes) }
    }

    const fn append(mut self, mut bytes: &[u8]) -> Self {
        while let [first, rest @ ..] = bytes {
            let (_, free) = self.bytes.split_at_mut(self.len);
            if let [next, ..] = free {
                *next = *first;
                self.len += 1;
            }
            bytes = rest;
        }
        self
    }

    /// A name in backticks.
    pub(crate) const fn quoted(self, name: &str) -> Self {
        self.str("`").str(name).str("`")
    }

    pub(crate) const fn number(self, number: u128) -> Self {
        if number >= 10 { self.number(number / 10).digit(number % 10) } else { self.digit(number) }
    }

    const fn digit(self, digit: u128) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "a digit is below ten")]
        let byte = b'0' + digit as u8;
        if self.len < Self::CAPACITY { self.append(&[byte]) } else { self }
    }

    /// The digits after a point of so many thousandths, without zeros at the end.
    const fn fraction(self, thousandths: u128) -> Self {
        let text = self.digit(thousandths / 100);
        if thousandths.is_multiple_of(100) { text } else { text.fraction(thousandths % 100 * 10) }
    }

    /// A duration as the tree language writes it: in the largest unit that leaves no fraction, but
    /// for seconds.
    pub(crate) const fn duration(self, time: Duration) -> Self {
        let nanos = time.as_nanos();
        if nanos > 1_000_000_000
            && !nanos.is_multiple_of(1_000_000_000)
            && nanos.is_multiple_of(1_000_000)
        {
            let text = self.number(nanos / 1_000_000_000).str(".");
            return text.fraction(nanos / 1_000_000 % 1000).str("s");
        }
        let (count, unit) = if nanos != 0 && nanos.is_multiple_of(3_600_000_000_000) {
            (nanos / 3_600_000_000_000, "h")
        } else if nanos != 0 && nanos.is_multiple_of(60_000_000_000) {
            (nanos / 60_000_000_000, "m")
        } else if nanos.is_multiple_of(1_000_000_000) {
            (nanos / 1_000_000_000, "s")
        } else if nanos.is_multiple_of(1_000_000) {
            (nanos / 1_000_000, "ms")
        } else {
            (nanos, "ns")
        };
        self.number(count).str(unit)
    }

    pub(crate) const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.len);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "this child breaks a rule",
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Text;

    #[test]
    fn durations_are_written_as_in_a_tree() {
        let written = |millis| Text::new().duration(Duration::from_millis(millis)).to_string();
        assert_eq!(written(0), "0s");
        assert_eq!(written(250), "250ms");
        assert_eq!(written(1500), "1.5s");
        assert_eq!(written(43_850), "43.85s");
        assert_eq!(written(61_005), "61.005s");
        assert_eq!(written(120_000), "2m");
        assert_eq!(written(7_200_000), "2h");
        assert_eq!(Text::new().duration(Duration::from_nanos(1500)).to_string(), "1500ns");
    }
}
