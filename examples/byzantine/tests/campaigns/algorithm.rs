//! OM(m) without actors: against the paper's own recursion, and over all lies.

use std::collections::BTreeMap;

use byzantine::Order::{Attack, Retreat};
use byzantine::{
    Heard, Hearsay, Id, LieKind, Lies, Order, Plan, Question, Route, Rules, Said, Settings,
    Verdict, decisions,
};
use fastrand::Rng;

/// Runs OM(m) as the paper states it. The last general on the route is the commander. Returns the
/// value that each lieutenant uses for the commander's order.
fn om(plan: &Plan, depth: u8, route: Route, order: Order, others: &[Id]) -> BTreeMap<Id, Order> {
    // (1) The commander sends its value to every lieutenant. A lieutenant without one uses
    // "retreat".
    let received: BTreeMap<Id, Order> = others
        .iter()
        .map(|to| {
            let told = match plan.traitors.get(&route.teller()) {
                None => Some(order),
                Some(lies) => lies.told(route, *to, order),
            };
            (*to, told.unwrap_or(Retreat))
        })
        .collect();
    if depth == 0 {
        return received;
    }
    // (2) Each lieutenant acts as the commander in OM(m - 1), and sends the value to the others.
    let mut values: BTreeMap<Id, Vec<Order>> =
        received.iter().map(|(id, order)| (*id, vec![*order])).collect();
    for teller in others {
        let rest: Vec<Id> = others.iter().copied().filter(|id| id != teller).collect();
        for (id, order) in om(plan, depth - 1, route.then(*teller), received[teller], &rest) {
            values.get_mut(&id).unwrap().push(order);
        }
    }
    // (3) Each lieutenant uses the majority of its values.
    values.into_iter().map(|(id, values)| (id, Order::majority(values))).collect()
}

/// Returns all decisions, by the paper's recursion.
fn by_the_paper(plan: &Plan) -> Vec<Order> {
    let rules = plan.rules;
    let mut believed: BTreeMap<Id, Vec<Order>> = BTreeMap::new();
    for commander in rules.commanders() {
        let others: Vec<Id> = rules.everybody().filter(|id| *id != commander).collect();
        let order = plan.opinion(commander);
        believed.entry(commander).or_default().push(order);
        let route = Route::from_commander(commander);
        for (id, order) in om(plan, rules.depth, route, order, &others) {
            believed.entry(id).or_default().push(order);
        }
    }
    believed.into_values().map(Order::majority).collect()
}

fn flip(random: &mut Rng) -> Order {
    random.choice(Order::ALL).unwrap()
}

/// Draws opinions at random.
fn any_opinions(random: &mut Rng, generals: u8) -> Vec<Order> {
    (0..generals).map(|_| flip(random)).collect()
}

/// Draws a plan of this size, with one commander and this many traitors.
fn any_plan(random: &mut Rng, generals: u8, depth: u8, traitors: usize) -> Plan {
    let mut plan = Plan::loyal(generals, depth, flip(random));
    for traitor in random.choose_multiple(0..generals, traitors) {
        let lies = match random.u8(0..6) {
            0 => Lies::Split,
            1 => Lies::Opposite,
            2 => Lies::Silent,
            _ => Lies::Random { seed: random.u64(..) },
        };
        plan = plan.with_traitor(traitor, lies);
    }
    plan
}

#[test]
fn the_rounds_are_the_recursion_of_the_paper() {
    let mut random = Rng::with_seed(1);
    for _ in 0..400 {
        let generals = random.u8(3..=7);
        let depth = random.u8(0..=(generals - 2).min(3));
        let traitors = random.usize(0..=usize::from(generals) - 2);
        let mut plan = any_plan(&mut random, generals, depth, traitors);
        if random.bool() {
            plan = plan.with_opinions(&any_opinions(&mut random, generals));
        }
        assert_eq!(decisions(&plan), by_the_paper(&plan), "{plan:?}");
    }
}

/// Returns all lies of a traitor in OM(1) with one commander: every combination of these choices
/// for the receivers of its statement. `None` is silence.
fn all_lies(plan: &Plan, traitor: Id, choices: &[Option<Order>]) -> Vec<Lies> {
    let straight = Route::from_commander(Id(0));
    let route = if traitor == Id(0) { straight } else { straight.then(traitor) };
    let receivers: Vec<Id> = plan.rules.everybody().filter(|id| !route.passes(*id)).collect();
    let lies = |mut number: usize| {
        let mut script = BTreeMap::new();
        for to in &receivers {
            script.extend(choices[number % choices.len()].map(|order| ((route, *to), order)));
            number /= choices.len();
        }
        Lies::Script(script)
    };
    let count = choices.len().pow(u32::try_from(receivers.len()).unwrap());
    (0..count).map(lies).collect()
}

