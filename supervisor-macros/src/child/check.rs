//! Checks the rules of `#[derive(Child)]`: one function each, named as in the tree.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::visit::Visit;
use syn::{
    Data, DeriveInput, GenericArgument, Lifetime, Meta, ParenthesizedGenericArguments,
    PathArguments, Type, TypeFnPtr, TypeParamBound, TypeReference,
};

use super::ast::Child;
use crate::errors::Errors;
use crate::options;
use crate::options::Value;
use crate::options::check::Subject;
use crate::options::key::{Key, Place};
use crate::options::setting::{HealthPart, Setting, StartMode};
use crate::tree::compact;
use crate::words::{Policy, Vocabulary};

type Rule = fn(&Child, &mut Errors);

const RULES: [Rule; 15] = [
    derive_on_enum,
    derive_on_union,
    derive_with_lifetime,
    derive_with_reference,
    derive_once_not_temporary,
    derive_significant_always,
    derive_backoff_temporary,
    derive_max_restarts_temporary,
    derive_start_temporary,
    derive_health_temporary,
    attribute_of_field,
    message_as_attribute,
    message_borrowed,
    message_unsized,
    message_bare_object,
];

/// Applies every rule.
pub(super) fn check(child: &Child, errors: &mut Errors) {
    options::check::check(&child.options, Place::Derive, &Subject::default(), errors);
    for rule in RULES {
        rule(child, errors);
    }
}

/// Checks that a child is not an enum, whose value would be one of several recipes.
fn derive_on_enum(child: &Child, errors: &mut Errors) {
    if let Data::Enum(data) = &child.input.data {
        let message = format!(
            "a child is a struct; put the enum `{}` into a field of one",
            child.input.ident
        );
        errors.at(data.enum_token.span, message);
    }
}

/// Checks that a child is not a union, which does not know which of its fields it holds.
fn derive_on_union(child: &Child, errors: &mut Errors) {
    if let Data::Union(data) = &child.input.data {
        errors.at(data.union_token.span, "a child is a struct, not a union");
    }
}

/// Checks that a child has no lifetime parameter: it outlives the function that declares it.
fn derive_with_lifetime(child: &Child, errors: &mut Errors) {
    for lifetime in child.input.generics.lifetimes() {
        let message = format!(
            "a child outlives what it could borrow for `{}`; own the data, or share it in an `Arc`",
            lifetime.lifetime
        );
        errors.on(&lifetime.lifetime, message);
    }
}

/// Checks that a child has no field that is a reference without a lifetime: the compiler would ask for
/// a lifetime parameter, which a child cannot have.
fn derive_with_reference(child: &Child, errors: &mut Errors) {
    let Data::Struct(data) = &child.input.data else { return };
    for field in &data.fields {
        if let Type::Reference(reference) = &field.ty
            && reference.lifetime.is_none()
        {
            let of = compact(&reference.elem.to_token_stream());
            let owned = match &*of {
                "str" => "String".to_owned(),
                of => format!("Arc<{of}>"),
            };
            errors.on(
                reference,
                format!("a child borrows nothing, since it outlives the function that makes it; own the data, as in `{owned}`"),
            );
        }
    }
}

/// Checks that a child that runs once, by value, is `Temporary`.
fn derive_once_not_temporary(child: &Child, errors: &mut Errors) {
    let Some(once) = span_of(child, Key::Once) else { return };
    let policy = policy(child);
    if policy.map(|(_, policy)| policy) != Some(Policy::Temporary) {
        let written = policy.map_or(Policy::Always, |(_, policy)| policy).as_str();
        let message =
            format!("a child that runs `once` cannot be `{written}`; add `restart = Temporary`");
        errors.at(policy.map_or(once, |(span, _)| span), message);
    }
}

/// Checks that a significant child can end for good: it is not `Always`.
///
/// Only a policy in the derive itself breaks the rule: a tree may give the child another policy.
fn derive_significant_always(child: &Child, errors: &mut Errors) {
    let Some(significant) = span_of(child, Key::Significant) else { return };
    if let Some((_, Policy::Always)) = policy(child) {
        errors.at(significant, "an `Always` child cannot be significant; make it `Transient`");
    }
}

