//! Writes the handles of a tree with a name: a type for each supervisor, beside the tree's own.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Attribute, Ident, Visibility};

use super::super::super::ast::{Body, Child, Head, Supervisor, Tree, Typed};
use super::super::super::check;
use super::super::super::names::{hygienic, mixed_site_visibility};
use super::super::docs;
use super::parts::{as_supervisor, debug, ident, lost};
use crate::errors::unknown_type;

/// Writes the children as fields of a struct expression.
pub(super) fn fields(krate: &TokenStream, supervisor: &Supervisor) -> TokenStream {
    let fields = supervisor.named_children().map(|child| {
        let (cfgs, field, name) = (child.cfgs(), field(child), &child.name);
        let value = match &child.body {
            Body::Typed(_) => quote!(#krate::__private::ErasedHandle::new(#name)),
            Body::Supervisor(nested) => erased_pool(krate, nested, name),
            Body::Task(_) | Body::Broken(_) => quote!(#name),
        };
        quote!(#(#cfgs)* #field: #value,)
    });
    fields.collect()
}

/// Writes the value of a nested handle. The handle of a partitioned pool of a type is erased to
/// that type.
pub(super) fn erased_pool(krate: &TokenStream, nested: &Supervisor, name: &Ident) -> TokenStream {
    if partitioned_type(nested).is_some() {
        quote!(#krate::__private::ErasedHandle::new(#name))
    } else {
        quote!(#name)
    }
}

/// Returns the type of a partitioned pool's workers, if they have one.
fn partitioned_type(supervisor: &Supervisor) -> Option<&Typed> {
    supervisor.partitions()?;
    match &supervisor.children.first()?.body {
        Body::Typed(typed) => Some(typed),
        Body::Task(_) | Body::Supervisor(_) | Body::Broken(_) => None,
    }
}

/// Returns the name of a child's field in the handle of a named tree.
///
/// The field does not have the child's name: if a task's function is missing, rustc would suggest a
/// field of that name.
fn field(child: &Child) -> Ident {
    hygienic(&child.unraw_name())
}

/// Writes the type of a named tree; `attrs` are the user's attributes and the drawing of the tree.
pub(crate) fn root(tree: &Tree, head: &Head, attrs: &TokenStream) -> TokenStream {
    let krate = &tree.krate;
    let Head { vis, ident, .. } = head;
    let cfgs: Vec<&Attribute> = tree.cfgs().collect();
    let attrs = quote! {
        #attrs
        #[must_use = "a tree shuts down when its last handle is dropped"]
    };
    if !tree.root.is_pool() {
        return named(krate, &tree.root, vis, quote!(#vis), ident, &attrs, &cfgs);
    }
    let pool = pool_type(krate, &tree.root);
    let quiet_vis = mixed_site_visibility(vis);
    let (ty, value) = match partitioned_type(&tree.root) {
        Some(typed) => {
            let handle = typed.ty.project_partition(krate, "Partitioned");
            erased_accessor(&handle, typed, Ident::new("pool", Span::call_site()))
        }
        None => (quote!(&#pool), quote!(&self.pool)),
    };
    let item = item(
        &located(quote!(#vis), ident),
        ident,
        &quote! {
            supervisor: #krate::__private::HiddenSupervisor,
            pool: #pool,
        },
    );
    let debug = debug(ident, &[], &cfgs);
    let as_supervisor = as_supervisor(krate, ident, &[], &cfgs);
    quote! {
        #(#cfgs)*
        #attrs
        #[derive(::core::clone::Clone)]
        #item

        #(#cfgs)*
        #[automatically_derived]
        #[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
        impl #ident {
            /// Returns the supervisor at the top of the tree.
            #[doc(alias = "shutdown", alias = "wait", alias = "events")]
            #[must_use]
            #quiet_vis fn supervisor(&self) -> &#krate::Supervisor {
                self.supervisor.get()
            }

            /// Returns the pool, to which workers are added.
            #[must_use]
            #quiet_vis fn pool(&self) -> #ty {
                #value
            }
        }

        #debug
        #as_supervisor
    }
}

/// Writes the types of the handles of all nested supervisors.
pub(crate) fn below(tree: &Tree, vis: &Visibility) -> TokenStream {
    let cfgs: Vec<&Attribute> = tree.cfgs().collect();
    let mut types = TokenStream::new();
    types_below(&tree.krate, &tree.root, vis, &cfgs, &mut types);
    types
}

fn types_below(
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
        let docs =
            format!("The handle of the supervisor `{}` and its children.", child.unraw_name());
        let attrs = quote! {
            #[doc = #docs]
            #[allow(
                clippy::module_name_repetitions,
                clippy::struct_field_names,
                reason = "the names are the tree's"
            )]
        };
        // A lint on the visibility is one error, about the tree's own type.
        let quiet = mixed_site_visibility(vis);
        types.extend(named(krate, nested, vis, quiet, &ident(nested), &attrs, &cfgs));
        types_below(krate, nested, vis, &cfgs, types);
    }
}

fn named(
    krate: &TokenStream,
    supervisor: &Supervisor,
    vis: &Visibility,
    struct_vis: TokenStream,
    ident: &Ident,
    attrs: &TokenStream,
    cfgs: &[&Attribute],
) -> TokenStream {
    let quiet_vis = mixed_site_visibility(vis);
    let mut fields = TokenStream::new();
    let mut accessors = TokenStream::new();
    for child in supervisor.named_children() {
        let (field, ty) = (field(child), field_type(krate, child));
        let cfgs = child.cfgs();
        fields.extend(quote!(#(#cfgs)* #field: #ty,));
        accessors.extend(accessor(krate, child, &quiet_vis));
    }
    let as_supervisor = as_supervisor(krate, ident, &[], cfgs);
    let debug = debug(ident, &[], cfgs);
    let lost = lost(krate, supervisor, ident, &[], cfgs);
    let fields = quote! {
        supervisor: #krate::__private::HiddenSupervisor,
        #fields
    };
    let item = item(&located(struct_vis, ident), ident, &fields);
    quote! {
        #(#cfgs)*
        #attrs
        #[derive(::core::clone::Clone)]
        #item

        #(#cfgs)*
        #[automatically_derived]
        #[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
        impl #ident {
            /// Returns the supervisor itself.
            #[doc(alias = "shutdown", alias = "wait", alias = "events")]
            #[must_use]
            #quiet_vis fn supervisor(&self) -> &#krate::Supervisor {
                self.supervisor.get()
            }

            #accessors
        }

        #as_supervisor
        #debug
        #lost
    }
}

/// Writes the struct of a handle, with the span of its name: rustc reports a second type of that
/// name there. The empty list of parameters is the expansion's, so that rustc does not suggest a
/// type parameter where a child's type is unknown.
fn item(vis: &TokenStream, ident: &Ident, fields: &TokenStream) -> TokenStream {
    let parameters = quote_spanned!(Span::mixed_site()=> <>);
    let keyword = quote_spanned!(ident.span()=> struct);
    let mut body = Group::new(Delimiter::Brace, fields.clone());
    body.set_span(ident.span());
    quote!(#vis #keyword #ident #parameters #body)
}

/// Gives the tokens of a visibility the place of a name, and leaves their hygiene as it is.
fn located(vis: TokenStream, ident: &Ident) -> TokenStream {
    let each = |mut token: TokenTree| {
        token.set_span(token.span().located_at(ident.span()));
        token
    };
    vis.into_iter().map(each).collect()
}

fn accessor(krate: &TokenStream, child: &Child, vis: &TokenStream) -> TokenStream {
    let name = &child.name;
    let erased = match &child.body {
        Body::Typed(typed) => Some((typed.ty.project(krate, "Handle"), &**typed)),
        Body::Supervisor(nested) => partitioned_type(nested)
            .map(|typed| (typed.ty.project_partition(krate, "Partitioned"), typed)),
        Body::Task(_) | Body::Broken(_) => None,
    };
    let (ty, value) = if let Some((handle, typed)) = erased {
        erased_accessor(&handle, typed, field(child))
    } else {
        let (ty, field) = (field_type(krate, child), field(child));
        (quote!(&#ty), quote!(&self.#field))
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

/// Returns the type and the value of an accessor whose field is erased to the child's type.
fn erased_accessor(
    handle: &TokenStream,
    typed: &Typed,
    mut field: Ident,
) -> (TokenStream, TokenStream) {
    // The field has the span of the type, so that rustc reports a type that is not a child there
    // alone.
    let span = typed.ty.last.span().resolved_at(Span::call_site());
    field.set_span(span);
    let first = typed.ty.first();
    (quote_spanned!(first=> &#handle), quote_spanned!(span=> self.#field.get()))
}

/// Returns the type of a child's field in its supervisor's handle.
///
/// The handle of a child with a type is erased: with a field of the type `<Type as Child>::Handle`,
/// a type that is not a child would make every use of the tree's handle an error.
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
            quote!(#krate::__private::ErasedHandle<#ty>)
        }
        Body::Broken(error) => unknown_type(krate, error),
    }
}

fn pool_type(krate: &TokenStream, pool: &Supervisor) -> TokenStream {
    let Some(template) = pool.children.first() else {
        return unknown_type(krate, &check::template_missing(pool));
    };
    let is_partitioned = pool.partitions().is_some();
    match &template.body {
        Body::Supervisor(nested) => unknown_type(krate, &check::nested_template(template, nested)),
        Body::Task(_) if is_partitioned => quote!(#krate::Partitioned<()>),
        Body::Typed(typed) if is_partitioned => {
            let ty = &typed.ty;
            quote!(#krate::__private::ErasedHandle<#ty>)
        }
        Body::Task(_) => quote!(#krate::Pool<#krate::pool::FnWorker, #krate::pool::Shared>),
        Body::Typed(typed) => {
            let Typed { ty, value, .. } = &**typed;
            let kind = if value.is_some() { quote!(Shared) } else { quote!(PerWorker) };
            quote!(#krate::Pool<#ty, #krate::pool::#kind>)
        }
        Body::Broken(error) => unknown_type(krate, error),
    }
}
