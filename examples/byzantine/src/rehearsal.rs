//! The campaign without actors: all generals in lockstep, in memory.
//!
//! It says what the outcome has to be, since crashes change nothing; and it is fast enough to
//! look through thousands of campaigns for one in which the loyal generals do not agree.

use crate::hearsay::Hearsay;
use crate::order::Order;
use crate::plan::Plan;

/// What all generals know after the last round.
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

/// What all generals decide, in order of their numbers.
#[must_use]
pub fn decisions(plan: &Plan) -> Vec<Order> {
    let known = rehearse(plan);
    let decide = |(id, hearsay): (_, &Hearsay)| hearsay.decision(plan.opinion(id));
    plan.rules.everybody().zip(&known).map(decide).collect()
}
