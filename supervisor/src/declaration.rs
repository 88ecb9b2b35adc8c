//! The children that a supervisor is built with, until it is.

use crate::child_spec::Parts;
use crate::options::ChildOptions;
use crate::path::Name;
use crate::placing::Loose;

/// The children, in start order. Siblings that are declared alike, which most are where there are
/// many, have their options and their function once.
#[derive(Default)]
pub(crate) struct Declaration {
    children: Vec<Unplaced>,
    options: Vec<ChildOptions>,
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
        let Parts { name, options, mut body } = parts;
        if let Some(last) = self.children.last() {
            body.share_with(&last.body);
        }
        if self.options.last() != Some(&options) {
            self.options.push(options);
        }
        let options = self.options.len() - 1;
        self.children.push(Unplaced { name, body, options });
    }

    pub(crate) fn len(&self) -> usize {
        self.children.len()
    }

    /// All children, and the options that they have.
    pub(crate) fn into_parts(self) -> (Vec<Unplaced>, Vec<ChildOptions>) {
        (self.children, self.options)
    }
}

impl Extend<Parts> for Declaration {
    fn extend<I: IntoIterator<Item = Parts>>(&mut self, parts: I) {
        parts.into_iter().for_each(|parts| self.push(parts));
    }
}
