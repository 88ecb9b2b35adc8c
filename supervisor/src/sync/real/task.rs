//! Tasks of the current tokio runtime.

#![expect(clippy::disallowed_methods, reason = "the one place that names the originals")]

use std::future::Future;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::coop::{self, RestoreOnPending};

pub(crate) type JoinHandle<T> = tokio::task::JoinHandle<T>;
pub(crate) type AbortHandle = tokio::task::AbortHandle;

/// Spawns a task on the current runtime.
///
/// # Panics
///
/// Panics on a thread without a runtime.
#[inline]
#[track_caller]
pub(crate) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(future)
}

/// The name of a task, which tokio-console shows. It is empty unless tokio is built with
/// `--cfg tokio_unstable`, since tasks have no names then.
pub(crate) struct Name(#[cfg(tokio_unstable)] String);

impl Name {
    /// Makes a name, if tasks have names.
    #[inline]
    pub(crate) fn of(name: impl FnOnce() -> String) -> Self {
        #[cfg(not(tokio_unstable))]
        let _ = name;
        Self(
            #[cfg(tokio_unstable)]
            name(),
        )
    }
}

/// Spawns a task as [`spawn`] does, under this name.
#[inline]
#[track_caller]
pub(crate) fn spawn_named<F>(name: &Name, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[cfg(tokio_unstable)]
    return tokio::task::Builder::new()
        .name(&name.0)
        .spawn(future)
        .expect("tokio has room for a task");
    #[cfg(not(tokio_unstable))]
    {
        let Name() = name;
        spawn(future)
    }
}

/// Spawns a task as [`try_spawn`] does, under this name.
#[inline]
#[track_caller]
pub(crate) fn try_spawn_named<F>(name: &Name, future: F) -> Result<JoinHandle<F::Output>, F>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[cfg(tokio_unstable)]
    return match Handle::try_current() {
        Ok(runtime) => Ok(tokio::task::Builder::new()
            .name(&name.0)
            .spawn_on(future, &runtime)
            .expect("tokio has room for a task")),
        Err(_) => Err(future),
    };
    #[cfg(not(tokio_unstable))]
    {
        let Name() = name;
        try_spawn(future)
    }
}

/// Spawns a task on the current runtime. Returns the future on a thread without a runtime.
#[inline]
#[track_caller]
pub(crate) fn try_spawn<F>(future: F) -> Result<JoinHandle<F::Output>, F>
where
    F: Future<Output: Send> + Send + 'static,
{
    match Handle::try_current() {
        Ok(runtime) => Ok(runtime.spawn(future)),
        Err(_) => Err(future),
    }
}

/// Lets the other tasks run.
#[inline]
pub(crate) fn yield_now() -> impl Future<Output = ()> {
    tokio::task::yield_now()
}

/// Lets the other tasks run if this one has used up its turn.
#[inline]
pub(crate) fn consume_budget() -> impl Future<Output = ()> {
    coop::consume_budget()
}

/// Takes a unit of the task's turn; pending once the turn is used up.
#[inline]
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<RestoreOnPending> {
    coop::poll_proceed(cx)
}
