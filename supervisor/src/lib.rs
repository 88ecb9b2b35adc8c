//! Supervision trees for tokio: declared in a macro, checked by the compiler, with Erlang/OTP's
//! semantics.
//!
//! # A child, and a tree
//!
//! A child is a long-lived task. A value of its type is its recipe; each *life* of the child is one
//! call of `run`:
//!
//! ```
//! use supervisor::prelude::*;
//!
//! enum Count { Add(u32), Get(Reply<u32>) }
//!
//! #[derive(Child, Default)]
//! #[child(message = Count)]
//! struct Counter;
//!
//! impl Worker for Counter {
//!     async fn run(&self, mut ctx: Context<Count>) -> ChildResult {
//!         let mut count = 0_u32;
//!         while let Some(message) = ctx.recv().await {
//!             match message {
//!                 Count::Add(number) => count = count.checked_add(number).ok_or("too much")?,
//!                 Count::Get(reply) => drop(reply.send(count)),
//!             }
//!         }
//!         Ok(()) // `recv` gave `None`: shutdown was requested
//!     }
//! }
//!
//! supervision_tree! {
//!     Counting: one_for_one {
//!         counter: Counter,
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let counting = Counting::start().await?;
//! counting.counter().send(Count::Add(3)).await?;
//! assert_eq!(counting.counter().ask(Count::Get).await?, 3);
//! counting.supervisor().shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # A crash
//!
//! There is a bug in the counter: it fails when its number grows too large. An error and a panic
//! end a life alike, and the supervisor starts the next life, which counts from zero:
//!
//! ```
//! # use supervisor::prelude::*;
//! # enum Count { Add(u32), Get(Reply<u32>) }
//! # #[derive(Child, Default)]
//! # #[child(message = Count)]
//! # struct Counter;
//! # impl Worker for Counter {
//! #     async fn run(&self, mut ctx: Context<Count>) -> ChildResult {
//! #         let mut count = 0_u32;
//! #         while let Some(message) = ctx.recv().await {
//! #             match message {
//! #                 Count::Add(number) => count = count.checked_add(number).ok_or("too much")?,
//! #                 Count::Get(reply) => drop(reply.send(count)),
//! #             }
//! #         }
//! #         Ok(())
//! #     }
//! # }
//! # supervision_tree! { Counting: one_for_one { counter: Counter } }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let counting = Counting::start().await?;
//! let counter = counting.counter();
//! counter.send(Count::Add(u32::MAX)).await?;
//! counter.send(Count::Add(1)).await?;          // this one crashes it
//! counter.send(Count::Add(5)).await?;          // waits for the next life
//! assert_eq!(counter.ask(Count::Get).await?, 5);
//! assert_eq!(counter.incarnation(), 2);
//! println!("{}", counting.supervisor().snapshot().await?);
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//! Counting: one_for_one running, up 1.2ms
//! └─ counter [Always] running, up 0.3ms, restarted once, last exit: error: too much
//! ```
//!
//! The address, the [`ChildRef`], is the same in both lives: it belongs to the child's place in the
//! tree, its *slot*. The message that was being handled is gone with the life that it crashed, so
//! that it cannot crash the next life; the messages behind it are handled in order. A child that
//! fails again and again is not restarted for ever: after three restarts within five seconds,
//! unless the tree sets other limits, its supervisor gives up, and the supervisor above decides
//! whether the supervisor that gave up is restarted.
//!
//! # The tree language
//!
//! ```
//! # use supervisor::prelude::*;
//! # #[derive(Child)] #[child(restart = Temporary, once)] struct Session { user: u32 }
//! # impl WorkerOnce for Session { async fn run(self, _: Context) -> ChildResult { Ok(()) } }
//! # #[derive(Child, Default)] struct Mailer;
//! # impl Worker for Mailer { async fn run(&self, _: Context) -> ChildResult { Ok(()) } }
//! # async fn janitor(_: Context) -> ChildResult { Ok(()) }
//! # async fn poll(_: Context, _: u16) -> ChildResult { Ok(()) }
//! supervision_tree! {
//!     /// A named tree is a type, with a method for each child. Its parameters are plain.
//!     pub Service(port: u16): one_for_one(max_restarts = 5, restart_window = 60s) {
//!         janitor: Always,                              // the `async fn janitor` in scope
//!         poller: Transient(backoff = 100ms..30s) = move |ctx| poll(ctx, port),
//!         mailer: Mailer,                               // a type; made by `Default`
//!         logins: one_for_one {                         // a nested supervisor
//!             sessions: simple_one_for_one(max_children = 10_000) {
//!                 session: Temporary<Session>,          // the template of a pool
//!             },
//!         },
//!     }
//! }
//! # let _ = Service::tree(80);
//! ```
//!
//! A declaration reads like `let name: Type = value;`. In the values of later children, a child's
//! name is a variable that holds its address, so that a child can use the children that start before
//! it, and no others. Each value has a clone of the addresses that it names. Without a name in front, `supervision_tree! { one_for_one { … } }` is an
//! expression. A tree can be a child of another: `service: Service = Service::tree(80)`.
//!
//! A function gets a sibling's address by a closure, which clones the address for each life (a
//! function has no messages of its own; a type has):
//!
//! ```
//! # use supervisor::prelude::*;
//! # #[derive(Child, Default)] #[child(message = u8)] struct Mailer;
//! # impl Worker for Mailer { async fn run(&self, _: Context<u8>) -> ChildResult { Ok(()) } }
//! # async fn remind(_: Context, _: ChildRef<u8>) -> ChildResult { Ok(()) }
//! supervision_tree! {
//!     Reminders: one_for_one {
//!         mailer: Mailer,
//!         reminder: Always = move |ctx| remind(ctx, mailer.clone()),
//!     }
//! }
//! # let _ = Reminders::tree();
//! ```
//!
//! Parameters can be borrowed only while the tree is built: a child owns each value that it keeps.
//!
//! Everything the macros do can be written by hand with [`Supervisor::new`] and [`ChildSpec`].
//!
//! ## Options
//!
//! The same key stands in the tree, in `#[child(…)]`, and as `with_<key>` on the builder
//! (`restart` is `with_restart_policy` there). The tree wins over the derive.
//!
//! | on | key | value | default |
//! |---|---|---|---|
//! | supervisor | `max_restarts` | a number, or `unlimited` | 3 |
//! | supervisor | `restart_window` | a duration, such as `60s`, `1.5s`, `250ms`, `2m`, `1h` | 5s |
//! | supervisor | `auto_shutdown` | `never`, `any_significant`, `all_significant` | `never` |
//! | supervisor | `kill_grace` | a duration | 1s |
//! | supervisor | `order` | `declaration`, or [`by_use`](guide::order): children that do not depend on each other start and stop together | `declaration` |
//! | supervisor | `max_children` | a number, at least 1: of a pool's workers, or of all children | no limit |
//! | pool | `partitions` | a number of workers, which [share the work](supervision_tree!#partitions-workers-that-share-the-work-by-key) | none |
//! | nested supervisor | `restart`, `significant`, `backoff`, `shutdown`, `health` | as for a child | `Always`, no, none, `infinity`, `required` |
//! | nested supervisor | `start` | `retry`: a start that fails is tried again | with its supervisor |
//! | nested supervisor | `lease` | a string: [its children run in one replica only](supervision_tree!#lease-children-that-run-in-one-replica-only), by an engine behind `with` | none |
//! | with `lease` | `shards` | a number, at most 1024, of [leases that the replicas share evenly](supervision_tree!#shards-many-leases-spread-evenly) | one lease |
//! | with `lease` | `ttl`, `renew` | durations, checked at compile time against the stop of the children | 30s, 5s |
//! | with `lease` | `overrun` | `abort`, `report`: what happens if a child cannot be stopped in time | `abort` |
//! | root | `drain` | a duration: the children go on for this time when the tree is to stop ([stopping in steps](guide::stopping)) | `0s` |
//! | root | `shutdown_within` | a duration, checked at compile time | none |
//! | child | `restart` (in the tree: the policy word) | `Always`, `Transient`, `Temporary` | `Always` |
//! | child | `shutdown` | a duration, `brutal_kill`, `infinity` | 5s |
//! | child | `backoff` | `min..max`, or one duration | none: at once |
//! | child | `max_restarts` | a number, or `unlimited`: [its own limit](guide::options), after which it alone stays down | none: its restarts count as its supervisor's |
//! | child | `start` | `notify`: started when it calls [`Context::ready`], for which the next sibling waits | when spawned |
//! | child | | `retry`: nobody waits, and a failed start is tried again ([a dependency that is away](guide::dependency_away)) | |
//! | child | `start_timeout` | a duration, with `start` | 30s |
//! | child | `significant` | a flag | no |
//! | child | `heartbeat` | a duration | off |
//! | child | `after` | `[name, …]`: more siblings that it uses, under `order = by_use` | none |
//! | child | `health` | `required`, `degrades`, `ignored`: [what the tree is](guide::health) while the child is not well | `required`; `ignored` if `Temporary` or a pool's worker |
//! | task | `every` | a duration: a [periodic job](supervision_tree!#every-a-periodic-job) | none: a task runs once per life |
//! | child with a type | `mailbox` | how many messages | 64 |
//! | child with a type | `drain` | a flag: when it is stopped for good, it receives what is queued first | no |
//! | child with a type | `histograms` | a flag: it measures how long its messages [wait and are handled](info::MessageTimes) | no |
//! | derive only | `message` | a type | `()` |
//! | derive only | `once` | a flag: [`WorkerOnce`], one life by value | no |
//!
//! # Who is restarted
//!
//! | a life ended | `Always` | `Transient` | `Temporary` |
//! |---|---|---|---|
//! | normally, `Ok(())` | restarted | stays down | forgotten |
//! | by an error, a panic, a kill, a missed heartbeat, a program's bad exit status | restarted | restarted | forgotten |
//! | a nested supervisor shut itself down | restarted | stays down | forgotten |
//! | a nested supervisor gave up | restarted | restarted | forgotten |
//!
//! | strategy | siblings restarted with it (stopped in reverse order, started in order) |
//! |---|---|
//! | `one_for_one`, `simple_one_for_one` | none |
//! | `rest_for_one` | the children started after it |
//! | `one_for_all` | all others |
//!
//! A child that uses another one only by its address needs no group: the address survives restarts.
//!
//! In a group restart, finished and terminated children come back too; temporary ones are
//! forgotten. Each restart of a child or a group takes one of the supervisor's `max_restarts`
//! within its `restart_window`, and so does each further attempt when a start fails. If another
//! restart is needed and none is left, the supervisor stops its children in reverse order and ends
//! abnormally, for its own supervisor to decide. At the root, [`Supervisor::wait`] gives the path and the cause. A
//! child that knows that no restart can help returns [`Escalate`]; [`Escalate::to_root`] ends the whole
//! tree.
//!
//! # How a child is stopped
//!
//! In reverse start order, each child is asked to stop: [`Context::recv`] gives `None`, and
//! [`Context::shutdown_requested`] completes. A child that has not ended after its `shutdown` time
//! is dropped at its next await point. A child that never looked at its shutdown signal is dropped
//! at once. A child that blocks its thread cannot be stopped at all: after `kill_grace` it is
//! reported, and never started a second time beside itself. The workers of a pool stop together, and
//! under [`order = by_use`](guide::order) all children that do not depend on each other.
//! When [`Supervisor::shutdown`] returns, all children have ended, except those named in its report.
//!
//! # What differs from OTP
//!
//! Erlang's `supervisor` is the reference. This library differs from it on purpose in these points,
//! and in no others:
//!
//! - A supervisor that gives up ends *abnormally*, with the path and the cause, so that a
//!   `Transient` nested supervisor is restarted and not silently lost. In OTP it ends with
//!   `shutdown`.
//! - The restart window is exact, on tokio's clock. OTP counts whole seconds.
//! - A restart can wait (`backoff`). OTP restarts at once.
//! - With `start = notify`, the start has a time limit (`start_timeout`). OTP waits for ever.
//! - Attempts to restart a child that fail one after the other count together, however long each takes.
//!   In OTP they count within the period alone, so that an `init` that hangs is tried for ever.
//! - A child can be tried again until it is up, without a limit and without an effect on others
//!   (`start = retry`). OTP has no such option.
//! - A child can have a limit of restarts of its own (`max_restarts` on the child), after which it alone
//!   stays down. OTP has no such option.
//! - Killing has a bound (`kill_grace`), since a thread cannot be killed.
//! - A pool's worker that declines a *restart* is forgotten, and terminating one that waits for a
//!   restart keeps the counts right: two bugs of OTP 25 that are not copied.
//! - Under one_for_one and simple_one_for_one, children do not wait for each other: a sibling is
//!   restarted, and a command is answered, while a slow child starts or stops. OTP's supervisor
//!   does one thing at a time.
//! - An attempt to restart that was overtaken by another one is dropped. OTP's attempts carry no
//!   number, so a late attempt is taken for the current one.
//! - A significant child not yet started again, because an earlier sibling's start failed, does not
//!   count as ended. OTP counts it, and can shut the supervisor down during the restart.
//! - Combinations of options that cannot work together are refused: a `Temporary` significant child
//!   under a group strategy, `auto_shutdown` of an `Always` supervisor, a backoff too slow to
//!   escalate.
//! - A pool's worker is named by its number, which stays the same after a restart.
//!
//! The tests run the same scenarios through this library and through Erlang's own supervisor; where
//! one of these points makes a difference, the scenario names it.
//!
//! # Seeing what happens
//!
//! [`Supervisor::events`] gives typed events, [`Supervisor::stats`] figures,
//! [`Supervisor::snapshot`] the current state of the tree. All events also go to `tracing`, under
//! the target `supervisor`: with `tracing_subscriber::fmt().init()` the log tells which child
//! failed, why, and how many restarts are left.
//!
//! What a child logs stands in the span `child` of its life, with the child's path. The span has the
//! level `INFO`, so a program that logs only warnings does not pay for it. Its target is
//! `supervisor::child`: the filter `warn,supervisor::child=info` enables the span alone.
//!
//! # More
//!
//! The [guide] has a page for [every option](guide::options), for [how to choose the
//! limits](guide::choosing_limits), for [the order of start and stop](guide::order), for [what a child
//! finds around itself](guide::inside_and_outside), and for those who come [from tasks spawned by
//! hand](guide::coming_from_tokio), [from Erlang](guide::coming_from_erlang) and [from
//! Elixir](guide::coming_from_elixir). The page of the module `testing`, which the feature
//! `test-util` brings, shows how to test your own tree.
//!
//! # Features
//!
//! The package is called `supervision-tree`; in code it is `supervisor`. A program as above needs
//! tokio with its macros and a runtime, too:
//!
//! ```toml
//! [dependencies]
//! supervision-tree = "0.1"
//! tokio = { version = "1", features = ["rt-multi-thread", "macros"] }
//! ```
//!
//! - `macros` (default): [`supervision_tree!`] and `#[derive(Child)]`.
//! - `signal`: `run`, a tree as the whole program, until SIGINT, SIGTERM, SIGHUP or SIGQUIT.
//! - `process` (Unix): `Program`, an operating-system process as a child.
//! - `systemd` (Unix): `run` tells systemd how the tree is, and answers its watchdog; `systemd`, sockets that
//!   systemd has opened, by their names.
//! - `deployment-checks`: checks of Kubernetes' and systemd's files against the times of a tree, for
//!   the tests of a program: [`deployment`].
//! - `lease`: the module `lease`, children that run in one replica of a service only.
//! - `test-util`: `testing`, for the tests of your own tree: crash its children, wait for what
//!   follows, seeded chaos, a fault matrix.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]
// What a later version may add to is `#[non_exhaustive]`; an exhaustive type
// gives its reason in `expect(…)`.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs, unnameable_types)]
// Tests of private modules run on tokio and on threads; without `test`, the same code is checked.
#![cfg_attr(test, allow(clippy::disallowed_types, clippy::disallowed_methods))]

