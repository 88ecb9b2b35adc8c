//! Messages for the syntax of other languages, by what stands in a place of the tree.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token, token};

use super::super::text::compact;
use super::child::is_lower;
use crate::options::begins_with_option;
use crate::words::elsewhere;

/// Says how several workers of one kind are written.
pub(super) fn several(name: &str, of: &str, count: &str) -> String {
    format!(
        "several workers of one kind are `{name}: simple_one_for_one(partitions = {count}) {{ worker: {of} }}`"
    )
}

/// Returns the message for tokens that follow a complete child, if they are known.
pub(super) fn after_child(input: ParseStream) -> Option<String> {
    let ahead = input.fork();
    if ahead.peek(token::Paren) {
        let holds_options = || -> syn::Result<bool> {
            let content;
            syn::parenthesized!(content in ahead);
            Ok(begins_with_option(&content))
        };
        return holds_options().is_ok_and(|holds| holds).then(|| {
            "options stand before the braces, and before the `=` of a value: \
             `name: one_for_one(max_restarts = 5) { … }`"
                .to_owned()
        });
    }
    if ahead.parse::<Token![*]>().is_ok() {
        let count = ahead.parse::<syn::LitInt>().map_or("4".to_owned(), |count| count.to_string());
        return Some(several("workers", "Type", &count));
    }
    if ahead.peek(Token![=>]) {
        return Some("a child's value stands after `=`".to_owned());
    }
    if ahead.peek(Token![->]) || ahead.peek(Token![<-]) {
        return Some(
            "a child uses a sibling above it by naming it in its value, as in \
             `front: Front = Front::new(db)`; a value stands after `=`"
                .to_owned(),
        );
    }
    None
}

/// Returns the message for tokens where a child is expected and no name stands.
pub(super) fn no_child(input: ParseStream) -> &'static str {
    if input.peek(token::Brace) || input.peek(token::Paren) || input.peek(token::Bracket) {
        return "a child has no brackets around it; it is written `name: Type = value`";
    }
    if input.peek(Token![..]) {
        return "a tree takes no children from elsewhere: one is `name: OtherTree`, and others are added to the running tree";
    }
    "expected a child, as in `name: Always` or `name: Type = value`"
}

/// Returns a child as it is declared, from its value; `None` if the value does not tell.
pub(super) fn declaration_of(name: &Ident, value: &Expr) -> Option<String> {
    let (path, arguments) = match value {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => (&path.path, "(…)"),
            _ => return None,
        },
        Expr::Struct(value) => (&value.path, " { … }"),
        Expr::Path(path) => (&path.path, ""),
        Expr::Closure(_) => return Some(format!("{name}: Always = |ctx| …")),
        _ => return None,
    };
    let written = compact(&path.to_token_stream());
    let last = path.segments.last()?.ident.to_string();
    if !is_lower(&last) {
        let value =
            if arguments.is_empty() { String::new() } else { format!(" = {written}{arguments}") };
        return Some(format!("{name}: {written}{value}"));
    }
    match written.rsplit_once("::") {
        Some((of, _)) if !is_lower(of.rsplit("::").next()?) => {
            Some(format!("{name}: {of} = {written}{arguments}"))
        }
        _ if arguments.is_empty() => Some(format!("{name}: Always = {written}")),
        _ => None,
    }
}

/// Returns the message for a type or a value where only one type can stand: `[Cache; 4]`,
/// `Box<dyn Worker>`, `"Db"`; `None` for other tokens.
pub(super) fn no_type(input: ParseStream, name: &Ident) -> Option<String> {
    let ahead = input.fork();
    if let Ok(string) = ahead.parse::<syn::LitStr>() {
        return Some(format!("a type has no quotes; write `{name}: {}`", string.value()));
    }
    if input.peek(Token![&]) {
        return Some(format!(
            "a child owns its value; write `{name}: Type` without `&`, and share data in an `Arc`"
        ));
    }
    if input.peek(Token![dyn]) || input.peek(Token![impl]) {
        return Some(one_type(name));
    }
    if let Some(count) = factor(input) {
        return Some(several(&name.to_string(), "Type", &count));
    }
    let ahead = input.fork();
    let word = ahead.call(Ident::parse_any).ok()?;
    if word == "match" || word == "if" || word == "loop" || word == "unsafe" {
        return Some(format!("a child's value stands after `=`; write `{name}: Type = {word} …`"));
    }
    if (word == "DynamicSupervisor" || word == "PartitionSupervisor") && !ahead.peek(Token![=]) {
        let (_, strategy) = elsewhere::strategy(&word.to_string())?;
        return Some(format!(
            "a supervisor is written by its strategy, as in `{name}: {strategy} {{ worker: Type }}`"
        ));
    }
    if let Some((of, count)) = pool_of(&word, &ahead) {
        return Some(several(&name.to_string(), &of, &count));
    }
    if ahead.parse::<Token![!]>().is_ok() || (word == "Vec" && ahead.peek(Token![<])) {
        let of = inner_type(&ahead).unwrap_or_else(|| "Type".to_owned());
        return Some(several(&name.to_string(), &of, "4"));
    }
    None
}

/// Returns the type and the number in `Pool<Type, 4>`.
fn pool_of(word: &Ident, ahead: ParseStream) -> Option<(String, String)> {
    let is_pool = word == "Pool" || word == "Partitioned" || word == "WorkerPool";
    let arguments: syn::AngleBracketedGenericArguments = ahead.fork().parse().ok()?;
    let mut arguments = arguments.args.iter().filter(|_| is_pool);
    let (of, count) = (arguments.next()?, arguments.next()?);
    let syn::GenericArgument::Const(Expr::Lit(count)) = count else { return None };
    Some((compact(&of.to_token_stream()), compact(&count.to_token_stream())))
}

/// Returns the number in `4 * Type`.
fn factor(input: ParseStream) -> Option<String> {
    let ahead = input.fork();
    let count = ahead.parse::<syn::LitInt>().ok()?;
    ahead.parse::<Token![*]>().ok()?;
    Some(count.to_string())
}

/// Says that a child has one type that is known.
pub(super) fn one_type(name: &Ident) -> String {
    format!(
        "a child has one type, which is known; write `{name}: Type`, with the `dyn` in a field of the type"
    )
}

/// Returns the message for an array of workers, `[Cache; 4]`.
pub(super) fn array(input: ParseStream, name: &Ident) -> Option<String> {
    let parse = || -> syn::Result<Option<(String, String)>> {
        let ahead = input.fork();
        let content;
        syn::bracketed!(content in ahead);
        let of: syn::Type = content.parse()?;
        if content.parse::<Token![;]>().is_err() {
            return Ok(None);
        }
        let count: proc_macro2::TokenStream = content.parse()?;
        Ok(Some((compact(&of.to_token_stream()), compact(&count))))
    };
    let (of, count) = parse().ok()??;
    Some(several(&name.to_string(), &of, &count))
}

/// Returns the type in `<Type>` or `[Type; 4]`.
fn inner_type(ahead: ParseStream) -> Option<String> {
    if let Ok(arguments) = ahead.fork().parse::<syn::AngleBracketedGenericArguments>() {
        return arguments.args.first().map(|of| compact(&of.to_token_stream()));
    }
    let parse = || -> syn::Result<String> {
        let content;
        syn::bracketed!(content in ahead);
        let of: syn::Path = content.parse()?;
        Ok(compact(&of.to_token_stream()))
    };
    parse().ok()
}
