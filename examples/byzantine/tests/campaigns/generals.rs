//! The generals under the real tree: agreement, obedience, and slow generals.

use std::collections::BTreeMap;
use std::sync::Arc;

use byzantine::Order::{Attack, Retreat};
use byzantine::{
    Campaign, Field, Id, Lies, Order, Outcome, Plan, Question, Route, Settings, Verdict, decisions,
    run,
};
use supervisor_tests::within;

/// Runs the campaign, and compares the decisions with the rehearsal.
async fn campaign(plan: Plan) -> Outcome {
    let expected = decisions(&plan);
    let outcome = within("the end of the campaign", run(plan)).await.expect("a start");
    outcome.end.as_ref().expect("a graceful end");
    let decided: Vec<Order> = outcome.decisions().into_iter().flatten().collect();
    assert_eq!(decided, expected, "the generals decide as in the rehearsal: {:?}", outcome.plan);
    outcome
}

/// Runs the campaign, and returns the common decision of the reliable generals.
async fn agreement(plan: Plan) -> Option<Order> {
    let verdict = campaign(plan).await.verdict();
    assert!(verdict.obeyed, "{verdict:?}");
    verdict.agreed
}

#[tokio::test(start_paused = true)]
async fn a_commander_and_its_lieutenants_are_children() {
    let names = |plan: Plan| async move {
        let field = Arc::new(Field::new(plan));
        let campaign = within("the start", Campaign::start(&field)).await.unwrap();
        let children = campaign.army().which_children().await.unwrap();
        // `which_children` returns the newest child first, as in OTP.
        let paths: Vec<_> = children.iter().rev().map(|c| format!("army/{}", c.name)).collect();
        within("the end", campaign.supervisor().wait()).await.unwrap();
        paths.join(" ")
    };
    let one = names(Plan::loyal(3, 1, Attack)).await;
    assert_eq!(one, "army/commander army/lieutenant_1 army/lieutenant_2");
    let all = names(Plan::loyal(3, 1, Attack).with_opinions(&[Attack; 3])).await;
    assert_eq!(all, "army/general_0 army/general_1 army/general_2");
}

#[tokio::test(start_paused = true)]
async fn three_loyal_generals_agree_on_attack() {
    assert_eq!(agreement(Plan::loyal(3, 0, Attack)).await, Some(Attack));
    assert_eq!(
        agreement(Plan::loyal(3, 1, Attack).with_opinions(&[Attack; 3])).await,
        Some(Attack)
    );
}

#[tokio::test(start_paused = true)]
async fn four_loyal_generals_agree_on_retreat() {
    assert_eq!(agreement(Plan::loyal(4, 1, Retreat)).await, Some(Retreat));
    let opinions = [Retreat; 4];
    assert_eq!(agreement(Plan::loyal(4, 1, Attack).with_opinions(&opinions)).await, Some(Retreat));
}

#[tokio::test(start_paused = true)]
async fn seven_with_mixed_opinions_reach_one_decision() {
    let opinions = [Attack, Retreat, Attack, Attack, Retreat, Attack, Retreat];
    let plan = Plan::loyal(7, 2, Attack).with_opinions(&opinions);
    assert_eq!(agreement(plan).await, Some(Attack));
    let opposite = opinions.map(|order| !order);
    let plan = Plan::loyal(7, 2, Attack).with_opinions(&opposite);
    assert_eq!(agreement(plan).await, Some(Retreat));
}

#[tokio::test(start_paused = true)]
async fn four_with_a_traitor_the_loyal_agree() {
    for traitor in 0..4 {
        for lies in [Lies::Split, Lies::Opposite, Lies::Silent, Lies::Random { seed: 1 }] {
            for order in Order::ALL {
                let plan = Plan::loyal(4, 1, order).with_traitor(traitor, lies.clone());
                assert!(agreement(plan).await.is_some());
            }
        }
    }
}

