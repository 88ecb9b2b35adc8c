//! One child that fails in each of its lives.

use std::panic;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::lifetime::until_all_run;
use super::{Bench, Outcome};
use crate::clock::Moment;
use crate::contender::{Contender, Standing, Window};
use crate::figure::{Figure, number};
use crate::stage::Failure;
use crate::{process, stage};

/// The longest time for which restarts are counted: some contenders make few.
const LONGEST: Duration = Duration::from_secs(1);

/// The interval at which the first thread reads the number of lives.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The number of times that all children are looked at during a storm of restarts.
const LOOKS: usize = 10;

pub(super) fn alone(bench: &Bench, contender: &dyn Contender, n: usize, how: Failure) -> Outcome {
    if how == Failure::Panic {
        // Print nothing, like a production service whose panics go to a log that is switched off.
        panic::set_hook(Box::new(|_| ()));
    }
    let Some(_tree) = failing(bench, contender, 0, how, Window::Short) else { return Ok(None) };
    wait_for_lives(n / 10);
    cost_of(n)
}

pub(super) fn among(bench: &Bench, contender: &dyn Contender, n: usize) -> Outcome {
    let tree = failing(bench, contender, n, Failure::Error, Window::Short);
    let Some(_tree) = tree else { return Ok(None) };
    wait_for_lives(n + n / 10);
    cost_of(n)
}

pub(super) fn in_the_window(bench: &Bench, contender: &dyn Contender, n: usize) -> Outcome {
    let tree = failing(bench, contender, 0, Failure::Error, Window::Long);
    let Some(_tree) = tree else { return Ok(None) };
    while stage::lives() < n {
        sleep(LOOK_EVERY);
    }
    cost_of(n / 5)
}

pub(super) fn memory(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let _tree = failing(bench, contender, 0, Failure::Error, Window::Long)?;
    let before = process::resident();
    let first = stage::lives();
    while stage::lives() < n {
        sleep(LOOK_EVERY);
    }
    let grown = process::resident().saturating_sub(before);
    Some(Figure::of(number(grown) / number(n - first.min(n - 1))))
}

pub(super) fn looked_at(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    let tree = failing(bench, contender, n, Failure::Error, Window::Short)?;
    wait_for_lives(n + n / 10);
    drop(tree.look()?);
    stage::watch_pauses();
    let before = stage::lives();
    let mut looks = 0;
    // Looks at few children may be over before the next restart.
    while looks < LOOKS || stage::lives() == before {
        bench.run(tree.look()?);
        looks += 1;
    }
    let restarts = stage::lives() - before;
    let figure = Figure::of(stage::longest_pause().as_secs_f64() * 1e9);
    Some(figure.with_note(format!("{restarts} restarts during {looks} looks")))
}

/// Measures the time until all of so many children, which fail at once, are up again.
pub(super) fn storm(bench: &Bench, contender: &dyn Contender, n: usize) -> Option<Figure> {
    stage::expect(n);
    let _tree = bench.run(until_all_run(contender.await_storm(n)?));
    stage::expect(2 * n);
    let since = Moment::now();
    stage::strike();
    bench.run(stage::all_up());
    Some(Figure::time_of_each(since.passed(), n))
}

/// Starts a child that fails in each of its lives, among so many siblings.
pub(super) fn failing(
    bench: &Bench,
    contender: &dyn Contender,
    siblings: usize,
    how: Failure,
    window: Window,
) -> Option<Standing> {
    contender.fail(siblings, how, window).map(|starting| bench.run(starting))
}

/// Waits until so many lives have begun, or for [`LONGEST`].
fn wait_for_lives(lives: usize) {
    let since = Instant::now();
    while stage::lives() < lives && since.elapsed() < LONGEST {
        sleep(LOOK_EVERY);
    }
}

/// Measures the cost of a restart, over this number of restarts.
pub(super) fn cost_of(restarts: usize) -> Outcome {
    let (since, before) = (Moment::now(), stage::lives());
    wait_for_lives(before + restarts);
    let counted = stage::lives() - before;
    let passed = since.passed();
    if counted == 0 {
        return Err("no restart in a second".into());
    }
    Ok(Some(Figure::time_of_each(passed, counted)))
}
