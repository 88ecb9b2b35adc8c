//! Generals that crash, and are restarted by their supervisor.

use byzantine::Moment::{AfterVoting, BeforeVoting, Deciding, LetterInHand, WhileVoting};
use byzantine::Order::{Attack, Retreat};
use byzantine::{
    Crash, Deed, Field, Id, Lies, Manner, Moment, Notebook, Order, Outcome, Plan, Receipt, Route,
    Said, decisions, run,
};
use supervisor::SupervisionStrategy::{OneForAll, OneForOne, RestForOne};
use supervisor::{ExitReason, SupervisorError};
use supervisor_tests::within;

async fn campaign(plan: Plan) -> Outcome {
    within("the end of the campaign", run(plan)).await.expect("a start")
}

/// Returns the number of lives of each general.
fn lives(outcome: &Outcome) -> Vec<usize> {
    outcome.notebooks.iter().map(Notebook::lives).collect()
}

/// Asserts that the outcome is the same as without crashes, and that no general has voted twice.
fn assert_unharmed(outcome: &Outcome) {
    outcome.end.as_ref().expect("a graceful end");
    let decided: Vec<Order> = outcome.decisions().into_iter().flatten().collect();
    assert_eq!(decided, decisions(&outcome.plan), "{:?}", outcome.plan);
    for notebook in &outcome.notebooks {
        let counts = notebook.counts();
        assert_eq!((counts.double_votes, counts.nonsense, counts.late), (0, 0, 0));
        let decided = |deed: &Deed| matches!(deed, Deed::Decided(_));
        assert_eq!(notebook.diary().iter().filter(|entry| decided(&entry.deed)).count(), 1);
    }
}

/// Returns a plan with four generals, one traitor, and this crash.
fn four(general: u8, round: u8, moment: Moment) -> Plan {
    Plan::loyal(4, 1, Attack)
        .with_traitor(3, Lies::Random { seed: 7 })
        .with_crash(general, round, moment)
}

