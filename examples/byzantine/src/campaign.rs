//! The tree, and one run of it.

use std::sync::Arc;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{AutoShutdown, Tree, events::Event, info::SupervisorStats};

use crate::courier::Courier;
use crate::field::Field;
use crate::general::General;
use crate::notebook::Notebook;
use crate::order::Order;
use crate::plan::{Plan, RESTART_WINDOW};
use crate::verdict::Verdict;

supervision_tree! {
    /// A campaign. It ends when all generals have decided, or after too many crashes.
    ///
    /// rest_for_one: the army depends on the couriers, but the couriers do not depend on the army.
    pub Campaign(field: &Arc<Field>): rest_for_one(max_restarts = 0, auto_shutdown = any_significant) {
        couriers: simple_one_for_one {
            courier: Temporary<Courier>,
        },
        army: Transient<Supervisor>(significant) = army(field, &couriers),
    }
}

/// Builds the generals' supervisor, without starting it.
///
/// The number of generals and the strategy are known at run time only, so the builder makes this
/// part of the tree. A supervisor that was built is a child like any other.
fn army(field: &Arc<Field>, couriers: &Pool<Courier>) -> Supervisor {
    let plan = field.plan();
    let mut builder = Supervisor::new()
        .with_strategy(plan.strategy)
        .with_max_restarts(plan.max_restarts)
        .with_restart_window(RESTART_WINDOW)
        // A general ends when it has decided. When all have ended, the supervisor shuts down.
        .with_auto_shutdown(AutoShutdown::AllSignificant);
    for id in plan.rules.everybody() {
        let general = General { field: Arc::clone(field), id, couriers: couriers.clone() };
        let spec = ChildSpec::new(&plan.name(id)).with_worker(general).with_significant(true);
        builder = builder.with_child(spec);
    }
    builder.build()
}

/// The outcome of a campaign, with all accounts of it.
#[derive(Debug)]
pub struct Outcome {
    /// The plan of the campaign.
    pub plan: Plan,
    /// The generals' notebooks, in order of the generals' numbers.
    pub notebooks: Vec<Notebook>,
    /// The supervisors' events without those of the couriers. The time of each counts from the
    /// beginning of the campaign.
    pub events: Vec<(Duration, Event)>,
    /// The statistics of the generals' supervisor.
    pub stats: SupervisorStats,
    /// The end of the tree.
    pub end: Result<(), SupervisorError>,
}

impl Outcome {
    /// Returns the decision of each general, or `None` for a general without one.
    #[must_use]
    pub fn decisions(&self) -> Vec<Option<Order>> {
        self.notebooks.iter().map(Notebook::decision).collect()
    }

    /// Judges the campaign by the promises of the paper.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let known: Vec<_> = self.notebooks.iter().map(|book| book.hearsay().clone()).collect();
        Verdict::of(&self.plan, &known, &self.decisions())
    }
}

/// A campaign that has not begun.
#[derive(Debug)]
pub struct Prepared {
    field: Arc<Field>,
    tree: Tree<Campaign>,
}

impl Prepared {
    /// Makes the tree of a campaign, without starting it.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let field = Arc::new(Field::new(plan));
        let tree = Campaign::tree(&field);
        Self { field, tree }
    }

    /// Returns the tree's root, to be watched.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        self.tree.handle().supervisor()
    }

    /// Runs the campaign to its end.
    ///
    /// # Errors
    ///
    /// Returns an error if the tree does not start. If the tree gives up later, that is an outcome.
    pub async fn run(self) -> Result<Outcome, SupervisorError> {
        let Self { field, tree } = self;
        // Subscribe before the start, so that no event is missed.
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
}

/// Runs a campaign to its end.
///
/// # Errors
///
/// Those of [`Prepared::run`].
pub async fn run(plan: Plan) -> Result<Outcome, SupervisorError> {
    Prepared::new(plan).run().await
}
