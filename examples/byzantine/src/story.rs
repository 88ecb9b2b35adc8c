//! The printed story of a campaign: the rounds, the decisions, the restarts, and the verdict.

use std::fmt::Write as _;
use std::time::Duration;

use supervisor::{ExitReason, events::EventKind};

use crate::campaign::Outcome;
use crate::hearsay::{Commanders, Rules, Said};
use crate::lies::Lies;
use crate::notebook::{Ballot, Deed, Entry};
use crate::order::Order;
use crate::reasons::explain;
use crate::route::Id;
use crate::settings::{Drawn, Settings};

/// Writes the part before the first letter: the plan.
#[must_use]
pub(crate) fn before(settings: &Settings, drawn: &Drawn) -> String {
    let plan = &drawn.plan;
    let rules = plan.rules;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} generals, OM({}): {} of letters, 1s each. Seed {}, {}, max_restarts = {}.",
        rules.generals,
        rules.depth,
        counted(usize::from(rules.rounds()), "round"),
        settings.seed,
        plan.strategy,
        plan.max_restarts,
    );
    let _ = match rules.commanders {
        Commanders::One => writeln!(text, "The commander (0) orders: {}.", plan.opinion(Id(0))),
        Commanders::All => {
            let opinion = |id| format!("{id} {}", plan.opinion(id));
            let opinions: Vec<_> = rules.everybody().map(opinion).collect();
            writeln!(text, "Opinions: {}.", opinions.join(", "))
        }
    };
    if !plan.traitors.is_empty() {
        let traitor = |(id, lies): (&Id, &Lies)| format!("{} ({lies})", plan.name(*id));
        let traitors: Vec<_> = plan.traitors.iter().map(traitor).collect();
        let _ = writeln!(text, "Traitors: {}.", traitors.join(", "));
    }
    if !plan.slow.is_empty() {
        let late = |(id, round): &(Id, u8)| format!("{} in round {round}", plan.name(*id));
        let slow: Vec<_> = plan.slow.iter().map(late).collect();
        let _ = writeln!(text, "Slow: {}.", slow.join(", "));
    }
    match drawn.searched {
        None => {}
        Some(Ok(count)) => {
            let _ = writeln!(
                text,
                "Agreement is not certain; this campaign breaks it, found as number {count} of those drawn."
            );
        }
        Some(Err(count)) => {
            let _ =
                writeln!(text, "Agreement is not certain, and none of {count} campaigns broke it.");
        }
    }
    text
}

/// Writes the part after the plan: the campaign and its verdict.
#[must_use]
pub(crate) fn after(settings: &Settings, outcome: &Outcome) -> String {
    let mut text = String::new();
    for round in 1..=outcome.plan.rules.rounds() + 1 {
        write_round(&mut text, settings, outcome, round);
    }
    write_decisions(&mut text, outcome);
    write_restarts(&mut text, outcome);
    text.push_str("\nVerdict\n");
    match &outcome.end {
        Ok(()) => {
            let known: Vec<_> =
                outcome.notebooks.iter().map(|book| book.hearsay().clone()).collect();
            text.push_str(&explain(&outcome.plan, &known, &outcome.decisions()));
        }
        Err(error) => {
            let _ = writeln!(text, "  none, the campaign is called off: {error}");
        }
    }
    text
}

fn write_round(text: &mut String, settings: &Settings, outcome: &Outcome, round: u8) {
    let plan = &outcome.plan;
    let mut entries: Vec<(Id, &Entry)> = Vec::new();
    for (id, notebook) in plan.rules.everybody().zip(&outcome.notebooks) {
        let here = notebook.diary().iter().filter(|entry| entry.round == round);
        entries.extend(here.map(|entry| (id, entry)));
    }
    entries.sort_by_key(|(id, entry)| (entry.at, *id));
    let mut lines = String::new();
    for (id, entry) in entries {
        let what = match &entry.deed {
            // The first life is not worth a line, and decisions are printed under "Decisions".
            Deed::Woke { after: None, .. } | Deed::Decided(_) => continue,
            Deed::Woke { life, after: Some(after) } => match after.as_str() {
                "normal" | "shutdown" => {
                    format!("is stopped with who fell, and begins life {life}")
                }
                after => format!("begins life {life}, after: {}", without_place(after)),
            },
            Deed::Overslept => "is slow: the round will be over".to_owned(),
            Deed::Fell(crash) => format!("falls {}", crash.moment),
            Deed::Sent { letters, again: true } => {
                format!("sends again what nobody has confirmed: {}", counted(*letters, "letter"))
            }
            Deed::Sent { again: false, .. } => vote(outcome, id, round),
        };
        let who = Who(outcome, id);
        let _ = writeln!(lines, "  {} {who} {what}", Seconds(entry.at));
        // The letters of a traitor are printed if they can break agreement.
        let shown = settings.letters || (!plan.is_safe() && !plan.is_loyal(id));
        if shown && matches!(entry.deed, Deed::Sent { again: false, .. }) {
            write_letters(&mut lines, outcome.notebooks[id.index()].vote(round));
        }
    }
    if round > plan.rules.rounds() && lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", title(plan.rules, round));
    text.push_str(&lines);
}

