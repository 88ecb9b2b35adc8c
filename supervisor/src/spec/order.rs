//! The order in which a supervisor starts and stops its children.

use std::fmt;

/// The order in which a supervisor starts its children, and in reverse stops them.
///
/// The page on [the order of start and stop](crate::guide::order) says when to choose which.
///
/// ```
/// use supervisor::Order;
///
/// assert_eq!(Order::default(), Order::Declaration);
/// assert_eq!(Order::ByUse.to_string(), "by_use");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// The children start one after the other, as they are declared, and stop in reverse: OTP's
    /// order.
    #[default]
    Declaration,
    /// A child starts when all siblings that it uses are up, and stops when all siblings that use
    /// it have ended. Children that do not depend on each other start together and stop together.
    ByUse,
}

impl Order {
    /// Returns the word for the order in the tree language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declaration => "declaration",
            Self::ByUse => "by_use",
        }
    }

    /// Returns `true` if children wait only for the siblings that they use.
    pub(crate) const fn is_by_use(self) -> bool {
        matches!(self, Self::ByUse)
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
