//! The handles: structs with one accessor for each child.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Visibility};

use super::super::ast::{Body, Child, Handle, Head, Supervisor, Tree, Typed};
use super::super::check;
use super::super::names::own;
use super::{docs, hidden};
use crate::errors::unknown_type;

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
        return quote! {
            #krate::Tree::new(
                ::core::clone::Clone::clone(#pool.supervisor()),
                #handle { pool: #pool, #outline },
            )
        };
    }
    let supervisor = own("supervisor");
    let fields = fields(krate, &tree.root, tree.head.is_some());
    quote! {
        #krate::Tree::new(
            ::core::clone::Clone::clone(&#supervisor),
            #handle { supervisor: #supervisor, #outline #fields },
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
    let fields = fields(krate, nested, is_named);
    let value = quote!(#handle { supervisor: #supervisor, #fields });
    if is_named {
        return value;
    }
    let ty = generic(krate, nested, &TokenStream::new(), &TokenStream::new());
    quote!({ #ty #value })
}

/// The children as fields of a literal.
fn fields(krate: &TokenStream, supervisor: &Supervisor, is_named: bool) -> TokenStream {
    let fields = supervisor.named_children().map(|child| {
        let (cfgs, name) = (child.cfgs(), &child.name);
        if !is_named {
            let absent = absent(child);
            return quote!(#(#cfgs)* #name, #absent);
        }
        let field = field(child);
        let value = match &child.body {
            Body::Typed(_) => quote!(#krate::__private::Held::new(#name)),
            Body::Task(_) | Body::Supervisor(_) | Body::Broken(_) => quote!(#name),
        };
        quote!(#(#cfgs)* #field: #value,)
    });
    fields.collect()
}

/// The field of a child in the handle of a named tree.
///
/// Not the child's name itself: where a task's function is missing, the compiler would tell of a
/// field of that name.
fn field(child: &Child) -> Ident {
    own(&child.text())
}

/// `#[cfg(not(…))] name: (),`: a generic handle has a parameter for a child that is not there,
/// since arguments of a type cannot be conditional.
fn absent(child: &Child) -> Option<TokenStream> {
    let conditions: Vec<&TokenStream> = child
        .cfgs()
        .filter_map(|cfg| cfg.meta.require_list().ok())
        .map(|list| &list.tokens)
        .collect();
    let name = &child.name;
    (!conditions.is_empty()).then(|| quote!(#[cfg(not(all(#(#conditions),*)))] #name: (),))
}

/// The type of a named tree; `attrs` are the user's and the picture.
pub(super) fn named_root(tree: &Tree, head: &Head, attrs: &TokenStream) -> TokenStream {
    let krate = &tree.krate;
    let Head { vis, ident, .. } = head;
    let cfgs: Vec<&Attribute> = tree.cfgs().collect();
    let attrs = quote! {
        #attrs
        #[must_use = "a tree shuts down when its last handle is dropped"]
    };
    if !tree.root.is_pool() {
        return named(krate, &tree.root, vis, ident, &attrs, &cfgs);
    }
    let pool = pool_type(krate, &tree.root);
    let own_vis = hidden(vis);
    quote! {
        #(#cfgs)*
        #attrs
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #ident {
            pool: #pool,
        }

        #(#cfgs)*
        #[automatically_derived]
        #[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
        impl #ident {
            /// The supervisor at the top of the tree.
            #[must_use]
            #own_vis fn supervisor(&self) -> &#krate::Supervisor {
                self.pool.supervisor()
            }

            /// The pool, to which workers are added.
            #[must_use]
            #own_vis fn pool(&self) -> &#pool {
                &self.pool
            }
        }
    }
}

/// The types of the handles of all nested supervisors.
pub(super) fn named_below(tree: &Tree, vis: &Visibility) -> TokenStream {
    let cfgs: Vec<&Attribute> = tree.cfgs().collect();
    let mut types = TokenStream::new();
    below(&tree.krate, &tree.root, vis, &cfgs, &mut types);
    types
}

fn below(
    krate: &TokenStream,
    supervisor: &Supervisor,
    vis: &Visibility,
    cfgs: &[&Attribute],
    types: &mut TokenStream,
) {
    for child in supervisor.named_children() {
        let Body::Supervisor(nested) = &child.body else { continue };
        if nested.is_pool() {
            continue;
        }
        let cfgs: Vec<&Attribute> = cfgs.iter().copied().chain(child.cfgs()).collect();
        let docs = format!("The handle of the supervisor `{}` and its children.", child.text());
        let attrs = quote! {
            #[doc = #docs]
            #[allow(
                clippy::module_name_repetitions,
                clippy::struct_field_names,
                reason = "the names are the tree's"
            )]
        };
        types.extend(named(krate, nested, vis, &ident(nested), &attrs, &cfgs));
        below(krate, nested, vis, &cfgs, types);
    }
}

fn named(
    krate: &TokenStream,
    supervisor: &Supervisor,
    vis: &Visibility,
    ident: &Ident,
    attrs: &TokenStream,
    cfgs: &[&Attribute],
) -> TokenStream {
    let own_vis = hidden(vis);
    let mut fields = TokenStream::new();
    let mut accessors = TokenStream::new();
    for child in supervisor.named_children() {
        let (field, ty) = (field(child), field_type(krate, child));
        let cfgs = child.cfgs();
        fields.extend(quote!(#(#cfgs)* #field: #ty,));
        accessors.extend(accessor(krate, child, &own_vis));
    }
    let (text, formatter) = (ident.unraw().to_string(), own("formatter"));
    quote! {
        #(#cfgs)*
        #attrs
        #[derive(::core::clone::Clone)]
        #vis struct #ident {
            supervisor: #krate::Supervisor,
            #fields
        }

        #(#cfgs)*
        #[automatically_derived]
        #[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
        impl #ident {
            /// The supervisor itself.
            #[must_use]
            #own_vis fn supervisor(&self) -> &#krate::Supervisor {
                &self.supervisor
            }

            #accessors
        }

        #(#cfgs)*
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(
                &self,
                #formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                #formatter
                    .debug_struct(#text)
                    .field("supervisor", &self.supervisor)
                    .finish_non_exhaustive()
            }
        }
    }
}

fn accessor(krate: &TokenStream, child: &Child, vis: &TokenStream) -> TokenStream {
    let name = &child.name;
    let (ty, value) = match &child.body {
        Body::Typed(typed) => {
            // At the type: there it is an error that it is no child, and nowhere else.
            let span = typed.ty.last.span().resolved_at(Span::call_site());
            let mut field = field(child);
            field.set_span(span);
            let (handle, first) = (typed.ty.project(krate, "Handle"), typed.ty.first());
            (quote_spanned!(first=> &#handle), quote_spanned!(span=> self.#field.get()))
        }
        Body::Task(_) | Body::Supervisor(_) | Body::Broken(_) => {
            let ty = field_type(krate, child);
            let field = field(child);
            (quote!(&#ty), quote!(&self.#field))
        }
    };
    let cfgs = child.cfgs();
    let attrs = child.other_attrs();
    let docs = docs::accessor(child);
    quote! {
        #(#cfgs)*
        #(#attrs)*
        #docs
        #[must_use]
        #vis fn #name(&self) -> #ty {
            #value
        }
    }
}

/// How the owner of a tree holds what it has of a child.
///
/// Of a child with a type it holds `Held<Type>`, not the handle itself: a field of the type
/// `<Type as Child>::Handle` would make a type that is no child an error of everything that is
/// done with the tree's handle, wherever it is done.
fn field_type(krate: &TokenStream, child: &Child) -> TokenStream {
    match &child.body {
        Body::Supervisor(nested) if nested.is_pool() => pool_type(krate, nested),
        Body::Supervisor(nested) => {
            let handle = ident(nested);
            quote!(#handle)
        }
        Body::Task(_) => quote!(#krate::ChildRef<()>),
        Body::Typed(typed) => {
            let ty = &typed.ty;
            quote!(#krate::__private::Held<#ty>)
        }
        Body::Broken(error) => unknown_type(krate, error),
    }
}

fn pool_type(krate: &TokenStream, pool: &Supervisor) -> TokenStream {
    let Some(template) = pool.children.first() else {
        return unknown_type(krate, &check::template_missing(pool));
    };
    match &template.body {
        Body::Supervisor(nested) => unknown_type(krate, &check::nested_template(template, nested)),
        Body::Task(_) => quote!(#krate::Pool<#krate::Task, #krate::Alike>),
        Body::Typed(typed) => {
            let Typed { ty, value, .. } = &**typed;
            let kind = if value.is_some() { quote!(Alike) } else { quote!(PerWorker) };
            quote!(#krate::Pool<#ty, #krate::#kind>)
        }
        Body::Broken(error) => unknown_type(krate, error),
    }
}

/// The type of a tree without a name, local to the block that ends with its value.
pub(super) fn generic_root(tree: &Tree) -> TokenStream {
    let krate = &tree.krate;
    let outline = quote!(outline: &'static #krate::__private::Outline,);
    let functions = quote! {
        /// The worst case of an orderly shutdown; nothing if it has no bound.
        #[must_use]
        fn shutdown_budget(&self) -> ::core::option::Option<::core::time::Duration> {
            self.outline.shutdown_budget()
        }

        /// How many children the tree declares, at all levels.
        #[must_use]
        fn children(&self) -> ::core::primitive::usize {
            self.outline.count()
        }

        /// The tree as a Mermaid flowchart.
        #[must_use]
        fn diagram(&self) -> ::std::string::String {
            self.outline.diagram()
        }
    };
    generic(krate, &tree.root, &outline, &functions)
}

fn generic(
    krate: &TokenStream,
    supervisor: &Supervisor,
    more_fields: &TokenStream,
    more_functions: &TokenStream,
) -> TokenStream {
    let ident = ident(supervisor);
    let mut params = Vec::new();
    let mut fields = TokenStream::new();
    let mut accessors = TokenStream::new();
    let own_supervisor = if supervisor.is_pool() {
        params.push(format_ident!("Pool", span = Span::mixed_site()));
        fields.extend(quote!(pool: Pool,));
        accessors.extend(quote! {
            pub fn pool(&self) -> &Pool {
                &self.pool
            }
        });
        None
    } else {
        for (index, child) in supervisor.named_children().enumerate() {
            let param = format_ident!("C{}", index, span = Span::mixed_site());
            let name = &child.name;
            let cfgs = child.cfgs();
            let attrs = child.other_attrs();
            fields.extend(quote!(#name: #param,));
            accessors.extend(quote! {
                #(#cfgs)*
                #(#attrs)*
                pub fn #name(&self) -> &#param {
                    &self.#name
                }
            });
            params.push(param);
        }
        Some(quote! {
            pub fn supervisor(&self) -> &#krate::Supervisor {
                &self.supervisor
            }
        })
    };
    let supervisor_field = own_supervisor.as_ref().map(|_| quote!(supervisor: #krate::Supervisor,));
    quote! {
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #[allow(clippy::struct_field_names, reason = "the names are the tree's")]
        struct #ident<#(#params),*> {
            #supervisor_field
            #more_fields
            #fields
        }

        #[allow(dead_code, reason = "a program need not use all of it")]
        impl<#(#params),*> #ident<#(#params),*> {
            #own_supervisor
            #accessors
            #more_functions
        }
    }
}
