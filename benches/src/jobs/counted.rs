//! Jobs whose instructions are counted: on one thread, so that each run is like the other.

use std::hint::black_box;
use std::panic;

use tokio::runtime::{Builder, Runtime};
use tracing::Level;

use super::lifetime::until_all_run;
use crate::contender::{Contender, Later, Prepared, Window};
use crate::job::Job;
use crate::stage::{self, Failure};

/// Does one job; returns `false` if the contender cannot do it.
pub(super) fn run(job: Job, contender: &dyn Contender, n: usize) -> bool {
    let runtime = Builder::new_current_thread().enable_all().build();
    let bench = Bench(runtime.expect("the system gives a runtime what it needs"));
    let done = match job {
        Job::Start => start(&bench, contender, n),
        Job::Stop => stop(&bench, contender, n),
        Job::Restart => restart(&bench, contender, n, Failure::Error),
        Job::RestartPanic => restart(&bench, contender, n, Failure::Panic),
        Job::Storm => storm(&bench, contender, n),
        Job::Churn => churn(&bench, contender, n),
        Job::Message => exchange(&bench, contender.send(1, n)),
        Job::MessageFrom8 => exchange(&bench, contender.send(8, n.next_multiple_of(8))),
        Job::Ask => exchange(&bench, contender.ask(n)),
        Job::AskLogged => {
            log_warnings();
            exchange(&bench, contender.ask(n))
        }
        _ => None,
    };
    std::mem::forget(bench);
    done.is_some()
}

struct Bench(Runtime);

impl Bench {
    /// Runs a future in a task, as the work of a service runs.
    fn run<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        self.0.block_on(self.0.spawn(future)).expect("a job does not panic")
    }
}

/// Runs what is to be counted. Valgrind counts while this function runs, and knows it by its name.
#[inline(never)]
fn collected<T>(call: impl FnOnce() -> T) -> T {
    // Not a tail call, after which the function would no longer be running.
    black_box(call())
}

fn start(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<()> {
    stage::expect(n);
    let starting = contender.start(n)?;
    let _tree = collected(|| bench.run(until_all_run(starting)));
    Some(())
}

fn stop(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<()> {
    stage::expect(n);
    let tree = bench.run(until_all_run(contender.start(n)?));
    collected(|| {
        bench.run(tree.stop());
        while stage::alive() > 0 {
            bench.run(tokio::task::yield_now());
        }
    });
    Some(())
}

fn restart(bench: &Bench, contender: &dyn Contender, n: usize, how: Failure) -> Option<()> {
    if how == Failure::Panic {
        panic::set_hook(Box::new(|_| ()));
    }
    // The first restarts are not counted: they fill caches.
    stage::expect((n / 10).max(1));
    let _tree = bench.run(contender.fail(0, how, Window::Short)?);
    bench.run(stage::all_up());
    stage::expect(stage::lives() + n);
    collected(|| bench.run(stage::all_up()));
    Some(())
}

fn storm(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<()> {
    stage::expect(n);
    let _tree = bench.run(until_all_run(contender.await_storm(n)?));
    stage::expect(2 * n);
    collected(|| {
        stage::strike();
        bench.run(stage::all_up());
    });
    Some(())
}

fn churn(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<()> {
    let churning = bench.run(contender.churn(n)?);
    let _churning = collected(|| bench.run(churning.churn(n)));
    Some(())
}

fn exchange(bench: &Bench, prepared: Option<Later<Prepared<()>>>) -> Option<()> {
    let exchange = bench.run(prepared?).into_rest();
    collected(|| bench.run(exchange));
    Some(())
}

/// Installs a subscriber as production services have one, which writes warnings and errors.
fn log_warnings() {
    tracing_subscriber::fmt().with_max_level(Level::WARN).with_writer(std::io::sink).init();
}