// First: the other modules use its macro.
#[macro_use]
mod no_condition;

mod catch;
#[macro_use]
mod child;
#[cfg(test)]
mod count_waker;
pub mod deployment;
mod engine;
mod error;
#[cfg(doc)]
pub mod guide;
mod inbox;
mod kinds;
#[cfg(feature = "lease")]
pub mod lease;
mod life;
mod mailbox;
#[cfg(all(test, shuttle))]
mod models;
mod observe;
mod packed_instant;
mod runtime;
#[cfg(all(test, not(shuttle)))]
mod size_tests;
mod slot;
mod spec;
mod supervisor;
mod sync;
#[cfg(all(unix, feature = "systemd"))]
pub mod systemd;
#[cfg(feature = "test-util")]
#[expect(clippy::disallowed_methods, reason = "tests of users wait by tokio's clock")]
pub mod testing;
mod tree;

#[doc(hidden)]
pub mod __private;

pub use self::child::{Addressable, AnyChildRef, ChildRef, Context, Worker, WorkerOnce};
pub use self::error::SupervisorError;
#[cfg(all(unix, feature = "process"))]
pub use self::kinds::Program;
pub use self::kinds::{Blocking, BlockingContext, Periodic};
pub use self::mailbox::Reply;
pub use self::spec::{
    AutoShutdown, Backoff, ChildError, ChildOptions, ChildPath, ChildResult, Escalate, ExitReason,
    HealthPart, MaxRestarts, Order, RestartPolicy, Shutdown, StartMode, SupervisionStrategy,
};
pub use self::supervisor::{LookupError, Supervisor, WeakSupervisor};
#[cfg(feature = "signal")]
pub use self::supervisor::{Run, run};
pub use self::tree::{Child, ChildSpec, Partitioned, Pool, SupervisorBuilder, Tree};

