//! Functions for many workers of a pool at once: they are added in batches, and listed.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::add_worker::{Made, Wanted};
use super::{Child, ChildHandle, FnWorker, PerWorker, Pool, Shared};
use crate::child::{AnyChildRef, ChildRef, Worker};
use crate::error::SupervisorError;
use crate::runtime::ErasedSpec;
use crate::slot::AnySlot;
use crate::supervisor::{PendingAdd, PendingAddMany, Supervisor};
use crate::sync::{Mutex, PoisonError};

/// The number of workers that are on their way to the supervisor at once: enough to keep the
/// supervisor busy, and so few that they are still in the processor's cache when they start.
const BATCH: usize = 64;

/// The error of an addition in which not all workers could be added.
///
/// The error holds its cause, the workers that were added, which run, and the values of those that were
/// refused.
pub struct AddWorkersError<H, T = ()> {
    added: Vec<H>,
    error: SupervisorError,
    /// Behind a lock, so that the error is `Sync`, and `?` works, whatever the values are.
    refused: Mutex<Vec<T>>,
}

impl<H, T> AddWorkersError<H, T> {
    /// Returns the workers that were added.
    #[must_use]
    pub fn added(&self) -> &[H] {
        &self.added
    }

    /// Turns the error into the workers that were added.
    #[must_use]
    pub fn into_added(self) -> Vec<H> {
        self.added
    }

    /// Turns the error into the values that were refused, in their order.
    ///
    /// These are the values that were taken from the iterator and have not become workers. The iterator
    /// still has the others: pass `values.by_ref()`, or `&mut values`, to keep them. A value is
    /// missing where [`AddWorkerError::into_value`](super::AddWorkerError::into_value) would return
    /// `None`. Workers that are all alike have no values.
    #[must_use]
    pub fn into_refused(self) -> Vec<T> {
        self.into_parts().2
    }

    /// Returns the workers that were added, the error of the first one that was not, and the values that
    /// were [refused](Self::into_refused).
    #[must_use]
    pub fn into_parts(self) -> (Vec<H>, SupervisorError, Vec<T>) {
        let refused = self.refused.into_inner().unwrap_or_else(PoisonError::into_inner);
        (self.added, self.error, refused)
    }

    /// Returns the error of the first worker that could not be added.
    #[must_use]
    pub fn error(&self) -> &SupervisorError {
        &self.error
    }
}

impl<H, T> fmt::Display for AddWorkersError<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "only {} workers were added: {}", self.added.len(), self.error)
    }
}

impl<H, T> fmt::Debug for AddWorkersError<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddWorkersError")
            .field("added", &self.added.len())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<H, T> Error for AddWorkersError<H, T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// The values of workers that are added together.
#[diagnostic::on_unimplemented(
    message = "these are no values of workers",
    label = "give a value for each, as in `add_workers((0..100).map(|number| Session {{ number }}))`",
    note = "one worker is added with `add_worker_with(value)`"
)]
pub trait WorkerValues<R>: IntoIterator<Item = R> {}

#[diagnostic::do_not_recommend]
impl<R, I: IntoIterator<Item = R>> WorkerValues<R> for I {}

impl<W: Child<Recipe: 'static>> Pool<W, PerWorker> {
    /// Adds a worker for each value, and returns their handles in the same order.
    ///
    /// This does not wait for one worker before it goes on to the next, and so takes a fraction of
    /// the time of as many calls of [`add_worker_with`](Self::add_worker_with).
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
    /// let pool = Supervisor::new().build_pool(ChildSpec::per_worker::<Session>("session"));
    /// let sessions = pool.add_workers((0..100).map(|number| Session { number })).await?;
    /// assert_eq!(sessions[99].path(), "#100");
    /// assert_eq!(pool.workers().await?.len(), 100);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`AddWorkersError`] with the first error that [`add_worker_with`](Self::add_worker_with)
    /// would give, with the workers that were added, and with the
    /// [values that were refused](AddWorkersError::into_refused). No further workers are added after the
    /// error was noticed, except perhaps those that were on their way then, a hundred or so.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future adds no further workers, and removes none.
    pub async fn add_workers<I>(
        &self,
        values: I,
    ) -> Result<Vec<W::Handle>, AddWorkersError<W::Handle, W::Recipe>>
    where
        I: WorkerValues<W::Recipe>,
    {
        let workers = values.into_iter().map(|value| self.worker_of(value));
        if self.takes_batches() {
            // Each of these workers is a task. The caller keeps nothing but its handle: another reference to
            // its factory would be counted here and by the supervisor, on another processor, at the same time.
            let workers = workers.map(|(parts, handle)| Ok((parts, Wanted::new(handle))));
            let Outcome { added, refused, error } = self.add_batches(workers).await;
            let added = added.into_iter().map(Wanted::into_handle).collect();
            return or_error(added, error, || {
                refused.into_iter().filter_map(Wanted::into_value).collect()
            });
        }
        let workers = workers.map(|(parts, handle)| {
            let made = Made::of(&parts.body, handle);
            Ok((parts, made))
        });
        let begin = |parts, made: &Made<W::Handle>| self.begin_to_add(parts, made.handle.handle());
        let Outcome { added, refused, error } = self.add_each(workers, begin).await;
        let added = added.into_iter().map(|made| made.handle.into_handle()).collect();
        or_error(added, error, || refused.into_iter().filter_map(Made::into_value).collect())
    }
}

