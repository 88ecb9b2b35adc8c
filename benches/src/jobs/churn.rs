//! Workers that are replaced by others, over and over.

use super::Bench;
use crate::clock::Moment;
use crate::contender::{Churning, Contender};
use crate::figure::{Figure, number};
use crate::process;

/// The number of workers that are alive at a time.
const ALIVE: usize = 10_000;

/// Measures the time per worker.
pub(super) fn time(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let churning = started(bench, contender, n)?;
    let since = Moment::now();
    let _churning = bench.run(churning.churn(n));
    Some(Figure::time_of_each(since.passed(), n))
}

/// Measures the growth of the resident set per worker.
pub(super) fn memory(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let churning = started(bench, contender, n)?;
    let before = process::resident();
    let _churning = bench.run(churning.churn(n));
    let grown = process::resident().saturating_sub(before);
    Some(Figure::of(number(grown) / number(n)))
}

/// Starts the workers, and replaces some: later ones find memory that earlier ones have left.
fn started(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Churning> {
    let churning = bench.run(contender.churn(ALIVE)?);
    Some(bench.run(churning.churn(n / 10)))
}
