//! The statements that build the supervisors and bind each child's name for those after it.

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Ident};

use super::super::ast::{Body, Child, Standing, Supervisor, Task, Tree, Typed};
use super::super::check;
use super::super::names::hygienic;
use super::{handle, settings};
use crate::errors::unknown_value;
use crate::options::key::Place;

/// The whole body of the function that makes a tree, up to its value.
///
/// Ends with the supervisor bound to `__supervisor`, or the pool to `__pool`.
pub(super) fn root(tree: &Tree) -> TokenStream {
    let mut tasks = Tasks::default();
    tasks.hoist(&tree.root, "", &[]);
    let builder =
        Builder { krate: &tree.krate, is_named: tree.head.is_some(), functions: tasks.functions };
    let name = tree.name().map(|name| quote!(.with_name(#name)));
    let place = tree.root.root_place();
    let own_options = settings::of_supervisor(&tree.krate, &tree.root.options, place);
    let made = builder.supervisor(&tree.root, "", &quote!(#name), &own_options);
    let hoisted = tasks.statements;
    quote!(#hoisted #made)
}

/// The functions that tasks run, read before any child's name is bound: the name of a task means
/// Rust's item, whatever a sibling is called.
#[derive(Default)]
struct Tasks {
    statements: TokenStream,
    /// By the task's path.
    functions: HashMap<String, Ident>,
    names: HashSet<String>,
}

impl Tasks {
    /// `cfgs` are the conditions of the supervisors around.
    fn hoist(&mut self, supervisor: &Supervisor, path: &str, cfgs: &[&Attribute]) {
        for child in supervisor.named_children() {
            let path = join(path, child);
            let cfgs: Vec<&Attribute> = cfgs.iter().copied().chain(child.cfgs()).collect();
            match &child.body {
                Body::Task(Task { value: None, .. }) if child.standing == Standing::Sound => {
                    let (function, name) = (self.fresh(child), &child.name);
                    self.statements.extend(quote!(#(#cfgs)* let #function = #name;));
                    self.functions.insert(path, function);
                }
                Body::Supervisor(nested) => self.hoist(nested, &path, &cfgs),
                _ => {}
            }
        }
    }

    fn fresh(&mut self, child: &Child) -> Ident {
        let name = child.text();
        let mut text = format!("__task_{name}");
        for number in 2.. {
            if self.names.insert(text.clone()) {
                break;
            }
            text = format!("__task_{name}_{number}");
        }
        Ident::new(&text, child.name.span())
    }
}

/// The path of a child, as a key.
fn join(path: &str, child: &Child) -> String {
    format!("{path}/{}", child.text())
}

struct Builder<'a> {
    krate: &'a TokenStream,
    is_named: bool,
    functions: HashMap<String, Ident>,
}

impl Builder<'_> {
    /// Binds `__supervisor` or `__pool`.
    fn supervisor(
        &self,
        supervisor: &Supervisor,
        path: &str,
        name: &TokenStream,
        own_options: &TokenStream,
    ) -> TokenStream {
        let krate = self.krate;
        let strategy = settings::strategy(krate, supervisor.strategy());
        let new = quote! {
            #krate::Supervisor::new()#name.with_strategy(#strategy)#own_options
        };
        if supervisor.is_pool() {
            let pool = hygienic("pool");
            let value = self.pool(supervisor, path, &new);
            let value = value.unwrap_or_else(|error| unknown_value(&error));
            return quote!(let #pool = #value;);
        }
        let builder = hygienic("builder");
        let bound = hygienic("supervisor");
        let children = supervisor.named_children().map(|child| self.child(child, path));
        quote! {
            let #builder = #new;
            #(#children)*
            let #bound = #builder.build();
        }
    }

    fn child(&self, child: &Child, path: &str) -> TokenStream {
        let path = join(path, child);
        match &child.body {
            Body::Supervisor(nested) => self.nested(child, nested, &path),
            Body::Task(task) => {
                let spec = self.task(child, task, &path);
                Self::bind(child, &spec)
            }
            Body::Typed(typed) => self.typed(child, typed),
            Body::Broken(error) => {
                let (name, value) = (&child.name, unknown_value(error));
                let cfgs = child.cfgs();
                quote!(#(#cfgs)* let #name = #value;)
            }
        }
    }

    /// Binds the child's name to its handle and gives the spec to the supervisor.
    fn bind(child: &Child, spec: &TokenStream) -> TokenStream {
        let cfgs: Vec<&Attribute> = child.cfgs().collect();
        let (name, bound, builder) = (&child.name, hygienic("spec"), hygienic("builder"));
        quote! {
            #(#cfgs)* let #bound = #spec;
            #(#cfgs)* let #name = #bound.handle();
            #(#cfgs)* let #builder = #builder.with_child(#bound);
        }
    }

    fn nested(&self, child: &Child, nested: &Supervisor, path: &str) -> TokenStream {
        let krate = self.krate;
        let cfgs: Vec<&Attribute> = child.cfgs().collect();
        let (name, text, builder) = (&child.name, child.text(), hygienic("builder"));
        let place = nested.nested_place();
        let own_options = settings::of_supervisor(krate, &nested.options, place);
        let child_options = settings::of_child(krate, &nested.options, place);
        let statements = self.supervisor(nested, path, &TokenStream::new(), &own_options);
        let value = handle::nested_value(krate, nested, self.is_named);
        quote! {
            #(#cfgs)* let #name = { #statements #value };
            #(#cfgs)* let #builder = #builder.with_child(
                #krate::ChildSpec::new(#text)#child_options
                    .with_supervisor(::core::clone::Clone::clone(#name.supervisor())),
            );
        }
    }

    fn typed(&self, child: &Child, typed: &Typed) -> TokenStream {
        let krate = self.krate;
        let policy = self.policy_call(typed);
        let options = settings::of_child(krate, &typed.options, Place::Typed);
        let spec = self.spec(child, typed, &typed.ty.project(krate, "spec"));
        Self::bind(child, &quote!(#spec #policy #options))
    }

    /// What `make` makes of a typed child's name and its value.
    fn spec(&self, child: &Child, typed: &Typed, make: &TokenStream) -> TokenStream {
        let (text, value) = (child.text(), self.value(child, typed));
        let recipe_type = typed.ty.project(self.krate, "Recipe");
        // A name at the place of the type, in a block that ends before any of the user's
        // expressions could see it: that the type is no child stays an error of the type alone.
        let recipe = Ident::new("__recipe", typed.ty.last.span());
        quote! {
            {
                let #recipe: #recipe_type = #value;
                #make(#text, #recipe)
            }
        }
    }

    fn policy_call(&self, typed: &Typed) -> Option<TokenStream> {
        let policy = typed.policy.as_ref()?.known?;
        let policy = settings::policy(self.krate, policy);
        Some(quote!(.with_restart_policy(#policy)))
    }

    /// What a typed child is made of.
    fn value(&self, child: &Child, typed: &Typed) -> TokenStream {
        let krate = self.krate;
        match &typed.value {
            _ if child.standing >= Standing::WithoutValue => quote!(#krate::__private::broken()),
            Some(value) => quote!(#value),
            None => {
                // At the type, which has no `Default` if this is an error.
                let (span, ty) = (typed.ty.last.span(), &typed.ty);
                let (open, close) =
                    (quote_spanned!(span=> <_ as), quote_spanned!(span=> >::unsaid()));
                quote!(#open #krate::Unsaid<#ty> #close)
            }
        }
    }

    /// The spec of a task, in a block whose last expression has the place of the function: there
    /// it is an error that it is none, and the compiler has nothing to say about a macro.
    fn task(&self, child: &Child, task: &Task, path: &str) -> TokenStream {
        let krate = self.krate;
        let text = child.text();
        let policy = task.policy.known.map(|policy| {
            let policy = settings::policy(krate, policy);
            quote!(.with_restart_policy(#policy))
        });
        let options = settings::of_child(krate, &task.options, Place::Task);
        let is_usable = child.standing < Standing::WithoutValue;
        let (span, function) = match &task.value {
            Some(value) => (value.span(), is_usable.then(|| quote!(#value))),
            None => (child.name.span(), self.functions.get(path).map(ToTokens::to_token_stream)),
        };
        let function = function.unwrap_or_else(|| {
            if task.every().is_some() {
                quote!(#krate::__private::broken_job)
            } else {
                quote!(#krate::__private::broken_task)
            }
        });
        let (spec, every) = (Ident::new("__spec", span), Ident::new("__every", span));
        let run = if task.every().is_some() {
            quote_spanned!(span=> #spec.with_worker(#every.job(#function)))
        } else {
            quote_spanned!(span=> #spec.with_task(#function))
        };
        let period = task.every().map(|period| {
            let period = settings::duration(period);
            quote!(let #every = #krate::Every(#period);)
        });
        quote!({
            #period
            let #spec = #krate::ChildSpec::new(#text)#policy #options;
            #run
        })
    }

    /// The pool that `builder` builds, or the error that was reported in its place.
    fn pool(
        &self,
        pool: &Supervisor,
        path: &str,
        builder: &TokenStream,
    ) -> syn::Result<TokenStream> {
        let krate = self.krate;
        let Some(child) = pool.children.first() else { return Err(check::template_missing(pool)) };
        let text = child.text();
        let typed = match &child.body {
            Body::Supervisor(nested) => return Err(check::nested_template(child, nested)),
            Body::Broken(error) => return Err(error.clone()),
            Body::Task(task) => {
                let template = self.task(child, task, &join(path, child));
                return Ok(match pool.partitions() {
                    None => quote!(#builder.build_pool(#template)),
                    Some(count) => quote!(#builder.build_partitioned(#template, #count)),
                });
            }
            Body::Typed(typed) => typed,
        };
        let policy = self.policy_call(typed);
        let options = settings::of_child(krate, &typed.options, Place::Typed);
        if let Some(count) = pool.partitions() {
            let template = self.spec(child, typed, &typed.ty.project(krate, "spec"));
            let of = typed.ty.project_partition(krate, "partitioned");
            // All of the call is at the type, as is what the compiler says about it.
            let arguments = quote_spanned! {typed.ty.last()=>
                (#builder, #template #policy #options, #count)
            };
            return Ok(quote!(#of #arguments));
        }
        // `build_pool`, called where the type is named: that it is no child is an error there.
        if typed.value.is_none() {
            let (template, of) =
                (typed.ty.project(krate, "template"), typed.ty.project(krate, "pool"));
            return Ok(quote!(#of(#builder, #template(#text)#policy #options)));
        }
        let shared = quote!(#krate::Shared);
        let (template, of) =
            (typed.ty.project_on(&shared, "shared"), typed.ty.project_on(&shared, "pool"));
        let value = self.value(child, typed);
        let recipe = Ident::new("__recipe", typed.ty.last.span());
        let recipe_type = typed.ty.project(krate, "Recipe");
        Ok(quote! {{
            let #recipe: #recipe_type = #value;
            #of(#builder, #template(#recipe, #text)#policy #options)
        }})
    }
}
