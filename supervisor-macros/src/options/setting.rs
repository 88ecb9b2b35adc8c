//! The value of an option, as the macros know it.

mod read;

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};

pub(crate) use self::read::AT_RUNTIME;
pub(super) use self::read::read;
use super::duration::DurationError;
use crate::words::{AutoShutdown, Order, Overrun, Policy, Vocabulary};

/// A number or a duration, by who knows it.
#[derive(Clone, Debug)]
pub(crate) enum Known<T> {
    /// The macro: the value is a literal or a word.
    Here(T),
    /// The compiler: the value is the path of a constant. Its rules are checked in constants.
    Constant(TokenStream),
    /// Only the running program: the value is `runtime(…)`, with this expression. What depends on it
    /// is checked when the tree starts.
    AtRuntime(TokenStream),
}

/// The earliest stage at which a value is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KnownBy {
    Macro,
    Compiler,
    Program,
}

impl<T> Known<T> {
    fn by(&self) -> KnownBy {
        match self {
            Self::Here(_) => KnownBy::Macro,
            Self::Constant(_) => KnownBy::Compiler,
            Self::AtRuntime(_) => KnownBy::Program,
        }
    }
}

impl<T: Copy> Known<T> {
    /// Returns the value, if the macro knows it.
    pub(crate) fn here(&self) -> Option<T> {
        match self {
            Self::Here(value) => Some(*value),
            Self::Constant(_) | Self::AtRuntime(_) => None,
        }
    }
}

/// The value of an option, read from its tokens.
#[derive(Clone)]
pub(crate) enum Setting {
    /// A limit; `None` is `unlimited`.
    Limit(Known<Option<u32>>),
    Time(Known<Duration>),
    AutoShutdown(AutoShutdown),
    Order(Order),
    /// Siblings.
    Names(Vec<Ident>),
    Count(Known<usize>),
    Policy(Policy),
    Shutdown(Shutdown),
    Backoff(Backoff),
    Start(StartMode),
    Health(HealthPart),
    Overrun(Overrun),
    Flag(bool),
    Text(Known<String>),
    Type(TokenStream),
    Path(TokenStream),
}

impl Setting {
    /// Returns whether the value is the path of a constant, in a part of it at least.
    pub(crate) fn is_constant(&self) -> bool {
        self.known_by().contains(&KnownBy::Compiler)
    }

    /// Returns whether only the running program knows the value.
    pub(crate) fn is_at_runtime(&self) -> bool {
        self.known_by().contains(&KnownBy::Program)
    }

    /// Returns who knows the value: both ends of a backoff, or the same twice.
    fn known_by(&self) -> [KnownBy; 2] {
        match self {
            Self::Limit(limit) => [limit.by(); 2],
            Self::Time(time) | Self::Shutdown(Shutdown::Timeout(time)) => [time.by(); 2],
            Self::Count(count) => [count.by(); 2],
            Self::Text(text) => [text.by(); 2],
            Self::Backoff(Backoff { min, max }) => [min.by(), max.by()],
            _ => [KnownBy::Macro; 2],
        }
    }
}

/// The value of `shutdown`.
#[derive(Clone, Debug)]
pub(crate) enum Shutdown {
    BrutalKill,
    Timeout(Known<Duration>),
    Infinity,
}

/// The value of `backoff`.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    pub(crate) min: Known<Duration>,
    pub(crate) max: Known<Duration>,
}

impl Backoff {
    /// Returns both ends, if the macro knows them.
    pub(crate) fn here(&self) -> Option<(Duration, Duration)> {
        Some((self.min.here()?, self.max.here()?))
    }
}

/// The value of `start`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StartMode {
    Notify,
    Retry,
}

impl Vocabulary for StartMode {
    const ALL: &'static [Self] = &[Self::Notify, Self::Retry];

    fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Retry => "retry",
        }
    }
}

/// The value of `health`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HealthPart {
    Required,
    Degrades,
    Ignored,
}

impl Vocabulary for HealthPart {
    const ALL: &'static [Self] = &[Self::Required, Self::Degrades, Self::Ignored];

    fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Degrades => "degrades",
            Self::Ignored => "ignored",
        }
    }
}

/// The reason for which the value of an option cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ValueError {
    /// The option needs a value and has none.
    Missing,
    /// The value cannot be parsed, which has been reported.
    Reported,
    /// The option is a flag and has a value.
    Unwanted,
    /// The value is a word that is not one of these.
    UnknownWord { word: String, words: Vec<&'static str> },
    /// The value is neither a literal, a word nor a constant; holds the literal that was probably
    /// meant, as in `Duration::from_secs(5)`.
    Computed { meant: Option<String> },
    /// There is no expression in the parentheses of `runtime(…)`.
    NoExpression,
    /// The value is not a list of names in brackets.
    NotNames,
    /// The value is not a string; holds the one that was probably meant.
    NotText { meant: Option<String> },
    /// The value is not a whole number, or too large a one.
    NotACount,
    /// The value is zero where zero has no meaning.
    Zero,
    /// The value is below zero.
    Negative,
    /// The value is a literal that is not a duration.
    NotADuration { literal: String, why: DurationError },
    /// The value is a number apart from its unit, as in `5 s` and `1.s`; holds the literal that was
    /// probably meant.
    Split(String),
    /// The value is a backoff that is not written `min..max`.
    NotARange,
    /// The value is a backoff from long to short.
    Inverted { min: String, max: String },
}
