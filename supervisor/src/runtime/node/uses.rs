//! The uses between the declared children of a supervisor with `order = by_use`.

use std::collections::HashMap;
use std::sync::Arc;

use supervisor_rules::{Text, wording};

use super::Node;
use crate::error::SupervisorError;
use crate::spec::{Budget, Name};

/// The uses between declared children: pairs of positions, in the order of the users.
#[derive(Debug, Default)]
pub(crate) struct Uses(Vec<(usize, usize)>);

impl Uses {
    /// Finds the siblings that declared children name. `after` has the names of each child that
    /// uses any, with the child's position. Also returns the first broken rule, and the position of
    /// the child that breaks it.
    pub(crate) fn find(
        names: &[&Name],
        after: &[(usize, Box<[Name]>)],
    ) -> (Self, Option<(usize, Text)>) {
        let mut positions = HashMap::with_capacity(if after.is_empty() { 0 } else { names.len() });
        if !after.is_empty() {
            for (position, name) in names.iter().enumerate() {
                positions.entry(*name).or_insert(position);
            }
        }
        let (mut pairs, mut fault) = (Vec::new(), None);
        for (child, siblings) in after {
            for sibling in siblings {
                let (name, of) = (sibling.to_string(), names[*child].to_string());
                match positions.get(sibling) {
                    Some(before) if before < child => pairs.push((*child, *before)),
                    Some(_) => fault = fault.or(Some((*child, wording::after_later(&of, &name)))),
                    None => fault = fault.or(Some((*child, wording::after_unknown(&of, &name)))),
                }
            }
        }
        (Self(pairs), fault)
    }

    /// Adds a use; those of each user follow each other, in the order of the users.
    pub(crate) fn push(&mut self, child: usize, sibling: usize) {
        self.0.push((child, sibling));
    }

    pub(super) fn into_shared(self) -> Option<Arc<Self>> {
        (!self.0.is_empty()).then(|| Arc::new(self))
    }

    /// Returns the positions of the siblings that a child uses. `next` is where to look: zero for
    /// the first child, and left for the next.
    pub(crate) fn of(&self, child: usize, next: &mut usize) -> impl Iterator<Item = usize> {
        let start = *next;
        let own = self.0[start..].iter().take_while(|(of, _)| *of == child).count();
        *next += own;
        self.0[start..*next].iter().map(|(_, sibling)| *sibling)
    }

    /// Returns the longest time that the children may take to stop: the longest path along the
    /// uses. `budgets` has the time of each.
    pub(crate) fn longest_path(&self, budgets: &[Budget]) -> Budget {
        if self.0.is_empty() {
            return budgets.iter().copied().fold(Budget::ZERO, Budget::longer_of);
        }
        let mut paths: Vec<Budget> = Vec::with_capacity(budgets.len());
        let (mut next, mut longest) = (0, Budget::ZERO);
        for (position, budget) in budgets.iter().enumerate() {
            let before = self.of(position, &mut next).map(|used| paths[used]);
            let before = before.fold(Budget::ZERO, Budget::longer_of);
            let path = before.then(*budget);
            longest = longest.longer_of(path);
            paths.push(path);
        }
        longest
    }
}

impl Node {
    /// Checks that a child which names siblings is under a supervisor that starts it after them.
    pub(crate) fn check_after(&self, name: &Name, after: &[Name]) -> Result<(), SupervisorError> {
        let is_pool = self.template.is_some();
        if after.is_empty() || self.rules.order.is_by_use() && !is_pool {
            return Ok(());
        }
        let rule = wording::after_without_order(&name.to_string());
        Err(SupervisorError::InvalidSpec(self.path().join(name), rule.to_string()))
    }
}
