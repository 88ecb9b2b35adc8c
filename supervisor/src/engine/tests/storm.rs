//! Random supervisors under random events: whatever happens, and in whatever order, the invariants
//! hold, every command is answered, and a stop comes to its end.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::engine::{Key, Limit, Mode};
use crate::spec::MaxRestarts;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) rules: SupervisorRules,
    /// The children, each with the numbers of the siblings that it uses, as bits.
    pub(super) children: Vec<(ChildRules, u8)>,
    pub(super) events: Vec<Happening>,
    pub(super) end: End,
}

#[derive(Clone, Debug)]
pub(super) enum Happening {
    /// A life ends by itself, or, if it was asked to end, in another way than it was asked.
    Exits(Index, ExitReason),
    /// A life that was asked to end, or aborted, ends.
    Obeys(Index),
    Ready(Index),
    Abandoned(Index),
    Hung(Index),
    /// A task of a life has panicked.
    TaskFails(Index),
    /// The code of a life has ended for this reason, and a task of it goes on; `None` if it was dropped.
    TasksStay(Index, Option<ExitReason>),
    Alive(Index, u64),
    /// An event comes too late: it is about a life that has ended, or a child that is forgotten.
    Stale(Index, u8),
    /// The driver takes the next event that the engine has put off.
    Later,
    Passes(u64),
    Deadline,
    Add(u8, ChildRules, u8),
    Command(u8, u8),
    Drain(u64),
    EndBy(u64),
    Stop,
    Kill,
    RuntimeGoes(Index),
}

/// The way in which a supervisor is brought to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    kill: bool,
    /// `true` if the lives end when they are asked to; `false` if only deadlines pass.
    obedient: bool,
}

fn child() -> impl Strategy<Value = ChildRules> {
    let restart = prop_oneof![Just(Always), Just(Transient), Just(Temporary)];
    let shutdown = prop_oneof![
        1 => Just(Shutdown::BrutalKill),
        1 => Just(Shutdown::Infinity),
        3 => (0..3_000_u64).prop_map(|time| Shutdown::Timeout(millis(time))),
    ];
    let backoff = prop::option::weighted(
        0.3,
        (0..500_u64, 0..2_000_u64)
            .prop_map(|(min, more)| Backoff::new(millis(min), millis(min + more))),
    );
    let start = prop_oneof![
        2 => Just(StartRule::Spawned),
        1 => Just(StartRule::Ready(None)),
        2 => (0..3_000_u64).prop_map(|limit| StartRule::Ready(Some(millis(limit)))),
        1 => Just(StartRule::Retry(None)),
        1 => (0..3_000_u64).prop_map(|limit| StartRule::Retry(Some(millis(limit)))),
    ];
    let heartbeat = prop::option::weighted(0.2, (0..3_000_u64).prop_map(millis));
    let supervisor = prop::bool::weighted(0.15);
    let gated = prop::bool::weighted(0.15);
    let limit = 0..20_u32;
    let parts =
        (restart, shutdown, backoff, start, heartbeat, supervisor, any::<bool>(), limit, gated);
    parts.prop_map(
        |(restart, shutdown, backoff, start, heartbeat, supervisor, significant, limit, gated)| {
            let kind = if supervisor { ChildKind::Supervisor } else { ChildKind::Worker };
            let start = match start {
                StartRule::Retry(_) if supervisor => StartRule::Retry(None),
                _ if supervisor => StartRule::Ready(None),
                start => start,
            };
            let health = HealthPart::Required;
            let drain = significant;
            // A fifth of the children have a limit of their own.
            let max_restarts = match limit {
                0..3 => Some(MaxRestarts::AtMost(limit)),
                3 => Some(MaxRestarts::Unlimited),
                _ => None,
            };
            ChildRules {
                kind,
                restart,
                shutdown,
                backoff,
                max_restarts,
                start,
                significant,
                drain,
                heartbeat,
                health,
                gated: cfg!(feature = "lease") && gated && restart != Temporary,
            }
        },
    )
}

