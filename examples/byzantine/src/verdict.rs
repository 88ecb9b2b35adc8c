//! The verdict: compares a campaign with the promises of the paper.

use crate::hearsay::Hearsay;
use crate::order::Order;
use crate::plan::Plan;
use crate::route::Id;

/// The verdict on a campaign that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The common decision of all reliable generals, if there is one: IC1 of the paper.
    pub agreed: Option<Order>,
    /// `true` if all reliable generals have decided, and believe each reliable commander: IC2.
    pub obeyed: bool,
    /// `true` if both were certain.
    pub promised: bool,
}

impl Verdict {
    /// Judges a campaign by the final knowledge and the decision of each general.
    #[must_use]
    pub fn of(plan: &Plan, known: &[Hearsay], decisions: &[Option<Order>]) -> Self {
        let reliable = plan.reliable();
        let decided = |id: &Id| decisions.get(id.index()).copied().flatten();
        let first = reliable.first().and_then(decided);
        let agreed = first.filter(|_| reliable.iter().all(|id| decided(id) == first));
        let commanders: Vec<Id> =
            plan.rules.commanders().filter(|id| reliable.contains(id)).collect();
        let obeyed = reliable.iter().all(|id| {
            let believes = |commander: &Id| {
                known[id.index()].order_of(*commander, plan.opinion(*id))
                    == plan.opinion(*commander)
            };
            decided(id).is_some() && commanders.iter().all(believes)
        });
        Self { agreed, obeyed, promised: plan.is_safe() }
    }

    /// Judges the rehearsal of this plan.
    #[must_use]
    pub fn of_rehearsal(plan: &Plan) -> Self {
        let known = crate::rehearsal::rehearse(plan);
        let decisions: Vec<_> = (plan.rules.everybody().zip(&known))
            .map(|(id, hearsay)| Some(hearsay.decision(plan.opinion(id))))
            .collect();
        Self::of(plan, &known, &decisions)
    }

    /// Returns `true` if the reliable generals agree and obey.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.agreed.is_some() && self.obeyed
    }
}
