//! The errors of calls to a supervisor, each with the path of the child or supervisor that it is
//! about.

use std::error::Error;
use std::fmt;

use supervisor_rules::wording;

use crate::engine::{Answer, Refusal};
use crate::mailbox::{AskError, SendError, TrySendError};
use crate::spec::{ChildPath, Escaped, ExitReason};

/// The error of a call to a supervisor: the reason why the supervisor did not do what it was asked.
///
/// The errors of [`send`](crate::ChildRef::send) and [`ask`](crate::ChildRef::ask) convert into it,
/// so that one `?` serves for both in a function that returns it.
///
/// The variants named after OTP's atoms mean what they mean there: `already_started`,
/// `already_present`, `not_found`, `running`, `restarting`, `simple_one_for_one`.
///
/// `Debug` prints the same sentence as `Display`, since a program whose `main` returns the error,
/// and a test that unwraps it, print it by `Debug`:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// let supervisor = Supervisor::new().build();
/// supervisor.start().await?;
/// let error = supervisor.terminate_child("db").await.unwrap_err();
/// assert_eq!(format!("Error: {error:?}"), "Error: there is no child `db`");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum SupervisorError {
    /// A child of this name runs.
    AlreadyStarted(ChildPath),
    /// A child of this name is known and does not run; `restart_child` starts it.
    AlreadyPresent(ChildPath),
    /// There is no child of this name.
    NotFound(ChildPath),
    /// The child runs; it has to be terminated first.
    Running(ChildPath),
    /// The child is being restarted; terminating it ends the attempts.
    Restarting(ChildPath),
    /// The child could not be stopped: it blocks its thread.
    StillRunning(ChildPath),
    /// The child did not start, for this reason.
    StartFailed(ChildPath, ExitReason),
    /// The child declined to start: OTP's `ignore`.
    Declined(ChildPath),
    /// A `simple_one_for_one` supervisor has workers made from its template only.
    SimpleOneForOne(ChildPath),
    /// This supervisor is not a `simple_one_for_one`, so it has no template to make a worker of.
    NotSimpleOneForOne(ChildPath),
    /// The template has no value, so each worker needs one of its own: use `add_worker_with`.
    NoTemplateValue(ChildPath),
    /// The supervisor has as many children as its `max_children` allows.
    MaxChildren(ChildPath, usize),
    /// The specification breaks a rule.
    InvalidSpec(ChildPath, String),
    /// The supervisor is stopping.
    ShuttingDown(ChildPath),
    /// The supervisor has not been started, or waits to be restarted by its own supervisor.
    NotRunning(ChildPath),
    /// The supervisor has ended, for this reason.
    Ended(ChildPath, ExitReason),
    /// The child waits for a lease, and is started by nothing else.
    Standby(ChildPath),
    /// The supervisor has ended, and nobody holds a handle of its tree any more.
    Gone(ChildPath),
    /// The call would wait for the task that makes it.
    FromInside(ChildPath),
    /// The supervisor is a child of another one already.
    AlreadySupervised(ChildPath),
    /// A supervisor cannot be its own ancestor.
    Cycle(ChildPath),
    /// There is no tokio runtime with timers on this thread.
    NoRuntime,
    /// A message was not sent: a [`SendError`] or a [`TrySendError`] that `?` has converted, without
    /// the message.
    NotSent(TrySendError<()>),
    /// A request was not answered: an [`AskError`] that `?` has converted, without the request.
    NotAnswered(AskError<()>),
}

impl<M> From<SendError<M>> for SupervisorError {
    fn from(error: SendError<M>) -> Self {
        TrySendError::from(error).into()
    }
}

impl<M> From<TrySendError<M>> for SupervisorError {
    fn from(error: TrySendError<M>) -> Self {
        Self::NotSent(match error {
            TrySendError::Full(_) => TrySendError::Full(()),
            TrySendError::NotRunning(_) => TrySendError::NotRunning(()),
            TrySendError::Gone(_) => TrySendError::Gone(()),
        })
    }
}

impl<M> From<AskError<M>> for SupervisorError {
    fn from(error: AskError<M>) -> Self {
        Self::NotAnswered(match error {
            AskError::NotRunning(_) => AskError::NotRunning(()),
            AskError::Gone(_) => AskError::Gone(()),
            AskError::NoReply => AskError::NoReply,
            AskError::Timeout => AskError::Timeout,
        })
    }
}

impl SupervisorError {
    /// Returns the path of the child or supervisor that the error is about; `None` for
    /// [`NoRuntime`](Self::NoRuntime), and for the errors of messages, which hold no path.
    #[must_use]
    pub fn path(&self) -> Option<&ChildPath> {
        match self {
            Self::AlreadyStarted(path)
            | Self::AlreadyPresent(path)
            | Self::NotFound(path)
            | Self::Running(path)
            | Self::Restarting(path)
            | Self::StillRunning(path)
            | Self::StartFailed(path, _)
            | Self::Declined(path)
            | Self::SimpleOneForOne(path)
            | Self::NotSimpleOneForOne(path)
            | Self::NoTemplateValue(path)
            | Self::MaxChildren(path, _)
            | Self::InvalidSpec(path, _)
            | Self::ShuttingDown(path)
            | Self::NotRunning(path)
            | Self::Ended(path, _)
            | Self::Standby(path)
            | Self::Gone(path)
            | Self::FromInside(path)
            | Self::AlreadySupervised(path)
            | Self::Cycle(path) => Some(path),
            Self::NoRuntime | Self::NotSent(_) | Self::NotAnswered(_) => None,
        }
    }

