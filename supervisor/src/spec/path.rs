//! Paths of children.

use std::fmt;
use std::sync::Arc;

use super::Name;
use super::escaped::{Escaped, is_harmful};

/// The path of a child in its tree: the names from the root down, without the root's own.
///
/// The root's own path prints as `/`. A worker of a pool has its number: `sessions/#17`.
///
/// Names can come from outside. `Display` prints a path on one line: control characters, and those
/// that change the direction of text, are escaped, as `\n` or `\u{1b}`. All that this library
/// displays or logs is printed so. [`as_str`](Self::as_str) is the path as it is.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// let supervisor = Supervisor::new().build();
/// let worker = ChildSpec::new("worker").with_task(async |ctx: Context| {
///     ctx.shutdown_requested().await;
///     Ok(())
/// });
/// let worker = supervisor.add_child(worker).await?;
/// assert_eq!(worker.path().to_string(), "worker");
/// assert_eq!(supervisor.path().to_string(), "/");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildPath(Arc<str>);

impl ChildPath {
    /// Returns the path of a root.
    pub(crate) fn root() -> Self {
        Self("/".into())
    }

    /// Returns the path of a child of this name.
    pub(crate) fn join(&self, name: &Name) -> Self {
        match name.as_declared() {
            Some(name) if self.is_root() => Self(name.into()),
            None if self.is_root() => Self(name.to_string().into()),
            _ => Self(format!("{}/{name}", self.as_str()).into()),
        }
    }

    /// Reads a path as a user writes it in a call.
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.into())
    }

    /// Joins the path `above` of a tree that is a part of another with a path `below` inside it.
    pub(crate) fn from_parts(above: &Self, below: &Self) -> Self {
        Self(format!("{}/{}", above.as_str(), below.as_str()).into())
    }

    /// Returns the path inside the tree whose root has the path `above`; `None` if it is not in it.
    pub(crate) fn below(&self, above: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&*above.0)?;
        if rest.is_empty() {
            return Some(Self::root());
        }
        Some(Self(rest.strip_prefix('/')?.into()))
    }

    /// Returns `true` if the path is that of the root of its tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the path is `ancestor`, or lies somewhere below it.
    #[must_use]
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        ancestor.is_root()
            || self
                .0
                .strip_prefix(&*ancestor.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for ChildPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(is_harmful) {
            return f.pad(&Escaped(&*self.0).to_string());
        }
        f.pad(&self.0)
    }
}

impl AsRef<str> for ChildPath {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ChildPath {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ChildPath {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
