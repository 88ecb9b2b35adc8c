//! Text from outside, as it is printed.

use std::fmt::{self, Write};

/// Displays a text on one line: what could forge a line of a log or steer a terminal is escaped, as
/// `\n` or `\u{1b}`.
///
/// Names and the texts of errors come from outside, and each is escaped by the `Display` that
/// prints it. Backslashes stay as they are, so that a text which contains an escaped one is not
/// escaped twice.
pub(crate) struct Escaped<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

/// Escapes what is written.
struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(is_harmful) {
            let (harmless, tail) = rest.split_at(at);
            self.0.write_str(harmless)?;
            let mut tail = tail.chars();
            match tail.next() {
                Some(harmful) if harmful.is_control() => {
                    write!(self.0, "{}", harmful.escape_debug())?;
                }
                Some(harmful) => write!(self.0, "{}", harmful.escape_unicode())?,
                None => {}
            }
            rest = tail.as_str();
        }
        self.0.write_str(rest)
    }
}

/// Returns `true` for control characters except tabs, and for those that end a line or change its
/// direction.
pub(crate) fn is_harmful(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forges_lines_or_steers_terminals_is_escaped() {
        let cases = [
            ("a\nb", "a\\nb"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\r\tb\0", "a\\r\tb\\0"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("a\u{2028}b\u{202e}c", "a\\u{2028}b\\u{202e}c"),
            ("größe/naïve 🦀 \"quoted\" \\ 'as is'", "größe/naïve 🦀 \"quoted\" \\ 'as is'"),
            ("", ""),
        ];
        for (raw, printed) in cases {
            assert_eq!(Escaped(raw).to_string(), printed);
            assert_eq!(Escaped(Escaped(raw)).to_string(), printed, "escaped once");
        }
    }
}
