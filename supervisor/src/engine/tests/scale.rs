//! A hundred thousand children: no event costs time for each child, and no function recurses.
//! (Otherwise these tests would take minutes, or end in a stack overflow.)

use super::*;
use crate::engine::{Effect, Engine, Key, Named};
use crate::packed_instant::PackedInstant;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};
use crate::spec::{self, Name};

const MANY: usize = 100_000;

/// A driver that does no more than the engine needs to go on.
struct Bare {
    engine: Engine<Name, ()>,
    now: PackedInstant,
    stopping: Vec<Key>,
    spawned: usize,
    continues: bool,
    ended: bool,
}

impl Named for Name {
    fn name(&self) -> &Self {
        self
    }
}

impl Bare {
    fn new(rules: SupervisorRules) -> Self {
        Self {
            engine: Engine::new(rules, 7),
            now: PackedInstant::now(),
            stopping: Vec::new(),
            spawned: 0,
            continues: false,
            ended: false,
        }
    }

    fn with_many(rules: SupervisorRules, child: ChildRules) -> (Self, Vec<Key>) {
        Self::with_many_users(rules, child, |_, _| Vec::new())
    }

    /// Declares many children; `uses` returns what the child of a number uses, of those before it.
    fn with_many_users(
        rules: SupervisorRules,
        child: ChildRules,
        uses: impl Fn(usize, &[Key]) -> Vec<Key>,
    ) -> (Self, Vec<Key>) {
        let mut bare = Self::new(rules);
        let child = Arc::new(child);
        let mut keys = Vec::new();
        for number in 0..MANY {
            let (name, uses) = (Name::declared(&format!("c{number}")), uses(number, &keys));
            keys.push(bare.engine.declare(Arc::clone(&child), 0, name, &uses));
        }
        bare.on(Event::Start);
        while std::mem::take(&mut bare.continues) {
            bare.on(Event::Continue);
        }
        (bare, keys)
    }

    fn pool_of_many(child: ChildRules) -> (Self, Vec<Key>) {
        let mut bare = Self::new(supervisor(SimpleOneForOne));
        bare.on(Event::Start);
        let rules = Arc::new(child);
        let keys = (0..MANY as u64).map(|number| {
            let (data, rules) = (Name::worker(number), Arc::clone(&rules));
            let (generation, running) = (0, false);
            bare.bring_in(Addition::One {
                rules,
                generation,
                running,
                data,
                after: Box::default(),
                caller: None,
                reply: (),
            });
            bare.engine.find(&Name::worker(number)).expect("added")
        });
        let keys = keys.collect();
        (bare, keys)
    }

    fn on(&mut self, event: Event<()>) {
        self.engine.on(self.now, event);
        self.perform_all();
    }

    fn bring_in(&mut self, addition: Addition<Name, ()>) {
        self.engine.add(self.now, addition);
        self.perform_all();
    }

    fn perform_all(&mut self) {
        while let Some(effect) = self.engine.effect() {
            match effect {
                Effect::Spawn { .. } => self.spawned += 1,
                Effect::Ask(key) | Effect::Abort(key) => self.stopping.push(key),
                Effect::ContinueLater => self.continues = true,
                Effect::Forgotten(key) => assert!(self.engine.take_forgotten(key).is_some()),
                Effect::Ended(_) => self.ended = true,
                _ => {}
            }
        }
    }

    fn exits(&mut self, key: Key, exit: Exit) {
        let generation = self.engine.child(key).expect("alive").generation;
        self.on(Event::Exited(key, generation, exit));
    }

    /// Ends the lives that are asked to end and continues the engine, until nothing is left to do.
    fn settle(&mut self) {
        loop {
            if let Some(key) = self.stopping.pop() {
                self.exits(key, Exit::Dropped);
            } else if std::mem::take(&mut self.continues) {
                self.on(Event::Continue);
            } else {
                return;
            }
        }
    }
}

fn unlimited(strategy: SupervisionStrategy) -> SupervisorRules {
    SupervisorRules { max_restarts: MaxRestarts::Unlimited, ..supervisor(strategy) }
}

#[test]
fn many_workers_come_and_go() {
    let (mut bare, keys) = Bare::pool_of_many(worker(Temporary));
    keys.into_iter().for_each(|key| bare.exits(key, Exit::Returned(panicked())));
    assert_eq!(bare.engine.children().count(), 0);
}

#[test]
fn many_workers_are_stopped_at_once() {
    let (mut bare, keys) = Bare::pool_of_many(worker(Temporary));
    bare.on(Event::Stop);
    while std::mem::take(&mut bare.continues) {
        bare.on(Event::Continue);
    }
    assert_eq!(bare.stopping.len(), keys.len());
    bare.settle();
    assert!(bare.ended);
}

#[test]
fn many_workers_are_left_behind_at_once() {
    let (mut bare, _) = Bare::pool_of_many(worker(Temporary));
    bare.on(Event::Kill);
    while std::mem::take(&mut bare.continues) {
        bare.on(Event::Continue);
    }
    bare.now += secs(1);
    bare.on(Event::Tick);
    assert!(bare.ended);
}

#[test]
fn many_children_fail_one_by_one() {
    let (mut bare, keys) = Bare::with_many(unlimited(OneForOne), worker(Always));
    keys.into_iter().for_each(|key| bare.exits(key, Exit::Returned(panicked())));
    assert_eq!(bare.spawned, 2 * MANY);
}

