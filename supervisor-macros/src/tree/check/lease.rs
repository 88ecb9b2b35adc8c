//! Rules on the leases of supervisors, and on the fence that a lease gives to the children which it
//! guards.

use quote::ToTokens;
use supervisor_rules::wording;
use syn::Ident;

use super::super::ast::{Body, Child, Enclosure, FENCE, SHARD, Supervisor, Tree};
use super::super::mentions::Mentions;
use super::super::text::compact;
use super::facts::Site;
use super::scope::Scope;
use crate::errors::Errors;
use crate::options::Item;
use crate::options::key::Key;
use crate::options::setting::{Known, Setting, StartMode};

type Rule = fn(&Supervisor, &mut Errors);

/// The rules that need only a nested supervisor itself.
pub(super) const RULES: [Rule; 8] = [
    lease_without_engine,
    engine_without_lease,
    ttl_without_lease,
    shards_without_lease,
    auto_shutdown_of_shards,
    lease_without_children,
    max_children_of_lease,
    start_of_lease,
];

/// Returns a supervisor's option, if it is written.
fn item(supervisor: &Supervisor, key: Key) -> Option<&Item> {
    supervisor.options.items.iter().find(|item| item.key() == Some(key))
}

/// Returns whether the strategy and all options are known: an unknown one may have been meant as a lease.
fn is_certain(supervisor: &Supervisor) -> bool {
    let is_unknown = |item: &Item| item.key().is_none();
    supervisor.strategy.known.is_some() && !supervisor.options.items.iter().any(is_unknown)
}

/// Returns whether a nested supervisor may have a lease.
fn allows_lease(supervisor: &Supervisor) -> bool {
    Key::Lease.is_allowed(supervisor.nested_place())
}

/// Checks that a supervisor with a lease says who grants it.
fn lease_without_engine(supervisor: &Supervisor, errors: &mut Errors) {
    let Some(item) = item(supervisor, Key::Lease) else { return };
    let is_readable = matches!(item.setting(), Some(Ok(_)));
    if supervisor.engine.is_none()
        && is_readable
        && is_certain(supervisor)
        && allows_lease(supervisor)
    {
        let strategy = supervisor.strategy.ident.to_string();
        errors.at(
            item.ident.span(),
            format!(
                "a lease is granted by an engine, which is a value; write `{strategy}(lease = …) with leases {{ … }}`"
            ),
        );
    }
}

/// Checks that a supervisor with an engine of leases has a lease.
pub(super) fn engine_without_lease(supervisor: &Supervisor, errors: &mut Errors) {
    let Some(engine) = &supervisor.engine else { return };
    if item(supervisor, Key::Lease).is_none() && is_certain(supervisor) {
        let strategy = supervisor.strategy.ident.to_string();
        errors.at(
            engine.with,
            format!(
                "`with` names the engine of a lease, and there is none; write `{strategy}(lease = \"billing\") with …`"
            ),
        );
    }
}

/// Checks that `ttl`, `renew` and `overrun` belong to a lease.
fn ttl_without_lease(supervisor: &Supervisor, errors: &mut Errors) {
    if item(supervisor, Key::Lease).is_some() || !allows_lease(supervisor) {
        return;
    }
    let of_lease = [Key::Ttl, Key::Renew, Key::Overrun];
    if let Some(item) = of_lease.iter().find_map(|key| item(supervisor, *key)) {
        let message = format!(
            "`{}` is an option of a lease, which has a name; add `lease = \"billing\"`",
            item.ident
        );
        errors.at(item.ident.span(), message);
    }
}

/// Checks that what is divided into shards is a lease.
fn shards_without_lease(supervisor: &Supervisor, errors: &mut Errors) {
    let is_reported = supervisor.engine.is_some() || !is_certain(supervisor);
    if item(supervisor, Key::Lease).is_some() || !allows_lease(supervisor) || is_reported {
        return;
    }
    if let Some(item) = item(supervisor, Key::Shards) {
        errors.at(
            item.ident.span(),
            "`shards` divides a lease among replicas; add `lease = \"jobs\"` (in one process, workers share the work by the `partitions` of a `simple_one_for_one`)",
        );
    }
}

/// Checks that shards do not end by themselves: a shard whose work is done would be started again, here or in
/// another replica.
fn auto_shutdown_of_shards(supervisor: &Supervisor, errors: &mut Errors) {
    if !supervisor.is_sharded() {
        return;
    }
    if let Some(item) = item(supervisor, Key::AutoShutdown) {
        errors.at(item.ident.span(), wording::auto_shutdown_of_shards());
    }
}

/// Checks that a lease guards something. A supervisor with a lease takes no children at run time: they
/// would run without it.
fn lease_without_children(supervisor: &Supervisor, errors: &mut Errors) {
    let is_written = matches!(supervisor.enclosure, Enclosure::Braces);
    if supervisor.lease().is_some() && supervisor.children.is_empty() && is_written {
        errors.at(
            supervisor.strategy.ident.span(),
            "a lease guards the children in these braces, and there are none; children that come at run time are added to a supervisor inside: `{ work: one_for_one {} }`",
        );
    }
}

