//! Parses a child's type: a path with generic arguments.
//!
//! The path is parsed by hand, since syn takes the options of `Database(shutdown = 5s)` for the
//! arguments of `Fn(…)`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{AngleBracketedGenericArguments, Ident, Token, token};

use super::super::ast::TypePath;
use super::super::text;
use super::child::policy_of_supervisor;
use super::mistakes;
use super::recovery::starts_child;
use crate::errors::Errors;
use crate::words::{Policy, Strategy, Vocabulary};

/// Parses `a::path::Type<Arguments>`.
pub(super) fn parse(input: ParseStream, name: &Ident) -> syn::Result<TypePath> {
    if let Some(message) = mistakes::no_type(input, name).or_else(|| mistakes::array(input, name)) {
        return Err(input.error(message));
    }
    if !starts_path(input) {
        let message = if input.peek(Token![|])
            || input.peek(Token![move])
            || input.peek(Token![async])
        {
            format!("a task has a policy; write `{name}: Always = …`")
        } else if let Some((word, policy)) = atom(input) {
            format!("Erlang's `:{word}` is written `{policy}`")
        } else if let Some(strategy) = strategy_atom(input) {
            format!("the strategy stands before the braces, as in `Shop: {strategy} {{ … }}`")
        } else if input.peek(token::Bracket) {
            "the children stand one by one in the braces, as in `one_for_one { a: Always, b: T }`"
                .to_owned()
        } else {
            format!("expected a policy, a supervisor, or a type's path, as in `{name}: Database`")
        };
        return Err(input.error(message));
    }
    let ty = segments(input)?;
    not_a_wrapper(&ty, name)?;
    Ok(ty)
}

/// Reports `Box<dyn Worker>`, `Arc<dyn Worker>`, `Arc<Db>` and others that are never children.
fn not_a_wrapper(ty: &TypePath, name: &Ident) -> syn::Result<()> {
    let is_box = ["Box", "Arc", "Rc", "Pin"].iter().any(|word| ty.last == word);
    let tokens = ty.tokens.clone().into_iter();
    let is_object = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "dyn");
    if is_box && tokens.clone().any(|token| is_object(&token)) {
        return Err(syn::Error::new_spanned(ty, mistakes::one_type(name)));
    }
    match mistakes::no_child_type(ty, name) {
        Some(message) => Err(syn::Error::new_spanned(ty, message)),
        None => Ok(()),
    }
}

