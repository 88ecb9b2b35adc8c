//! The probes: `/livez` and `/readyz`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use supervisor::health::Health;

use crate::access::Visitor;
use crate::json::HealthJson;
use crate::routes::{Ended, Shown};

/// Answers whether the tree is live.
pub(crate) async fn live(
    State(shown): State<Arc<Shown>>,
    headers: HeaderMap,
) -> Result<Response, Ended> {
    let health = shown.supervisor()?.health().await;
    Ok(answer(&shown, &headers, health.live, &health))
}

/// Answers whether the tree is ready.
pub(crate) async fn ready(
    State(shown): State<Arc<Shown>>,
    headers: HeaderMap,
) -> Result<Response, Ended> {
    let health = shown.supervisor()?.health().await;
    Ok(answer(&shown, &headers, health.ready, &health))
}

fn answer(shown: &Shown, headers: &HeaderMap, is_well: bool, health: &Health) -> Response {
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // The reasons contain names of children and texts of the program, so they need the right to read.
    if !shown.tells_reasons || shown.access.visitor(headers) == Visitor::Unknown {
        let word = if is_well { "ok\n" } else { "not ok\n" };
        return (status, word).into_response();
    }
    if accepts_json(headers) {
        let json = serde_json::to_string(&HealthJson::from(health)).unwrap_or_default();
        return (status, [(CONTENT_TYPE, "application/json")], json).into_response();
    }
    (status, format!("{health}\n")).into_response()
}

fn accepts_json(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = values.flat_map(|value| value.split(','));
    kinds.any(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json")
}
