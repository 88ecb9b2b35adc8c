//! Serves a router on a socket.

use std::net::SocketAddr;

use axum::Router;
use supervisor::{ChildResult, Context};
use tokio::net::TcpListener;

/// Serves until the child is asked to stop. Requests in flight are finished.
pub(crate) async fn serve(listener: TcpListener, router: Router, ctx: &Context) -> ChildResult {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(ctx.shutdown_requested()).await?;
    Ok(())
}