/// Parses the rest of a path with the wrong sign, `storage.Database`, and reports the sign.
pub(super) fn dotted(input: ParseStream, ty: &mut TypePath, errors: &mut Errors) {
    let start = input.span();
    let mut is_dotted = false;
    while input.peek(Token![.]) && input.peek2(Ident::peek_any) {
        let Ok(dot) = input.parse::<Token![.]>() else { return };
        let Ok(rest) = segments(input) else { return };
        let tokens = &ty.tokens;
        let colons = quote_spanned!(dot.span=> ::);
        let rest_tokens = &rest.tokens;
        let joined = quote::quote!(#tokens #colons #rest_tokens);
        *ty = TypePath { tokens: joined, last: rest.last, is_plain: false, added: None };
        is_dotted = true;
    }
    if is_dotted {
        errors.at(
            start,
            format!("a path is written with `::`; write `{}`", text::compact(&ty.tokens)),
        );
    }
}

/// Returns the policy in `Database<Transient>`, and the type without it.
pub(super) fn policy_as_argument(ty: &TypePath) -> Option<(Ident, TypePath)> {
    let mut tokens: Vec<TokenTree> = ty.tokens.clone().into_iter().collect();
    let [.., TokenTree::Punct(open), TokenTree::Ident(word), TokenTree::Punct(close)] =
        tokens.as_slice()
    else {
        return None;
    };
    if open.as_char() != '<' || close.as_char() != '>' {
        return None;
    }
    Policy::parse(&word.to_string())?;
    let word = word.clone();
    tokens.truncate(tokens.len() - 3);
    while matches!(tokens.last(), Some(TokenTree::Punct(sign)) if sign.as_char() == ':') {
        tokens.pop();
    }
    let is_plain = tokens.len() == 1;
    let tokens = tokens.into_iter().collect();
    Some((word, TypePath { tokens, last: ty.last.clone(), is_plain, added: None }))
}

/// Parses Erlang's `:permanent`, and returns the policy that it means.
fn atom(input: ParseStream) -> Option<(Ident, &'static str)> {
    let ahead = input.fork();
    ahead.parse::<Token![:]>().ok()?;
    let word = ahead.call(Ident::parse_any).ok()?;
    let (policy, _) = Policy::meant_by(&word.to_string())?;
    Some((word, policy.as_str()))
}

/// Parses Erlang's `:one_for_one`.
fn strategy_atom(input: ParseStream) -> Option<Ident> {
    let ahead = input.fork();
    ahead.parse::<Token![:]>().ok()?;
    let word = ahead.call(Ident::parse_any).ok()?;
    Strategy::parse(&word.to_string()).map(|_| word)
}

/// Parses `<a::path::Type>` after a policy.
pub(super) fn in_angles(input: ParseStream, policy: &Ident, name: &Ident) -> syn::Result<TypePath> {
    input.parse::<Token![<]>()?;
    if let Some(message) = mistakes::no_type(input, name).or_else(|| mistakes::array(input, name)) {
        return Err(input.error(message));
    }
    if !starts_path(input) || starts_child(input) {
        let message = format!("expected one type's path, as in `{policy}<Database>`");
        return Err(input.error(message));
    }
    let ty = segments(input)?;
    not_a_wrapper(&ty, name)?;
    if ty.is_plain && Strategy::parse(&ty.last.to_string()).is_some() {
        let message = policy_of_supervisor(name, policy, &ty.last);
        return Err(syn::Error::new_spanned(ty, message));
    }
    if input.peek(token::Paren) {
        let last = &ty.last;
        let text = text::compact(&ty.tokens);
        if let Some((of, call)) = text.rsplit_once("::")
            && call.starts_with(|first: char| first.is_lowercase())
        {
            let message = format!(
                "a child's value stands after `=`; write `{name}: {policy}<{of}> = {of}::{call}(…)`"
            );
            return Err(syn::Error::new_spanned(ty, message));
        }
        let message = format!("options stand after the `>`; write `{policy}<{last}>(…)`");
        return Err(input.error(message));
    }
    if input.parse::<Token![>]>().is_err() {
        let message = format!("expected `>`: a child has one type, as in `{policy}<{}>`", ty.last);
        return Err(input.error(message));
    }
    Ok(ty)
}

pub(super) fn starts_path(input: ParseStream) -> bool {
    let word = input.peek(Ident)
        || input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super])
        || input.peek(Token![Self]);
    word || input.peek(Token![::])
}

/// Returns whether a word can stand in a path: a name, or a keyword that means a module or a type.
fn is_segment(ident: &Ident) -> bool {
    is_module(ident) || ident == "Self" || syn::parse_str::<Ident>(&ident.to_string()).is_ok()
}

/// Returns whether the word means a module in a path, so that no type arguments can follow it.
fn is_module(ident: &Ident) -> bool {
    ["crate", "$crate", "self", "super"].iter().any(|word| ident == word)
}

pub(super) fn segments(input: ParseStream) -> syn::Result<TypePath> {
    let mut tokens = TokenStream::new();
    let mut segments = 0;
    let mut has_arguments = false;
    if let Ok(colons) = input.parse::<Token![::]>() {
        colons.to_tokens(&mut tokens);
        segments += 1;
    }
    loop {
        let ident = input.call(Ident::parse_any)?;
        if !is_segment(&ident) {
            let message = format!("a type's path cannot contain the word `{ident}`");
            return Err(syn::Error::new(ident.span(), message));
        }
        ident.to_tokens(&mut tokens);
        segments += 1;
        if is_module(&ident)
            && (input.peek(Token![<]) || input.peek(Token![::]) && input.peek3(Token![<]))
        {
            let message = format!("`{ident}` is a module; write a type, as in `{ident}::Database`");
            return Err(syn::Error::new(ident.span(), message));
        }
        if input.peek(Token![<]) {
            input.parse::<AngleBracketedGenericArguments>()?.to_tokens(&mut tokens);
            has_arguments = true;
        } else if input.peek(Token![::]) && input.peek3(Token![<]) {
            AngleBracketedGenericArguments::parse_turbofish(input)?.to_tokens(&mut tokens);
            has_arguments = true;
        }
        let Ok(colons) = input.parse::<Token![::]>() else {
            let is_plain = segments == 1 && !has_arguments;
            return Ok(TypePath { tokens, last: ident, is_plain, added: None });
        };
        colons.to_tokens(&mut tokens);
    }
}
