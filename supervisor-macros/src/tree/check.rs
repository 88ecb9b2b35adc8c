//! The rules of a tree that its own tokens can break.
//!
//! One function per rule, named `<subject>_<problem>`, with the rule in prose above it; the
//! compile-fail test of the same name shows its message. Rules that need a type's own options
//! are checked by the library when the constants of the tree are evaluated; rules about traits
//! are the compiler's.

mod child;
mod facts;
mod scope;
mod supervisor;

pub(super) use supervisor::{nested_template, template_missing};

use syn::ext::IdentExt;

use self::facts::Site;
use self::scope::{Names, Scope};
use super::ast::{Body, Standing, Supervisor, Tree};
use crate::errors::Errors;
use crate::options;

/// Applies every rule, and marks the children that break one.
pub(crate) fn check(tree: &mut Tree, errors: &mut Errors) {
    let head = tree.head.as_ref();
    let params: Vec<String> = head
        .map(|head| head.params.iter().map(|param| param.ident.unraw().to_string()).collect())
        .unwrap_or_default();
    let borrowed: Vec<String> = head
        .map(|head| {
            let borrowed = head.params.iter().filter(|param| param.is_borrowed());
            borrowed.map(|param| param.ident.unraw().to_string()).collect()
        })
        .unwrap_or_default();
    let root = head.map(|head| head.ident.clone());
    let site = Site { root: root.as_ref(), is_root: true, params: &params, borrowed: &borrowed };
    supervisor::attributes_without_name(tree, errors);
    options::check::check(&tree.root.options, tree.root.root_place(), errors);
    check_supervisor(&mut tree.root, site, None, errors);
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
    let names = Names::of(supervisor);
    for index in 0..supervisor.children.len() {
        let scope = Scope { names: &names, index, outer };
        let standing = check_child(supervisor, site, scope, errors);
        let child = &mut supervisor.children[index];
        child.flaw(standing);
        if let Body::Supervisor(nested) = &mut child.body {
            check_supervisor(nested, Site { is_root: false, ..site }, Some(&scope), errors);
        }
    }
}

fn check_child(supervisor: &Supervisor, site: Site, scope: Scope, errors: &mut Errors) -> Standing {
    let child = &supervisor.children[scope.index];
    let mut standing = Standing::Sound;
    let mut apply = |rule: &dyn Fn(&mut Errors), then: Standing| {
        let mut found = Errors::default();
        rule(&mut found);
        if !found.is_empty() {
            standing = standing.max(then);
            errors.append(found);
        }
    };
    apply(&|found| child::name_taken(child, site, found), Standing::Nameless);
    apply(&|found| child::name_duplicate(supervisor, scope, found), Standing::Nameless);
    apply(&|found| child::tree_in_itself(child, site, found), Standing::Nameless);
    apply(&|found| supervisor::handle_duplicate(child, found), Standing::Flawed);
    apply(&|found| child::policy_unknown(child, found), Standing::Flawed);
    if let Some((options, place)) = child.options() {
        apply(&|found| options::check::check(options, place, found), Standing::Flawed);
    }
    for rule in child::RULES {
        apply(&|found| rule(supervisor, child, found), Standing::Flawed);
    }
    apply(&|found| child::task_called(child, found), Standing::WithoutValue);
    apply(&|found| scope::function_hidden(child, scope, found), Standing::WithoutValue);
    apply(&|found| scope::task_borrows_parameter(child, site, found), Standing::WithoutValue);
    apply(&|found| scope::sibling_later(child, site, scope, found), Standing::WithoutValue);
    standing
}
