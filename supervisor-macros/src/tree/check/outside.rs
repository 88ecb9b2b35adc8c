//! Rules on names from outside of a tree.

use syn::ext::IdentExt;

use super::super::ast::{Body, Child};
use super::super::mentions::{Mention, Mentions, Role};
use super::facts::Site;
use super::scope::Scope;
use crate::errors::Errors;
use crate::words::nearest;

/// The methods of values that no function has.
const OF_VALUES: [&str; 20] = [
    "as_bytes",
    "as_deref",
    "as_path",
    "as_ref",
    "as_slice",
    "as_str",
    "clone",
    "cloned",
    "copied",
    "expect",
    "get",
    "into",
    "is_empty",
    "iter",
    "len",
    "to_owned",
    "to_path_buf",
    "to_string",
    "to_vec",
    "unwrap",
];

/// Checks that a value in a tree with a name uses no variable of the function around the tree, which an
/// item does not see.
///
/// A word in lower case that is neither a parameter nor a sibling is a function, which has no fields and
/// none of the methods of values. A misspelt sibling is left to the compiler, which knows the word.
pub(super) fn variable_outside(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    let (Some(root), Some(value)) = (site.root, child.value()) else { return };
    if matches!(child.body, Body::Broken(_)) {
        return;
    }
    let mentions = Mentions::of(value);
    let is_variable = |mention: &&Mention| {
        let name = mention.name();
        let is_value = match &mention.role {
            Role::Receiver(method) => OF_VALUES.iter().any(|known| method == known),
            role => *role == Role::Base,
        };
        is_value
            && name.starts_with(char::is_lowercase)
            && name != "self"
            && !site.params.contains(&name)
            && scope.find(&name).is_none()
    };
    let Some(mention) = mentions.values().find(is_variable) else { return };
    let name = mention.ident.unraw().to_string();
    let params = site.params.iter().map(String::as_str);
    let known: Vec<&str> = params.chain(scope.all()).collect();
    if nearest(&name, &known).is_some() {
        return;
    }
    let given = match site.params {
        [] => format!("{root}({name}: Type): …"),
        _ => format!("{root}(…, {name}: Type): …"),
    };
    let message = format!(
        "a tree with a name is an item, and sees no variables around it; take `{name}` as a parameter: `{given}` (an item: `self::{name}`)"
    );
    errors.at(mention.ident.span(), message);
}
