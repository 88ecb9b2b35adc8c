//! Names of children, and the paths made of them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::successors;
use std::sync::Arc;

/// A child's name within its supervisor: declared, or the number of a pool's worker.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name(Kept);

/// How a name is kept: most are short, and then they take no memory of their own.
#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// So many bytes, then zeros.
    Short(u8, [u8; SHORT]),
    Long(Arc<Box<str>>),
    /// Numbers are not reused while the pool's supervisor lives.
    Worker(u64),
}

/// How long a short name is at most.
const SHORT: usize = 14;

impl Hash for Kept {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Short(_, bytes) => state.write(bytes),
            Self::Long(text) => text.hash(state),
            Self::Worker(number) => number.hash(state),
        }
    }
}

impl Name {
    /// Of a declared child.
    pub(crate) fn declared(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        let short = bytes.get_mut(..text.len()).and_then(|head| {
            head.copy_from_slice(text.as_bytes());
            u8::try_from(text.len()).ok()
        });
        Self(match short {
            Some(len) => Kept::Short(len, bytes),
            None => Kept::Long(Arc::new(text.into())),
        })
    }

    /// Of a pool's worker.
    pub(crate) fn worker(number: u64) -> Self {
        Self(Kept::Worker(number))
    }

    /// The name as a user writes it in a call: `db`, or `#17`.
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix('#').and_then(|number| number.parse().ok()) {
            Some(number) => Self::worker(number),
            None => Self::declared(text),
        }
    }

    /// The name as text, for `Child::spec`, which reads the worker's number out of it again. Digit by
    /// digit, since workers come in large numbers: the formatting of a number takes an allocation and
    /// as long as the rest of the specification.
    pub(crate) fn with_text<T>(&self, call: impl FnOnce(&str) -> T) -> T {
        let Some(number) = self.number() else {
            return call(self.as_declared().unwrap_or_default());
        };
        // `#`, and as many digits as the largest number has, of which the last ones are used.
        let mut text = [b'#'; 21];
        let mut start = text.len() - 1;
        let rests = successors(Some(number), |rest| Some(rest / 10).filter(|&rest| rest > 0));
        for (place, rest) in text.iter_mut().rev().zip(rests) {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            start -= 1;
        }
        call(std::str::from_utf8(&text[start..]).unwrap_or_default())
    }

    /// The text, unless it is a worker's.
    pub(crate) fn as_declared(&self) -> Option<&str> {
        match &self.0 {
            Kept::Short(len, bytes) => {
                // It was made from text.
                bytes.get(..usize::from(*len)).and_then(|text| std::str::from_utf8(text).ok())
            }
            Kept::Long(text) => Some(text),
            Kept::Worker(_) => None,
        }
    }

    /// The number of a pool's worker.
    pub(crate) fn number(&self) -> Option<u64> {
        match self.0 {
            Kept::Worker(number) => Some(number),
            Kept::Short(..) | Kept::Long(_) => None,
        }
    }

    /// A short name as one number: ordered by length, then by the alphabet.
    pub(crate) fn packed(&self) -> Option<u128> {
        let Kept::Short(len, text) = &self.0 else { return None };
        let mut bytes = [0; 16];
        bytes[1] = *len;
        bytes[2..].copy_from_slice(text);
        Some(u128::from_be_bytes(bytes))
    }

    /// Whether it can be a part of a path.
    pub(crate) fn is_valid(&self) -> bool {
        match &self.0 {
            Kept::Short(len, bytes) => *len > 0 && !bytes.contains(&b'/'),
            Kept::Long(text) => !text.contains('/'),
            Kept::Worker(_) => true,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.number(), self.as_declared()) {
            (Some(number), _) => write!(f, "#{number}"),
            (None, name) => f.write_str(name.unwrap_or_default()),
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a child stands in its tree: the names from the root down, without the root's own.
///
/// The root's own path prints as `/`. A worker of a pool has its number: `sessions/#17`.
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
    pub(crate) fn root() -> Self {
        Self("/".into())
    }

    pub(crate) fn join(&self, name: &Name) -> Self {
        match name.as_declared() {
            Some(name) if self.is_root() => Self(name.into()),
            None if self.is_root() => Self(name.to_string().into()),
            _ => Self(format!("{self}/{name}").into()),
        }
    }

    /// A path as a user writes it in a call.
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.into())
    }

    /// The path of what stands at `below` in a tree that is now a part of another, at `above`.
    pub(crate) fn from_parts(above: &Self, below: &Self) -> Self {
        Self(format!("{above}/{below}").into())
    }

    /// The path as it is in the tree whose root stands at `above`.
    pub(crate) fn below(&self, above: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&*above.0)?;
        if rest.is_empty() {
            return Some(Self::root());
        }
        Some(Self(rest.strip_prefix('/')?.into()))
    }

    /// Whether it is the root of its tree.
    #[must_use]
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `ancestor` or stands somewhere below it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_as_text_is_what_is_printed() {
        let numbers = [0, 1, 9, 10, 99, 100, 1_234_567_890, u64::MAX];
        let declared = ["", "a", "a-name-of-more-than-fourteen-bytes"];
        let names = numbers.map(Name::worker).into_iter().chain(declared.map(Name::declared));
        for name in names {
            name.with_text(|text| {
                assert_eq!(text, name.to_string());
                assert_eq!(Name::parse(text), name);
            });
        }
    }
}
