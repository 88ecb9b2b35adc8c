//! The table of a README.

use std::fmt::Write;

use crate::contenders::Who;
use crate::job::Job;
use crate::results::{Entry, Results};
use crate::table::{remarks, rounded, thousands, unit};
use crate::verdict;

/// The columns of the comparison: what all sorts of contenders do.
const COLUMNS: [(Job, &str); 9] = [
    (Job::Start, "start / child"),
    (Job::Memory, "memory / child"),
    (Job::Restart, "restart after an error"),
    (Job::RestartPanic, "after a panic"),
    (Job::RestartAmong, "restart among siblings"),
    (Job::Stop, "orderly stop / child"),
    (Job::Message, "message"),
    (Job::MessageFrom8, "from 8 producers"),
    (Job::Ask, "ask"),
];

/// Everybody's figures with their ratio to the floor, then the targets of this library.
pub(crate) fn text(results: &Results) -> String {
    let mut out = format!(
        "Medians of {} rounds on {}. Nanoseconds of wall time, or bytes; in brackets the multiple of the floor.\n\n",
        results.rounds, results.machine
    );
    let columns: Vec<_> = COLUMNS.iter().filter(|(job, _)| has(results, *job)).collect();
    let titles: Vec<_> = columns.iter().map(|(_, title)| *title).collect();
    let _ = writeln!(out, "| | {} |", titles.join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(columns.len()));
    for who in Who::ALL {
        if columns.iter().any(|(job, _)| results.entry(*job, who).is_some()) {
            let cells: Vec<_> = columns.iter().map(|(job, _)| cell(results, *job, who)).collect();
            let _ = writeln!(out, "| {} | {} |", who.title(), cells.join(" | "));
        }
    }
    out.push('\n');
    out.push_str(&targets(results));
    out
}

fn has(results: &Results, job: Job) -> bool {
    results.entries.iter().any(|entry| entry.job == job)
}

fn cell(results: &Results, job: Job, who: Who) -> String {
    let Some(entry) = results.entry(job, who) else { return "–".to_owned() };
    let Some(value) = entry.value() else {
        return entry.note().unwrap_or("–").to_owned();
    };
    let early = if entry.note().is_some() && job == Job::Stop { ", returns early" } else { "" };
    match results.entry(job, Who::Floor).and_then(Entry::value) {
        Some(floor) if who != Who::Floor && floor > 0.0 => {
            format!("{} ({}){early}", rounded(value), times(value / floor))
        }
        _ => rounded(value),
    }
}

fn times(times: f64) -> String {
    if times < 10.0 { format!("{times:.1}") } else { rounded(times) }
}

fn targets(results: &Results) -> String {
    let mut out =
        String::from("| job | N | contender | figure | target |\n|---|---|---|---|---|\n");
    for entry in &results.entries {
        if verdict::of(results, entry.job, entry.who).is_none() {
            continue;
        }
        let value = entry.value().map(rounded).unwrap_or_default();
        let unit = unit(entry.job.unit());
        let _ = writeln!(
            out,
            "| {} | {} | `{}` | {value} {unit} | {} |",
            entry.job.title(),
            thousands(entry.n),
            entry.who,
            remarks(results, entry),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;

    #[test]
    fn contenders_are_rows_and_jobs_are_columns() {
        let entry = |job, who, value| Entry {
            job,
            who,
            n: 100_000,
            figures: vec![Figure::of(value)],
            failure: None,
        };
        let entries = vec![
            entry(Job::Start, Who::Floor, 1000.0),
            entry(Job::Start, Who::Ours, 1200.0),
            entry(Job::Start, Who::Kameo, 90_000.0),
            entry(Job::Stop, Who::Floor, 500.0),
            Entry {
                failure: Some("it hangs".into()),
                figures: Vec::new(),
                ..entry(Job::Stop, Who::Kameo, 0.0)
            },
        ];
        let results =
            Results { machine: "a machine".into(), rounds: 5, entries, ..Results::default() };
        let expected = "\
Medians of 5 rounds on a machine. Nanoseconds of wall time, or bytes; in brackets the multiple of the floor.

| | start / child | orderly stop / child |
|---|---|---|
| floor: JoinSet, one shared signal | 1,000 | 500 |
| ours: functions, declared | 1,200 (1.2) | – |
| kameo 0.22 | 90,000 (90) | it hangs |

| job | N | contender | figure | target |
|---|---|---|---|---|
| start, until every child has run | 100,000 | `ours` | 1,200 ns | met: <= 1.4 x floor (1.20) |
";
        assert_eq!(text(&results), expected);
    }
}
