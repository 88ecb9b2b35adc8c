//! The choices of a supervisor: which children restart together, and when it ends by itself.

use std::fmt;

/// The choice of the children that are restarted when one of them ends and its policy asks for a
/// restart.
///
/// | strategy | stopped, in reverse start order | started, in start order |
/// |---|---|---|
/// | `OneForOne` | none | the child |
/// | `OneForAll` | all others | all |
/// | `RestForOne` | those started after it | the child and those after it |
/// | `SimpleOneForOne` | none | the worker |
///
/// With [`Order::ByUse`](crate::Order::ByUse), `RestForOne` restarts the child and those that use it,
/// directly or not, in place of those started after it; and all stops and starts go along the uses.
///
/// In a group restart, finished `Transient` children and children stopped by
/// `terminate_child` come back; `Temporary` ones are forgotten. This is OTP's rule
/// (`supervisor:restart_multiple_children/3`).
///
/// ```
/// use supervisor::SupervisionStrategy;
///
/// assert_eq!(SupervisionStrategy::default(), SupervisionStrategy::OneForOne);
/// assert_eq!(SupervisionStrategy::RestForOne.to_string(), "rest_for_one");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "OTP's four strategies")]
pub enum SupervisionStrategy {
    /// The child that ended is restarted alone.
    #[default]
    OneForOne,
    /// All children are stopped and started again.
    OneForAll,
    /// The child that ended and all those started after it are stopped and started again.
    RestForOne,
    /// All children are workers made from one template and come and go at run time.
    SimpleOneForOne,
}

impl SupervisionStrategy {
    /// Returns `true` if one child's restart takes siblings with it.
    pub(crate) const fn is_group(self) -> bool {
        match self {
            Self::OneForAll | Self::RestForOne => true,
            Self::OneForOne | Self::SimpleOneForOne => false,
        }
    }

    /// Returns the word for the strategy in the tree language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
            Self::SimpleOneForOne => "simple_one_for_one",
        }
    }
}

impl fmt::Display for SupervisionStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The condition under which a supervisor ends by itself once significant children have ended.
///
/// Only a significant child that ends *by itself* and is not restarted counts: one that is
/// stopped by `terminate_child` or with its siblings does not. The supervisor then stops its
/// other children in reverse start order and ends with [`ExitReason::Shutdown`].
/// The source of the behaviour is OTP 24's `auto_shutdown` (EEP 56).
///
/// ```
/// use supervisor::AutoShutdown;
///
/// assert_eq!(AutoShutdown::default(), AutoShutdown::Never);
/// ```
///
/// [`ExitReason::Shutdown`]: crate::ExitReason::Shutdown
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "OTP's three conditions")]
pub enum AutoShutdown {
    /// The supervisor does not end by itself, even without children.
    #[default]
    Never,
    /// The supervisor ends when the first significant child has ended.
    AnySignificant,
    /// The supervisor ends when the last significant child has ended.
    AllSignificant,
}

impl AutoShutdown {
    /// Returns the word for the condition in the tree language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AnySignificant => "any_significant",
            Self::AllSignificant => "all_significant",
        }
    }
}

impl fmt::Display for AutoShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
