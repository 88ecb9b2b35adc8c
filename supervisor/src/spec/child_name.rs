//! Names of children as text.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::Name;
use super::short_text::ShortText;

/// The name of a child or supervisor, as queries return it: `db`, or `#17` for a worker of a pool.
///
/// Dereferences to `str`, and can be compared with `==` to `&str` and `String`. A name of up to 22 bytes
/// is stored inline, so that a list of 100,000 children is created and dropped without an allocation
/// for each name. Dropping that many allocations at once holds a lock of the allocator, which delays
/// other threads.
///
/// `Display` prints the name as it is. Names can come from outside and can contain characters that
/// change the direction of text; a [`ChildPath`](crate::ChildPath) escapes these when it is displayed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// let db = ChildSpec::new("db").with_task(async |ctx: Context| {
///     ctx.shutdown_requested().await;
///     Ok(())
/// });
/// let supervisor = Supervisor::new().with_child(db).build();
/// supervisor.start().await?;
/// let children = supervisor.which_children().await?;
/// assert_eq!(children[0].name, "db");
/// assert!(children[0].name.starts_with('d'));
/// let name: String = children[0].name.to_string();
/// # assert_eq!(name, "db");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ChildName(Text);

/// The longest text that is stored inline, in bytes. With 22, a `ChildName` is as large as a `String`
/// on 64-bit targets.
const SHORT: usize = 22;

#[derive(Clone)]
enum Text {
    Short(ShortText<SHORT>),
    Long(Arc<str>),
}

impl ChildName {
    /// Returns the name as text, for example to serialize it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short(text) => text.as_str(),
            Text::Long(text) => text,
        }
    }
}

impl From<&Name> for ChildName {
    fn from(name: &Name) -> Self {
        name.with_text(|text| Self::from(text))
    }
}

impl Deref for ChildName {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for ChildName {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for ChildName {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for ChildName {
    fn from(text: &str) -> Self {
        Self(match ShortText::new(text) {
            Some(text) => Text::Short(text),
            None => Text::Long(text.into()),
        })
    }
}

impl From<String> for ChildName {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&ChildName> for String {
    fn from(name: &ChildName) -> Self {
        name.as_str().to_owned()
    }
}

impl From<ChildName> for String {
    fn from(name: ChildName) -> Self {
        Self::from(&name)
    }
}

impl PartialEq for ChildName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ChildName {}

impl PartialOrd for ChildName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ChildName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for ChildName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

macro_rules! equals {
    ($($text:ty),*) => { $(
        impl PartialEq<$text> for ChildName {
            fn eq(&self, other: &$text) -> bool {
                self.as_str() == AsRef::<str>::as_ref(other)
            }
        }

        impl PartialEq<ChildName> for $text {
            fn eq(&self, other: &ChildName) -> bool {
                other == self
            }
        }
    )* };
}

equals!(str, &str, String, Cow<'_, str>);

impl fmt::Display for ChildName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for ChildName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_is_the_same_text_whatever_its_length() {
        let texts = ["", "db", "ü", &"a".repeat(SHORT), &"a".repeat(SHORT + 1), &"ü".repeat(200)];
        for text in texts {
            let name = ChildName::from(text);
            assert_eq!(name, *text);
            assert_eq!((name.to_string(), String::from(name.clone())), (text.into(), text.into()));
            assert_eq!(format!("{name:?} {name:>4}"), format!("{text:?} {text:>4}"));
            assert_eq!(name, Cow::Borrowed(text));
            assert_eq!(
                (ChildName::from(text), ChildName::from(text.to_owned())),
                (name.clone(), name.clone())
            );
            assert!(HashSet::from([name]).contains(text));
        }
        let (first, second) = (ChildName::from("a"), ChildName::from("b"));
        assert!(first < second);
    }

    #[test]
    fn a_name_of_any_worker_needs_no_allocation() {
        let name = ChildName::from(&Name::worker(u64::MAX));
        assert!(matches!(name.0, Text::Short(..)));
        assert_eq!(name, "#18446744073709551615");
        #[cfg(target_pointer_width = "64")]
        assert_eq!(size_of::<ChildName>(), size_of::<String>());
    }
}
