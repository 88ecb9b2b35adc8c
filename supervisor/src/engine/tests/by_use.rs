//! The order by use: what each child waits for, in a start, a group restart and a stop.

use proptest::prelude::*;

use super::storm::{self, Scenario, bits, name, run, scenario_of};
use super::*;
use crate::engine::{Child, Key, Mode, State};
use crate::spec::Order;
use crate::spec::RestartPolicy::{Always, Temporary};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne};

fn by_use(strategy: SupervisionStrategy) -> SupervisorRules {
    SupervisorRules { order: Order::ByUse, ..supervisor(strategy) }
}

/// Returns a shop: `mailer` uses `db`, `web` uses `db` and `mailer`, and `cache` uses nothing.
fn shop(strategy: SupervisionStrategy, rules: &ChildRules) -> World {
    World::new(by_use(strategy))
        .with("db", rules.clone())
        .with("cache", rules.clone())
        .with_user("mailer", rules.clone(), &["db"])
        .with_user("web", rules.clone(), &["db", "mailer"])
}

#[test]
fn a_child_starts_when_all_that_it_uses_are_up() {
    let mut world = shop(OneForOne, &notifying(Always));
    world.on(Event::Start);
    assert_eq!(world.acts(), "spawn db, spawn cache");
    world.ready("db");
    assert_eq!(world.acts(), "spawn mailer");
    world.ready("mailer");
    world.ready("web");
    assert!(!world.log().contains(&"all started".to_owned()), "cache is not up");
    world.ready("cache");
    assert!(world.log().contains(&"all started".to_owned()));
}

#[test]
fn nobody_waits_for_a_child_that_is_tried_again() {
    for strategy in [OneForOne, OneForAll, RestForOne] {
        let mut world = World::new(by_use(strategy)).with("db", retrying(Always)).with_user(
            "web",
            worker(Always),
            &["db"],
        );
        world.on(Event::Start);
        let log = world.log();
        for line in ["spawn db", "spawn web", "all started"] {
            assert!(log.contains(&line.to_owned()), "{strategy}: {log:?}");
        }
        world.exits("db", panicked());
        assert!(world.pass_to_deadline(), "the backoff");
        assert_eq!(world.acts(), "spawn db", "{strategy}: its user goes on");
        world.ready("db");
        // The users of a child are stopped before it, whether or not it is tried again.
        world.on(Event::Stop);
        assert_eq!(world.acts(), "ask web", "{strategy}");
    }
}

#[test]
fn a_child_is_asked_to_end_when_all_that_use_it_have_ended() {
    let mut world = shop(OneForOne, &worker(Always)).up();
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask web, ask cache");
    world.gone("web");
    assert_eq!(world.acts(), "ask mailer");
    world.gone("mailer");
    assert_eq!(world.acts(), "ask db");
    world.gone("db");
    assert_eq!(world.ending(), "not ended");
    world.gone("cache");
    assert_eq!(world.ending(), "shutdown");
}

