//! Writes supervisors whose children run in one replica only: their singleton, the fence that the
//! children know, and their constants.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident};

use super::super::ast::{Body, FENCE, Lease, SHARD, Supervisor, Validity};
use super::super::mentions::{Mentions, Role};
use super::super::names::hygienic;
use super::settings;
use crate::options::key::Key;
use crate::options::setting::Known;

/// Returns the variable that holds a singleton before it is built.
///
/// It has the span of the engine, as the function that builds it: there rustc reports a value that is no
/// engine, and does so once.
fn singleton(lease: &Lease) -> Ident {
    Ident::new("__singleton", lease.engine.span())
}

/// Binds the singleton of a supervisor, which `clones` of siblings may precede.
pub(super) fn begin(
    krate: &TokenStream,
    nested: &Supervisor,
    lease: &Lease,
    clones: Option<&TokenStream>,
) -> TokenStream {
    let (singleton, name) = (singleton(lease), settings::text(&lease.name));
    let (engine, is_name) = (engine(lease.engine), is_name(lease.engine));
    let (options, place) = (&nested.options, nested.nested_place());
    let calls = [Key::Ttl, Key::Renew, Key::Shutdown, Key::Overrun];
    let calls = calls.map(|key| settings::one_of_child(krate, options, place, key));
    // The word has the span of the option, where rustc reports that the feature is not enabled.
    let module = Ident::new("lease", lease.item.ident.span());
    let new = |engine| quote!(#krate::#module::Singleton::new(#name, #engine) #(#calls)*);
    let (is_one, clones) = (engine.clone().into_iter().count() == 1, clones.cloned());
    let clones = clones.filter(|clones| !clones.is_empty());
    let new = if is_name || (is_one && clones.is_none()) {
        new(engine)
    } else {
        // rustc reports a value that is no engine at the variable, as where the singleton is built.
        let variable = Ident::new("__engine", lease.engine.span());
        let new = new(variable.to_token_stream());
        quote!({ #clones let #variable = #engine; #new })
    };
    let allow = is_name
        .then(|| quote!(#[allow(clippy::clone_on_copy, reason = "an engine need not be `Copy`")]));
    quote!(#allow let #singleton = #new;)
}

/// Returns whether a value is a name.
fn is_name(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.get_ident().is_some())
}

/// Writes the engine. What has a name is cloned, so that the engine can be used again, and may be
/// borrowed.
fn engine(value: &Expr) -> TokenStream {
    // With another span, rustc would underline the whole tree for a value that is no engine.
    let clone = is_name(value).then(|| quote_spanned!(value.span()=> .clone()));
    quote!(#value #clone)
}

/// Binds the fence under a name that no value can see, if a child needs it; each value that names the
/// fence has a clone.
pub(super) fn fence(
    krate: &TokenStream,
    supervisor: &Supervisor,
    lease: Option<&Lease>,
) -> Option<TokenStream> {
    let fence = hygienic(FENCE);
    let value = lease.map(singleton).map_or_else(
        || quote!(#krate::__private::broken::<#krate::lease::Fence>()),
        |singleton| quote!(#singleton.fence()),
    );
    is_fenced(supervisor).then(|| quote!(let #fence = #value;))
}

/// Returns whether a child below a supervisor names the fence in its value.
fn is_fenced(supervisor: &Supervisor) -> bool {
    supervisor.named_children().any(|child| {
        let value = child.value().filter(|_| child.validity < Validity::WithoutValue);
        let below = match &child.body {
            Body::Supervisor(nested) => is_fenced(nested),
            Body::Task(_) | Body::Typed(_) | Body::Broken(_) => false,
        };
        below || value.is_some_and(|value| clone_for(value).is_some())
    })
}

/// Writes the end of a supervisor: its value, from the builder of the children.
pub(super) fn build(lease: &Lease, builder: &Ident) -> TokenStream {
    let (singleton, build) = (singleton(lease), Ident::new("build_children", lease.engine.span()));
    quote!(#singleton.#build(#builder))
}

/// Binds the shards of a lease that is divided, and opens the loop that makes each of them: in the
/// loop, `statements` build the supervisor of a shard, and `value` is its handle.
///
/// It is a loop and no closure, since a value may leave the function around the tree.
pub(super) fn each_shard(
    lease: &Lease,
    backoff: &TokenStream,
    statements: &TokenStream,
    value: &TokenStream,
) -> Option<TokenStream> {
    let (item, count) = lease.shards.as_ref()?;
    let (count, singleton) = (settings::count(count), singleton(lease));
    let (shards, shard) = (hygienic("shards"), hygienic(SHARD));
    // rustc reports a value that is moved in each turn of the loop, and shows the loop: at the option.
    let span = item.ident.span();
    let repeat = quote_spanned!(span=> while);
    let mut body = Group::new(Delimiter::Brace, quote!(#statements #shards.push(#value);));
    body.set_span(span);
    Some(quote! {
        let mut #shards = #singleton.into_shards(#count) #backoff;
        #repeat let ::core::option::Option::Some((#shard, #singleton)) = #shards.next_shard()
            #body
        #shards.build()
    })
}

/// Returns the type of the handle of shards, from that of one shard.
pub(super) fn sharded(
    krate: &TokenStream,
    nested: &Supervisor,
    handle: &TokenStream,
) -> TokenStream {
    // The word has the span of the option, where rustc reports that the feature is not enabled.
    let lease = nested.options.items.iter().find(|item| item.key() == Some(Key::Lease));
    let span = lease.map_or_else(Span::mixed_site, |item| item.ident.span());
    let module = Ident::new("lease", span);
    quote!(#krate::#module::Sharded<#handle>)
}

/// Writes the clone of the fence that a value uses, if it does.
pub(super) fn clone_for(value: &Expr) -> Option<TokenStream> {
    let fence = hygienic(FENCE);
    bind(FENCE, value, &quote!(::core::clone::Clone::clone(&#fence)))
}

/// Binds the number of the shard that a value uses, if it does.
pub(super) fn number_for(value: &Expr) -> Option<TokenStream> {
    bind(SHARD, value, &hygienic(SHARD).into_token_stream())
}

/// Binds a name to an expression for a value that uses the name.
fn bind(name: &str, value: &Expr, expression: &TokenStream) -> Option<TokenStream> {
    let mentions = Mentions::of(value);
    let named = |role: &Role| !matches!(role, Role::Called);
    let mut used = mentions
        .all
        .iter()
        .filter(|mention| !mention.is_bound && mention.name() == name && named(&mention.role));
    let first = used.next()?;
    let is_sure = [first].into_iter().chain(used).any(|mention| mention.role != Role::InMacro);
    let unused = (!is_sure).then(|| quote!(#[allow(unused_variables)]));
    let name = Ident::new(name, first.ident.span());
    Some(quote!(#unused let #name = #expression;))
}

/// Returns the options that a supervisor with a lease does not have as a child: how long the children may take
/// to stop is the singleton's concern, and it is a shard that is restarted after a delay, if there are shards.
pub(super) fn not_of_child(lease: &Lease) -> &'static [Key] {
    if lease.shards.is_some() { &[Key::Shutdown, Key::Backoff] } else { &[Key::Shutdown] }
}

/// Returns the constant of a supervisor with a lease, from that of the supervisor of its children.
pub(super) fn descriptor(
    krate: &TokenStream,
    name: &str,
    child_options: &TokenStream,
    shard_options: &TokenStream,
    lease: &Lease,
    leader: &TokenStream,
) -> TokenStream {
    let descriptor = quote!(#krate::__private::TreeDescriptor);
    let option = quote!(::core::option::Option);
    let named = match &lease.name {
        Known::AtRuntime(_) => quote!(#option::None),
        known => {
            let text = settings::text(known);
            quote!(#option::Some(#text))
        }
    };
    let times = [(Key::Ttl, &lease.ttl), (Key::Renew, &lease.renew)].into_iter();
    let times = times.filter_map(|(key, time)| {
        let (_, time) = time.as_ref()?;
        Some(if matches!(time, Known::AtRuntime(_)) {
            let unknown = format_ident!("with_unknown_{}", key.as_str());
            quote!(.#unknown())
        } else {
            let (method, time) = (format_ident!("{}", key.method()), settings::time(time));
            quote!(.#method(#time))
        })
    });
    let options = quote!(#krate::__private::LeaseOptions::new(#named) #(#times)*);
    let children = quote!(const { &#descriptor::leased(#leader) });
    let Some((_, count)) = &lease.shards else {
        return quote!(#descriptor::singleton(#name, #child_options, #options, #children));
    };
    let shards = if matches!(count, Known::AtRuntime(_)) {
        quote!(.with_unknown_shards())
    } else {
        let count = settings::count(count);
        quote!(.with_shards(#count))
    };
    quote! {
        #descriptor::sharded(
            #name,
            #child_options,
            #options #shards,
            const { &#descriptor::shards(#shard_options, #children) },
        )
    }
}

/// A check of a lease: where it fails, and the name of its function.
pub(super) struct Check {
    pub(super) span: Span,
    pub(super) function: &'static str,
}

/// Returns the checks of a lease. Times that only the running program knows are checked when it starts.
pub(super) fn checks(lease: &Lease) -> Vec<Check> {
    // Without a `ttl` of its own, the lease itself is too short.
    let ttl = lease.ttl.as_ref().map_or(lease.item, |(item, _)| *item);
    let mut checks = vec![Check { span: ttl.value_span(), function: "check_lease" }];
    let renew = lease.renew.as_ref().map_or(ttl, |(item, _)| *item);
    checks.push(Check { span: renew.value_span(), function: "check_renew" });
    if let Some((item, Known::Constant(_))) = &lease.shards {
        checks.push(Check { span: item.value_span(), function: "check_shards" });
    }
    checks
}

/// Writes the call of a check on what a name at its place is bound to.
pub(super) fn call(check: &Check, subject: &Ident) -> TokenStream {
    let function = Ident::new(check.function, check.span);
    quote_spanned!(check.span=> #subject.#function())
}
