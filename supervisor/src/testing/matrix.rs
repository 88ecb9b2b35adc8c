//! The fault matrix: each child of a tree, each fault, at each moment.

mod attempt;
mod case;
mod compare;
mod expected;
mod hook;
mod leaks;
mod model;
mod plan;
mod report;
mod run;
mod story;
mod survey;
mod table;
mod tree;
mod watchdog;

use std::collections::BTreeSet;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

pub use self::case::{Case, Fault, Moment};
use self::hook::{Check, Hook, Prepare};
pub use self::report::{FailedCase, MatrixFailure, MatrixReport};
pub use self::tree::{MatrixSource, TreeUnderTest};
use crate::spec::ChildPath;

/// Provokes each fault of each child of a tree, at each moment, and checks what follows.
///
/// The closure makes the tree, which is not started yet: a declared tree's `tree(…)`, or a
/// [`Supervisor`](crate::Supervisor) from its builder. It is called once for each case, so that each
/// case has a fresh tree. Awaiting the matrix runs all cases.
///
/// ```
/// # use supervisor::prelude::*;
/// # use supervisor::testing::{self, Fault, MatrixFailure};
/// # #[derive(Child, Default)]
/// # #[child(message = Reply<u32>)]
/// # struct Database;
/// # impl Worker for Database {
/// #     async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
/// #         while let Some(reply) = ctx.recv().await {
/// #             let _ = reply.send(42);
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # async fn cache(ctx: Context) -> ChildResult {
/// #     ctx.shutdown_requested().await;
/// #     Ok(())
/// # }
/// supervision_tree! {
///     Shop: rest_for_one {
///         db: Database,
///         cache: Transient,
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), MatrixFailure> { the_shop_survives_every_fault().await }
/// # /* A test is not run in an example.
/// #[tokio::test(start_paused = true)]
/// # */
/// async fn the_shop_survives_every_fault() -> Result<(), MatrixFailure> {
///     let report = testing::fault_matrix(|| Shop::tree())
///         .check(async |shop: &Shop, _case| match shop.db().ask(|reply| reply).await {
///             Ok(42) => Ok(()),
///             other => Err(format!("the database answers {other:?}")),
///         })
///         .states("db", Fault::Panic, "restarts db, cache")
///         .states("cache", Fault::Ok, "cache stays down")
///         .await?;
///     assert_eq!(report.passed.len(), 48); // 2 children, 8 faults, 3 moments
///     println!("{report}");
///     Ok(())
/// }
/// ```
///
/// # Faults and moments
///
/// See [`Fault`] and [`Moment`]. A case that does not apply is skipped, and the report says why: a
/// supervisor can only be killed, a thread or a process cannot be made to hang, a child that has
/// `shutdown = infinity` and hangs is never stopped, a `Temporary` child is not started again, and
/// a child without a sibling that is restarted has no such moment. Workers of a pool are children
/// too, if [`prepare`](FaultMatrix::prepare) adds some.
///
/// # Checks
///
/// After each fault:
///
/// - Exactly the children are restarted that strategies, policies and limits say, as often and in
///   the order that they say. This is worked out from the tree's options alone, by OTP's tables,
///   apart from the code that supervises. (While a sibling restarts, two failures meet, and either
///   may come first: then the set of the restarted children has to fit one of the orders.)
/// - All children that are to run do so within the limit, and the tree is as expected a while
///   later. A tree that is to end, as after an [`Escalate`](crate::Escalate) of a child of the root,
///   has ended.
/// - The addresses from before the fault lead to the children that run now, whose mailboxes are
///   open, and no message is left waiting.
/// - The [closures of the test](FaultMatrix::check) return `Ok`.
/// - The shutdown is within the tree's budget, and all children stop by themselves, except in cases
///   with a child that hangs: others may wait for it.
/// - No task of the tree is left in the runtime, no slot of a child in memory, no message in a
///   mailbox; and, on Linux, no process and no file descriptor in the program.
///
/// A child that hangs and has no `heartbeat` is not noticed: then nothing is expected to happen but
/// a shutdown in time, and the test's closures are not called.
///
/// # Requirements
///
/// A tokio runtime on one thread, with a paused clock: `#[tokio::test(start_paused = true)]`. A
/// tree with a `Program`, which lives in real time, is run by
/// [`in_real_time`](FaultMatrix::in_real_time). A tree has to come to rest: within a minute after
/// its start, no child is starting or about to be restarted. Between faults, no child may end by
/// itself, unless [`may_restart`](FaultMatrix::may_restart) names it.
///
/// A tree with a lease (feature `lease`) is tried as the replica that holds it: its engine is a
/// `MemoryLeases` of its own, made in the closure. The keeper of the lease fails, too; the next one waits
/// until the lease of the last has ended.
///
/// A case that takes longer than 20 seconds of real time fails. If the case blocks the thread, so
/// that nothing else can end it, it is printed to stderr, and the program is ended with the exit
/// code 101.
///
/// # One test per case
///
/// The attribute of the same name makes a test of each case.
pub fn fault_matrix<'a, T: TreeUnderTest>(make: impl FnMut() -> T + 'a) -> FaultMatrix<'a, T> {
    FaultMatrix {
        options: Options {
            make: Box::new(make),
            prepare: None,
            checks: Vec::new(),
            children: BTreeSet::new(),
            faults: Fault::ALL.to_vec(),
            moments: Moment::ALL.to_vec(),
            exempt: Vec::new(),
            unsteady: BTreeSet::new(),
            stated: Vec::new(),
            table: None,
            within: None,
            quiet: None,
            real_time: None,
            in_real_time: false,
            keeps_addresses: false,
        },
    }
}

