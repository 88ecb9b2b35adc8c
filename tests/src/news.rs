//! What a test waits for among the events of a tree.

use supervisor::events::{Event, EventKind, Events};

/// A life of this child has begun, the first or one that its user asked for.
pub fn started(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildStarted { .. }))
}

/// This child was restarted.
pub fn restarted(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildRestarted { .. }))
}

/// A life of this child has ended.
pub fn terminated(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildTerminated { .. }))
}

/// A restart of this child is pending.
pub fn delayed(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::RestartDelayed { .. }))
}

/// A start of this child has failed.
pub fn start_failed(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::ChildStartFailed { .. }))
}

/// This supervisor has ended.
pub fn supervisor_terminated(path: &str) -> impl Fn(&Event) -> bool {
    about(path, |kind| matches!(kind, EventKind::SupervisorTerminated { .. }))
}

/// An event of this kind about this child or supervisor.
pub fn about(path: &str, fits: impl Fn(&EventKind) -> bool) -> impl Fn(&Event) -> bool {
    move |event| *event.path() == path && fits(event.kind())
}

/// The events that are there, as text.
pub fn printed(events: &mut Events) -> Vec<String> {
    std::iter::from_fn(|| events.try_next()).map(|event| event.to_string()).collect()
}
