//! Faults beside crashes: a normal end, and a start that fails.

use super::{Error, crash, find};
use crate::spec::ExitReason;
use crate::supervisor::Supervisor;

/// Makes a child end normally, as if its `run` had returned `Ok(())` at its present await point.
///
/// The child's restart policy decides what follows: an `Always` child is restarted, and a
/// `Transient` child has finished. Otherwise as [`kill`](super::kill).
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::info::ChildState;
/// use supervisor::prelude::*;
/// use supervisor::testing;
///
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// supervision_tree! { App: one_for_one { worker: Transient } }
///
/// let app = App::start().await?;
/// testing::finish(&app, "worker").await?;
/// assert_eq!(app.worker().status(), ChildState::Finished);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`fail`](super::fail).
///
/// # Cancel safety
///
/// Dropping the future does not undo an end that has begun.
pub async fn finish(tree: &impl AsRef<Supervisor>, path: impl AsRef<str>) -> Result<(), Error> {
    let child = find(tree, path.as_ref()).await?;
    child.require_worker()?;
    crash(&child.address, ExitReason::Normal).await
}

/// Makes the next life of a child fail when it is about to begin; the child's present life goes on.
///
/// For a child with `start = notify` that is a start that has failed. Any other child counts as
/// started once it is spawned, so that its life has ended at once. None of the child's code runs in
/// that life.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
/// use supervisor::testing;
///
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// supervision_tree! { App: one_for_one { worker: Always } }
///
/// let app = App::start().await?;
/// testing::fail_next_start(&app, "worker").await?;
/// testing::kill(&app, "worker").await?;
/// assert_eq!(testing::running(&app, "worker").await?, 3); // the second life has failed
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::NotFound`], and [`Error::IsSupervisor`].
///
/// # Cancel safety
///
/// Cancel safe.
pub async fn fail_next_start(
    tree: &impl AsRef<Supervisor>,
    path: impl AsRef<str>,
) -> Result<(), Error> {
    let child = find(tree, path.as_ref()).await?;
    child.require_worker()?;
    child.address.core().fail_next();
    Ok(())
}