fn title(rules: Rules, round: u8) -> String {
    let what = match (round, rules.commanders) {
        (round, _) if round > rules.rounds() => return "After the last round".to_owned(),
        (1, Commanders::One) => "the commander gives its order",
        (1, Commanders::All) => "each general says its opinion",
        (2, _) => "each tells the others what it was told",
        _ => "and what it was told that others were told",
    };
    format!("Round {round}: {what}")
}

fn write_letters(text: &mut String, ballots: &[Ballot]) {
    for Ballot { draft, .. } in ballots {
        let said = draft.said.iter().map(|said| format!("{} {}", said.route, said.order));
        let said: Vec<_> = said.collect();
        let _ = writeln!(text, "         to {}: {}", draft.to, said.join("; "));
    }
}

/// Summarizes a general's letters of a round.
fn vote(outcome: &Outcome, id: Id, round: u8) -> String {
    let notebook = &outcome.notebooks[id.index()];
    let letters = notebook.vote(round);
    let to_all: Vec<(Id, Said)> = letters
        .iter()
        .flat_map(|ballot| ballot.draft.said.iter().map(|said| (ballot.draft.to, *said)))
        .collect();
    let truths = notebook.hearsay().truths(round, outcome.plan.opinion(id));
    if letters.iter().all(|ballot| ballot.draft.said.len() == 1) {
        let mut parts = Vec::new();
        for order in Order::ALL {
            let told = to_all.iter().filter(|(_, said)| said.order == order);
            let told: Vec<_> = told.map(|(to, _)| to.to_string()).collect();
            if !told.is_empty() {
                parts.push(format!("{order} to {}", told.join(" ")));
            }
        }
        return format!("says {}", parts.join(", "));
    }
    let lies = to_all.iter().filter(|(_, said)| !truths.contains(said)).count();
    let sent = counted(letters.len(), "letter");
    if outcome.plan.is_loyal(id) {
        return format!("passes on what it has heard, in {sent}");
    }
    format!("lies in {lies} of {} statements, in {sent}", to_all.len())
}

fn write_decisions(text: &mut String, outcome: &Outcome) {
    text.push_str("\nDecisions\n");
    for (id, decision) in outcome.plan.rules.everybody().zip(outcome.decisions()) {
        let decision = decision.map_or_else(|| "none".to_owned(), |order| order.to_string());
        let _ = writeln!(text, "  {} {decision}", Who(outcome, id));
    }
}

fn write_restarts(text: &mut String, outcome: &Outcome) {
    text.push_str("\nRestarts, as the supervisor tells them\n");
    for (at, event) in &outcome.events {
        let told = match event.kind() {
            EventKind::ChildTerminated { reason: ExitReason::Normal, .. } => false,
            EventKind::ChildTerminated { .. } => event.path().as_str().contains('/'),
            EventKind::ChildRestarted { .. } | EventKind::MaxRestartsExceeded { .. } => true,
            _ => false,
        };
        if told {
            let _ = writeln!(text, "  {} {}", Seconds(*at), without_place(&event.to_string()));
        }
    }
    let (falls, restarts) = (outcome.falls(), outcome.restarts());
    if !outcome.tell_the_same() {
        let _ = writeln!(text, "  THE ACCOUNTS DIFFER: crashes {falls:?}, restarts {restarts:?}");
        return;
    }
    let some = |count: u64, what: &str| match count {
        0 => String::new(),
        count => format!(" ({count} {what})"),
    };
    let _ = writeln!(
        text,
        "  {}{}, {}{}: the same by events, by statistics, and by the generals' notebooks",
        counted(falls.events, "crash"),
        some(falls.events - falls.stats, "while being stopped"),
        counted(restarts.events, "restart"),
        some(restarts.events - restarts.notebooks, "stopped before the first step"),
    );
}

/// Writes a general's name in a column, with a mark for traitors and slow generals.
struct Who<'a>(&'a Outcome, Id);

impl std::fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(outcome, id) = self;
        let plan = &outcome.plan;
        let mark = match (plan.is_loyal(*id), plan.is_reliable(*id)) {
            (false, _) => " (traitor)",
            (true, false) => " (slow)",
            (true, true) => "",
        };
        write!(f, "{:<22}", format!("{}{mark}", plan.name(*id)))
    }
}

/// Writes seconds with one decimal digit.
struct Seconds(Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}s", self.0.as_secs_f64())
    }
}

/// Removes the source location, which follows the message of a panic.
fn without_place(text: &str) -> &str {
    text.split_once(", at ").map_or(text, |(text, _)| text)
}

fn counted(count: impl Into<Count>, noun: &str) -> String {
    let Count(count) = count.into();
    match (count, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "crash") => format!("{count} crashes"),
        _ => format!("{count} {noun}s"),
    }
}

/// A count, from an integer of either type.
struct Count(u64);

impl From<u64> for Count {
    fn from(count: u64) -> Self {
        Self(count)
    }
}

impl From<usize> for Count {
    fn from(count: usize) -> Self {
        Self(count as u64)
    }
}
