//! Tools for testing your own tree: crash its children, wait for the restarts that follow, try each
//! fault of each child, and run random crashes all over the tree (feature `test-util`).
//!
//! The module is meant for the tests of a program. Enable the feature in a dev-dependency, beside
//! tokio's own `test-util`, whose paused clock makes minutes of backoff pass in no time:
//!
//! ```toml
//! [dev-dependencies]
//! # The same version as in your `[dependencies]`.
//! supervision-tree = { version = "0.1", features = ["test-util"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```
//!
//! ```
//! use supervisor::prelude::*;
//! use supervisor::testing;
//!
//! #[derive(Child, Default)]
//! #[child(message = Reply<u32>)]
//! struct Database;
//!
//! impl Worker for Database {
//!     async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
//!         while let Some(reply) = ctx.recv().await {
//!             let _ = reply.send(42);
//!         }
//!         Ok(())
//!     }
//! }
//!
//! supervision_tree! {
//!     App: one_for_one {
//!         sub: rest_for_one {
//!             db: Database,
//!         },
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), testing::Error> { the_answer_survives_a_crash().await }
//! # /* A test is not run in an example.
//! #[tokio::test(start_paused = true)]
//! # */
//! async fn the_answer_survives_a_crash() -> Result<(), testing::Error> {
//!     let app = App::start().await?;
//!     let mut watch = testing::Watch::new(&app);
//!     testing::panic(&app, "sub/db", "out of memory").await?;
//!     watch.restarted("sub/db").await?;
//!     assert_eq!(app.sub().db().ask(|reply| reply).await.unwrap(), 42);
//!
//!     testing::Chaos::seed(7).run(&app).await?; // 100 random crashes, and the tree comes back
//!     Ok(())
//! }
//! ```
//!
//! The functions take the handle of the tree, or the handle of any part of it. A path always leads
//! from the root, as in events and in [`Context::lookup`](crate::Context::lookup): `"sub/db"`, or
//! `"sessions/#17"` for a pool's worker.
//!
//! # Kinds of crash
//!
//! | function | the child's life | its exit reason |
//! |---|---|---|
//! | [`kill`] | is dropped at its next await point | [`Killed`](ExitReason::Killed) |
//! | [`fail`] | the same | the error, as if `run` had returned it |
//! | [`panic()`] | the same; nothing unwinds, no panic hook is called | a panic with that message |
//! | [`hang`] | is polled no more, and keeps its locals | none, until its supervisor ends it |
//!
//! | [`finish`] | is dropped at its next await point | [`Normal`](ExitReason::Normal), as if `run` had returned `Ok(())` |
//! | [`fail_next_start`] | goes on; the next life fails to start | an error, of the next life |
//!
//! A supervisor cannot tell such an exit from a real one: it counts the exit, and the child's
//! restart policy decides.
//!
//! # All faults of all children
//!
//! A [`fault_matrix`](fn@fault_matrix) provokes each fault of each child, in a calm tree, while a
//! sibling restarts, and while the tree stops. After each it checks that exactly those children were
//! restarted that the strategies and policies say, that the tree is healthy again, that the shutdown
//! is in its budget, and that nothing is left. A closure of yours checks what matters to you, and a
//! committed table shows what follows from each fault. The attribute of the same name, which needs
//! the feature `macros`, makes a test of each case:
//!
//! ```
//! # use supervisor::Tree;
//! # use supervisor::prelude::*;
//! # use supervisor::testing::{self, MatrixFailure};
//! # async fn worker(ctx: Context) -> ChildResult {
//! #     ctx.shutdown_requested().await;
//! #     Ok(())
//! # }
//! supervision_tree! { App: one_for_all { db: Always = worker, cache: Transient = worker } }
//!
//! #[testing::fault_matrix("db", "cache")] // tests such as `app::db::panic::while_the_tree_stops`
//! fn app() -> Tree<App> {
//!     App::tree()
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), MatrixFailure> { in_one_test().await }
//! # /* A test is not run in an example.
//! #[tokio::test(start_paused = true)]
//! # */
//! async fn in_one_test() -> Result<(), MatrixFailure> {
//!     let report = testing::fault_matrix(|| App::tree()).await?;
//!     assert_eq!(report.consequence("db", testing::Fault::Panic), Some("restarts db, cache"));
//!     Ok(())
//! }
//! ```
//!
//! Random crashes one after the other, in one tree, are [`Chaos`]'s.

mod backoff_seed;
mod chaos;
mod error;
mod event_list;
mod faults;
#[cfg(feature = "lease")]
mod leases;
#[cfg(feature = "lease")]
mod leases_contract;
mod matrix;
mod report;
mod watch;

use std::time::Duration;

use tokio::time::timeout_at;

