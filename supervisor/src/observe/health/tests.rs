use proptest::prelude::*;

use super::*;
use HealthPart::{Degrades, Ignored, Required};

fn reason(part: HealthPart, problem: HealthProblem) -> HealthReason {
    HealthReason {
        path: ChildPath::parse("db"),
        part,
        problem,
        since: None,
        lasted: None,
        failures: 0,
        last_exit: None,
    }
}

/// Returns the health of a tree with a child of this part in this state.
fn health(part: HealthPart, state: ChildState) -> Health {
    Health::of(
        HealthProblem::of(state, None).map(|problem| reason(part, problem)).into_iter().collect(),
    )
}

#[test]
fn a_child_that_runs_has_finished_or_is_on_standby_is_well_and_every_other_is_not() {
    for &state in ChildState::ALL {
        let well =
            matches!(state, ChildState::Running | ChildState::Finished | ChildState::Standby);
        assert_eq!(health(Required, state).ready, well, "{state}");
        assert_eq!(health(Required, state).reasons.is_empty(), well, "{state}");
    }
}

#[test]
fn the_part_decides_what_the_tree_is() {
    for state in ChildState::ALL.iter().copied().filter(|state| *state != ChildState::Unstoppable) {
        let (required, degrades, ignored) =
            (health(Required, state), health(Degrades, state), health(Ignored, state));
        assert!(degrades.ready && degrades.degraded != required.ready, "{state}");
        assert!(!required.degraded && ignored.ready && !ignored.degraded, "{state}");
        assert!(ignored.reasons.is_empty(), "{state}");
        assert!(required.live && degrades.live && ignored.live, "{state}");
    }
}

#[test]
fn a_life_that_cannot_be_stopped_is_not_live_whatever_its_part() {
    for (part, ready) in [(Required, false), (Degrades, true), (Ignored, true)] {
        let health = health(part, ChildState::Unstoppable);
        assert_eq!((health.live, health.ready, health.reasons.len()), (false, ready, 1), "{part}");
    }
}

#[test]
fn a_child_says_itself_how_it_is() {
    let (slow, out) = (|| "lag 40 s".to_owned(), || "no lease".to_owned());
    let of = |state, word| HealthProblem::of(state, Some(word));
    let degraded = of(ChildState::Running, OwnWord::Degraded(slow())).unwrap();
    assert_eq!(degraded, HealthProblem::Degraded(slow()));
    let unready = of(ChildState::Running, OwnWord::Unready(out())).unwrap();
    assert_eq!(unready, HealthProblem::Unready(out()));
    // A child that starts is not ready in any case, and may say why.
    assert_eq!(of(ChildState::Starting, OwnWord::Unready(out())), Some(unready.clone()));
    let starting = Some(HealthProblem::Starting);
    assert_eq!(of(ChildState::Starting, OwnWord::Degraded(slow())), starting);
    // Its word is forgotten with its life.
    let restarting = Some(HealthProblem::Restarting);
    assert_eq!(of(ChildState::Restarting, OwnWord::Degraded(slow())), restarting);

    let health = Health::of(vec![reason(Required, degraded)]);
    assert!(health.ready && health.degraded);
    assert!(!Health::of(vec![reason(Required, unready.clone())]).ready);
    assert!(Health::of(vec![reason(Degrades, unready)]).degraded);
}

#[test]
fn the_text_names_the_worst_first_and_counts_the_rest() {
    assert_eq!(Health::of(Vec::new()).to_string(), "ready");
    let failed = HealthReason {
        lasted: Some(Duration::from_secs(243)),
        failures: 31,
        ..reason(Required, HealthProblem::Restarting)
    };
    let slow = reason(Required, HealthProblem::Degraded("lag\n40 s".to_owned()));
    assert_eq!(
        Health::of(vec![slow.clone(), failed]).to_string(),
        "not ready\n\
         - not ready: db is to be restarted, for 4m 3s, after 31 failures\n\
         - degraded: db is degraded: lag\\n40 s"
    );
    assert!(Health::of(vec![slow.clone()]).to_string().starts_with("ready, degraded\n- degraded"));
    let zombie = reason(Ignored, HealthProblem::Unstoppable);
    let text = Health::of(vec![slow; SHOWN].into_iter().chain([zombie]).collect()).to_string();
    assert!(text.starts_with("not live\n- not live: db cannot be stopped\n"), "{text}");
    assert!(text.ends_with("\n- … and 1 more"), "{text}");
}

#[test]
fn a_duration_is_printed_as_a_person_says_it() {
    let of = |millis| Lasted(Duration::from_millis(millis)).to_string();
    let all = [80, 12_345, 243_000, 7_500_000].map(of);
    assert_eq!(all, ["80ms", "12.3s", "4m 3s", "2h 5m"].map(str::to_owned));
}

fn problem() -> impl Strategy<Value = HealthProblem> {
    prop_oneof![
        Just(HealthProblem::NotStarted),
        Just(HealthProblem::Starting),
        Just(HealthProblem::Restarting),
        Just(HealthProblem::Stopping),
        Just(HealthProblem::Stopped),
        Just(HealthProblem::Unstoppable),
        Just(HealthProblem::Ended),
        Just(HealthProblem::Degraded("slow".to_owned())),
        Just(HealthProblem::Unready("no lease".to_owned())),
    ]
}

fn reasons() -> impl Strategy<Value = Vec<HealthReason>> {
    let part = prop_oneof![Just(Required), Just(Degrades), Just(Ignored)];
    let one = (part, problem()).prop_map(|(part, problem)| reason(part, problem));
    prop::collection::vec(one, 0..12)
}

/// Returns how good the health is, the larger the better.
fn rank(health: &Health) -> (bool, bool, bool) {
    (health.live, health.ready, health.ready && !health.degraded)
}

proptest! {
    /// One thing more that is wrong never makes a tree better, and is there in the reasons unless it
    /// is ignored; the order in which things are found does not matter.
    #[test]
    fn more_that_is_wrong_is_never_better(found in reasons(), more in reasons()) {
        let before = Health::of(found.clone());
        let mut both = found;
        both.extend(more);
        let after = Health::of(both.clone());
        prop_assert!(after.live <= before.live && after.ready <= before.ready);
        prop_assert!(after.reasons.len() >= before.reasons.len());
        both.reverse();
        prop_assert_eq!(rank(&Health::of(both)), rank(&after));
    }

    /// Each of the three figures follows from the reasons that are named.
    #[test]
    fn each_figure_has_a_reason(found in reasons()) {
        let health = Health::of(found);
        prop_assert_eq!(health.reasons.is_empty(), rank(&health) == (true, true, true));
        let has = |effect| health.reasons.iter().any(|reason| reason.effect() == effect);
        prop_assert_eq!(health.live, !has(Effect::NotLive));
        prop_assert!(!has(Effect::NotReady) || !health.ready);
        prop_assert!(!has(Effect::Nothing));
        prop_assert!(health.reasons.is_sorted_by_key(|reason| std::cmp::Reverse(reason.effect())));
        prop_assert!(health.is_same(&health.clone()));
    }

    /// A smaller part is never worse for the tree.
    #[test]
    fn a_smaller_part_is_never_worse(problem in problem()) {
        let of = |part| Health::of(vec![reason(part, problem.clone())]);
        for (smaller, larger) in [(Ignored, Degrades), (Degrades, Required)] {
            prop_assert!(of(smaller).ready >= of(larger).ready);
            prop_assert!(of(smaller).live == of(larger).live);
        }
    }
}
