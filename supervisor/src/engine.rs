//! The supervisor as a state machine without I/O: an [`Event`] that happened goes in, and the
//! [`Effect`]s that have to be carried out come out, in order.
//!
//! The engine knows no task and no channel, and never asks for the time: each call brings it. The
//! engine alone decides; the driver only carries out the effects.
//!
//! # Invariants
//!
//! 1. A child is spawned only when it has no life: its previous life's exit has been reported.
//! 2. An exit, a ready report or a retry of an older generation changes nothing.
//! 3. Every command is answered exactly once, at the latest when the supervisor ends.
//! 4. From every state, a stop leads to [`Effect::Ended`], provided that exits are reported or
//!    deadlines pass.
//! 5. Under one_for_one and simple_one_for_one children do not wait for each other (only in the
//!    first start they do, and commands wait until all children have started); under the group
//!    strategies one group is restarted, or one command carried out, at a time.
//! 6. The effects of an exit that [affects only its child](Engine::affects_only_itself) are about
//!    that child alone (except for the effects of deadlines that have passed meanwhile). So the
//!    driver may report such an exit before earlier exits of siblings.
//! 7. In a start, a group restart or a stop, a child starts only after all siblings for which it
//!    [waits](walk) are up, and is asked to end only after those that wait for its end have ended.

mod attempts;
mod child;
mod children;
mod commands;
mod deferred;
mod exits;
mod gate;
mod graph;
mod group_restart;
mod hash;
mod heartbeat;
mod intensity;
mod jitter;
mod protocol;
mod queries;
mod retries;
mod shown;
mod starting;
mod steps;
mod stopping;
#[cfg(all(test, not(shuttle)))]
mod tests;
mod timers;
mod transitions;
mod walk;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "lease")]
pub(crate) use child::Down;
pub(crate) use child::{Child, ChildRules, Named, StartRule, State};
pub(crate) use children::Key;
pub(crate) use protocol::{
    Addition, Answer, Effect, Ending, Event, Exit, Limit, Notice, Order, Refusal, Shown, Subject,
    Verb,
};

use self::children::Children;
use self::deferred::Deferred;
use self::graph::Graph;
use self::hash::BuildNumberHasher;
use self::intensity::{FailedStarts, Intensity, OwnLimits};
pub(crate) use self::jitter::Jitter;
use self::stopping::Scheme;
use self::timers::{Target, Timers};
use self::walk::Walk;
use crate::packed_instant::PackedInstant;
use crate::spec::{AutoShutdown, MaxRestarts, RestartPolicy, SupervisionStrategy};

/// The number of children that are started, or asked to end, in one go before other events are
/// handled; small in tests, so that the tests see events in between.
const BURST: usize = if cfg!(test) { 4 } else { 256 };

/// A supervisor's options with all defaults filled in.
#[derive(Clone, Debug)]
pub(crate) struct SupervisorRules {
    pub(crate) strategy: SupervisionStrategy,
    pub(crate) order: crate::spec::Order,
    pub(crate) max_restarts: MaxRestarts,
    pub(crate) restart_window: Duration,
    pub(crate) auto_shutdown: AutoShutdown,
    pub(crate) max_children: Option<usize>,
    pub(crate) kill_grace: Duration,
    /// The rules of a pool's template; all workers are stopped together by its shutdown mode.
    pub(crate) template: Option<Arc<ChildRules>>,
}

/// The state of the supervisor as a whole.
#[derive(Debug)]
enum Mode {
    /// Not started.
    Idle,
    /// The children start for the first time.
    Starting,
    Running,
    /// The scope of a failed child is stopped, or started again (group strategies only).
    RestartingGroup(GroupRestart),
    Stopping {
        ending: Ending,
        scheme: Scheme,
    },
    Ended,
}

/// The phase of a group restart.
#[derive(Clone, Copy, Debug)]
enum GroupRestart {
    Stopping {
        failed: Key,
        delay: Option<Duration>,
    },
    /// `skip` stays down.
    Starting {
        skip: Option<Key>,
    },
}

