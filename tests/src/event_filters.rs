//! Predicates for the events of a tree that a test waits for.

use supervisor::events::{Event, EventKind, Events};

/// Matches the start of a life of this child: its first life, or one that a user's call started.
pub fn started(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildStarted { .. }))
}

/// Matches a restart of this child.
pub fn restarted(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildRestarted { .. }))
}

/// Matches the end of a life of this child.
pub fn terminated(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildTerminated { .. }))
}

/// Matches the beginning of a backoff of this child.
pub fn delayed(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::RestartDelayed { .. }))
}

/// Matches a failed start of this child.
pub fn start_failed(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildStartFailed { .. }))
}

/// Matches the end of this supervisor.
pub fn supervisor_terminated(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::SupervisorTerminated { .. }))
}

/// Matches an event about this child or supervisor whose kind fits.
pub fn about(path: &str, fits: impl Fn(&EventKind) -> bool) -> impl Fn(&Event) -> bool {
    move |event| *event.path() == path && fits(event.kind())
}

/// Takes the events that have been published so far, as text.
pub fn printed(events: &mut Events) -> Vec<String> {
    std::iter::from_fn(|| events.try_next()).map(|event| event.to_string()).collect()
}
