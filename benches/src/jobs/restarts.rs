//! One child that fails in each of its lives.

use std::panic;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Bench;
use crate::clock::Moment;
use crate::contender::{Contender, Standing, Window};
use crate::figure::{Figure, number};
use crate::stage::Failure;
use crate::{process, stage};

/// How long restarts are counted at most: some contenders make few.
const LONGEST: Duration = Duration::from_secs(1);

/// How often the first thread looks how many there were.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How often all children are looked at during a storm.
const LOOKS: usize = 10;

pub(super) fn alone(
    bench: &Bench,
    contender: &dyn Contender,
    n: usize,
    how: Failure,
) -> Option<Figure> {
    if how == Failure::Panic {
        // As a service in production whose panics go to a log that is switched off.
        panic::set_hook(Box::new(|_| ()));
    }
    let _tree = storm(bench, contender, 0, how, Window::Short)?;
    begun(n / 10);
    Some(cost_of(n))
}

pub(super) fn among(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let _tree = storm(bench, contender, n, Failure::Error, Window::Short)?;
    begun(n + n / 10);
    Some(cost_of(n))
}

pub(super) fn in_the_window(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let _tree = storm(bench, contender, 0, Failure::Error, Window::Long)?;
    while stage::lives() < n {
        sleep(LOOK_EVERY);
    }
    Some(cost_of(n / 5))
}

pub(super) fn memory(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let _tree = storm(bench, contender, 0, Failure::Error, Window::Long)?;
    let before = process::resident();
    let first = stage::lives();
    while stage::lives() < n {
        sleep(LOOK_EVERY);
    }
    let grown = process::resident().saturating_sub(before);
    Some(Figure::of(number(grown) / number(n - first.min(n - 1))))
}

pub(super) fn looked_at(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let tree = storm(bench, contender, n, Failure::Error, Window::Short)?;
    begun(n + n / 10);
    drop(tree.look()?);
    stage::watch_pauses();
    let before = stage::lives();
    for _ in 0..LOOKS {
        bench.run(tree.look()?);
    }
    let restarts = stage::lives() - before;
    assert!(restarts > 0, "no restart while the children were looked at");
    let figure = Figure::of(stage::longest_pause().as_secs_f64() * 1e9);
    Some(figure.with_note(format!("{restarts} restarts during {LOOKS} looks")))
}

fn storm(
    bench: &Bench,
    contender: &dyn Contender,
    siblings: usize,
    how: Failure,
    window: Window,
) -> Option<Standing> {
    contender.fail(siblings, how, window).map(|starting| bench.run(starting))
}

/// Waits until so many lives have begun, or long enough.
fn begun(lives: usize) {
    let since = Instant::now();
    while stage::lives() < lives && since.elapsed() < LONGEST {
        sleep(LOOK_EVERY);
    }
}

/// What a restart costs, from as many as these.
fn cost_of(restarts: usize) -> Figure {
    let (since, before) = (Moment::now(), stage::lives());
    begun(before + restarts);
    // A contender that is slow beyond all measure has at least one.
    while stage::lives() == before {
        sleep(LOOK_EVERY);
    }
    Figure::time_of_each(since.passed(), stage::lives() - before)
}
