//! The table of options.
//!
//! A new option is one row of the table. rustc demands a reader for a new kind of value
//! (`setting.rs`), and the tests in `tests/option_table.rs` demand the option's methods in the
//! library, its line in what the library prints and returns, and its documentation.

use crate::words::{self, elsewhere};

/// Declares the enum of options, the list of all options, and the row of each.
macro_rules! options {
    ($($key:ident = $word:literal, $home:ident, $target:ident, $value:ident, $example:literal;)+) => {
        /// An option.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Key {
            $($key,)+
        }

        impl Key {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$key,)+];

            fn row(self) -> Row {
                match self {
                    $(Self::$key => Row {
                        word: $word,
                        home: Home::$home,
                        target: Target::$target,
                        value: ValueKind::$value,
                        example: $example,
                    },)+
                }
            }
        }
    };
}

options! {
    // option          word               home           target      value         example
    MaxRestarts     = "max_restarts",    Everywhere,    ByPlace,    Limit,        "5";
    RestartWindow   = "restart_window",  Supervisor,    Supervisor, NonzeroTime,  "60s";
    AutoShutdown    = "auto_shutdown",   Supervisor,    Supervisor, AutoShutdown, "any_significant";
    Order           = "order",           Ordered,       Supervisor, Order,        "by_use";
    MaxChildren     = "max_children",    Supervisor,    Builder,    NonzeroCount, "100";
    Partitions      = "partitions",      Pool,          Constant,   NonzeroCount, "8";
    KillGrace       = "kill_grace",      Supervisor,    Supervisor,   Time,         "1s";
    ShutdownWithin  = "shutdown_within", Root,          Expansion,  NonzeroTime,  "30s";
    Drain           = "drain",           RootOrTyped,   ByPlace,    Drain,        "5s";
    Restart         = "restart",         NestedOrType,  Child,      Policy,       "Transient";
    Shutdown        = "shutdown",        Child,         Child,      Shutdown,     "5s";
    Backoff         = "backoff",         Child,         Child,      Backoff,      "100ms..30s";
    Start           = "start",           Child,         Child,      StartMode,    "notify";
    StartTimeout    = "start_timeout",   Worker,        Child,      NonzeroTime,  "30s";
    Significant     = "significant",     Child,         Child,      Switch,       "true";
    Lease           = "lease",           Leased,        Expansion,  Text,         "\"billing\"";
    Shards          = "shards",          Leased,        Expansion,  NonzeroCount, "64";
    Ttl             = "ttl",             Leased,        Expansion,  NonzeroTime,  "30s";
    Renew           = "renew",           Leased,        Expansion,  NonzeroTime,  "5s";
    Overrun         = "overrun",         Leased,        Expansion,  Overrun,      "report";
    After           = "after",           Sibling,       Expansion,  Names,        "[db]";
    Heartbeat       = "heartbeat",       Worker,        Child,      NonzeroTime,  "10s";
    Health          = "health",          Child,         Child,      Health,       "degrades";
    Every           = "every",           Task,          Expansion,  NonzeroTime,  "30s";
    Message         = "message",         Type,          Expansion,  Type,         "Query";
    Mailbox         = "mailbox",         Typed,         Child,      NonzeroCount, "64";
    Histograms      = "histograms",      Typed,         Child,      Switch,       "true";
    Once            = "once",            Type,          Expansion,  Flag,         "true";
    Crate           = "crate",           Type,          Expansion,  Path,         "::supervisor";
}

/// A row of the table.
struct Row {
    word: &'static str,
    home: Home,
    target: Target,
    value: ValueKind,
    example: &'static str,
}

/// The places where an option has a meaning.
#[derive(Clone, Copy)]
enum Home {
    Supervisor,
    /// A supervisor, whose limit it is, or another child, which has it alone.
    Everywhere,
    /// A supervisor that is not `simple_one_for_one`.
    Ordered,
    /// A `simple_one_for_one` supervisor.
    Pool,
    Root,
    /// The root, or a child with messages: a type that derives `Child`, or a child with a type.
    RootOrTyped,
    /// A nested supervisor or a type: a child's policy is the word after its colon in the tree.
    NestedOrType,
    /// A nested supervisor that is not `simple_one_for_one`: its children may need a lease.
    Leased,
    /// Every place but the root, which is not a child.
    Child,
    /// A child in a tree.
    Sibling,
    /// A child that is not a supervisor.
    Worker,
    Task,
    /// A type that derives `Child`, or a child with a type.
    Typed,
    /// A type that derives `Child`.
    Type,
}

/// The receiver of an option's value in an expansion.
#[derive(Clone, Copy)]
enum Target {
    /// A supervisor's builder, and its constant.
    Supervisor,
    /// A supervisor's builder alone: no check of constants needs the value.
    Builder,
    /// A supervisor's constant alone: the builder takes the value as an argument of its last call.
    Constant,
    /// A child's spec, and its constant.
    Child,
    /// The receivers of a supervisor's options on a supervisor, and those of a child's elsewhere.
    ByPlace,
    /// No method: the expansion reads the value itself.
    Expansion,
}

/// A part of an expansion that has a method `with_<word>` for each of its options.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// The builder of a supervisor.
    Builder,
    /// The options of a supervisor in a constant.
    Constant,
    /// The spec of a child, or its options in a constant.
    Child,
}

