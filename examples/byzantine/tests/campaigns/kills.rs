//! Generals that are brought down from outside, with the library's `testing` module: at any of
//! their await points, and more often than in any plan.

use std::sync::Arc;
use std::time::Duration;

use byzantine::{Campaign, Field, Notebook, Order, Question, Settings, decisions};
use supervisor::{SupervisionStrategy, testing};
use supervisor_tests::within;
use tokio::time::sleep_until;

/// Runs a campaign in which generals are brought down again and again. Returns the number of
/// failures.
async fn survive(settings: &Settings) -> u64 {
    let plan = settings.draw().plan;
    let expected = decisions(&plan);
    let field = Arc::new(Field::new(plan));
    let campaign = within("the start", Campaign::start(&field)).await.expect("a start");
    let plan = field.plan();
    let generals: Vec<String> =
        plan.rules.everybody().map(|id| format!("army/{}", plan.name(id))).collect();
    let mut random = fastrand::Rng::with_seed(settings.seed);
    // The generals act at the beginning of a round, so bring them down then.
    for round in 1..=field.plan().rules.rounds() {
        sleep_until(field.start_of(round)).await;
        for _ in 0..random.u32(0..6) {
            for _ in 0..random.u32(0..60) {
                tokio::task::yield_now().await;
            }
            let victim = random.choice(&generals).expect("a general").as_str();
            // A general that has ended, or is being restarted, is not affected.
            let _ = match random.u8(0..3) {
                0 => within("the kill", testing::kill(&campaign, victim)).await,
                1 => within("the failure", testing::fail(&campaign, victim, "ambushed")).await,
                _ => within("the panic", testing::panic(&campaign, victim, "routed")).await,
            };
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    within("the end", campaign.supervisor().wait()).await.expect("a graceful end");
    let notebooks = field.notebooks();
    let decided: Vec<Order> = notebooks.iter().filter_map(Notebook::decision).collect();
    assert_eq!(decided, expected, "{settings:?}");
    let double: usize = notebooks.iter().map(|book| book.counts().double_votes).sum();
    let nonsense: usize = notebooks.iter().map(|book| book.counts().nonsense).sum();
    assert_eq!((double, nonsense), (0, 0), "{settings:?}");
    campaign.army().stats().await.expect("statistics").failures
}

#[tokio::test(start_paused = true)]
async fn no_kill_changes_what_is_decided() {
    let mut kills = 0;
    for seed in 0..60 {
        let strategies = [
            SupervisionStrategy::OneForOne,
            SupervisionStrategy::OneForAll,
            SupervisionStrategy::RestForOne,
        ];
        let question = match seed % 2 {
            0 => Question::Order(Order::Attack),
            _ => Question::MixedOpinions,
        };
        let strategy = strategies[usize::try_from(seed % 3).unwrap()];
        let max_restarts = 1_000;
        let settings = Settings { seed, question, strategy, max_restarts, ..Settings::default() };
        kills += survive(&settings).await;
    }
    assert!(kills > 200, "{kills} kills are too few to tell");
}
