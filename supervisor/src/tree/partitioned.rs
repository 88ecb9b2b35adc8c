//! A supervisor whose workers share the work by key.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use super::elsewhere::PartitionedElsewhere;
use super::{Child, ChildHandle, ChildSpec, Ready, Runnable, SupervisorBuilder};
use crate::child::{AnyChildRef, ChildRef, Context};
use crate::runtime::{Body, ErasedSpec, Unplaced};
use crate::spec::{ChildOptions, Name, Order, SupervisionStrategy, TreeDescriptor, rules};
use crate::supervisor::{Supervisor, node_of};

/// The secret of this process.
#[expect(clippy::disallowed_types, reason = "a constant: no task waits for it")]
type Secret = std::sync::LazyLock<RandomState>;

/// A supervisor of a fixed number of workers that are alike and share the work: each key belongs to
/// one of them.
///
/// One child handles one message at a time, whatever the number of processors. Where messages have
/// keys, several children can handle them, each its part of the keys: messages with the same key
/// still come to one child, in order. Elixir calls this a `PartitionSupervisor`. Partitions have the
/// functions of their [`Supervisor`], too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::collections::HashMap;
/// use supervisor::prelude::*;
///
/// struct Visit { page: String, count: Reply<u64> }
///
/// #[derive(Child)]
/// #[child(message = Visit)]
/// struct Counter;
///
/// impl Worker for Counter {
///     async fn run(&self, mut ctx: Context<Visit>) -> ChildResult {
///         let mut counts: HashMap<String, u64> = HashMap::new();
///         while let Some(Visit { page, count }) = ctx.recv().await {
///             let visits = counts.entry(page).or_default();
///             *visits += 1;
///             let _ = count.send(*visits);
///         }
///         Ok(())
///     }
/// }
///
/// let template = ChildSpec::new("counter").with_worker(Counter);
/// let counters = Supervisor::new().build_partitioned(template, 4);
/// counters.supervisor().start().await?;
/// for visits in 1..=3 {
///     let page = "/index".to_owned();
///     let count = counters.of(&page).ask(|count| Visit { page: page.clone(), count }).await?;
///     assert_eq!(count, visits);
/// }
/// # Ok(())
/// # }
/// ```
///
/// In a tree it is a `simple_one_for_one` with
/// [`partitions`](crate::supervision_tree!#partitions-workers-that-share-the-work-by-key). As a
/// child of another supervisor built by hand: `.with_supervisor(counters.supervisor().clone())`;
/// the addresses stay valid, as those of all declared children do.
///
/// The template's options are those of each worker. A key belongs to the same worker as long as the
/// number of partitions stays the same, within one run of the program; a program must not store
/// which worker that is. [`of_bytes`](Self::of_bytes) is stable across runs and programs, and
/// [`of_hash`](Self::of_hash) takes a hash of the program's own. A worker learns its number by
/// [`Context::partition`].
// There is no bound on `M` where none is needed, as on that of `ChildRef`.
pub struct Partitioned<M> {
    // It dereferences to its supervisor: partitions have the functions of that, too.
    inner: PartitionedElsewhere<M>,
    workers: Arc<[ChildRef<M>]>,
}

impl<M> Partitioned<M> {
    pub(crate) fn new(supervisor: Supervisor, workers: Vec<ChildRef<M>>) -> Self {
        Self::of_parts(supervisor, workers.into())
    }

    fn of_parts(supervisor: Supervisor, workers: Arc<[ChildRef<M>]>) -> Self {
        Self { inner: PartitionedElsewhere { supervisor, messages: PhantomData }, workers }
    }

