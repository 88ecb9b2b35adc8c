//! The engine, driven event by event, one fact per test.
//!
//! [`World`](world::World) plays the driver and checks [`invariants`] after every event.

#![allow(
    clippy::needless_pass_by_value,
    clippy::match_same_arms,
    clippy::unchecked_time_subtraction,
    reason = "a fact is stated in as few words as it takes"
)]

mod agreement;
mod attempts;
mod backoff;
mod by_use;
mod closing;
mod commands;
mod deferred;
mod driven;
#[cfg(feature = "lease")]
mod gate;
mod heartbeat;
mod intensity;
pub(super) mod invariants;
mod kill;
mod otp;
mod pool;
mod restarts;
mod scale;
mod significant;
mod starting;
mod steps;
mod stopping;
mod storm;
mod world;
mod zombies;

use std::sync::Arc;
use std::time::Duration;

use super::{
    Addition, BURST, ChildRules, Event, Exit, Order, Refusal, Shown, StartRule, Subject,
    SupervisorRules, Verb,
};
use crate::spec::{
    AutoShutdown, Backoff, ChildKind, ChildState, ExitReason, Failure, HealthPart, MaxRestarts,
    RestartPolicy, Shutdown, SupervisionStrategy,
};

use self::world::World;

/// The smallest difference between two instants.
const MOMENT: Duration = Duration::from_nanos(1);

/// Returns the rules of a supervisor with the defaults.
fn supervisor(strategy: SupervisionStrategy) -> SupervisorRules {
    SupervisorRules {
        strategy,
        order: crate::spec::Order::Declaration,
        max_restarts: MaxRestarts::AtMost(3),
        restart_window: secs(5),
        auto_shutdown: AutoShutdown::Never,
        max_children: None,
        kill_grace: secs(1),
        template: None,
    }
}

/// Returns the rules of a worker with the defaults.
fn worker(restart: RestartPolicy) -> ChildRules {
    ChildRules {
        kind: ChildKind::Worker,
        restart,
        shutdown: Shutdown::WORKER,
        backoff: None,
        max_restarts: None,
        start: StartRule::Spawned,
        significant: false,
        drain: false,
        heartbeat: None,
        health: HealthPart::Required,
        gated: false,
    }
}

/// Returns the rules of a worker that reports when it is up.
fn notifying(restart: RestartPolicy) -> ChildRules {
    ChildRules { start: StartRule::Ready(Some(secs(30))), ..worker(restart) }
}

/// Returns the rules of a worker that is tried again until it is up, with a backoff of a second.
fn retrying(restart: RestartPolicy) -> ChildRules {
    let backoff = Some(Backoff::constant(secs(1)));
    ChildRules { start: StartRule::Retry(Some(secs(30))), backoff, ..worker(restart) }
}

fn panicked() -> ExitReason {
    ExitReason::Panic(Failure::of_panic("boom".to_owned(), None))
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Returns the longest duration that is shorter than `time`.
fn almost(time: Duration) -> Duration {
    time.saturating_sub(MOMENT)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Returns a configuration with this many random runs, or as many as `PROPTEST_CASES` asks for.
fn runs(cases: u32) -> proptest::prelude::ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    proptest::prelude::ProptestConfig {
        cases: wanted.unwrap_or(cases),
        max_local_rejects: u32::MAX,
        failure_persistence: None,
        ..Default::default()
    }
}
