//! The way in which a child is stopped.

use std::fmt;
use std::time::Duration;

use supervisor_rules::defaults;

/// The time that a child may take to stop before it is aborted.
///
/// To be stopped means: the child is asked ([`Context::shutdown_requested`] completes, `recv`
/// gives `None`), and after its time it is aborted, that is, dropped at its next await point.
/// A child that never looked at its shutdown signal is dropped at once: there is no use in
/// waiting for a child that cannot notice the request.
///
/// ```
/// use std::time::Duration;
/// use supervisor::Shutdown;
///
/// assert_eq!(Shutdown::from(Duration::from_secs(2)), Shutdown::Timeout(Duration::from_secs(2)));
/// assert_eq!(Shutdown::Timeout(Duration::from_millis(1500)).to_string(), "1.5s");
/// ```
///
/// [`Context::shutdown_requested`]: crate::Context::shutdown_requested
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "OTP's three ways to stop a child")]
pub enum Shutdown {
    /// The child is aborted without being asked.
    BrutalKill,
    /// The child is asked, and aborted after this time, which is not zero: no time is
    /// [`BrutalKill`](Self::BrutalKill). The default is five seconds.
    Timeout(Duration),
    /// The child is asked, and waited for without a limit. The default of nested supervisors.
    Infinity,
}

impl Shutdown {
    /// The default of a worker: five seconds, as in OTP.
    pub const WORKER: Self = Self::Timeout(defaults::WORKER_SHUTDOWN);
    /// The default of a nested supervisor: no limit, as in OTP.
    pub const SUPERVISOR: Self = Self::Infinity;
}

impl From<Duration> for Shutdown {
    fn from(time: Duration) -> Self {
        Self::Timeout(time)
    }
}

impl fmt::Display for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrutalKill => f.pad("brutal_kill"),
            Self::Timeout(time) => f.pad(&format!("{time:?}")),
            Self::Infinity => f.pad("infinity"),
        }
    }
}
