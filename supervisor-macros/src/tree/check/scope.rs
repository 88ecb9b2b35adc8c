//! Rules on the names in a child's value, which uses only siblings that are declared before it.

use std::collections::{HashMap, HashSet};

use syn::Expr;

use super::super::ast::{Body, Child, FENCE, SHARD, Supervisor};
use super::super::mentions::{Mentions, Role};
use super::facts::Site;
use crate::errors::Errors;

/// The names of a supervisor's children, each with the index of its first declaration.
pub(super) struct Names {
    of: HashMap<String, usize>,
    /// Set if the children run under a lease, and know its fence.
    has_lease: bool,
    /// Set if the children run in shards, and know the number of theirs.
    has_shards: bool,
}

impl Names {
    /// Returns the names of a supervisor's children; a root needs no lease.
    pub(super) fn of(supervisor: &Supervisor, is_root: bool) -> Self {
        let mut names = HashMap::new();
        for (index, child) in supervisor.children.iter().enumerate() {
            names.entry(child.unraw_name()).or_insert(index);
        }
        let (has_lease, has_shards) = (supervisor.needs_lease(), supervisor.is_sharded());
        Self { of: names, has_lease: has_lease && !is_root, has_shards: has_shards && !is_root }
    }

    /// Returns the index of the first child of this name.
    pub(super) fn first(&self, name: &str) -> Option<usize> {
        self.of.get(name).copied()
    }
}

/// The names around a child: its siblings, and those of the supervisors that contain it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) names: &'a Names,
    /// The child's index among its siblings.
    pub(super) index: usize,
    pub(super) outer: Option<&'a Self>,
}

/// The place where a name is declared, relative to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    Before,
    /// By a supervisor that contains the child.
    Around,
    /// By the child itself.
    Here,
    After,
}

impl Scope<'_> {
    /// Returns the place where a name is declared, if a child has it.
    pub(super) fn find(&self, name: &str) -> Option<Declared> {
        if (self.names.has_lease && name == FENCE) || (self.names.has_shards && name == SHARD) {
            return Some(Declared::Before);
        }
        let own = self.names.first(name).map(|index| match index.cmp(&self.index) {
            std::cmp::Ordering::Less => Declared::Before,
            std::cmp::Ordering::Equal => Declared::Here,
            std::cmp::Ordering::Greater => Declared::After,
        });
        // A name that is declared before hides one that is not, at every level.
        let outer = self.outer.and_then(|outer| outer.find(name)).map(|found| match found {
            Declared::Here => Declared::Around,
            found => found,
        });
        match (own, outer) {
            (Some(Declared::Before), _) | (_, Some(Declared::Before)) => Some(Declared::Before),
            (own, outer) => own.or(outer),
        }
    }

    /// Returns the names of all siblings, and of those of the supervisors around the child.
    pub(super) fn all(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.of.keys().map(String::as_str).collect();
        names.extend(self.outer.into_iter().flat_map(Scope::all));
        names
    }

    /// Returns whether the child, or a supervisor that contains it, is guarded by a lease.
    pub(super) fn is_below_lease(&self) -> bool {
        self.names.has_lease || self.outer.is_some_and(Self::is_below_lease)
    }

    /// Returns whether the child is made once for each shard.
    pub(super) fn is_below_shards(&self) -> bool {
        self.names.has_shards || self.outer.is_some_and(Self::is_below_shards)
    }
}

/// Checks that a child's value uses only siblings that are declared before it.
pub(super) fn sibling_later(
    supervisor: &Supervisor,
    child: &Child,
    site: Site,
    scope: Scope,
    errors: &mut Errors,
) {
    let Some(value) = child.value() else { return };
    if matches!((&child.body, value), (Body::Task(_), Expr::Path(_))) {
        // The value of a task is a function, never a child.
        return;
    }
    let mentions = Mentions::of(value);
    let mut reported = HashSet::new();
    for mention in mentions.values() {
        let name = mention.name();
        if site.params.contains(&name) {
            continue;
        }
        let of = child.unraw_name();
        let message = match scope.find(&name) {
            Some(Declared::After) if uses(supervisor, &name, &of) => format!(
                "`{of}` and `{name}` use each other, and one is declared first; leave `{name}` out here, and let `{name}` send its address to `{of}` when it runs"
            ),
            Some(Declared::After) => format!(
                "`{name}` is declared later; move it above `{of}` (an item: `self::{name}`)"
            ),
            Some(Declared::Around) => format!(
                "`{name}` is not there yet while its children are declared (an item: `self::{name}`)"
            ),
            // As in `let a = A(a);`, the name of the child itself means an outer item.
            Some(Declared::Before | Declared::Here) | None => continue,
        };
        if reported.insert(name) {
            errors.at(mention.ident.span(), message);
        }
    }
}

/// Returns whether the value of the child `name` mentions the child `other`.
fn uses(supervisor: &Supervisor, name: &str, other: &str) -> bool {
    let mut named = supervisor.children.iter().filter(|child| child.unraw_name() == name);
    named.any(|child| {
        let mentions = child.value().map(Mentions::of);
        mentions.is_some_and(|mentions| mentions.values().any(|mention| mention.name() == other))
    })
}