const BINARY: [Option<Order>; 2] = [Some(Attack), Some(Retreat)];
const ANY: [Option<Order>; 3] = [Some(Attack), Some(Retreat), None];

/// Returns all plans of OM(1) with one traitor.
fn all_plans(generals: u8) -> impl Iterator<Item = Plan> {
    let plans = Order::ALL.into_iter().map(move |order| Plan::loyal(generals, 1, order));
    plans.flat_map(|plan| {
        let traitors: Vec<Id> = plan.rules.everybody().collect();
        traitors.into_iter().flat_map(move |traitor| {
            let lies = all_lies(&plan, traitor, &ANY).into_iter();
            let plan = plan.clone();
            lies.map(move |lies| plan.clone().with_traitor(traitor.0, lies))
        })
    })
}

#[test]
fn no_lie_of_one_traitor_breaks_agreement_of_four_to_seven() {
    for generals in 4..=7 {
        let mut count = 0;
        for plan in all_plans(generals) {
            let verdict = Verdict::of_rehearsal(&plan);
            assert!(verdict.promised && verdict.is_good(), "{verdict:?} for {plan:?}");
            count += 1;
        }
        let (commander, lieutenant) = (u32::from(generals) - 1, u32::from(generals) - 2);
        assert_eq!(count, 2 * (3_u32.pow(commander) + commander * 3_u32.pow(lieutenant)));
    }
}

#[test]
fn some_lie_of_one_traitor_breaks_agreement_of_three() {
    let (good, bad): (Vec<Plan>, Vec<Plan>) =
        all_plans(3).partition(|plan| Verdict::of_rehearsal(plan).is_good());
    assert!(!good.is_empty());
    assert!(bad.iter().all(|plan| !plan.is_safe()));
    // The traitor is a lieutenant that reports a retreat after an order to attack, or says nothing.
    let order = |plan: &Plan| plan.opinion(Id(0));
    assert_eq!(bad.iter().filter(|plan| order(plan) == Attack).count(), 4);
    // A traitor as commander, the paper's first case, breaks nothing: if it orders attack to one
    // and retreat to the other, both see a tie and retreat.
    assert!(bad.iter().all(|plan| plan.is_loyal(Id(0))));
}

#[test]
fn two_traitors_break_om_1_whatever_the_number_of_others() {
    for generals in 4..=7 {
        let broken = all_plans(generals).flat_map(|plan| {
            let free = plan.rules.everybody().filter(|id| plan.is_loyal(*id));
            let second: Vec<Id> = free.collect();
            second.into_iter().map(move |id| plan.clone().with_traitor(id.0, Lies::Split))
        });
        let found = broken.into_iter().find(|plan| !Verdict::of_rehearsal(plan).is_good());
        assert!(!found.expect("a break").is_safe());
    }
}

/// Checks lemma 1 of the paper: in OM(m), the loyal generals obey a loyal commander if there are k
/// traitors among more than 2k + m generals.
#[test]
fn no_lie_of_two_lieutenants_in_om_1_keeps_six_from_obeying() {
    for order in Order::ALL {
        let plan = Plan::loyal(6, 1, order);
        for (first, second) in (1..6).flat_map(|first| (first + 1..6).map(move |id| (first, id))) {
            let others = all_lies(&plan, Id(second), &BINARY);
            for lies in all_lies(&plan, Id(first), &BINARY) {
                let plan = plan.clone().with_traitor(first, lies);
                for lies in &others {
                    let plan = plan.clone().with_traitor(second, lies.clone());
                    let verdict = Verdict::of_rehearsal(&plan);
                    assert!(verdict.is_good() && !verdict.promised, "{plan:?}");
                }
            }
        }
    }
}

#[test]
fn no_lie_of_two_traitors_is_found_that_breaks_agreement_of_seven() {
    let mut random = Rng::with_seed(2);
    for number in 0..3_000 {
        let mut plan = any_plan(&mut random, 7, 2, 2);
        // A plan with seven commanders takes seven times as long.
        if number % 25 == 0 {
            plan = plan.with_opinions(&any_opinions(&mut random, 7));
        }
        let verdict = Verdict::of_rehearsal(&plan);
        assert!(verdict.promised && verdict.is_good(), "{verdict:?} for {plan:?}");
    }
}

