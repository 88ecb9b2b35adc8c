//! Rules on attributes: those that have no meaning on a tree or on a child.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

use super::super::ast::{Body, Child, Tree};
use super::super::text::compact;
use crate::errors::Errors;
use crate::options::key::Key;

/// Checks that a tree has no attributes for other items: its type is written by the expansion.
pub(super) fn attribute_of_tree(tree: &Tree, errors: &mut Errors) {
    let Some(head) = &tree.head else { return };
    for attr in &tree.attrs {
        if let Some(message) = on_tree(attr, &head.ident.to_string()) {
            errors.on(attr, message);
        }
    }
}

/// Checks that a child has no attributes for types or functions, and no options as attributes.
pub(super) fn attribute_of_child(child: &Child, errors: &mut Errors) {
    for attr in &child.attrs {
        if let Some(message) = on_child(attr, child) {
            errors.on(attr, message);
        }
    }
}

/// Returns whether an attribute has been reported, and must not be in the expansion.
pub(super) fn is_refused(attr: &Attribute, child: Option<&Child>) -> bool {
    match child {
        Some(child) => on_child(attr, child).is_some(),
        None => on_tree(attr, "").is_some(),
    }
}

fn on_tree(attr: &Attribute, tree: &str) -> Option<String> {
    let path = compact(&attr.path().to_token_stream());
    match path.as_str() {
        "derive" => Some(format!(
            "`{tree}` cannot derive: a handle is `Clone` and `Debug` already, and is made by `{tree}::start`; leave `derive` out"
        )),
        "child" => Some(
            "a tree's options stand after its strategy, as in `one_for_one(max_restarts = 5) { … }`"
                .to_owned(),
        ),
        "cfg_attr" => conditional(attr, "tree"),
        _ => of_functions(&path).then(|| {
            format!("`#[{path}]` belongs on a function; put it on the one that starts the tree")
        }),
    }
}

fn on_child(attr: &Attribute, child: &Child) -> Option<String> {
    let path = compact(&attr.path().to_token_stream());
    let name = child.unraw_name();
    match path.as_str() {
        "derive" => Some("a child is no type; put `derive` on the child's own type".to_owned()),
        "cfg_attr" => conditional(attr, "child"),
        "child" => {
            let options = match &attr.meta {
                Meta::List(list) => compact(&list.tokens),
                _ => "shutdown = 5s".to_owned(),
            };
            Some(after_the_type(child, &options))
        }
        option if Key::parse(option).is_some() => {
            let options = match &attr.meta {
                Meta::List(list) => format!("{option} = {}", compact(&list.tokens)),
                Meta::NameValue(value) => {
                    let value = compact(&value.value.to_token_stream());
                    format!("{option} = {}", value.trim_matches('"'))
                }
                Meta::Path(_) => option.to_owned(),
            };
            Some(after_the_type(child, &options))
        }
        _ => of_functions(&path)
            .then(|| format!("`#[{path}]` belongs on a function, and `{name}` is a child")),
    }
}

/// Says where the options of a child stand.
fn after_the_type(child: &Child, options: &str) -> String {
    let name = child.unraw_name();
    let options = options.strip_prefix("restart = ").map_or_else(
        || match &child.body {
            Body::Typed(typed) => format!("{}({options})", typed.ty.last),
            Body::Task(task) => format!("{}({options})", task.policy.ident),
            Body::Supervisor(nested) => format!("{}({options}) {{ … }}", nested.strategy.ident),
            Body::Broken(_) => format!("Type({options})"),
        },
        |policy| match &child.body {
            Body::Typed(typed) => format!("{policy}<{}>", typed.ty.last),
            Body::Supervisor(nested) => {
                format!("{}(restart = {policy}) {{ … }}", nested.strategy.ident)
            }
            Body::Task(_) | Body::Broken(_) => policy.to_owned(),
        },
    );
    format!("options are no attributes of a child; write `{name}: {options}`")
}

/// Reports `#[cfg_attr(…, cfg(…))]`, which would hold for a part of the expansion only.
fn conditional(attr: &Attribute, of: &str) -> Option<String> {
    let Meta::List(list) = &attr.meta else { return None };
    let attributes = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let has_cfg = attributes
        .iter()
        .skip(1)
        .any(|applied| applied.path().is_ident("cfg") || applied.path().is_ident("cfg_attr"));
    has_cfg.then(|| {
        format!(
            "`#[cfg_attr(…, cfg(…))]` holds for a part of what stands for the {of}; write the condition as one `#[cfg(…)]`, with `all`, `any` and `not`"
        )
    })
}

/// Returns whether an attribute is known to belong on functions.
fn of_functions(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    matches!(last, "test" | "bench") || (last == "main" && path != "main")
}
