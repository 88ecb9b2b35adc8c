//! Words the errors about options that are unknown, or that stand where they do not belong.

use super::super::key::{Key, Place};
use super::super::{Item, Value};
use super::Subject;
use crate::words::{Policy, Vocabulary, elsewhere};

/// Returns the message for an unknown option.
pub(crate) fn unknown(item: &Item, place: Place, subject: &Subject) -> String {
    let name = item.ident.to_string();
    if name.starts_with(|first: char| first.is_uppercase()) {
        return capitalised(&name, place);
    }
    if let Some(key) = elsewhere::options(&name).find(|key| key.is_allowed(place)) {
        if key == Key::Start {
            return format!("unknown option `{name}`; write `start = notify`");
        }
        if let Some(policy) = policy_of(item).filter(|_| key == Key::Restart) {
            return format!("unknown option `{name}`; write `restart = {}`", policy.as_str());
        }
        return format!("unknown option `{name}`; did you mean `{}`?", key.as_str());
    }
    if let Some(instead) = elsewhere::instead_of_option(&name) {
        return format!("unknown option `{name}`; {instead}");
    }
    if let Some(key) = Key::nearest(&name, place) {
        return format!("unknown option `{name}`; did you mean `{}`?", key.as_str());
    }
    if let Some(key) = elsewhere::options(&name).next() {
        if key == Key::Restart && matches!(place, Place::Task | Place::Typed) {
            return format!("unknown option `{name}`; {}", policy_elsewhere(item, subject));
        }
        let (key, home) = (key.as_str(), key.home());
        return format!("unknown option `{name}`; `{key}` was probably meant, and belongs {home}");
    }
    let list = Key::list(place);
    match (place, &item.value) {
        (Place::Typed, _) => format!(
            "unknown option `{name}`; possible here: {list}; what the child is made from stands after `=`, as in `name: Type = Type {{ {name}: … }}`"
        ),
        (Place::Task, Value::Nothing) => format!(
            "unknown option `{name}`; possible here: {list}; a task's function stands after `=`, as in `name: Always = {name}`"
        ),
        _ => format!("unknown option `{name}`; possible here: {list}"),
    }
}

/// Returns the message for the policy of a child among the child's options.
pub(super) fn policy_elsewhere(item: &Item, subject: &Subject) -> String {
    let policy = policy_of(item).unwrap_or(Policy::Transient).as_str();
    let written = match &subject.child {
        Some((name, Some(ty))) => format!("{name}: {policy}<{ty}>"),
        Some((name, None)) => format!("{name}: {policy}"),
        None => format!("name: {policy}"),
    };
    format!("the policy of a child stands after its colon; write `{written}`")
}

/// Returns the policy that the last word of an option's value is, or means: `RestartPolicy::Always`,
/// `:permanent`, `"on-failure"`.
fn policy_of(item: &Item) -> Option<Policy> {
    let Value::Tokens(tokens) = &item.value else { return None };
    let text = tokens.last()?.to_string();
    let text = text.trim_matches('"');
    Policy::parse(text).or_else(|| Policy::meant_by(text).map(|(meant, _)| meant))
}

/// Returns the message for a word with a capital letter in place of an option.
fn capitalised(name: &str, place: Place) -> String {
    let policy = Policy::parse(name).or_else(|| Policy::meant_by(name).map(|(meant, _)| meant));
    match (policy, place) {
        (Some(policy), Place::Derive | Place::Nested { .. }) => {
            format!("a policy has its option's name; write `restart = {}`", policy.as_str())
        }
        (Some(policy), Place::Typed) => {
            format!("a policy stands around the type; write `{}<…>`", policy.as_str())
        }
        (_, Place::Task) => format!(
            "`{name}` is not an option; a type stands in angle brackets: `Transient<{name}>`"
        ),
        (None, Place::Derive) => {
            format!("`{name}` is not an option; a type of messages is written `message = {name}`")
        }
        _ => format!("unknown option `{name}`; possible here: {}", Key::list(place)),
    }
}
