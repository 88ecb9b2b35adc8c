//! Reads the value of an option from its tokens.

use std::time::Duration;

use proc_macro2::{Delimiter, Ident, Spacing, TokenTree};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;

use super::{Backoff, Known, Setting, Shutdown, ValueError};
use crate::options::duration::{self, DurationError};
use crate::options::key::ValueKind;
use crate::options::value::Value;
use crate::words::{self, Vocabulary, elsewhere};

const UNLIMITED: &str = "unlimited";
const SHUTDOWN_WORDS: [&str; 2] = ["brutal_kill", "infinity"];

/// Reads a value of this kind.
pub(in crate::options) fn read(kind: ValueKind, value: &Value) -> Result<Setting, ValueError> {
    match (kind, value) {
        (_, Value::Missing(_)) => Err(ValueError::Missing),
        (_, Value::Unreadable(_)) => Err(ValueError::Reported),
        (ValueKind::Flag | ValueKind::Switch | ValueKind::Drain, Value::Nothing) => {
            Ok(Setting::Flag(true))
        }
        (ValueKind::Flag, _) => Err(ValueError::Unwanted),
        (_, Value::Nothing) => Err(ValueError::Missing),
        (ValueKind::Path, Value::Syntax(path)) => Ok(Setting::Path(path.clone())),
        (_, Value::Syntax(ty)) => Ok(Setting::Type(ty.clone())),
        (_, Value::Tokens(tokens)) => read_tokens(kind, tokens),
    }
}

fn read_tokens(kind: ValueKind, tokens: &[TokenTree]) -> Result<Setting, ValueError> {
    match kind {
        ValueKind::Limit => known(tokens, limit).map(Setting::Limit),
        ValueKind::NonzeroCount => known(tokens, nonzero_count).map(Setting::Count),
        ValueKind::Drain if is_switch(tokens) => switch(tokens),
        ValueKind::Time | ValueKind::Drain => known(tokens, time).map(Setting::Time),
        ValueKind::NonzeroTime => known(tokens, nonzero_time).map(Setting::Time),
        ValueKind::AutoShutdown => vocabulary(tokens).map(Setting::AutoShutdown),
        ValueKind::Order => vocabulary(tokens).map(Setting::Order),
        ValueKind::Names => names(tokens).map(Setting::Names),
        ValueKind::Policy => vocabulary(tokens).map(Setting::Policy),
        ValueKind::Shutdown => shutdown(tokens).map(Setting::Shutdown),
        ValueKind::Backoff => backoff(tokens).map(Setting::Backoff),
        ValueKind::StartMode => vocabulary(tokens).map(Setting::Start),
        ValueKind::Health => vocabulary(tokens).map(Setting::Health),
        ValueKind::Overrun => vocabulary(tokens).map(Setting::Overrun),
        ValueKind::Switch => switch(tokens),
        ValueKind::Flag => Err(ValueError::Unwanted),
        ValueKind::Text => known(tokens, string).map(Setting::Text),
        // A value of these kinds is parsed as `Value::Syntax`.
        ValueKind::Type | ValueKind::Path => Err(computed(tokens)),
    }
}

/// Reads `true` or `false`.
fn switch(tokens: &[TokenTree]) -> Result<Setting, ValueError> {
    word(tokens, &["true", "false"]).map(|word| Setting::Flag(word == "true"))
}

fn is_switch(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Ident(word)] if word == "true" || word == "false")
}

/// The word before the parentheses of a value that only the running program knows.
pub(crate) const AT_RUNTIME: &str = "runtime";

/// Reads a value that may be a constant, or be known to the running program only.
fn known<T>(
    tokens: &[TokenTree],
    read: impl FnOnce(&[TokenTree]) -> Result<T, ValueError>,
) -> Result<Known<T>, ValueError> {
    if let [TokenTree::Ident(word), TokenTree::Group(group)] = tokens
        && word == AT_RUNTIME
        && group.delimiter() == Delimiter::Parenthesis
    {
        let value = group.stream();
        return match syn::parse2::<syn::Expr>(value.clone()) {
            Ok(_) => Ok(Known::AtRuntime(value)),
            Err(_) => Err(ValueError::NoExpression),
        };
    }
    if is_constant(tokens) {
        return Ok(Known::Constant(tokens.iter().cloned().collect()));
    }
    read(tokens).map(Known::Here)
}

