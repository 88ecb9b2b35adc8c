//! Checks single options, in the same way in the tree and in `#[child(…)]`.
//!
//! Each rule is one function, which [`check`] calls. A rule is named `<subject>_<problem>`, and so
//! is the compile-fail test that shows its message.

mod lease;
mod unknown;

use supervisor_rules::{Text, defaults, wording};

use self::unknown::policy_elsewhere;
pub(crate) use self::unknown::unknown;
use super::duration::{self, DurationError};
use super::key::{Key, Place, ValueKind};
use super::setting::{AT_RUNTIME, Known, Setting, StartMode, ValueError};
use super::{Item, Options, Value};
use crate::errors::Errors;
use crate::tree::compact;
use crate::words::{self, Policy, Vocabulary, elsewhere};

/// Applies every rule to every option.
pub(crate) fn check(options: &Options, place: Place, subject: &Subject, errors: &mut Errors) {
    for (index, item) in options.items.iter().enumerate() {
        let Some(key) = item.key() else {
            option_unknown(item, place, subject, errors);
            continue;
        };
        if !key.is_allowed(place) {
            if matches!(key, Key::Shards | Key::Ttl | Key::Renew | Key::Overrun)
                && options.contains(Key::Lease)
            {
                // The lease itself is reported.
                continue;
            }
            message_without_type(item, key, place, errors);
            option_misplaced(item, key, place, subject, errors);
            continue;
        }
        // Where the option itself is wrong, the sign after it is no second error.
        errors.extend(item.sign().cloned());
        option_duplicate(item, key, &options.items[..index], errors);
        start_of_supervisor(item, place, errors);
        match item.setting() {
            Some(Err(error)) => {
                value_computed(item, key, error, place, errors);
                for rule in VALUE_RULES {
                    rule(item, key, error, errors);
                }
            }
            Some(Ok(setting)) => {
                value_at_runtime(item, key, setting, place, errors);
                drain_by_place(item, key, setting, place, errors);
                partitions_too_many(item, key, setting, errors);
                lease::shards_too_many(item, key, setting, errors);
            }
            None => {}
        }
    }
}

type ValueRule = fn(&Item, Key, &ValueError, &mut Errors);

const VALUE_RULES: [ValueRule; 10] = [
    value_missing,
    value_unwanted,
    value_unknown,
    value_zero,
    value_negative,
    value_mistyped,
    duration_without_unit,
    duration_unit_unknown,
    duration_malformed,
    backoff_inverted,
];

/// The child on which options stand, for messages.
#[derive(Clone, Default)]
pub(crate) struct Subject {
    /// The child's name and type, as they are written; `None` for a root, a supervisor or a derive.
    pub(crate) child: Option<(String, Option<String>)>,
}

/// Checks that an option has a known name.
fn option_unknown(item: &Item, place: Place, subject: &Subject, errors: &mut Errors) {
    errors.at(item.ident.span(), unknown(item, place, subject));
}

/// Checks that an option stands where it has a meaning.
fn option_misplaced(item: &Item, key: Key, place: Place, subject: &Subject, errors: &mut Errors) {
    let name = key.as_str();
    let message = match (key, place) {
        (Key::Message | Key::Mailbox | Key::Histograms, Place::Task) => return,
        (Key::Restart, Place::Task | Place::Typed) => policy_elsewhere(item, subject),
        (Key::Shutdown, Place::Root { .. }) => {
            let value = match &item.value {
                Value::Tokens(_) => compact(&item.value_tokens()),
                _ => key.example().to_owned(),
            };
            format!(
                "nobody stops the root of a tree but the program; for a limit on the time in which the whole tree stops, write `shutdown_within = {value}`"
            )
        }
        (Key::Restart | Key::Backoff | Key::Significant, Place::Root { .. }) => {
            format!("`{name}` has no meaning on the root of a tree: nobody restarts or stops it")
        }
        (Key::Every, Place::Typed) => {
            "a type does what its `run` says; a job is `name: Always(every = 30s) = function`"
                .to_owned()
        }
        (Key::Health, Place::Root { .. }) => {
            "`health` has no meaning on the root of a tree: its health is that of its children"
                .to_owned()
        }
        (Key::StartTimeout, Place::Nested { .. }) => no_start_of_supervisor(name),
        (Key::Shards, Place::Root { pool: true } | Place::Nested { pool: true }) => {
            lease::shards_of_pool(item)
        }
        (Key::Lease | Key::Shards | Key::Ttl | Key::Renew | Key::Overrun, _) => {
            lease::misplaced(place, subject)
        }
        _ => format!("not expected here; `{name}` belongs {}", key.home()),
    };
    errors.at(item.ident.span(), message);
}