#[tokio::test(start_paused = true)]
async fn who_falls_before_voting_votes_in_its_next_life() {
    let outcome = campaign(four(1, 2, BeforeVoting)).await;
    assert_unharmed(&outcome);
    assert_eq!(lives(&outcome), [1, 2, 1, 1]);
    let sent = |again| {
        let diary = outcome.notebooks[1].diary().iter();
        diary.filter(|entry| entry.deed == Deed::Sent { letters: 2, again }).count()
    };
    assert_eq!((sent(false), sent(true)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn who_falls_after_voting_does_not_vote_twice() {
    let outcome = campaign(four(1, 2, AfterVoting)).await;
    assert_unharmed(&outcome);
    assert_eq!(lives(&outcome), [1, 2, 1, 1]);
    // One letter by each route counts: the commander's letter, and two reports.
    assert_eq!(outcome.notebooks[2].counts().read, 3);
}

#[tokio::test(start_paused = true)]
async fn who_falls_in_the_middle_of_a_round_sends_the_rest_and_no_other() {
    let outcome = campaign(Plan::loyal(7, 2, Attack).with_crash(4, 2, WhileVoting)).await;
    assert_unharmed(&outcome);
    assert_eq!(lives(&outcome), [1, 1, 1, 1, 2, 1, 1]);
    let diary = outcome.notebooks[4].diary();
    let again = |deed: &Deed| matches!(deed, Deed::Sent { again: true, .. });
    assert!(diary.iter().any(|entry| again(&entry.deed)), "{diary:?}");
    let twice: usize = outcome.notebooks.iter().map(|book| book.counts().read_before).sum();
    assert!(twice > 0, "letters that were not confirmed came twice, and counted once");
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_dies_with_its_reader_is_brought_to_the_next_life() {
    let outcome = campaign(four(2, 1, LetterInHand)).await;
    assert_unharmed(&outcome);
    assert_eq!(lives(&outcome), [1, 1, 2, 1]);
    assert!(outcome.notebooks[2].hearsay().has_heard(Route::from_commander(Id(0))));
}

#[tokio::test(start_paused = true)]
async fn who_falls_when_it_has_decided_decides_once() {
    let outcome = campaign(four(2, 2, Deciding)).await;
    assert_unharmed(&outcome);
    assert_eq!(lives(&outcome), [1, 1, 2, 1]);
}

/// Tries each general, round, moment, manner and strategy.
#[tokio::test(start_paused = true)]
async fn no_crash_changes_what_is_decided() {
    for strategy in [OneForOne, OneForAll, RestForOne] {
        for general in 0..4 {
            for round in 1..=2 {
                for moment in [BeforeVoting, WhileVoting, AfterVoting, LetterInHand, Deciding] {
                    for manner in [Manner::Error, Manner::Panic] {
                        let mut plan = four(general, round, moment).with_strategy(strategy);
                        plan.crashes = vec![Crash { manner, ..plan.crashes[0] }];
                        let outcome = campaign(plan).await;
                        assert_unharmed(&outcome);
                        // The commander receives no letter, so it cannot crash on one.
                        let falls = u64::from((general, moment) != (0, LetterInHand));
                        assert_eq!(outcome.stats.failures, falls, "{:?}", outcome.plan);
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_for_one_restarts_the_general_alone() {
    let outcome = campaign(four(1, 2, WhileVoting).with_strategy(OneForOne)).await;
    assert_eq!(lives(&outcome), [1, 2, 1, 1]);
    assert_eq!(outcome.stats.restarts, 1);
}

#[tokio::test(start_paused = true)]
async fn one_for_all_restarts_all_generals() {
    for general in 0..4 {
        let outcome = campaign(four(general, 2, BeforeVoting).with_strategy(OneForAll)).await;
        assert_unharmed(&outcome);
        assert_eq!(lives(&outcome), [2, 2, 2, 2]);
        assert_eq!(outcome.stats.restarts, 4);
    }
}

#[tokio::test(start_paused = true)]
async fn rest_for_one_restarts_the_later_ones() {
    let expected = [[2, 2, 2, 2], [1, 2, 2, 2], [1, 1, 2, 2], [1, 1, 1, 2]];
    for (general, expected) in (0..4).zip(expected) {
        let outcome = campaign(four(general, 2, BeforeVoting).with_strategy(RestForOne)).await;
        assert_unharmed(&outcome);
        assert_eq!(lives(&outcome), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_wakes_those_who_have_gone_home() {
    let outcome = campaign(four(3, 2, Deciding).with_strategy(OneForAll)).await;
    assert_unharmed(&outcome);
    assert_eq!(lives(&outcome), [2, 2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_general_oversleeps_once_whoever_wakes_it() {
    let plan = Plan::loyal(4, 1, Attack)
        .with_slow(1, 1)
        .with_crash(2, 2, AfterVoting)
        .with_strategy(OneForAll);
    let outcome = campaign(plan).await;
    outcome.end.as_ref().expect("a graceful end");
    assert_eq!(outcome.verdict().agreed, Some(Attack));
    assert_eq!(lives(&outcome), [2, 2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn as_many_crashes_as_allowed_are_borne() {
    let plan = four(1, 2, BeforeVoting)
        .with_crash(1, 2, BeforeVoting)
        .with_crash(2, 1, LetterInHand)
        .with_max_restarts(3);
    let outcome = campaign(plan).await;
    assert_unharmed(&outcome);
    assert_eq!(lives(&outcome), [1, 3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn one_more_crash_ends_the_run_with_the_supervisors_reason() {
    let plan = four(1, 2, BeforeVoting)
        .with_crash(1, 2, BeforeVoting)
        .with_crash(1, 2, WhileVoting)
        .with_max_restarts(2);
    let outcome = campaign(plan).await;
    let Err(SupervisorError::Ended(path, ExitReason::Escalated(campaign))) = &outcome.end else {
        panic!("the end was {:?}", outcome.end);
    };
    assert!(path.is_root());
    assert_eq!(*campaign.path(), "army");
    let ExitReason::Escalated(army) = campaign.reason() else { panic!("{:?}", campaign.reason()) };
    assert_eq!(*army.path(), "army/lieutenant_1");
    let ExitReason::Error(failure) = army.reason() else { panic!("{:?}", army.reason()) };
    assert_eq!(failure.message(), "struck down in round 2, while voting");
    assert_eq!(lives(&outcome), [1, 3, 1, 1]);
    assert_eq!(outcome.decisions(), [None; 4]);
    assert_eq!((outcome.stats.restarts, outcome.stats.failures), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn a_crash_that_is_allowed_none_ends_the_run() {
    let outcome = campaign(four(0, 1, BeforeVoting).with_max_restarts(0)).await;
    assert!(outcome.end.is_err());
    assert_eq!(outcome.stats.restarts, 0);
}

/// Shows that `assert_unharmed` can fail: a general without a notebook could vote twice like this.
#[tokio::test(start_paused = true)]
async fn a_second_vote_is_seen_and_does_not_count() {
    let field = Field::new(Plan::loyal(4, 1, Attack));
    let mut notebook = field.notebook(Id(1));
    let vote = |order| [Said { route: Route::from_commander(Id(0)), order }];
    assert_eq!(notebook.read(Id(0), &vote(Attack), false), Receipt::Read);
    assert_eq!(notebook.read(Id(0), &vote(Attack), false), Receipt::ReadBefore);
    assert_eq!(notebook.read(Id(0), &vote(Retreat), false), Receipt::Read);
    assert_eq!(notebook.read(Id(0), &vote(Retreat), true), Receipt::Late);
    assert_eq!(notebook.read(Id(3), &vote(Attack), false), Receipt::Read);
    let counts = notebook.counts();
    assert_eq!((counts.double_votes, counts.nonsense, counts.late), (1, 1, 1));
    assert_eq!(notebook.hearsay().heard(Route::from_commander(Id(0))), Attack);
}