/// Returns whether the tokens are the path of a constant, as constants are named: `LIMIT`,
/// `limits::MAX_USERS`.
fn is_constant(tokens: &[TokenTree]) -> bool {
    let [.., TokenTree::Ident(last)] = tokens else { return false };
    let name = last.to_string();
    let is_upper = name.contains(char::is_uppercase) && !name.contains(char::is_lowercase);
    is_upper && syn::parse2::<syn::ExprPath>(tokens.iter().cloned().collect()).is_ok()
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

/// Reads a string that is not empty.
fn string(tokens: &[TokenTree]) -> Result<String, ValueError> {
    let meant = match tokens {
        [TokenTree::Literal(literal)] => {
            match syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                Ok(text) if text.value().is_empty() => return Err(ValueError::Zero),
                Ok(text) => return Ok(text.value()),
                Err(_) => None,
            }
        }
        [TokenTree::Ident(word)] => Some(word.to_string()),
        _ => None,
    };
    Err(ValueError::NotText { meant })
}

fn limit(tokens: &[TokenTree]) -> Result<Option<u32>, ValueError> {
    match tokens {
        [TokenTree::Ident(ident)] if ident == UNLIMITED => Ok(None),
        [TokenTree::Ident(ident)] => Err(not_a_word(ident, &[UNLIMITED])),
        [TokenTree::Punct(colon), TokenTree::Ident(_)] if colon.as_char() == ':' => {
            word(tokens, &[UNLIMITED]).map(|_| None)
        }
        _ => match with_window(tokens) {
            Some(meant) => Err(ValueError::Computed { meant: Some(meant) }),
            None => u32::try_from(count(tokens)?).map(Some).map_err(|_| ValueError::NotACount),
        },
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
        _ => return Err(computed(tokens)),
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
    let words = T::words();
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
        _ => Err(computed(tokens)),
    }
}

/// Returns the error for a value that has to be computed, with the literal that it equals, if that
/// can be told.
fn computed(tokens: &[TokenTree]) -> ValueError {
    ValueError::Computed { meant: literal_of_call(tokens) }
}

/// Returns the duration in `Duration::from_secs(5)` and in `Shutdown::Timeout(5s)` as a literal.
fn literal_of_call(tokens: &[TokenTree]) -> Option<String> {
    let [.., TokenTree::Ident(function), TokenTree::Group(group)] = tokens else { return None };
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let unit = match function.to_string().as_str() {
        "from_millis" => "ms",
        "from_secs" | "from_secs_f32" | "from_secs_f64" => "s",
        "from_mins" | "from_minutes" => "m",
        "from_hours" => "h",
        "Timeout" | "timeout" | "After" => {
            return match inner.as_slice() {
                [TokenTree::Literal(literal)] => Some(literal.to_string()),
                other => literal_of_call(other),
            };
        }
        _ => return None,
    };
    match inner.as_slice() {
        [TokenTree::Literal(number)] => Some(format!("{number}{unit}")),
        _ => None,
    }
}

/// Returns the backoff in `(100ms, 30s)`, `[100ms, 1s, 30s]` and `exponential(100ms, 30s)`, as it is
/// written here.
fn range_of_call(tokens: &[TokenTree]) -> Option<String> {
    let [.., TokenTree::Group(group)] = tokens else { return None };
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let times: Option<Vec<String>> = inner
        .split(|token| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ','))
        .filter(|part| !part.is_empty())
        .map(|part| match part {
            [TokenTree::Literal(time)] => Some(time.to_string()),
            _ => None,
        })
        .map(|time| time.filter(|time| duration::parse(time).is_ok()))
        .collect();
    match times?.as_slice() {
        [min, .., max] => Some(format!("{min}..{max}")),
        _ => None,
    }
}