pub use self::chaos::Chaos;
pub use self::error::{Error, Missing};
pub use self::faults::{fail_next_start, finish};
#[cfg(feature = "lease")]
pub use self::leases::{MemoryLeases, MemoryReplica};
#[cfg(feature = "lease")]
pub use self::leases_contract::check_leases;
pub use self::matrix::{
    Case, FailedCase, Fault, FaultMatrix, MatrixFailure, MatrixReport, MatrixSource, Moment,
    TreeUnderTest, fault_matrix,
};
#[cfg(feature = "macros")]
#[doc = include_str!("testing/fault_matrix.md")]
pub use supervisor_macros::fault_matrix;

pub use self::report::{ChaosFailure, ChaosReport, FaultKind, Kill, Recovery};
pub use self::watch::Watch;
use self::watch::deadline_after;
use crate::child::AnyChildRef;
use crate::life::reason_of_error;
use crate::runtime::Body;
use crate::spec::{ChildError, ChildPath, ChildState, ExitReason, Failure};
use crate::supervisor::{self, Supervisor};

/// The default limit of a wait, on tokio's clock.
const LIMIT: Duration = Duration::from_secs(60);

/// Kills a child: drops its life at its next await point, which counts as a failure.
///
/// A nested supervisor is killed with all its children. The call returns when the life has ended
/// and its locals have been dropped. The start of a child that is starting has failed then.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use supervisor::prelude::*;
/// use supervisor::testing;
///
/// async fn worker(ctx: Context) -> ChildResult {
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
///
/// supervision_tree! { App: one_for_one { worker: Always } }
///
/// let app = App::start().await?;
/// testing::kill(&app, "worker").await?;
/// assert_eq!(testing::running(&app, "worker").await?, 2); // its second life
///
/// let error = testing::kill(&app, "walker").await.unwrap_err();
/// assert_eq!(error.to_string(), "there is no child `walker`");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::NotFound`]; [`Error::NotRunning`] if the child has no life now, such as during a
/// backoff; [`Error::Refused`] if the child cannot be stopped, if its supervisor is stopping, or if
/// one of the child's own tasks calls.
///
/// # Cancel safety
///
/// Dropping the future does not undo a crash that has begun.
pub async fn kill(tree: &impl AsRef<Supervisor>, path: impl AsRef<str>) -> Result<(), Error> {
    crash(&find(tree, path.as_ref()).await?.address, ExitReason::Killed).await
}

/// Makes a child fail with this error, as if its `run` had returned the error at its present await
/// point.
///
/// An [`Escalate`](crate::Escalate) is an escalation here too. A blocking child is asked to stop,
/// and a process is killed, before its life ends with the error. Otherwise as [`kill`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use supervisor::prelude::*;
/// # use supervisor::testing;
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// # supervision_tree! { App: one_for_one { worker: Always } }
/// let app = App::start().await?;
/// let mut watch = testing::Watch::new(&app);
/// testing::fail(&app, "worker", "connection lost").await?;
/// let ended = watch.ended("worker").await?;
/// assert_eq!(ended.to_string(), "worker: ended (life 1): error: connection lost");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`kill`], and [`Error::IsSupervisor`].
///
/// # Cancel safety
///
/// Dropping the future does not undo a crash that has begun.
pub async fn fail(
    tree: &impl AsRef<Supervisor>,
    path: impl AsRef<str>,
    error: impl Into<ChildError>,
) -> Result<(), Error> {
    // The error is rendered in the caller's task, so that a panic of its `Display` is the test's.
    let reason = reason_of_error(error.into());
    let child = find(tree, path.as_ref()).await?;
    child.require_worker()?;
    crash(&child.address, reason).await
}

/// Makes a child panic with this message.
///
/// Nothing unwinds: the life is dropped at its next await point, and no panic hook is called.
/// Otherwise as [`kill`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use supervisor::prelude::*;
/// # use supervisor::testing;
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// # supervision_tree! { App: one_for_one { worker: Always } }
/// let app = App::start().await?;
/// let mut watch = testing::Watch::new(&app);
/// testing::panic(&app, "worker", "index out of bounds").await?;
/// let ended = watch.ended("worker").await?;
/// assert_eq!(ended.to_string(), "worker: ended (life 1): panic: index out of bounds");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`fail`].
///
/// # Cancel safety
///
/// Dropping the future does not undo a crash that has begun.
pub async fn panic(
    tree: &impl AsRef<Supervisor>,
    path: impl AsRef<str>,
    message: impl Into<String>,
) -> Result<(), Error> {
    let child = find(tree, path.as_ref()).await?;
    child.require_worker()?;
    crash(&child.address, ExitReason::Panic(Failure::of_panic(message.into(), None))).await
}

