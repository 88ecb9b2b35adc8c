//! Writes the handles of a tree with a name: a type for each supervisor, beside the tree's own.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Ident, Visibility};

use super::super::super::ast::{Body, Child, Head, Supervisor, Tree, Typed};
use super::super::super::check;
use super::super::super::names::{hygienic, mixed_site_visibility, respanned};
use super::super::{docs, lease};
use super::parts::{as_supervisor, debug, ident};
use crate::errors::unknown_type;
use crate::joined::joined;

/// Writes the children as fields of a struct expression.
pub(super) fn fields(krate: &TokenStream, supervisor: &Supervisor) -> TokenStream {
    let fields = supervisor.named_children().map(|child| {
        let (cfgs, field, name) = (child.cfgs(), field(child), &child.name);
        let value = match &child.body {
            // A type with arguments may be a child for others of them: rustc would report that it is
            // none wherever `erase` normalises the type of the handle.
            Body::Typed(typed) if typed.ty.has_arguments() => {
                quote!(#krate::__private::ErasedHandle::new(#name))
            }
            Body::Typed(typed) => {
                let erase = typed.ty.project(krate, "erase");
                quote!(#erase(#name))
            }
            Body::Supervisor(nested) => hidden(krate, nested, name),
            Body::Task(_) => quote!(#krate::__private::Hidden::new(#name)),
            Body::Broken(_) => quote!(#name),
        };
        quote!(#(#cfgs)* #field: #value,)
    });
    joined(fields)
}

/// Writes the field of a nested handle. The handle of a partitioned pool of a type is erased to
/// that type.
pub(super) fn hidden(krate: &TokenStream, nested: &Supervisor, name: &Ident) -> TokenStream {
    if partitioned_type(nested).is_some() {
        quote!(#krate::__private::ErasedHandle::new(#name))
    } else {
        quote!(#krate::__private::Hidden::new(#name))
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
    let attrs = quote! {
        #attrs
        #[must_use = "a tree shuts down when its last handle is dropped"]
    };
    let span = tree.span_at(ident);
    let handle =
        Handle { ident, span, vis, own_vis: quote!(#vis), attrs, cfgs: tree.cfgs().collect() };
    if !tree.root.is_pool() {
        return of_children(krate, &tree.root, &handle);
    }
    let (pool, field) = (pool_type(krate, &tree.root), pool_field(krate, &tree.root));
    let (ty, value) = match partitioned_type(&tree.root) {
        Some(typed) => {
            let handle = typed.ty.project_partition(krate, "Partitioned");
            erased_accessor(&handle, typed, Ident::new("__pool", Span::call_site()))
        }
        None => (quote!(&#pool), quote!(self.__pool.get())),
    };
    let quiet_vis = mixed_site_visibility(vis);
    let accessor = quote! {
        /// Returns the pool, to which workers are added.
        #[must_use]
        #quiet_vis fn pool(&self) -> #ty {
            #value
        }
    };
    // The type of a partitioned pool is named by its accessor only.
    let target = partitioned_type(&tree.root).is_none().then_some(&pool);
    handle.write(krate, &tree.root, &quote!(__pool: #field,), &accessor, target)
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
        let what = if nested.is_sharded() { "one shard of" } else { "the supervisor" };
        let docs = format!("The handle of {what} `{}` and its children.", child.unraw_name());
        let attrs = quote! {
            #[doc = #docs]
            #[allow(
                clippy::module_name_repetitions,
                clippy::struct_field_names,
                unreachable_pub,
                reason = "the names are the tree's"
            )]
        };
        // A visibility of another span would have rustc report a name that is taken under the whole
        // tree.
        let (ident, vis_here) = (ident(nested), respanned(quote!(#vis), child.name.span()));
        let span = ident.span();
        let handle = Handle { ident: &ident, span, vis, own_vis: vis_here, attrs, cfgs };
        types.extend(of_children(krate, nested, &handle));
        let cfgs = &handle.cfgs;
        types_below(krate, nested, vis, cfgs, types);
    }
}

/// Writes the handle of a supervisor that is no pool.
fn of_children(krate: &TokenStream, supervisor: &Supervisor, handle: &Handle) -> TokenStream {
    let quiet_vis = mixed_site_visibility(handle.vis);
    let mut fields = TokenStream::new();
    let mut accessors = TokenStream::new();
    for child in supervisor.named_children() {
        let (field, ty) = (field(child), field_type(krate, child));
        let cfgs = child.cfgs();
        fields.extend(quote!(#(#cfgs)* #field: #ty,));
        accessors.extend(accessor(krate, child, &quiet_vis));
    }
    handle.write(krate, supervisor, &fields, &accessors, None)
}

/// The name of a handle's type, and what stands before it.
struct Handle<'a> {
    ident: &'a Ident,
    /// The span of the words around the name, and of the name elsewhere in the expansion: that of
    /// the name, where rustc reports that it is taken, or none of the user's program for an editor.
    span: Span,
    vis: &'a Visibility,
    /// The visibility with the span that it has in front of the type.
    own_vis: TokenStream,
    attrs: TokenStream,
    cfgs: Vec<&'a Attribute>,
}

impl Handle<'_> {
    /// Writes the type and its functions; `pool` is the type of the pool to which it refers, if its
    /// supervisor is one.
    fn write(
        &self,
        krate: &TokenStream,
        supervisor: &Supervisor,
        fields: &TokenStream,
        accessors: &TokenStream,
        pool: Option<&TokenStream>,
    ) -> TokenStream {
        let Self { ident, span, vis, own_vis, attrs, cfgs } = self;
        let mut this = (*ident).clone();
        this.set_span(*span);
        let quiet_vis = mixed_site_visibility(vis);
        // The parameter list is empty, and not the user's: rustc would suggest a type parameter
        // there for a type that does not exist.
        let generics = quote_spanned!(Span::mixed_site()=> <>);
        let supervisor_field = quote!(__supervisor: #krate::__private::Hidden<#krate::Supervisor>,);
        let item = quote_spanned! {*span=>
            #own_vis struct #ident #generics { #supervisor_field #fields }
        };
        let as_supervisor = as_supervisor(krate, supervisor, &this, &[], cfgs, pool);
        let debug = debug(&this, &[], cfgs);
        quote! {
            #(#cfgs)*
            #attrs
            #[derive(::core::clone::Clone)]
            #item

            #(#cfgs)*
            #[automatically_derived]
            #[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
            impl #this {
                /// Returns the supervisor itself.
                #[must_use]
                #quiet_vis fn supervisor(&self) -> &#krate::Supervisor {
                    self.__supervisor.get()
                }

                #accessors
            }

            #as_supervisor
            #debug
        }
    }
}

/// Returns the type of what a child's accessor refers to.
pub(crate) fn accessor_type(krate: &TokenStream, child: &Child) -> TokenStream {
    erased_type(krate, child).map_or_else(|| handle_type(krate, child), |(handle, _)| handle)
}

/// Returns the handle's type of a child whose field is erased to the type of the child.
fn erased_type<'a>(krate: &TokenStream, child: &'a Child) -> Option<(TokenStream, &'a Typed)> {
    match &child.body {
        Body::Typed(typed) => Some((typed.ty.project(krate, "Handle"), typed)),
        Body::Supervisor(nested) => partitioned_type(nested)
            .map(|typed| (typed.ty.project_partition(krate, "Partitioned"), typed)),
        Body::Task(_) | Body::Broken(_) => None,
    }
}

fn accessor(krate: &TokenStream, child: &Child, vis: &TokenStream) -> TokenStream {
    let name = &child.name;
    let erased = erased_type(krate, child);
    let (ty, value) = if let Some((handle, typed)) = erased {
        erased_accessor(&handle, typed, field(child))
    } else {
        let (ty, field) = (handle_type(krate, child), field(child));
        match &child.body {
            Body::Broken(_) => (quote!(&#ty), quote!(&self.#field)),
            _ => (quote!(&#ty), quote!(self.#field.get())),
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

/// Returns the type and the value of an accessor whose field is erased to the child's type.
fn erased_accessor(
    handle: &TokenStream,
    typed: &Typed,
    mut field: Ident,
) -> (TokenStream, TokenStream) {
    // The expression has the span of the type, from its first token to its last, so that rustc
    // reports a type that is not a child there alone.
    let (first, last) = (typed.ty.first(), typed.ty.last());
    field.set_span(last.resolved_at(Span::call_site()));
    let this = quote_spanned!(first.resolved_at(Span::call_site())=> self);
    (quote_spanned!(first=> &#handle), quote_spanned!(last=> #this.#field.get()))
}

/// Returns the type of a child's field in its supervisor's handle.
///
/// The handle of a child with a type is erased: with a field of the type `<Type as Child>::Handle`,
/// a type that is not a child would make every use of the tree's handle an error.
fn field_type(krate: &TokenStream, child: &Child) -> TokenStream {
    match &child.body {
        Body::Supervisor(nested) if nested.is_pool() => pool_field(krate, nested),
        Body::Supervisor(_) | Body::Task(_) => {
            let handle = handle_type(krate, child);
            quote!(#krate::__private::Hidden<#handle>)
        }
        Body::Typed(_) | Body::Broken(_) => handle_type(krate, child),
    }
}

/// Returns the type of the field of a pool in its supervisor's handle.
fn pool_field(krate: &TokenStream, pool: &Supervisor) -> TokenStream {
    let ty = pool_type(krate, pool);
    if partitioned_type(pool).is_some() { ty } else { quote!(#krate::__private::Hidden<#ty>) }
}

/// Returns the type of a child's handle, or that of its field if the handle is erased.
fn handle_type(krate: &TokenStream, child: &Child) -> TokenStream {
    match &child.body {
        Body::Supervisor(nested) if nested.is_pool() => pool_type(krate, nested),
        Body::Supervisor(nested) => {
            let handle = ident(nested).into_token_stream();
            if nested.is_sharded() { lease::sharded(krate, nested, &handle) } else { handle }
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