/// Returns the two options in `3 per 5s`, `3 / 5s` and `(3, 5s)`, as they are written here.
fn with_window(tokens: &[TokenTree]) -> Option<String> {
    let inner: Vec<TokenTree> = match tokens {
        [TokenTree::Group(group)] => group.stream().into_iter().collect(),
        tokens => tokens.to_vec(),
    };
    let (limit, window) = match inner.as_slice() {
        [TokenTree::Literal(limit), _, TokenTree::Literal(window)] => (limit, window.to_string()),
        // `5 / min`, `5 per minute`
        [TokenTree::Literal(limit), _, TokenTree::Ident(unit)] => {
            (limit, format!("1{}", duration::unit_meant_by(&unit.to_string())?))
        }
        _ => return None,
    };
    duration::parse(&window).is_ok().then(|| format!("{limit}, restart_window = {window}"))
}

/// Returns the error for an identifier that is none of an option's words, where literals are
/// allowed too.
///
/// The identifier counts as a value to be computed, unless it resembles one of the words, or other
/// languages or options use it for such a value.
fn not_a_word(ident: &Ident, listed: &[&'static str]) -> ValueError {
    let word = ident.to_string();
    let is_near = words::nearest(&word, listed).is_some();
    if is_near || is_used_elsewhere(&word) {
        ValueError::UnknownWord { word, words: listed.to_vec() }
    } else {
        ValueError::Computed { meant: None }
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
        [TokenTree::Ident(ident)] if !is_constant(tokens) => {
            Err(not_a_word(ident, &SHUTDOWN_WORDS))
        }
        // `brutal-kill`, `:infinity`
        [TokenTree::Ident(brutal), TokenTree::Punct(_), TokenTree::Ident(kill)]
            if format!("{brutal}_{kill}") == SHUTDOWN_WORDS[0] =>
        {
            Err(ValueError::UnknownWord { word: text(tokens), words: SHUTDOWN_WORDS.to_vec() })
        }
        [TokenTree::Punct(colon), TokenTree::Ident(_)] if colon.as_char() == ':' => {
            word(tokens, &SHUTDOWN_WORDS).map(|_| Shutdown::Infinity)
        }
        // `Shutdown::BrutalKill`
        [.., TokenTree::Punct(colon), TokenTree::Ident(last)]
            if colon.as_char() == ':' && camel_word(last).is_some() =>
        {
            let word = camel_word(last).unwrap_or_default().to_owned();
            Err(ValueError::UnknownWord { word, words: SHUTDOWN_WORDS.to_vec() })
        }
        _ => known(tokens, nonzero_time).map(Shutdown::Timeout),
    }
}

/// Returns the word of `shutdown` that an enum of Rust has as a variant of this name.
fn camel_word(variant: &Ident) -> Option<&'static str> {
    let plain = elsewhere::plain(&variant.to_string());
    SHUTDOWN_WORDS.into_iter().find(|word| elsewhere::plain(word) == plain)
}

fn backoff(tokens: &[TokenTree]) -> Result<Backoff, ValueError> {
    let dots = tokens.windows(2).position(|pair| {
        matches!(pair, [TokenTree::Punct(first), TokenTree::Punct(second)]
            if first.as_char() == '.' && first.spacing() == Spacing::Joint && second.as_char() == '.')
    });
    let Some(dots) = dots else {
        if let Some(meant) = range_of_call(tokens) {
            return Err(ValueError::Computed { meant: Some(meant) });
        }
        let delay = known(tokens, nonzero_time)?;
        return Ok(Backoff { min: delay.clone(), max: delay });
    };
    let (low, high) = (&tokens[..dots], &tokens[dots + 2..]);
    let inclusive = matches!(high, [TokenTree::Punct(_), ..]);
    if low.is_empty() || high.is_empty() || inclusive {
        return Err(ValueError::NotARange);
    }
    let (min, max) = (known(low, nonzero_time)?, known(high, nonzero_time)?);
    if let (Some(first), Some(last)) = (min.here(), max.here())
        && first > last
    {
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
            let unit = unit.to_string();
            let unit = duration::unit_meant_by(&unit).unwrap_or(&unit);
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
        _ => return Err(computed(tokens)),
    };
    duration::parse(&literal).map_err(|why| ValueError::NotADuration { literal, why })
}

fn text(tokens: &[TokenTree]) -> String {
    tokens.iter().map(ToString::to_string).collect()
}
