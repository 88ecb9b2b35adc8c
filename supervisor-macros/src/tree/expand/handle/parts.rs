//! Writes what the handles of both forms of a tree have in common.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Ident};

use super::super::super::ast::{Handle, Supervisor};
use super::super::super::names::hygienic;

/// Returns the name of a supervisor's handle type; a pool's handle is the library's.
pub(super) fn ident(supervisor: &Supervisor) -> Ident {
    match &supervisor.handle {
        Some(Handle { ident, .. }) => ident.clone(),
        None => Ident::new("Handle", Span::mixed_site()),
    }
}

/// Implements `AsRef<Supervisor>`, so that functions can take any handle, and `Deref`, so that a
/// handle has the functions of its supervisor, but for those that an accessor hides.
///
/// The handle of a `pool` has the functions of the pool, which has those of its supervisor.
pub(super) fn as_supervisor(
    krate: &TokenStream,
    ident: &Ident,
    params: &[Ident],
    cfgs: &[&Attribute],
    pool: Option<&TokenStream>,
) -> TokenStream {
    let (target, inner) = match pool {
        Some(pool) => (pool.clone(), quote!(self.pool())),
        None => (quote!(#krate::Supervisor), quote!(self.supervisor())),
    };
    let generics = (!params.is_empty()).then(|| quote!(<#(#params),*>));
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #generics ::core::convert::AsRef<#krate::Supervisor> for #ident #generics {
            fn as_ref(&self) -> &#krate::Supervisor {
                self.supervisor()
            }
        }

        #(#cfgs)*
        #[automatically_derived]
        impl #generics ::core::ops::Deref for #ident #generics {
            type Target = #target;

            fn deref(&self) -> &#target {
                #inner
            }
        }
    }
}

/// Implements `Debug` with the supervisor alone: the children's names are in its snapshot.
pub(super) fn debug(ident: &Ident, params: &[Ident], cfgs: &[&Attribute]) -> TokenStream {
    let (text, formatter) = (ident.unraw().to_string(), hygienic("formatter"));
    let generics = (!params.is_empty()).then(|| quote!(<#(#params),*>));
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #generics ::core::fmt::Debug for #ident #generics {
            fn fmt(
                &self,
                #formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                #formatter
                    .debug_struct(#text)
                    .field("supervisor", self.supervisor())
                    .finish_non_exhaustive()
            }
        }
    }
}