/// Checks that a child that is never restarted has no backoff.
fn derive_backoff_temporary(child: &Child, errors: &mut Errors) {
    let Some(backoff) = span_of(child, Key::Backoff) else { return };
    if let Some((_, Policy::Temporary)) = policy(child) {
        errors.at(backoff, "a `Temporary` child never uses its `backoff`; leave it out");
    }
}

/// Checks that a child that is never restarted has no limit of restarts.
fn derive_max_restarts_temporary(child: &Child, errors: &mut Errors) {
    let Some(limit) = span_of(child, Key::MaxRestarts) else { return };
    if let Some((_, Policy::Temporary)) = policy(child) {
        errors.at(limit, "a `Temporary` child never uses its `max_restarts`; leave it out");
    }
}

/// Checks that a child whose start is tried again is started more than once.
fn derive_start_temporary(child: &Child, errors: &mut Errors) {
    let retries = |setting| matches!(setting, Setting::Start(StartMode::Retry)).then_some(());
    let Some((item, ())) = child.options.find(Place::Derive, retries) else { return };
    if let Some((_, Policy::Temporary)) = policy(child) {
        let message = "a `Temporary` child is started once; `start = retry` needs `Transient`";
        errors.at(item.ident.span(), message);
    }
}

/// Checks that the tree's health does not require a child that may end and stay away.
fn derive_health_temporary(child: &Child, errors: &mut Errors) {
    let required = |setting| matches!(setting, Setting::Health(HealthPart::Required)).then_some(());
    let Some((item, ())) = child.options.find(Place::Derive, required) else { return };
    if let Some((_, Policy::Temporary)) = policy(child) {
        let message = "a `Temporary` child may end and stay away; write `health = degrades`";
        errors.at(item.ident.span(), message);
    }
}

/// Checks that options stand on the type, and not on a field of it, where nothing reads them.
fn attribute_of_field(child: &Child, errors: &mut Errors) {
    let Data::Struct(data) = &child.input.data else { return };
    for attr in data.fields.iter().flat_map(|field| &field.attrs) {
        if attr.path().is_ident("child") || attr.path().is_ident("message") {
            errors.on(attr, "options are those of the child, and stand before its `struct`");
        }
    }
}

/// Checks that the type of the messages is an option, and not an attribute as in other libraries.
fn message_as_attribute(child: &Child, errors: &mut Errors) {
    message_attributes(child.input).for_each(|error| errors.push(error));
}

/// Returns the errors about `#[message(Query)]`.
pub(super) fn message_attributes(input: &DeriveInput) -> impl Iterator<Item = syn::Error> {
    let attrs = input.attrs.iter().filter(|attr| attr.path().is_ident("message"));
    attrs.map(|attr| {
        let ty = match &attr.meta {
            Meta::List(list) => syn::parse2::<Type>(list.tokens.clone()).ok(),
            Meta::NameValue(value) => syn::parse2(value.value.to_token_stream()).ok(),
            Meta::Path(_) => None,
        };
        let ty = ty.map_or_else(|| "Query".to_owned(), |ty| compact(&ty.to_token_stream()));
        let message = format!(
            "the type of the messages is an option of the child; write `#[child(message = {ty})]`"
        );
        syn::Error::new_spanned(attr, message)
    })
}

/// Checks that a message borrows nothing: it outlives the call that sends it.
fn message_borrowed(child: &Child, errors: &mut Errors) {
    each_message(child, |ty| borrowed(ty).into_iter().for_each(|error| errors.push(error)));
}

/// Checks that a message has a size that is known.
fn message_unsized(child: &Child, errors: &mut Errors) {
    each_message(child, |ty| unsized_type(ty).into_iter().for_each(|error| errors.push(error)));
}

/// Checks that a message which is a boxed trait of std says that it is `Send`, which none of those traits
/// implies.
fn message_bare_object(child: &Child, errors: &mut Errors) {
    each_message(child, |ty| bare_object(ty).into_iter().for_each(|error| errors.push(error)));
}

