//! Writes the handles: structs with one accessor for each child.

mod generic;
mod named;
mod parts;

use proc_macro2::TokenStream;
use quote::quote;

pub(super) use generic::root as generic_root;
pub(super) use named::{accessor_type, below as named_below, root as named_root};

use self::parts::ident;
use super::super::ast::{Supervisor, Tree};
use super::super::names::hygienic;

/// Writes the value of the tree, once `__supervisor` or `__pool` and the children's names are bound.
pub(super) fn value(tree: &Tree) -> TokenStream {
    let krate = &tree.krate;
    let handle = ident(&tree.root);
    let descriptor = tree.head.is_none().then(|| {
        let descriptor = hygienic("descriptor");
        quote!(descriptor: #descriptor,)
    });
    if tree.root.is_pool() {
        let pool = hygienic("pool");
        let supervisor = quote!(::core::clone::Clone::clone(#pool.supervisor()));
        let pool = if tree.head.is_some() {
            named::hidden(krate, &tree.root, &pool)
        } else {
            quote!(#krate::__private::Hidden::new(#pool))
        };
        let fields = quote!(__supervisor: #krate::__private::Hidden::new(#supervisor), #descriptor __pool: #pool);
        return quote!(#krate::Tree::new(#supervisor, #handle { #fields }));
    }
    let supervisor = hygienic("supervisor");
    let fields = match &tree.head {
        Some(_) => named::fields(krate, &tree.root),
        None => generic::fields(krate, &tree.root),
    };
    quote! {
        #krate::Tree::new(
            ::core::clone::Clone::clone(&#supervisor),
            #handle { __supervisor: #krate::__private::Hidden::new(#supervisor), #descriptor #fields },
        )
    }
}

/// Writes what stands for the handle of shards where there are none, from the value of the handle of one: in
/// a program that does not compile, or in an editor. Other supervisors keep their value.
pub(super) fn of_shards(
    krate: &TokenStream,
    nested: &Supervisor,
    value: TokenStream,
) -> TokenStream {
    if nested.is_sharded() { quote!(#krate::__private::broken_shards(#value)) } else { value }
}

/// Writes the value of a nested supervisor's handle, inside its block; that of one shard, if it has shards.
pub(super) fn nested_value(
    krate: &TokenStream,
    nested: &Supervisor,
    is_named: bool,
) -> TokenStream {
    if nested.is_pool() {
        let pool = hygienic("pool");
        return quote!(#pool);
    }
    let (handle, supervisor) = (ident(nested), hygienic("supervisor"));
    if is_named {
        let fields = named::fields(krate, nested);
        return quote!(#handle { __supervisor: #krate::__private::Hidden::new(#supervisor), #fields });
    }
    let (ty, fields) = (generic::nested(krate, nested), generic::fields(krate, nested));
    quote!({ #ty #handle { __supervisor: #krate::__private::Hidden::new(#supervisor), #fields } })
}
