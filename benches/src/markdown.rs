//! Tables in Markdown, for a README.

use std::fmt::Write;

use crate::contenders::Who;
use crate::job::{Job, Target};
use crate::results::{Entry, Results};
use crate::table::{rounded, thousands, unit, words};
use crate::verdict::{self, Verdict};

/// The columns of the comparison: the jobs that contenders of all kinds do.
const COLUMNS: [(Job, &str); 10] = [
    (Job::Start, "start / child"),
    (Job::Memory, "memory / child"),
    (Job::Restart, "restart after an error"),
    (Job::RestartPanic, "after a panic"),
    (Job::RestartAmong, "restart among siblings"),
    (Job::Storm, "all fail at once"),
    (Job::Stop, "graceful stop / child"),
    (Job::Message, "message"),
    (Job::MessageFrom8, "from 8 producers"),
    (Job::Ask, "ask"),
];

/// Writes the figures of all contenders with their ratio to the floor, then this library's targets.
pub(crate) fn text(results: &Results) -> String {
    let mut out = String::new();
    if !results.entries.is_empty() {
        out.push_str(&figures(results));
    }
    if !results.instructions.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&instructions(results));
    }
    out
}

/// Writes the figures of the measured jobs.
fn figures(results: &Results) -> String {
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

/// Writes the numbers of instructions of all contenders with their ratio to the floor, then this
/// library's targets.
fn instructions(results: &Results) -> String {
    let mut out = String::from(
        "Instructions on one thread, counted by Valgrind; in brackets the multiple of the floor.\n\n",
    );
    let counted = |job: &Job| results.instructions.iter().any(|entry| entry.job == *job);
    let columns: Vec<_> = Job::ALL.into_iter().filter(counted).collect();
    let titles: Vec<_> = columns.iter().map(ToString::to_string).collect();
    let _ = writeln!(out, "| | {} |", titles.join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(columns.len()));
    for who in Who::ALL {
        let cells: Vec<_> = columns
            .iter()
            .map(|&job| match (results.instructions(job, who), who) {
                (None, _) => "–".to_owned(),
                (Some(value), Who::Floor) => rounded(value),
                (Some(value), _) => match results.instructions(job, Who::Floor) {
                    Some(floor) => format!("{} ({:.2})", rounded(value), value / floor),
                    None => rounded(value),
                },
            })
            .collect();
        if cells.iter().any(|cell| cell != "–") {
            let _ = writeln!(out, "| {} | {} |", who.title(), cells.join(" | "));
        }
    }
    out.push_str("\n| job | N | target | reached (in bold: not) |\n|---|---|---|---|\n");
    let n =
        |job| results.instructions.iter().find(|entry| entry.job == job).map_or(0, |entry| entry.n);
    out.push_str(&rows(&verdict::all_instructions(results).collect::<Vec<_>>(), n));
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
        String::from("| job | N | target | reached (in bold: not) |\n|---|---|---|---|\n");
    let n = |job| results.entries.iter().find(|entry| entry.job == job).map_or(0, |entry| entry.n);
    out.push_str(&rows(&verdict::all_figures(results).collect::<Vec<_>>(), n));
    out
}

/// Writes a line for each job and target, with all contenders that have it.
fn rows(verdicts: &[Verdict], n: impl Fn(Job) -> usize) -> String {
    let mut out = String::new();
    for job in Job::ALL {
        let mut rows: Vec<(Target, Vec<String>)> = Vec::new();
        for verdict in verdicts.iter().filter(|verdict| verdict.job == job) {
            let reached = reached(verdict, job);
            match rows.iter_mut().find(|(target, _)| same(*target, verdict.target)) {
                Some((_, all)) => all.push(reached),
                None => rows.push((verdict.target, vec![reached])),
            }
        }
        for (target, reached) in rows {
            let (title, n, target) = (job.title(), thousands(n(job)), words(target, job));
            let _ = writeln!(out, "| {title} | {n} | {target} | {} |", reached.join(", "));
        }
    }
    out
}

/// Returns `true` if two targets share a line. Their references may differ: a contender of ours may
/// be compared with itself.
fn same(one: Target, other: Target) -> bool {
    match (one, other) {
        (Target::Times(times, _, job), Target::Times(other, _, in_job)) => {
            (times, job) == (other, in_job)
        }
        (one, other) => one == other,
    }
}

fn reached(verdict: &Verdict, job: Job) -> String {
    let unit = unit(job.unit());
    let figure = match (verdict.reached, verdict.target) {
        (None, _) => "no figure".to_owned(),
        (Some(reached), Target::AtMost(_)) => format!("{} {unit}", rounded(reached)),
        (Some(reached), Target::Times(..)) => format!("{reached:.2}"),
    };
    let text = format!("{} {figure}", verdict.who);
    if verdict.is_met() { text } else { format!("**{text}**") }
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
            entry(Job::Start, Who::OursPool, 1500.0),
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

| | start / child | graceful stop / child |
|---|---|---|
| floor: JoinSet, one shared signal | 1,000 | 500 |
| ours: functions, declared | 1,200 (1.2) | – |
| ours: a pool of functions | 1,500 (1.5) | – |
| kameo 0.22 | 90,000 (90) | it hangs |

| job | N | target | reached (in bold: not) |
|---|---|---|---|
| start, until every child has run | 100,000 | <= 1.4 x floor | ours 1.20, **ours-pool 1.50** |
";
        assert_eq!(text(&results), expected);
    }

    #[test]
    fn instructions_stand_in_a_table_of_their_own() {
        let entry = |job, who, value| Entry {
            job,
            who,
            n: 10_000,
            figures: vec![Figure::of(value)],
            failure: None,
        };
        let instructions = vec![
            entry(Job::Start, Who::Floor, 2000.0),
            entry(Job::Start, Who::Ours, 4200.0),
            entry(Job::Restart, Who::Floor, 4000.0),
            entry(Job::Restart, Who::Ours, 6000.0),
            entry(Job::AskLogged, Who::OursTyped, 2400.0),
        ];
        let results = Results { instructions, ..Results::default() };
        let expected = "\
Instructions on one thread, counted by Valgrind; in brackets the multiple of the floor.

| | start | restart | ask-logged |
|---|---|---|---|
| floor: JoinSet, one shared signal | 2,000 | 4,000 | – |
| ours: functions, declared | 4,200 (2.10) | 6,000 (1.50) | – |
| ours: typed children, declared | – | – | 2,400 |

| job | N | target | reached (in bold: not) |
|---|---|---|---|
| start, until every child has run | 10,000 | <= 2.0 x floor | **ours 2.10** |
| restart after an error | 10,000 | <= 2.0 x floor | ours 1.50 |
| ask, with a subscriber that logs warnings | 10,000 | <= 1.02 x ask | **ours-typed no figure** |
";
        assert_eq!(text(&results), expected);
    }
}
