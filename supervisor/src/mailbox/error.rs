//! The errors of sending a message, and of asking for an answer.

use std::error::Error;
use std::fmt;

const FULL: &str = "the child's mailbox is full";
const NOT_RUNNING: &str = "the child is not running";
const GONE: &str = "the child is gone for good";

/// Error of sending a message to a child; it holds the message.
///
/// ```
/// use supervisor::messages::SendError;
///
/// let error = SendError::NotRunning("a letter");
/// assert_eq!(error.to_string(), "the child is not running");
/// assert_eq!(error.into_message(), "a letter");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a child that takes no message either may be started again or may not"
)]
pub enum SendError<M> {
    /// The child has finished or was terminated, and no restart is pending. It can be started
    /// again, and then has the same address.
    NotRunning(M),
    /// The child's place in the tree, its slot, was removed. No message will ever arrive there.
    Gone(M),
}

impl<M> SendError<M> {
    /// Returns the message that was not sent.
    pub fn into_message(self) -> M {
        match self {
            Self::NotRunning(message) | Self::Gone(message) => message,
        }
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRunning(_) => "NotRunning(..)",
            Self::Gone(_) => "Gone(..)",
        })
    }
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotRunning(_) => NOT_RUNNING,
            Self::Gone(_) => GONE,
        })
    }
}

impl<M> Error for SendError<M> {}

/// Error of sending a message to a child without waiting; it holds the message.
///
/// ```
/// use supervisor::messages::TrySendError;
///
/// let error = TrySendError::Full("a letter");
/// assert_eq!(error.to_string(), "the child's mailbox is full");
/// assert_eq!(error.into_message(), "a letter");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the causes of `SendError`, and a full mailbox")]
pub enum TrySendError<M> {
    /// The mailbox has no room, or other senders wait for it.
    Full(M),
    /// See [`SendError::NotRunning`].
    NotRunning(M),
    /// See [`SendError::Gone`].
    Gone(M),
}

impl<M> TrySendError<M> {
    /// Returns the message that was not sent.
    pub fn into_message(self) -> M {
        match self {
            Self::Full(message) | Self::NotRunning(message) | Self::Gone(message) => message,
        }
    }
}

impl<M> From<SendError<M>> for TrySendError<M> {
    fn from(error: SendError<M>) -> Self {
        match error {
            SendError::NotRunning(message) => Self::NotRunning(message),
            SendError::Gone(message) => Self::Gone(message),
        }
    }
}

impl<M> fmt::Debug for TrySendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::NotRunning(_) => "NotRunning(..)",
            Self::Gone(_) => "Gone(..)",
        })
    }
}

impl<M> fmt::Display for TrySendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Full(_) => FULL,
            Self::NotRunning(_) => NOT_RUNNING,
            Self::Gone(_) => GONE,
        })
    }
}

impl<M> Error for TrySendError<M> {}

/// Error of a request to a child; it holds the request if the request was not sent.
///
/// ```
/// use supervisor::messages::{AskError, SendError};
///
/// let error = AskError::from(SendError::Gone("a question"));
/// assert_eq!(error.to_string(), "the child is gone for good");
/// assert_eq!(error.into_message(), Some("a question"));
/// assert_eq!(AskError::<&str>::Timeout.into_message(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskError<M> {
    /// See [`SendError::NotRunning`].
    NotRunning(M),
    /// See [`SendError::Gone`].
    Gone(M),
    /// The request was sent, and dropped without an answer: the life that handled it ended, the
    /// child chose not to answer, or the request was left over when the child ended for good.
    NoReply,
    /// The time was up before the answer came. The child may still handle the request, unless the
    /// request was still waiting for room.
    Timeout,
}

impl<M> AskError<M> {
    /// Returns the request, if it was not sent.
    pub fn into_message(self) -> Option<M> {
        match self {
            Self::NotRunning(message) | Self::Gone(message) => Some(message),
            Self::NoReply | Self::Timeout => None,
        }
    }
}

impl<M> From<SendError<M>> for AskError<M> {
    fn from(error: SendError<M>) -> Self {
        match error {
            SendError::NotRunning(message) => Self::NotRunning(message),
            SendError::Gone(message) => Self::Gone(message),
        }
    }
}

impl<M> fmt::Debug for AskError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRunning(_) => "NotRunning(..)",
            Self::Gone(_) => "Gone(..)",
            Self::NoReply => "NoReply",
            Self::Timeout => "Timeout",
        })
    }
}

impl<M> fmt::Display for AskError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotRunning(_) => NOT_RUNNING,
            Self::Gone(_) => GONE,
            Self::NoReply => "the child dropped the request without an answer",
            Self::Timeout => "the child did not answer in time",
        })
    }
}

impl<M> Error for AskError<M> {}
