//! Writes the documentation of a tree's handle and of its accessors.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::super::ast::{Body, Child, Supervisor, Tree};
use super::super::text::compact;
use crate::options::{Item, Options, Value};
use crate::words::Vocabulary;

/// Draws the tree with lines, for the type's page.
pub(super) fn picture(tree: &Tree) -> TokenStream {
    let mut lines = vec!["```text".to_owned()];
    let name = tree.name().unwrap_or_default();
    lines.push(format!("{name}: {}", supervisor(&tree.root)));
    draw(&tree.root, "", &mut lines);
    lines.push("```".to_owned());
    let mut docs = TokenStream::new();
    if tree.attrs.iter().any(|attr| attr.path().is_ident("doc")) {
        docs.extend(quote!(#[doc = ""]));
    } else {
        let summary = format!("The handle of the tree `{name}`.");
        docs.extend(quote!(#[doc = #summary] #[doc = ""]));
    }
    quote!(#docs #(#[doc = #lines])*)
}

fn draw(parent: &Supervisor, indent: &str, lines: &mut Vec<String>) {
    let count = parent.children.len();
    for (index, child) in parent.children.iter().enumerate() {
        let is_last = index + 1 == count;
        let (branch, below) =
            if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let uses = uses(child);
        lines.push(format!("{indent}{branch}{}: {}{uses}", child.unraw_name(), summary(child)));
        if let Body::Supervisor(nested) = &child.body {
            draw(nested, &format!("{indent}{below}"), lines);
        }
    }
}

/// Lists the siblings that a child uses, under `order = by_use`.
fn uses(child: &Child) -> String {
    let uses = child.place.as_ref().map(|place| &*place.uses).unwrap_or_default();
    let names: Vec<&str> = uses.iter().map(|used| &*used.name).collect();
    if names.is_empty() { String::new() } else { format!("  ← {}", names.join(", ")) }
}

/// Prints the declaration of a child as it is written in the tree.
fn summary(child: &Child) -> String {
    match &child.body {
        Body::Supervisor(nested) => supervisor(nested),
        Body::Task(task) => format!("{}{}", task.policy.ident, in_parentheses(&task.options)),
        Body::Typed(typed) => {
            let (ty, options) = (compact(&typed.ty.tokens), in_parentheses(&typed.options));
            match &typed.policy {
                Some(policy) => format!("{}<{ty}>{options}", policy.ident),
                None => format!("{ty}{options}"),
            }
        }
        Body::Broken(_) => "…".to_owned(),
    }
}

fn supervisor(supervisor: &Supervisor) -> String {
    let engine = supervisor.engine.as_ref().map(|engine| {
        let value = compact(&engine.value.to_token_stream());
        if value.len() <= 30 { format!(" with {value}") } else { " with …".to_owned() }
    });
    let (strategy, options) = (supervisor.strategy().as_str(), in_parentheses(&supervisor.options));
    format!("{strategy}{options}{}", engine.unwrap_or_default())
}

fn in_parentheses(options: &Options) -> String {
    if options.items.is_empty() {
        return String::new();
    }
    let items: Vec<String> = options.items.iter().map(option).collect();
    format!(" ({})", items.join(", "))
}

fn option(item: &Item) -> String {
    let name = &item.ident;
    match &item.value {
        Value::Nothing | Value::Missing(_) | Value::Unreadable(_) => name.to_string(),
        Value::Tokens(tokens) => format!("{name} = {}", compact(&tokens.iter().cloned().collect())),
        Value::Syntax(tokens) => format!("{name} = {}", compact(tokens)),
    }
}

/// Writes the documentation of a child's accessor.
pub(super) fn accessor(child: &Child) -> TokenStream {
    let name = child.unraw_name();
    let summary = summary(child);
    let sentence = match &child.body {
        Body::Supervisor(nested) if nested.is_pool() => {
            format!("Returns the pool `{name}`: `{summary}`.")
        }
        Body::Supervisor(nested) => {
            let lease = child.lease().map(|lease| {
                let start = " Whether the lease outlives their stop is checked when the tree starts.";
                let at_start = if lease.is_checked() { "" } else { start };
                let runs = if lease.shards.is_some() {
                    "Each shard runs in the replica that holds its lease, and is on standby in the others."
                } else {
                    "Its children run in the replica that holds the lease, and are on standby in the others."
                };
                format!(" {runs}{at_start}")
            });
            let what = if nested.is_sharded() { "shards" } else { "supervisor" };
            format!("Returns the {what} `{name}`: `{summary}`.{}", lease.unwrap_or_default())
        }
        Body::Task(_) => format!("Returns the address of the task `{name}`: `{summary}`."),
        Body::Typed(_) => format!("Returns the child `{name}`: `{summary}`."),
        Body::Broken(_) => format!("Returns the child `{name}`."),
    };
    let has_docs = child.attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let gap = has_docs.then(|| quote!(#[doc = ""]));
    quote!(#gap #[doc = #sentence])
}