/// The conditions that the macros put on the types of a tree: the compiler's errors name them.
///
/// A type that implements [`Worker`], [`WorkerOnce`] or [`Child`](trait@Child) meets the conditions
/// on children; programs have no use for the traits here. [`WithoutContext`](bounds::WithoutContext) is met by no type: it is
/// there for the error about a job that takes a context.
pub mod bounds {
    pub use crate::child::{LifeFuture, NoTask, Question, TaskFn, TaskFuture};
    #[cfg(all(unix, feature = "process"))]
    pub use crate::kinds::Arguments;
    pub use crate::kinds::{BlockingFn, PeriodicFuture, PeriodicJob, WithoutContext};
    #[cfg(feature = "signal")]
    pub use crate::supervisor::IntoTree;
    pub use crate::tree::{
        ChildHandle, DefaultRecipe, DefaultValue, LongLived, OwnValue, Partition, SharedValue,
        Specification, WorkerOf, WorkerOnceOf, WorkerOnceSpec, WorkerSpec, WorkerValues,
    };
}

/// The events of a running tree, and their stream.
pub mod events {
    pub use crate::observe::{Event, EventKind, Events};
}

/// The parts of an exit reason, and an error that carries an exit code.
pub mod exit {
    pub use crate::spec::{Escalation, Failure, WithExitCode};
}

