//! Messages to one child.

use super::Bench;
use crate::clock::Moment;
use crate::contender::{Contender, Later, Prepared};
use crate::figure::Figure;

pub(super) fn send(
    bench: &Bench,
    contender: &dyn Contender,
    producers: usize,
    n: usize,
) -> Option<Figure> {
    // Round up, so that all producers send the same number of messages.
    let n = n.next_multiple_of(producers);
    Some(cost(bench, contender.send(producers, n)?, n))
}

pub(super) fn ask(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    Some(cost(bench, contender.ask(n)?, n))
}

/// Measures the time per message or answer of a prepared exchange of `n` of them.
fn cost(bench: &Bench, prepared: Later<Prepared<()>>, n: usize) -> Figure {
    let exchange = bench.run(prepared).into_rest();
    let since = Moment::now();
    bench.run(exchange);
    Figure::time_of_each(since.passed(), n)
}
