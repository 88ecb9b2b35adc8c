//! Checks single options, in the same way in the tree and in `#[child(…)]`.
//!
//! Each rule is one function, which [`check`] calls. A rule is named `<subject>_<problem>`, and so
//! is the compile-fail test that shows its message.

use supervisor_rules::wording;

use super::duration::{self, DurationError};
use super::key::{Key, Place, ValueKind};
use super::setting::{Setting, StartMode, ValueError};
use super::{Item, Options};
use crate::errors::Errors;
use crate::words;

/// Applies every rule to every option.
pub(crate) fn check(options: &Options, place: Place, errors: &mut Errors) {
    for (index, item) in options.items.iter().enumerate() {
        let Some(key) = item.key() else {
            option_unknown(item, place, errors);
            continue;
        };
        if !key.is_allowed(place) {
            message_without_type(item, key, place, errors);
            option_misplaced(item, key, place, errors);
            continue;
        }
        option_duplicate(item, key, &options.items[..index], errors);
        start_of_supervisor(item, place, errors);
        if let Some(Err(error)) = item.setting() {
            for rule in VALUE_RULES {
                rule(item, key, &error, errors);
            }
        }
    }
}

type ValueRule = fn(&Item, Key, &ValueError, &mut Errors);

const VALUE_RULES: [ValueRule; 11] = [
    value_missing,
    value_unwanted,
    value_computed,
    value_unknown,
    value_zero,
    value_negative,
    value_mistyped,
    duration_without_unit,
    duration_unit_unknown,
    duration_malformed,
    backoff_inverted,
];

/// Checks that an option has a known name.
fn option_unknown(item: &Item, place: Place, errors: &mut Errors) {
    let name = item.ident.to_string();
    let is_type = name.starts_with(|first: char| first.is_uppercase());
    let message = match Key::nearest(&name, place) {
        _ if is_type && place == Place::Task => {
            format!(
                "`{name}` is not an option; a type stands in angle brackets: `Transient<{name}>`"
            )
        }
        Some(key) => format!("unknown option `{name}`; did you mean `{}`?", key.as_str()),
        None => match option_elsewhere(&name) {
            Some(instead) => format!("unknown option `{name}`; {instead}"),
            None => format!("unknown option `{name}`; possible here: {}", Key::list(place)),
        },
    };
    errors.at(item.ident.span(), message);
}

/// Returns how the tree language expresses an option of other supervisors, for a message.
fn option_elsewhere(name: &str) -> Option<&'static str> {
    match name {
        "id" | "name" => Some("a child's name stands before its colon"),
        "strategy" => Some("the strategy stands after the colon, as in `Shop: one_for_one`"),
        "r#type" | "type" => Some("a supervisor is known by its strategy"),
        "modules" => Some("leave it out"),
        "children" => Some("the children stand in braces"),
        _ => None,
    }
}

