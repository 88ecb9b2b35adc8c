//! What an option sets, read from its tokens.

use std::time::Duration;

use proc_macro2::{Ident, Spacing, Span, TokenStream, TokenTree};

use super::duration::{self, NotADuration};
use super::key::Key;
use super::{Item, Value};
use crate::words::{self, AutoShutdown, Policy, Vocabulary};

/// A readable option.
#[derive(Clone)]
pub(crate) enum Setting {
    /// `max_restarts`; nothing is `unlimited`.
    Limit(Option<u32>),
    Time(Duration),
    AutoShutdown(AutoShutdown),
    Count(usize),
    Policy(Policy),
    Shutdown(Shutdown),
    Backoff(Backoff),
    Notify,
    Flag(bool),
    /// A type.
    Message(TokenStream),
    /// A path.
    Crate(TokenStream),
}

/// How a child is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shutdown {
    BrutalKill,
    Timeout(Duration),
    Infinity,
}

/// How long restarts wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Backoff {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

/// Why an option cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// It needs a value and has none.
    Missing,
    /// It is a flag and has a value.
    Unwanted,
    /// A word that is not one of those listed.
    UnknownWord { word: String, words: Vec<&'static str> },
    /// Something else than a literal or a word.
    Computed,
    /// Not a whole number, or too large a one.
    NotACount,
    /// A number or a duration of zero where that means nothing.
    Zero,
    /// A duration or a number below zero.
    Negative,
    /// A literal that is no duration.
    NotADuration { literal: String, why: NotADuration },
    /// `5 s` or `1.s`, with what was probably meant.
    TornApart(String),
    /// A backoff that is not written `min..max`.
    NotARange,
    /// A backoff from long to short.
    Inverted { min: String, max: String },
}

const NEVER: &str = "unlimited";
const SHUTDOWN_WORDS: [&str; 2] = ["brutal_kill", "infinity"];
const START_WORDS: [&str; 1] = ["notify"];

/// Reads the value of an option.
pub(super) fn read(key: Key, item: &Item) -> Result<Setting, Fault> {
    match (key, &item.value) {
        (_, Value::Missing(_)) => Err(Fault::Missing),
        (Key::Once | Key::Significant, Value::Nothing) => Ok(Setting::Flag(true)),
        (Key::Once, _) => Err(Fault::Unwanted),
        (_, Value::Nothing) => Err(Fault::Missing),
        (Key::Crate, Value::Syntax(path)) => Ok(Setting::Crate(path.clone())),
        (_, Value::Syntax(ty)) => Ok(Setting::Message(ty.clone())),
        (_, Value::Tokens(tokens)) => tokens_of(key, tokens),
    }
}

fn tokens_of(key: Key, tokens: &[TokenTree]) -> Result<Setting, Fault> {
    match key {
        Key::MaxRestarts => limit(tokens).map(Setting::Limit),
        Key::MaxChildren | Key::Partitions | Key::Mailbox => {
            nonzero_count(tokens).map(Setting::Count)
        }
        Key::RestartWindow
        | Key::ShutdownWithin
        | Key::StartTimeout
        | Key::Heartbeat
        | Key::Every => nonzero_time(tokens).map(Setting::Time),
        Key::KillGrace => time(tokens).map(Setting::Time),
        Key::AutoShutdown => vocabulary(tokens).map(Setting::AutoShutdown),
        Key::Restart => vocabulary(tokens).map(Setting::Policy),
        Key::Shutdown => shutdown(tokens).map(Setting::Shutdown),
        Key::Backoff => backoff(tokens).map(Setting::Backoff),
        Key::Start => word(tokens, &START_WORDS).map(|_| Setting::Notify),
        Key::Significant => {
            word(tokens, &["true", "false"]).map(|word| Setting::Flag(word == "true"))
        }
        Key::Once => Err(Fault::Unwanted),
        // Parsed as a type and a path before they come here.
        Key::Message | Key::Crate => Err(Fault::Computed),
    }
}

fn limit(tokens: &[TokenTree]) -> Result<Option<u32>, Fault> {
    match tokens {
        [TokenTree::Ident(ident)] if ident == NEVER => Ok(None),
        [TokenTree::Ident(ident)] => Err(not_a_word(ident, &[NEVER])),
        [TokenTree::Punct(colon), TokenTree::Ident(_)] if colon.as_char() == ':' => {
            word(tokens, &[NEVER]).map(|_| None)
        }
        _ => u32::try_from(count(tokens)?).map(Some).map_err(|_| Fault::NotACount),
    }
}

fn nonzero_count(tokens: &[TokenTree]) -> Result<usize, Fault> {
    match usize::try_from(count(tokens)?) {
        Ok(0) => Err(Fault::Zero),
        Ok(count) => Ok(count),
        Err(_) => Err(Fault::NotACount),
    }
}

fn count(tokens: &[TokenTree]) -> Result<u64, Fault> {
    let literal = match tokens {
        [TokenTree::Literal(literal)] => literal,
        [TokenTree::Punct(minus), TokenTree::Literal(_)] if minus.as_char() == '-' => {
            return Err(Fault::Negative);
        }
        [TokenTree::Ident(ident)] if is_said_elsewhere(&ident.to_string()) => {
            return Err(Fault::NotACount);
        }
        _ => return Err(Fault::Computed),
    };
    syn::parse_str::<syn::LitInt>(&literal.to_string())
        .and_then(|number| number.base10_parse())
        .map_err(|_| Fault::NotACount)
}

