//! Children that start, wait, and are stopped.

use std::thread::sleep;
use std::time::Duration;

use super::Bench;
use crate::clock::Moment;
use crate::contender::{Contender, Later, Standing};
use crate::figure::{Figure, number};
use crate::{process, stage};

/// The time for which an idle tree is observed.
const IDLE: Duration = Duration::from_secs(1);

/// The time that a tree gets to finish the work of its start.
const SETTLE: Duration = Duration::from_millis(300);

pub(super) fn start(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    stage::expect(n);
    let starting = contender.start(n)?;
    let since = Moment::now();
    let _tree = bench.run(until_all_run(starting));
    Some(Figure::time_of_each(since.passed(), n))
}

pub(super) fn start_one_by_one(
    bench: &Bench,
    contender: &dyn Contender,
    n: usize,
) -> Option<Figure> {
    stage::expect(n);
    let adding = bench.run(contender.start_one_by_one(n)?).into_rest();
    let since = Moment::now();
    let _tree = bench.run_on_main(until_all_run(adding));
    Some(Figure::time_of_each(since.passed(), n))
}

pub(super) fn memory(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    stage::expect(n);
    Some(memory_of_each(bench, contender.start(n)?, n))
}

pub(super) fn memory_of_pairs(
    bench: &Bench,
    contender: &dyn Contender,
    n: usize,
) -> Option<Figure> {
    stage::expect(2 * n);
    Some(memory_of_each(bench, contender.start_pairs(n)?, n))
}

/// Measures the memory per unit of a tree of `n` units, as the growth of the resident set.
fn memory_of_each(bench: &Bench, starting: Later<Standing>, n: usize) -> Figure {
    let before = process::resident();
    let _tree = bench.run(until_all_run(starting));
    let grown = process::resident().saturating_sub(before);
    Figure::of(number(grown) / number(n))
}

pub(super) fn stop(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    stage::expect(n);
    let tree = bench.run(until_all_run(contender.start(n)?));
    let since = Moment::now();
    bench.run(tree.stop());
    let left = stage::alive();
    while stage::alive() > 0 {
        sleep(Duration::from_micros(50));
    }
    let figure = Figure::time_of_each(since.passed(), n);
    Some(if left == 0 { figure } else { figure.with_note("returns before they have ended") })
}

pub(super) fn idle(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    stage::expect(n);
    let _tree = bench.run(until_all_run(contender.start(n)?));
    sleep(SETTLE);
    let (since, before) = (Moment::now(), process::sleeps());
    sleep(IDLE);
    let (after, passed) = (process::sleeps(), since.passed());
    let figure = Figure::of(number(after - before));
    Some(figure.with_note(format!("{:.1} ms of processor time", passed.cpu.as_secs_f64() * 1e3)))
}

/// Waits until the tree has started and all of its children have run.
pub(super) async fn until_all_run(starting: Later<Standing>) -> Standing {
    let tree = starting.await;
    stage::all_up().await;
    tree
}
