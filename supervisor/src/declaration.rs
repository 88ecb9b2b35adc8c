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
    /// Which of the options it has.
    options: usize,
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

    /// All children with their options, and whether those are the last one's too.
    pub(crate) fn into_children(self) -> impl Iterator<Item = (Unplaced, ChildOptions, bool)> {
        let mut last = None;
        self.children.into_iter().map(move |child| {
            let options = self.options.get(child.options).copied().unwrap_or_default();
            let is_alike = last.replace(child.options) == Some(child.options);
            (child, options, is_alike)
        })
    }
}

impl Extend<Parts> for Declaration {
    fn extend<I: IntoIterator<Item = Parts>>(&mut self, parts: I) {
        parts.into_iter().for_each(|parts| self.push(parts));
    }
}
