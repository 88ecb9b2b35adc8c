//! The handles: structs with one accessor for each child.

mod generic;
mod named;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Ident};

pub(super) use generic::root as generic_root;
pub(super) use named::{below as named_below, root as named_root};

use super::super::ast::{Handle, Supervisor, Tree};
use super::super::names::own;

/// The type of a supervisor's handle; a pool's is the library's.
fn ident(supervisor: &Supervisor) -> Ident {
    match &supervisor.handle {
        Some(Handle { ident, .. }) => ident.clone(),
        None => Ident::new("Tree", Span::mixed_site()),
    }
}

/// The value of the tree: `__supervisor` or `__pool`, and the children's names, are bound.
pub(super) fn value(tree: &Tree) -> TokenStream {
    let krate = &tree.krate;
    let handle = ident(&tree.root);
    let outline = tree.head.is_none().then(|| {
        let outline = own("outline");
        quote!(outline: #outline,)
    });
    if tree.root.is_pool() {
        let pool = own("pool");
        let supervisor = quote!(::core::clone::Clone::clone(#pool.supervisor()));
        let pool = if tree.head.is_some() {
            named::held_pool(krate, &tree.root, &pool)
        } else {
            quote!(#pool)
        };
        let fields = quote!(supervisor: #krate::__private::HiddenSupervisor::new(#supervisor), #outline pool: #pool);
        return quote!(#krate::Tree::new(#supervisor, #handle { #fields }));
    }
    let supervisor = own("supervisor");
    let fields = match &tree.head {
        Some(_) => named::fields(krate, &tree.root),
        None => generic::fields(&tree.root),
    };
    quote! {
        #krate::Tree::new(
            ::core::clone::Clone::clone(&#supervisor),
            #handle { supervisor: #krate::__private::HiddenSupervisor::new(#supervisor), #outline #fields },
        )
    }
}

/// The handle of a nested supervisor, inside its block.
pub(super) fn nested_value(
    krate: &TokenStream,
    nested: &Supervisor,
    is_named: bool,
) -> TokenStream {
    if nested.is_pool() {
        let pool = own("pool");
        return quote!(#pool);
    }
    let (handle, supervisor) = (ident(nested), own("supervisor"));
    if is_named {
        let fields = named::fields(krate, nested);
        return quote!(#handle { supervisor: #krate::__private::HiddenSupervisor::new(#supervisor), #fields });
    }
    let (ty, fields) = (generic::nested(krate, nested), generic::fields(nested));
    quote!({ #ty #handle { supervisor: #krate::__private::HiddenSupervisor::new(#supervisor), #fields } })
}

/// What every handle is besides: its supervisor, for those who take any handle.
fn as_supervisor(
    krate: &TokenStream,
    ident: &Ident,
    params: &[Ident],
    cfgs: &[&Attribute],
) -> TokenStream {
    let generics = (!params.is_empty()).then(|| quote!(<#(#params),*>));
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #generics ::core::convert::AsRef<#krate::Supervisor> for #ident #generics {
            fn as_ref(&self) -> &#krate::Supervisor {
                self.supervisor()
            }
        }
    }
}

/// `Debug` with the supervisor alone: the children's names are in its snapshot.
fn debug(ident: &Ident, params: &[Ident], cfgs: &[&Attribute]) -> TokenStream {
    let (text, formatter) = (ident.unraw().to_string(), own("formatter"));
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
