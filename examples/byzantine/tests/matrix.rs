//! Each fault of each general, and of what is above the generals, in the first round.

use std::sync::Arc;
use std::time::Duration;

use byzantine::{Campaign, Field, Order, Plan};
use supervisor::Tree;
use supervisor::testing::{self, Fault, FaultMatrix, MatrixFailure, Moment};

const GENERALS: [&str; 4] =
    ["army/commander", "army/lieutenant_1", "army/lieutenant_2", "army/lieutenant_3"];

/// The campaign goes on by itself: a round takes a second. So the tree is looked at for less.
fn matrix() -> FaultMatrix<'static, Tree<Campaign>> {
    let matrix = testing::fault_matrix(|| {
        let plan = Plan::loyal(4, 1, Order::Attack).with_max_restarts(5);
        Campaign::tree(&Arc::new(Field::new(plan)))
    });
    GENERALS.into_iter().fold(matrix.quiet_for(Duration::from_millis(200)), |matrix, general| {
        matrix.except(general, Fault::HangAtStop, "the campaign is over before the time to stop is")
    })
}

#[testing::fault_matrix(
    "couriers",
    "army",
    "army/commander",
    "army/lieutenant_1",
    "army/lieutenant_2",
    "army/lieutenant_3"
)]
fn campaign() -> FaultMatrix<'static, Tree<Campaign>> {
    matrix()
}

#[tokio::test(start_paused = true)]
async fn the_consequences_are_those_in_the_table() -> Result<(), MatrixFailure> {
    matrix().only_moments([Moment::Calm]).matches("tests/campaign.txt").await.map(drop)
}