    /// Returns the workers' supervisor.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        &self.inner.supervisor
    }

    /// Returns the worker that this key belongs to, whether the worker runs or not.
    ///
    /// The keys may come from outside: they are hashed with a secret of this process, so that
    /// whoever chooses them cannot choose the worker, and flood one alone.
    #[doc(alias = "get", alias = "route", alias = "partition_for")]
    pub fn of<K: Hash + ?Sized>(&self, key: &K) -> &ChildRef<M> {
        // One for all values, since two with as many workers have equal keys in equal places.
        static SECRET: Secret = Secret::new(RandomState::new);
        self.of_hash(SECRET.hash_one(key))
    }

    /// Returns the worker with the number `hash % partitions`, whether the worker runs or not.
    ///
    /// For keys that must come to the worker of the same number in every run of a program, or in
    /// several programs: hash them by a function that is stable, as [`of`](Self::of) and the hashers
    /// of the standard library are not, or use a number that the key has already.
    ///
    /// ```
    /// use supervisor::prelude::*;
    ///
    /// let template = ChildSpec::new("shard").with_task(async |ctx: Context| {
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// });
    /// let shards = Supervisor::new().build_partitioned(template, 4);
    /// let tenant: u64 = 1002;
    /// assert_eq!(shards.of_hash(tenant).path(), "2");
    /// ```
    ///
    /// [`of_bytes`](Self::of_bytes) does this with the hash [`stable_hash`].
    #[must_use]
    pub fn of_hash(&self, hash: u64) -> &ChildRef<M> {
        entry_of_hash(&self.workers, hash)
    }

    /// Returns the worker that this key belongs to in every run of a program and in every program
    /// with as many partitions, whether the worker runs or not.
    ///
    /// This is [`of_hash`](Self::of_hash) with [`stable_hash`]: on all machines and in all versions
    /// of this library, a key comes to the worker of the same number. Whoever chooses the keys can
    /// choose the worker, too: where they come from outside and stability is not needed, use
    /// [`of`](Self::of).
    ///
    /// ```
    /// # use supervisor::prelude::*;
    /// # let template = ChildSpec::new("shard").with_task(async |ctx: Context| {
    /// #     ctx.shutdown_requested().await;
    /// #     Ok(())
    /// # });
    /// let shards = Supervisor::new().build_partitioned(template, 4);
    /// assert_eq!(shards.of_bytes("tenant-17").path(), "0");
    /// ```
    #[must_use]
    pub fn of_bytes(&self, key: impl AsRef<[u8]>) -> &ChildRef<M> {
        self.of_hash(stable_hash(key.as_ref()))
    }

    /// Returns all workers, in the order of their numbers.
    #[must_use]
    pub fn workers(&self) -> &[ChildRef<M>] {
        &self.workers
    }
}

/// Hashes bytes in a way that stays the same: the 64-bit FNV-1a hash.
///
/// Two programs, or two releases of one, that hash a key with it agree on the key's partition:
/// `stable_hash(key) % partitions`. For each byte, the hash, which begins as
/// `0xcbf29ce484222325`, is combined with the byte by exclusive or, then multiplied by
/// `0x100000001b3`, modulo 2⁶⁴. Nearly every language has it in a library.
///
/// It is no protection against keys that were chosen to collide. A number is hashed by its bytes in
/// an order that all programs agree on: `stable_hash(&number.to_be_bytes())`.
///
/// ```
/// use supervisor::pool::stable_hash;
///
/// assert_eq!(stable_hash(b""), 0xcbf2_9ce4_8422_2325);
/// assert_eq!(stable_hash(b"foobar"), 0x8594_4171_f739_67e8);
/// ```
#[must_use]
pub const fn stable_hash(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = after;
    }
    hash
}

/// Returns the entry with the number `hash % all.len()`; there is one entry at least.
pub(crate) fn entry_of_hash<T>(all: &[T], hash: u64) -> &T {
    // The remainder is smaller than the number of entries, which is a `usize`.
    let index = usize::try_from(hash % all.len() as u64).unwrap_or(0);
    &all[index]
}

impl<M> Context<M> {
    /// Returns the number of the child as a partition, from 0; `None` if it is no worker of a
    /// [`Partitioned`], or of a pool with `partitions`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::prelude::*;
    ///
    /// const SHARDS: usize = 4;
    ///
    /// async fn shard(ctx: Context) -> ChildResult {
    ///     let number = ctx.partition().ok_or("not a shard")?;
    ///     println!("reads shard-{number}.log, one of {SHARDS}");
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// }
    ///
    /// let template = ChildSpec::new("shard").with_task(shard);
    /// let shards = Supervisor::new().build_partitioned(template, SHARDS);
    /// shards.start().await?;
    /// # tokio::task::yield_now().await;
    /// # assert!(shards.workers().iter().all(|shard| shard.incarnation() == 1));
    /// # shards.shutdown().await.map(drop)
    /// # }
    /// ```
    #[must_use]
    pub fn partition(&self) -> Option<usize> {
        let partitions = node_of(self.owner())?.partitions();
        let number = self.slot_name().to_string().parse().ok()?;
        (number < partitions).then_some(number)
    }
}

/// A `Partitioned` built by hand as a child of a declared tree, for a number of partitions that is
/// not known when the tree is compiled.
#[diagnostic::do_not_recommend]
impl<M: Send + 'static> Child for Partitioned<M> {
    type Recipe = Self;
    type Handle = Self;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<Self>> {
        ChildSpec::new(name).with_tree(recipe.inner.supervisor.clone(), recipe)
    }
}

