//! The words that are values, a module for each option that has some.

/// Marks a value that only the running program knows, as in `max_children = runtime(config.max)`.
pub fn runtime<T>(value: T) -> T {
    value
}

/// Declares a module for each option whose value may be `runtime(…)`, with its words.
macro_rules! values {
    ($($option:ident: $ty:ty { $($(#[$docs:meta])+ $word:ident = $value:ident;)* })+) => {
        $(
            #[doc = concat!("The words of `", stringify!($option), "`.")]
            pub mod $option {
                #[allow(unused_imports, reason = "the value may be known to the program only")]
                pub use super::runtime;
                $($(#[$docs])+ pub const $word: $ty = <$ty>::$value;)*
            }
        )+
    };
}

values! {
    max_restarts: crate::MaxRestarts {
        /// Any number of restarts: the supervisor never gives up. Its children need a `backoff`.
        unlimited = Unlimited;
    }
    shutdown: crate::Shutdown {
        /// The child is aborted without being asked.
        brutal_kill = BrutalKill;
        /// The child is asked, and waited for without a limit.
        infinity = Infinity;
    }
    restart_window: () {}
    lease: () {}
    shards: () {}
    ttl: () {}
    renew: () {}
    max_children: () {}
    partitions: () {}
    kill_grace: () {}
    shutdown_within: () {}
    drain: () {}
    backoff: () {}
    start_timeout: () {}
    heartbeat: () {}
    every: () {}
    mailbox: () {}
    histograms: () {}
}

/// Declares a module for each option whose value is one of a few words.
macro_rules! words {
    ($($option:ident: $ty:ty { $($(#[$docs:meta])+ $word:ident = $value:ident;)+ })+) => {
        $(
            #[doc = concat!("The words of `", stringify!($option), "`.")]
            pub mod $option {
                $($(#[$docs])+ pub const $word: $ty = <$ty>::$value;)+
            }
        )+
    };
}

words! {
    auto_shutdown: crate::AutoShutdown {
        /// The supervisor does not end by itself.
        never = Never;
        /// The supervisor ends when the first significant child has ended.
        any_significant = AnySignificant;
        /// The supervisor ends when the last significant child has ended.
        all_significant = AllSignificant;
    }
    order: crate::Order {
        /// The children start one after the other, as they are declared, and stop in reverse.
        declaration = Declaration;
        /// A child waits only for the siblings that it uses.
        by_use = ByUse;
    }
    start: crate::StartMode {
        /// The child is up when it has called `Context::ready`, and its next sibling waits for that.
        notify = Notify;
        /// Nobody waits for the child, and a failed start is tried again, as often as it takes.
        retry = Retry;
    }
    health: crate::spec::HealthPart {
        /// The tree is not ready while the child is not well.
        required = Required;
        /// The tree is degraded, and still ready, while the child is not well.
        degrades = Degrades;
        /// The child does not count.
        ignored = Ignored;
    }
}

/// The words of `overrun`.
pub mod overrun {
    /// The process ends before the lease does.
    pub const abort: () = ();
    /// The process goes on: two replicas may run the child at once.
    pub const report: () = ();
}

/// The policies.
pub mod restart {
    pub use crate::RestartPolicy::*;
}

/// `significant` is a flag.
pub mod significant {}
/// `after` is a list of siblings.
pub mod after {}
/// `once` is a flag.
pub mod once {}
