//! Finds the siblings that the children of a supervisor with `order = by_use` use: those that their
//! values mention, and those that the option `after` names.

use std::collections::{HashMap, HashSet};

use syn::Expr;
use syn::ext::IdentExt;

use super::ast::{Body, ByUse, Child, FENCE, SHARD, Supervisor, Tree, Use, Validity};
use super::mentions::{Mention, Mentions, Role};
use crate::joined::joined;

type Names = HashSet<String>;

/// Sets the uses of all children.
pub(super) fn find(tree: &mut Tree) {
    if has_order(&tree.root) {
        in_supervisor(&mut tree.root);
    }
}

/// Returns whether a supervisor in the tree has `order = by_use`.
fn has_order(supervisor: &Supervisor) -> bool {
    let nested = |child: &Child| match &child.body {
        Body::Supervisor(nested) => has_order(nested),
        _ => false,
    };
    supervisor.is_by_use() || supervisor.children.iter().any(nested)
}

/// Sets the uses of the children, and returns the names around the supervisor that they mention.
fn in_supervisor(supervisor: &mut Supervisor) -> Names {
    let is_by_use = supervisor.is_by_use();
    let mut outer = Names::new();
    // The indices of the children so far: two of one name, if they are under conditions.
    let mut declared: HashMap<String, Vec<usize>> = HashMap::new();
    for index in 0..supervisor.children.len() {
        let (before, rest) = supervisor.children.split_at_mut(index);
        let [child, ..] = rest else { continue };
        let mut mentioned = in_child(child);
        outer.extend(mentioned.iter().filter(|name| !declared.contains_key(*name)).cloned());
        if is_by_use {
            mentioned.extend(child.after().iter().map(|name| name.unraw().to_string()));
            let found = mentioned.iter().filter_map(|name| declared.get(name)).flatten();
            let mut numbers: Vec<usize> = found.copied().collect();
            numbers.sort_unstable();
            let uses = numbers.into_iter().map(|number| Use {
                number,
                name: before[number].unraw_name(),
                cfgs: joined(before[number].cfgs()),
            });
            child.place = Some(ByUse { number: index, uses: uses.collect() });
        }
        if child.validity < Validity::WithoutName {
            declared.entry(child.unraw_name()).or_default().push(index);
        }
    }
    outer
}

/// Returns the names around a child that its values mention.
fn in_child(child: &mut Child) -> Names {
    let mut inside = Names::new();
    if let Body::Supervisor(nested) = &mut child.body {
        inside = in_supervisor(nested);
        if nested.needs_lease() {
            // The children's fence, which is no sibling.
            inside.remove(FENCE);
        }
        if nested.is_sharded() {
            inside.remove(SHARD);
        }
    }
    inside.extend(in_value(child));
    inside
}

/// Returns the names around a child that its own value mentions.
fn in_value(child: &Child) -> Names {
    match (&child.body, child.value()) {
        // The value of a task is a function, never a child.
        (Body::Task(_), Some(Expr::Path(_))) | (_, None) => Names::new(),
        (_, Some(value)) => {
            let mentions = Mentions::of(value);
            let outside = mentions.all.iter().filter(|mention| !mention.is_bound);
            let values = outside.filter(|mention| mention.role != Role::Called);
            values.map(Mention::name).collect()
        }
    }
}