fn vocabulary<T: Vocabulary>(tokens: &[TokenTree]) -> Result<T, Fault> {
    let words: Vec<&'static str> = T::ALL.iter().map(|word| word.as_str()).collect();
    let found = word(tokens, &words)?;
    T::parse(found).ok_or(Fault::UnknownWord { word: found.to_owned(), words })
}

/// One of these words. Only an identifier is a word: `"notify"` or `Start::Notify` is not.
fn word(tokens: &[TokenTree], words: &[&'static str]) -> Result<&'static str, Fault> {
    let unknown = |word: String| Fault::UnknownWord { word, words: words.to_vec() };
    match tokens {
        [TokenTree::Ident(ident)] => {
            let found = words.iter().find(|word| ident == *word);
            found.copied().ok_or_else(|| unknown(ident.to_string()))
        }
        [TokenTree::Literal(literal)] => Err(unknown(literal.to_string())),
        // `RestartPolicy::Always`, `:permanent`: the last part is what was meant.
        [.., TokenTree::Punct(colon), TokenTree::Ident(ident)] if colon.as_char() == ':' => {
            Err(unknown(ident.to_string()))
        }
        _ => Err(Fault::Computed),
    }
}

/// Where there are literals beside the words, another identifier is a value to be computed, unless
/// it is nearly one of the words, or one that is used for such things elsewhere.
fn not_a_word(ident: &Ident, listed: &[&'static str]) -> Fault {
    let word = ident.to_string();
    let is_near = words::nearest(&word, listed.iter().copied()).is_some();
    if is_near || is_said_elsewhere(&word) {
        Fault::UnknownWord { word, words: listed.to_vec() }
    } else {
        Fault::Computed
    }
}

/// Words for a value without a bound, or for none at all, in other languages and options.
fn is_said_elsewhere(word: &str) -> bool {
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

fn shutdown(tokens: &[TokenTree]) -> Result<Shutdown, Fault> {
    match tokens {
        [TokenTree::Ident(ident)] if ident == "brutal_kill" => Ok(Shutdown::BrutalKill),
        [TokenTree::Ident(ident)] if ident == "infinity" => Ok(Shutdown::Infinity),
        [TokenTree::Ident(ident)] => Err(not_a_word(ident, &SHUTDOWN_WORDS)),
        // `brutal-kill`, `:infinity`
        [TokenTree::Ident(brutal), TokenTree::Punct(_), TokenTree::Ident(kill)]
            if format!("{brutal}_{kill}") == SHUTDOWN_WORDS[0] =>
        {
            Err(Fault::UnknownWord { word: text(tokens), words: SHUTDOWN_WORDS.to_vec() })
        }
        [TokenTree::Punct(colon), TokenTree::Ident(_)] if colon.as_char() == ':' => {
            word(tokens, &SHUTDOWN_WORDS).map(|_| Shutdown::Infinity)
        }
        _ => nonzero_time(tokens).map(Shutdown::Timeout),
    }
}

fn backoff(tokens: &[TokenTree]) -> Result<Backoff, Fault> {
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
        return Err(Fault::NotARange);
    }
    let (min, max) = (nonzero_time(low)?, nonzero_time(high)?);
    if min > max {
        return Err(Fault::Inverted { min: text(low), max: text(high) });
    }
    Ok(Backoff { min, max })
}

fn nonzero_time(tokens: &[TokenTree]) -> Result<Duration, Fault> {
    match time(tokens)? {
        Duration::ZERO => Err(Fault::Zero),
        time => Ok(time),
    }
}

fn time(tokens: &[TokenTree]) -> Result<Duration, Fault> {
    let literal = match tokens {
        [TokenTree::Literal(literal)] => literal.to_string(),
        [TokenTree::Punct(minus), TokenTree::Literal(_)] if minus.as_char() == '-' => {
            return Err(Fault::Negative);
        }
        [TokenTree::Literal(number), TokenTree::Ident(unit)] => {
            return Err(Fault::TornApart(format!("{number}{unit}")));
        }
        // `1.s` is a field access to Rust's lexer.
        [TokenTree::Literal(number), TokenTree::Punct(dot), TokenTree::Ident(unit)]
            if dot.as_char() == '.' =>
        {
            return Err(Fault::TornApart(format!("{number}{unit}")));
        }
        [TokenTree::Ident(ident)] if is_said_elsewhere(&ident.to_string()) => {
            let (literal, why) = (ident.to_string(), NotADuration::NotANumber);
            return Err(Fault::NotADuration { literal, why });
        }
        _ => return Err(Fault::Computed),
    };
    duration::parse(&literal).map_err(|why| Fault::NotADuration { literal, why })
}

fn text(tokens: &[TokenTree]) -> String {
    tokens.iter().map(ToString::to_string).collect()
}

/// The unit that was probably meant by one that does not exist.
pub(super) fn unit_meant_by(unit: &str) -> Option<&'static str> {
    duration::unit_meant_by(unit)
}

/// The place of a word in a value, for an error under exactly that word.
pub(super) fn span_of_word(item: &Item) -> Span {
    match &item.value {
        Value::Tokens(tokens) => tokens.last().map_or_else(|| item.ident.span(), TokenTree::span),
        _ => item.value_span(),
    }
}
