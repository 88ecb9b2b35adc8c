//! Which options there are, and where each may stand.

use crate::words;

/// An option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    MaxRestarts,
    RestartWindow,
    AutoShutdown,
    MaxChildren,
    Partitions,
    KillGrace,
    ShutdownWithin,
    Restart,
    Shutdown,
    Backoff,
    Start,
    StartTimeout,
    Significant,
    Heartbeat,
    Every,
    Message,
    Mailbox,
    Once,
    Crate,
}

/// Where options stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// On the supervisor at the top of a tree.
    Root {
        /// Whether it is `simple_one_for_one`.
        pool: bool,
    },
    /// On a supervisor inside a tree.
    Nested {
        /// Whether it is `simple_one_for_one`.
        pool: bool,
    },
    /// On a task in a tree.
    Task,
    /// On a child with a type in a tree.
    Typed,
    /// In `#[child(…)]`.
    Derive,
}

impl Key {
    const ALL: [Self; 19] = [
        Self::MaxRestarts,
        Self::RestartWindow,
        Self::AutoShutdown,
        Self::MaxChildren,
        Self::Partitions,
        Self::KillGrace,
        Self::ShutdownWithin,
        Self::Restart,
        Self::Shutdown,
        Self::Backoff,
        Self::Start,
        Self::StartTimeout,
        Self::Significant,
        Self::Heartbeat,
        Self::Every,
        Self::Message,
        Self::Mailbox,
        Self::Once,
        Self::Crate,
    ];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == text)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::MaxRestarts => "max_restarts",
            Self::RestartWindow => "restart_window",
            Self::AutoShutdown => "auto_shutdown",
            Self::MaxChildren => "max_children",
            Self::Partitions => "partitions",
            Self::KillGrace => "kill_grace",
            Self::ShutdownWithin => "shutdown_within",
            Self::Restart => "restart",
            Self::Shutdown => "shutdown",
            Self::Backoff => "backoff",
            Self::Start => "start",
            Self::StartTimeout => "start_timeout",
            Self::Significant => "significant",
            Self::Heartbeat => "heartbeat",
            Self::Every => "every",
            Self::Message => "message",
            Self::Mailbox => "mailbox",
            Self::Once => "once",
            Self::Crate => "crate",
        }
    }

    pub(crate) fn is_allowed(self, place: Place) -> bool {
        match self {
            Self::MaxRestarts | Self::RestartWindow | Self::AutoShutdown | Self::KillGrace => {
                matches!(place, Place::Root { .. } | Place::Nested { .. })
            }
            Self::MaxChildren | Self::Partitions => {
                matches!(place, Place::Root { pool: true } | Place::Nested { pool: true })
            }
            Self::ShutdownWithin => matches!(place, Place::Root { .. }),
            // In the tree, a child's policy is the word after its colon.
            Self::Restart => matches!(place, Place::Nested { .. } | Place::Derive),
            Self::Shutdown | Self::Backoff | Self::Significant => {
                !matches!(place, Place::Root { .. })
            }
            Self::Start | Self::StartTimeout | Self::Heartbeat => {
                matches!(place, Place::Task | Place::Typed | Place::Derive)
            }
            // A type does what its `run` says.
            Self::Every => place == Place::Task,
            Self::Message | Self::Mailbox | Self::Once | Self::Crate => place == Place::Derive,
        }
    }

    /// Where the option belongs, for one that stands elsewhere.
    pub(crate) fn home(self) -> &'static str {
        match self {
            Self::MaxRestarts | Self::RestartWindow | Self::AutoShutdown | Self::KillGrace => {
                "on a supervisor"
            }
            Self::MaxChildren | Self::Partitions => "on a `simple_one_for_one` supervisor",
            Self::ShutdownWithin => "on the root of the tree",
            Self::Restart => "on a nested supervisor or in `#[child(…)]`",
            Self::Shutdown | Self::Backoff | Self::Significant => "on a child",
            Self::Start | Self::StartTimeout | Self::Heartbeat => {
                "on a task or a child with a type"
            }
            Self::Every => "on a task: it is how often its function is called",
            Self::Message | Self::Mailbox | Self::Once | Self::Crate => {
                "in `#[child(…)]`, on the child's type"
            }
        }
    }

    /// The options that may stand here, for a message.
    pub(crate) fn list(place: Place) -> String {
        words::list(Self::allowed(place).map(Self::as_str))
    }

    /// The option that may stand here and was probably meant.
    pub(crate) fn nearest(text: &str, place: Place) -> Option<Self> {
        // OTP's and Elixir's words, which no edit distance would find.
        let translated = match text {
            "intensity" => Some(Self::MaxRestarts),
            "period" if place == Place::Task => Some(Self::Every),
            "period" | "max_seconds" | "within" => Some(Self::RestartWindow),
            "timeout" if place != (Place::Root { pool: false }) => Some(Self::Shutdown),
            "buffer" | "capacity" => Some(Self::Mailbox),
            "msg" => Some(Self::Message),
            "policy" => Some(Self::Restart),
            "interval" | "repeat" => Some(Self::Every),
            _ => None,
        };
        translated.filter(|key| key.is_allowed(place)).or_else(|| {
            words::nearest(text, Self::allowed(place).map(Self::as_str)).and_then(Self::parse)
        })
    }

    fn allowed(place: Place) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |key| key.is_allowed(place))
    }
}
