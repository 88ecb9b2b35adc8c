//! The routes of a tree, as a router of axum's.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use supervisor::{Supervisor, SupervisorError, WeakSupervisor};
use tokio::sync::watch;

use crate::access::{Access, AccessError, Visitor, is_to_loopback};
use crate::actions::{self, Action};
use crate::events;
use crate::feed::Feed;
use crate::page;
use crate::pictures::{self, LastTree};
use crate::probes;

/// The longest body of a request, in bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// Makes the routes of a tree, for a router to nest: everybody who reaches the router may read.
///
/// The router keeps nothing alive: once the last handle of the tree is dropped, it answers that the
/// tree has ended. A child gives it the root of its own tree, by
/// [`Context::root`](supervisor::Context::root).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
///
/// let supervisor = Supervisor::new().build();
/// supervisor.start().await?;
/// let router: axum::Router = axum::Router::new()
///     // the routes of the service
///     .nest("/admin", supervisor_web::router(&supervisor));
/// # drop(router);
/// # Ok(())
/// # }
/// ```
///
/// [`Routes`] has tokens and operators.
pub fn router(supervisor: &Supervisor) -> Router {
    Routes::of(supervisor).build()
}

/// A builder of the routes of a tree, with the tokens that give access to them.
#[derive(Clone, Debug)]
#[must_use = "nothing is made until `router` is called"]
pub struct Routes {
    supervisor: WeakSupervisor,
    access: Access,
    feed: Arc<Feed>,
    closing: Closing,
    loopback_only: bool,
}

/// The signal that the server is to stop, which ends the event streams: they would hold up the stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closing(pub(crate) Option<watch::Receiver<bool>>);

/// The state that the handlers share.
#[derive(Debug)]
pub(crate) struct Shown {
    supervisor: WeakSupervisor,
    pub(crate) access: Access,
    pub(crate) feed: Arc<Feed>,
    pub(crate) last_tree: LastTree,
    pub(crate) closing: Closing,
    /// The words of the actions that operators may ask for.
    pub(crate) actions: &'static [&'static str],
    /// `false` if the probes answer without reasons, whatever the request's token.
    pub(crate) tells_reasons: bool,
    /// `true` if requests to other hosts than this machine are refused.
    loopback_only: bool,
}

impl Shown {
    /// Returns a handle of the tree for the time of a request.
    pub(crate) fn supervisor(&self) -> Result<Supervisor, Ended> {
        self.supervisor.upgrade().map_err(Ended)
    }
}

/// The answer about a tree that has ended.
pub(crate) struct Ended(pub(crate) SupervisorError);

impl IntoResponse for Ended {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", self.0)).into_response()
    }
}

impl Routes {
    /// Begins the routes of a tree, or of a part of one.
    pub fn of(supervisor: &Supervisor) -> Self {
        Self::with_feed(supervisor, Feed::new(supervisor.events()))
    }

    /// Begins the routes of a tree whose time line is kept already.
    pub(crate) fn with_feed(supervisor: &Supervisor, feed: Arc<Feed>) -> Self {
        let (access, closing) = (Access::default(), Closing::default());
        Self { supervisor: supervisor.downgrade(), access, feed, closing, loopback_only: false }
    }

    /// Demands this token of all who read. It has at least 16 bytes.
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.access.add_token(token.into());
        self
    }

    /// Lets the holder of this token act, under this name. The token has at least 16 bytes.
    pub fn with_operator(mut self, name: impl Into<String>, token: impl Into<String>) -> Self {
        self.access.add_operator(name.into(), token.into());
        self
    }

    /// Makes the router.
    ///
    /// # Errors
    ///
    /// [`AccessError`], if a token or a name is no protection.
    pub fn router(self) -> Result<Router, AccessError> {
        self.access.check()?;
        Ok(self.build())
    }

    pub(crate) fn with_access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    pub(crate) fn closing(mut self, closing: Closing) -> Self {
        self.closing = closing;
        self
    }

    /// Refuses requests to other hosts than this machine.
    pub(crate) fn on_loopback_only(mut self) -> Self {
        self.loopback_only = true;
        self
    }

    fn shown(self, tells_reasons: bool) -> Arc<Shown> {
        Arc::new(Shown {
            actions: if self.access.has_operators() { Action::WORDS } else { &[] },
            access: self.access,
            feed: self.feed,
            last_tree: LastTree::default(),
            closing: self.closing,
            tells_reasons,
            loopback_only: self.loopback_only,
            supervisor: self.supervisor,
        })
    }

    pub(crate) fn build(self) -> Router {
        let shown = self.shown(true);
        let closed = Router::new()
            .route("/metrics", get(pictures::metrics))
            .route("/api/tree", get(pictures::tree))
            .route("/api/events", get(events::events))
            .route("/api/actions", post(actions::act))
            .layer(from_fn_with_state(Arc::clone(&shown), only_readers));
        closed
            .route("/", get(page::page))
            .merge(probes())
            .layer(DefaultBodyLimit::max(LONGEST_BODY))
            .layer(from_fn_with_state(Arc::clone(&shown), guard))
            .with_state(shown)
    }

    /// Makes a router that has only the probes, which answer without reasons.
    pub(crate) fn probes_only(self) -> Router {
        let shown = self.shown(false);
        probes().with_state(shown)
    }
}

fn probes() -> Router<Arc<Shown>> {
    Router::new().route("/livez", get(probes::live)).route("/readyz", get(probes::ready))
}

/// Refuses requests without a token, if reading needs one.
async fn only_readers(State(shown): State<Arc<Shown>>, request: Request, next: Next) -> Response {
    if shown.access.visitor(request.headers()) == Visitor::Unknown {
        let challenge = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
        let why = "this needs a token: Authorization: Bearer TOKEN\n";
        return (StatusCode::UNAUTHORIZED, challenge, why).into_response();
    }
    next.run(request).await
}

/// Refuses requests whose `Host` is not this machine, if the server is for this machine only. Adds the
/// security headers to each answer.
async fn guard(State(shown): State<Arc<Shown>>, request: Request, next: Next) -> Response {
    let mut response = if shown.loopback_only && !is_to_loopback(request.headers()) {
        let why = "this page is for this machine: open it as http://127.0.0.1\n";
        (StatusCode::FORBIDDEN, why).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, page::POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
