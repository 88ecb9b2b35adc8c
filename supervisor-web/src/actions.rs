//! What an operator may do to a child: `/api/actions`.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use supervisor::Supervisor;

use crate::access::{Visitor, is_from_same_origin};
use crate::json::operator_entry;
use crate::routes::Shown;

/// The time for which the answer waits for the end of an action, which goes on in any case.
const PATIENCE: Duration = Duration::from_secs(2);

/// An action of an operator, as `/api/actions` takes it: `{"action": "restart", "path": "sub/db"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Action {
    /// Stops the child and starts it again, which does not count as a restart.
    Restart,
    /// Stops the child, which stays down. Of the root, whose path is empty: stops the whole tree.
    Stop,
    /// Starts a child that is down.
    Start,
    /// Drops the child's life, an abnormal end, after which its policy decides.
    Kill,
    /// Makes the child fail with an error.
    #[cfg(feature = "test-util")]
    Fail,
}

impl Action {
    /// The words of all actions.
    pub(crate) const WORDS: &[&str] = &[
        "restart",
        "stop",
        "start",
        "kill",
        #[cfg(feature = "test-util")]
        "fail",
    ];
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Kill => "kill",
            #[cfg(feature = "test-util")]
            Self::Fail => "fail",
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    action: Action,
    path: String,
}

/// Carries out an action.
pub(crate) async fn act(
    State(shown): State<Arc<Shown>>,
    headers: HeaderMap,
    extensions: Extensions,
    body: String,
) -> Response {
    if !shown.access.has_operators() {
        return refused(StatusCode::FORBIDDEN, "this page is read-only: no operator is named");
    }
    let Visitor::Operator(name) = shown.access.visitor(&headers) else {
        return refused(StatusCode::UNAUTHORIZED, "an action needs the token of an operator");
    };
    if !is_from_same_origin(&headers) {
        return refused(StatusCode::FORBIDDEN, "the request comes from a page of another site");
    }
    // A form of another site cannot send this content type without the browser asking this server
    // first.
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/json") {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is to be application/json");
    }
    let order: Order = match serde_json::from_str(&body) {
        Ok(order) => order,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &format!("no action: {error}")),
    };
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let Order { action, path } = order;
    note(&shown, &name, peer, &path, format!("asked for: {action}"));
    // In a task of its own, since the action may end the child that serves this request.
    let supervisor = match shown.supervisor() {
        Ok(supervisor) => supervisor,
        Err(ended) => return ended.into_response(),
    };
    let carried_out = tokio::spawn(carry_out(supervisor, action, path.clone()));
    match tokio::time::timeout(PATIENCE, carried_out).await {
        Ok(Ok(Ok(()))) => (StatusCode::OK, "done\n").into_response(),
        Ok(Ok(Err(error))) => {
            note(&shown, &name, peer, &path, format!("{action} failed: {error}"));
            refused(StatusCode::CONFLICT, &error)
        }
        Ok(Err(_)) => refused(StatusCode::INTERNAL_SERVER_ERROR, "the action panicked"),
        Err(_) => (StatusCode::ACCEPTED, "it goes on\n").into_response(),
    }
}

async fn carry_out(supervisor: Supervisor, action: Action, path: String) -> Result<(), String> {
    if path.is_empty() {
        if action != Action::Stop {
            return Err(format!("the root takes no {action}: only stop"));
        }
        supervisor.request_shutdown();
        return Ok(());
    }
    let child = supervisor.lookup_any(&path).await.map_err(|error| error.to_string())?;
    let done = match action {
        Action::Restart => child.restart().await,
        Action::Stop => child.terminate().await,
        Action::Start if child.status().is_down() => child.restart().await,
        Action::Start => return Err(format!("`{}` is not down", child.path())),
        Action::Kill => child.kill().await,
        #[cfg(feature = "test-util")]
        Action::Fail => {
            return supervisor::testing::fail(&supervisor, &path, "made to fail by an operator")
                .await
                .map_err(|error| error.to_string());
        }
    };
    done.map_err(|error| error.to_string())
}

/// Records an operator's action in the log and in the time line.
fn note(shown: &Shown, name: &str, peer: Option<SocketAddr>, path: &str, text: String) {
    let from = peer.map_or_else(|| "an unknown address".to_owned(), |peer| peer.to_string());
    tracing::warn!(
        target: "supervisor_web",
        operator = name.escape_debug().to_string(),
        from,
        path = path.escape_debug().to_string(),
        "an operator has {text}"
    );
    shown.feed.push(operator_entry(name, path, text));
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, format!("{why}\n")).into_response()
}