    /// Returns the reason of the end of the child or the supervisor, if that end is the cause of
    /// the error.
    #[must_use]
    pub fn reason(&self) -> Option<&ExitReason> {
        match self {
            Self::StartFailed(_, reason) | Self::Ended(_, reason) => Some(reason),
            _ => None,
        }
    }

    /// Turns the answer to a command into a result. `paths` returns the child's path and its
    /// supervisor's; it is called for an error only.
    pub(crate) fn check(
        answer: Answer,
        paths: impl FnOnce() -> (ChildPath, ChildPath),
    ) -> Result<(), Self> {
        match answer {
            Answer::Done | Answer::Added(..) => Ok(()),
            Answer::Declined => Err(Self::Declined(paths().0)),
            Answer::Refused(refusal) => {
                let (child, supervisor) = paths();
                Err(Self::refused(refusal, child, supervisor))
            }
        }
    }

    /// Turns a refusal into an error; `path` is the child's and `supervisor` its supervisor's.
    pub(crate) fn refused(refusal: Refusal, path: ChildPath, supervisor: ChildPath) -> Self {
        match refusal {
            Refusal::AlreadyStarted => Self::AlreadyStarted(path),
            Refusal::AlreadyPresent => Self::AlreadyPresent(path),
            Refusal::NotFound => Self::NotFound(path),
            Refusal::Running => Self::Running(path),
            Refusal::Restarting => Self::Restarting(path),
            Refusal::StillRunning => Self::StillRunning(path),
            Refusal::StartFailed(reason) => Self::StartFailed(path, reason),
            Refusal::SimpleOneForOne => Self::SimpleOneForOne(supervisor),
            Refusal::MaxChildren(limit) => Self::MaxChildren(supervisor, limit),
            Refusal::ShuttingDown => Self::ShuttingDown(supervisor),
            Refusal::ChildShuttingDown => Self::ShuttingDown(path),
            Refusal::ChildEnded(reason) => Self::Ended(path, *reason),
            Refusal::Standby => Self::Standby(path),
            Refusal::FromInside => Self::FromInside(path),
            Refusal::NoSibling(sibling) => {
                let text = path.to_string();
                let name = text.rsplit('/').next().unwrap_or_default();
                let rule = wording::after_unknown(name, &sibling.to_string());
                Self::InvalidSpec(path, rule.to_string())
            }
        }
    }
}

impl fmt::Display for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted(path) => write!(f, "child `{path}` is already started"),
            Self::AlreadyPresent(path) => {
                write!(f, "child `{path}` is already present; start it with `restart_child`")
            }
            Self::NotFound(path) => write!(f, "there is no child `{path}`"),
            Self::Running(path) => write!(f, "child `{path}` is running"),
            Self::Restarting(path) => write!(f, "child `{path}` is being restarted"),
            Self::StillRunning(path) => write!(f, "child `{path}` could not be stopped"),
            Self::StartFailed(path, reason) => {
                write!(f, "child `{path}` did not start: {reason}")
            }
            Self::Declined(path) => write!(f, "child `{path}` declined to start"),
            Self::SimpleOneForOne(path) => write!(
                f,
                "supervisor `{path}` is a simple_one_for_one; it has workers only: use `add_worker`"
            ),
            Self::NotSimpleOneForOne(path) => write!(
                f,
                "supervisor `{path}` is not a simple_one_for_one; use `add_child`"
            ),
            Self::NoTemplateValue(path) => write!(
                f,
                "the template of pool `{path}` has no value; use `add_worker_with`"
            ),
            Self::MaxChildren(path, limit) => {
                write!(f, "supervisor `{path}` has its maximum of {limit} children")
            }
            Self::InvalidSpec(path, rule) if path.is_root() => {
                write!(f, "supervisor `{path}`: {}", Escaped(rule))
            }
            Self::InvalidSpec(path, rule) => {
                write!(f, "child `{path}`: {}", Escaped(rule))
            }
            Self::ShuttingDown(path) => write!(f, "supervisor `{path}` is shutting down"),
            Self::NotRunning(path) => write!(f, "supervisor `{path}` is not running"),
            Self::Ended(path, reason) => write!(f, "supervisor `{path}` has ended: {reason}"),
            Self::Standby(path) => write!(f, "child `{path}` waits for its lease"),
            Self::Gone(path) => write!(f, "supervisor `{path}` is gone, with its whole tree"),
            Self::FromInside(path) => write!(
                f,
                "`{path}` cannot be waited for from a task of its own; `request_shutdown` and `request_restart` do not wait"
            ),
            Self::AlreadySupervised(path) => {
                write!(f, "supervisor `{path}` already has a supervisor")
            }
            Self::Cycle(path) => write!(f, "supervisor `{path}` cannot be below itself"),
            Self::NotSent(error) => write!(f, "a message was not sent: {error}"),
            Self::NotAnswered(error) => write!(f, "a request was not answered: {error}"),
            Self::NoRuntime => {
                f.write_str("there is no tokio runtime with timers on this thread; call this from async code, with `enable_time` or `enable_all` on a runtime built by hand")
            }
        }
    }
}

impl fmt::Debug for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for SupervisorError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason().and_then(ExitReason::failure).map(|failure| failure as _)
    }
}
