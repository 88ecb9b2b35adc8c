//! Rules on the siblings that a child is started after.

use proc_macro2::{TokenStream, TokenTree};
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
        let names = names_in(item.value_tokens());
        let message = if names.is_empty() {
            let example = Key::After.example();
            format!("`after` is a list of siblings, as in `after = {example}`")
        } else {
            format!("`after` is a list of siblings; write `after = [{}]`", names.join(", "))
        };
        errors.on(item.value_tokens(), message);
    }
}

/// Returns the names in a value, also those in quotes, in any brackets, and behind signs.
fn names_in(value: TokenStream) -> Vec<String> {
    let each = |token: TokenTree| match token {
        TokenTree::Ident(word) => vec![word.to_string()],
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let name = syn::parse_str::<Ident>(text.trim_matches('"'));
            name.map(|name| name.to_string()).into_iter().collect()
        }
        TokenTree::Group(group) => names_in(group.stream()),
        TokenTree::Punct(_) => Vec::new(),
    };
    value.into_iter().flat_map(each).collect()
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
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let message = match words::nearest(&text, &before) {
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
