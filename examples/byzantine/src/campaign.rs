//! The tree, and one run of it.

use std::sync::Arc;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{AutoShutdown, events::Event, info::SupervisorStats};

use crate::courier::Courier;
use crate::field::Field;
use crate::general::General;
use crate::notebook::Notebook;
use crate::order::Order;
use crate::plan::{Plan, RESTART_WINDOW};
use crate::verdict::Verdict;

supervision_tree! {
    /// The campaign: it ends when all generals have decided, or when too many have fallen.
    ///
    /// rest_for_one: the army needs its couriers, and not the other way round.
    pub Campaign(field: &Arc<Field>): rest_for_one(max_restarts = 0, auto_shutdown = any_significant) {
        couriers: simple_one_for_one {
            courier: Temporary<Courier>,
        },
        army: Transient<Supervisor>(significant) = army(field, &couriers),
    }
}

/// The generals under their supervisor, not started.
///
/// How many there are, and their supervisor's strategy, is known at run time only, so this part of
/// the tree is made with the builder. A supervisor that was built is a child like any other.
fn army(field: &Arc<Field>, couriers: &Pool<Courier>) -> Supervisor {
    let plan = field.plan();
    let mut builder = Supervisor::new()
        .with_strategy(plan.strategy)
        .with_max_restarts(plan.max_restarts)
        .with_restart_window(RESTART_WINDOW)
        // Who has decided goes home; when all have, the army is disbanded.
        .with_auto_shutdown(AutoShutdown::AllSignificant);
    for id in plan.rules.everybody() {
        let general = General { field: Arc::clone(field), id, couriers: couriers.clone() };
        let spec = ChildSpec::new(&plan.name(id)).with_worker(general).with_significant(true);
        builder = builder.with_child(spec);
    }
    builder.build()
}

/// How a campaign went, by everybody's account.
#[derive(Debug)]
pub struct Outcome {
    /// What was settled before.
    pub plan: Plan,
    /// What the generals have written down, in order of their numbers.
    pub notebooks: Vec<Notebook>,
    /// What the supervisors have told, and when, from the beginning of the campaign; without the
    /// couriers.
    pub events: Vec<(Duration, Event)>,
    /// The figures of the generals' supervisor.
    pub stats: SupervisorStats,
    /// How the tree has ended.
    pub end: Result<(), SupervisorError>,
}

impl Outcome {
    /// What the generals have decided, those who have.
    #[must_use]
    pub fn decisions(&self) -> Vec<Option<Order>> {
        self.notebooks.iter().map(Notebook::decision).collect()
    }

    /// Whether they have done what the paper promises.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let known: Vec<_> = self.notebooks.iter().map(|book| book.hearsay().clone()).collect();
        Verdict::of(&self.plan, &known, &self.decisions())
    }
}

/// Runs a campaign to its end.
///
/// # Errors
///
/// If the tree does not start. That it gives up later is an outcome.
pub async fn run(plan: Plan) -> Result<Outcome, SupervisorError> {
    let field = Arc::new(Field::new(plan));
    let tree = Campaign::tree(&field);
    // Subscribed before the start: nothing is missed.
    let mut news = tree.handle().supervisor().events();
    let campaign = tree.start().await?;
    let mut events = Vec::new();
    while let Some(event) = news.next().await {
        if !event.path().is_at_or_below(&campaign.couriers().supervisor().path()) {
            events.push((field.elapsed(), event));
        }
    }
    let end = campaign.supervisor().wait().await;
    let stats = campaign.army().stats().await?;
    let plan = field.plan().clone();
    Ok(Outcome { plan, notebooks: field.notebooks(), events, stats, end })
}
