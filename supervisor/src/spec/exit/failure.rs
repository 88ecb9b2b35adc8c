//! A failure: the error or the panic by which a life ended, with its text.

use std::error::Error;
use std::fmt::{self, Write};
use std::iter::successors;
use std::sync::Arc;

use super::ExitReason;
use super::error::{BadStatus, Cause, ChildError, Known};
use crate::spec::escaped::Escaped;

/// An error or a panic: its message, the messages of its sources, the location of a panic, and the
/// error itself.
///
/// The text is rendered in the child's own task, so that a `Display` that panics harms no other
/// child. The error lives as long as a copy of the failure does. A child's slot holds the last two; an
/// older one is dropped in the task of a later life, or in a task of its own.
///
/// `{}` prints the message; `{:#}` adds the sources and the location. Both print one line: control
/// characters are escaped, as in a [`ChildPath`](crate::ChildPath). [`message`](Self::message) is the
/// text as it is.
#[derive(Clone, Debug)]
pub struct Failure(Arc<Rendered>);

#[derive(Debug)]
struct Rendered {
    message: String,
    source: Option<Box<Source>>,
    place: Option<String>,
    exit_code: Option<u8>,
    error: Option<Held>,
}

/// Drops an error where that does no harm: its destructor is the user's code, and the last copy of a
/// failure may be dropped in a supervisor's task.
pub(crate) type Discard = fn(Box<dyn Error + Send + Sync>, Plainness);

/// The need of an error for a task in which its destructor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plainness {
    /// The value that the error was made from has no destructor, and so, as a rule, the error has none.
    /// (A conversion of the user's can make any error of any value.)
    Plain,
    HasDestructor,
}

/// An error that a failure holds.
struct Held {
    /// `None` only while it is dropped.
    error: Option<Box<dyn Error + Send + Sync>>,
    plainness: Plainness,
    discard: Discard,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(error) = self.error.take() {
            (self.discard)(error, self.plainness);
        }
    }
}

// The error's own `Debug` would run the user's code.
impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

/// One link of a rendered chain of sources.
#[derive(Debug)]
struct Source {
    message: String,
    source: Option<Box<Self>>,
}

/// An error of a child as text, before the error itself is put beside it.
pub(crate) struct Rendering {
    kind: Kind,
    message: String,
    source: Option<Box<Source>>,
    exit_code: Option<u8>,
}

enum Kind {
    Status(std::process::ExitStatus),
    Error,
    Escalate,
    EscalateToRoot,
}

