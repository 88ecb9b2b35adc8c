//! The cost against the number of children, in a panel for each job.

use super::color;
use super::scale::{Log, label};
use super::svg::{Anchor, Picture};
use crate::contenders::Who;
use crate::figure::number;
use crate::job::{Job, Unit};
use crate::plan::SWEPT;
use crate::results::Results;

const PANEL: (f64, f64) = (420.0, 300.0);
const LEGEND: f64 = 130.0;

/// A contender's costs: pairs of the number of children and the cost of each child.
type Curve = (Who, Vec<(f64, f64)>);

pub(super) fn draw(results: &Results) -> String {
    let (width, height) = PANEL;
    let mut picture = Picture::new(2.0 * width + LEGEND, 2.0 * height + 20.0);
    let corners = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)];
    for (job, corner) in SWEPT.into_iter().zip(corners) {
        panel(&mut picture, corner, job, &curves(results, job));
    }
    let mut y = 40.0;
    for who in Who::ALL {
        if results.sweep.iter().any(|entry| entry.who == who) {
            picture.bar((2.0 * width + 10.0, y - 8.0), (12.0, 9.0), color(who));
            picture.text((2.0 * width + 28.0, y), Anchor::Start, who.as_str());
            y += 17.0;
        }
    }
    picture.finish()
}

fn curves(results: &Results, job: Job) -> Vec<Curve> {
    let of = |who| {
        let entries = results.sweep.iter().filter(|entry| entry.job == job && entry.who == who);
        let points = entries.filter_map(|entry| Some((number(entry.n), entry.value()?)));
        (who, points.collect::<Vec<_>>())
    };
    Who::ALL.into_iter().map(of).filter(|(_, points)| !points.is_empty()).collect()
}

fn panel(picture: &mut Picture, (x, y): (f64, f64), job: Job, curves: &[Curve]) {
    let (left, right) = (x + 60.0, x + PANEL.0 - 20.0);
    let (top, bottom) = (y + 40.0, y + PANEL.1 - 30.0);
    let unit = if job.unit() == Unit::Bytes { "bytes" } else { "ns" };
    picture.title((left, y + 22.0), &format!("{} [{unit}]", job.title()));
    let all = || curves.iter().flat_map(|(_, points)| points);
    let across = Log::around(all().map(|(n, _)| *n), left, right);
    let up = Log::around(all().map(|(_, cost)| *cost), bottom, top);
    let Some((across, up)) = across.zip(up) else { return };
    for tick in across.ticks() {
        let at = across.place(tick);
        picture.grid((at, top), (at, bottom));
        picture.text((at, bottom + 14.0), Anchor::Middle, &label(tick));
    }
    for tick in up.ticks() {
        let at = up.place(tick);
        picture.grid((left, at), (right, at));
        picture.text((left - 6.0, at + 4.0), Anchor::End, &label(tick));
    }
    for (who, points) in curves {
        let places: Vec<_> =
            points.iter().map(|(n, cost)| (across.place(*n), up.place(*cost))).collect();
        picture.curve(&places, color(*who));
    }
}