fn reason() -> impl Strategy<Value = ExitReason> {
    prop_oneof![
        4 => Just(ExitReason::Normal),
        2 => Just(ExitReason::Shutdown),
        1 => Just(ExitReason::Killed),
        8 => Just(panicked()),
        1 => Just(ExitReason::StillRunning),
        1 => Just(ExitReason::Escalate(Failure::of_panic("hopeless".to_owned(), None))),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{Command, *};
    let which = any::<Index>;
    prop_oneof![
        18 => (which(), reason()).prop_map(|(life, reason)| Exits(life, reason)),
        20 => which().prop_map(Obeys),
        15 => which().prop_map(Ready),
        2 => which().prop_map(Abandoned),
        3 => which().prop_map(Hung),
        3 => which().prop_map(TaskFails),
        2 => (which(), prop::option::of(reason())).prop_map(|(life, reason)| TasksStay(life, reason)),
        3 => (which(), 0..3_000_u64).prop_map(|(life, ago)| Alive(life, ago)),
        6 => (which(), any::<u8>()).prop_map(|(child, kind)| Stale(child, kind)),
        15 => Just(Later),
        8 => (0..2_500_u64).prop_map(Passes),
        10 => Just(Deadline),
        4 => (0..8_u8, child(), any::<u8>())
            .prop_map(|(name, rules, uses)| Add(name, rules, uses)),
        20 => (0..8_u8, 0..8_u8).prop_map(|(command, name)| Command(command, name)),
        2 => (0..2_500_u64).prop_map(Drain),
        1 => (0..2_500_u64).prop_map(EndBy),
        1 => Just(Stop),
        1 => Just(Kill),
        1 => which().prop_map(RuntimeGoes),
    ]
}

/// Returns scenarios of supervisors with children in declaration order, and of pools.
fn scenario() -> impl Strategy<Value = Scenario> {
    scenario_of(prop_oneof![
        1 => Just(OneForOne), 2 => Just(OneForAll), 2 => Just(RestForOne), 1 => Just(SimpleOneForOne)
    ])
}

/// Returns scenarios of supervisors with these strategies.
pub(super) fn scenario_of(
    strategy: impl Strategy<Value = SupervisionStrategy>,
) -> impl Strategy<Value = Scenario> {
    let limit = prop_oneof![
        1 => (0..6_u32).prop_map(MaxRestarts::AtMost), 2 => Just(MaxRestarts::Unlimited)
    ];
    let auto_shutdown = prop_oneof![
        6 => Just(AutoShutdown::Never),
        1 => Just(AutoShutdown::AnySignificant),
        2 => Just(AutoShutdown::AllSignificant),
    ];
    let grace = (0..1_500_u64).prop_map(millis);
    let rules = (strategy, limit, auto_shutdown, grace, prop::option::of(1..6_usize), child());
    let rules = rules.prop_map(|(strategy, max_restarts, auto_shutdown, grace, most, template)| {
        let is_pool = strategy == SimpleOneForOne;
        SupervisorRules {
            max_restarts,
            auto_shutdown,
            kill_grace: grace,
            max_children: most.filter(|_| is_pool),
            template: is_pool.then(|| Arc::new(ChildRules { gated: false, ..template })),
            ..supervisor(strategy)
        }
    });
    let end = (any::<bool>(), any::<bool>()).prop_map(|(kill, obedient)| End { kill, obedient });
    let children = prop::collection::vec((child(), any::<u8>()), 0..8);
    let events = prop::collection::vec(happening(), 0..80);
    (rules, children, events, end).prop_map(|(rules, children, events, end)| Scenario {
        rules,
        children,
        events,
        end,
    })
}

/// Returns the rules of a child, without its gate if its siblings may wait for it.
fn gated_where_possible(world: &World, rules: ChildRules) -> ChildRules {
    let alone = world.engine.rules.strategy == OneForOne && world.engine.graph.is_none();
    ChildRules { gated: rules.gated && alone, ..rules }
}

/// Returns the numbers of the bits that are set.
pub(super) fn bits(bits: u8) -> Vec<usize> {
    (0..8).filter(|bit| bits & (1 << bit) != 0).collect()
}

pub(super) fn name(number: impl Into<usize>) -> String {
    format!("c{}", number.into())
}

/// Returns a name that a child of this supervisor can have.
fn name_in(world: &World, number: u8) -> String {
    match world.engine.rules.strategy {
        SimpleOneForOne => format!("#{number}"),
        _ => name(number),
    }
}

fn a_life(world: &World, which: Index) -> Option<(Key, u64)> {
    let lives: Vec<_> = world.lives.iter().map(|(key, generation)| (*key, *generation)).collect();
    (!lives.is_empty()).then(|| *which.get(&lives))
}

pub(super) fn happen(world: &mut World, happening: Happening) {
    match happening {
        Happening::Exits(which, reason) => {
            if let Some((key, _)) = a_life(world, which) {
                world.exit_of(key, Exit::Returned(reason));
            }
        }
        Happening::Obeys(which) => {
            if !world.stopping.is_empty() {
                let key = *which.get(&world.stopping);
                world.exit_of(key, Exit::Dropped);
            }
        }
        Happening::Ready(which) => {
            if let Some((key, generation)) = a_life(world, which) {
                world.on(Event::Ready(key, generation));
            }
        }
        Happening::Abandoned(which) => {
            if let Some((key, generation)) = a_life(world, which) {
                world.on(Event::Abandoned(key, generation));
            }
        }
        Happening::Hung(which) => {
            if let Some((key, generation)) = a_life(world, which) {
                let long_ago = world.now - secs(100);
                world.on(Event::LastHeartbeat(key, generation, long_ago));
            }
        }
        Happening::TaskFails(which) => {
            if let Some((key, generation)) = a_life(world, which) {
                world.on(Event::TaskFailed(key, generation, Box::new(panicked())));
            }
        }
        Happening::TasksStay(which, reason) => {
            if let Some((key, generation)) = a_life(world, which) {
                world.on(Event::TasksLeft(key, generation, reason.map(Box::new)));
            }
        }
        Happening::Alive(which, ago) => {
            if let Some((key, generation)) = a_life(world, which) {
                let at = world.now.checked_sub(millis(ago)).unwrap_or(world.now);
                world.on(Event::LastHeartbeat(key, generation, at));
            }
        }
        Happening::Stale(which, kind) => stale(world, which, kind),
        Happening::Later => {
            if let Some(event) = world.later.pop_front() {
                world.on(event);
            }
        }
        Happening::Passes(time) => world.pass(millis(time)),
        Happening::Deadline => {
            world.pass_to_deadline();
        }
        Happening::Add(number, rules, uses) => {
            let rules = world.engine.rules.template.as_deref().cloned().unwrap_or(rules);
            let rules = ChildRules { gated: false, ..rules };
            let name = name_in(world, number);
            let uses = if world.engine.graph.is_some() && !world.uses_all {
                bits(uses)
            } else {
                Vec::new()
            };
            let uses: Vec<String> = uses.into_iter().map(self::name).collect();
            let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
            world.add_after(&name, rules, &uses);
        }
        Happening::Command(command, number) => command_in(world, command, number),
        Happening::Drain(time) => world.on(Event::Drain(millis(time))),
        Happening::EndBy(time) => world.on(Event::EndBy(world.now + millis(time))),
        Happening::Stop => world.on(Event::Stop),
        Happening::Kill => world.on(Event::Kill),
        Happening::RuntimeGoes(which) => {
            let dropped = a_life(world, which).filter(|(key, _)| !world.stopping.contains(key));
            if let Some((key, _)) = dropped {
                world.exit_of(key, Exit::Dropped);
                assert_eq!(world.ending(), "runtime gone");
            }
        }
    }
}

/// Reports a late event and asserts that it changes nothing.
fn stale(world: &mut World, which: Index, kind: u8) {
    let mut known: Vec<_> = world.names.keys().copied().collect();
    known.sort();
    if known.is_empty() || world.ended.is_some() {
        return;
    }
    let key = *which.get(&known);
    let (generation, retry) = match world.engine.child(key) {
        Some(child) if child.generation > 0 => (child.generation - 1, child.retry.wrapping_sub(1)),
        Some(_) => return,
        None => (1, 0),
    };
    // A deadline that is due is due with any event.
    world.on(Event::Tick);
    world.log();
    world.on(match kind % 8 {
        0 => Event::Exited(key, generation, Exit::Returned(panicked())),
        1 => Event::Exited(key, generation, Exit::Dropped),
        2 => Event::Ready(key, generation),
        3 => Event::Abandoned(key, generation),
        4 => Event::LastHeartbeat(key, generation, world.now - secs(100)),
        5 => Event::TaskFailed(key, generation, Box::new(panicked())),
        6 => Event::TasksLeft(key, generation, Some(Box::new(panicked()))),
        _ => Event::Retry(key, retry),
    });
    assert_eq!(world.log(), [""; 0]);
}

fn command_in(world: &mut World, command: u8, number: u8) {
    let make = match command {
        0 => Verb::Terminate,
        1 => Verb::Restart,
        2 => Verb::Delete,
        3 => Verb::StopAndStart,
        #[cfg(feature = "lease")]
        4 => Verb::Open,
        #[cfg(feature = "lease")]
        5 => Verb::Shut,
        6 => Verb::TerminateBy(Limit::Now),
        _ => Verb::Fail(ExitReason::Killed),
    };
    let name = name_in(world, number);
    let own = world.engine.find(&world::named(&name));
    #[cfg(feature = "lease")]
    if matches!(make, Verb::Open | Verb::Shut) && !own.is_some_and(|key| world.engine.is_gated(key))
    {
        return;
    }
    let free = own.is_none_or(|key| !world.engine.is_moving(key));
    let call = world.call(make, &name);
    let engine = &world.engine;
    if free && !engine.rules.strategy.is_group() && matches!(engine.mode, Mode::Running) {
        // The state of the child's siblings does not matter.
        let begun = own.is_some_and(|key| engine.is_moving(key));
        assert!(begun || world.answers.contains_key(&call), "a command waits for a sibling");
    }
}

/// Stops or kills the supervisor and asserts that it ends: if the lives do not end when they are
/// asked to, then by its deadlines, as far as its children have any.
pub(super) fn bring_to_an_end(world: &mut World, end: End) {
    world.on(if end.kill { Event::Kill } else { Event::Stop });
    for _ in 0..1_000 {
        if world.ended.is_some() {
            return;
        }
        if matches!(world.later.front(), Some(Event::Continue)) {
            let event = world.later.pop_front();
            event.into_iter().for_each(|event| world.on(event));
            continue;
        }
        let first = world.stopping.first().copied();
        match first {
            Some(key) if end.obedient => world.exit_of(key, Exit::Dropped),
            _ if world.pass_to_deadline() => {}
            // A child that is a supervisor, or that has `infinity`, has no deadline and ends by
            // itself.
            Some(_) => {
                let endless = world.engine.children().find(|(_, child)| {
                    let is_worker = child.rules.kind == ChildKind::Worker;
                    let waits = child.rules.shutdown == Shutdown::Infinity && !end.kill;
                    child.state.has_life() && (!is_worker || waits)
                });
                let (key, _) = endless.expect("nothing is waited for that has no deadline");
                world.exit_of(key, Exit::Dropped);
            }
            None => panic!("it waits for nothing: {:?}", world.engine.mode),
        }
    }
    panic!("it does not end: {:?}", world.engine.mode);
}

/// Has all events happen, and asserts that the supervisor then ends and has answered all commands.
pub(super) fn run(
    world: &mut World,
    events: Vec<Happening>,
    end: End,
) -> Result<(), TestCaseError> {
    for event in events {
        happen(world, event);
    }
    bring_to_an_end(world, end);
    for call in 1..=world.calls {
        prop_assert!(world.answers.contains_key(&call), "call {} is not answered", call);
    }
    prop_assert_eq!(world.engine.next_deadline(), None);
    Ok(())
}

proptest! {
    #![proptest_config(runs(400))]

    #[test]
    fn whatever_happens_the_invariants_hold_and_a_stop_comes_to_its_end(scenario in scenario()) {
        let mut world = World::new(scenario.rules);
        let (children, events, end) = (scenario.children, scenario.events, scenario.end);
        if world.engine.rules.strategy != SimpleOneForOne {
            for (number, (rules, _)) in children.into_iter().enumerate() {
                let rules = gated_where_possible(&world, rules);
                world = world.with(&name(number), rules);
            }
        }
        world.on(Event::Start);
        run(&mut world, events, end)?;
    }
}
