//! Writes the program of a checked [`Tree`], as a person would write it with the builder.
//!
//! An expansion never fails: the mistakes of a tree have been reported. The expansion leaves out
//! the parts that cannot be used and keeps the shape of the rest, so that the code around the tree
//! compiles.
//!
//! The expansion's own names begin with `__` and have a span that no token of the user's can see.
//! Its paths begin with `::core`, `::std` or the library's own path: the user's module may have a
//! `Result` or `Option` of its own.

mod build;
mod descriptor;
mod docs;
mod editor;
mod generic;
mod handle;
mod lease;
mod lent;
pub(crate) mod settings;
mod shared;
mod siblings;
mod uses;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Visibility};

pub(crate) use self::editor::options_of_type;

use self::descriptor::Check;
use super::ast::{Head, Tree};
use super::names::{hygienic, mixed_site_visibility, respanned};
use crate::errors::Errors;
use crate::joined::joined;
use crate::reader::Reader;

pub(super) fn expand(tree: &mut Tree, errors: &Errors) -> TokenStream {
    if tree.reader == Reader::Editor {
        editor::prepare(tree);
    }
    match &tree.head {
        Some(head) => named(tree, head, errors),
        None => expression(tree, errors),
    }
}

/// Writes the item that speaks where a tree with a name stands in the place of a value: the compiler
/// reports the first word that is no expression, which is the name of this macro.
fn no_value(tree: &Ident) -> TokenStream {
    let text = tree.unraw().to_string();
    let text =
        format!("a_tree_with_a_name_is_an_item__declare_it_before_and_write_{text}_tree_here");
    // Located at the name, and of the expansion: no lint looks at it.
    let name = Ident::new(&text, Span::mixed_site().located_at(tree.span()));
    quote!(macro_rules! #name { () => {} })
}

/// Writes what the name of a tree is as a value: rustc would suggest a struct literal with the private
/// fields of the handle.
fn as_value(tree: &Tree, vis: &Visibility, this: &Ident) -> TokenStream {
    let (krate, cfgs) = (&tree.krate, tree.cfgs());
    let quiet_vis = mixed_site_visibility(vis);
    let name = respanned(quote!(#this), Span::mixed_site());
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(dead_code, non_upper_case_globals, reason = "it has the name of the tree")]
        #quiet_vis const #name: #krate::__private::NameOf<#this> =
            #krate::__private::NameOf::VALUE;
    }
}

/// Writes the permission of what a tree may be as a function.
fn quiet_lints() -> TokenStream {
    quote! {
        #[allow(
            clippy::let_and_return,
            clippy::many_single_char_names,
            clippy::needless_pass_by_value,
            clippy::self_named_constructors,
            clippy::similar_names,
            clippy::too_many_arguments,
            clippy::too_many_lines,
            reason = "the shape of this function is the tree's"
        )]
    }
}

/// Writes a type with its functions, and the types of the nested handles.
fn named(tree: &Tree, head: &Head, errors: &Errors) -> TokenStream {
    let krate = &tree.krate;
    let Head { vis, ident, params } = head;
    let errors = errors.to_items();
    // Every item carries the conditions; the other attributes belong to the type alone.
    let cfgs: Vec<&Attribute> = tree.cfgs().collect();
    let attrs: Vec<&Attribute> = tree.other_attrs().collect();
    let picture = docs::picture(tree);
    let handle = handle::named_root(tree, head, &quote!(#(#attrs)* #picture));
    let nested = handle::named_below(tree, vis);
    let names: Vec<&Ident> = params.iter().map(|param| &param.ident).collect();
    let types = params.iter().map(|param| &param.ty);
    let params = quote!(#(#names: #types),*);
    let Program { first, unused, body, start, descriptor, checks } = match tree.reader {
        Reader::Compiler => program(tree, &names, &errors),
        Reader::Editor => editor::program(tree, &params),
    };
    let mut this = ident.clone();
    this.set_span(tree.span_at(ident));
    let text = ident.unraw().to_string();
    let docs_tree =
        format!("Creates a `{text}` that is not started, such as the child of another tree.");
    let docs_start =
        format!("Starts the tree, and returns the `{text}` when all its children have started.");
    let lints = quiet_lints();
    let quiet_vis = mixed_site_visibility(vis);
    // Located at the name, where rustc points when a call lacks an argument.
    let at = Span::call_site().located_at(this.span());
    let (make, begin) = (Ident::new("tree", at), Ident::new("start", at));
    // The implementation has the span of the name, where rustc points when it lists the types that
    // are children.
    let items = quote! {
        type Recipe = #krate::Tree<Self>;
        type Handle = Self;
        const OPTIONS: #krate::ChildOptions = #krate::ChildOptions::new();

        fn spec(
            name: &::core::primitive::str,
            recipe: #krate::Tree<Self>,
        ) -> #krate::ChildSpec<#krate::specs::Ready<Self>> {
            recipe.into_spec(name)
        }
    };
    let implement = quote_spanned!(this.span()=> impl #krate::Child for #this { #items });
    let no_value = (tree.reader == Reader::Compiler).then(|| no_value(ident));
    let as_value = (tree.reader == Reader::Compiler).then(|| as_value(tree, vis, &this));
    quote! {
        #first
        #errors
        #no_value
        #as_value

        #handle

        #(#cfgs)*
        #[automatically_derived]
        #[allow(dead_code, reason = "a program need not use all of it")]
        impl #this {
            /// The worst-case time of a graceful shutdown; `None` if it has no bound.
            #quiet_vis const SHUTDOWN_BUDGET: ::core::option::Option<::core::time::Duration> =
                #krate::__private::shutdown_budget::<Self>();
            /// The worst-case time of a start; `None` if it has no bound. A child that does not
            /// report that it is up takes no time.
            #quiet_vis const START_BUDGET: ::core::option::Option<::core::time::Duration> =
                #krate::__private::start_budget::<Self>();
            /// The number of children that the tree declares, at all levels.
            #quiet_vis const CHILDREN: ::core::primitive::usize =
                #krate::__private::children::<Self>();

            #[doc = #docs_tree]
            #[doc(alias = "new", alias = "build", alias = "default", alias = "create")]
            #lints
            #unused
            #quiet_vis fn #make(#params) -> #krate::Tree<Self> {
                #body
            }

            #[doc = #docs_start]
            #[doc(alias = "run", alias = "spawn", alias = "start_link", alias = "launch")]
            #lints
            #quiet_vis fn #begin(#params) -> #krate::futures::Starting<Self> {
                #start
            }

            /// Returns the tree as a Mermaid flowchart.
            #[must_use]
            #quiet_vis fn diagram() -> ::std::string::String {
                #krate::__private::diagram::<Self>()
            }

            /// Returns the numbers with which the tree is deployed: its times, for Kubernetes and
            /// systemd.
            ///
            /// # Errors
            ///
            /// If the compiler knows no bound of the times; the error names the child.
            #quiet_vis fn deployment() -> ::core::result::Result<
                #krate::deployment::Deployment,
                #krate::deployment::UnboundedTime,
            > {
                #krate::__private::deployment::<Self>()
            }
        }

        #(#cfgs)*
        #[automatically_derived]
        #implement

        #(#cfgs)*
        #[automatically_derived]
        impl #krate::bounds::ChildHandle for #this {
            const DESCRIPTOR: ::core::option::Option<&'static #krate::__private::TreeDescriptor> =
                #descriptor;
        }

        #nested
        #checks
    }
}

