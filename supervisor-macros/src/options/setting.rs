//! Reads the value of an option from its tokens.

use std::time::Duration;

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;

use super::duration::{self, DurationError};
use super::key::ValueKind;
use super::value::Value;
use crate::words::{self, AutoShutdown, Order, Policy, Vocabulary};

/// The value of an option, read from its tokens.
#[derive(Clone)]
pub(crate) enum Setting {
    /// A limit; `None` is `unlimited`.
    Limit(Option<u32>),
    Time(Duration),
    AutoShutdown(AutoShutdown),
    Order(Order),
    /// Siblings.
    Names(Vec<Ident>),
    Count(usize),
    Policy(Policy),
    Shutdown(Shutdown),
    Backoff(Backoff),
    Start(StartMode),
    Health(HealthPart),
    Flag(bool),
    Type(TokenStream),
    Path(TokenStream),
}

/// The value of `shutdown`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shutdown {
    BrutalKill,
    Timeout(Duration),
    Infinity,
}

/// The value of `backoff`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Backoff {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
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
    /// The option is a flag and has a value.
    Unwanted,
    /// The value is a word that is not one of these.
    UnknownWord { word: String, words: Vec<&'static str> },
    /// The value is neither a literal nor a word.
    Computed,
    /// The value is not a list of names in brackets.
    NotNames,
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

const UNLIMITED: &str = "unlimited";
const SHUTDOWN_WORDS: [&str; 2] = ["brutal_kill", "infinity"];

/// Reads a value of this kind.
pub(super) fn read(kind: ValueKind, value: &Value) -> Result<Setting, ValueError> {
    match (kind, value) {
        (_, Value::Missing(_)) => Err(ValueError::Missing),
        (ValueKind::Flag | ValueKind::Switch, Value::Nothing) => Ok(Setting::Flag(true)),
        (ValueKind::Flag, _) => Err(ValueError::Unwanted),
        (_, Value::Nothing) => Err(ValueError::Missing),
        (ValueKind::Path, Value::Syntax(path)) => Ok(Setting::Path(path.clone())),
        (_, Value::Syntax(ty)) => Ok(Setting::Type(ty.clone())),
        (_, Value::Tokens(tokens)) => read_tokens(kind, tokens),
    }
}

fn read_tokens(kind: ValueKind, tokens: &[TokenTree]) -> Result<Setting, ValueError> {
    match kind {
        ValueKind::Limit => limit(tokens).map(Setting::Limit),
        ValueKind::NonzeroCount => nonzero_count(tokens).map(Setting::Count),
        ValueKind::Time => time(tokens).map(Setting::Time),
        ValueKind::NonzeroTime => nonzero_time(tokens).map(Setting::Time),
        ValueKind::AutoShutdown => vocabulary(tokens).map(Setting::AutoShutdown),
        ValueKind::Order => vocabulary(tokens).map(Setting::Order),
        ValueKind::Names => names(tokens).map(Setting::Names),
        ValueKind::Policy => vocabulary(tokens).map(Setting::Policy),
        ValueKind::Shutdown => shutdown(tokens).map(Setting::Shutdown),
        ValueKind::Backoff => backoff(tokens).map(Setting::Backoff),
        ValueKind::StartMode => vocabulary(tokens).map(Setting::Start),
        ValueKind::Health => vocabulary(tokens).map(Setting::Health),
        ValueKind::Switch => {
            word(tokens, &["true", "false"]).map(|word| Setting::Flag(word == "true"))
        }
        ValueKind::Flag => Err(ValueError::Unwanted),
        // A value of these kinds is parsed as `Value::Syntax`.
        ValueKind::Type | ValueKind::Path => Err(ValueError::Computed),
    }
}

/// Reads a list of names in brackets.
fn names(tokens: &[TokenTree]) -> Result<Vec<Ident>, ValueError> {
    let [TokenTree::Group(group)] = tokens else { return Err(ValueError::NotNames) };
    let parser = Punctuated::<Ident, Token![,]>::parse_terminated_with;
    let names = |input: ParseStream| parser(input, Ident::parse_any);
    match names.parse2(group.stream()) {
        Ok(names) if group.delimiter() == Delimiter::Bracket => Ok(names.into_iter().collect()),
        _ => Err(ValueError::NotNames),
    }
}

fn limit(tokens: &[TokenTree]) -> Result<Option<u32>, ValueError> {
    match tokens {
        [TokenTree::Ident(ident)] if ident == UNLIMITED => Ok(None),
        [TokenTree::Ident(ident)] => Err(not_a_word(ident, &[UNLIMITED])),
        [TokenTree::Punct(colon), TokenTree::Ident(_)] if colon.as_char() == ':' => {
            word(tokens, &[UNLIMITED]).map(|_| None)
        }
        _ => u32::try_from(count(tokens)?).map(Some).map_err(|_| ValueError::NotACount),
    }
}

fn nonzero_count(tokens: &[TokenTree]) -> Result<usize, ValueError> {
    match usize::try_from(count(tokens)?) {
        Ok(0) => Err(ValueError::Zero),
        Ok(count) => Ok(count),
        Err(_) => Err(ValueError::NotACount),
    }
}

fn count(tokens: &[TokenTree]) -> Result<u64, ValueError> {
    let literal = match tokens {
        [TokenTree::Literal(literal)] => literal,
        [TokenTree::Punct(minus), TokenTree::Literal(_)] if minus.as_char() == '-' => {
            return Err(ValueError::Negative);
        }
        [TokenTree::Ident(ident)] if is_used_elsewhere(&ident.to_string()) => {
            return Err(ValueError::NotACount);
        }
        _ => return Err(ValueError::Computed),
    };
    let number: syn::LitInt =
        syn::parse_str(&literal.to_string()).map_err(|_| ValueError::NotACount)?;
    // `16k` and `3s` are literals with a suffix, which the parser would ignore. A suffix that is the
    // type of a number changes nothing.
    if !matches!(number.suffix(), "" | "usize" | "u64" | "u32" | "u16" | "u8") {
        return Err(ValueError::NotACount);
    }
    number.base10_parse().map_err(|_| ValueError::NotACount)
}

fn vocabulary<T: Vocabulary>(tokens: &[TokenTree]) -> Result<T, ValueError> {
    let words: Vec<&'static str> = T::ALL.iter().map(|word| word.as_str()).collect();
    let found = word(tokens, &words)?;
    T::parse(found).ok_or(ValueError::UnknownWord { word: found.to_owned(), words })
}

/// Reads one of these words. Only an identifier is a word: `"notify"` or `Start::Notify` is not.
fn word(tokens: &[TokenTree], words: &[&'static str]) -> Result<&'static str, ValueError> {
    let unknown = |word: String| ValueError::UnknownWord { word, words: words.to_vec() };
    match tokens {
        [TokenTree::Ident(ident)] => {
            let found = words.iter().find(|word| ident == *word);
            found.copied().ok_or_else(|| unknown(ident.to_string()))
        }
        [TokenTree::Literal(literal)] => Err(unknown(literal.to_string())),
        // In `RestartPolicy::Always` and `:permanent` the last part was meant.
        [.., TokenTree::Punct(colon), TokenTree::Ident(ident)] if colon.as_char() == ':' => {
            Err(unknown(ident.to_string()))
        }
        _ => Err(ValueError::Computed),
    }
}

/// Returns the error for an identifier that is none of an option's words, where literals are
/// allowed too.
///
/// The identifier counts as a value to be computed, unless it resembles one of the words, or other
/// languages or options use it for such a value.
fn not_a_word(ident: &Ident, listed: &[&'static str]) -> ValueError {
    let word = ident.to_string();
    let is_near = words::nearest(&word, listed.iter().copied()).is_some();
    if is_near || is_used_elsewhere(&word) {
        ValueError::UnknownWord { word, words: listed.to_vec() }
    } else {
        ValueError::Computed
    }
}

/// Returns whether other languages or options use the word for an unbounded or an absent value.
fn is_used_elsewhere(word: &str) -> bool {
    const WORDS: [&str; 11] = [
        "infinity",
        "infinite",
        "unlimited",
        "never",
        "forever",
        "none",
        "None",
        "brutal_kill",
        "true",
        "false",
        "max",
    ];
    WORDS.contains(&word)
}

fn shutdown(tokens: &[TokenTree]) -> Result<Shutdown, ValueError> {
    match tokens {
        [TokenTree::Ident(ident)] if ident == "brutal_kill" => Ok(Shutdown::BrutalKill),
        [TokenTree::Ident(ident)] if ident == "infinity" => Ok(Shutdown::Infinity),
        [TokenTree::Ident(ident)] => Err(not_a_word(ident, &SHUTDOWN_WORDS)),
        // `brutal-kill`, `:infinity`
        [TokenTree::Ident(brutal), TokenTree::Punct(_), TokenTree::Ident(kill)]
            if format!("{brutal}_{kill}") == SHUTDOWN_WORDS[0] =>
        {
            Err(ValueError::UnknownWord { word: text(tokens), words: SHUTDOWN_WORDS.to_vec() })
        }
        [TokenTree::Punct(colon), TokenTree::Ident(_)] if colon.as_char() == ':' => {
            word(tokens, &SHUTDOWN_WORDS).map(|_| Shutdown::Infinity)
        }
        _ => nonzero_time(tokens).map(Shutdown::Timeout),
    }
}

fn backoff(tokens: &[TokenTree]) -> Result<Backoff, ValueError> {
    let dots = tokens.windows(2).position(|pair| {
        matches!(pair, [TokenTree::Punct(first), TokenTree::Punct(second)]
            if first.as_char() == '.' && first.spacing() == Spacing::Joint && second.as_char() == '.')
    });
    let Some(dots) = dots else {
        return nonzero_time(tokens).map(|delay| Backoff { min: delay, max: delay });
    };
    let (low, high) = (&tokens[..dots], &tokens[dots + 2..]);
    let inclusive = matches!(high, [TokenTree::Punct(_), ..]);
    if low.is_empty() || high.is_empty() || inclusive {
        return Err(ValueError::NotARange);
    }
    let (min, max) = (nonzero_time(low)?, nonzero_time(high)?);
    if min > max {
        return Err(ValueError::Inverted { min: text(low), max: text(high) });
    }
    Ok(Backoff { min, max })
}

fn nonzero_time(tokens: &[TokenTree]) -> Result<Duration, ValueError> {
    match time(tokens)? {
        Duration::ZERO => Err(ValueError::Zero),
        time => Ok(time),
    }
}

fn time(tokens: &[TokenTree]) -> Result<Duration, ValueError> {
    let literal = match tokens {
        [TokenTree::Literal(literal)] => literal.to_string(),
        [TokenTree::Punct(minus), TokenTree::Literal(_)] if minus.as_char() == '-' => {
            return Err(ValueError::Negative);
        }
        [TokenTree::Literal(number), TokenTree::Ident(unit)] => {
            return Err(ValueError::Split(format!("{number}{unit}")));
        }
        // `1.s` is a field access to Rust's lexer.
        [TokenTree::Literal(number), TokenTree::Punct(dot), TokenTree::Ident(unit)]
            if dot.as_char() == '.' =>
        {
            return Err(ValueError::Split(format!("{number}{unit}")));
        }
        [TokenTree::Ident(ident)] if is_used_elsewhere(&ident.to_string()) => {
            let (literal, why) = (ident.to_string(), DurationError::NotANumber);
            return Err(ValueError::NotADuration { literal, why });
        }
        _ => return Err(ValueError::Computed),
    };
    duration::parse(&literal).map_err(|why| ValueError::NotADuration { literal, why })
}

fn text(tokens: &[TokenTree]) -> String {
    tokens.iter().map(ToString::to_string).collect()
}
