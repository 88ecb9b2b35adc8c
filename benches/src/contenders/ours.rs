//! This library, through its public API.
//!
//! Each file declares the same children in one way: function children with the builder, children
//! with a type, the workers of a pool, and a tree in the macro.

pub(crate) mod by_use;
pub(crate) mod declared;
pub(crate) mod last;
pub(crate) mod macros;
mod mail;
pub(crate) mod pool;
pub(crate) mod typed;

use std::time::Duration;

use supervisor::SupervisorBuilder;
use supervisor::prelude::*;

use crate::contender::{Later, Standing, Tree, Window};
use crate::stage::{self, Failure};

impl Tree for Supervisor {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(async move { self.shutdown().await.map(drop).expect("it runs") })
    }

    fn look(&self) -> Option<Later<()>> {
        let supervisor = self.clone();
        Some(Box::pin(async move {
            supervisor.which_children().await.expect("it runs");
            supervisor.snapshot().await.expect("it runs");
        }))
    }

    #[cfg(feature = "page")]
    fn serve_page(&self) -> Option<Later<std::net::SocketAddr>> {
        let router = supervisor_web::router(self);
        Some(Box::pin(async move {
            let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            let socket = socket.expect("the system has a port");
            let address = socket.local_addr().expect("it is bound");
            tokio::spawn(async move { axum::serve(socket, router).await });
            address
        }))
    }
}

/// Runs a function child that waits for its shutdown.
async fn wait(ctx: Context) -> ChildResult {
    let _local = stage::enter();
    ctx.shutdown_requested().await;
    Ok(())
}

/// Runs a function child that waits for the storm, and in its next life for its shutdown.
async fn wait_for_storm(ctx: Context) -> ChildResult {
    let _local = stage::enter();
    stage::storm().await?;
    ctx.shutdown_requested().await;
    Ok(())
}

/// Returns a builder whose supervisor makes any number of restarts, and counts them all.
fn many_restarts(window: Window) -> SupervisorBuilder {
    let window = match window {
        Window::Short => Duration::from_millis(1),
        Window::Long => Duration::from_secs(3600),
    };
    Supervisor::new().with_max_restarts(u32::MAX).with_restart_window(window)
}

async fn started(supervisor: Supervisor) -> Standing {
    supervisor.start().await.expect("it starts");
    Box::new(supervisor)
}

/// Returns the child that fails.
fn failing(how: Failure) -> ChildSpec<supervisor::specs::Ready<ChildRef<()>>> {
    ChildSpec::new("failing").with_task(move |_: Context| async move {
        stage::fail(how)?;
        Ok(())
    })
}

/// Declares function children with these numbers as names, which wait for their shutdown.
fn with_children(
    builder: SupervisorBuilder,
    numbers: impl IntoIterator<Item = usize>,
) -> SupervisorBuilder {
    numbers.into_iter().fold(builder, |builder, number| {
        builder.with_child(ChildSpec::new(&number.to_string()).with_task(wait))
    })
}

/// Declares the child that fails, in the middle of so many siblings that wait.
fn failing_among(builder: SupervisorBuilder, siblings: usize, how: Failure) -> SupervisorBuilder {
    let middle = siblings / 2;
    let builder = with_children(builder, 0..middle).with_child(failing(how));
    with_children(builder, middle + 1..=siblings)
}
