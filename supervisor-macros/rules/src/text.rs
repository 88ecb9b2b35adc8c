//! Text that constants can compose, for the messages of rules.

use std::fmt;
use std::time::Duration;

/// A string of limited length that a `const fn` can build; a part that does not fit is left out.
///
/// ```
/// use std::time::Duration;
/// use supervisor_rules::Text;
///
/// const TEXT: Text = Text::new().quoted("db").str(" has ").duration(Duration::from_secs(90));
/// assert_eq!(TEXT.as_str(), "`db` has 90s");
/// ```
#[derive(Clone, Copy)]
pub struct Text {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Text {
    /// The number of bytes: room for a sentence with two names of a reasonable length.
    const CAPACITY: usize = 320;

    /// Creates an empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }
    }

    /// Appends a string.
    #[must_use]
    pub const fn str(self, text: &str) -> Self {
        let bytes = text.as_bytes();
        // Append the whole string or nothing: a part of it could end within a character.
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

    /// Appends a name in backticks.
    #[must_use]
    pub const fn quoted(self, name: &str) -> Self {
        self.str("`").str(name).str("`")
    }

    /// Appends a number in decimal.
    #[must_use]
    pub const fn number(self, number: u128) -> Self {
        if number >= 10 { self.number(number / 10).digit(number % 10) } else { self.digit(number) }
    }

    const fn digit(self, digit: u128) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "a digit is below ten")]
        let byte = b'0' + digit as u8;
        if self.len < Self::CAPACITY { self.append(&[byte]) } else { self }
    }

    /// Appends the digits after the decimal point, without zeros at the end.
    const fn fraction(self, thousandths: u128) -> Self {
        let text = self.digit(thousandths / 100);
        if thousandths.is_multiple_of(100) { text } else { text.fraction(thousandths % 100 * 10) }
    }

    /// Appends a duration as the tree language writes it: in the largest unit that leaves no
    /// fraction, or in seconds and thousandths.
    #[must_use]
    pub const fn duration(self, time: Duration) -> Self {
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

    /// Returns the composed string.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.len);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "this child breaks a rule",
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
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
