//! Writes the handles of a tree without a name: types that are local to the block of its
//! expression, and generic over the handles of the children.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use super::super::super::ast::{Child, Supervisor, Tree};
use super::parts::{as_supervisor, debug, ident};
use crate::joined::joined;

/// Writes the children as fields of a struct expression.
pub(super) fn fields(krate: &TokenStream, supervisor: &Supervisor) -> TokenStream {
    let fields = supervisor.named_children().enumerate().map(|(index, child)| {
        let (cfgs, field, name) = (child.cfgs(), field(index), &child.name);
        let absent = absent(krate, &field, child);
        quote!(#(#cfgs)* #field: #krate::__private::Hidden::new(#name), #absent)
    });
    joined(fields)
}

/// Returns the name of a child's field: a number, since `#[cfg]` allows two children of one name.
fn field(index: usize) -> Ident {
    format_ident!("__{}", index, span = Span::mixed_site())
}

/// Writes the field of a child that its `#[cfg]` leaves out, whose value is `()`.
///
/// The arguments of a type cannot be conditional, so the handle has a parameter even for a child
/// that is left out.
fn absent(krate: &TokenStream, field: &Ident, child: &Child) -> Option<TokenStream> {
    let conditions: Vec<&TokenStream> = child
        .cfgs()
        .filter_map(|cfg| cfg.meta.require_list().ok())
        .map(|list| &list.tokens)
        .collect();
    (!conditions.is_empty()).then(|| {
        quote! {
            #[cfg(not(all(#(#conditions),*)))] #field: #krate::__private::Hidden::new(()),
        }
    })
}

/// Writes the type of the whole tree.
pub(crate) fn root(tree: &Tree) -> TokenStream {
    let krate = &tree.krate;
    let descriptor = quote!(descriptor: &'static #krate::__private::TreeDescriptor,);
    let functions = quote! {
        /// Returns the worst-case time of a graceful shutdown; `None` if it has no bound.
        #[must_use]
        pub fn shutdown_budget(&self) -> ::core::option::Option<::core::time::Duration> {
            self.descriptor.shutdown_budget()
        }

        /// Returns the worst-case time of a start; `None` if it has no bound.
        #[must_use]
        pub fn start_budget(&self) -> ::core::option::Option<::core::time::Duration> {
            self.descriptor.start_budget()
        }

        /// Returns the number of children that the tree declares, at all levels.
        #[must_use]
        pub fn children(&self) -> ::core::primitive::usize {
            self.descriptor.count()
        }

        /// Returns the tree as a Mermaid flowchart.
        #[must_use]
        pub fn diagram(&self) -> ::std::string::String {
            self.descriptor.diagram()
        }

        /// Returns the numbers with which the tree is deployed: its times, for Kubernetes and systemd.
        ///
        /// # Errors
        ///
        /// If the compiler knows no bound of the times; the error names the child.
        pub fn deployment(&self) -> ::core::result::Result<
            #krate::deployment::Deployment,
            #krate::deployment::UnboundedTime,
        > {
            #krate::__private::deployment_of(self.descriptor)
        }
    };
    of_children(krate, &tree.root, &descriptor, &functions)
}

/// Writes the type of a nested supervisor.
pub(super) fn nested(krate: &TokenStream, supervisor: &Supervisor) -> TokenStream {
    of_children(krate, supervisor, &TokenStream::new(), &TokenStream::new())
}

fn of_children(
    krate: &TokenStream,
    supervisor: &Supervisor,
    more_fields: &TokenStream,
    more_functions: &TokenStream,
) -> TokenStream {
    let mut params = Vec::new();
    let mut fields =
        quote!(__supervisor: #krate::__private::Hidden<#krate::Supervisor>, #more_fields);
    let mut functions = quote! {
        /// Returns the supervisor itself.
        #[must_use]
        pub fn supervisor(&self) -> &#krate::Supervisor {
            self.__supervisor.get()
        }

        #more_functions
    };
    if supervisor.is_pool() {
        let param = format_ident!("Pool", span = Span::mixed_site());
        fields.extend(quote!(__pool: #krate::__private::Hidden<#param>,));
        functions.extend(quote! {
            /// Returns the pool, to which workers are added.
            #[must_use]
            pub fn pool(&self) -> &#param {
                self.__pool.get()
            }
        });
        params.push(param);
    }
    let children = supervisor.named_children().filter(|_| !supervisor.is_pool());
    for (index, child) in children.enumerate() {
        let param = format_ident!("C{}", index, span = Span::mixed_site());
        let (field, name) = (field(index), &child.name);
        let (cfgs, attrs) = (child.cfgs(), child.other_attrs());
        fields.extend(quote!(#field: #krate::__private::Hidden<#param>,));
        functions.extend(quote! {
            #(#cfgs)*
            #(#attrs)*
            #[must_use]
            pub fn #name(&self) -> &#param {
                self.#field.get()
            }
        });
        params.push(param);
    }
    let ident = ident(supervisor);
    let pool = supervisor.is_pool().then(|| joined(&params));
    let as_supervisor = as_supervisor(krate, supervisor, &ident, &params, &[], pool.as_ref());
    let debug = debug(&ident, &params, &[]);
    quote! {
        #[derive(::core::clone::Clone)]
        struct #ident<#(#params),*> {
            #fields
        }

        #[allow(dead_code, reason = "a program need not use all of it")]
        impl<#(#params),*> #ident<#(#params),*> {
            #functions
        }

        #as_supervisor
        #debug
    }
}
