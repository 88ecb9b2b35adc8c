//! The campaign without actors: all generals in lockstep, in memory.
//!
//! Crashes do not change the outcome, so the rehearsal predicts it. The rehearsal is fast enough to
//! search thousands of campaigns for one in which the loyal generals do not agree.

use crate::hearsay::Hearsay;
use crate::order::Order;
use crate::plan::Plan;

/// Returns the statements that each general has heard after the last round.
#[must_use]
pub fn rehearse(plan: &Plan) -> Vec<Hearsay> {
    let rules = plan.rules;
    let mut known: Vec<_> = rules.everybody().map(|id| Hearsay::new(rules, id)).collect();
    for round in 1..=rules.rounds() {
        // All letters of a round are written before the first is read.
        let mut post = Vec::new();
        for (from, hearsay) in rules.everybody().zip(&known) {
            if !plan.is_slow(from, round) {
                post.push((from, plan.letters(from, hearsay, round)));
            }
        }
        for (from, letters) in post {
            for draft in letters {
                if plan.is_slow(draft.to, round) {
                    continue;
                }
                for said in draft.said {
                    known[draft.to.index()].hear(from, said);
                }
            }
        }
    }
    known
}

/// Returns the decisions of all generals, in order of their numbers.
#[must_use]
pub fn decisions(plan: &Plan) -> Vec<Order> {
    let known = rehearse(plan);
    let decide = |(id, hearsay): (_, &Hearsay)| hearsay.decision(plan.opinion(id));
    plan.rules.everybody().zip(&known).map(decide).collect()
}
