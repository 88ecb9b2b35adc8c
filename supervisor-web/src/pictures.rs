//! The pictures of a tree: `/api/tree` and `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use supervisor::info::Snapshot;
use supervisor::{Supervisor, SupervisorError};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::json::TreeJson;
use crate::metrics;
use crate::routes::Shown;

/// The age up to which a picture is given to another reader, too.
const FRESH: Duration = Duration::from_millis(250);

/// The last picture of the tree, which all readers share. Who asks while it is made waits for it.
#[derive(Debug, Default)]
pub(crate) struct LastTree(Mutex<Option<(Instant, Arc<str>)>>);

/// Answers with the whole tree as JSON.
pub(crate) async fn tree(State(shown): State<Arc<Shown>>) -> Response {
    let mut last = shown.last_tree.0.lock().await;
    let json = match &*last {
        Some((at, json)) if at.elapsed() < FRESH => Arc::clone(json),
        _ => {
            let json: Arc<str> = match whole(&shown.supervisor).await {
                Ok(snapshot) => {
                    let health = shown.supervisor.health().await;
                    let tree = TreeJson::new(&snapshot, &health, shown.feed.boot(), shown.actions);
                    serde_json::to_string(&tree).unwrap_or_default().into()
                }
                Err(error) => return ended(&error),
            };
            *last = Some((Instant::now(), Arc::clone(&json)));
            json
        }
    };
    drop(last);
    ([(CONTENT_TYPE, "application/json")], json.to_string()).into_response()
}

/// Answers with the metrics.
pub(crate) async fn metrics(State(shown): State<Arc<Shown>>) -> Response {
    let snapshot = match whole(&shown.supervisor).await {
        Ok(snapshot) => snapshot,
        Err(error) => return ended(&error),
    };
    let health = shown.supervisor.health().await;
    let text = metrics::render(&snapshot, &health);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn whole(supervisor: &Supervisor) -> Result<Snapshot, SupervisorError> {
    supervisor.snapshot().await
}

fn ended(error: &SupervisorError) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response()
}
