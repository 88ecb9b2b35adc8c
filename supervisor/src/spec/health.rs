//! The part that a child has in the health of its tree.

use std::fmt;

/// The part that a child has in the health of its tree: what the tree is while the child is not
/// well.
///
/// The default of a child that is restarted is `Required`. That of a `Temporary` child and of a
/// pool's worker is `Ignored`: such children come and go. A nested supervisor limits the part of
/// all children below it to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HealthPart {
    /// The tree takes no notice.
    Ignored,
    /// The tree is degraded, and still ready.
    Degrades,
    /// The tree is not ready.
    Required,
}

impl HealthPart {
    /// Returns the word for the part in the tree language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Degrades => "degrades",
            Self::Required => "required",
        }
    }
}

impl fmt::Display for HealthPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A child's own word about its health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnWord {
    Degraded(String),
    Unready(String),
}
