//! The code of the jobs, which runs in the process that does one of them.

mod builds;
mod churn;
mod counted;
mod lifetime;
mod messages;
mod restarts;
#[cfg(feature = "page")]
mod watched;

use tokio::runtime::{Builder, Runtime};

use crate::contenders::{AtWork, Who, erlang};
use crate::figure::Figure;
use crate::job::Job;
use crate::stage::Failure;

/// A figure; `None` if the contender cannot do the job, and an error if the contender fails.
type Outcome = Result<Option<Figure>, Box<dyn std::error::Error>>;

/// The number of workers of every Rust contender's runtime.
const WORKERS: usize = 2;

/// Does one job; `None` if the contender cannot do it, and an error if the contender fails.
pub(crate) fn run(job: Job, who: Who, n: usize) -> Outcome {
    let contender = match who.at_work() {
        AtWork::Here(contender) => contender,
        AtWork::Erlang => return erlang::run(job, n),
        #[cfg(not(feature = "peers"))]
        AtWork::Missing => return Ok(None),
    };
    let bench = Bench::new();
    let figure = match job {
        Job::Start | Job::StartMillion => lifetime::start(&bench, contender, n),
        Job::StartOneByOne => lifetime::start_one_by_one(&bench, contender, n),
        Job::Memory => lifetime::memory(&bench, contender, n),
        Job::MemoryPairs => lifetime::memory_of_pairs(&bench, contender, n),
        Job::Storm => restarts::storm(&bench, contender, n),
        Job::Churn | Job::ChurnMillion => churn::time(&bench, contender, n),
        Job::ChurnMemory => churn::memory(&bench, contender, n),
        Job::Stop | Job::StopMillion => lifetime::stop(&bench, contender, n),
        Job::Idle => lifetime::idle(&bench, contender, n),
        Job::Restart => restarts::alone(&bench, contender, n, Failure::Error)?,
        Job::RestartPanic => restarts::alone(&bench, contender, n, Failure::Panic)?,
        Job::RestartAmong => restarts::among(&bench, contender, n)?,
        Job::RestartWindow => restarts::in_the_window(&bench, contender, n)?,
        Job::LimitMemory => restarts::memory(&bench, contender, n),
        Job::Look => restarts::looked_at(&bench, contender, n),
        #[cfg(feature = "page")]
        Job::Watched => watched::restarts(&bench, contender, n)?,
        #[cfg(not(feature = "page"))]
        Job::Watched => None,
        Job::Message => messages::send(&bench, contender, 1, n),
        Job::MessageFrom8 => messages::send(&bench, contender, 8, n),
        Job::Ask => messages::ask(&bench, contender, n),
        // Its target is too near for time.
        Job::AskLogged => None,
        Job::Build => builds::empty_crate(who)?,
        Job::Tracing => builds::with_tracing(n)?,
        Job::Expansion => builds::expansion(n)?,
    };
    // The process is about to end, so a million tasks need no cleanup before.
    std::mem::forget(bench);
    Ok(figure)
}

/// Does one job, whose instructions Valgrind counts; `false` if the contender cannot do it.
pub(crate) fn run_counted(job: Job, who: Who, n: usize) -> Result<bool, &'static str> {
    match who.at_work() {
        AtWork::Here(contender) => Ok(counted::run(job, contender, n)),
        AtWork::Erlang => Err("Valgrind counts what this program does"),
        #[cfg(not(feature = "peers"))]
        AtWork::Missing => Ok(false),
    }
}

/// The runtime on which contenders run; the first thread only measures.
struct Bench(Runtime);

impl Bench {
    fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
        Self(runtime.expect("the system gives a runtime its threads"))
    }

    /// Runs a future on a worker, as the tasks of a service run.
    fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        self.0.block_on(self.0.spawn(future)).expect("a job does not panic")
    }

    /// Runs a future on the first thread, as `main` does.
    fn run_on_main<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }
}