/// Checks that a supervisor has no `start = notify`: nothing in it could report.
fn start_of_supervisor(item: &Item, place: Place, errors: &mut Errors) {
    let is_notify = matches!(item.setting(), Some(Ok(Setting::Start(StartMode::Notify))));
    if is_notify && matches!(place, Place::Nested { .. }) {
        errors.at(item.ident.span(), no_start_of_supervisor("start = notify"));
    }
}

fn no_start_of_supervisor(option: &str) -> String {
    format!("`{option}` has no meaning on a supervisor: it has started when its children have")
}

/// Checks that a task has no `message`, no `mailbox` and no `histograms`: they belong to a type.
fn message_without_type(item: &Item, key: Key, place: Place, errors: &mut Errors) {
    if place == Place::Task && matches!(key, Key::Message | Key::Mailbox | Key::Histograms) {
        let message = format!(
            "a task has no `{}`; give the child a type that derives `Child` and set it there",
            key.as_str()
        );
        errors.at(item.ident.span(), message);
    }
}

/// Checks that `drain` is a time on the root of a tree, and a flag on a child, whose `shutdown` bounds
/// it.
fn drain_by_place(item: &Item, key: Key, setting: &Setting, place: Place, errors: &mut Errors) {
    let message = match (key, place, setting) {
        (Key::Drain, Place::Root { .. }, Setting::Flag(_)) => {
            "on the root, `drain` is the time for which the children go on when the tree is to stop, as in `drain = 5s`"
        }
        (Key::Drain, Place::Typed | Place::Derive, Setting::Time(_)) => {
            "on a child, `drain` is a flag, written without a value: the child's `shutdown` is its time"
        }
        _ => return,
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that an option is given once.
fn option_duplicate(item: &Item, key: Key, earlier: &[Item], errors: &mut Errors) {
    if let Some(first) = earlier.iter().find(|other| other.key() == Some(key)) {
        errors.at(item.ident.span(), format!("duplicate option `{}`", key.as_str()));
        errors.at(first.ident.span(), format!("option `{}` is first set here", key.as_str()));
    }
}

/// Checks that an option that is not a flag has a value.
fn value_missing(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    if *error == ValueError::Missing {
        errors.on(item.value_tokens(), missing(key));
    }
}

/// Returns the message for an option without a value.
pub(crate) fn missing(key: Key) -> String {
    format!("`{0}` needs a value, as in `{0} = {1}`", key.as_str(), key.example())
}

/// Checks that a flag has no value.
fn value_unwanted(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    if *error == ValueError::Unwanted {
        let message = format!("`{}` is a flag; write it without a value", key.as_str());
        errors.on(item.value_tokens(), message);
    }
}

/// Checks that a value is a literal, a word or a constant, so that it is known when the tree is
/// compiled, or is marked as one that only the running program knows.
fn value_computed(item: &Item, key: Key, error: &ValueError, place: Place, errors: &mut Errors) {
    let name = key.as_str();
    let ValueError::Computed { meant } = error else { return };
    let written = compact(&item.value_tokens());
    let may_be_at_runtime = key != Key::ShutdownWithin && place != Place::Derive;
    let message = match (key, meant) {
        (Key::Start, _) => {
            "`start` takes `notify` or `retry`; what to run stands after `=`, behind the options"
                .to_owned()
        }
        (_, Some(literal)) => format!("a value is a literal here; write `{name} = {literal}`"),
        _ if elsewhere::value(key, &written).is_some() => {
            let own = elsewhere::value(key, &written).unwrap_or_default();
            format!("`{name} = {written}` is written `{name} = {own}`")
        }
        _ if elsewhere::no_value(key, &written).is_some() => {
            elsewhere::no_value(key, &written).unwrap_or_default().to_owned()
        }
        _ => {
            let example = key.example();
            // `runtime config.max`
            let value = written.strip_prefix("runtime ").unwrap_or(&written);
            let value = if value.len() <= 30 { value } else { "…" };
            match key.value() {
                ValueKind::Limit
                | ValueKind::NonzeroCount
                | ValueKind::Time
                | ValueKind::NonzeroTime
                | ValueKind::Shutdown
                | ValueKind::Backoff
                | ValueKind::Drain
                    if may_be_at_runtime =>
                {
                    format!(
                        "the value of `{name}` is a literal, as in `{name} = {example}`, or a constant, as in `{name} = LIMIT`; one that only the running program knows is `{name} = {AT_RUNTIME}({value})`"
                    )
                }
                ValueKind::Limit
                | ValueKind::NonzeroCount
                | ValueKind::NonzeroTime
                | ValueKind::Shutdown
                | ValueKind::Backoff => format!(
                    "the value of `{name}` is a literal, as in `{name} = {example}`, or a constant, as in `{name} = LIMIT`"
                ),
                _ => format!("the value of `{name}` is written as in `{name} = {example}`"),
            }
        }
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that a value which only the running program knows has a meaning where it stands: not in
/// a derive, which is a constant, and not for a limit that the compiler checks.
fn value_at_runtime(item: &Item, key: Key, setting: &Setting, place: Place, errors: &mut Errors) {
    if !setting.is_at_runtime() {
        return;
    }
    let name = key.as_str();
    let message = match place {
        // That a child's `drain` has a value at all has been reported.
        Place::Typed | Place::Derive if key == Key::Drain => return,
        _ if key == Key::ShutdownWithin => format!(
            "`{name}` is checked when the tree is compiled, so its value is a literal or a constant; compare a limit from the configuration with `SHUTDOWN_BUDGET`"
        ),
        Place::Derive => format!(
            "the options of a type are constants; set `{name} = {AT_RUNTIME}(…)` on the child in the tree, or give a literal or a constant here"
        ),
        _ => return,
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that a pool has no more partitions than a program can use.
fn partitions_too_many(item: &Item, key: Key, setting: &Setting, errors: &mut Errors) {
    if let (Key::Partitions, Setting::Count(Known::Here(count))) = (key, setting)
        && *count > defaults::MAX_PARTITIONS
    {
        errors.on(item.value_tokens(), wording::partitions_too_many(*count));
    }
}

/// Checks that a word is one of those that the option accepts.
fn value_unknown(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    let ValueError::UnknownWord { word, words } = error else { return };
    let name = key.as_str();
    if let Some(own) = without_quotes(key, word, words) {
        let message = format!("a value has no quotes; write `{name} = {own}`");
        errors.at(item.word_span(), message);
        return;
    }
    let meant = match Policy::meant_by(word) {
        Some((policy, why)) if key == Key::Restart => Some(policy.correction(word, why)),
        _ => elsewhere::value(key, word)
            .map(|own| format!("`{name} = {word}` is written `{name} = {own}`")),
    };
    let message = meant.unwrap_or_else(|| {
        match words::nearest(word.trim_matches('"'), words) {
            // `RestartPolicy::Transient`, `Shutdown::BrutalKill`
            Some(near) if near == word => {
                format!("the value of `{name}` is a word; write `{name} = {near}`")
            }
            Some(near) => format!("unknown value `{word}` of `{name}`; did you mean `{near}`?"),
            None => format!(
                "unknown value `{word}` of `{name}`; expected {}{}",
                literals(key),
                words::list(words)
            ),
        }
    });
    errors.at(item.word_span(), message);
}

/// Returns the word that a text in quotes means: `"permanent"`, `"notify"`.
fn without_quotes(key: Key, text: &str, words: &[&'static str]) -> Option<&'static str> {
    let word = text.strip_prefix('"')?.strip_suffix('"')?;
    let policy = Policy::meant_by(word).filter(|_| key == Key::Restart);
    policy
        .map(|(policy, _)| policy.as_str())
        .or_else(|| elsewhere::value(key, word))
        .or_else(|| words::nearest(word, words))
}

/// Checks that a value is not zero where zero has no meaning, or where a word exists for it.
fn value_zero(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    if *error != ValueError::Zero {
        return;
    }
    let message = match key {
        Key::Shutdown => wording::value_zero_shutdown(),
        Key::Backoff => wording::value_zero_backoff(),
        Key::MaxChildren => wording::value_zero_max_children(),
        Key::Partitions => wording::value_zero_partitions(),
        Key::Shards => wording::value_zero_shards(),
        Key::Mailbox => wording::value_zero_mailbox(),
        Key::Lease => {
            Text::new().str("a lease without a name is nobody's; write `lease = \"billing\"`")
        }
        _ => wording::value_zero(key.as_str()),
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that a value is not below zero.
fn value_negative(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    if *error != ValueError::Negative {
        return;
    }
    let name = key.as_str();
    // Elsewhere, -1 stands for no limit.
    let meant = match key.value() {
        ValueKind::Limit => format!("; for no limit, write `{name} = unlimited`"),
        ValueKind::Shutdown => format!("; for no limit, write `{name} = infinity`"),
        _ => String::new(),
    };
    errors.on(item.value_tokens(), format!("`{name}` cannot be negative{meant}"));
}

/// Checks that a count is a whole number and a name a string, and that `runtime(…)` holds an expression.
fn value_mistyped(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    let name = key.as_str();
    let message = match error {
        ValueError::NotACount if number_in_quotes(item).is_some() => {
            let number = number_in_quotes(item).unwrap_or_default();
            format!("a value has no quotes; write `{name} = {number}`")
        }
        ValueError::NotACount
            if elsewhere::no_value(key, &compact(&item.value_tokens())).is_some() =>
        {
            let written = compact(&item.value_tokens());
            elsewhere::no_value(key, &written).unwrap_or_default().to_owned()
        }
        ValueError::NotACount => {
            format!("`{name}` is a whole number, as in `{name} = {}`", key.example())
        }
        ValueError::NotText { meant } => lease::no_name(item, name, meant.as_deref()),
        ValueError::NoExpression => {
            format!(
                "`{AT_RUNTIME}` takes one expression, as in `{name} = {AT_RUNTIME}(config.{name})`"
            )
        }
        _ => return,
    };
    errors.on(item.value_tokens(), message);
}

/// Returns the number in a value such as `"256"`.
fn number_in_quotes(item: &Item) -> Option<String> {
    let text = compact(&item.value_tokens());
    let number = text.strip_prefix('"')?.strip_suffix('"')?;
    number.parse::<u64>().ok().map(|number| number.to_string())
}

/// Checks that a duration has a unit.
fn duration_without_unit(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    let ValueError::NotADuration { literal, why: DurationError::WithoutUnit } = error else {
        return;
    };
    let message = match (literal.as_str(), key) {
        ("0", Key::Shutdown) => wording::value_zero_shutdown().to_string(),
        ("0", Key::Backoff) => wording::value_zero_backoff().to_string(),
        _ => format!("`{literal}` has no unit; write `{literal}s` or `{literal}ms`"),
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that the unit of a duration is `ms`, `s`, `m` or `h`.
fn duration_unit_unknown(item: &Item, _: Key, error: &ValueError, errors: &mut Errors) {
    let ValueError::NotADuration { literal, why: DurationError::UnknownUnit(unit) } = error else {
        return;
    };
    let number = literal.strip_suffix(unit.as_str()).unwrap_or(literal);
    let message = match duration::unit_meant_by(unit) {
        Some(meant) => format!("unknown unit `{unit}`; write `{number}{meant}`"),
        None => format!("unknown unit `{unit}`; a duration has `ms`, `s`, `m` or `h`"),
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that a duration is one decimal literal, and that a backoff is one duration, or two with
/// `..` between them.
fn duration_malformed(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    let name = key.as_str();
    let message = match error {
        ValueError::Split(meant) => format!("a duration is one word; write `{meant}`"),
        ValueError::NotARange => {
            "a backoff is one duration or two, as in `backoff = 100ms..30s`".to_owned()
        }
        ValueError::NotADuration { literal, why } => match why {
            DurationError::NotDecimal => {
                format!(
                    "`{literal}` is not a decimal number with a unit, such as `250ms` or `1.5s`"
                )
            }
            DurationError::TooLong => format!("`{literal}` is longer than can be counted"),
            DurationError::NotANumber if literal.starts_with('"') => {
                let value = literal.trim_matches('"');
                match duration::parse(value) {
                    Ok(_) => format!("a value has no quotes; write `{name} = {value}`"),
                    Err(_) if key == Key::Every => format!(
                        "a job runs once in each period, as in `{name} = {}`, not at times of the day",
                        key.example()
                    ),
                    Err(_) => format!(
                        "`{name}` is a duration, without quotes, as in `{name} = {}`",
                        key.example()
                    ),
                }
            }
            DurationError::NotANumber if elsewhere::no_value(key, literal).is_some() => {
                elsewhere::no_value(key, literal).unwrap_or_default().to_owned()
            }
            DurationError::NotANumber if elsewhere::value(key, literal).is_some() => {
                let own = elsewhere::value(key, literal).unwrap_or_default();
                format!("`{name} = {literal}` is written `{name} = {own}`")
            }
            DurationError::NotANumber => {
                format!(
                    "`{literal}` is not a duration; write it as in `{name} = {}`",
                    key.example()
                )
            }
            DurationError::WithoutUnit | DurationError::UnknownUnit(_) => return,
        },
        _ => return,
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that the maximum of a backoff is not below its minimum.
fn backoff_inverted(item: &Item, _: Key, error: &ValueError, errors: &mut Errors) {
    if let ValueError::Inverted { min, max } = error {
        errors.on(item.value_tokens(), wording::backoff_inverted(max, min));
    }
}

/// Lists the literals that an option takes beside its words, for a message.
fn literals(key: Key) -> &'static str {
    match key.value() {
        ValueKind::Limit => "a whole number or ",
        ValueKind::Shutdown => "a duration, ",
        _ => "",
    }
}