impl<M: Send + 'static> ChildHandle for Partitioned<M> {
    const DESCRIPTOR: Option<&'static TreeDescriptor> = <Supervisor as ChildHandle>::DESCRIPTOR;
}

/// The handle of one worker, from which the handle of a declared pool with `partitions` is made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a tree, and cannot be the template of `partitions`",
    label = "a template of `partitions` is a worker or a task, whose value is used for all of them"
)]
pub trait Partition: Sized {
    /// The handle of all the workers.
    type Partitioned;

    /// Builds the supervisor of this many workers.
    #[must_use]
    fn partitioned(
        builder: SupervisorBuilder,
        template: ChildSpec<Ready<Self>>,
        partitions: usize,
    ) -> Self::Partitioned;
}

impl<M: Send + 'static> Partition for ChildRef<M> {
    type Partitioned = Partitioned<M>;

    fn partitioned(
        builder: SupervisorBuilder,
        template: ChildSpec<Ready<Self>>,
        partitions: usize,
    ) -> Partitioned<M> {
        builder.build_partitioned(template, partitions)
    }
}

/// Makes this many workers from one template; returns their specifications and their addresses.
fn workers<M: Send + 'static>(
    template: ErasedSpec,
    count: usize,
) -> (Vec<ErasedSpec>, Vec<ChildRef<M>>) {
    let ErasedSpec { options, body, .. } = template;
    let Body::Task { factory, .. } = &*body else { unreachable!("its handle is a worker's") };
    let worker = |number: usize| {
        let name = Name::declared(&number.to_string());
        let slot = factory.new_slot(name.clone(), options.mailbox());
        slot.set_histograms(options.has_histograms());
        let address = AnyChildRef::new(Arc::clone(&slot)).downcast();
        let Some(address) = address else { unreachable!("its messages are the template's") };
        let body = Unplaced::new(Body::Task { factory: Arc::clone(factory), slot });
        (ErasedSpec { name, options: options.clone(), after: Box::default(), body }, address)
    };
    (0..count).map(worker).unzip()
}

impl SupervisorBuilder {
    /// Builds a supervisor of this many workers that are made from one template and share the work
    /// by key: see [`Partitioned`]. The workers' names are their numbers, from 0.
    ///
    /// # Errors
    ///
    /// If `partitions` is zero, if `max_children` is set, which has no meaning here, or if the
    /// template is a [`WorkerOnce`](crate::WorkerOnce), whose value exists only once,
    /// [`Supervisor::start`] fails with [`InvalidSpec`](crate::SupervisorError::InvalidSpec).
    #[must_use = "a supervisor shuts down when its last handle is dropped"]
    pub fn build_partitioned<M: Send + 'static>(
        mut self,
        template: ChildSpec<Ready<ChildRef<M>>>,
        partitions: usize,
    ) -> Partitioned<M> {
        let template = Ready::into_parts(template).0;
        let (name, options) = (&template.name, template.options.options());
        let broken = rules::broken_partitions(name, &options, partitions, self.max_children);
        // The rule has checked `max_children`; left in place, it would be reported as a second
        // fault.
        self.max_children = None;
        if self.strategy == SupervisionStrategy::SimpleOneForOne {
            self.strategy = SupervisionStrategy::OneForOne;
        }
        // No worker uses another, so that all start together, and stop together as a pool's do.
        self.order = Order::ByUse;
        self.partitions = partitions;
        // There is at least one worker, so that `of` finds an address for each key even if the
        // number of partitions is zero and the supervisor cannot be started.
        let (parts, workers) = workers(template, partitions.max(1));
        self.children.extend(parts);
        let supervisor = self.build();
        if let Some(rule) = broken {
            supervisor.node().set_fault(rule.to_string());
        }
        Partitioned::new(supervisor, workers)
    }
}

impl<M> AsRef<Supervisor> for Partitioned<M> {
    fn as_ref(&self) -> &Supervisor {
        &self.inner.supervisor
    }
}

#[doc(hidden)]
impl<M> Deref for Partitioned<M> {
    type Target = PartitionedElsewhere<M>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl<M> Clone for Partitioned<M> {
    fn clone(&self) -> Self {
        Self::of_parts(self.inner.supervisor.clone(), Arc::clone(&self.workers))
    }
}

impl<M> fmt::Debug for Partitioned<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partitioned")
            .field("supervisor", &self.inner.supervisor)
            .field("partitions", &self.workers.len())
            .finish()
    }
}