impl Rendering {
    /// Renders an error and its chain of sources.
    ///
    /// This runs the error's own code, and so is called in the child's own task only.
    pub(crate) fn of(error: &ChildError) -> Self {
        let root: &(dyn Error + 'static) = error.get_ref();
        let (mut kind, mut exit_code) = (Kind::Error, None);
        for cause in causes(root) {
            match cause.known {
                Known::Escalate(escalate) if escalate.aims_at_root() => kind = Kind::EscalateToRoot,
                Known::Escalate(_) if matches!(kind, Kind::Error) => kind = Kind::Escalate,
                Known::WithExitCode(with_code) => {
                    exit_code = exit_code.or(Some(with_code.code()));
                }
                Known::Escalate(_) | Known::No => {}
            }
        }
        if let Some(BadStatus(status)) = root.downcast_ref() {
            kind = Kind::Status(*status);
        }
        let (message, source) = texts(root);
        Self { kind, message, source, exit_code }
    }

    /// Makes the exit reason, which holds the error. No code of the error runs.
    pub(crate) fn into_reason(self, error: ChildError, discard: Discard) -> ExitReason {
        let Self { kind, message, source, exit_code } = self;
        let (error, plainness) = error.into_parts();
        let error = Some(Held { error: Some(error), plainness, discard });
        let rendered = Rendered { message, source, place: None, exit_code, error };
        let failure = Failure(Arc::new(rendered));
        match kind {
            Kind::Status(status) => ExitReason::Status(status),
            Kind::Error => ExitReason::Error(failure),
            Kind::Escalate => ExitReason::Escalate(failure),
            Kind::EscalateToRoot => ExitReason::EscalateToRoot(failure),
        }
    }
}

/// Returns an error with all its causes. A chain can be cyclic by mistake, so it is cut after a
/// hundred.
fn causes<'a>(root: &'a (dyn Error + 'static)) -> impl Iterator<Item = Cause<'a>> {
    successors(Some(Cause::of(root)), |cause| cause.next()).take(100)
}

/// Renders the messages of an error and its sources.
fn texts(error: &(dyn Error + 'static)) -> (String, Option<Box<Source>>) {
    // Most errors have none.
    let Some(first) = error.source() else { return (text(error), None) };
    let sources = successors(Some(first), |&source| source.source()).take(100);
    let messages: Vec<String> = sources.map(text).collect();
    let source = messages
        .into_iter()
        .rev()
        .fold(None, |source, message| Some(Box::new(Source { message, source })));
    (text(error), source)
}

/// Returns the text of an error, as `to_string` does. Few texts outgrow the memory that is there at
/// the beginning.
fn text(error: &(dyn Error + 'static)) -> String {
    let mut text = String::with_capacity(32);
    write!(text, "{error}").expect("an error can be displayed");
    text
}

impl Failure {
    /// Renders an error of this library and its chain of sources.
    pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Self {
        let (message, source) = texts(error);
        Self(Arc::new(Rendered { message, source, place: None, exit_code: None, error: None }))
    }

    /// Returns the error, or the first of its causes, that is an `E`; `None` if there is none, and for
    /// a panic.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use std::io;
    /// use supervisor::prelude::*;
    ///
    /// let reader = ChildSpec::new("reader")
    ///     .with_restart_policy(RestartPolicy::Temporary)
    ///     .with_task(async |_ctx: Context| {
    ///         std::fs::read("/no/such/file")?;
    ///         Ok(())
    ///     });
    /// let supervisor = Supervisor::new().build();
    /// let end = supervisor.add_child(reader).await?.ended().await.expect("it had a life");
    /// let error: &io::Error = end.downcast_ref().expect("an I/O error");
    /// assert_eq!(error.kind(), io::ErrorKind::NotFound);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        let root: &(dyn Error + 'static) = &**self.0.error.as_ref()?.error.as_ref()?;
        causes(root).find_map(|cause| cause.error.downcast_ref())
    }

    /// Returns `true` if the failure holds an error that may have a destructor of the user's.
    pub(crate) fn has_destructor(&self) -> bool {
        self.0.error.as_ref().is_some_and(|held| held.plainness == Plainness::HasDestructor)
    }

    /// Drops the failure where the error's destructor may run: returns the error, if this was the last
    /// copy. (If another copy is dropped at the same moment, the error may be discarded instead.)
    pub(crate) fn into_error(mut self) -> Option<Box<dyn Error + Send + Sync>> {
        Arc::get_mut(&mut self.0)?.error.as_mut()?.error.take()
    }

    /// Returns the exit code that the error carries: that of a
    /// [`WithExitCode`](crate::exit::WithExitCode) among its causes.
    #[must_use]
    pub fn exit_code(&self) -> Option<u8> {
        self.0.exit_code
    }

    pub(super) fn reads_like(&self, other: &Self) -> bool {
        let (this, that) = (&self.0, &other.0);
        let (mut one, mut other) = (this.source.as_deref(), that.source.as_deref());
        while let (Some(first), Some(second)) = (one, other) {
            if first.message != second.message {
                return false;
            }
            (one, other) = (first.source.as_deref(), second.source.as_deref());
        }
        one.is_none() && other.is_none() && this.message == that.message && this.place == that.place
    }

    pub(crate) fn of_panic(message: String, place: Option<String>) -> Self {
        let (source, exit_code, error) = (None, None, None);
        Self(Arc::new(Rendered { message, source, place, exit_code, error }))
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
            let mut next = self.0.source.as_deref();
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
        self.0.source.as_deref().map(|source| source as _)
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
