//! Writes the clones of siblings that a child's value owns.
//!
//! A value is written as if each sibling were its own: `Front { db }` and
//! `move |ctx| poll(ctx, db.clone())` leave `db` to the children that follow, and to the handle.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;

use super::super::ast::{Body, Child, FENCE, SHARD, Supervisor};
use super::super::mentions::{Mentions, Role};
use super::lease;

/// The siblings that a child's value can name: those that are declared before it, and before the
/// supervisors that contain it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    supervisor: &'a Supervisor,
    outer: Option<(&'a Self, &'a Child)>,
}

impl<'a> Scope<'a> {
    pub(super) fn root(supervisor: &'a Supervisor) -> Self {
        Self { supervisor, outer: None }
    }

    /// Returns the supervisor of the children.
    pub(super) fn supervisor(&self) -> &'a Supervisor {
        self.supervisor
    }

    /// Returns the scope of the children of `nested`, which is the body of `child`.
    pub(super) fn inside(&'a self, child: &'a Child, nested: &'a Supervisor) -> Self {
        Scope { supervisor: nested, outer: Some((self, child)) }
    }

    /// Writes the clones of the siblings that the value of `child` uses.
    pub(super) fn clones(&self, child: &Child, value: &Expr) -> TokenStream {
        let uses = Uses::of(value);
        let mut clones = TokenStream::new();
        if self.is_below_lease() {
            clones.extend(lease::clone_for(value));
        }
        if self.is_below_shards() {
            clones.extend(lease::number_for(value));
        }
        self.clones_of(child, &uses, &mut HashSet::new(), &mut clones);
        clones
    }

    /// Returns whether a sibling that is surely there before `child` has the name.
    pub(super) fn declares(&self, child: &Child, name: &str) -> bool {
        let siblings = self.supervisor.named_children();
        let mut before = siblings.take_while(|sibling| !std::ptr::eq(*sibling, child));
        before.any(|sibling| {
            sibling.unraw_name() == name
                && !sibling.has_cfg()
                && !matches!(sibling.body, Body::Broken(_))
        }) || self.outer.is_some_and(|(outer, around)| outer.declares(around, name))
    }

    /// Returns whether a child that is surely there uses the name after `child` does.
    pub(super) fn uses_later(&self, child: &Child, name: &str) -> bool {
        let siblings = self.supervisor.named_children();
        let mut later = siblings.skip_while(|sibling| !std::ptr::eq(*sibling, child)).skip(1);
        later.any(|sibling| uses(sibling, name))
            || self.outer.is_some_and(|(outer, around)| outer.uses_later(around, name))
    }

    /// Returns whether a supervisor around the child has a lease.
    fn is_below_lease(&self) -> bool {
        self.supervisor.needs_lease() || self.outer.is_some_and(|(outer, _)| outer.is_below_lease())
    }

    /// Returns whether the child is made once for each shard.
    pub(super) fn is_below_shards(&self) -> bool {
        self.supervisor.is_sharded() || self.outer.is_some_and(|(outer, _)| outer.is_below_shards())
    }

    fn clones_of(
        &self,
        child: &Child,
        uses: &Uses,
        hidden: &mut HashSet<String>,
        clones: &mut TokenStream,
    ) {
        let mut found = Vec::new();
        if self.supervisor.needs_lease() {
            // The fence hides what has its name outside of the braces.
            found.push(FENCE.to_owned());
        }
        if self.supervisor.is_sharded() {
            found.push(SHARD.to_owned());
        }
        let siblings = self.supervisor.named_children();
        for sibling in siblings.take_while(|sibling| !std::ptr::eq(*sibling, child)) {
            let text = sibling.unraw_name();
            if !uses.needs_clone(sibling, &text) || hidden.contains(&text) {
                continue;
            }
            let (cfgs, name) = (sibling.cfgs(), &sibling.name);
            // A name in the tokens of a macro may be something else.
            let is_unsure = uses.unsure.contains(&text);
            let unused = is_unsure.then(|| quote!(#[allow(unused_variables)]));
            clones.extend(quote! {
                #(#cfgs)* #unused let #name = ::core::clone::Clone::clone(&#name);
            });
            if !sibling.has_cfg() {
                found.push(text);
            }
        }
        hidden.extend(found);
        if let Some((outer, around)) = self.outer {
            outer.clones_of(around, uses, hidden, clones);
        }
    }
}

/// Returns whether the value of a child, or of one below it, uses a name that means something outside.
fn uses(child: &Child, name: &str) -> bool {
    if child.has_cfg() || child.unraw_name() == name {
        return false;
    }
    let of_value = |value| Mentions::of(value).values().any(|mention| mention.name() == name);
    let below = match &child.body {
        Body::Supervisor(nested) => nested.children.iter().any(|below| uses(below, name)),
        _ => false,
    };
    below || child.value().is_some_and(of_value)
}

/// The names that a value uses and does not bind itself.
#[derive(Default)]
struct Uses {
    /// The names that the value takes, or that it uses later, in a closure or an async block.
    owned: HashSet<String>,
    /// The names on which it calls methods at once, other than `clone`.
    called_on: HashSet<String>,
    /// The names in the tokens of a macro, which may mean something else there.
    unsure: HashSet<String>,
}

impl Uses {
    fn of(value: &Expr) -> Self {
        let (mentions, mut uses) = (Mentions::of(value), Self::default());
        for mention in mentions.all.iter().filter(|mention| !mention.is_bound) {
            let names = match &mention.role {
                Role::Called => continue,
                Role::Receiver(method) if !mention.is_deferred && method == "clone" => continue,
                Role::Receiver(_) if !mention.is_deferred => &mut uses.called_on,
                Role::Receiver(_) | Role::Value | Role::Base => &mut uses.owned,
                Role::InMacro => &mut uses.unsure,
            };
            names.insert(mention.name());
        }
        uses
    }

    fn needs_clone(&self, sibling: &Child, name: &str) -> bool {
        match &sibling.body {
            Body::Broken(_) => false,
            // No accessor consumes the handle.
            Body::Supervisor(_) => self.owned.contains(name) || self.unsure.contains(name),
            Body::Task(_) | Body::Typed(_) => {
                self.owned.contains(name)
                    || self.called_on.contains(name)
                    || self.unsure.contains(name)
            }
        }
    }
}