/// Checks that the values of a tree with a name do not mention `self`, which such a tree does not
/// have.
pub(super) fn self_in_value(child: &Child, site: Site, scope: Scope, errors: &mut Errors) {
    let (Some(root), Some(value)) = (site.root, child.value()) else { return };
    let mentions = Mentions::of(value);
    let Some(mention) = mentions.values().find(|mention| mention.name() == "self") else { return };
    let message = match &mention.role {
        Role::Receiver(method) if scope.find(&method.to_string()) == Some(Declared::Before) => {
            format!("a sibling is a variable here; write `{method}`")
        }
        _ => format!(
            "`{root}` has no `self` while it is made: a sibling is a variable, as in `db`, and what comes from outside is a parameter, as in `{root}(config: Config): …`"
        ),
    };
    errors.at(mention.ident.span(), message);
}

/// Checks that a child's value reaches a child of a nested supervisor through that supervisor.
///
/// In a tree without a name, and for a task, the name may be that of a variable or a function.
pub(super) fn sibling_below(
    supervisor: &Supervisor,
    child: &Child,
    site: Site,
    scope: Scope,
    errors: &mut Errors,
) {
    let Some(value) = child.value().filter(|_| site.root.is_some()) else { return };
    if matches!((&child.body, value), (Body::Task(_), Expr::Path(_))) {
        return;
    }
    for mention in Mentions::of(value).values() {
        let name = mention.name();
        if scope.find(&name).is_some() || site.params.contains(&name) {
            continue;
        }
        let before = &supervisor.children[..scope.index];
        if let Some(pool) = before.iter().find_map(|sibling| pool_of(sibling, &name)) {
            let ident = &mention.ident;
            let message = format!(
                "`{ident}` is the template of the pool `{pool}`, whose workers come at run time; write `{pool}` (an item: `self::{ident}`)"
            );
            errors.at(ident.span(), message);
            return;
        }
        let found = before.iter().find_map(|sibling| Some((sibling, path_below(sibling, &name)?)));
        if let Some((sibling, path)) = found {
            let (ident, around) = (&mention.ident, sibling.unraw_name());
            let message =
                format!("`{ident}` is below `{around}`; write `{path}` (an item: `self::{ident}`)");
            errors.at(ident.span(), message);
            return;
        }
    }
}

/// Returns the expression for the pool, at a child or below it, whose template has this name.
fn pool_of(child: &Child, name: &str) -> Option<String> {
    let Body::Supervisor(nested) = &child.body else { return None };
    let own = child.unraw_name();
    let has = |below: &Child| below.unraw_name() == name && matches!(below.body, Body::Typed(_));
    if nested.is_pool() {
        return nested.children.iter().any(has).then_some(own);
    }
    nested.children.iter().find_map(|below| pool_of(below, name)).map(|path| {
        let (first, rest) = path.split_once('.').map_or((&*path, None), |(f, r)| (f, Some(r)));
        let rest = rest.map(|rest| format!(".{rest}")).unwrap_or_default();
        format!("{own}.{first}(){rest}")
    })
}

/// Returns the expression for the child of this name and with a type below a child.
fn path_below(child: &Child, name: &str) -> Option<String> {
    let Body::Supervisor(nested) = &child.body else { return None };
    let around = child.unraw_name();
    let around = if nested.is_sharded() { format!("{around}.of_bytes(key)") } else { around };
    nested.children.iter().find_map(|below| match &below.body {
        Body::Typed(_) if below.unraw_name() == name => Some(format!("{around}.{name}()")),
        _ => path_below(below, name).map(|path| {
            let (first, rest) = path.split_once('.').unwrap_or((&path, ""));
            format!("{around}.{first}().{rest}")
        }),
    })
}

/// Checks that a sibling's name, which is the sibling's address, is not used as a function of the
/// same name.
pub(super) fn function_hidden(child: &Child, scope: Scope, errors: &mut Errors) {
    let Some(value) = child.value() else { return };
    let mentions = Mentions::of(value);
    // The value of a task is a function that the child calls.
    let function = matches!((&child.body, value), (Body::Task(_), Expr::Path(_)));
    let functions = mentions.values().filter(|_| function);
    for mention in mentions.calls().chain(functions) {
        let (name, ident) = (mention.name(), &mention.ident);
        // (A function `fence` is hidden by the fence of a lease only where that is used, and so is `shard`.)
        let is_bound = [FENCE, SHARD].contains(&&*name);
        if scope.find(&name) == Some(Declared::Before) && !is_bound {
            let message =
                format!("`{name}` is a child's address here; the function is `self::{name}`");
            errors.at(ident.span(), message);
        }
    }
}

/// Checks that the closure of a task borrows no parameter of the tree: the task outlives the values
/// that the parameters borrow.
///
/// Every use inside a closure breaks the rule, even `config.clone()`: the closure would hold the
/// reference until it is called.
pub(super) fn task_borrows_parameter(child: &Child, site: Site, errors: &mut Errors) {
    let (Body::Task(_), Some(value)) = (&child.body, child.value()) else { return };
    let mentions = Mentions::of(value);
    let mut in_closures = mentions.values().filter(|mention| mention.in_closure);
    let found = in_closures.find_map(|mention| {
        let name = mention.name();
        let (_, own) = site.borrowed.iter().find(|(borrowed, _)| *borrowed == name)?;
        Some((&mention.ident, own))
    });
    if let Some((ident, own)) = found {
        let message = format!(
            "`{ident}` is borrowed while the tree is built, and no longer; write `{{ let {ident} = {ident}.{own}(); move |ctx| … }}`"
        );
        errors.at(ident.span(), message);
    }
}
