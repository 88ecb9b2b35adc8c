//! The table as bars: for each job, the multiple of the floor that each contender takes.

use super::color;
use super::scale::{Log, label};
use super::svg::{Anchor, Picture};
use crate::contenders::Who;
use crate::job::Job;
use crate::results::{Entry, Results};

/// The jobs that contenders of all kinds do.
const JOBS: [Job; 9] = [
    Job::Start,
    Job::Memory,
    Job::Restart,
    Job::RestartPanic,
    Job::RestartAmong,
    Job::Stop,
    Job::Message,
    Job::MessageFrom8,
    Job::Ask,
];

const WIDTH: f64 = 760.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = WIDTH - 60.0;
const TOP: f64 = 40.0;
const ROW: f64 = 15.0;

/// A job, and the multiple of the floor that each contender takes for it.
type Group = (Job, Vec<(Who, f64)>);

pub(super) fn draw(results: &Results) -> String {
    let groups: Vec<Group> = JOBS.iter().filter_map(|&job| group(results, job)).collect();
    let rows: usize = groups.iter().map(|(_, bars)| bars.len() + 2).sum();
    let bottom = TOP + ROW * crate::figure::number(rows);
    let mut picture = Picture::new(WIDTH, bottom + 30.0);
    picture.title((10.0, 18.0), "Wall time or memory, as a multiple of tokio by hand (floor = 1)");
    let values = groups.iter().flat_map(|(_, bars)| bars.iter().map(|(_, times)| *times));
    let Some(axis) = Log::around(values, LEFT, RIGHT) else { return picture.finish() };
    for tick in axis.ticks() {
        let x = axis.place(tick);
        picture.grid((x, TOP - 10.0), (x, bottom));
        picture.text((x, bottom + 15.0), Anchor::Middle, &format!("{} x", label(tick)));
    }
    let mut y = TOP;
    for (job, bars) in groups {
        picture.title((10.0, y + 11.0), job.title());
        y += ROW;
        for (who, times) in bars {
            let end = axis.place(times);
            picture.text((LEFT - 6.0, y + 11.0), Anchor::End, who.as_str());
            picture.bar((LEFT, y + 2.0), ((end - LEFT).max(1.0), ROW - 4.0), color(who));
            picture.text((end + 4.0, y + 11.0), Anchor::Start, &multiple(times));
            y += ROW;
        }
        y += ROW;
    }
    picture.finish()
}

fn group(results: &Results, job: Job) -> Option<Group> {
    let floor = results.entry(job, Who::Floor).and_then(Entry::value)?;
    let times = |who| Some((who, results.entry(job, who)?.value()? / floor));
    Some((job, Who::ALL.into_iter().filter_map(times).collect()))
}

fn multiple(times: f64) -> String {
    if times < 10.0 { format!("{times:.2}") } else { format!("{times:.0}") }
}
