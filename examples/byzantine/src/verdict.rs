//! Whether the generals have done what the paper promises.

use crate::hearsay::Hearsay;
use crate::order::Order;
use crate::plan::Plan;
use crate::route::Id;

/// What can be said of a campaign that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The decision of all reliable generals, if they have one: IC1 of the paper.
    pub agreed: Option<Order>,
    /// Whether all reliable generals believe what each reliable commander has said: IC2.
    pub obeyed: bool,
    /// Whether both were certain.
    pub promised: bool,
}

impl Verdict {
    /// Judges by what each general knew in the end, and what it decided.
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

    /// Of the rehearsal of this plan.
    #[must_use]
    pub fn of_rehearsal(plan: &Plan) -> Self {
        let known = crate::rehearsal::rehearse(plan);
        let decisions: Vec<_> = (plan.rules.everybody().zip(&known))
            .map(|(id, hearsay)| Some(hearsay.decision(plan.opinion(id))))
            .collect();
        Self::of(plan, &known, &decisions)
    }

    /// Whether the generals can win.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.agreed.is_some() && self.obeyed
    }
}