/// Repeats a sample of the algorithm's tests, which run without actors.
#[tokio::test(start_paused = true)]
async fn four_with_a_traitor_agree_whatever_it_says() {
    let straight = Route::from_commander(Id(0));
    for number in 0..8 {
        let say = |bit: u8| if number & 1 << bit == 0 { Attack } else { Retreat };
        let orders = BTreeMap::from([1, 2, 3].map(|to| ((straight, Id(to)), say(to - 1))));
        let plan = Plan::loyal(4, 1, Attack).with_traitor(0, Lies::Script(orders));
        assert!(agreement(plan).await.is_some());
        let route = straight.then(Id(3));
        let reports = BTreeMap::from([1, 2].map(|to| ((route, Id(to)), say(to - 1))));
        let order = say(2);
        let plan = Plan::loyal(4, 1, order).with_traitor(3, Lies::Script(reports));
        assert_eq!(agreement(plan).await, Some(order));
    }
}

#[tokio::test(start_paused = true)]
async fn seven_with_two_traitors_the_loyal_agree() {
    for seed in 0..20 {
        for question in [Question::Order(Attack), Question::MixedOpinions] {
            let settings = Settings { seed, question, ..Settings::default() };
            assert!(agreement(settings.draw().plan).await.is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_loyal_commander_is_obeyed() {
    for order in Order::ALL {
        for (first, second) in [(1, 2), (3, 6), (5, 4)] {
            let plan = Plan::loyal(7, 2, order)
                .with_traitor(first, Lies::Opposite)
                .with_traitor(second, Lies::Opposite);
            assert_eq!(agreement(plan).await, Some(order));
        }
    }
}

/// Uses three generals with one traitor, and six with two. The plans that the search finds break
/// agreement among real generals too.
#[tokio::test(start_paused = true)]
async fn with_too_few_generals_agreement_breaks() {
    for (generals, traitors) in [(3, 1), (6, 2)] {
        let settings = Settings { generals, traitors, ..Settings::default() };
        let drawn = settings.draw();
        assert!(drawn.searched.is_some_and(|found| found.is_ok()));
        let verdict = campaign(drawn.plan).await.verdict();
        assert_eq!(verdict, Verdict { agreed: None, ..verdict });
        assert!(!verdict.promised && !verdict.is_good());
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_general_times_out_and_the_others_decide() {
    for late in 0..4 {
        for round in 1..=2 {
            let plan = Plan::loyal(4, 1, Attack).with_slow(late, round);
            let outcome = campaign(plan).await;
            let verdict = outcome.verdict();
            // If the commander is late in round 1, the others use the default.
            let expected = if (late, round) == (0, 1) { Retreat } else { Attack };
            assert_eq!(verdict.agreed, Some(expected), "{late} late in round {round}");
            // Letters of the first round arrive in the middle of the second, too late. Letters of
            // the last round arrive after the others have ended.
            let sent = outcome.notebooks[usize::from(late)].vote(round).len();
            let others = outcome.notebooks.iter().enumerate();
            let came_late: usize = others
                .filter(|(id, _)| *id != usize::from(late))
                .map(|(_, n)| n.counts().late)
                .sum();
            let received = if round == 1 { sent } else { 0 };
            assert_eq!(came_late, received, "{late} late in round {round}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_others_do_not_wait_for_a_slow_general() {
    let outcome = campaign(Plan::loyal(4, 1, Attack).with_slow(2, 2)).await;
    let ends = |name: &str| {
        let path = format!("army/{name}");
        let ended = outcome.events.iter().find(|(_, event)| {
            event.path() == path.as_str()
                && matches!(event.kind(), supervisor::events::EventKind::ChildTerminated { .. })
        });
        ended.expect("an end").0.as_millis()
    };
    assert_eq!([ends("commander"), ends("lieutenant_1"), ends("lieutenant_3")], [2000; 3]);
    assert_eq!(ends("lieutenant_2"), 2500);
}

#[tokio::test(start_paused = true)]
async fn a_slow_general_and_a_traitor_are_two_that_seven_can_bear() {
    for seed in 0..20 {
        let settings = Settings { traitors: 1, slow: 1, seed, ..Settings::default() };
        let drawn = settings.draw();
        assert!(drawn.plan.is_safe());
        let verdict = campaign(drawn.plan).await.verdict();
        assert!(verdict.is_good() && verdict.promised, "{verdict:?}, seed {seed}");
    }
}
