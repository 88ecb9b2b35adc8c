//! Writes the two implementations that `#[derive(Child)]` stands for.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::ast::{Child, Message};
use crate::errors::{Errors, unknown_type};
use crate::options::key::{Key, Place};
use crate::options::setting::Setting;
use crate::tree::names::mixed_site;
use crate::tree::{options_of_type, settings};

/// Writes what rust-analyzer reads: the words of the options first, where it can complete them.
pub(super) fn for_editor(child: &Child, errors: &Errors) -> TokenStream {
    let krate = krate(child);
    let attrs = child.input.attrs.iter().filter(|attr| attr.path().is_ident("child"));
    let lists = attrs.filter_map(|attr| attr.meta.require_list().ok());
    let words = lists.map(|list| options_of_type(&krate, &list.tokens));
    let words = quote!(const _: () = { #[allow(unused)] fn words() { #(#words)* } };);
    let items = expand(child, errors);
    quote!(#words #items)
}

/// Implements the traits, even for a type with mistakes: without them, each use of the type would
/// be a second error. A type that borrows gets no implementation, since none would compile.
pub(super) fn expand(child: &Child, errors: &Errors) -> TokenStream {
    if child.input.generics.lifetimes().next().is_some() {
        return errors.to_items();
    }
    let krate = krate(child);
    let ident = &child.input.ident;
    let message = message(&krate, child);
    // True even if the flag has a value, which is a mistake.
    let is_once = child.options.contains(Key::Once);
    let calls = settings::of_constant_child(&krate, &child.options, Place::Derive);
    let once = is_once.then(|| quote!(.with_once()));
    let (impl_generics, ty_generics, _) = child.input.generics.split_for_impl();
    // The arguments have the span of the type's name, where rustc reports a missing `impl Worker`.
    let span = ident.span();
    let (name_arg, recipe_arg) = (Ident::new("__name", span), Ident::new("__recipe", span));
    let is_generic = !child.input.generics.params.is_empty();
    let worker = match (is_once, is_generic) {
        (false, false) => quote!(bounds::WorkerSpec),
        (true, false) => quote!(bounds::WorkerOnceSpec),
        (false, true) => quote!(bounds::WorkerOf<#message>),
        (true, true) => quote!(bounds::WorkerOnceOf<#message>),
    };
    let spec = if errors.is_empty() {
        quote_spanned!(span=> <Self as #krate::#worker>::into_spec(#recipe_arg, #name_arg))
    } else {
        quote!({
            let _ = (#name_arg, #recipe_arg);
            #krate::__private::broken()
        })
    };
    let errors = errors.to_items();
    // The types have the span of the option's value, where rustc reports a message type that is
    // less visible than the child.
    let at = message.clone().into_iter().next().map_or(span, |token| token.span());
    let handle_type = quote_spanned!(at=> type Handle = #krate::ChildRef<#message>;);
    let message_type = quote_spanned!(at=> type Message = #message;);
    let (child_clause, addressable_clause) = where_clauses(child, &krate, &message, &worker);
    let body = quote! {
        type Recipe = Self;
        #handle_type
        const OPTIONS: #krate::ChildOptions = <Self as #krate::Addressable>::DEFAULTS;

        fn spec(
            #name_arg: &::core::primitive::str,
            #recipe_arg: Self,
        ) -> #krate::ChildSpec<#krate::specs::Ready<#krate::ChildRef<#message>>> {
            #spec
        }
    };
    // The implementation has the span of the name, where rustc points when it lists the types that
    // are children.
    // An empty list of parameters has no place in the program, where rustc would add one.
    let no_generics = quote_spanned!(Span::mixed_site()=> <>);
    let impl_generics = if is_generic { impl_generics.to_token_stream() } else { no_generics };
    let child = quote_spanned! {span=>
        impl #impl_generics #krate::Child for #ident #ty_generics #child_clause { #body }
    };
    // A message that cannot be sent is reported in the order of the items, first at its type.
    quote! {
        #errors

        #[automatically_derived]
        impl #impl_generics #krate::Addressable for #ident #ty_generics #addressable_clause {
            #message_type
            const DEFAULTS: #krate::ChildOptions =
                #krate::ChildOptions::new()#calls #once;
        }

        #[automatically_derived]
        #child
    }
}

/// Returns the `where` clauses of the two implementations.
///
/// A type without parameters has its own clauses only: a missing implementation is then one error,
/// at the derive. A type with parameters may be a worker for some of them only, and a message type
/// that names them has to be `Send`.
fn where_clauses(
    child: &Child,
    krate: &TokenStream,
    message: &TokenStream,
    worker: &TokenStream,
) -> (TokenStream, TokenStream) {
    let generics = &child.input.generics;
    let own = generics.where_clause.as_ref();
    if generics.params.is_empty() {
        return (quote!(#own), quote!(#own));
    }
    let predicates: Vec<TokenStream> = own
        .map(|clause| clause.predicates.iter().map(|predicate| quote!(#predicate,)).collect())
        .unwrap_or_default();
    let sendable = quote!(#message: ::core::marker::Send + 'static);
    (
        quote!(where #(#predicates)* #sendable, Self: #krate::#worker),
        quote!(where #(#predicates)* #sendable),
    )
}

fn find(child: &Child, key: Key) -> Option<Setting> {
    let settings = child.options.settings(Place::Derive);
    settings.into_iter().find(|(_, found, _)| *found == key).map(|(_, _, setting)| setting)
}

fn krate(child: &Child) -> TokenStream {
    let Some(Setting::Path(path)) = find(child, Key::Crate) else { return quote!(::supervisor) };
    mixed_site(path)
}

/// Returns the type of the child's messages with the user's spans, where rustc reports a type that
/// is less visible than the child. A type that cannot be used, which has been reported, becomes an
/// unknown one, so that no use of it is a second error.
fn message(krate: &TokenStream, child: &Child) -> TokenStream {
    match child.message() {
        Message::Unit => quote!(()),
        Message::Type(message) => message,
        Message::Unknown(error) => unknown_type(krate, &error),
    }
}