#[test]
fn those_that_wait_are_named_once() {
    let mut world = shop(OneForOne, &notifying(Always));
    world.on(Event::Start);
    let waits = |world: &mut World| {
        let log = world.log();
        log.into_iter().filter(|line| line.contains("waits")).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(waits(&mut world), "web waits to start, mailer waits to start");
    world.settle();
    world.log();
    world.on(Event::Stop);
    assert_eq!(waits(&mut world), "db waits to stop, mailer waits to stop");
    world.gone("web");
    assert_eq!(waits(&mut world), "");
}

#[test]
fn a_start_that_fails_stops_those_under_way_too() {
    let mut world = shop(OneForOne, &notifying(Always));
    world.on(Event::Start);
    world.ready("db");
    world.log();
    world.exits("cache", panicked());
    assert_eq!(world.acts(), "ask mailer", "it is starting");
    world.gone("mailer");
    assert_eq!(world.acts(), "ask db");
    world.gone("db");
    assert_eq!(world.ending(), "no start, cache: panic: boom");
}

#[test]
fn rest_for_one_restarts_those_that_use_the_child() {
    let mut world = shop(RestForOne, &worker(Always)).up();
    world.exits("db", panicked());
    assert_eq!(world.acts(), "ask web");
    world.gone("web");
    world.gone("mailer");
    assert_eq!(world.acts(), "ask mailer, spawn db, spawn mailer, spawn web");
    world.exits("cache", panicked());
    assert_eq!(world.acts(), "spawn cache");
}

#[test]
fn one_for_all_restarts_all_along_the_uses() {
    let mut world = shop(OneForAll, &notifying(Always)).up();
    world.exits("cache", panicked());
    assert_eq!(world.acts(), "ask web");
    world.gone("web");
    world.gone("mailer");
    world.gone("db");
    assert_eq!(world.acts(), "ask mailer, ask db, spawn db, spawn cache");
    world.ready("db");
    assert_eq!(world.acts(), "spawn mailer");
}

#[test]
fn a_failed_start_holds_back_only_those_that_use_the_child() {
    let mut world = World::new(by_use(RestForOne))
        .with("db", notifying(Always))
        .with_user("left", notifying(Always), &["db"])
        .with_user("right", notifying(Always), &["db"])
        .with_user("left_user", notifying(Always), &["left"])
        .with_user("right_user", notifying(Always), &["right"])
        .up();
    world.exits("db", panicked());
    while let Some(&key) = world.stopping.first() {
        world.exit_of(key, Exit::Dropped);
    }
    world.ready("db");
    world.log();
    world.exits("left", panicked());
    world.ready("right");
    assert_eq!(world.acts(), "spawn right_user");
    assert_eq!(
        (world.state("left"), world.state("left_user")),
        ("restarting".into(), "restarting".into())
    );
    world.settle();
    assert_eq!(world.acts(), "spawn left, spawn left_user");
}

#[test]
fn a_child_whose_use_waits_for_its_own_restart_waits_too() {
    let delayed = ChildRules { backoff: Some(Backoff::constant(secs(1))), ..worker(Always) };
    let mut world = World::new(by_use(RestForOne))
        .with("left", delayed)
        .with("right", worker(Always))
        .with_user("both", worker(Always), &["left", "right"])
        .up();
    world.exits("left", panicked());
    world.settle();
    world.exits("right", panicked());
    assert_eq!(world.acts(), "ask both, spawn right", "`both` uses `left`, which is not up");
    world.pass(secs(1));
    assert_eq!(world.acts(), "spawn left, spawn both");
}

#[test]
fn a_zombie_holds_back_only_what_it_uses() {
    let stubborn = ChildRules { shutdown: Shutdown::BrutalKill, ..worker(Always) };
    let mut world = World::new(by_use(OneForOne))
        .with("db", worker(Always))
        .with("cache", worker(Always))
        .with_user("stuck", stubborn, &["db"])
        .with_user("web", worker(Always), &["cache"])
        .up();
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask web, abort stuck");
    world.gone("web");
    assert_eq!(world.acts(), "ask cache");
    world.gone("cache");
    world.pass(secs(1));
    assert_eq!(world.acts(), "ask db", "`stuck` is given up");
}

#[test]
fn a_child_that_is_added_names_its_uses() {
    let mut world = shop(OneForOne, &worker(Always)).up();
    let unknown = world.add_after("lost", worker(Always), &["nobody"]);
    assert!(world.answer(unknown).starts_with("refused, NoSibling"), "{}", world.answer(unknown));
    world.add_after("late", worker(Always), &["cache"]);
    world.log();
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask late, ask web");
    world.gone("late");
    assert_eq!(world.acts(), "ask cache");
}

#[test]
fn a_child_that_is_forgotten_leaves_the_order_of_the_others() {
    let mut world = World::new(by_use(RestForOne))
        .with("db", worker(Always))
        .with_user("job", worker(Temporary), &["db"])
        .with_user("web", worker(Always), &["job"])
        .up();
    world.exits("job", ExitReason::Normal);
    world.exits("db", panicked());
    world.gone("web");
    assert_eq!(world.acts(), "ask web, spawn db, spawn web");
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask web");
    world.gone("web");
    assert_eq!(world.acts(), "ask db");
}

#[test]
fn children_that_come_and_go_leave_nothing_behind() {
    let mut world = World::new(by_use(OneForOne)).with("db", worker(Always)).up();
    for number in 0..100 {
        let (job, part) = (format!("job{number}"), format!("part{number}"));
        world.add_after(&job, worker(Temporary), &["db"]);
        world.add_after(&part, worker(Temporary), &[&job]);
        world.exits(&job, ExitReason::Normal);
        world.exits(&part, ExitReason::Normal);
    }
    // Each uses the one before it, which is then forgotten.
    world.add_after("job0", worker(Temporary), &["db"]);
    for number in 1..100 {
        let (before, next) = (format!("job{}", number - 1), format!("job{number}"));
        world.add_after(&next, worker(Temporary), &[&before]);
        world.exits(&before, ExitReason::Normal);
    }
    let graph = format!("{:?}", world.engine.graph);
    assert!(graph.len() < 1_000, "{graph}");
    world.acts();
    world.on(Event::Stop);
    assert_eq!(world.acts(), "ask job99");
}

#[test]
fn a_forgotten_child_that_goes_during_a_walk_holds_back_nothing() {
    let mut world = World::new(by_use(OneForAll))
        .with("db", worker(Always))
        .with_user("job", worker(Temporary), &["db"])
        .with_user("part", worker(Temporary), &["job"])
        .with("cache", worker(Always))
        .up();
    world.exits("job", ExitReason::Normal);
    world.exits("cache", panicked());
    assert_eq!(world.acts(), "ask part");
    world.gone("part");
    assert_eq!(world.acts(), "ask db");
    world.gone("db");
    assert_eq!(world.acts(), "spawn db, spawn cache");
}

#[test]
fn nothing_is_told_of_a_forgotten_child_whose_place_is_taken() {
    let mut world = World::new(by_use(RestForOne))
        .with("db", worker(Always))
        .with_user("job", worker(Temporary), &["db"])
        .with_user("part", worker(Always), &["job"])
        .with_user("other", worker(Always), &["job"])
        .up();
    world.exits("job", ExitReason::Normal);
    world.add_after("new", worker(Always), &["db"]);
    world.add_after("newest", worker(Always), &["new"]);
    world.log();
    world.exits("db", panicked());
    let mut waits = world.log();
    waits.retain(|line| line.contains(" waits to "));
    assert_eq!(waits, ["new waits to stop"]);
}

/// Adds the children, each with the uses of which `uses` returns the numbers.
fn with_children(
    mut world: World,
    children: Vec<(ChildRules, u8)>,
    uses: impl Fn(usize, u8) -> Vec<usize>,
) -> World {
    for (number, (rules, own)) in children.into_iter().enumerate() {
        let uses: Vec<String> = uses(number, own).into_iter().map(name).collect();
        let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
        let rules = ChildRules { gated: false, ..rules };
        world = world.with_user(&name(number), rules, &uses);
    }
    world
}

fn strategy() -> impl Strategy<Value = SupervisionStrategy> {
    prop_oneof![1 => Just(OneForOne), 2 => Just(OneForAll), 2 => Just(RestForOne)]
}

/// Returns the effects in words, without those about waiting, which declaration order does not have.
fn log(world: &mut World) -> Vec<String> {
    world.log().into_iter().filter(|line| !line.contains(" waits to ")).collect()
}

proptest! {
    #![proptest_config(runs(2_000))]

    /// The invariants are checked after each event, and at each step of a walk.
    #[test]
    fn along_any_graph_the_invariants_hold_whatever_happens(scenario in scenario_of(strategy())) {
        let Scenario { rules, children, events, end } = scenario;
        let world = World::new(SupervisorRules { order: Order::ByUse, ..rules });
        let uses = |number, own| bits(own).into_iter().filter(|used| *used < number).collect();
        let mut world = with_children(world, children, uses);
        world.on(Event::Start);
        run(&mut world, events, end)?;
    }
}

/// Returns `true` if a command about any child is carried out as soon as it comes, and no restart is
/// pending.
fn is_quiet(world: &World) -> bool {
    let engine = &world.engine;
    let moves = |(_, child): (Key, &Child<_, _>)| {
        matches!(
            child.state,
            State::Waiting(_) | State::Starting(_) | State::Stopping(_) | State::Killing(_)
        )
    };
    matches!(engine.mode, Mode::Running)
        && !engine.is_busy()
        && engine.deferred.is_empty()
        && !engine.children().any(moves)
}

proptest! {
    #![proptest_config(runs(1_000))]

    /// Declaration order is the order of a graph in which each child uses all before it.
    #[test]
    fn a_graph_of_all_uses_has_the_effects_of_declaration_order(
        scenario in scenario_of(strategy())
    ) {
        let Scenario { rules, children, events, .. } = scenario;
        let by_use = SupervisorRules { order: Order::ByUse, ..rules.clone() };
        let mut chain = with_children(World::new(rules), children.clone(), |_, _| Vec::new());
        let mut graph =
            with_children(World::new(by_use), children, |number, _| (0..number).collect());
        graph.uses_all = true;
        for world in [&mut chain, &mut graph] {
            world.on(Event::Start);
        }
        prop_assert_eq!(log(&mut chain), log(&mut graph));
        for event in events {
            // The uses of an addition are named when it comes, and may be gone when its turn comes.
            // By use, a child that was started alone, while a sibling that it uses waits for a
            // restart, comes back with that sibling and not before.
            let starts_one =
                matches!(event, storm::Happening::Add(..) | storm::Happening::Command(..));
            if starts_one && !is_quiet(&chain) {
                continue;
            }
            if matches!(event, storm::Happening::Deadline) {
                // One of the two may have a deadline of its own before, at which nothing is due.
                let began = chain.now;
                chain.pass_to_deadline();
                graph.pass_by_deadlines(chain.now - began);
            } else {
                for world in [&mut chain, &mut graph] {
                    storm::happen(world, event.clone());
                }
            }
            prop_assert_eq!(log(&mut chain), log(&mut graph));
        }
    }

    /// If all children use up their time, a stop takes the longest path along the uses.
    #[test]
    fn a_stop_takes_the_longest_path(
        children in prop::collection::vec((0..5_000_u64, any::<u8>()), 1..8)
    ) {
        let rules = |(time, uses): &(u64, u8)| {
            (ChildRules { shutdown: Shutdown::Timeout(millis(*time)), ..worker(Always) }, *uses)
        };
        let before = |number, own| bits(own).into_iter().filter(move |used| *used < number);
        let mut paths: Vec<u64> = Vec::new();
        for (number, (time, uses)) in children.iter().enumerate() {
            let longest = before(number, *uses).map(|used| paths[used]).max();
            paths.push(time + longest.unwrap_or(0));
        }
        let world = World::new(by_use(OneForOne));
        let all = children.iter().map(rules).collect();
        let mut world = with_children(world, all, |number, own| before(number, own).collect()).up();
        let began = world.now;
        world.on(Event::Stop);
        while world.ended.is_none() {
            let killed = |key: &Key| {
                let child = world.engine.child(*key).expect("it stops");
                matches!(child.state, State::Killing(_))
            };
            let killed: Vec<Key> = world.stopping.iter().copied().filter(killed).collect();
            if !killed.is_empty() {
                killed.into_iter().for_each(|key| world.exit_of(key, Exit::Dropped));
            } else if let Some(event) = world.later.pop_front() {
                world.on(event);
            } else {
                prop_assert!(world.pass_to_deadline());
            }
        }
        let longest = paths.into_iter().max().unwrap_or(0);
        prop_assert_eq!(world.now - began, millis(longest));
    }
}