impl<W: Worker> Pool<W, Shared> {
    /// Adds this many workers, all alike.
    ///
    /// # Errors
    ///
    /// [`AddWorkersError`] with the first error that [`add_worker`](Self::add_worker) would give,
    /// and with the workers that were added.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future adds no further workers, and removes none.
    pub async fn add_workers(
        &self,
        count: usize,
    ) -> Result<Vec<ChildRef<W::Message>>, AddWorkersError<ChildRef<W::Message>>> {
        self.add_more(count).await
    }
}

impl Pool<FnWorker, Shared> {
    /// Adds this many workers, all alike.
    ///
    /// # Errors
    ///
    /// [`AddWorkersError`] with the first error that [`add_worker`](Self::add_worker) would give,
    /// and with the workers that were added.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future adds no further workers, and removes none.
    pub async fn add_workers(
        &self,
        count: usize,
    ) -> Result<Vec<ChildRef<()>>, AddWorkersError<ChildRef<()>>> {
        self.add_more(count).await
    }
}

impl<W: Child, V> Pool<W, V> {
    /// Returns the handles of the workers that are alive now, in the order of their starts:
    /// addresses, or the handles of workers that are trees.
    ///
    /// The list is that of one moment: workers may come and go at any time. Of thousands of workers, those
    /// that end while it is made are left out.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use supervisor::prelude::*;
    /// # #[derive(Child, Default)]
    /// # #[child(message = String)]
    /// # struct Writer;
    /// # impl Worker for Writer {
    /// #     async fn run(&self, mut ctx: Context<String>) -> ChildResult {
    /// #         while ctx.recv().await.is_some() {}
    /// #         Ok(())
    /// #     }
    /// # }
    /// # async fn read(ctx: Context) -> ChildResult { Ok(ctx.shutdown_requested().await) }
    /// supervision_tree! {
    ///     /// The children of one connection.
    ///     Connection: one_for_all {
    ///         writer: Writer,
    ///         reader: Always = read,
    ///     }
    /// }
    /// supervision_tree! {
    ///     Server: one_for_one {
    ///         connections: simple_one_for_one { connection: Temporary<Connection> },
    ///     }
    /// }
    ///
    /// let server = Server::start().await?;
    /// server.connections().add_worker_with(Connection::tree()).await?;
    /// server.connections().add_worker_with(Connection::tree()).await?;
    /// for connection in server.connections().workers().await? {
    ///     connection.writer().send("to all".to_owned()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Only those of a supervisor that does not run.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn workers(&self) -> Result<Vec<W::Handle>, SupervisorError> {
        let living = self.supervisor().living();
        let trees = self.supervisor().node().template().map(|template| &template.trees);
        let handle = |slot: Arc<dyn AnySlot>| {
            let of_worker = W::Handle::from_slot(Arc::clone(&slot).into_any());
            let of_tree = || trees?.get(slot.core().name())?.downcast_ref().cloned();
            of_worker.or_else(of_tree)
        };
        Ok(living.await?.into_iter().filter_map(handle).collect())
    }
}

