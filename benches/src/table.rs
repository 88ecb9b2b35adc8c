//! The table for the terminal.

use std::fmt::Write;

use crate::contenders::Who;
use crate::job::{Job, Target, Unit};
use crate::results::{Entry, Results};
use crate::verdict::{self, Verdict};

/// Writes all jobs, each with a line for each contender.
pub(crate) fn text(results: &Results) -> String {
    let mut out = String::new();
    if !results.entries.is_empty() {
        out = format!("{}; medians of {} rounds\n", results.machine, results.rounds);
    }
    for job in Job::ALL {
        let entries: Vec<_> = results.entries.iter().filter(|entry| entry.job == job).collect();
        if let Some(first) = entries.first() {
            let (n, unit) = (thousands(first.n), unit(job.unit()));
            let _ = writeln!(out, "\n{job}: {} (N = {n}, {unit})", job.title());
            out.push_str(&lines(results, &entries));
        }
    }
    out.push_str(&instructions(results));
    let verdicts = verdict::all(results);
    if !verdicts.is_empty() {
        let met = verdicts.iter().filter(|verdict| verdict.is_met()).count();
        let _ = writeln!(out, "\n{met} of {} targets met", verdicts.len());
    }
    out
}

fn lines(results: &Results, entries: &[&Entry]) -> String {
    let mut out =
        format!("  {:<16} {:>11} {:>8} {:>13} {:>8}\n", "", "wall", "x floor", "cpu", "x floor");
    if entries[0].job.unit() != Unit::Nanoseconds {
        out = format!("  {:<16} {:>11} {:>8} {:>13} {:>8}\n", "", "", "x floor", "", "");
    }
    for entry in entries {
        let floor = results.entry(entry.job, Who::Floor);
        let times = |value: Option<f64>, floor: Option<f64>| match value.zip(floor) {
            Some((value, floor)) if floor > 0.0 => format!("{:.2}", value / floor),
            _ => String::new(),
        };
        let line = format!(
            "  {:<16} {:>11} {:>8} {:>13} {:>8}  {}",
            entry.who,
            entry.value().map(rounded).unwrap_or_default(),
            times(entry.value(), floor.and_then(Entry::value)),
            entry.cpu().map(rounded).unwrap_or_default(),
            times(entry.cpu(), floor.and_then(Entry::cpu)),
            remarks(results, entry),
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Writes the numbers of instructions, each with its ratio to the floor's.
fn instructions(results: &Results) -> String {
    let mut out = String::new();
    for job in Job::ALL {
        let entries: Vec<_> =
            results.instructions.iter().filter(|entry| entry.job == job).collect();
        if let Some(first) = entries.first() {
            let n = thousands(first.n);
            let _ = writeln!(out, "\n{job}: {} (N = {n}, instructions)", job.title());
            let _ = writeln!(out, "  {:<16} {:>11} {:>8}", "", "", "x floor");
        }
        for entry in entries {
            let value = entry.value();
            let floor = results.instructions(job, Who::Floor);
            let times = value.zip(floor).map(|(value, floor)| format!("{:.2}", value / floor));
            let verdict = verdict::of_instructions(results, job, entry.who);
            let remark = verdict.map(said).or_else(|| entry.note().map(ToOwned::to_owned));
            let line = format!(
                "  {:<16} {:>11} {:>8}  {}",
                entry.who,
                value.map(rounded).unwrap_or_default(),
                times.unwrap_or_default(),
                remark.unwrap_or_default(),
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

/// Says whether a target is met.
fn said(verdict: Verdict) -> String {
    let word = if verdict.is_met() { "met" } else { "NOT met" };
    let reached = match (verdict.target, verdict.reached) {
        (Target::Times(..), Some(reached)) => format!(" ({reached:.2})"),
        _ => String::new(),
    };
    format!("{word}: {}{reached}", words(verdict.target, verdict.job))
}

fn remarks(results: &Results, entry: &Entry) -> String {
    let verdict = verdict::of(results, entry.job, entry.who).map(said);
    let note = entry.note().map(ToOwned::to_owned);
    verdict.into_iter().chain(note).collect::<Vec<_>>().join("; ")
}

/// Describes a target.
pub(crate) fn words(target: Target, job: Job) -> String {
    match target {
        Target::AtMost(limit) => format!("<= {} {}", rounded(limit), unit(job.unit())),
        Target::Times(limit, who, in_job) if in_job == job => {
            format!("<= {} x {who}", factor(limit))
        }
        Target::Times(limit, _, in_job) => format!("<= {} x {in_job}", factor(limit)),
    }
}

/// Writes the factor of a target: with one digit after the point, or as many as it has.
fn factor(limit: f64) -> String {
    let short = format!("{limit:.1}");
    if short.parse() == Ok(limit) { short } else { limit.to_string() }
}

pub(crate) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanoseconds => "ns",
        Unit::Bytes => "bytes",
        Unit::WakeUps => "wake-ups",
        Unit::Percent => "percent",
    }
}

/// Rounds a figure: one digit after the point if it is below 10, else none.
pub(crate) fn rounded(value: f64) -> String {
    if value < 10.0 { format!("{value:.1}") } else { grouped(&format!("{value:.0}")) }
}

pub(crate) fn thousands(n: usize) -> String {
    grouped(&n.to_string())
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;

    #[test]
    fn figures_are_grouped() {
        assert_eq!(rounded(1.23), "1.2");
        assert_eq!(rounded(874.4), "874");
        assert_eq!(rounded(8_100_000.0), "8,100,000");
        assert_eq!(thousands(100_000), "100,000");
    }

    #[test]
    fn instructions_have_targets_of_their_own() {
        let entry = |job, who, value| Entry {
            job,
            who,
            n: 10_000,
            figures: vec![Figure::of(value)],
            failure: None,
        };
        let instructions = vec![
            entry(Job::Start, Who::Floor, 2000.0),
            entry(Job::Start, Who::OursTyped, 3900.0),
            entry(Job::Ask, Who::OursTyped, 1000.0),
            entry(Job::AskLogged, Who::OursTyped, 1030.0),
        ];
        let results = Results { instructions, ..Results::default() };
        let expected = "
start: start, until every child has run (N = 10,000, instructions)
                                x floor
  floor                  2,000     1.00
  ours-typed             3,900     1.95  met: <= 2.0 x floor (1.95)

ask: ask, and wait for the answer (N = 10,000, instructions)
                                x floor
  ours-typed             1,000

ask-logged: ask, with a subscriber that logs warnings (N = 10,000, instructions)
                                x floor
  ours-typed             1,030           NOT met: <= 1.02 x ask (1.03)

1 of 2 targets met
";
        assert_eq!(text(&results), expected);
    }

    #[test]
    fn the_table_says_what_was_reached() {
        let entry = |who, value: f64, cpu| Entry {
            job: Job::Start,
            who,
            n: 100_000,
            figures: vec![Figure { value, cpu: Some(cpu), note: None }],
            failure: None,
        };
        let entries = vec![
            entry(Who::Floor, 1000.0, 1500.0),
            Entry { failure: Some("it broke".into()), ..entry(Who::Hand, 1200.0, 1800.0) },
            entry(Who::Ours, 1500.0, 3000.0),
        ];
        let results =
            Results { machine: "a machine".into(), rounds: 5, entries, ..Results::default() };
        let expected = "\
a machine; medians of 5 rounds

start: start, until every child has run (N = 100,000, ns)
                          wall  x floor           cpu  x floor
  floor                  1,000     1.00         1,500     1.00
  hand                   1,200     1.20         1,800     1.20  it broke
  ours                   1,500     1.50         3,000     2.00  NOT met: <= 1.4 x floor (1.50)

0 of 1 targets met
";
        assert_eq!(text(&results), expected);
    }
}