fn each_message(child: &Child, mut then: impl FnMut(&TokenStream)) {
    for item in &child.options.items {
        if let (Some(Key::Message), Value::Syntax(ty)) = (item.key(), &item.value) {
            then(ty);
        }
    }
}

/// Returns the error for a type that cannot be that of messages.
pub(super) fn message_fault(ty: &TokenStream) -> Option<syn::Error> {
    borrowed(ty).or_else(|| unsized_type(ty)).or_else(|| bare_object(ty))
}

/// Returns the error for `Box<dyn FnOnce()>`.
fn bare_object(ty: &TokenStream) -> Option<syn::Error> {
    const OF_STD: [&str; 8] =
        ["Any", "Debug", "Display", "Error", "Fn", "FnMut", "FnOnce", "Future"];
    let parsed: Type = syn::parse2(ty.clone()).ok()?;
    let pinned = argument_of(&parsed, "Pin");
    let Type::TraitObject(object) = argument_of(pinned.unwrap_or(&parsed), "Box")? else {
        return None;
    };
    let mut bounds = object.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    });
    if !bounds.all(|of| OF_STD.iter().any(|known| of.ident == known)) {
        return None;
    }
    let boxed = format!("Box<{} + Send>", compact(&object.to_token_stream()));
    let written = if pinned.is_some() { format!("Pin<{boxed}>") } else { boxed };
    let message = format!("a message goes to another thread; write `message = {written}`");
    Some(syn::Error::new_spanned(ty, message))
}

/// Returns the type in the angle brackets of a type of this name.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(of) = &last.arguments else { return None };
    match of.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

fn borrowed(ty: &TokenStream) -> Option<syn::Error> {
    let parsed: Type = syn::parse2(ty.clone()).ok()?;
    let mut borrows = Borrows(None);
    borrows.visit_type(&parsed);
    let owned = match &parsed {
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
            Type::Slice(slice) => format!("Vec<{}>", compact(&slice.elem.to_token_stream())),
            elem => compact(&elem.to_token_stream()),
        },
        _ => "Query".to_owned(),
    };
    let message = format!(
        "a message borrows nothing, since it outlives the call that sends it; own the data, as in `message = {owned}`"
    );
    borrows.0.map(|tokens| syn::Error::new_spanned(tokens, message))
}

/// The first reference or lifetime of a type that is not `'static`.
struct Borrows(Option<TokenStream>);

impl<'ast> Visit<'ast> for Borrows {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") {
            self.0.get_or_insert_with(|| reference.to_token_stream());
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.0.get_or_insert_with(|| lifetime.to_token_stream());
        }
    }

    // The argument of `fn(&str)` is borrowed by a call, and `for<'a>` names no borrow.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
}

fn unsized_type(ty: &TokenStream) -> Option<syn::Error> {
    let parsed: Type = syn::parse2(ty.clone()).ok()?;
    let text = compact(ty);
    let instead = match &parsed {
        Type::TraitObject(_) => format!("Box<{text}{}>", and_send(&text)),
        Type::ImplTrait(_) => {
            let text = text.replacen("impl", "dyn", 1);
            format!("Box<{text}{}>", and_send(&text))
        }
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", compact(&slice.elem.to_token_stream())),
        _ => return None,
    };
    let message = format!("a message has a size; write `message = {instead}`");
    Some(syn::Error::new_spanned(ty, message))
}

/// Returns what a type of trait objects lacks to be sent between threads.
fn and_send(text: &str) -> &'static str {
    if text.contains("Send") { "" } else { " + Send" }
}

fn span_of(child: &Child, key: Key) -> Option<Span> {
    let settings = child.options.settings(Place::Derive);
    settings.into_iter().find(|(_, found, _)| *found == key).map(|(item, _, _)| item.ident.span())
}

fn policy(child: &Child) -> Option<(Span, Policy)> {
    let found = child.options.find(Place::Derive, |setting| match setting {
        Setting::Policy(policy) => Some(policy),
        _ => None,
    });
    found.map(|(item, policy)| (item.value_span(), policy))
}