/// Checks that a supervisor with a lease has no limit on children that come at run time.
fn max_children_of_lease(supervisor: &Supervisor, errors: &mut Errors) {
    if let (Some(_), Some(item)) = (supervisor.lease(), item(supervisor, Key::MaxChildren)) {
        errors.at(
            item.ident.span(),
            "a supervisor with a lease takes no children at run time, so `max_children` has no meaning; set it on a supervisor inside the braces, to which they are added",
        );
    }
}

/// Checks that a supervisor with a lease has no `start = retry`: its start waits for no child, and so does
/// not fail.
fn start_of_lease(supervisor: &Supervisor, errors: &mut Errors) {
    if let (Some(_), Some(item)) = (supervisor.lease(), item(supervisor, Key::Start)) {
        let is_retry = matches!(item.setting(), Some(Ok(Setting::Start(StartMode::Retry))));
        if is_retry {
            errors.at(
                item.ident.span(),
                "a supervisor with a lease starts at once, on standby, so `start = retry` has no meaning; if its children do not start, it is restarted, after its `backoff`",
            );
        }
    }
}

/// Checks that no supervisor with a lease is below another one.
pub(super) fn lease_nested(child: &Child, scope: Scope, errors: &mut Errors) {
    let Body::Supervisor(nested) = &child.body else { return };
    if let Some(item) = item(nested, Key::Lease)
        && allows_lease(nested)
        && scope.is_below_lease()
    {
        errors.at(item.ident.span(), wording::lease_nested(&child.unraw_name()));
    }
}

/// Checks that a tree asks for each lease once: of two supervisors with one lease, the second would wait
/// for the first.
pub(super) fn lease_duplicate(tree: &Tree, errors: &mut Errors) {
    let mut found: Vec<(&Child, &Item, String, String)> = Vec::new();
    each_lease(&tree.root, &mut |child, item, name, engine| {
        let first = found.iter().find(|(_, _, other, of)| *other == name && *of == engine);
        match first {
            Some((first, at, ..)) if !(first.has_cfg() || child.has_cfg()) => {
                let (child, first) = (child.unraw_name(), first.unraw_name());
                errors.on(
                    item.value_tokens(),
                    format!(
                        "`{child}` and `{first}` have one lease, so only one of them would run; give each a lease of its own"
                    ),
                );
                errors.on(at.value_tokens(), format!("the lease of `{first}` is named here"));
            }
            _ => found.push((child, item, name, engine)),
        }
    });
}

/// Calls a function with each supervisor with a lease of which the macro knows the name, and with the
/// tokens of its engine.
fn each_lease<'a>(
    supervisor: &'a Supervisor,
    visit: &mut impl FnMut(&'a Child, &'a Item, String, String),
) {
    for child in &supervisor.children {
        let Body::Supervisor(nested) = &child.body else { continue };
        if let Some(lease) = nested.lease()
            && let Known::Here(name) = &lease.name
        {
            visit(child, lease.item, name.clone(), compact(&lease.engine.to_token_stream()));
        }
        each_lease(nested, visit);
    }
}

/// Checks that no child below a lease has the name of the fence.
pub(super) fn fence_hidden(child: &Child, scope: Scope, errors: &mut Errors) {
    if child.unraw_name() == FENCE && scope.is_below_lease() {
        errors.at(
            child.name.span(),
            "`fence` is the fence of the lease in these braces; give the child another name",
        );
    }
}

/// Checks that no child in a shard has the name of the shard's number.
pub(super) fn shard_hidden(child: &Child, scope: Scope, errors: &mut Errors) {
    if child.unraw_name() == SHARD && scope.is_below_shards() {
        errors.at(
            child.name.span(),
            "`shard` is the number of the shard in these braces; give the child another name",
        );
    }
}

/// Checks that the number of a shard is used by the children in the shard alone.
///
/// In a tree without a name, the word may be a variable.
pub(super) fn shard_outside(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    if scope.is_below_shards() {
        return;
    }
    if let Some(mention) = stray(SHARD, child, site, scope) {
        errors.at(
            mention.span(),
            "a shard has its number only inside the braces of a supervisor with `shards` (an item: `self::shard`)",
        );
    }
}

/// Checks that the fence of a lease is used by the children that the lease guards alone.
///
/// In a tree without a name, the word may be a variable.
pub(super) fn fence_outside(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    if scope.is_below_lease() {
        return;
    }
    if let Some(mention) = stray(FENCE, child, site, scope) {
        errors.at(
            mention.span(),
            "a fence exists only inside the braces of a supervisor with a lease; move this child there (an item: `self::fence`)",
        );
    }
}

/// Returns a name in a child's value that is bound only elsewhere, if the value has it and it means nothing
/// else.
fn stray(name: &str, child: &Child, site: Site, scope: Scope) -> Option<Ident> {
    let value = child.value().filter(|_| site.root.is_some())?;
    if scope.find(name).is_some() || site.params.iter().any(|param| param == name) {
        return None;
    }
    if matches!((&child.body, value), (Body::Task(_), syn::Expr::Path(_))) {
        // A function.
        return None;
    }
    let mentions = Mentions::of(value);
    let found = mentions.values().find(|mention| mention.name() == name);
    found.map(|mention| mention.ident.clone())
}
