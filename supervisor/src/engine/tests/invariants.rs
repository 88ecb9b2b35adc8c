//! The invariants that hold in every state between two events, whatever happened before.

use std::collections::HashSet;

use super::super::{Child, Effect, Event, Key, Mode, State};
use super::world::{Call, Part, World};
use crate::engine::child::{OwnStop, Purpose, StopPurpose};
use crate::engine::{Engine, Named, Scheme};
use crate::spec::{ChildState, RestartPolicy, SupervisionStrategy};

pub(super) fn check(world: &World) {
    lives_are_known(world);
    nothing_runs_behind_a_shut_gate(world);
    states_are_shown(world);
    counters_follow_from_states(world);
    nothing_waits_without_cause(world);
    let engine = &world.engine;
    let goes_on = matches!(engine.mode, Mode::Running | Mode::RestartingGroup(_));
    assert!(goes_on || !engine.is_draining(), "it drains while it does not run");
    match &engine.mode {
        Mode::Ended => assert!(world.ended.is_some(), "the end is reported"),
        Mode::Running => {
            a_child_on_hold_has_a_restart_to_come_back_with(world);
            a_child_without_a_future_is_closed(world);
        }
        Mode::RestartingGroup(_) => assert!(engine.rules.strategy.is_group()),
        Mode::Stopping { .. } => a_child_that_has_ended_for_good_is_closed(world),
        Mode::Idle | Mode::Starting => {}
    }
    if engine.rules.strategy == SupervisionStrategy::SimpleOneForOne && !engine.is_stopping() {
        for (key, child) in engine.children() {
            let lives =
                !matches!(child.state, State::Down(_) | State::Held | State::ExitPending(_));
            assert!(lives, "a pool keeps {} without a life", world.names[&key]);
        }
    }
}

/// Returns the child of an exit that affects only its child. (Effects of deadlines that are due do
/// not follow from the exit, so with a deadline due there is nothing to check.)
pub(super) fn exit_of_one(world: &World, event: &Event<Call>) -> Option<Key> {
    let Event::Exited(key, _, exit) = event else { return None };
    let nothing_is_due = world.engine.next_deadline().is_none_or(|at| at > world.now);
    (nothing_is_due && world.engine.affects_only_itself(*key, exit)).then_some(*key)
}

pub(super) fn concerns_only(alone: Key, effect: &Effect<Part, Call>) {
    let concerned = match effect {
        Effect::Spawn { child, .. }
        | Effect::Close(child)
        | Effect::Forgotten(child)
        | Effect::Show(child, _)
        | Effect::RetryLater(child, _) => Some(*child),
        Effect::Notify(notice) => notice.child(),
        _ => None,
    };
    assert_eq!(concerned, Some(alone), "{effect:?} follows from the exit of one child");
}

/// Asserts that all siblings that a child uses have been up, when the child starts in its turn.
pub(in crate::engine) fn may_start<C: Named, R>(engine: &Engine<C, R>, key: Key) {
    for used in engine.uses(key) {
        let used = engine.child(used).expect("a use of a child that is gone");
        let is_late = match (&engine.mode, &used.state) {
            (_, State::Starting(Purpose::Sequence)) => true,
            (_, State::Killing(StopPurpose::Own(own))) => {
                matches!(&**own, OwnStop::FailedStart(start) if matches!(start.purpose, Purpose::Sequence))
            }
            (Mode::Starting, _) => used.generation == 0,
            (_, State::Held | State::Waiting(_) | State::Starting(_)) => true,
            (_, state) => is_stopped_in_turn(state),
        };
        let (name, below) = (name_of(engine, key), used.data.name());
        assert!(!is_late, "{name} starts before {below}, which it uses");
    }
}

/// The number of children up to which each is compared with all others.
const FEW: usize = 100;

/// Asserts that all siblings that use a child, directly or not, have ended, when the child is asked
/// to end in its turn.
pub(in crate::engine) fn may_stop<C: Named, R>(
    engine: &Engine<C, R>,
    key: Key,
    purpose: &StopPurpose<R>,
) {
    let (StopPurpose::Sequence, Some(graph)) = (purpose, &engine.graph) else { return };
    if engine.count() > FEW {
        return;
    }
    let (mut users, mut next) = (vec![key], 0);
    while let Some(&user) = users.get(next) {
        next += 1;
        // (A forgotten child may stand between others.)
        let has_ended = engine.child(user).is_none_or(|child| !child.state.has_life());
        let (key_name, user_name) = (name_of(engine, key), name_of(engine, user));
        assert!(has_ended || user == key, "{key_name} is asked to end before {user_name}");
        users.extend(graph.users(user));
    }
}

fn name_of<C: Named, R>(engine: &Engine<C, R>, key: Key) -> String {
    engine.child(key).map_or_else(String::new, |child| child.data.name().to_string())
}

fn is_stopped_in_turn<R>(state: &State<R>) -> bool {
    matches!(state, State::Stopping(StopPurpose::Sequence) | State::Killing(StopPurpose::Sequence))
}

