//! The verdict in words, with the reasons for a bad one.

use std::fmt::Write as _;

use crate::hearsay::{Commanders, Hearsay};
use crate::order::Order;
use crate::plan::Plan;
use crate::route::{Id, Route};
use crate::verdict::Verdict;

/// The explanation that ends every campaign in which agreement breaks.
const MORAL: &str = "  Each has done what the algorithm says, and could not know better: from oral messages alone, a
  commander who says one thing here and another there cannot be told from lieutenants who lie about
  what it said. More than 3 generals for each who fails outvote the lies; fewer do not.
";

/// Writes the verdict, and the reasons if it is bad.
#[must_use]
pub fn explain(plan: &Plan, known: &[Hearsay], decisions: &[Option<Order>]) -> String {
    let verdict = Verdict::of(plan, known, decisions);
    let reliable = plan.reliable();
    let mut text = String::new();
    let who = if plan.slow.is_empty() { "loyal generals" } else { "loyal generals in time" };
    let _ = match verdict.agreed {
        Some(order) => writeln!(text, "  agreement: yes, the {} {who} all {order}", reliable.len()),
        None => writeln!(text, "  agreement: BROKEN, the {} {who} do not agree", reliable.len()),
    };
    if plan.rules.commanders().any(|commander| plan.is_reliable(commander)) {
        let whose = match plan.rules.commanders {
            Commanders::One => "the loyal commander",
            Commanders::All => "each of them",
        };
        let how = if verdict.obeyed { "yes," } else { "BROKEN, not" };
        let _ = writeln!(text, "  obedience: {how} all of them believe what {whose} has said");
    } else {
        text.push_str("  obedience: nobody is bound, since the commander cannot be relied on\n");
    }
    let (generals, faulty) = (plan.rules.generals, plan.faulty());
    let needed = 3 * faulty + 1;
    let _ = match (faulty, verdict.promised) {
        (0, _) => writeln!(text, "  certain:   yes, everybody is loyal and in time"),
        (_, true) => writeln!(
            text,
            "  certain:   yes, it takes {needed} generals to bear {faulty} who fail, and there are {generals}"
        ),
        (_, false) => writeln!(
            text,
            "  certain:   no, it takes {needed} generals to bear {faulty} who fail, and there are {generals}"
        ),
    };
    if !verdict.is_good() {
        text.push_str("\nWhy\n");
        for id in opposed(&reliable, decisions) {
            write_view(&mut text, plan, &known[id.index()], id);
        }
        text.push_str(MORAL);
    }
    text
}

/// Returns, for each order, the first reliable general that has decided on it.
fn opposed(reliable: &[Id], decisions: &[Option<Order>]) -> Vec<Id> {
    let first = |order| reliable.iter().find(|id| decisions[id.index()] == Some(order)).copied();
    Order::ALL.into_iter().filter_map(first).collect()
}

/// Writes the orders that a general has heard, and what it believes of each report.
fn write_view(text: &mut String, plan: &Plan, hearsay: &Hearsay, id: Id) {
    let decision = hearsay.decision(plan.opinion(id));
    let _ = writeln!(
        text,
        "  {} decides to {decision}, by what it makes of its letters:",
        plan.name(id)
    );
    for commander in plan.rules.commanders() {
        if commander == id {
            let _ = writeln!(text, "    of itself: {}", plan.opinion(id));
            continue;
        }
        let straight = Route::from_commander(commander);
        let heard = if hearsay.has_heard(straight) {
            format!("{straight} {}", hearsay.heard(straight))
        } else {
            format!("nothing from {commander} in time")
        };
        let reports = plan.rules.everybody().filter(|other| ![id, commander].contains(other));
        let reports = reports.filter(|_| plan.rules.depth > 0).map(|other| {
            let route = straight.then(other);
            format!(", {route} {}", hearsay.believed(route))
        });
        let reports: String = reports.collect();
        let _ = writeln!(text, "    {heard}{reports}: so {}", hearsay.believed(straight));
    }
}
