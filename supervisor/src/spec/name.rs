//! Names of children.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::successors;
use std::sync::Arc;

use super::escaped::Escaped;
use super::short_text::ShortText;

/// A child's name within its supervisor: declared, or the number of a pool's worker.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name(Repr);

/// The representation of a name: most names are short, and then need no allocation.
#[derive(Clone, PartialEq, Eq)]
enum Repr {
    Short(ShortText<SHORT>),
    Long(Arc<Box<str>>),
    /// The number of a pool's worker, not reused while the pool's supervisor lives.
    Worker(u64),
}

/// The longest length of a short name, in bytes.
const SHORT: usize = 14;

impl Hash for Repr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Short(text) => state.write(text.padded()),
            Self::Long(text) => text.hash(state),
            Self::Worker(number) => number.hash(state),
        }
    }
}

impl Name {
    /// Creates the name of a declared child.
    pub(crate) fn declared(text: &str) -> Self {
        Self(match ShortText::new(text) {
            Some(text) => Repr::Short(text),
            None => Repr::Long(Arc::new(text.into())),
        })
    }

    /// Creates the name of a pool's worker.
    pub(crate) fn worker(number: u64) -> Self {
        Self(Repr::Worker(number))
    }

    /// Reads a name as a user writes it in a call: `db`, or `#17`.
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix('#').and_then(|number| number.parse().ok()) {
            Some(number) => Self::worker(number),
            None => Self::declared(text),
        }
    }

    /// Calls a function with the name as text, for `Child::spec`, which reads a worker's number out
    /// of the text again.
    ///
    /// The text of a number is made digit by digit, since workers come in large numbers: to format
    /// a number takes an allocation, and as long as the rest of the specification.
    pub(crate) fn with_text<T>(&self, call: impl FnOnce(&str) -> T) -> T {
        let Some(number) = self.number() else {
            return call(self.as_declared().unwrap_or_default());
        };
        // `#`, and as many digits as the largest number has, of which the last ones are used.
        let mut text = [b'#'; 21];
        let mut start = text.len() - 1;
        let rests = successors(Some(number), |rest| Some(rest / 10).filter(|&rest| rest > 0));
        for (digit, rest) in text.iter_mut().rev().zip(rests) {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            start -= 1;
        }
        call(std::str::from_utf8(&text[start..]).unwrap_or_default())
    }

    /// Returns the text of a declared name; `None` for a worker's number.
    pub(crate) fn as_declared(&self) -> Option<&str> {
        match &self.0 {
            Repr::Short(text) => Some(text.as_str()),
            Repr::Long(text) => Some(text),
            Repr::Worker(_) => None,
        }
    }

    /// Returns the number of a pool's worker; `None` for a declared name.
    pub(crate) fn number(&self) -> Option<u64> {
        match self.0 {
            Repr::Worker(number) => Some(number),
            Repr::Short(..) | Repr::Long(_) => None,
        }
    }

    /// Returns a short name as one number, whose order is that of length, then of the alphabet.
    pub(crate) fn packed(&self) -> Option<u128> {
        let Repr::Short(text) = &self.0 else { return None };
        let mut bytes = [0; 16];
        bytes[1] = text.len();
        bytes[2..].copy_from_slice(text.padded());
        Some(u128::from_be_bytes(bytes))
    }

    /// The rule that [`is_valid`](Self::is_valid) checks, and that a worker's number stands only for
    /// a worker.
    pub(crate) const RULE: &str =
        "a name is not empty, has no `/` and no control character, and is not `#` and a number";

    /// Returns `true` if the name can be a part of a path, and of a line of a log.
    pub(crate) fn is_valid(&self) -> bool {
        let is_allowed = |letter: char| letter != '/' && !letter.is_control();
        self.is_plain()
            || self
                .as_declared()
                .is_none_or(|text| !text.is_empty() && text.chars().all(is_allowed))
    }

    /// Returns `true` for most valid names: those of up to [`SHORT`] printable ASCII characters.
    fn is_plain(&self) -> bool {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && *byte != b'/';
        match &self.0 {
            Repr::Short(text) => text.len() > 0 && text.used().iter().all(is_plain),
            Repr::Long(_) | Repr::Worker(_) => false,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.number(), self.as_declared()) {
            (Some(number), _) => write!(f, "#{number}"),
            (None, name) => f.write_str(name.unwrap_or_default()),
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Escaped(self), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_as_text_is_what_is_printed() {
        let numbers = [0, 1, 9, 10, 99, 100, 1_234_567_890, u64::MAX];
        let declared = ["", "a", "a-name-of-more-than-fourteen-bytes"];
        let names = numbers.map(Name::worker).into_iter().chain(declared.map(Name::declared));
        for name in names {
            name.with_text(|text| {
                assert_eq!(text, name.to_string());
                assert_eq!(Name::parse(text), name);
            });
        }
    }
}