/// Asserts that the engine knows exactly the lives that exist.
fn lives_are_known(world: &World) {
    if matches!(world.engine.mode, Mode::Ended) {
        return;
    }
    for (key, child) in world.engine.children() {
        let known = child.state.has_life() || matches!(child.state, State::Zombie);
        let generation = world.lives.get(&key);
        assert_eq!(generation.is_some(), known, "{}: {:?}", child.data.0, child.state);
        assert!(generation.is_none_or(|&alive| alive == child.generation));
    }
    for key in world.lives.keys() {
        assert!(world.engine.child(*key).is_some(), "a life was forgotten");
    }
}

/// Asserts that a child behind a gate that is shut has no life, but for one that is being ended.
fn nothing_runs_behind_a_shut_gate(world: &World) {
    for (key, child) in world.engine.children() {
        let runs =
            matches!(child.state, State::Starting(_) | State::Trying { .. } | State::Up { .. });
        assert!(!runs || !world.engine.is_shut(key), "{} runs on standby", child.data.0);
    }
}

/// Asserts that the users of a child see the state that the engine keeps.
fn states_are_shown(world: &World) {
    for (key, child) in world.engine.children() {
        let shown = world.shown.get(&key).copied().unwrap_or(ChildState::NotStarted);
        assert_eq!(shown, world.engine.visible_state(child).state(), "{} is shown", child.data.0);
    }
}

fn counters_follow_from_states(world: &World) {
    let engine = &world.engine;
    engine.children.assert_names_are_found();
    let moving = engine.children().filter(|(_, child)| child.state.is_moving()).count();
    assert_eq!(engine.moving, moving, "children that move");
    let significant = engine.children().filter(|(_, child)| {
        child.rules.significant && !matches!(child.state, State::Down(_) | State::Zombie)
    });
    assert_eq!(engine.significant, significant.count(), "significant children that go on");
    let with_life = engine.children().filter(|(_, child)| child.state.has_life()).count();
    if let Mode::Stopping { scheme: Scheme::AtOnce { .. }, .. } = engine.mode
        && engine.walk.is_through()
    {
        assert_eq!(engine.moving, with_life, "a life that has not been asked to end");
    }
    let keys: HashSet<Key> = engine.children().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), engine.children.len());
}

fn nothing_waits_without_cause(world: &World) {
    let engine = &world.engine;
    assert!(engine.forgotten.is_empty(), "forgotten children were not taken");
    assert!(engine.settled.is_empty(), "a child settled and its work was not done");
    assert!(engine.deferred.is_empty() || engine.is_busy(), "work waits for nothing");
    for (key, works) in &engine.deferred_for {
        assert!(engine.is_moving(*key), "work waits for a child that does not move");
        assert!(!works.is_empty() || engine.is_moving(*key));
    }
    if engine.is_stopping() {
        assert!(engine.deferred.is_empty() && engine.deferred_for.is_empty());
    }
    // A start or a group restart has a child or an event that makes it go on.
    let continues = world.later.iter().any(|event| matches!(event, Event::Continue));
    let goes_on = engine.moving > 0 || continues;
    match engine.mode {
        Mode::Starting => assert!(goes_on, "the start is stuck"),
        Mode::RestartingGroup(_) => assert!(goes_on, "the group restart is stuck"),
        _ => {}
    }
}

/// Asserts that a restart is pending for each child that was stopped with its group and comes back
/// with that restart.
fn a_child_on_hold_has_a_restart_to_come_back_with(world: &World) {
    let engine = &world.engine;
    let waits = |child: &Child<Part, Call>| matches!(child.state, State::Waiting(_));
    let all = engine.rules.strategy == SupervisionStrategy::OneForAll;
    let any = engine.children().any(|(_, child)| waits(child));
    let mut after_one = false;
    let mut reached = HashSet::new();
    for (key, child) in engine.children() {
        after_one = after_one || waits(child);
        // Children that are used come before their users.
        if waits(child) || engine.uses(key).into_iter().any(|used| reached.contains(&used)) {
            reached.insert(key);
        }
        let by_use = engine.graph.is_some();
        let covered = all && any || if by_use { reached.contains(&key) } else { after_one };
        let on_hold = matches!(child.state, State::Held);
        assert!(!on_hold || covered, "{} is on hold for ever", child.data.0);
    }
}

/// Asserts that the mailbox of a child is closed if nothing will start the child.
fn a_child_without_a_future_is_closed(world: &World) {
    for (key, child) in world.engine.children() {
        if matches!(child.state, State::Down(_)) {
            assert_eq!(world.closed.get(&key), Some(&true), "{} is down and open", child.data.0);
            assert_ne!(child.rules.restart, RestartPolicy::Temporary, "{} is kept", child.data.0);
        }
    }
}

/// Asserts that the mailbox of a child that a stop has ended is closed, unless the next life of the
/// supervisor brings the child back.
fn a_child_that_has_ended_for_good_is_closed(world: &World) {
    for (key, child) in world.engine.children() {
        let is_over = !child.state.has_life() && !world.engine.returns(child);
        let never_ran = child.generation == 0;
        if is_over && !never_ran {
            assert_eq!(world.closed.get(&key), Some(&true), "{} has ended, is open", child.data.0);
        }
    }
}
