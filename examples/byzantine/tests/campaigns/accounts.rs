//! The supervisor's events and statistics tell the same story as the generals.

use byzantine::{LieKind, Order, Outcome, Question, Settings, decisions, hush_planned_panics, run};
use supervisor::SupervisionStrategy;
use supervisor_tests::within;

/// Draws settings at random.
fn any_settings(seed: u64) -> Settings {
    let mut random = fastrand::Rng::with_seed(seed);
    let generals = random.u8(3..=7);
    let traitors = random.u8(0..=(generals - 2).min(2));
    let slow = random.u8(0..=(generals - 2 - traitors).min(2 - traitors));
    let strategies = [
        SupervisionStrategy::OneForOne,
        SupervisionStrategy::OneForAll,
        SupervisionStrategy::RestForOne,
    ];
    Settings {
        generals,
        traitors,
        slow,
        crashes: random.usize(0..=4),
        seed,
        question: match random.u8(0..4) {
            0 => Question::MixedOpinions,
            1 => Question::Order(Order::Retreat),
            _ => Question::Order(Order::Attack),
        },
        lies: random
            .choice([LieKind::Random, LieKind::Split, LieKind::Opposite, LieKind::Silent])
            .unwrap(),
        strategy: random.choice(strategies).unwrap(),
        max_restarts: random.u32(2..=4),
        letters: false,
        web: None,
    }
}

async fn campaign(settings: &Settings) -> Outcome {
    within("the end of the campaign", run(settings.draw().plan)).await.expect("a start")
}

#[tokio::test(start_paused = true)]
async fn the_accounts_are_the_same_in_every_campaign() {
    hush_planned_panics();
    let (mut falls, mut ends) = (0, 0);
    for seed in 0..150 {
        let settings = any_settings(seed);
        let outcome = campaign(&settings).await;
        assert!(outcome.tell_the_same(), "{settings:?}");
        let (fell, restarts) = (outcome.falls(), outcome.restarts());
        // If no general is stopped because of another, every account is complete.
        if settings.strategy == SupervisionStrategy::OneForOne && outcome.end.is_ok() {
            for id in outcome.plan.rules.everybody() {
                assert_eq!(outcome.told_by_events(id), outcome.told_by_general(id), "{settings:?}");
            }
            assert_eq!([fell.stats, fell.notebooks], [fell.events; 2], "{settings:?}");
            let events = restarts.events;
            assert_eq!([restarts.stats, restarts.notebooks], [events; 2], "{settings:?}");
        }
        falls += fell.events;
        // Each decision is that of the rehearsal, whichever generals crashed and came back.
        let expected = decisions(&outcome.plan);
        for (decision, expected) in outcome.decisions().into_iter().zip(expected) {
            match decision {
                Some(decision) => assert_eq!(decision, expected, "{settings:?}"),
                None => assert!(outcome.end.is_err(), "{settings:?}"),
            }
        }
        let double_votes: usize =
            outcome.notebooks.iter().map(|notebook| notebook.counts().double_votes).sum();
        assert_eq!(double_votes, 0, "{settings:?}");
        ends += usize::from(outcome.end.is_err());
    }
    assert!(falls > 100 && ends > 5, "{falls} crashes, {ends} runs that gave up: too few to tell");
}

/// Shows that the comparison can fail.
#[tokio::test(start_paused = true)]
async fn an_account_that_leaves_something_out_is_found_out() {
    let settings = Settings { crashes: 2, ..Settings::default() };
    let tamper: [fn(&mut Outcome); 4] = [
        |outcome| outcome.stats.restarts += 1,
        |outcome| outcome.stats.failures += 1,
        |outcome| outcome.events.retain(|(_, event)| !event.to_string().contains("restarted")),
        |outcome| outcome.events.retain(|(_, event)| !event.to_string().contains("struck down")),
    ];
    for tamper in tamper {
        let mut outcome = campaign(&settings).await;
        assert!(outcome.tell_the_same());
        tamper(&mut outcome);
        assert!(!outcome.tell_the_same());
    }
}