#[test]
fn agreement_of_too_few_is_broken_by_a_schedule_that_is_found() {
    for (generals, traitors) in [(3, 1), (4, 2), (5, 2), (6, 2), (7, 3), (8, 3), (9, 3)] {
        for question in [Question::Order(Attack), Question::MixedOpinions] {
            let settings = Settings { generals, traitors, question, ..Settings::default() };
            let drawn = settings.draw();
            assert!(matches!(drawn.searched, Some(Ok(_))), "{settings:?}");
            assert_eq!(drawn.plan.traitors.len(), usize::from(traitors));
            assert!(!Verdict::of_rehearsal(&drawn.plan).is_good());
        }
    }
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    // Silence counts as a retreat, so a silent traitor cannot turn a retreat into an attack.
    let question = Question::Order(Retreat);
    let lies = LieKind::Silent;
    let settings = Settings { generals: 3, traitors: 1, question, lies, ..Settings::default() };
    assert!(matches!(settings.draw().searched, Some(Err(_))));
}

#[test]
fn where_agreement_is_certain_nothing_is_searched() {
    let drawn = Settings::default().draw();
    assert!(drawn.plan.is_safe() && drawn.searched.is_none());
}

#[test]
fn one_slow_general_of_four_is_borne_like_a_traitor() {
    for general in 0..4 {
        for round in 1..=2 {
            for order in Order::ALL {
                let plan = Plan::loyal(4, 1, order).with_slow(general, round);
                assert!(Verdict::of_rehearsal(&plan).is_good(), "{plan:?}");
            }
        }
    }
}

#[test]
fn a_statement_counts_once_and_only_from_who_can_make_it() {
    let rules = Rules { generals: 4, depth: 1, ..Plan::loyal(4, 1, Attack).rules };
    let mut hearsay = Hearsay::new(rules, Id(2));
    let straight = Route::from_commander(Id(0));
    let by_one = straight.then(Id(1));
    let said = |route, order| Said { route, order };
    assert_eq!(hearsay.hear(Id(1), said(by_one, Attack)), Heard::Counted);
    assert_eq!(hearsay.hear(Id(1), said(by_one, Attack)), Heard::Again);
    assert_eq!(hearsay.hear(Id(1), said(by_one, Retreat)), Heard::Contradiction);
    assert_eq!(hearsay.heard(by_one), Attack);
    let nonsense = [
        // In order: in the name of another general; the order of a general that does not command;
        // from this general itself; by way of this general; from an unknown general; a route that
        // is too long.
        (Id(3), by_one),
        (Id(1), Route::from_commander(Id(1))),
        (Id(2), straight.then(Id(2))),
        (Id(3), straight.then(Id(2)).then(Id(3))),
        (Id(7), straight.then(Id(7))),
        (Id(3), by_one.then(Id(3))),
    ];
    for (from, route) in nonsense {
        assert_eq!(hearsay.hear(from, said(route, Attack)), Heard::Nonsense, "{route}");
    }
    assert!(!hearsay.has_heard(straight));
    assert_eq!(hearsay.heard(straight), Retreat);
}

#[test]
fn a_route_is_told_from_its_end() {
    let route = Route::from_commander(Id(0)).then(Id(2)).then(Id(3));
    assert_eq!(route.to_string(), "3 says that 2 says that 0 says");
    assert_eq!((route.commander(), route.teller(), route.round()), (Id(0), Id(3), 3));
}

#[test]
#[should_panic(expected = "a message never comes back")]
fn a_route_passes_nobody_twice() {
    let _ = Route::from_commander(Id(0)).then(Id(1)).then(Id(0));
}

#[test]
fn a_lie_is_the_same_when_it_is_told_again() {
    let mut random = Rng::with_seed(3);
    let route = Route::from_commander(Id(0)).then(Id(3));
    let mut told = Vec::new();
    for _ in 0..64 {
        let lies = Lies::Random { seed: random.u64(..) };
        assert_eq!(lies.told(route, Id(1), Attack), lies.told(route, Id(1), Attack));
        told.push((lies.told(route, Id(1), Attack), lies.told(route, Id(2), Attack)));
    }
    // Over all seeds, the two receivers are told each combination of orders.
    for first in Order::ALL {
        for second in Order::ALL {
            assert!(told.contains(&(Some(first), Some(second))));
        }
    }
}
