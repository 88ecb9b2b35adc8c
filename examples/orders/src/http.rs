//! The HTTP interface for clients.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use supervisor::messages::AskError;
use supervisor::prelude::*;
use tokio::time::timeout;

use crate::database::Query;
use crate::order::{Found, Name, Order, Placed, Totals};
use crate::shipping::Work;

/// The largest body of a request, in bytes.
const LONGEST: usize = 4 * 1024;

/// The time for a request, with its body, until its response. A client that sends half of an order would
/// otherwise keep one of the connections for ever. The database has half of this time (see
/// `ChildRef::ask`).
const LIMIT: Duration = Duration::from_secs(10);

/// The children that the handlers use. Their addresses stay valid when they restart.
#[derive(Clone)]
struct Desk {
    database: ChildRef<Query>,
    shipping: ChildRef<Work>,
}

/// Makes the routes of the service.
pub fn routes(database: ChildRef<Query>, shipping: ChildRef<Work>) -> Router {
    Router::new()
        .route("/orders/{name}", get(find).put(place))
        .route("/totals", get(totals))
        .layer(DefaultBodyLimit::max(LONGEST))
        .layer(middleware::from_fn(in_time))
        .with_state(Desk { database, shipping })
}

/// Answers within [`LIMIT`].
async fn in_time(request: Request, next: Next) -> Response {
    timeout(LIMIT, next.run(request)).await.unwrap_or_else(|_| {
        let close = [(header::CONNECTION, "close")];
        (StatusCode::REQUEST_TIMEOUT, close, "the request took too long\n").into_response()
    })
}

/// Places an order. The client names the order, so that it can repeat a request that got no answer:
/// the order is placed once, and shipped once.
async fn place(
    State(desk): State<Desk>,
    OrderName(name): OrderName,
    Json(order): Json<Order>,
) -> Result<StatusCode, Refusal> {
    match desk.database.ask(|reply| Query::Place { name, order, reply }).await? {
        Placed::New => {
            // If the mailbox is full, a `Work` is waiting in it already.
            let _ = desk.shipping.try_send(Work);
            Ok(StatusCode::CREATED)
        }
        Placed::Again => Ok(StatusCode::OK),
        Placed::Different => Err(Refusal::Different),
    }
}

async fn find(
    State(desk): State<Desk>,
    OrderName(name): OrderName,
) -> Result<Json<Found>, Refusal> {
    let found = desk.database.ask(|reply| Query::Find { name, reply }).await?;
    found.map(Json).ok_or(Refusal::Unknown)
}

async fn totals(State(desk): State<Desk>) -> Result<Json<Totals>, Refusal> {
    Ok(Json(desk.database.ask(|reply| Query::Totals { reply }).await?))
}

/// The name in the path of a request.
struct OrderName(Name);

impl<S: Send + Sync> FromRequestParts<S> for OrderName {
    type Rejection = (StatusCode, String);

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(name) = path.map_err(|error| (error.status(), error.body_text() + "\n"))?;
        let name = Name::try_from(name);
        name.map(Self).map_err(|why| (StatusCode::BAD_REQUEST, format!("{why}\n")))
    }
}

/// The reason why a request was refused.
enum Refusal {
    Unknown,
    Different,
    /// The database is away, or the connection was lost during this request. It is unknown whether
    /// the request was carried out, and the client may repeat it.
    Unavailable,
}

impl<M> From<AskError<M>> for Refusal {
    fn from(_: AskError<M>) -> Self {
        Self::Unavailable
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "no such order\n").into_response(),
            Self::Different => {
                (StatusCode::CONFLICT, "another order has this name\n").into_response()
            }
            Self::Unavailable => {
                let later = [(header::RETRY_AFTER, "1")];
                let why = "the database is away; ask again\n";
                (StatusCode::SERVICE_UNAVAILABLE, later, why).into_response()
            }
        }
    }
}
