//! The messages about the options of a lease.

use supervisor_rules::{defaults, wording};

use super::Subject;
use crate::errors::Errors;
use crate::options::Item;
use crate::options::key::{Key, Place};
use crate::options::setting::{AT_RUNTIME, Known, Setting};

/// Returns the message for an option of a lease on something else than a nested supervisor.
pub(super) fn misplaced(place: Place, subject: &Subject) -> String {
    match (place, &subject.child) {
        (Place::Root { .. }, _) => "the root of a tree needs no lease: it runs in each replica; a supervisor below it may have one, as in `billing: one_for_one(lease = \"billing\") with leases { … }`".to_owned(),
        (Place::Nested { .. }, _) => "a pool has no lease of its own; put it into a supervisor that has one: `name: one_for_one(lease = \"billing\") with leases { workers: simple_one_for_one { … } }`".to_owned(),
        (_, Some((name, ty))) => {
            let ty = ty.as_deref().unwrap_or("Always");
            format!("a lease guards the children of a supervisor; write `leader: one_for_one(lease = \"{name}\") with leases {{ {name}: {ty} }}`")
        }
        (_, None) => "a lease guards the children of a supervisor in a tree; write `name: one_for_one(lease = \"billing\") with leases { … }`".to_owned(),
    }
}

/// Returns the message for `shards` on a pool.
pub(super) fn shards_of_pool(item: &Item) -> String {
    let value = item.value_tokens();
    format!(
        "`shards` divides the lease of a supervisor that is no pool; for workers that share the work of this process, write `partitions = {value}`"
    )
}

/// Checks that a lease is not divided into more shards than its engine can bear.
pub(super) fn shards_too_many(item: &Item, key: Key, setting: &Setting, errors: &mut Errors) {
    if let (Key::Shards, Setting::Count(Known::Here(count))) = (key, setting)
        && *count > defaults::MAX_SHARDS
    {
        errors.on(item.value_tokens(), wording::shards_too_many(*count));
    }
}

/// Returns the message for a value that is no string, where a lease has its name; `meant` is the string
/// that was probably meant.
pub(super) fn no_name(item: &Item, option: &str, meant: Option<&str>) -> String {
    match meant {
        _ if has_engine(item) => {
            "the engine of a lease stands behind the parentheses: `one_for_one(lease = \"billing\") with leases { … }`".to_owned()
        }
        Some(meant) => format!(
            "the name of a lease stands in quotes, or is a constant; write `{option} = \"{meant}\"`; one that only the running program knows is `{option} = {AT_RUNTIME}({meant})`"
        ),
        None => format!(
            "`{option}` is a string, as in `{option} = {0}`; one that only the running program knows is `{option} = {AT_RUNTIME}(…)`",
            Key::Lease.example()
        ),
    }
}

/// Returns whether the word `with` stands in the value of a lease.
fn has_engine(item: &Item) -> bool {
    let mut tokens = item.value_tokens().into_iter();
    tokens.any(|token| token.to_string() == "with")
}
