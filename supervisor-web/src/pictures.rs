//! The state of a tree at one moment: `/api/tree` and `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::json::TreeJson;
use crate::metrics;
use crate::routes::{Ended, Shown};

/// The age up to which the last snapshot is sent to another reader, too.
const FRESH: Duration = Duration::from_millis(250);

/// The last snapshot of the tree as JSON, which all readers share. A request that comes while it is
/// made waits for it.
#[derive(Debug, Default)]
pub(crate) struct LastTree(Mutex<Option<(Instant, Arc<str>)>>);

/// Answers with the whole tree as JSON.
pub(crate) async fn tree(State(shown): State<Arc<Shown>>) -> Result<Response, Ended> {
    let mut last = shown.last_tree.0.lock().await;
    let json = match &*last {
        Some((at, json)) if at.elapsed() < FRESH => Arc::clone(json),
        _ => {
            let supervisor = shown.supervisor()?;
            let snapshot = supervisor.snapshot().await.map_err(Ended)?;
            let health = supervisor.health().await;
            let tree = TreeJson::new(&snapshot, &health, shown.feed.boot(), shown.actions);
            let json: Arc<str> = serde_json::to_string(&tree).unwrap_or_default().into();
            *last = Some((Instant::now(), Arc::clone(&json)));
            json
        }
    };
    drop(last);
    Ok(([(CONTENT_TYPE, "application/json")], json.to_string()).into_response())
}

/// Answers with the metrics.
pub(crate) async fn metrics(State(shown): State<Arc<Shown>>) -> Result<Response, Ended> {
    let supervisor = shown.supervisor()?;
    let text = metrics::of(&supervisor).await;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