/// The parts of a tree with a name that run, or are evaluated.
struct Program {
    /// The items before all others.
    first: TokenStream,
    /// The attribute of a function that may not use its parameters.
    unused: TokenStream,
    /// The body of the function that makes a tree.
    body: TokenStream,
    /// The body of the function that starts one.
    start: TokenStream,
    descriptor: TokenStream,
    checks: TokenStream,
}

fn program(tree: &Tree, params: &[&Ident], errors: &TokenStream) -> Program {
    let (statements, returned) = (build::root(tree), handle::value(tree));
    let descriptor = descriptor::of_root(tree);
    let cfgs: Vec<&Attribute> = tree.cfgs().collect();
    let checks = descriptor::checks(tree);
    let checks = checks
        .iter()
        .map(|Check { cfgs: own, block, .. }| quote!(#(#cfgs)* #(#own)* const _: () = #block;));
    Program {
        first: TokenStream::new(),
        // A tree with mistakes may leave out the values that use its parameters.
        unused: (!errors.is_empty())
            .then(|| quote!(#[allow(unused_variables)]))
            .into_iter()
            .collect(),
        body: quote!(#statements #returned),
        start: quote!(Self::tree(#(#params),*).start()),
        descriptor: quote!(::core::option::Option::Some(&#descriptor)),
        checks: joined(checks),
    }
}

/// Writes a check of a child whose type has the name of a parameter, such as `W`, for an item: the check
/// is made if the module around the tree has a type of this name. If it has none, the name means a
/// parameter of the function, or a type that is declared in it; a stand-in takes its place, and no
/// check is made.
fn if_in_module(krate: &TokenStream, ty: &Ident, block: &TokenStream) -> TokenStream {
    // A name that the inner block imports hides that of the outer block, which hides the parameter.
    quote! {{
        #[allow(dead_code, reason = "the module may have a type of this name")]
        type #ty = #krate::__private::Parameter;
        {
            #[allow(unused_imports, reason = "the module may have no type of this name")]
            use self::*;
            if #krate::__private::is_known::<#ty>() #block
        }
    }}
}

/// Writes an expression. Its handle is generic over the handles of the children, so that no type
/// has to be written down and the tree works inside generic functions.
fn expression(tree: &Tree, errors: &Errors) -> TokenStream {
    let errors = errors.to_items();
    if tree.reader == Reader::Editor {
        return editor::expression(tree, &errors);
    }
    let checks = descriptor::checks(tree);
    let checks = checks.iter().map(|Check { cfgs, block, of }| {
        // rustc evaluates an item when it checks the program, and an inline constant only when it
        // builds the function around it. An item can name no parameter of that function.
        if !generic::may_be_generic(block, &tree.generics) {
            return quote!(#(#cfgs)* const _: () = #block;);
        }
        let only = of.filter(|ty| generic::is_only_parameter(ty, block, &tree.generics));
        let item = only.map(|ty| if_in_module(&tree.krate, ty, block));
        let item = item.map(|item| quote!(#(#cfgs)* const _: () = #item;));
        quote!(#item #(#cfgs)* const #block;)
    });
    let statements = build::root(tree);
    let descriptor = descriptor::of_root(tree);
    let types = handle::generic_root(tree);
    let returned = handle::value(tree);
    let descriptor_name = hygienic("descriptor");
    // If an item is expected here, rustc complains about the first token. That is this label, whose
    // span is where the name is missing.
    let label = syn::Lifetime::new(
        "'_a_tree_that_is_an_item_has_a_name_before_its_strategy",
        tree.root.strategy.ident.span(),
    );
    quote! { #label: {
        #errors
        #(#checks)*
        #statements
        let #descriptor_name = const { &#descriptor };
        {
            #types
            #returned
        }
    }}
}
