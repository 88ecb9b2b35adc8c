//! The children that a supervisor is built with, until it is.

use crate::child_spec::Parts;
use crate::options::ChildOptions;
use crate::path::Name;
use crate::placing::Loose;
use crate::said::Said;

/// The children, in start order. Siblings that are declared alike, which most are where there are
/// many, have their options once.
#[derive(Default)]
pub(crate) struct Declaration {
    children: Vec<Unplaced>,
    said: Vec<Said>,
}

/// A child without a supervisor.
pub(crate) struct Unplaced {
    pub(crate) name: Name,
    pub(crate) body: Loose,
    /// Which of the options it has; siblings one after the other that are declared alike have the same.
    pub(crate) options: usize,
}

impl Declaration {
    pub(crate) fn push(&mut self, parts: Parts) {
        let Parts { name, said, body } = parts;
        if !self.said.last().is_some_and(|last| last.is_like(&said)) {
            self.said.push(said);
        }
        let options = self.said.len() - 1;
        self.children.push(Unplaced { name, body, options });
    }

    pub(crate) fn len(&self) -> usize {
        self.children.len()
    }

    /// All children, and the options that they have.
    pub(crate) fn into_parts(self) -> (Vec<Unplaced>, Vec<ChildOptions>) {
        (self.children, self.said.iter().map(Said::options).collect())
    }
}

impl Extend<Parts> for Declaration {
    fn extend<I: IntoIterator<Item = Parts>>(&mut self, parts: I) {
        parts.into_iter().for_each(|parts| self.push(parts));
    }
}