/// A fault matrix that is about to be run: returned by [`fault_matrix`], and run by `.await`.
#[must_use = "nothing happens until it is awaited"]
pub struct FaultMatrix<'a, T: TreeUnderTest> {
    options: Options<'a, T>,
}

/// The settings of a matrix.
struct Options<'a, T: TreeUnderTest> {
    make: Box<dyn FnMut() -> T + 'a>,
    prepare: Option<Box<dyn Hook<T::Handle> + 'a>>,
    checks: Vec<Box<dyn Hook<T::Handle> + 'a>>,
    /// The only children to be tried; all if it is empty.
    children: BTreeSet<String>,
    faults: Vec<Fault>,
    moments: Vec<Moment>,
    /// Cases that are left out, with the reasons.
    exempt: Vec<(String, Fault, String)>,
    unsteady: BTreeSet<String>,
    /// The consequences that the test states.
    stated: Vec<(String, Fault, String)>,
    table: Option<PathBuf>,
    within: Option<Duration>,
    quiet: Option<Duration>,
    real_time: Option<Duration>,
    in_real_time: bool,
    keeps_addresses: bool,
}

/// The time that is added to what the options of the tree allow for a recovery.
const ALLOWANCE: Duration = Duration::from_secs(10);

impl<T: TreeUnderTest> Options<'_, T> {
    /// Returns the pause in which all that is ready goes on until it waits.
    fn pause(&self) -> Duration {
        Duration::from_millis(if self.in_real_time { 20 } else { 1 })
    }

    /// Returns the time after a recovery in which nothing else may happen.
    fn quiet(&self) -> Duration {
        let default = if self.in_real_time { 50 } else { 1_000 };
        self.quiet.unwrap_or(Duration::from_millis(default))
    }

    /// Returns the time by which a shutdown may exceed its budget: a timer is late by up to a
    /// millisecond, and a machine by more.
    fn slack(&self) -> Duration {
        Duration::from_millis(if self.in_real_time { 2_000 } else { 100 })
    }

    /// Returns the limit of a case in real time.
    fn real_limit(&self) -> Duration {
        let default = if self.in_real_time { 120 } else { 20 };
        self.real_time.unwrap_or(Duration::from_secs(default))
    }
}

impl<'a, T: TreeUnderTest> FaultMatrix<'a, T> {
    /// Calls this closure with the handle of each tree when the tree has recovered.
    ///
    /// An error, or a panic, fails the case. A matrix may have several closures. They are not
    /// called for a tree that has ended, and not for a child that hangs unnoticed. A call may take
    /// a minute.
    pub fn check<F, E>(mut self, check: F) -> Self
    where
        F: AsyncFn(&T::Handle, &Case) -> Result<(), E> + 'a,
        E: fmt::Display + 'a,
    {
        self.options.checks.push(Box::new(Check::new(check)));
        self
    }

    /// Calls this closure with the handle of each tree when it has started, before the fault.
    ///
    /// It may add workers to pools, which are tried as declared children are.
    pub fn prepare<F, E>(mut self, prepare: F) -> Self
    where
        F: AsyncFn(&T::Handle) -> Result<(), E> + 'a,
        E: fmt::Display + 'a,
    {
        self.options.prepare = Some(Box::new(Prepare::new(prepare)));
        self
    }

    /// Tries only this child, and those of other calls.
    pub fn only_child(mut self, path: impl AsRef<str>) -> Self {
        self.options.children.insert(path.as_ref().to_owned());
        self
    }

