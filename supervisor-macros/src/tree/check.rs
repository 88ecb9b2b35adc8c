//! Checks the rules that a tree's own tokens can break.
//!
//! A rule is one function, named `<subject>_<problem>`, with the rule in prose above it; the
//! compile-fail test of the same name shows its message. Rules that need a type's own options
//! are checked by the library when the constants of the tree are evaluated; rules about traits
//! are checked by rustc.

mod after;
mod attributes;
mod child;
mod facts;
mod lease;
mod lives;
mod outside;
mod scope;
mod siblings;
mod supervisor;
mod task;
mod twins;

pub(super) use lives::function;
pub(super) use supervisor::{nested_template, template_missing};
pub(super) use twins::tree_duplicate;

use syn::Expr;
use syn::ext::IdentExt;

use self::facts::Site;
use self::scope::{Names, Scope};
use super::ast::{Body, Supervisor, Tree, Validity};
use crate::errors::Errors;
use crate::options;
use crate::options::check::Subject;

/// Applies every rule, and marks the children that break one.
pub(crate) fn check(tree: &mut Tree, errors: &mut Errors) {
    let head = tree.head.as_ref();
    let params: Vec<String> = head
        .map(|head| head.params.iter().map(|param| param.ident.unraw().to_string()).collect())
        .unwrap_or_default();
    let borrowed: Vec<(String, &'static str)> = head
        .map(|head| {
            let borrowed =
                head.params.iter().filter_map(|param| Some((param, param.to_own_borrowed()?)));
            borrowed.map(|(param, call)| (param.ident.unraw().to_string(), call)).collect()
        })
        .unwrap_or_default();
    let moved: Vec<String> = head
        .map(|head| {
            let moved = head.params.iter().filter(|param| param.is_moved());
            moved.map(|param| param.ident.unraw().to_string()).collect()
        })
        .unwrap_or_default();
    let root = head.map(|head| head.ident.clone());
    let site = Site {
        root: root.as_ref(),
        is_root: true,
        params: &params,
        borrowed: &borrowed,
        moved: &moved,
    };
    supervisor::attributes_without_name(tree, errors);
    attributes::attribute_of_tree(tree, errors);
    supervisor::tree_too_deep(tree, errors);
    lease::engine_without_lease(&tree.root, errors);
    lease::lease_duplicate(tree, errors);
    options::check::check(&tree.root.options, tree.root.root_place(), &Subject::default(), errors);
    check_supervisor(&mut tree.root, site, None, errors);
    tree.attrs.retain(|attr| !attributes::is_refused(attr, None));
}

/// Returns whether a child of the tree has the tree's own type.
pub(crate) fn contains_itself(tree: &Tree) -> bool {
    fn contains(supervisor: &Supervisor, root: &syn::Ident) -> bool {
        supervisor.children.iter().any(|child| match &child.body {
            Body::Typed(typed) => typed.ty.is_plain && typed.ty.last == *root,
            Body::Supervisor(nested) => contains(nested, root),
            Body::Task(_) | Body::Broken(_) => false,
        })
    }
    tree.head.as_ref().is_some_and(|head| contains(&tree.root, &head.ident))
}

fn check_supervisor(
    supervisor: &mut Supervisor,
    site: Site,
    outer: Option<&Scope>,
    errors: &mut Errors,
) {
    for rule in supervisor::RULES {
        rule(supervisor, errors);
    }
    let names = Names::of(supervisor, site.is_root);
    for index in 0..supervisor.children.len() {
        let scope = Scope { names: &names, index, outer };
        let validity = check_child(supervisor, site, scope, errors);
        let lost = child::name_lost(&supervisor.children[index], site);
        supervisor.lost = supervisor.lost.take().or(lost);
        let child = &mut supervisor.children[index];
        child.downgrade(validity);
        let refused: Vec<bool> =
            child.attrs.iter().map(|attr| attributes::is_refused(attr, Some(child))).collect();
        let mut refused = refused.into_iter();
        child.attrs.retain(|_| !refused.next().unwrap_or(false));
        if let Body::Supervisor(nested) = &mut child.body {
            check_supervisor(nested, Site { is_root: false, ..site }, Some(&scope), errors);
        }
    }
}

fn check_child(supervisor: &Supervisor, site: Site, scope: Scope, errors: &mut Errors) -> Validity {
    let child = &supervisor.children[scope.index];
    let mut validity = Validity::Valid;
    let mut apply = |rule: &dyn Fn(&mut Errors), then: Validity| {
        let mut found = Errors::default();
        rule(&mut found);
        if !found.is_empty() {
            validity = validity.max(then);
            errors.append(found);
        }
    };
    apply(&|found| child::name_taken(child, site, found), Validity::WithoutName);
    apply(&|found| child::name_upper(child, found), Validity::WithoutName);
    apply(&|found| child::name_duplicate(supervisor, scope, found), Validity::WithoutName);
    apply(&|found| child::tree_in_itself(child, site, found), Validity::WithoutName);
    apply(&|found| supervisor::handle_duplicate(child, found), Validity::Invalid);
    if let Body::Supervisor(nested) = &child.body {
        for rule in lease::RULES {
            apply(&|found| rule(nested, found), Validity::Invalid);
        }
    }
    apply(&|found| lease::fence_hidden(child, scope, found), Validity::Invalid);
    apply(&|found| lease::shard_hidden(child, scope, found), Validity::Invalid);
    apply(&|found| lease::lease_nested(child, scope, found), Validity::Invalid);
    apply(&|found| child::policy_unknown(child, found), Validity::Invalid);
    if let Some((options, place)) = child.options() {
        let of = child.subject();
        apply(&|found| options::check::check(options, place, &of, found), Validity::Invalid);
    }
    for rule in child::RULES {
        apply(&|found| rule(supervisor, child, found), Validity::Invalid);
    }
    apply(&|found| attributes::attribute_of_child(child, found), Validity::Valid);
    if matches!(child.value(), Some(Expr::Verbatim(tokens)) if tokens.is_empty()) {
        // The value could not be parsed, which has been reported.
        return validity.max(Validity::WithoutValue);
    }
    apply(&|found| child::value_fallible(child, site, found), Validity::WithoutValue);
    apply(&|found| child::duration_in_value(child, found), Validity::WithoutValue);
    apply(&|found| lease::fence_outside(child, site, scope, found), Validity::WithoutValue);
    apply(&|found| lease::shard_outside(child, site, scope, found), Validity::WithoutValue);
    apply(&|found| after::after_without_order(supervisor, child, found), Validity::Invalid);
    apply(&|found| after::after_mistyped(supervisor, child, found), Validity::Invalid);
    apply(&|found| after::after_later(supervisor, child, scope, found), Validity::Invalid);
    apply(&|found| after::after_unknown(supervisor, child, scope, found), Validity::Invalid);
    apply(&|found| task::task_called(child, found), Validity::WithoutValue);
    apply(&|found| task::task_typed(child, site, scope, found), Validity::Invalid);
    apply(&|found| task::task_made(child, found), Validity::WithoutValue);
    apply(&|found| task::task_spawned(child, found), Validity::WithoutValue);
    apply(&|found| task::task_with_messages(child, found), Validity::WithoutValue);
    apply(&|found| scope::self_in_value(child, site, scope, found), Validity::WithoutValue);
    apply(
        &|found| siblings::sibling_by_accessor(supervisor, child, site, scope, found),
        Validity::WithoutValue,
    );
    apply(&|found| siblings::sibling_itself(child, site, scope, found), Validity::WithoutValue);
    apply(&|found| scope::function_hidden(child, scope, found), Validity::WithoutValue);
    apply(&|found| scope::task_borrows_parameter(child, site, found), Validity::WithoutValue);
    apply(&|found| lives::sibling_given_away(child, site, scope, found), Validity::WithoutValue);
    apply(
        &|found| lives::value_borrows_parameter(child, site, scope, found),
        Validity::WithoutValue,
    );
    apply(
        &|found| lives::parameter_moved(supervisor, child, site, scope, found),
        Validity::WithoutValue,
    );
    apply(&|found| lives::parameter_of_shards(child, site, scope, found), Validity::WithoutValue);
    apply(
        &|found| lives::async_closure_captures(child, site, scope, found),
        Validity::WithoutValue,
    );
    apply(
        &|found| scope::sibling_later(supervisor, child, site, scope, found),
        Validity::WithoutValue,
    );
    apply(
        &|found| scope::sibling_below(supervisor, child, site, scope, found),
        Validity::WithoutValue,
    );
    if validity < Validity::WithoutValue {
        // A name about which another rule has spoken is no variable.
        let mut found = Errors::default();
        outside::variable_outside(child, site, scope, &mut found);
        if !found.is_empty() {
            validity = Validity::WithoutValue;
            errors.append(found);
        }
    }
    validity
}
