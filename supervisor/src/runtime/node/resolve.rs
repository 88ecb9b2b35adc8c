//! Resolves a child's options: fills in the defaults, which depend on the child's kind.

use super::Body;
use crate::engine::{ChildRules, StartRule};
use crate::spec::{ChildKind, ChildOptions, Shutdown, StartMode};

/// Fills in the defaults of a child's options.
pub(crate) fn resolve(options: &ChildOptions, body: &Body) -> ChildRules {
    let kind = match body {
        Body::Task { .. } => ChildKind::Worker,
        Body::Supervisor { .. } => ChildKind::Supervisor,
    };
    resolve_kind(options, kind)
}

/// Fills in the defaults of the options of a child of this kind.
pub(crate) fn resolve_kind(options: &ChildOptions, kind: ChildKind) -> ChildRules {
    let (shutdown, start) = match kind {
        ChildKind::Worker => {
            let start = match options.start() {
                StartMode::Spawned => StartRule::Spawned,
                StartMode::Notify => StartRule::Ready(Some(options.start_timeout())),
            };
            (Shutdown::WORKER, start)
        }
        ChildKind::Supervisor => (Shutdown::SUPERVISOR, StartRule::Ready(None)),
    };
    ChildRules {
        kind,
        restart: options.restart_policy(),
        shutdown: options.shutdown().unwrap_or(shutdown),
        backoff: options.backoff(),
        start,
        significant: options.is_significant(),
        heartbeat: options.heartbeat(),
    }
}
