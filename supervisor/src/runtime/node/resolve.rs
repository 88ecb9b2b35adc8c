//! Resolves a child's options: fills in the defaults, which depend on the child's kind.

use super::Body;
use crate::engine::{ChildRules, StartRule};
use crate::spec::{
    Backoff, ChildKind, ChildOptions, HealthPart, RestartPolicy, Shutdown, StartMode,
};

/// Fills in the defaults of a child's options.
pub(crate) fn resolve(options: &ChildOptions, body: &Body) -> ChildRules {
    let kind = match body {
        Body::Task { .. } => ChildKind::Worker,
        Body::Supervisor { .. } => ChildKind::Supervisor,
    };
    ChildRules { gated: body.is_gated(), ..resolve_kind(options, kind) }
}

/// Fills in the defaults of the options of a pool's workers of this kind: they come and go.
pub(crate) fn resolve_template(options: &ChildOptions, kind: ChildKind) -> ChildRules {
    let rules = resolve_kind(options, kind);
    ChildRules { health: options.health().unwrap_or(HealthPart::Ignored), ..rules }
}

/// Fills in the defaults of the options of a child of this kind.
fn resolve_kind(options: &ChildOptions, kind: ChildKind) -> ChildRules {
    let (shutdown, start) = match kind {
        ChildKind::Worker => {
            let limit = Some(options.start_timeout());
            let start = match options.start() {
                StartMode::Spawned => StartRule::Spawned,
                StartMode::Notify => StartRule::Ready(limit),
                StartMode::Retry => StartRule::Retry(limit),
            };
            (Shutdown::WORKER, start)
        }
        ChildKind::Supervisor => {
            let retries = options.start() == StartMode::Retry;
            let start = if retries { StartRule::Retry(None) } else { StartRule::Ready(None) };
            (Shutdown::SUPERVISOR, start)
        }
    };
    let retries = matches!(start, StartRule::Retry(_));
    let health = match options.restart_policy() {
        RestartPolicy::Always | RestartPolicy::Transient => HealthPart::Required,
        RestartPolicy::Temporary => HealthPart::Ignored,
    };
    ChildRules {
        kind,
        restart: options.restart_policy(),
        shutdown: options.shutdown().unwrap_or(shutdown),
        backoff: options.backoff().or(retries.then_some(Backoff::RETRY)),
        max_restarts: options.max_restarts(),
        start,
        significant: options.is_significant(),
        drain: options.is_drained(),
        heartbeat: options.heartbeat(),
        health: options.health().unwrap_or(health),
        gated: false,
    }
}
