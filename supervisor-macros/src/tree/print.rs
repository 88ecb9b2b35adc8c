//! Prints a parsed tree, so that tests can compare the text with the original.

use quote::{ToTokens, quote};

use super::ast::{Body, Child, Supervisor, Tree};
use crate::options::{Item, Options, Value};

/// Prints the tree's tokens in their order.
pub(crate) fn print(tree: &Tree) -> String {
    let mut text = String::new();
    if !tree.generics.is_empty() {
        let generics = &tree.generics;
        text += &quote!(for<#(#generics),*> ).to_string();
        text.push(' ');
    }
    for attr in &tree.attrs {
        text += &attr.to_token_stream().to_string();
        text.push(' ');
    }
    if let Some(head) = &tree.head {
        text += &[head.vis.to_token_stream().to_string(), head.ident.to_string()].join(" ");
        if !head.params.is_empty() {
            let params = head.params.iter().map(|param| {
                let (ident, ty) = (&param.ident, &param.ty);
                quote!(#ident: #ty).to_string()
            });
            text += &[" (", &params.collect::<Vec<_>>().join(", "), ")"].concat();
        }
        text += ": ";
    }
    text + &supervisor(&tree.root)
}

fn supervisor(node: &Supervisor) -> String {
    let children: Vec<String> = node.children.iter().map(child).collect();
    let engine =
        node.engine.as_ref().map(|engine| format!(" with {}", engine.value.to_token_stream()));
    format!(
        "{}{}{} {{ {} }}",
        node.strategy.ident,
        options(&node.options),
        engine.unwrap_or_default(),
        children.join(", ")
    )
}

fn child(child: &Child) -> String {
    let attrs: String = child.attrs.iter().map(|attr| attr.to_token_stream().to_string()).collect();
    let value = child.value().filter(|_| !matches!(child.body, Body::Supervisor(_)));
    let value = value.map(|value| format!(" = {}", value.to_token_stream()));
    let body = match &child.body {
        Body::Supervisor(nested) => supervisor(nested),
        Body::Task(task) => format!("{}{}", task.policy.ident, options(&task.options)),
        Body::Typed(typed) => {
            let (ty, options) = (typed.ty.to_token_stream(), options(&typed.options));
            match &typed.policy {
                Some(policy) => format!("{}<{ty}>{options}", policy.ident),
                None => format!("{ty}{options}"),
            }
        }
        Body::Broken(error) => error.to_string(),
    };
    format!("{attrs} {}: {body}{}", child.name, value.unwrap_or_default())
}

fn options(options: &Options) -> String {
    let items: Vec<String> = options.items.iter().map(option).collect();
    if items.is_empty() { String::new() } else { format!(" ({})", items.join(", ")) }
}

fn option(item: &Item) -> String {
    match &item.value {
        Value::Nothing | Value::Unreadable(_) => item.ident.to_string(),
        Value::Missing(_) | Value::Tokens(_) | Value::Syntax(_) => {
            format!("{} = {}", item.ident, item.value_tokens())
        }
    }
}