    /// Tries only these faults.
    pub fn only_faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.options.faults = faults.into_iter().collect();
        self
    }

    /// Tries only at these moments.
    pub fn only_moments(mut self, moments: impl IntoIterator<Item = Moment>) -> Self {
        self.options.moments = moments.into_iter().collect();
        self
    }

    /// Leaves out this fault of this child, for a reason, which the report repeats.
    pub fn except(
        mut self,
        path: impl AsRef<str>,
        fault: Fault,
        reason: impl Into<String>,
    ) -> Self {
        self.options.exempt.push((path.as_ref().to_owned(), fault, reason.into()));
        self
    }

    /// Lets this child restart, or end, for reasons of its own, such as the loss of a sibling.
    ///
    /// It may also not be restarted although its supervisor's strategy says so.
    pub fn may_restart(mut self, path: impl AsRef<str>) -> Self {
        self.options.unsteady.insert(path.as_ref().to_owned());
        self
    }

    /// States what follows from this fault of a child in a calm tree, in the words of the
    /// [table](MatrixReport::table).
    ///
    /// The checks of the matrix are worked out from the tree's options, and so follow every change
    /// of them. This statement does not.
    pub fn states(
        mut self,
        path: impl AsRef<str>,
        fault: Fault,
        consequence: impl Into<String>,
    ) -> Self {
        self.options.stated.push((path.as_ref().to_owned(), fault, consequence.into()));
        self
    }

    /// Compares the [table](MatrixReport::table) of all consequences with the one in this file.
    ///
    /// The file is committed, so that a change of a strategy, of a policy or of the order of
    /// children is seen where it is reviewed. The path is relative to the folder of the package.
    /// With the environment variable `UPDATE_FAULT_MATRIX`, the file is written instead.
    pub fn matches(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.table = Some(file.into());
        self
    }

    /// Sets how long the tree may take to recover, on tokio's clock.
    ///
    /// Default: what the options of the tree allow (the delays of restarts, the limits of starts
    /// and heartbeats, and twice the shutdown budget), and ten seconds more.
    pub fn within(mut self, limit: Duration) -> Self {
        self.options.within = Some(limit);
        self
    }

    /// Sets how long nothing else may happen after a recovery, on tokio's clock. Default: a second,
    /// and 50 milliseconds [in real time](Self::in_real_time).
    ///
    /// A tree in which children come and go by themselves, each after some time, is tried in less.
    pub fn quiet_for(mut self, time: Duration) -> Self {
        self.options.quiet = Some(time);
        self
    }

    /// Sets how long a case may take in real time. Default: 20 seconds, and two minutes
    /// [in real time](Self::in_real_time).
    pub fn real_time_limit(mut self, limit: Duration) -> Self {
        self.options.real_time = Some(limit);
        self
    }

    /// Allows a clock that runs, and several threads.
    ///
    /// For a tree with children that live in real time, such as a `Program`. Delays, heartbeats and
    /// shutdown times pass in real time then, and what happens at the same moment is not the same
    /// each time.
    pub fn in_real_time(mut self) -> Self {
        self.options.in_real_time = true;
        self
    }

    /// Does not check that the memory of the children is free in the end, since the test keeps
    /// addresses of the tree.
    pub fn keeping_addresses(mut self) -> Self {
        self.options.keeps_addresses = true;
        self
    }

    /// Runs one case on a runtime of its own: what a test of the attribute does.
    ///
    /// A case that does not apply is printed with the reason.
    ///
    /// # Panics
    ///
    /// With the story of the case, if it fails; within a runtime.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "the output of a test, which is shown on demand")]
    pub fn run_case(self, path: &str, fault: Fault, moment: Moment) {
        let case = Case { path: ChildPath::parse(path), fault, moment };
        match on_a_paused_clock(self.options.in_real_time, self.options.run_one(&case)) {
            Ok(None) => {}
            Ok(Some(reason)) => println!("does not apply: {reason}"),
            Err(failure) => panic!("{failure}"),
        }
    }

    /// Checks that the tree has exactly these children, on a runtime of its own: what a test of the
    /// attribute does. It starts the tree, and shuts it down.
    ///
    /// # Panics
    ///
    /// With the difference; if the tree does not start or stop; within a runtime.
    #[track_caller]
    pub fn run_children(self, named: &[&str]) {
        let in_real_time = self.options.in_real_time;
        let found = match on_a_paused_clock(in_real_time, self.options.paths()) {
            Ok(found) => found,
            Err(failure) => panic!("{failure}"),
        };
        let lacks: Vec<&String> =
            found.iter().filter(|path| !named.contains(&path.as_str())).collect();
        let unknown: Vec<&&str> =
            named.iter().filter(|path| !found.iter().any(|known| known == **path)).collect();
        assert!(
            lacks.is_empty() && unknown.is_empty(),
            "`#[fault_matrix(…)]` names other children than the tree has\n\
             not named: {lacks:?}\nnot there: {unknown:?}\nthe tree has: {found:?}"
        );
    }
}

/// Runs a future on a runtime with one thread.
fn on_a_paused_clock<F: Future>(in_real_time: bool, future: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(!in_real_time);
    match builder.build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("no runtime could be made: {error}"),
    }
}

impl<'a, T: TreeUnderTest + 'a> IntoFuture for FaultMatrix<'a, T> {
    type Output = Result<MatrixReport, MatrixFailure>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + 'a>>;

    /// Runs all cases.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the tree of the present case, which is then shut down.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.options.run())
    }
}

impl<T: TreeUnderTest> fmt::Debug for FaultMatrix<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultMatrix")
            .field("faults", &self.options.faults)
            .field("moments", &self.options.moments)
            .finish_non_exhaustive()
    }
}

/// A stated consequence that is not the one found.
struct UnmetStatement<'s> {
    path: &'s str,
    fault: Fault,
    stated: &'s str,
    found: &'s str,
}

impl fmt::Display for UnmetStatement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, fault, stated, found } = self;
        write!(f, "`{path}` {}\n   stated: {stated}\n   found:  {found}", fault.deed())
    }
}
