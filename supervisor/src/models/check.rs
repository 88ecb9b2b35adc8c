//! Runs a model under many schedules, and says how a failure is replayed.
//!
//! Environment variables, which `.ci/models` sets:
//!
//! - `MODEL_MILLIS`: how long each model runs, in milliseconds; half a second by default. One half of
//!   the time takes schedules at random, the other those with few changes of priority (PCT), which
//!   find faults that need one thread to stand still for long.
//! - `MODEL_SEED`: the seed of the schedules; a new one each time by default.
//! - `MODEL_SCHEDULE`: a file with the one schedule to run.

use std::any::type_name;
use std::cell::RefCell;
use std::env;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::sync::model::runtime;
pub(super) use crate::sync::model::runtime::Time;

/// The number of schedules that share one random scheduler.
const ROUND: usize = 50;

/// The number of priorities that a PCT schedule changes, and one.
const PCT_DEPTH: usize = 3;

/// The number of steps after which a run is taken for one that never ends.
const STEPS: usize = 300_000;

/// The state that a run of a model has to leave behind as it should be.
#[derive(Default)]
struct Run {
    /// Values that must be gone at the end, with their names.
    leaks: Vec<(String, Box<dyn Fn() -> bool>)>,
    /// The failures seen in a child, whose panic would only end its life.
    faults: Vec<String>,
}

thread_local! {
    /// The present run. All threads of a model run on one thread of the process.
    static RUN: RefCell<Run> = RefCell::default();
}

/// Notes that this value must be gone at the end of the run.
pub(super) fn must_be_gone<T: ?Sized + 'static>(name: impl Into<String>, value: &Arc<T>) {
    let weak: Weak<T> = Arc::downgrade(value);
    let is_gone = Box::new(move || weak.strong_count() == 0);
    RUN.with_borrow_mut(|run| run.leaks.push((name.into(), is_gone)));
}

/// Fails the run unless the condition holds. For children: a panic is only the end of a life.
pub(super) fn must(holds: bool, rule: &str) {
    if !holds {
        RUN.with_borrow_mut(|run| run.faults.push(rule.to_owned()));
    }
}

/// Runs the model under many schedules. At the end of each, all tasks must have ended, and all that
/// [`must_be_gone`] must be gone.
pub(super) fn check<F: Fn() + Send + Sync + 'static>(time: Time, model: F) {
    // (libtest names its threads after their tests, unless all tests run in one.)
    let thread = thread::current();
    let name = thread.name().filter(|name| name.starts_with("models::"));
    let name = name.unwrap_or(type_name::<F>()).to_owned();
    let run: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        runtime::begin(time);
        RUN.set(Run::default());
        model();
        runtime::join();
        let Run { leaks, faults } = RUN.take();
        assert!(faults.is_empty(), "{}", faults.join("; "));
        let left: Vec<_> = leaks.into_iter().filter(|(_, is_gone)| !is_gone()).collect();
        let left: Vec<_> = left.into_iter().map(|(name, _)| name).collect();
        assert!(left.is_empty(), "never dropped: {}", left.join(", "));
    });
    if let Ok(file) = env::var("MODEL_SCHEDULE") {
        let scheduler = ReplayScheduler::new_from_file(&file).expect("MODEL_SCHEDULE is a file");
        run_all(scheduler, config(FailurePersistence::None, None), &run);
        println!("the model passes with this schedule");
        return;
    }
    let half = Duration::from_millis(number("MODEL_MILLIS").unwrap_or(500)) / 2;
    let seed = number("MODEL_SEED").unwrap_or_else(|| RandomState::new().hash_one(&name));

    let began = Instant::now();
    let mut random = 0;
    // In rounds, since a random scheduler that is stopped by the clock reports its seed as failed.
    for round in 0.. {
        let scheduler = RandomScheduler::new_from_seed(seed.wrapping_add(round), ROUND);
        random += run_or_explain(&name, "random", scheduler, None, &run);
        if began.elapsed() >= half {
            break;
        }
    }
    let scheduler = PctScheduler::new_from_seed(seed, PCT_DEPTH, usize::MAX);
    let pct = run_or_explain(&name, "pct", scheduler, Some(half), &run);
    println!("{name}: {random} schedules at random, {pct} of PCT");
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

fn config(persistence: FailurePersistence, limit: Option<Duration>) -> Config {
    let mut config = Config::new();
    config.stack_size = 0x4_0000;
    config.failure_persistence = persistence;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    config.max_time = limit;
    config.silence_warnings = true;
    config
}

fn run_all(
    scheduler: impl Scheduler + 'static,
    config: Config,
    run: &Arc<dyn Fn() + Send + Sync>,
) -> usize {
    let run = Arc::clone(run);
    Runner::new(scheduler, config).run(move || run())
}

/// Runs the model. If it fails, says where the schedule is and how it is replayed.
fn run_or_explain(
    model: &str,
    kind: &str,
    scheduler: impl Scheduler + 'static,
    limit: Option<Duration>,
    run: &Arc<dyn Fn() + Send + Sync>,
) -> usize {
    let folder = schedules().join(model.replace("::", "-")).join(kind);
    fs::create_dir_all(&folder).expect("the folder of the schedules can be made");
    let persistence = FailurePersistence::File(Some(folder.clone()));
    let ran =
        catch_unwind(AssertUnwindSafe(|| run_all(scheduler, config(persistence, limit), run)));
    ran.unwrap_or_else(|failure| {
        let files = fs::read_dir(&folder).into_iter().flatten().flatten();
        let newest = files.max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok());
        if let Some(file) = newest {
            let path = file.path().canonicalize().unwrap_or_else(|_| file.path());
            eprintln!("\nReplay it: bash .ci/models --replay {model} {}\n", path.display());
        }
        resume_unwind(failure)
    })
}

/// Returns the folder for the schedules of failures.
fn schedules() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/models/schedules")
}
