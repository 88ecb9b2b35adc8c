//! Paths of children.

use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
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
#[derive(Clone)]
pub struct ChildPath(Arc<dyn PathText>);

/// The text of a path.
trait PathText: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Returns the text, and makes it if that has not been done.
    fn text(&self) -> &str;
    /// Returns the text if there is one already; otherwise the path above, and the name below it.
    fn parts(&self) -> Result<&str, (Option<&ChildPath>, &Name)>;
    /// Takes the path above, if there is one.
    fn take_above(&mut self) -> Option<ChildPath>;
}

impl PathText for Box<str> {
    fn text(&self) -> &str {
        self
    }

    fn parts(&self) -> Result<&str, (Option<&ChildPath>, &Name)> {
        Ok(self)
    }

    fn take_above(&mut self) -> Option<ChildPath> {
        None
    }
}

/// A text that is made when it is first asked for.
#[expect(clippy::disallowed_types, reason = "a cache: no task waits for it, and all make the same")]
type LazyText = std::sync::OnceLock<Box<str>>;

/// The path of a child below another path. Its text is made when it is first asked for: the paths of
/// a tree are as long as the tree is deep, so that all their texts take the square of its depth.
struct Below {
    /// `None` only while the path is dropped.
    above: Option<ChildPath>,
    name: Name,
    text: LazyText,
}

impl PathText for Below {
    fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let (mut names, mut above) = (vec![&self.name], self.above.as_ref());
            // A loop and not a recursion, since a tree can be deep.
            let beginning = loop {
                match above.map_or(Ok(ROOT), |above| above.0.parts()) {
                    Ok(text) => break text,
                    Err((next, name)) => {
                        names.push(name);
                        above = next;
                    }
                }
            };
            let mut text = if beginning == ROOT { String::new() } else { beginning.to_owned() };
            for name in names.into_iter().rev() {
                let separator = if text.is_empty() { "" } else { "/" };
                // Writing to a string does not fail.
                let _ = write!(text, "{separator}{name}");
            }
            text.into()
        })
    }

    fn parts(&self) -> Result<&str, (Option<&ChildPath>, &Name)> {
        match self.text.get() {
            Some(text) => Ok(text),
            None => Err((self.above.as_ref(), &self.name)),
        }
    }

    fn take_above(&mut self) -> Option<ChildPath> {
        self.above.take()
    }
}

impl Drop for Below {
    /// Drops the paths above in a loop, since a tree can be deep.
    fn drop(&mut self) {
        let mut above = self.above.take();
        while let Some(mut path) = above {
            above = Arc::get_mut(&mut path.0).and_then(PathText::take_above);
        }
    }
}

const ROOT: &str = "/";

impl ChildPath {
    /// Returns the path of a root.
    pub(crate) fn root() -> Self {
        Self::parse(ROOT)
    }

    /// Returns the path of a child of this name.
    pub(crate) fn join(&self, name: &Name) -> Self {
        match name.as_declared() {
            Some(name) if self.is_root() => Self::parse(name),
            None if self.is_root() => Self::parse(&name.to_string()),
            _ => Self::parse(&format!("{}/{name}", self.as_str())),
        }
    }

    /// Returns the path of a child of this name, without making its text now.
    pub(crate) fn join_lazily(&self, name: &Name) -> Self {
        let (above, text) = (Some(self.clone()), LazyText::new());
        Self(Arc::new(Below { above, name: name.clone(), text }))
    }

    /// Reads a path as a user writes it in a call.
    pub(crate) fn parse(text: &str) -> Self {
        Self(Arc::new(Box::<str>::from(text)))
    }

    /// Joins the path `above` of a tree that is a part of another with a path `below` inside it.
    pub(crate) fn from_parts(above: &Self, below: &Self) -> Self {
        Self::parse(&format!("{}/{}", above.as_str(), below.as_str()))
    }

    /// Returns the path inside the tree whose root has the path `above`; `None` if it is not in it.
    pub(crate) fn below(&self, above: &Self) -> Option<Self> {
        let rest = self.as_str().strip_prefix(above.as_str())?;
        if rest.is_empty() {
            return Some(Self::root());
        }
        rest.strip_prefix('/').map(Self::parse)
    }

    /// Returns `true` if the path is that of the root of its tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.as_str() == ROOT
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.text()
    }

    /// Returns `true` if the path is `ancestor`, or lies somewhere below it.
    #[must_use]
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        ancestor.is_root()
            || self
                .as_str()
                .strip_prefix(ancestor.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for ChildPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.as_str();
        if text.contains(is_harmful) {
            return f.pad(&Escaped(text).to_string());
        }
        f.pad(text)
    }
}

impl fmt::Debug for ChildPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildPath").field(&self.as_str()).finish()
    }
}

impl PartialEq for ChildPath {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ChildPath {}

impl Hash for ChildPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Ord for ChildPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for ChildPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_made_later_is_the_same() {
        let names = ["a", "a-name-of-more-than-fourteen-bytes"].map(Name::declared);
        let names = names.into_iter().chain([Name::worker(17)]);
        let (mut now, mut later) = (ChildPath::root(), ChildPath::root());
        for name in names {
            (now, later) = (now.join(&name), later.join_lazily(&name));
        }
        let copy = later.clone();
        assert_eq!(later.as_str(), "a/a-name-of-more-than-fourteen-bytes/#17");
        assert_eq!((&later, &copy), (&now, &now));
        assert_eq!(later.join_lazily(&Name::declared("b")), now.join(&Name::declared("b")));
    }

    #[test]
    fn a_deep_path_is_made_and_dropped_without_recursion() {
        let (mut path, name) = (ChildPath::root(), Name::declared("x"));
        for _ in 0..200_000 {
            path = path.join_lazily(&name);
        }
        assert_eq!(path.clone().as_str().len(), 2 * 200_000 - 1);
        drop(path);
    }

    #[test]
    fn a_path_is_as_large_as_a_shared_text() {
        assert_eq!(size_of::<ChildPath>(), size_of::<Arc<str>>());
    }
}
