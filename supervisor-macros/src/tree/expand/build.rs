//! Writes the statements that build the supervisors and bind each child's name for its later
//! siblings.

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident};

use super::super::ast::{
    Body, Child, Lease, SHARD, Supervisor, Task, Tree, TypePath, Typed, Validity,
};
use super::super::check;
use super::super::names::hygienic;
use super::siblings::Scope;
use super::{handle, lease, lent, settings, shared, uses};
use crate::errors::unknown_value;
use crate::options::key::{Key, Place};

/// Writes the body of the function that makes a tree, up to the function's value.
///
/// The body binds the root to `__supervisor`, or to `__pool` if the root is a pool.
pub(super) fn root(tree: &Tree) -> TokenStream {
    let mut tasks = Tasks::default();
    tasks.hoist(&tree.root, &[]);
    let params = tree.head.iter().flat_map(|head| &head.params);
    let owned = params.filter(|param| param.is_moved());
    let builder = Builder {
        krate: &tree.krate,
        is_named: tree.head.is_some(),
        owned: owned.map(|param| param.ident.unraw().to_string()).collect(),
        functions: tasks.functions,
    };
    let name = tree.name().map(|name| quote!(.with_name(#name)));
    let place = tree.root.root_place();
    let own_options = settings::of_supervisor(&tree.krate, &tree.root.options, place);
    let made = builder.supervisor(Scope::root(&tree.root), &quote!(#name), &own_options, None);
    let hoisted = tasks.statements;
    quote!(#hoisted #made)
}

/// The variables that hold the functions of tasks, by the child's place in memory: under `#[cfg]` two
/// children may have one name.
type Functions = HashMap<*const Child, Ident>;

/// The functions of tasks without a value, which the expansion reads before it binds any child's
/// name: the name of such a task means the item, even if a sibling has that name.
#[derive(Default)]
struct Tasks {
    statements: TokenStream,
    /// The variables that hold the functions.
    functions: Functions,
    names: HashSet<String>,
}

impl Tasks {
    /// Binds the functions of all tasks below this supervisor; `cfgs` are the conditions of the
    /// supervisor and of all above it.
    fn hoist(&mut self, supervisor: &Supervisor, cfgs: &[&Attribute]) {
        for child in supervisor.named_children() {
            let cfgs: Vec<&Attribute> = cfgs.iter().copied().chain(child.cfgs()).collect();
            match &child.body {
                Body::Task(Task { value: None, .. }) if child.validity == Validity::Valid => {
                    let (function, name) = (self.fresh(child), &child.name);
                    self.statements.extend(quote!(#(#cfgs)* let #function = #name;));
                    self.functions.insert(std::ptr::from_ref(child), function);
                }
                Body::Supervisor(nested) => self.hoist(nested, &cfgs),
                _ => {}
            }
        }
    }

    /// Returns a name that no other task's function has.
    fn fresh(&mut self, child: &Child) -> Ident {
        let name = child.unraw_name();
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

/// Writes `let` and the pattern of a recipe, and the name that the pattern binds.
///
/// The pattern has the span of the whole type, `Cache<u64>`, where rustc reports a type that is not a
/// child: in two places it would report the type twice.
fn recipe(ty: &TypePath) -> (TokenStream, Ident) {
    if ty.has_arguments() {
        let (name, rest) = (Ident::new("__recipe", ty.first()), quote_spanned!(ty.last()=> _));
        return (quote!(#[allow(clippy::redundant_pattern)] let #name @ #rest), name);
    }
    let name = Ident::new("__recipe", ty.last.span());
    (quote!(let #name), name)
}

/// Writes the clones of the siblings that the value of a child uses, if it has one.
fn clones(scope: Scope, child: &Child) -> Option<TokenStream> {
    let value = child.value().filter(|_| child.validity < Validity::WithoutValue)?;
    Some(scope.clones(child, value))
}

struct Builder<'a> {
    krate: &'a TokenStream,
    is_named: bool,
    /// The parameters that are owned, and can be cloned.
    owned: Vec<String>,
    functions: Functions,
}

impl Builder<'_> {
    /// Writes the statements that bind `__supervisor` or `__pool`.
    fn supervisor(
        &self,
        scope: Scope,
        name: &TokenStream,
        own_options: &TokenStream,
        lease: Option<&Lease>,
    ) -> TokenStream {
        let krate = self.krate;
        let supervisor = scope.supervisor();
        let strategy = settings::strategy(krate, supervisor.strategy());
        let new = quote! {
            #krate::Supervisor::new()#name.with_strategy(#strategy)#own_options
        };
        if supervisor.is_pool() {
            let pool = hygienic("pool");
            let value = self.pool(scope, &new);
            let value = value.unwrap_or_else(|error| unknown_value(&error));
            return quote!(let #pool = #value;);
        }
        let builder = hygienic("builder");
        let bound = hygienic("supervisor");
        let children = supervisor.named_children().map(|child| self.child(scope, child));
        let fence = lease::fence(krate, supervisor, lease).filter(|_| supervisor.needs_lease());
        let built =
            lease.map_or_else(|| quote!(#builder.build()), |lease| lease::build(lease, &builder));
        quote! {
            #fence
            let #builder = #new;
            #(#children)*
            let #bound = #built;
        }
    }

    fn child(&self, scope: Scope, child: &Child) -> TokenStream {
        match &child.body {
            Body::Supervisor(nested) => self.nested(scope, child, scope.inside(child, nested)),
            Body::Task(task) => {
                let spec = self.task(scope, child, task);
                Self::bind(child, &spec)
            }
            Body::Typed(typed) => self.typed(scope, child, typed),
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
        let after = uses::on_spec(child);
        quote! {
            #(#cfgs)* let #bound = #spec #after;
            #(#cfgs)* let #name = #bound.handle();
            #(#cfgs)* let #builder = #builder.with_child(#bound);
        }
    }

    /// Writes a supervisor, whose children are in `scope`; the supervisor itself is in `outer`.
    fn nested(&self, outer: Scope, child: &Child, scope: Scope) -> TokenStream {
        let krate = self.krate;
        let nested = scope.supervisor();
        let cfgs: Vec<&Attribute> = child.cfgs().collect();
        let (name, text, builder) = (&child.name, child.unraw_name(), hygienic("builder"));
        let place = nested.nested_place();
        let own_options = settings::of_supervisor(krate, &nested.options, place);
        let lease = child.lease();
        let child_options = match &lease {
            Some(lease) => {
                let others = lease::not_of_child(lease);
                settings::of_child_without(krate, &nested.options, place, others)
            }
            None => settings::of_child(krate, &nested.options, place),
        };
        let singleton = lease
            .as_ref()
            .map(|lease| lease::begin(krate, nested, lease, clones(outer, child).as_ref()));
        let statements = self.supervisor(scope, &TokenStream::new(), &own_options, lease.as_ref());
        let value = handle::nested_value(krate, nested, self.is_named);
        let shards = lease.as_ref().and_then(|lease| {
            let backoff = settings::one_of_child(krate, &nested.options, place, Key::Backoff);
            lease::each_shard(lease, &backoff, &statements, &value)
        });
        let made = shards.unwrap_or_else(|| {
            // The mistake because of which there are no shards has been reported.
            let shard = nested.is_sharded().then(|| {
                let shard = hygienic(SHARD);
                quote!(let #shard = 0_usize;)
            });
            let value = handle::of_shards(krate, nested, value);
            quote!(#shard #statements #value)
        });
        let after = uses::on_spec(child);
        quote! {
            #(#cfgs)* let #name = { #singleton #made };
            #(#cfgs)* let #builder = #builder.with_child(
                #krate::ChildSpec::new(#text)#child_options #after
                    .with_supervisor(::core::clone::Clone::clone(#name.supervisor())),
            );
        }
    }

    fn typed(&self, scope: Scope, child: &Child, typed: &Typed) -> TokenStream {
        let krate = self.krate;
        let policy = self.policy_call(typed);
        let options = settings::of_child(krate, &typed.options, Place::Typed);
        let spec = self.spec(scope, child, typed, &typed.ty.project(krate, "declared_spec"));
        Self::bind(child, &quote!(#spec #policy #options))
    }

    /// Writes the call of `make` with a typed child's name and value.
    fn spec(&self, scope: Scope, child: &Child, typed: &Typed, make: &TokenStream) -> TokenStream {
        let (text, value) = (child.unraw_name(), self.value(child, typed));
        let clones = clones(scope, child);
        let recipe_type = typed.ty.project(self.krate, "Recipe");
        // The name has the span of the type, so that rustc reports a type that is not a child there
        // alone. The block ends before any of the user's expressions could see the name.
        let (pattern, recipe) = recipe(&typed.ty);
        quote! {
            {
                #clones
                #pattern: #recipe_type = #value;
                #make(#text, #recipe)
            }
        }
    }

    fn policy_call(&self, typed: &Typed) -> Option<TokenStream> {
        let policy = typed.policy.as_ref()?.known?;
        let policy = settings::policy(self.krate, policy);
        Some(quote!(.with_restart_policy(#policy)))
    }

    /// Writes the value from which a typed child is made.
    fn value(&self, child: &Child, typed: &Typed) -> TokenStream {
        let krate = self.krate;
        match &typed.value {
            _ if child.validity >= Validity::WithoutValue => quote!(#krate::__private::broken()),
            Some(value) => quote!(#value),
            None => {
                // The tokens have the span of the type, where rustc reports a missing `Default`.
                let (span, ty) = (typed.ty.last.span(), &typed.ty);
                let (open, close) =
                    (quote_spanned!(span=> <_ as), quote_spanned!(span=> >::default_recipe()));
                quote!(#open #krate::bounds::DefaultRecipe<#ty> #close)
            }
        }
    }

    /// Writes the spec of a task.
    ///
    /// The block's last expression has the span of the function, where rustc reports a value that
    /// is not a function, without a note about the macro.
    fn task(&self, scope: Scope, child: &Child, task: &Task) -> TokenStream {
        let krate = self.krate;
        let text = child.unraw_name();
        let policy = task.policy.known.map(|policy| {
            let policy = settings::policy(krate, policy);
            quote!(.with_restart_policy(#policy))
        });
        let options = settings::of_child(krate, &task.options, Place::Task);
        let is_usable = child.validity < Validity::WithoutValue;
        let (span, function) = match &task.value {
            Some(value) => {
                let lent = || lent::function(krate, &self.owned, scope, child, value);
                (value.span(), is_usable.then(|| lent().unwrap_or_else(|| quote!(#value))))
            }
            None => (
                child.name.span(),
                self.functions.get(&std::ptr::from_ref(child)).map(|function| {
                    if scope.is_below_shards() {
                        // Each shard has the function of a local closure.
                        quote_spanned!(child.name.span()=> ::core::clone::Clone::clone(&#function))
                    } else {
                        function.to_token_stream()
                    }
                }),
            ),
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
            let period = settings::time(&period);
            quote!(let #every = #krate::__private::Every(#period);)
        });
        let clones = clones(scope, child);
        let shared = (!self.is_named && is_usable).then(|| shared::checks(krate, scope, child));
        quote!({
            #clones
            #shared
            #period
            let #spec = #krate::ChildSpec::new(#text)#policy #options;
            #run
        })
    }

    /// Writes the pool that `builder` builds.
    ///
    /// # Errors
    ///
    /// The mistake of the template, which has been reported.
    fn pool(&self, scope: Scope, builder: &TokenStream) -> syn::Result<TokenStream> {
        let krate = self.krate;
        let pool = scope.supervisor();
        let Some(child) = pool.children.first() else { return Err(check::template_missing(pool)) };
        let text = child.unraw_name();
        let typed = match &child.body {
            Body::Supervisor(nested) => return Err(check::nested_template(child, nested)),
            Body::Broken(error) => return Err(error.clone()),
            Body::Task(task) => {
                let template = self.task(scope, child, task);
                return Ok(match pool.partitions() {
                    None => quote!(#builder.build_pool(#template)),
                    Some(count) => {
                        let count = settings::count(&count);
                        quote!(#builder.build_partitioned(#template, #count))
                    }
                });
            }
            Body::Typed(typed) => typed,
        };
        let policy = self.policy_call(typed);
        let options = settings::of_child(krate, &typed.options, Place::Typed);
        if let Some(count) = pool.partitions() {
            let count = settings::count(&count);
            let template =
                self.spec(scope, child, typed, &typed.ty.project(krate, "declared_spec"));
            let of = typed.ty.project_partition(krate, "partitioned");
            // The whole call has the span of the type, where rustc reports a mistake in it.
            let arguments = quote_spanned! {typed.ty.last()=>
                (#builder, #template #policy #options, #count)
            };
            return Ok(quote!(#of #arguments));
        }
        // `build_pool` is a function of the type, where rustc reports a type that is not a child.
        if typed.value.is_none() {
            let (template, of) =
                (typed.ty.project(krate, "template"), typed.ty.project(krate, "pool"));
            return Ok(quote!(#of(#builder, #template(#text)#policy #options)));
        }
        let shared = quote!(#krate::bounds::SharedValue);
        let (template, of) =
            (typed.ty.project_on(&shared, "template"), typed.ty.project_on(&shared, "pool"));
        let value = self.value(child, typed);
        let (pattern, recipe) = recipe(&typed.ty);
        let recipe_type = typed.ty.project(krate, "Recipe");
        let clones = clones(scope, child);
        Ok(quote! {{
            #clones
            #pattern: #recipe_type = #value;
            #of(#builder, #template(#recipe, #text)#policy #options)
        }})
    }
}
