//! The results of lives, and the reasons for which lives end.

mod error;
mod failure;

use std::error::Error;
use std::fmt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::ChildPath;

#[cfg(all(unix, feature = "process"))]
pub(crate) use self::error::BadStatus;
pub use self::error::{ChildError, ChildResult, Escalate, WithExitCode};
pub use self::failure::Failure;
pub(crate) use self::failure::{Plainness, Rendering};

/// The reason for which a life of a child, or a supervisor, ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExitReason {
    /// `run` returned `Ok(())`.
    Normal,
    /// The child ended because it was asked to stop.
    Shutdown,
    /// The life was aborted: by `brutal_kill`, by a time-out, or by
    /// [`ChildRef::kill`](crate::ChildRef::kill).
    Killed,
    /// `run` returned an error.
    Error(Failure),
    /// A `Program`'s process ended with this status, which is not a success.
    Status(ExitStatus),
    /// `run` panicked.
    Panic(Failure),
    /// `run` returned [`Escalate`]: no restart can help.
    Escalate(Failure),
    /// `run` returned an [`Escalate`] that is meant [for the root](Escalate::to_root).
    EscalateToRoot(Failure),
    /// A child with [`StartMode::Notify`](crate::StartMode::Notify) was not ready in time.
    StartTimeout(Duration),
    /// The life dropped its context before it was ready.
    StartAbandoned,
    /// The life gave no heartbeat within the time of its option `heartbeat`.
    Hung(Duration),
    /// A supervisor gave up: its child failed more often than `max_restarts` allows, or could
    /// not be helped by a restart.
    Escalated(Arc<Escalation>),
    /// A supervisor could not start one of its children.
    StartFailed(Arc<Escalation>),
    /// The child is a [`WorkerOnce`](crate::WorkerOnce) whose value an earlier life has consumed.
    UsedUp,
    /// The previous life could not be stopped, so the next one was not started.
    StillRunning,
    /// The runtime is going away.
    RuntimeGone,
}

impl ExitReason {
    /// Returns `true` if the exit is abnormal, so that a `Transient` child is restarted.
    ///
    /// ```
    /// use supervisor::ExitReason;
    ///
    /// assert!(!ExitReason::Normal.is_abnormal());
    /// assert!(!ExitReason::Shutdown.is_abnormal());
    /// assert!(ExitReason::Killed.is_abnormal());
    /// ```
    #[must_use]
    pub fn is_abnormal(&self) -> bool {
        !matches!(self, Self::Normal | Self::Shutdown)
    }

    /// Returns the error or panic at the bottom of the reason, if there is one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Error(failure)
            | Self::Panic(failure)
            | Self::Escalate(failure)
            | Self::EscalateToRoot(failure) => Some(failure),
            Self::Escalated(escalation) | Self::StartFailed(escalation) => {
                escalation.reason.failure()
            }
            _ => None,
        }
    }

    /// Returns the error that ended the life, or the first of its causes, if it is an `E`: that of the
    /// [failure](Self::failure) at the bottom of the reason.
    ///
    /// This calls the `source` of the errors in the chain.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use std::num::ParseIntError;
    /// use supervisor::prelude::*;
    ///
    /// let parser = ChildSpec::new("parser").with_task(async |_ctx: Context| {
    ///     let _port: u16 = "eighty".parse()?;
    ///     Ok(())
    /// });
    /// let supervisor = Supervisor::new().with_max_restarts(0).with_child(parser).build();
    /// supervisor.start().await?;
    /// let error = supervisor.wait().await.unwrap_err();
    /// assert!(error.reason().and_then(|end| end.downcast_ref::<ParseIntError>()).is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.failure()?.downcast_ref()
    }

    /// Returns the exit code for the program that the error at the bottom of the reason carries: that
    /// of a [`WithExitCode`].
    #[must_use]
    pub fn exit_code(&self) -> Option<u8> {
        self.failure()?.exit_code()
    }
}

impl ExitReason {
    /// Returns the failure if it holds an error that may have a destructor of the user's.
    pub(crate) fn failure_with_destructor(&self) -> Option<&Failure> {
        match self {
            Self::Error(failure) | Self::Escalate(failure) | Self::EscalateToRoot(failure) => {
                Some(failure).filter(|failure| failure.has_destructor())
            }
            _ => None,
        }
    }

    /// Returns `true` if both reasons have the same text, so that the second one is no news.
    pub(crate) fn reads_like(&self, other: &Self) -> bool {
        let (mut one, mut other) = (self, other);
        // A loop and not a recursion, since a tree can be deep.
        loop {
            match (one, other) {
                (Self::Error(this), Self::Error(that))
                | (Self::Panic(this), Self::Panic(that))
                | (Self::Escalate(this), Self::Escalate(that))
                | (Self::EscalateToRoot(this), Self::EscalateToRoot(that)) => {
                    return this.reads_like(that);
                }
                (Self::Escalated(this), Self::Escalated(that))
                | (Self::StartFailed(this), Self::StartFailed(that)) => {
                    if this.path != that.path {
                        return false;
                    }
                    (one, other) = (&this.reason, &that.reason);
                }
                (Self::Status(this), Self::Status(that)) => return this == that,
                (Self::StartTimeout(this), Self::StartTimeout(that))
                | (Self::Hung(this), Self::Hung(that)) => return this == that,
                _ => return std::mem::discriminant(one) == std::mem::discriminant(other),
            }
        }
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::Killed => f.write_str("killed"),
            Self::Error(failure) => write!(f, "error: {failure:#}"),
            Self::Status(status) => write!(f, "{status}"),
            Self::Panic(failure) => write!(f, "panic: {failure:#}"),
            Self::Escalate(failure) => write!(f, "escalated: {failure:#}"),
            Self::EscalateToRoot(failure) => write!(f, "escalated to the root: {failure:#}"),
            Self::StartTimeout(limit) => write!(f, "not ready within {limit:?}"),
            Self::StartAbandoned => f.write_str("dropped its context before it was ready"),
            Self::Hung(limit) => write!(f, "no heartbeat within {limit:?}"),
            Self::Escalated(escalation) => write!(f, "gave up: {escalation}"),
            Self::StartFailed(escalation) => write!(f, "failed to start {escalation}"),
            Self::UsedUp => f.write_str("its value was used up by its only life"),
            Self::StillRunning => f.write_str("its previous life could not be stopped"),
            Self::RuntimeGone => f.write_str("the runtime is going away"),
        }
    }
}

/// The child that made a supervisor give up, and the end of its last life.
#[derive(Clone, Debug)]
pub struct Escalation {
    pub(crate) path: ChildPath,
    pub(crate) reason: ExitReason,
}

impl Escalation {
    /// Returns the child's path.
    #[must_use]
    pub fn path(&self) -> &ChildPath {
        &self.path
    }

    /// Returns the reason for which the child's last life ended.
    #[must_use]
    pub fn reason(&self) -> &ExitReason {
        &self.reason
    }
}

impl fmt::Display for Escalation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.reason)?;
        if matches!(self.reason, ExitReason::Normal) {
            f.write_str(
                " (it ended without an error, which `Always` restarts; `Transient` lets it finish)",
            )?;
        }
        Ok(())
    }
}