/// The health of a tree: what [`Supervisor::health`] returns, and the stream of its changes.
pub mod health {
    pub use crate::observe::{Health, HealthLease, HealthProblem, HealthReason};
    pub use crate::supervisor::HealthChanges;
}

/// Answers to queries about a running tree, and the report of a shutdown.
pub mod info {
    pub use crate::observe::{
        ChildCount, ChildInfo, ChildSpecInfo, LeaseState, LeaseStatus, ShutdownReport, Snapshot,
        Snapshots, SupervisorStats, Wait,
    };
    pub use crate::spec::{ChildKind, ChildName, ChildState, MessageTimes, TimeHistogram};
    pub use crate::supervisor::{Scan, ScannedChild, Slice};
}

/// Futures and errors of sending to a child, and the receiver of the messages that it leaves.
pub mod messages {
    pub use crate::child::{Asking, Sending};
    pub use crate::mailbox::{AskError, DeadLetters, SendError, TrySendError};
}

/// The workers of a pool: their templates, the ways to add them, and a hash for partitions.
pub mod pool {
    pub use crate::tree::{
        AddWorkerError, AddWorkersError, FnWorker, PerWorker, PoolTemplate, Shared, stable_hash,
    };
}

/// Tasks that a child spawns and that end with its life.
pub mod tasks {
    pub use crate::life::{SpawnedTask, Tasks};
}