/// Checks that an option stands where it has a meaning.
fn option_misplaced(item: &Item, key: Key, place: Place, errors: &mut Errors) {
    let name = key.as_str();
    let message = match (key, place) {
        (Key::Message | Key::Mailbox, Place::Task) => return,
        (Key::Restart, Place::Task | Place::Typed) => {
            "not expected here; the policy stands after the colon, as in `name: Transient`"
                .to_owned()
        }
        (Key::Restart | Key::Shutdown | Key::Backoff | Key::Significant, Place::Root { .. }) => {
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

/// Checks that a task has no `message` and no `mailbox`: they belong to a type.
fn message_without_type(item: &Item, key: Key, place: Place, errors: &mut Errors) {
    if place == Place::Task && matches!(key, Key::Message | Key::Mailbox) {
        let message = format!(
            "a task has no `{}`; give the child a type that derives `Child` and set it there",
            key.as_str()
        );
        errors.at(item.ident.span(), message);
    }
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
        let message =
            format!("`{0}` needs a value, as in `{0} = {1}`", key.as_str(), key.example());
        errors.on(item.value_tokens(), message);
    }
}

/// Checks that a flag has no value.
fn value_unwanted(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    if *error == ValueError::Unwanted {
        let message = format!("`{}` is a flag; write it without a value", key.as_str());
        errors.on(item.value_tokens(), message);
    }
}

/// Checks that a value is a literal or a word, so that it is known when the tree is compiled.
fn value_computed(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    if *error == ValueError::Computed && key == Key::Start {
        let message =
            "`start` takes `notify` or `retry`; what to run stands after `=`, behind the options";
        errors.on(item.value_tokens(), message);
    } else if *error == ValueError::Computed {
        let name = key.as_str();
        let builder = match key {
            Key::Every => "write `= Periodic::every(…)`".to_owned(),
            Key::Partitions => "write `name: Partitioned<…> = ….build_partitioned(…)`".to_owned(),
            Key::ShutdownWithin => "compare `SHUTDOWN_BUDGET` with it".to_owned(),
            _ => format!("use the builder's `{}`", key.method()),
        };
        let message = format!(
            "the value of `{name}` is a literal, as in `{name} = {}`; for a computed one, {builder}",
            key.example()
        );
        errors.on(item.value_tokens(), message);
    }
}

/// Checks that a word is one of those that the option accepts.
fn value_unknown(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    let ValueError::UnknownWord { word, words } = error else { return };
    let name = key.as_str();
    let meant = match (key, word.as_str()) {
        (Key::Restart, word) => words::Policy::meant_by(word).map(|(policy, meant)| {
            use words::{Mistake, Vocabulary};
            match meant {
                Mistake::Erlang => format!("Erlang's `{word}` is written `{}`", policy.as_str()),
                Mistake::Misspelt => {
                    format!("unknown restart policy `{word}`; did you mean `{}`?", policy.as_str())
                }
            }
        }),
        (Key::MaxRestarts, "infinity" | "infinite" | "never") => {
            Some(format!("`{name} = {word}` is written `{name} = unlimited`"))
        }
        (Key::Shutdown, "unlimited" | "never") => {
            Some(format!("`{name} = {word}` is written `{name} = infinity`"))
        }
        _ => None,
    };
    let message = meant.unwrap_or_else(|| {
        match words::nearest(word.trim_matches('"'), words.iter().copied()) {
            // `RestartPolicy::Transient`
            Some(near) if near == word => {
                format!("the value of `{name}` is a word; write `{name} = {near}`")
            }
            Some(near) => format!("unknown value `{word}` of `{name}`; did you mean `{near}`?"),
            None => format!(
                "unknown value `{word}` of `{name}`; expected {}{}",
                literals(key),
                words::list(words.iter().copied())
            ),
        }
    });
    errors.at(item.word_span(), message);
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
        Key::Mailbox => wording::value_zero_mailbox(),
        _ => wording::value_zero(key.as_str()),
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that a value is not below zero.
fn value_negative(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    if *error == ValueError::Negative {
        errors.on(item.value_tokens(), format!("`{}` cannot be negative", key.as_str()));
    }
}

/// Checks that a count is a whole number.
fn value_mistyped(item: &Item, key: Key, error: &ValueError, errors: &mut Errors) {
    let name = key.as_str();
    let message = match error {
        ValueError::NotNames => {
            format!("`{name}` is a list of siblings, as in `{name} = {}`", key.example())
        }
        ValueError::NotACount => {
            format!("`{name}` is a whole number, as in `{name} = {}`", key.example())
        }
        _ => return,
    };
    errors.on(item.value_tokens(), message);
}

/// Checks that a duration has a unit.
fn duration_without_unit(item: &Item, _: Key, error: &ValueError, errors: &mut Errors) {
    let ValueError::NotADuration { literal, why: DurationError::WithoutUnit } = error else {
        return;
    };
    let message = format!("`{literal}` has no unit; write `{literal}s` or `{literal}ms`");
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
                format!("a value has no quotes; write `{name} = {value}`")
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
