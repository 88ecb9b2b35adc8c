//! Plain data about trees: options, names, states, exits, and the rules that hold for them.
//!
//! All of it uses std alone, and every function that checks a declared tree is `const`.

mod budget;
mod child_name;
mod descriptor;
mod escaped;
mod exit;
mod health;
mod name;
mod option_layers;
mod options;
mod order;
mod path;
mod restart;
pub(crate) mod rules;
mod short_text;
mod shutdown;
mod state;
mod strategy;
mod supervisor_options;
mod time_histogram;

pub(crate) use self::budget::Budget;
pub use self::child_name::ChildName;
#[cfg(feature = "lease")]
pub(crate) use self::descriptor::{BALANCER, KEEPER, LEADER};
pub(crate) use self::descriptor::{BUILT_BY_HAND, Part, Unbounded, Why};
pub use self::descriptor::{LeaseOptions, TreeDescriptor};
pub(crate) use self::escaped::Escaped;
#[cfg(all(unix, feature = "process"))]
pub(crate) use self::exit::BadStatus;
pub use self::exit::{
    ChildError, ChildResult, Escalate, Escalation, ExitReason, Failure, WithExitCode,
};
pub(crate) use self::exit::{Plainness, Rendering};
pub use self::health::HealthPart;
pub(crate) use self::health::OwnWord;
pub(crate) use self::name::Name;
pub(crate) use self::option_layers::OptionLayers;
pub(crate) use self::options::written;
pub use self::options::{ChildOptions, StartMode};
pub use self::order::Order;
pub use self::path::ChildPath;
pub use self::restart::{Backoff, MaxRestarts, RestartPolicy};
pub use self::shutdown::Shutdown;
pub use self::state::{ChildKind, ChildState};
pub use self::strategy::{AutoShutdown, SupervisionStrategy};
pub use self::supervisor_options::SupervisorOptions;
pub(crate) use self::supervisor_options::UnknownOptions;
pub use self::time_histogram::{MessageTimes, TimeHistogram};
