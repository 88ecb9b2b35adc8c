//! Rules on the siblings that a child is started after.

use supervisor_rules::wording;
use syn::Ident;
use syn::ext::IdentExt;

use super::super::ast::{Child, Supervisor};
use super::scope::Scope;
use crate::errors::Errors;
use crate::options::Item;
use crate::options::key::Key;
use crate::options::setting::ValueError;
use crate::words;

/// Checks that a child has `after` only under `order = by_use`: in declaration order it starts after
/// all that are declared before it.
pub(super) fn after_without_order(supervisor: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some((options, _)) = child.options().filter(|_| !supervisor.is_by_use()) else { return };
    if let Some(item) = options.items.iter().find(|item| item.key() == Some(Key::After)) {
        errors.at(item.ident.span(), wording::after_without_order(&child.unraw_name()));
    }
}

/// Checks that `after` is a list of names.
pub(super) fn after_mistyped(supervisor: &Supervisor, child: &Child, errors: &mut Errors) {
    let Some((options, _)) = child.options().filter(|_| supervisor.is_by_use()) else { return };
    let mistyped = |item: &&Item| matches!(item.setting(), Some(Err(ValueError::NotNames)));
    if let Some(item) = options.items.iter().find(mistyped) {
        let example = Key::After.example();
        let message = format!("`after` is a list of siblings, as in `after = {example}`");
        errors.on(item.value_tokens(), message);
    }
}

/// Checks that `after` names no sibling that is declared later.
pub(super) fn after_later(
    supervisor: &Supervisor,
    child: &Child,
    scope: Scope,
    errors: &mut Errors,
) {
    for (name, text) in named(supervisor, child) {
        if scope.names.first(&text).is_some_and(|index| index > scope.index) {
            errors.at(name.span(), wording::after_later(&child.unraw_name(), &text));
        }
    }
}

/// Checks that `after` names siblings.
pub(super) fn after_unknown(
    supervisor: &Supervisor,
    child: &Child,
    scope: Scope,
    errors: &mut Errors,
) {
    for (name, text) in named(supervisor, child) {
        match scope.names.first(&text) {
            Some(index) if index != scope.index => continue,
            _ => {}
        }
        let message = wording::after_unknown(&child.unraw_name(), &text);
        let before = supervisor.children.iter().take(scope.index).map(Child::unraw_name);
        let before: Vec<String> = before.collect();
        let message = match words::nearest(&text, before.iter().map(String::as_str)) {
            Some(near) => format!("{message}; did you mean `{near}`?"),
            None => message.to_string(),
        };
        errors.at(name.span(), message);
    }
}

/// Returns the siblings that `after` names, where it has a meaning.
fn named(supervisor: &Supervisor, child: &Child) -> Vec<(Ident, String)> {
    if !supervisor.is_by_use() {
        return Vec::new();
    }
    child.after().into_iter().map(|name| (name.clone(), name.unraw().to_string())).collect()
}
