//! The declaration: the children that a supervisor is built with.

mod repeated_names;

use std::collections::HashSet;
use std::sync::Arc;

use crate::engine::ChildRules;
use crate::error::SupervisorError;
use crate::observe::log;
use crate::runtime::node::{Body, Declared, ErasedSpec, Hold, Node, Unplaced, resolve, rules};
use crate::spec::{Budget, ChildOptions, Name, OptionLayers};

/// The children that a supervisor is to be built with, in start order.
///
/// Consecutive siblings with equal options share one entry: where there are many siblings, most
/// have equal options.
#[derive(Default)]
pub(crate) struct Declaration {
    children: Vec<Undeclared>,
    options: Vec<OptionLayers>,
}

/// A child that is not declared yet.
pub(crate) struct Undeclared {
    pub(crate) name: Name,
    pub(crate) body: Unplaced,
    /// The index of its options; consecutive siblings with equal options have the same.
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

    /// Returns all children, and the options that their indices refer to.
    pub(crate) fn into_parts(self) -> (Vec<Undeclared>, Vec<ChildOptions>) {
        (self.children, self.options.iter().map(OptionLayers::options).collect())
    }
}

impl Extend<ErasedSpec> for Declaration {
    fn extend<I: IntoIterator<Item = ErasedSpec>>(&mut self, parts: I) {
        parts.into_iter().for_each(|parts| self.push(parts));
    }
}

/// The state of declaring children one by one.
struct Declaring<'a> {
    node: &'a Arc<Node>,
    options: Vec<ChildOptions>,
    /// The positions of the children whose name an earlier sibling has.
    repeated: HashSet<usize>,
    /// The index of the last child's options and the rules made from them, if the child was a task
    /// without a fault.
    last: Option<(usize, Arc<ChildRules>)>,
    need: Budget,
    /// The first fault of the declaration.
    first_fault: Option<SupervisorError>,
}

impl Node {
    /// Declares the children of a supervisor that is being built. The supervisor's start returns
    /// the first fault of the declaration.
    pub(crate) fn declare(self: &Arc<Self>, children: Declaration) {
        let template = self.template().map(|template| &template.options);
        if let Some(rule) = rules::broken_at_build(template, children.len(), self.rules()) {
            self.set_fault(rule.to_string());
        }
        let (children, options) = children.into_parts();
        let workers = children.iter().filter(|child| matches!(*child.body, Body::Task { .. }));
        let workers = workers.map(|child| (&child.name, &options[child.options]));
        if let Some(doubt) = rules::doubtful_group(workers, self.rules()) {
            log::doubtful(self.path().as_ref(), doubt.as_str());
        }
        let repeated = repeated_names::repeated_names(&children.iter().map(|child| &child.name));
        let mut declaring = Declaring {
            node: self,
            options,
            repeated,
            last: None,
            need: Budget::ZERO,
            first_fault: None,
        };
        // `collect` reuses the source's allocation, which spares a large tree a second one.
        let children = children.into_iter().enumerate();
        let mut declared: Vec<_> =
            children.map(|(at, child)| declaring.declare(at, child)).collect();
        declared.shrink_to_fit();
        let Declaring { need, first_fault, .. } = declaring;
        self.set_declaration(declared, need, first_fault);
    }
}

impl Declaring<'_> {
    /// Declares the child at this position.
    fn declare(&mut self, at: usize, child: Undeclared) -> Declared {
        let Undeclared { name, body, options: which } = child;
        let options = &self.options[which];
        let is_task = matches!(*body, Body::Task { .. });
        // Consecutive tasks with equal options break the same rules, and share their `ChildRules`.
        let alike = self.last.take().filter(|(last, _)| is_task && *last == which);
        let fault = if self.repeated.contains(&at) {
            let path = self.node.path().join(&name);
            Some(SupervisorError::InvalidSpec(path, "two children have this name".to_owned()))
        } else {
            let unchecked = alike.is_none().then_some(options);
            self.node.adopt_child(&name, unchecked, &body, Hold::Declared).err()
        };
        let body = body.into_body();
        let rules = match alike {
            Some((_, rules)) => rules,
            None => Arc::new(resolve(options, &body)),
        };
        if is_task && fault.is_none() {
            self.last = Some((which, Arc::clone(&rules)));
        }
        if self.first_fault.is_none() {
            self.first_fault = fault;
        }
        self.need = self.need.then(body.need().capped(rules.shutdown));
        Declared { rules, body }
    }
}
