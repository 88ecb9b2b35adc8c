//! The two implementations that `#[derive(Child)]` stands for.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Data;
use syn::ext::IdentExt;

use super::ast::Child;
use crate::errors::Errors;
use crate::options::key::{Key, Place};
use crate::options::setting::Setting;
use crate::tree::names::{own, snake};
use crate::tree::settings;

pub(super) fn expand(child: &Child, errors: &Errors) -> TokenStream {
    let is_struct = matches!(child.input.data, Data::Struct(_));
    let borrows = child.input.generics.lifetimes().next().is_some();
    let errors = errors.to_items();
    if !is_struct || borrows {
        // No implementation of it would compile.
        return errors;
    }
    let krate = krate(child);
    let ident = &child.input.ident;
    let message = message(child);
    let is_once = find(child, Key::Once).is_some();
    let name = name(child);
    let calls = settings::of_child(&krate, &child.options, Place::Derive);
    let once = is_once.then(|| quote!(.with_once()));
    let (impl_generics, ty_generics, where_clause) = child.input.generics.split_for_impl();
    // At the type's name, so that a missing `impl Worker` is an error there.
    let span = ident.span().resolved_at(Span::mixed_site());
    let (name_arg, recipe_arg) = (own("name"), own("recipe"));
    let run = if is_once { quote!(worker_once) } else { quote!(worker) };
    let spec = quote_spanned!(span=> #krate::__private::#run::<Self>(#name_arg, #recipe_arg));
    // With generics, whether the type is a worker may depend on them.
    let worker = if is_once { quote!(WorkerOnce) } else { quote!(Worker) };
    let where_clause = if child.input.generics.params.is_empty() {
        quote!(#where_clause)
    } else {
        let predicates = where_clause.map(|clause| {
            let predicates = clause.predicates.iter();
            quote!(#(#predicates,)*)
        });
        quote!(where #predicates Self: #krate::#worker<Message = #message>)
    };
    quote! {
        #errors

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #krate::Child for #ident #ty_generics #where_clause {
            type Recipe = Self;
            type Handle = #krate::ChildRef<#message>;
            const OPTIONS: #krate::ChildOptions =
                #krate::ChildOptions::new().with_name(#name)#calls #once;

            fn spec(
                #name_arg: &::core::primitive::str,
                #recipe_arg: Self,
            ) -> #krate::ChildSpec<#krate::Run<Self::Handle>> {
                #spec
            }
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #krate::Addressable for #ident #ty_generics #where_clause {
            type Message = #message;
        }
    }
}

fn find(child: &Child, key: Key) -> Option<Setting> {
    let mut settings = child.options.settings(Place::Derive);
    settings.find(|(_, found, _)| *found == key).map(|(_, _, setting)| setting)
}

fn krate(child: &Child) -> TokenStream {
    let Some(Setting::Crate(path)) = find(child, Key::Crate) else { return quote!(::supervisor) };
    path
}

/// The type keeps its place: one that is less visible than the child is an error there.
fn message(child: &Child) -> TokenStream {
    let Some(Setting::Message(message)) = find(child, Key::Message) else { return quote!(()) };
    message
}

fn name(child: &Child) -> TokenStream {
    if let Some(Setting::Name(name)) = find(child, Key::Name) {
        return quote!(#name);
    }
    let name = snake(&child.input.ident.unraw().to_string());
    quote!(#name)
}
