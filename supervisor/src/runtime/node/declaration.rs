//! The children that a supervisor is built with, and how they become its own.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Body, Declared, ErasedSpec, Node, Unplaced, names, prepare_adoption, rules, rules_of};
use crate::engine::ChildRules;
use crate::error::SupervisorError;
use crate::spec::{Budget, ChildOptions, Name, OptionLayers};

/// The children, in start order. Siblings that are declared alike, which most are where there are
/// many, have their options once.
#[derive(Default)]
pub(crate) struct Declaration {
    children: Vec<Undeclared>,
    options: Vec<OptionLayers>,
}

/// A child without a supervisor.
pub(crate) struct Undeclared {
    pub(crate) name: Name,
    pub(crate) body: Unplaced,
    /// Which of the options it has; siblings one after the other that are declared alike have the same.
    pub(crate) options: usize,
}

impl Declaration {
    pub(crate) fn push(&mut self, parts: ErasedSpec) {
        let ErasedSpec { name, options, body } = parts;
        if !self.options.last().is_some_and(|last| last.is_like(&options)) {
            self.options.push(options);
        }
        let options = self.options.len() - 1;
        self.children.push(Undeclared { name, body, options });
    }

    pub(crate) fn len(&self) -> usize {
        self.children.len()
    }

    /// All children, and the options that they have.
    pub(crate) fn into_parts(self) -> (Vec<Undeclared>, Vec<ChildOptions>) {
        (self.children, self.options.iter().map(OptionLayers::options).collect())
    }
}

impl Extend<ErasedSpec> for Declaration {
    fn extend<I: IntoIterator<Item = ErasedSpec>>(&mut self, parts: I) {
        parts.into_iter().for_each(|parts| self.push(parts));
    }
}

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
    /// Makes these the children of a supervisor that is being built. A fault of the declaration is told
    /// when the supervisor is started.
    pub(crate) fn declare(self: &Arc<Self>, children: Declaration) {
        let template = self.template.as_ref().map(|template| &template.options);
        if let Some(rule) = rules::broken_at_build(template, children.len(), &self.rules) {
            self.set_fault(rule.to_string());
        }
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
        let mut locked = self.lock();
        locked.declared = Arc::new(declared);
        locked.need = need;
        locked.fault = locked.fault.take().or(broken.map(Box::new));
    }
}

impl Node {
    /// Notes a rule that the declaration breaks; a supervisor tells it when it is started.
    pub(crate) fn set_fault(&self, rule: String) {
        let fault = SupervisorError::InvalidSpec(self.path(), rule);
        self.lock().fault = Some(Box::new(fault));
    }
}

impl Declaring<'_> {
    fn declare(&mut self, at: usize, child: Undeclared) -> Declared {
        let Undeclared { name, body, options: which } = child;
        let options = &self.options[which];
        let is_task = matches!(*body, Body::Task { .. });
        // Tasks one after the other that are declared alike break the same rules, and share theirs.
        let alike = self.last.take().filter(|(last, _)| is_task && *last == which);
        let fault = if self.repeated.contains(&at) {
            let path = self.node.path().join(&name);
            Some(SupervisorError::InvalidSpec(path, "two children have this name".to_owned()))
        } else {
            let unchecked = alike.is_none().then_some(options);
            self.node.adopt_child(&name, unchecked, &body).err()
        };
        let body = body.place();
        if fault.is_none() {
            // One that is just ending is started again with this supervisor.
            let _ = prepare_adoption(&body);
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