/// Makes a child hang: polls its life no more, as if the life waited for something that never
/// happens.
///
/// The life keeps its locals, its mailbox fills, it does not notice a shutdown request, and it
/// misses its `heartbeat` even if it was waiting for a message. It does not block its thread.
///
/// It ends as any child that hangs: by its `heartbeat`, its `shutdown` time, or a kill. The child's
/// next life does not hang.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use supervisor::prelude::*;
/// # use supervisor::testing;
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// supervision_tree! { App: one_for_one { worker: Always(heartbeat = 1s) } }
///
/// let app = App::start().await?;
/// let mut watch = testing::Watch::new(&app);
/// testing::hang(&app, "worker").await?;
/// let ended = watch.ended("worker").await?;
/// assert_eq!(ended.to_string(), "worker: ended (life 1): no heartbeat within 1s");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::NotRunning`], [`Error::IsSupervisor`], and [`Error::CannotHang`]
/// for a [`Blocking`](crate::Blocking) child or a `Program`.
///
/// # Cancel safety
///
/// Cancel safe.
pub async fn hang(tree: &impl AsRef<Supervisor>, path: impl AsRef<str>) -> Result<(), Error> {
    let child = find(tree, path.as_ref()).await?;
    child.require_worker()?;
    if !child.can_hang {
        return Err(Error::CannotHang(child.address.path()));
    }
    let core = child.address.core();
    let state = core.state();
    let alive = matches!(state, ChildState::Starting | ChildState::Running);
    if alive && core.hang(core.generation()) { Ok(()) } else { Err(not_running(&child.address)) }
}

/// Waits until a child runs, and returns the number of its life.
///
/// Returns at once if the child runs already. The wait is limited to 60 seconds of tokio's clock;
/// [`running_within`] takes another limit.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use supervisor::prelude::*;
/// # use supervisor::testing;
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// supervision_tree! {
///     App: one_for_one(restart_window = 10m) { worker: Always(backoff = 30s) }
/// }
///
/// let app = App::start().await?;
/// testing::kill(&app, "worker").await?;
/// assert_eq!(testing::running(&app, "worker").await?, 2);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::NotFound`] if the tree has no such child, or no longer has it; [`Error::TimedOut`] if
/// the child does not run within the limit; [`Error::Ended`] if the tree has ended.
///
/// # Cancel safety
///
/// Cancel safe.
pub async fn running(tree: &impl AsRef<Supervisor>, path: impl AsRef<str>) -> Result<u64, Error> {
    running_within(tree, path, LIMIT).await
}

/// Waits until a child runs, as [`running`] does, with a limit of its own.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::time::Duration;
/// # use supervisor::prelude::*;
/// # use supervisor::testing;
/// # async fn worker(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// # supervision_tree! { App: one_for_one { worker: Always } }
/// let app = App::start().await?;
/// app.worker().terminate().await?; // a terminated child is not restarted
/// let error = testing::running_within(&app, "worker", Duration::from_secs(5)).await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "waited 5s in vain for `worker` to run (it is stopped); nothing happened",
/// );
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`running`].
///
/// # Cancel safety
///
/// Cancel safe.
pub async fn running_within(
    tree: &impl AsRef<Supervisor>,
    path: impl AsRef<str>,
    limit: Duration,
) -> Result<u64, Error> {
    let root = Supervisor::observing(tree.as_ref().node().root());
    // Subscribed before the state is read, so that no change is missed.
    let mut watch = Watch::new(&root);
    let deadline = deadline_after(limit);
    loop {
        let child = find(&root, path.as_ref()).await?;
        let core = child.address.core();
        if core.state() == ChildState::Running {
            return Ok(core.generation());
        }
        let now = core.state();
        let what = || format!("`{}` to run (it is {now})", child.address.path());
        match timeout_at(deadline, watch.next()).await {
            Ok(true) => {}
            Ok(false) => return Err(Error::Ended(watch.missing(what(), limit))),
            Err(_) => return Err(Error::TimedOut(watch.missing(what(), limit))),
        }
    }
}

/// A child that was found by its path.
struct Found {
    address: AnyChildRef,
    is_supervisor: bool,
    can_hang: bool,
}

impl Found {
    fn require_worker(&self) -> Result<(), Error> {
        if self.is_supervisor { Err(Error::IsSupervisor(self.address.path())) } else { Ok(()) }
    }
}

async fn find(tree: &impl AsRef<Supervisor>, path: &str) -> Result<Found, Error> {
    let path = ChildPath::parse(path);
    let root = tree.as_ref().node().root();
    Ok(match supervisor::find(root, path.as_str()).await? {
        Body::Task { slot, factory } => Found {
            address: AnyChildRef::new(slot),
            is_supervisor: false,
            can_hang: factory.can_hang(),
        },
        Body::Supervisor { slot, .. } => {
            Found { address: AnyChildRef::new(slot), is_supervisor: true, can_hang: false }
        }
    })
}

/// Ends the child's present life for this reason, and returns when it has ended.
async fn crash(child: &AnyChildRef, reason: ExitReason) -> Result<(), Error> {
    let core = child.core();
    let life = core.generation();
    if !matches!(core.state(), ChildState::Starting | ChildState::Running) {
        return Err(not_running(child));
    }
    child.fail(reason).await?;
    // A supervisor answers `Ok` for a child that was already ending: the order ended nothing then.
    if core.generation() == life && core.is_occupied() { Err(not_running(child)) } else { Ok(()) }
}

fn not_running(child: &AnyChildRef) -> Error {
    Error::NotRunning(child.path(), child.status())
}
