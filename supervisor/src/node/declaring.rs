//! How the children that a supervisor is built with become its own.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Declared, Node, names, rules_of};
use crate::child_spec::Body;
use crate::declaration::{Declaration, Unplaced};
use crate::engine::ChildRules;
use crate::error::SupervisorError;
use crate::options::ChildOptions;
use crate::outline::Budget;
use crate::placing;

/// What is known after so many children.
struct Declaring<'a> {
    node: &'a Arc<Node>,
    options: Vec<ChildOptions>,
    /// Those whose name stands earlier too.
    repeated: HashSet<usize>,
    /// Which options the last child had, if it was a task that breaks no rule, with their rules.
    last: Option<(usize, Arc<ChildRules>)>,
    need: Budget,
    /// The first thing that is wrong.
    broken: Option<SupervisorError>,
}

impl Node {
    /// Takes these for its children.
    pub(super) fn declare(self: &Arc<Self>, children: Declaration) {
        let (children, options) = children.into_parts();
        let repeated = names::repeated(&children.iter().map(|child| &child.name));
        let mut declaring = Declaring {
            node: self,
            options,
            repeated,
            last: None,
            need: Budget::ZERO,
            broken: None,
        };
        // (Std collects them where they are, which saves memory that many would need for a moment.)
        let children = children.into_iter().enumerate();
        let mut declared: Vec<_> =
            children.map(|(at, child)| declaring.declare(at, child)).collect();
        declared.shrink_to_fit();
        let Declaring { need, broken, .. } = declaring;
        let mut place = self.lock();
        place.declared = Arc::new(declared);
        place.need = need;
        place.broken = place.broken.take().or(broken.map(Box::new));
    }
}

impl Declaring<'_> {
    fn declare(&mut self, at: usize, child: Unplaced) -> Declared {
        let Unplaced { name, body, options: which } = child;
        let options = &self.options[which];
        let is_task = matches!(*body, Body::Task { .. });
        // Tasks one after the other that are declared alike break the same rules, and share theirs.
        let alike = self.last.take().filter(|(last, _)| is_task && *last == which);
        let fault = if self.repeated.contains(&at) {
            let path = self.node.path().join(&name);
            Some(SupervisorError::InvalidSpec(path, "two children have this name".to_owned()))
        } else {
            let unchecked = alike.is_none().then_some(options);
            self.node.own(&name, unchecked, &body).err()
        };
        let body = body.place();
        if fault.is_none() {
            // One that is just ending is started again with this supervisor.
            let _ = placing::take_in(&body);
        }
        let rules = match alike {
            Some((_, rules)) => rules,
            None => Arc::new(rules_of(options, &body)),
        };
        if is_task && fault.is_none() {
            self.last = Some((which, Arc::clone(&rules)));
        }
        if self.broken.is_none() {
            self.broken = fault;
        }
        self.need = self.need.then(body.need().capped(rules.shutdown));
        Declared { rules, body }
    }
}
