//! Many workers of a pool at once: adding them, and going through those that live.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::child::{Addressable, Child, Worker};
use crate::child_ref::{AnyChildRef, ChildRef};
use crate::child_spec::{Parts, Run, Runnable};
use crate::error::SupervisorError;
use crate::pool::{Alike, PerWorker, Pool, Task};

/// How many workers are on their way to the supervisor at once: enough to keep it busy, and not so
/// many that they fill the memory.
const ON_THEIR_WAY: usize = 1024;

/// Not all workers could be added.
///
/// It says why not, and has those that were: they run.
pub struct AddWorkersError<H> {
    added: Vec<H>,
    error: SupervisorError,
}

impl<H> AddWorkersError<H> {
    /// The workers that were added.
    #[must_use]
    pub fn added(&self) -> &[H] {
        &self.added
    }

    /// The workers that were added.
    #[must_use]
    pub fn into_added(self) -> Vec<H> {
        self.added
    }

    /// Why the first of the others was not.
    #[must_use]
    pub fn error(&self) -> &SupervisorError {
        &self.error
    }
}

impl<H> fmt::Display for AddWorkersError<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "only {} workers were added: {}", self.added.len(), self.error)
    }
}

impl<H> fmt::Debug for AddWorkersError<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddWorkersError")
            .field("added", &self.added.len())
            .field("error", &self.error)
            .finish()
    }
}

impl<H> Error for AddWorkersError<H> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

impl<W: Child> Pool<W, PerWorker> {
    /// Adds a worker for each value, and gives their addresses in the same order.
    ///
    /// It does not wait for each before it goes on to the next, and so takes a fraction of the time
    /// of as many calls of [`add_worker_with`](Self::add_worker_with).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use supervisor::prelude::*;
    /// # #[derive(Child)]
    /// # #[child(restart = Temporary)]
    /// # struct Session { number: u32 }
    /// # impl Worker for Session {
    /// #     async fn run(&self, ctx: Context) -> ChildResult {
    /// #         let _ = self.number;
    /// #         ctx.shutdown_requested().await;
    /// #         Ok(())
    /// #     }
    /// # }
    /// let pool = Supervisor::new().build_pool(ChildSpec::<Each<Session>>::each("session"));
    /// let sessions = pool.add_workers((0..100).map(|number| Session { number })).await?;
    /// assert_eq!(sessions[99].path(), "#100");
    /// assert_eq!(pool.workers().await?.len(), 100);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`AddWorkersError`] with the first error that [`add_worker_with`](Self::add_worker_with) would
    /// give, and with the workers that were added. No more are added after the error was noticed;
    /// those that were on their way then, up to a thousand, may be.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo what was done, and adds no more.
    pub async fn add_workers<I>(
        &self,
        values: I,
    ) -> Result<Vec<W::Handle>, AddWorkersError<W::Handle>>
    where
        I: IntoIterator<Item = W::Recipe>,
    {
        let node = self.supervisor().node();
        self.add_all(values.into_iter().map(|value| {
            let spec = W::spec(&node.next_worker().to_string(), value);
            Ok(Run::into_parts(spec))
        }))
        .await
    }
}

impl<W: Worker> Pool<W, Alike> {
    /// Adds this many workers, all alike.
    ///
    /// # Errors
    ///
    /// [`AddWorkersError`] with the first error that [`add_worker`](Self::add_worker) would give, and
    /// with the workers that were added.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo what was done, and adds no more.
    pub async fn add_workers(
        &self,
        count: usize,
    ) -> Result<Vec<ChildRef<W::Message>>, AddWorkersError<ChildRef<W::Message>>> {
        self.add_more(count).await
    }
}

impl Pool<Task, Alike> {
    /// Adds this many workers, all alike.
    ///
    /// # Errors
    ///
    /// [`AddWorkersError`] with the first error that [`add_worker`](Self::add_worker) would give, and
    /// with the workers that were added.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not undo what was done, and adds no more.
    pub async fn add_workers(
        &self,
        count: usize,
    ) -> Result<Vec<ChildRef<()>>, AddWorkersError<ChildRef<()>>> {
        self.add_more(count).await
    }

    /// The workers that live now, in the order of their starts.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn workers(&self) -> Result<Vec<ChildRef<()>>, SupervisorError> {
        self.living().await
    }
}

impl<W: Addressable + Child, V> Pool<W, V> {
    /// The workers that live now, in the order of their starts.
    ///
    /// Others may come and go at any time: it is a list as of a moment.
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn workers(&self) -> Result<Vec<ChildRef<W::Message>>, SupervisorError> {
        self.living().await
    }
}

impl<W, V> Pool<W, V> {
    async fn add_more<M: Send + 'static>(
        &self,
        count: usize,
    ) -> Result<Vec<ChildRef<M>>, AddWorkersError<ChildRef<M>>> {
        let supervisor = self.supervisor();
        self.add_all((0..count).map(|_| {
            let parts = supervisor.worker_like_others()?;
            let typed = AnyChildRef::new(Arc::clone(parts.body.slot())).into_typed();
            let untyped = || SupervisorError::NotFound(parts.body.slot().core().path());
            let typed = typed.ok_or_else(untyped)?;
            Ok((parts, typed))
        }))
        .await
    }

    async fn add_all<H>(
        &self,
        mut workers: impl Iterator<Item = Result<(Parts, H), SupervisorError>>,
    ) -> Result<Vec<H>, AddWorkersError<H>> {
        let supervisor = self.supervisor();
        let mut added = Vec::new();
        let mut on_their_way = Vec::new();
        let mut first_error = None;
        while first_error.is_none() {
            for worker in workers.by_ref().take(ON_THEIR_WAY) {
                let adding = worker
                    .and_then(|(parts, handle)| Ok((supervisor.begin_to_add(parts)?, handle)));
                match adding {
                    Ok(adding) => on_their_way.push(adding),
                    Err(error) => {
                        first_error = Some(error);
                        break;
                    }
                }
            }
            if on_their_way.is_empty() {
                break;
            }
            for (adding, handle) in on_their_way.drain(..) {
                match supervisor.added(adding).await {
                    Ok(()) => added.push(handle),
                    Err(error) => first_error = first_error.or(Some(error)),
                }
            }
        }
        match first_error {
            None => Ok(added),
            Some(error) => Err(AddWorkersError { added, error }),
        }
    }

    async fn living<M: Send + 'static>(&self) -> Result<Vec<ChildRef<M>>, SupervisorError> {
        let living = self.supervisor().query(|reign| {
            let children = reign.engine.children().filter(|(_, child)| child.state.has_life());
            let slots = children.map(|(_, child)| Arc::clone(child.data.slot()));
            slots.map(AnyChildRef::new).collect::<Vec<_>>()
        });
        Ok(living.await?.iter().filter_map(AnyChildRef::downcast).collect())
    }
}
