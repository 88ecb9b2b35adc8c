//! The cases of a fault matrix: which child, which fault, at which moment.

use std::fmt;

use crate::spec::ChildPath;

/// A fault that a case of the [`fault_matrix`](crate::testing::fault_matrix) provokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The child returns an error, as by [`testing::fail`](crate::testing::fail).
    Error,
    /// The child panics, as by [`testing::panic`](crate::testing::panic()).
    Panic,
    /// The child returns `Ok(())`, as by [`testing::finish`](crate::testing::finish).
    Ok,
    /// The child hangs, as by [`testing::hang`](crate::testing::hang()).
    Hang,
    /// The child hangs when it is asked to stop. In a tree that is calm, it is asked to by
    /// [`ChildRef::restart`](crate::ChildRef::restart).
    HangAtStop,
    /// The child is killed, as by [`testing::kill`](crate::testing::kill). A supervisor is killed
    /// with all its children.
    Kill,
    /// The child is killed, and its next life fails to start, as by
    /// [`testing::fail_next_start`](crate::testing::fail_next_start).
    FailedStart,
    /// The child returns [`Escalate`](crate::Escalate).
    Escalate,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 8] = [
        Self::Error,
        Self::Panic,
        Self::Ok,
        Self::Hang,
        Self::HangAtStop,
        Self::Kill,
        Self::FailedStart,
        Self::Escalate,
    ];

    /// Returns the word for the fault in reports, tables and names of tests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Ok => "ok",
            Self::Hang => "hang",
            Self::HangAtStop => "hang_at_stop",
            Self::Kill => "kill",
            Self::FailedStart => "failed_start",
            Self::Escalate => "escalate",
        }
    }

    /// Returns the sentence that says what is done to a child.
    pub(super) const fn deed(self) -> &'static str {
        match self {
            Self::Error => "returns an error",
            Self::Panic => "panics",
            Self::Ok => "returns `Ok(())`",
            Self::Hang => "hangs",
            Self::HangAtStop => "hangs when it is asked to stop",
            Self::Kill => "is killed",
            Self::FailedStart => "is killed, and its next life fails to start",
            Self::Escalate => "escalates",
        }
    }

    /// Returns `true` if the present life of the child hangs.
    pub(super) const fn hangs(self) -> bool {
        matches!(self, Self::Hang | Self::HangAtStop)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The moment at which a case of the [`fault_matrix`](crate::testing::fault_matrix) provokes its
/// fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Moment {
    /// The whole tree is up, and nothing else happens.
    Calm,
    /// A sibling that is restarted by its policy was killed just before.
    WhileASiblingRestarts,
    /// A shutdown of the whole tree was requested just before.
    WhileTheTreeStops,
}

impl Moment {
    /// All moments.
    pub const ALL: [Self; 3] = [Self::Calm, Self::WhileASiblingRestarts, Self::WhileTheTreeStops];

    /// Returns the word for the moment in reports and in names of tests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::WhileASiblingRestarts => "while_a_sibling_restarts",
            Self::WhileTheTreeStops => "while_the_tree_stops",
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One case of the [`fault_matrix`](crate::testing::fault_matrix).
///
/// `Display` prints a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// The path of the child.
    pub path: ChildPath,
    /// The fault.
    pub fault: Fault,
    /// The moment of the fault.
    pub moment: Moment,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.path, self.fault.deed())?;
        match self.moment {
            Moment::Calm => Ok(()),
            Moment::WhileASiblingRestarts => f.write_str(" while a sibling restarts"),
            Moment::WhileTheTreeStops => f.write_str(" while the tree stops"),
        }
    }
}
