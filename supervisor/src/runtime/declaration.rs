//! The declaration: the children that a supervisor is built with.

mod repeated_names;

use std::sync::Arc;

use supervisor_rules::Text;

use crate::engine::ChildRules;
use crate::error::SupervisorError;
use crate::observe::log;
use crate::runtime::node::{
    Body, Declared, ErasedSpec, Hold, Node, Unplaced, Uses, resolve, rules,
};
use crate::spec::{Budget, ChildOptions, Name, OptionLayers, Order};

/// The children that a supervisor is to be built with, in start order.
///
/// Consecutive siblings with equal options share one entry: where there are many siblings, most
/// have equal options.
#[derive(Default)]
pub(crate) struct Declaration {
    children: Vec<Undeclared>,
    options: Vec<OptionLayers>,
    /// The names of the siblings that a child uses, with the position of the child.
    after: Vec<(usize, Box<[Name]>)>,
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
        let ErasedSpec { name, options, after, body } = parts;
        if !after.is_empty() {
            self.after.push((self.children.len(), after));
        }
        if !self.options.last().is_some_and(|last| last.is_like(&options)) {
            self.options.push(options);
        }
        let options = self.options.len() - 1;
        self.children.push(Undeclared { name, body, options });
    }

    pub(crate) fn len(&self) -> usize {
        self.children.len()
    }

    /// Returns the uses between the children, and the first broken rule about them with the name of
    /// the child that breaks it.
    fn uses(&self, node: &Node) -> (Uses, Option<SupervisorError>) {
        if self.after.is_empty() {
            return (Uses::default(), None);
        }
        let misplaced = self.after.iter().find_map(|(position, after)| {
            node.check_after(&self.children[*position].name, after).err()
        });
        if misplaced.is_some() {
            return (Uses::default(), misplaced);
        }
        let names: Vec<&Name> = self.children.iter().map(|child| &child.name).collect();
        let (uses, fault) = Uses::find(&names, &self.after);
        let invalid = |(position, rule): (usize, Text)| {
            SupervisorError::InvalidSpec(node.path().join(names[position]), rule.to_string())
        };
        (uses, fault.map(invalid))
    }

    /// Returns all children, and the options that their indices refer to.
    fn into_parts(self) -> (Vec<Undeclared>, Vec<ChildOptions>) {
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
    /// The positions of the children whose name an earlier sibling has, in order.
    repeated: Vec<usize>,
    /// The index of the last child's options and the rules made from them, if the child was a task
    /// without a fault.
    last: Option<(usize, Arc<ChildRules>)>,
    need: Need,
    /// The first fault of the declaration.
    first_fault: Option<SupervisorError>,
}

/// The time that the children need to stop.
enum Need {
    /// In declaration order: the sum.
    Sum(Budget),
    /// By use: the time of each child.
    Each(Vec<Budget>),
}

impl Need {
    fn of(order: Order) -> Self {
        if order.is_by_use() { Self::Each(Vec::new()) } else { Self::Sum(Budget::ZERO) }
    }

    fn add(&mut self, budget: Budget) {
        match self {
            Self::Sum(need) => *need = need.then(budget),
            Self::Each(budgets) => budgets.push(budget),
        }
    }
}

impl Node {
    /// Declares the children of a supervisor that is being built. The supervisor's start returns
    /// the first fault of the declaration.
    pub(crate) fn declare(self: &Arc<Self>, children: Declaration) {
        let template = self.template().map(|template| &template.options);
        if let Some(rule) = rules::broken_at_build(template, children.len(), self.rules()) {
            self.set_fault(rule.to_string());
        }
        let (uses, fault_of_uses) = children.uses(self);
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
            need: Need::of(self.rules().order),
            first_fault: None,
        };
        // `collect` reuses the source's allocation, which spares a large tree a second one.
        let children = children.into_iter().enumerate();
        let mut declared: Vec<_> =
            children.map(|(at, child)| declaring.declare(at, child)).collect();
        declared.shrink_to_fit();
        let Declaring { need, first_fault, .. } = declaring;
        let need = match need {
            Need::Sum(need) => need,
            Need::Each(budgets) => uses.longest_path(&budgets),
        };
        self.set_declaration(declared, uses, need, first_fault.or(fault_of_uses));
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
        let fault = if self.repeated.binary_search(&at).is_ok() {
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
        self.need.add(body.need().capped(rules.shutdown));
        Declared { rules, body }
    }
}