#[test]
fn many_children_are_restarted_as_a_group() {
    let (mut bare, keys) = Bare::with_many(unlimited(OneForAll), worker(Always));
    bare.exits(keys[MANY / 2], Exit::Returned(panicked()));
    bare.settle();
    assert_eq!(bare.spawned, 2 * MANY);
    assert_eq!(bare.engine.children().filter(|(_, child)| child.state.has_life()).count(), MANY);
}

#[test]
fn many_temporary_children_that_ended_with_their_group_are_forgotten() {
    let mut bare = Bare::new(unlimited(OneForAll));
    bare.on(Event::Start);
    let rules = [Arc::new(worker(Always)), Arc::new(worker(Temporary))];
    for number in 0..MANY as u64 {
        let always = number == 0 || number == MANY as u64 - 1;
        let rules = Arc::clone(&rules[usize::from(!always)]);
        let (data, generation, running) = (Name::worker(number), 0, false);
        bare.bring_in(Addition::One {
            rules,
            generation,
            running,
            data,
            after: Box::default(),
            caller: None,
            reply: (),
        });
    }
    let keys: Vec<Key> = bare.engine.children().map(|(key, _)| key).collect();
    bare.exits(keys[0], Exit::Returned(panicked()));
    // While the last one stops, all others end by themselves.
    for &key in &keys[1..MANY - 1] {
        bare.exits(key, Exit::Returned(panicked()));
    }
    bare.settle();
    assert_eq!(bare.engine.children().count(), 2);
}

#[test]
fn many_children_decline() {
    let (mut bare, keys) = Bare::with_many(unlimited(OneForOne), notifying(Always));
    keys.into_iter().for_each(|key| bare.exits(key, Exit::Returned(ExitReason::Normal)));
    assert_eq!(bare.spawned, MANY);
}

#[test]
fn many_commands_wait_for_their_turn() {
    let mut bare = Bare::new(unlimited(OneForAll));
    bare.engine.declare(Arc::new(notifying(Always)), 0, Name::declared("a"), &[]);
    bare.on(Event::Start);
    for _ in 0..MANY {
        let subject = Subject::Name(Name::declared("a"));
        bare.on(Event::Order(Box::new(Order {
            subject,
            verb: Verb::Restart,
            caller: None,
            reply: (),
        })));
    }
    let (key, _) = bare.engine.children().next().expect("declared");
    bare.on(Event::Ready(key, 1));
    assert!(bare.engine.deferred.is_empty());
}

#[test]
fn many_significant_children_end_in_start_order() {
    let rules =
        SupervisorRules { auto_shutdown: AutoShutdown::AllSignificant, ..unlimited(OneForOne) };
    let child = ChildRules { significant: true, ..worker(Transient) };
    let (mut bare, keys) = Bare::with_many(rules, child);
    keys.into_iter().for_each(|key| bare.exits(key, Exit::Returned(ExitReason::Normal)));
    assert!(bare.ended);
}

#[test]
fn many_children_wait_for_their_restart() {
    let child = ChildRules { backoff: Some(Backoff::constant(secs(1))), ..worker(Always) };
    let (mut bare, keys) = Bare::with_many(unlimited(OneForOne), child);
    keys.into_iter().for_each(|key| bare.exits(key, Exit::Returned(panicked())));
    bare.now += secs(1);
    bare.on(Event::Tick);
    assert_eq!(bare.spawned, 2 * MANY);
}

fn by_use(strategy: SupervisionStrategy) -> SupervisorRules {
    SupervisorRules { order: spec::Order::ByUse, ..unlimited(strategy) }
}

#[test]
fn many_children_without_uses_stop() {
    let (mut bare, keys) = Bare::with_many(by_use(OneForOne), worker(Always));
    bare.on(Event::Stop);
    bare.settle();
    assert!(bare.ended);
    assert_eq!(bare.spawned, keys.len());
}

#[test]
fn many_children_that_use_the_one_before_stop_and_restart() {
    let uses = |_: usize, keys: &[Key]| keys.last().copied().into_iter().collect();
    let (mut bare, keys) = Bare::with_many_users(by_use(RestForOne), worker(Always), uses);
    bare.exits(keys[0], Exit::Returned(panicked()));
    bare.settle();
    assert_eq!(bare.spawned, 2 * MANY);
    bare.on(Event::Stop);
    bare.settle();
    assert!(bare.ended);
}

#[test]
fn many_children_that_use_one_fail_one_by_one() {
    let uses = |_: usize, keys: &[Key]| keys.first().copied().into_iter().collect();
    let (mut bare, keys) = Bare::with_many_users(by_use(RestForOne), worker(Always), uses);
    keys[1..].iter().for_each(|key| bare.exits(*key, Exit::Returned(panicked())));
    assert_eq!(bare.spawned, 2 * MANY - 1);
}

#[test]
fn many_children_that_use_one_are_forgotten_one_by_one() {
    let uses = |_: usize, keys: &[Key]| keys.first().copied().into_iter().collect();
    let (mut bare, keys) = Bare::with_many_users(by_use(OneForAll), worker(Temporary), uses);
    keys.into_iter().rev().for_each(|key| bare.exits(key, Exit::Returned(panicked())));
    assert_eq!(bare.engine.children().count(), 0);
}

#[test]
fn many_forgotten_children_in_a_row_hold_up_nothing() {
    let uses = |_: usize, keys: &[Key]| keys.last().copied().into_iter().collect();
    let (mut bare, keys) = Bare::with_many_users(by_use(OneForOne), worker(Temporary), uses);
    keys[1..MANY - 1].iter().for_each(|key| bare.exits(*key, Exit::Returned(panicked())));
    bare.on(Event::Stop);
    bare.settle();
    assert!(bare.ended);
}
