//! The errors by which a child's life ends.

use std::error::Error;
use std::fmt;
use std::mem::needs_drop;
use std::process::ExitStatus;

use super::failure::Plainness;

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
pub struct ChildError {
    error: Box<dyn Error + Send + Sync + 'static>,
    plainness: Plainness,
}

impl ChildError {
    /// Creates an error from another one, or from a text: what `?` and `into()` do.
    ///
    /// ```
    /// use supervisor::{ChildError, ChildResult};
    ///
    /// let end: ChildResult = Err(ChildError::new("the disk is full"));
    /// assert_eq!(end.unwrap_err().to_string(), "the disk is full");
    /// ```
    #[doc(alias = "msg", alias = "other", alias = "from_string")]
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self::from(error)
    }

    /// Returns the error inside.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.error
    }

    /// Returns the error inside, and whether it is worth a task in which its destructor runs.
    pub(super) fn into_parts(self) -> (Box<dyn Error + Send + Sync + 'static>, Plainness) {
        (self.error, self.plainness)
    }
}

// `ChildError` is not itself an `Error`: that keeps this conversion coherent.
impl<E: Into<Box<dyn Error + Send + Sync + 'static>>> From<E> for ChildError {
    fn from(error: E) -> Self {
        let plainness = if needs_drop::<E>() { Plainness::HasDestructor } else { Plainness::Plain };
        Self { error: error.into(), plainness }
    }
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl fmt::Debug for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

/// An error by which a child tells its supervisor that no restart can help.
///
/// The child's supervisor fails at once, whatever the child's policy, and without using up its
/// restarts; for the supervisor above, that is one failure like any other, unless the error is meant
/// for the root. The error is found through `?`, boxes and `source()` chains. During a stop it is
/// only recorded.
///
/// ```
/// use supervisor::{ChildResult, Escalate};
///
/// fn check_license(valid: bool) -> ChildResult {
///     if !valid {
///         return Err(Escalate::because("the license has expired").to_root().into());
///     }
///     Ok(())
/// }
/// # assert!(check_license(false).is_err());
/// ```
#[derive(Debug)]
pub struct Escalate {
    cause: Box<dyn Error + Send + Sync + 'static>,
    to_root: bool,
}

impl Escalate {
    /// Creates an error that escalates with this cause, to the child's supervisor.
    pub fn because(cause: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { cause: cause.into(), to_root: false }
    }

    /// Escalates to the root: no supervisor on the way up restarts anything, and the whole tree ends
    /// with this failure.
    ///
    /// A caller that waits for the start of the child, or of a supervisor on the way, as
    /// [`Supervisor::add_child`](crate::Supervisor::add_child) does, gets the failure as its error,
    /// and it goes no further.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::prelude::*;
    /// use supervisor::Escalate;
    ///
    /// async fn guard(_ctx: Context) -> ChildResult {
    ///     Err(Escalate::because("the disk is gone").to_root().into())
    /// }
    ///
    /// let tree = supervision_tree! {
    ///     one_for_one { storage: one_for_one { guard: Always } }
    /// };
    /// let root = tree.start().await?;
    /// let end = root.supervisor().wait().await.unwrap_err();
    /// assert!(end.to_string().ends_with("escalated to the root: the disk is gone"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn to_root(mut self) -> Self {
        self.to_root = true;
        self
    }

    /// Returns `true` if the error is meant for the root.
    pub(super) fn aims_at_root(&self) -> bool {
        self.to_root
    }
}

impl fmt::Display for Escalate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.cause, f)
    }
}

impl Error for Escalate {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

/// An error with the exit code that the program ends with if this failure ends its tree.
///
/// `supervisor::run` returns the code in the place of 1. It is found through `?`, boxes and
/// `source()` chains, and [`ExitReason::exit_code`](crate::ExitReason::exit_code) returns it. To end
/// the tree at once, escalate to the root: otherwise the code is that of the failure for which the
/// tree gives up in the end.
///
/// ```
/// use supervisor::exit::WithExitCode;
/// use supervisor::{ChildResult, Escalate};
///
/// fn configured(text: &str) -> ChildResult {
///     if text.is_empty() {
///         let error = WithExitCode::new(78, "the configuration is empty"); // EX_CONFIG
///         return Err(Escalate::because(error).to_root().into());
///     }
///     Ok(())
/// }
/// # assert!(configured("").is_err());
/// ```
#[derive(Debug)]
pub struct WithExitCode {
    code: u8,
    cause: Box<dyn Error + Send + Sync + 'static>,
}

impl WithExitCode {
    /// Creates an error with this exit code and this cause.
    pub fn new(code: u8, cause: impl Into<Box<dyn Error + Send + Sync + 'static>>) -> Self {
        Self { code, cause: cause.into() }
    }

    /// Returns the exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for WithExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.cause, f)
    }
}

impl Error for WithExitCode {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

/// An error of a chain of causes.
#[derive(Clone, Copy)]
pub(super) struct Cause<'a> {
    pub(super) error: &'a (dyn Error + 'static),
    pub(super) known: Known<'a>,
}

/// An error of this library that says what is to follow. It is found once for each error of a chain,
/// since each comparison of types is a call.
#[derive(Clone, Copy)]
pub(super) enum Known<'a> {
    Escalate(&'a Escalate),
    WithExitCode(&'a WithExitCode),
    /// Any other error.
    No,
}

impl<'a> Cause<'a> {
    pub(super) fn of(error: &'a (dyn Error + 'static)) -> Self {
        // (A boxed error is an error of its own type, too.)
        let boxed = || error.downcast_ref::<Box<Escalate>>().map(|boxed| &**boxed);
        let known = if let Some(escalate) = error.downcast_ref().or_else(boxed) {
            Known::Escalate(escalate)
        } else if let Some(with_code) = error.downcast_ref() {
            Known::WithExitCode(with_code)
        } else {
            Known::No
        };
        Self { error, known }
    }

    /// Returns the next error in the chain. The errors that print their cause as themselves are
    /// followed by that cause: those of this library, and an I/O error, whose own `source` skips the
    /// error that it was made from.
    pub(super) fn next(self) -> Option<Self> {
        let cause: &(dyn Error + 'static) = match self.known {
            Known::Escalate(Escalate { cause, .. })
            | Known::WithExitCode(WithExitCode { cause, .. }) => &**cause,
            Known::No => {
                let io = self.error.downcast_ref::<std::io::Error>();
                match io.and_then(std::io::Error::get_ref) {
                    Some(inner) => inner,
                    None => self.error.source()?,
                }
            }
        };
        Some(Self::of(cause))
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