/// The decisions of one life of a supervisor. `C` is the driver's part of a child, `R` the reply
/// handle of a command; both only pass through.
#[derive(Debug)]
pub(crate) struct Engine<C, R> {
    rules: SupervisorRules,
    children: Children<C, R>,
    /// Forgotten children, until the effects that name them have been carried out.
    forgotten: VecDeque<(Key, Child<C, R>)>,
    intensity: Intensity,
    /// The restarts of children with a limit of their own, from their first one on.
    own_limits: OwnLimits,
    failed_starts: FailedStarts,
    jitter: Jitter,
    timers: Timers,
    mode: Mode,
    /// `true` while the supervisor goes on although it was asked to stop.
    draining: bool,
    /// The walk of a start, a group restart or a stop.
    walk: Walk,
    /// The uses between the children; `None` in declaration order.
    graph: Option<Box<Graph>>,
    /// The children behind a gate whose gate is open.
    open_gates: Vec<Key>,
    /// The number of children that are starting or stopping.
    moving: usize,
    /// The number of significant children that have not ended for good.
    significant: usize,
    /// Work that waits until the supervisor as a whole is no longer busy.
    deferred: VecDeque<Deferred<C, R>>,
    /// Work that waits for one child, where children do not wait for each other.
    deferred_for: HashMap<Key, VecDeque<Deferred<C, R>>, BuildNumberHasher>,
    /// The callers who wait for the end of the present life of a child, which they have killed or
    /// terminated.
    awaited_ends: Vec<(Key, R)>,
    /// Children that no longer move, so that their deferred work may go on.
    settled: Vec<Key>,
    /// Children whose state has changed since it was last shown.
    changed: Vec<Key>,
    /// `true` if a life of the supervisor may follow this one, so that declared children that it
    /// stops come back.
    may_return: bool,
    /// The restart policy of the supervisor as a child.
    policy: RestartPolicy,
    effects: VecDeque<Effect<C, R>>,
}

impl<C: Named, R> Engine<C, R> {
    pub(crate) fn new(rules: SupervisorRules, seed: u64) -> Self {
        // A pool's workers wait for nothing.
        let by_use =
            rules.order.is_by_use() && rules.strategy != SupervisionStrategy::SimpleOneForOne;
        Self {
            intensity: Intensity::new(rules.max_restarts, rules.restart_window),
            own_limits: OwnLimits::default(),
            failed_starts: FailedStarts::default(),
            rules,
            children: Children::default(),
            forgotten: VecDeque::new(),
            jitter: Jitter::new(seed),
            timers: Timers::default(),
            mode: Mode::Idle,
            draining: false,
            walk: Walk::default(),
            graph: by_use.then(Box::default),
            open_gates: Vec::new(),
            moving: 0,
            significant: 0,
            deferred: VecDeque::new(),
            deferred_for: HashMap::default(),
            awaited_ends: Vec::new(),
            settled: Vec::new(),
            changed: Vec::new(),
            may_return: false,
            policy: RestartPolicy::Always,
            effects: VecDeque::new(),
        }
    }

    /// Reserves memory for this many children.
    pub(crate) fn reserve(&mut self, declared: usize) {
        self.children.reserve(declared);
        if let Some(graph) = &mut self.graph {
            graph.reserve(declared);
        }
    }

    /// Adds a child that starts with the supervisor and uses these siblings. The child's name has to
    /// be free.
    pub(crate) fn declare(
        &mut self,
        rules: Arc<ChildRules>,
        generation: u64,
        data: C,
        uses: &[Key],
    ) -> Key {
        let declared = true;
        self.push(Child { declared, ..Child::new(rules, generation, data) }, uses)
    }

    /// Appends a child that uses these siblings.
    fn push(&mut self, child: Child<C, R>, uses: &[Key]) -> Key {
        let key = self.children.push(child);
        if let Some(graph) = &mut self.graph {
            graph.add(key, uses);
        }
        key
    }

    /// Marks all present children as declared.
    pub(crate) fn declare_all(&mut self) {
        self.children.for_each_mut(|child| child.declared = true);
    }

    /// Takes out all children, in start order. The engine must not be used afterwards.
    pub(crate) fn take_children(&mut self) -> impl Iterator<Item = Child<C, R>> {
        std::mem::take(&mut self.children).into_iter()
    }

    /// Decides what follows from an event; the effects are then taken with [`Self::effect`].
    pub(crate) fn on(&mut self, now: PackedInstant, event: Event<R>) {
        if matches!(self.mode, Mode::Ended) {
            return self.refuse(event);
        }
        match event {
            Event::Start => self.start(now),
            Event::Continue => {
                self.wake_walk();
                self.go_on(now);
            }
            Event::Ready(child, generation) => self.ready(now, child, generation),
            Event::Adopted(child, generation, refusal) => {
                self.adopted(now, child, generation, refusal);
            }
            Event::Exited(child, generation, exit) => self.exited(now, child, generation, exit),
            Event::Abandoned(child, generation) => self.abandoned(now, child, generation),
            Event::TaskFailed(child, generation, reason) => {
                self.task_failed(now, child, generation, *reason);
            }
            Event::TasksLeft(child, generation, reason) => {
                self.tasks_left(now, child, generation, reason);
            }
            Event::LastHeartbeat(child, generation, at) => {
                self.last_heartbeat(now, child, generation, at);
            }
            Event::Retry(child, retry) => self.run_or_defer(now, Deferred::Retry(child, retry)),
            Event::Order(order) => self.order(now, order),
            Event::Drain(time) => self.drain(now, time),
            Event::Stop => self.stop_when_asked(now),
            Event::EndBy(at) => self.end_by(at),
            Event::Kill => self.kill_when_asked(now),
            Event::NoReturn => self.no_return(),
            Event::Tick => {}
        }
        self.finish_turn(now);
    }

