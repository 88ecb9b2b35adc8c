//! The results of lives, and the reasons for which lives end.

use std::error::Error;
use std::fmt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::ChildPath;
use super::escaped::Escaped;

/// The result of a child's `run`.
pub type ChildResult = Result<(), ChildError>;

/// Any error that ends a child: `?` turns every error type, `&str` and `String` into it.
///
/// ```
/// use supervisor::{ChildError, ChildResult};
///
/// fn parse(text: &str) -> ChildResult {
///     let _port: u16 = text.parse()?;
///     Ok(())
/// }
///
/// let error: ChildError = parse("eighty").unwrap_err();
/// assert_eq!(error.to_string(), "invalid digit found in string");
/// ```
pub struct ChildError(Box<dyn Error + Send + Sync + 'static>);

impl ChildError {
    /// Returns the error inside.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

// `ChildError` is not itself an `Error`: that keeps this conversion coherent.
impl<E: Into<Box<dyn Error + Send + Sync + 'static>>> From<E> for ChildError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// An error by which a child tells its supervisor that no restart can help.
///
/// The child's supervisor fails at once, whatever the child's policy, and without using up its
/// restarts; for the supervisor above, that is one failure like any other. The error is found
/// through `?`, boxes and `source()` chains. During a stop it is only recorded.
///
/// ```
/// use supervisor::{ChildResult, Escalate};
///
/// fn check_license(valid: bool) -> ChildResult {
///     if !valid {
///         return Err(Escalate::because("the license has expired").into());
///     }
///     Ok(())
/// }
/// # assert!(check_license(false).is_err());
/// ```
#[derive(Debug)]
pub struct Escalate(Box<dyn Error + Send + Sync + 'static>);

impl Escalate {
    /// Creates an error that escalates with this cause.
    pub fn because(cause: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for Escalate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for Escalate {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The reason for which a life of a child, or a supervisor, ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExitReason {
    /// `run` returned `Ok(())`.
    Normal,
    /// The child was stopped in order, or ended because it was asked to.
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
    /// A child with [`StartMode::Notify`](crate::StartMode::Notify) was not ready in time.
    StartTimeout(Duration),
    /// The life dropped its context before it was ready.
    StartAbandoned,
    /// The life did not show a sign of life within its `heartbeat`.
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
            Self::Error(failure) | Self::Panic(failure) | Self::Escalate(failure) => Some(failure),
            Self::Escalated(escalation) | Self::StartFailed(escalation) => {
                escalation.reason.failure()
            }
            _ => None,
        }
    }
}

impl ExitReason {
    /// Returns `true` if both reasons have the same text, so that the second one is no news.
    pub(crate) fn reads_like(&self, other: &Self) -> bool {
        let (mut one, mut other) = (self, other);
        // A loop and not a recursion, since a tree can be deep.
        loop {
            match (one, other) {
                (Self::Error(this), Self::Error(that))
                | (Self::Panic(this), Self::Panic(that))
                | (Self::Escalate(this), Self::Escalate(that)) => return this.reads_like(that),
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

/// The error of a life whose process ended with a status that is not a success.
#[derive(Debug)]
pub(crate) struct BadStatus(pub(crate) ExitStatus);

impl fmt::Display for BadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for BadStatus {}

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
            Self::StartTimeout(limit) => write!(f, "not ready within {limit:?}"),
            Self::StartAbandoned => f.write_str("dropped its context before it was ready"),
            Self::Hung(limit) => write!(f, "no sign of life within {limit:?}"),
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
                " (it returned `Ok(())`, which `Always` restarts; `Transient` lets it finish)",
            )?;
        }
        Ok(())
    }
}

/// An error or a panic as text: its message, the messages of its sources, the location of a panic.
///
/// The text is rendered in the child's own task, so that a `Display` that panics harms no other
/// child. It holds no value of the child's, so that nothing of a life outlives it.
///
/// `{}` prints the message; `{:#}` adds the sources and the location. Both print one line: control
/// characters are escaped, as in a [`ChildPath`]. [`message`](Self::message) is the text as it is.
#[derive(Clone, Debug)]
pub struct Failure(Arc<Rendered>);

#[derive(Debug)]
struct Rendered {
    message: String,
    source: Option<Source>,
    place: Option<String>,
}

/// One link of a rendered chain of sources.
#[derive(Debug)]
struct Source {
    message: String,
    source: Option<Box<Self>>,
}

impl Failure {
    /// Renders an error and its chain of sources.
    ///
    /// This runs the error's own code, and so is called in the child's own task only.
    pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Self {
        let mut messages = Vec::new();
        let mut next = error.source();
        // A chain of sources can be cyclic by mistake, so it is cut after a hundred.
        while let Some(source) = next.filter(|_| messages.len() < 100) {
            messages.push(source.to_string());
            next = source.source();
        }
        let source = messages
            .into_iter()
            .rev()
            .fold(None, |inner, message| Some(Source { message, source: inner.map(Box::new) }));
        Self(Arc::new(Rendered { message: error.to_string(), source, place: None }))
    }

    fn reads_like(&self, other: &Self) -> bool {
        let (this, that) = (&self.0, &other.0);
        let (mut one, mut other) = (this.source.as_ref(), that.source.as_ref());
        while let (Some(first), Some(second)) = (one, other) {
            if first.message != second.message {
                return false;
            }
            (one, other) = (first.source.as_deref(), second.source.as_deref());
        }
        one.is_none() && other.is_none() && this.message == that.message && this.place == that.place
    }

    pub(crate) fn of_panic(message: String, place: Option<String>) -> Self {
        Self(Arc::new(Rendered { message, source: None, place }))
    }

    /// Returns the message of the error or the panic.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the location of a panic, as `file:line:column`; `None` for an error.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.0.message))?;
        if f.alternate() {
            let mut next = self.0.source.as_ref();
            while let Some(source) = next {
                write!(f, ": {source}")?;
                next = source.source.as_deref();
            }
            if let Some(place) = &self.0.place {
                write!(f, ", at {}", Escaped(place))?;
            }
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.message))
    }
}

impl Error for Source {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
