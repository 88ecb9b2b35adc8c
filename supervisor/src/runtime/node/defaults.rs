//! What holds for a child where nothing is said.

use crate::engine::{ChildRules, StartRule};
use crate::runtime::Body;
use crate::spec::{ChildKind, ChildOptions, Shutdown, StartMode};

/// A child's options with its defaults filled in, which depend on what it is.
pub(crate) fn rules_of(options: &ChildOptions, body: &Body) -> ChildRules {
    let kind = match body {
        Body::Task { .. } => ChildKind::Worker,
        Body::Supervisor { .. } => ChildKind::Supervisor,
    };
    rules_of_kind(options, kind)
}

pub(crate) fn rules_of_kind(options: &ChildOptions, kind: ChildKind) -> ChildRules {
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