    /// Decides what follows from a command that brings new children, as [`on`](Self::on) does for
    /// an event.
    pub(crate) fn add(&mut self, now: PackedInstant, addition: Addition<C, R>) {
        if matches!(self.mode, Mode::Ended) {
            return self.refuse_addition(addition, &Refusal::ShuttingDown);
        }
        self.run_or_defer(now, Deferred::Add(Box::new(addition)));
        self.finish_turn(now);
    }

    fn finish_turn(&mut self, now: PackedInstant) {
        self.pass_deadlines(now);
        self.run_deferred(now);
        self.show_changes();
    }

    /// Makes the supervisor a child with this restart policy: a life of it may follow this one.
    pub(crate) fn become_child(&mut self, policy: RestartPolicy) {
        self.may_return = true;
        self.policy = policy;
    }

    /// Releases the memory of effects that have been carried out.
    pub(crate) fn shrink(&mut self) {
        self.effects.shrink_to_fit();
    }

    /// Removes and returns the next effect to be carried out.
    pub(crate) fn effect(&mut self) -> Option<Effect<C, R>> {
        self.effects.pop_front()
    }

    pub(crate) fn take_forgotten(&mut self, key: Key) -> Option<Child<C, R>> {
        // The driver nearly always takes children in the order in which they were forgotten.
        if self.forgotten.front().is_some_and(|(gone, _)| *gone == key) {
            return Some(self.forgotten.pop_front()?.1);
        }
        let at = self.forgotten.iter().position(|(gone, _)| *gone == key)?;
        Some(self.forgotten.remove(at)?.1)
    }

    pub(crate) fn child_mut(&mut self, key: Key) -> Option<&mut C> {
        Some(&mut self.children.get_mut(key)?.data)
    }

    /// Returns the driver's part of a child, the child's rules, and the number of its last life.
    pub(crate) fn parts_mut(&mut self, key: Key) -> Option<(&mut C, &ChildRules, u64)> {
        let child = self.children.get_mut(key)?;
        Some((&mut child.data, &child.rules, child.generation))
    }

    /// Draws delays from this seed from now on.
    #[cfg(feature = "test-util")]
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.jitter = Jitter::new(seed);
    }

    fn pass_deadlines(&mut self, now: PackedInstant) {
        while let Some((at, target)) = self.timers.pop_due(now) {
            match target {
                Target::Child(key) => self.child_deadline(now, key, at),
                Target::Stop => self.stop_deadline(now),
                Target::Drain => self.stop_when_asked(now),
                Target::End => self.out_of_time(now),
            }
        }
    }

    /// Handles the deadline of a child, which was due at `at`; the child's state says which
    /// deadline has passed.
    fn child_deadline(&mut self, now: PackedInstant, key: Key, at: PackedInstant) {
        let Some(child) = self.children.get(key) else { return };
        let retry = child.retry;
        match &child.state {
            State::Starting(_) | State::Trying { .. } => self.start_timed_out(now, key),
            State::Stopping(_) => self.stop_timed_out(now, key),
            State::Killing(_) => self.not_stopped(now, key),
            State::Waiting(_) | State::Resting => {
                self.run_or_defer(now, Deferred::Retry(key, retry));
            }
            State::Up { .. } => self.heartbeat_due(now, key, at),
            State::Down(_) | State::Held | State::ExitPending(_) | State::Zombie => {}
        }
    }

    fn arm(&mut self, now: PackedInstant, key: Key, after: Duration) {
        // An instant that `PackedInstant` cannot represent never comes.
        if let Some(at) = now.checked_add(after) {
            self.timers.set(at, Target::Child(key));
        }
    }

    fn notify(&mut self, notice: Notice) {
        self.effects.push_back(Effect::Notify(notice));
    }

    fn answer(&mut self, reply: R, answer: Answer) {
        self.effects.push_back(Effect::Answer(reply, answer));
    }
}