/// Type-state markers of [`ChildSpec<S>`](ChildSpec).
pub mod specs {
    #[cfg(doc)]
    use crate::ChildSpec;
    pub use crate::tree::{PerWorkerTemplate, Ready, Runnable, SharedTemplate, Unset};
}

/// Futures returned by methods of a context, a supervisor and a tree.
pub mod futures {
    pub use crate::child::UntilShutdown;
    pub use crate::slot::{Ended, ShutdownRequested};
    pub use crate::supervisor::DrainRequested;
    pub use crate::tree::{AddChild, AddWorker, Starting};
}

#[cfg(feature = "macros")]
#[doc = include_str!("derive_child.md")]
pub use supervisor_macros::Child;

#[doc = include_str!("supervision_tree.md")]
#[doc = include_str!("rules.md")]
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! supervision_tree {
    // A proc macro cannot know what its caller calls this crate; `$crate` does.
    ($($tree:tt)*) => { $crate::__private::tree! { [$crate] $($tree)* } };
}

/// Declares a tree: needs the feature `macros`, which this documentation was built without.
///
/// Turn the feature on for the macro and its page; a supervisor can be built by hand too, with
/// [`Supervisor::new`].
// The pages that mention the macro link to it in each build.
#[cfg(all(doc, not(feature = "macros")))]
#[macro_export]
macro_rules! supervision_tree {
    ($($tree:tt)*) => {
        compile_error!("`supervision_tree!` needs the feature `macros` of `supervision-tree`")
    };
}

/// The items that a program with a tree needs.
pub mod prelude {
    // Each item has one page, at the root of the crate.
    #[doc(no_inline)]
    #[cfg(feature = "macros")]
    pub use crate::supervision_tree;
    #[doc(no_inline)]
    pub use crate::{
        Blocking, BlockingContext, Child, ChildError, ChildRef, ChildResult, ChildSpec, Context,
        Partitioned, Periodic, Pool, Reply, RestartPolicy, Shutdown, SupervisionStrategy,
        Supervisor, SupervisorError, Worker, WorkerOnce,
    };
}