impl<W, V> Pool<W, V> {
    /// Adds this many workers that share the template's value.
    async fn add_more<M: Send + 'static>(
        &self,
        count: usize,
    ) -> Result<Vec<ChildRef<M>>, AddWorkersError<ChildRef<M>>> {
        let supervisor = self.supervisor();
        let workers = (0..count).map(|_| {
            let parts = supervisor.worker_like_others()?;
            let typed = AnyChildRef::new(Arc::clone(parts.body.slot())).into_typed();
            let untyped = || SupervisorError::NotFound(parts.body.slot().core().path());
            let typed = typed.ok_or_else(untyped)?;
            Ok((parts, typed))
        });
        let outcome = if self.takes_batches() {
            self.add_batches(workers).await
        } else {
            self.add_each(workers, |parts, _| supervisor.begin_to_add(parts)).await
        };
        or_error(outcome.added, outcome.error, Vec::new)
    }

    /// Returns `true` if the workers are up once they are spawned, so that one answer serves a
    /// whole batch.
    fn takes_batches(&self) -> bool {
        let template = self.supervisor().node().template();
        template.is_some_and(|template| template.rules.is_up_once_spawned())
    }

    /// Adds the workers by one addition for each [`BATCH`].
    async fn add_batches<M>(
        &self,
        workers: impl Iterator<Item = Result<(ErasedSpec, M), SupervisorError>>,
    ) -> Outcome<M> {
        let supervisor = self.supervisor();
        let mut workers = workers.fuse();
        let mut outcome = Outcome::new();
        let mut in_flight = None;
        loop {
            let (mut next, mut unsent) = (None, None);
            if outcome.error.is_none() {
                match Batch::of(&mut workers, &mut outcome.error).begin(supervisor) {
                    Ok(begun) => next = begun,
                    Err(refused) => unsent = Some(refused),
                }
            }
            let is_last = next.is_none();
            // The next batch is made while the supervisor starts the one in flight.
            if let Some((adding, made)) = std::mem::replace(&mut in_flight, next) {
                let (count, refusal) = supervisor.added_many(adding).await;
                let mut made = made.into_iter();
                outcome.added.extend(made.by_ref().take(count));
                outcome.refuse(made, refusal);
            }
            if let Some((made, error)) = unsent {
                outcome.refuse(made, Some(error));
            }
            if is_last {
                return outcome;
            }
        }
    }

    /// Adds the workers by one addition each, since each may take its time to start.
    async fn add_each<M>(
        &self,
        mut workers: impl Iterator<Item = Result<(ErasedSpec, M), SupervisorError>>,
        begin: impl Fn(ErasedSpec, &M) -> Result<PendingAdd, SupervisorError>,
    ) -> Outcome<M> {
        let supervisor = self.supervisor();
        let mut outcome = Outcome::new();
        let mut in_flight = Vec::new();
        while outcome.error.is_none() {
            // A worker that is refused at once comes after those in flight.
            let mut last = None;
            for worker in workers.by_ref().take(BATCH) {
                match worker.map(|(parts, made)| (begin(parts, &made), made)) {
                    Ok((Ok(adding), made)) => in_flight.push((adding, made)),
                    Ok((Err(error), made)) => {
                        last = Some((Some(made), error));
                        break;
                    }
                    Err(error) => {
                        last = Some((None, error));
                        break;
                    }
                }
            }
            if in_flight.is_empty() && last.is_none() {
                break;
            }
            for (adding, made) in in_flight.drain(..) {
                match supervisor.added(adding).await {
                    Ok(()) => outcome.added.push(made),
                    Err(error) => outcome.refuse([made], Some(error)),
                }
            }
            if let Some((made, error)) = last {
                outcome.refuse(made, Some(error));
            }
        }
        outcome
    }
}

/// The workers that were added and those that were refused; each is a handle or has one.
struct Outcome<M> {
    added: Vec<M>,
    refused: Vec<M>,
    /// The first error.
    error: Option<SupervisorError>,
}

impl<M> Outcome<M> {
    fn new() -> Self {
        Self { added: Vec::new(), refused: Vec::new(), error: None }
    }

    fn refuse(&mut self, workers: impl IntoIterator<Item = M>, error: Option<SupervisorError>) {
        self.refused.extend(workers);
        self.error = self.error.take().or(error);
    }
}

/// Workers that are added together.
struct Batch<M> {
    parts: Vec<ErasedSpec>,
    made: Vec<M>,
}

impl<M> Batch<M> {
    /// Takes the next workers, up to the first that could not be made.
    fn of(
        workers: &mut impl Iterator<Item = Result<(ErasedSpec, M), SupervisorError>>,
        error: &mut Option<SupervisorError>,
    ) -> Self {
        let likely = workers.size_hint().0.min(BATCH);
        let mut batch =
            Self { parts: Vec::with_capacity(likely), made: Vec::with_capacity(likely) };
        for worker in workers.take(BATCH) {
            match worker {
                Ok((parts, made)) => {
                    batch.parts.push(parts);
                    batch.made.push(made);
                }
                Err(fault) => {
                    *error = Some(fault);
                    break;
                }
            }
        }
        batch
    }

    /// Sends the workers to the supervisor, if there are any.
    #[expect(clippy::type_complexity, reason = "what is sent, or what is not")]
    fn begin(
        self,
        supervisor: &Supervisor,
    ) -> Result<Option<(PendingAddMany, Vec<M>)>, (Vec<M>, SupervisorError)> {
        if self.parts.is_empty() {
            return Ok(None);
        }
        match supervisor.begin_to_add_many(self.parts) {
            Ok(adding) => Ok(Some((adding, self.made))),
            Err(error) => Err((self.made, error)),
        }
    }
}

/// Returns the workers that were added, as an error if there was one.
fn or_error<H, T>(
    added: Vec<H>,
    error: Option<SupervisorError>,
    refused: impl FnOnce() -> Vec<T>,
) -> Result<Vec<H>, AddWorkersError<H, T>> {
    match error {
        None => Ok(added),
        Some(error) => Err(AddWorkersError { added, error, refused: Mutex::new(refused()) }),
    }
}