/// The syntax of an option's value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// A whole number, or `unlimited`.
    Limit,
    /// A whole number above zero.
    NonzeroCount,
    Time,
    NonzeroTime,
    AutoShutdown,
    Order,
    /// A list of siblings.
    Names,
    Policy,
    Shutdown,
    Backoff,
    StartMode,
    Health,
    Overrun,
    /// A duration on a root, a switch on a child.
    Drain,
    /// A flag that may have `true` or `false` as its value.
    Switch,
    /// A flag without a value.
    Flag,
    Type,
    Path,
    /// A string.
    Text,
}

/// A place where options are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// On the supervisor at the top of a tree.
    Root {
        /// Set if the supervisor is `simple_one_for_one`.
        pool: bool,
    },
    /// On a supervisor inside a tree.
    Nested {
        /// Set if the supervisor is `simple_one_for_one`.
        pool: bool,
    },
    /// On a task in a tree.
    Task,
    /// On a child with a type in a tree.
    Typed,
    /// In `#[child(…)]`.
    Derive,
}

impl Place {
    fn is_supervisor(self) -> bool {
        matches!(self, Self::Root { .. } | Self::Nested { .. })
    }
}

impl Home {
    /// Returns whether options of this home may stand at a place.
    fn allows(self, place: Place) -> bool {
        match self {
            Self::Supervisor => place.is_supervisor(),
            Self::Everywhere => true,
            Self::Ordered => {
                matches!(place, Place::Root { pool: false } | Place::Nested { pool: false })
            }
            Self::Sibling => matches!(place, Place::Nested { .. } | Place::Task | Place::Typed),
            Self::Pool => {
                matches!(place, Place::Root { pool: true } | Place::Nested { pool: true })
            }
            Self::Root => matches!(place, Place::Root { .. }),
            Self::RootOrTyped => {
                matches!(place, Place::Root { .. } | Place::Typed | Place::Derive)
            }
            Self::NestedOrType => matches!(place, Place::Nested { .. } | Place::Derive),
            Self::Leased => place == Place::Nested { pool: false },
            Self::Child => !matches!(place, Place::Root { .. }),
            Self::Worker => matches!(place, Place::Task | Place::Typed | Place::Derive),
            Self::Task => place == Place::Task,
            Self::Typed => matches!(place, Place::Typed | Place::Derive),
            Self::Type => place == Place::Derive,
        }
    }

    /// Returns the words for this home in a message.
    fn as_str(self) -> &'static str {
        match self {
            Self::Supervisor => "on a supervisor",
            Self::Everywhere => "on a supervisor or a child",
            Self::Ordered => "on a supervisor that is no pool: the workers of a pool stop together",
            Self::Sibling => "on a child in a tree",
            Self::Pool => "on a `simple_one_for_one` supervisor",
            Self::Root => "on the root of the tree",
            Self::RootOrTyped => {
                "on the root of the tree, or on a child with a type or in `#[child(…)]`"
            }
            Self::NestedOrType => "on a nested supervisor or in `#[child(…)]`",
            Self::Leased => "on a nested supervisor that is no pool",
            Self::Child => "on a child",
            Self::Worker => "on a task or a child with a type",
            Self::Task => "on a task: it is how often its function is called",
            Self::Typed => "on a child with a type or in `#[child(…)]`",
            Self::Type => "in `#[child(…)]`, on the child's type",
        }
    }
}

impl Key {
    /// Returns the option of this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.as_str() == text)
    }

    /// Returns the option's name in the tree language.
    pub(crate) fn as_str(self) -> &'static str {
        self.row().word
    }

    /// Returns the syntax of the option's value.
    pub(crate) fn value(self) -> ValueKind {
        self.row().value
    }

    /// Returns an example of the option's value, for a message.
    pub(crate) fn example(self) -> &'static str {
        self.row().example
    }

    /// Returns whether the option may stand at a place.
    pub(crate) fn is_allowed(self, place: Place) -> bool {
        self.row().home.allows(place)
    }

    /// Returns the words for the option's home, for a message about one that stands elsewhere.
    pub(crate) fn home(self) -> &'static str {
        self.row().home.as_str()
    }

    /// Returns whether an expansion passes the option, at this place, to a method of this receiver.
    pub(crate) fn is_passed_to(self, receiver: Receiver, place: Place) -> bool {
        match self.row().target {
            Target::ByPlace if place.is_supervisor() => {
                matches!(receiver, Receiver::Builder | Receiver::Constant)
            }
            Target::Supervisor => matches!(receiver, Receiver::Builder | Receiver::Constant),
            Target::Builder => receiver == Receiver::Builder,
            Target::Constant => receiver == Receiver::Constant,
            Target::Child | Target::ByPlace => receiver == Receiver::Child,
            Target::Expansion => false,
        }
    }

    /// Returns the name of the library's method that sets the option.
    pub(crate) fn method(self) -> String {
        match self {
            Self::Restart => "with_restart_policy".to_owned(),
            _ => format!("with_{}", self.as_str()),
        }
    }

    /// Lists the options that may stand at a place, for a message.
    pub(crate) fn list(place: Place) -> String {
        words::list(&Self::allowed(place))
    }

    /// Returns the option that may stand at a place and was probably meant.
    pub(crate) fn nearest(text: &str, place: Place) -> Option<Self> {
        elsewhere::options(text)
            .find(|key| key.is_allowed(place))
            .or_else(|| words::nearest(text, &Self::allowed(place)).and_then(Self::parse))
    }

    /// Returns the words of the options that may stand at a place.
    fn allowed(place: Place) -> Vec<&'static str> {
        Self::ALL.iter().filter(|key| key.is_allowed(place)).map(|key| key.as_str()).collect()
    }
}
