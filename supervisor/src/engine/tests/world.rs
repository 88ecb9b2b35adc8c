//! The driver of the engine in tests: [`World`] keeps the lives, hands back the events that the
//! engine puts off, and checks the invariants after every event.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::super::{
    Addition, Answer, ChildRules, Effect, Ending, Engine, Event, Exit, Key, Named, Notice, Order,
    Refusal, Shown, Subject, SupervisorRules, Verb,
};
use super::invariants;
use crate::packed_instant::PackedInstant;
use crate::spec::{ChildState, ExitReason, Name};

/// A child's name, and a number for the use of the test.
pub(super) type Part = (Name, u32);

impl Named for Part {
    fn name(&self) -> &Name {
        &self.0
    }
}

/// A command's number, which is also its reply handle.
pub(super) type Call = u32;

pub(super) struct World {
    pub(super) engine: Engine<Part, Call>,
    pub(super) now: PackedInstant,
    /// The generation of each life whose task exists.
    pub(super) lives: BTreeMap<Key, u64>,
    /// Lives that were asked to end, or aborted, and have not ended yet.
    pub(super) stopping: Vec<Key>,
    /// Events that the engine has put behind those that are already waiting.
    pub(super) later: VecDeque<Event<Call>>,
    pub(super) answers: HashMap<Call, Answer>,
    pub(super) calls: Call,
    pub(super) ended: Option<Ending>,
    /// `true` for each child whose mailbox sends messages back to their senders.
    pub(super) closed: HashMap<Key, bool>,
    /// The state that the users of each child see.
    pub(super) shown: HashMap<Key, ChildState>,
    pub(super) names: HashMap<Key, String>,
    known: HashMap<String, Key>,
    log: Vec<String>,
    /// The numbers that retries have had.
    retries: HashSet<(Key, u32)>,
    /// The refusal of each supervisor that is to be adopted; `None` if adoptions succeed.
    pub(super) adoption: Option<Refusal>,
    /// `true` if each child that is added uses all children that are there.
    pub(super) uses_all: bool,
}

impl World {
    pub(super) fn new(rules: SupervisorRules) -> Self {
        Self {
            engine: Engine::new(rules, 7),
            now: PackedInstant::now(),
            lives: BTreeMap::new(),
            stopping: Vec::new(),
            later: VecDeque::new(),
            answers: HashMap::new(),
            calls: 0,
            ended: None,
            closed: HashMap::new(),
            shown: HashMap::new(),
            names: HashMap::new(),
            known: HashMap::new(),
            log: Vec::new(),
            retries: HashSet::new(),
            adoption: None,
            uses_all: false,
        }
    }

    /// Adds a declared child.
    pub(super) fn with(self, name: &str, rules: ChildRules) -> Self {
        self.with_user(name, rules, &[])
    }

    /// Adds a declared child that uses these siblings.
    pub(super) fn with_user(mut self, name: &str, rules: ChildRules, uses: &[&str]) -> Self {
        let uses: Vec<Key> = uses.iter().map(|used| self.key(used)).collect();
        let key = self.engine.declare(Arc::new(rules), 0, (named(name), 0), &uses);
        self.named_child(key);
        self
    }

    /// Starts the supervisor and settles it, then clears the log.
    pub(super) fn up(mut self) -> Self {
        self.on(Event::Start);
        self.settle();
        self.log.clear();
        self
    }

    pub(super) fn on(&mut self, event: Event<Call>) {
        if let Event::Exited(key, generation, _) = &event
            && self.lives.get(key) == Some(generation)
        {
            self.lives.remove(key);
            self.stopping.retain(|stopping| stopping != key);
        }
        let alone = invariants::exit_of_one(self, &event);
        self.engine.on(self.now, event);
        self.perform_all(alone);
    }

    /// Gives the engine a command that brings new children.
    pub(super) fn bring_in(&mut self, addition: Addition<Part, Call>) {
        self.engine.add(self.now, addition);
        self.perform_all(None);
    }

    /// Gives the engine a command about one child.
    pub(super) fn order(&mut self, subject: Subject, verb: Verb, reply: Call) {
        let caller = None;
        self.on(Event::Order(Box::new(Order { subject, verb, caller, reply })));
    }

    /// Carries out all effects, which must concern only the child `alone` if one is given.
    fn perform_all(&mut self, alone: Option<Key>) {
        while let Some(effect) = self.engine.effect() {
            if let Some(key) = alone {
                invariants::concerns_only(key, &effect);
            }
            // Late commands are still answered, and the states of ended children still shown.
            let late = matches!(effect, Effect::Answer(..) | Effect::Refused(_) | Effect::Show(..));
            assert!(self.ended.is_none() || late, "after the end: {effect:?}");
            self.perform(effect);
        }
        invariants::check(self);
    }

    fn perform(&mut self, effect: Effect<Part, Call>) {
        if let Some(line) = self.describe(&effect) {
            self.log.push(line);
        }
        self.show(&effect);
        match effect {
            Effect::Spawn { child, generation, .. } => {
                let before = self.lives.insert(child, generation);
                assert_eq!(before, None, "two lives of {} at once", self.name(child));
                self.closed.insert(child, false);
            }
            Effect::Adopt(child) => {
                let generation = self.engine.child(child).expect("adopted").generation;
                if self.adoption.is_none() {
                    let before = self.lives.insert(child, generation);
                    assert_eq!(before, None, "two lives of {} at once", self.name(child));
                    self.closed.insert(child, false);
                }
                let adopted =
                    Event::Adopted(child, generation, self.adoption.clone().map(Box::new));
                self.engine.on(self.now, adopted);
            }
            Effect::Ask(child) | Effect::Abort(child) => {
                let name = self.name(child);
                assert!(self.lives.contains_key(&child), "{name} has no life to be stopped");
                if !self.stopping.contains(&child) {
                    self.stopping.push(child);
                }
            }
            Effect::CheckHeartbeat(child) => {
                let child = self.engine.child(child).expect("checked");
                assert!(child.rules.heartbeat.is_some(), "a timer of another kind was left");
            }
            Effect::RetryLater(child, retry) => {
                assert!(self.retries.insert((child, retry)), "two retries of one number");
                self.later.push_back(Event::Retry(child, retry));
            }
            Effect::ContinueLater => self.later.push_back(Event::Continue),
            Effect::Close(child) => {
                self.closed.insert(child, true);
            }
            Effect::Forgotten(child) => {
                let name = self.name(child);
                assert!(self.engine.take_forgotten(child).is_some(), "{name} is forgotten twice");
                assert!(!self.lives.contains_key(&child), "{name} is forgotten and lives");
            }
            Effect::Answer(call, answer) => {
                let before = self.answers.insert(call, answer);
                assert!(before.is_none(), "call {call} is answered twice");
            }
            Effect::Notify(Notice::Terminated { child, closes: true, .. }) => {
                self.log.push(format!("close {}", self.name(child)));
                self.closed.insert(child, true);
            }
            Effect::Ended(ending) => self.ended = Some(*ending),
            Effect::Show(..)
            | Effect::DrainMailbox(_)
            | Effect::Limit(..)
            | Effect::NoReturn(_)
            | Effect::Refused(_)
            | Effect::Notify(_)
            | Effect::Started => {}
        }
    }

    /// Records the state that an effect shows to the users of a child.
    fn show(&mut self, effect: &Effect<Part, Call>) {
        let (key, state) = match effect {
            Effect::Show(key, state) => (*key, state.state()),
            Effect::Spawn { child, .. } => {
                let rules = &self.engine.child(*child).expect("spawned").rules;
                let is_up = rules.is_up_once_spawned();
                (*child, if is_up { ChildState::Running } else { ChildState::Starting })
            }
            Effect::Adopt(key) => (*key, ChildState::Starting),
            Effect::Ask(key) | Effect::Abort(key) => (*key, ChildState::Stopping),
            Effect::Notify(Notice::Terminated { child, closes: true, .. }) => {
                (*child, ChildState::Stopped)
            }
            _ => return,
        };
        self.shown.insert(key, state);
    }

    /// Takes [`step`](Self::step)s until nothing is left to do now.
    pub(super) fn settle(&mut self) {
        while self.step() {}
    }

    /// Ends a life that was asked to end, or takes the next event that was put off, or reports a
    /// starting child as ready; returns `false` if there is none of these.
    pub(super) fn step(&mut self) -> bool {
        if !self.step_but_starts() {
            let starting = |(key, child): (Key, &super::super::Child<Part, Call>)| {
                matches!(child.state, super::super::State::Starting(_)).then_some(key)
            };
            let Some(key) = self.engine.children().find_map(starting) else { return false };
            let generation = self.lives[&key];
            self.on(Event::Ready(key, generation));
        }
        true
    }

    /// Does all that is left to do now, except that starting children stay so.
    pub(super) fn settle_but_starts(&mut self) {
        while self.step_but_starts() {}
    }

    fn step_but_starts(&mut self) -> bool {
        if let Some(&key) = self.stopping.first() {
            self.exit_of(key, Exit::Dropped);
        } else if let Some(event) = self.later.pop_front() {
            self.on(event);
        } else {
            return false;
        }
        true
    }

    pub(super) fn exit_of(&mut self, key: Key, exit: Exit) {
        let generation = self.lives[&key];
        self.on(Event::Exited(key, generation, exit));
    }

    /// Ends the child's life by itself and reports the exit; does nothing else.
    pub(super) fn exits(&mut self, name: &str, reason: ExitReason) {
        self.exit_of(self.key(name), Exit::Returned(reason));
    }

    /// Reports that the child's life, which was asked to end or aborted, is gone.
    pub(super) fn gone(&mut self, name: &str) {
        self.exit_of(self.key(name), Exit::Dropped);
    }

    pub(super) fn ready(&mut self, name: &str) {
        let key = self.key(name);
        let generation = self.lives[&key];
        self.on(Event::Ready(key, generation));
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.on(Event::Tick);
    }

    /// Lets time pass to the next deadline; `false` if there is none.
    pub(super) fn pass_to_deadline(&mut self) -> bool {
        let Some(at) = self.engine.next_deadline() else { return false };
        self.now = self.now.max(at);
        self.on(Event::Tick);
        true
    }

    /// Lets time pass, deadline by deadline.
    pub(super) fn pass_by_deadlines(&mut self, time: Duration) {
        let end = self.now + time;
        while self.engine.next_deadline().is_some_and(|deadline| deadline <= end) {
            self.pass_to_deadline();
        }
        self.pass(end - self.now);
    }

    pub(super) fn next_call(&mut self) -> Call {
        self.calls += 1;
        self.calls
    }

    pub(super) fn add(&mut self, name: &str, rules: ChildRules) -> Call {
        self.add_after(name, rules, &[])
    }

    pub(super) fn add_after(&mut self, name: &str, rules: ChildRules, after: &[&str]) -> Call {
        let all = self.engine.children().filter(|_| self.uses_all);
        let all = all.map(|(_, child)| child.data.0.clone());
        let after = after.iter().map(|sibling| named(sibling)).chain(all).collect();
        let reply = self.next_call();
        let rules = Arc::new(rules);
        let data = (named(name), reply);
        let (generation, running) = (0, false);
        let caller = None;
        self.bring_in(Addition::One { rules, generation, running, data, after, caller, reply });
        reply
    }

    pub(super) fn add_many(&mut self, names: &[&str], rules: ChildRules) -> Call {
        let reply = self.next_call();
        let workers = names.iter().map(|name| (named(name), 0)).collect();
        let (rules, caller) = (Arc::new(rules), None);
        self.bring_in(Addition::Many { rules, workers, caller, reply });
        reply
    }

    pub(super) fn call(&mut self, verb: Verb, name: &str) -> Call {
        let reply = self.next_call();
        self.order(Subject::Name(named(name)), verb, reply);
        reply
    }

    /// Returns the answer to a command, in words; "-" if there is none yet.
    pub(super) fn answer(&self, call: Call) -> String {
        self.answers.get(&call).map_or_else(|| "-".to_owned(), in_words)
    }

    /// Gives a command, settles the world, and returns the answer.
    pub(super) fn answer_to(&mut self, verb: Verb, name: &str) -> String {
        let call = self.call(verb, name);
        self.settle();
        self.answer(call)
    }

    pub(super) fn key(&self, name: &str) -> Key {
        let known = || self.known.get(name).copied();
        self.find(name).or_else(known).expect("a child's name")
    }

    fn find(&self, name: &str) -> Option<Key> {
        let name = named(name);
        self.engine.children().find(|(_, child)| child.data.0 == name).map(|(key, _)| key)
    }

    /// Returns a child's state as its users see it; "gone" if the engine has forgotten the child.
    pub(super) fn state(&self, name: &str) -> String {
        let child = self.find(name).and_then(|key| self.engine.child(key));
        child.map_or_else(
            || "gone".to_owned(),
            |child| Shown::from(&child.state).state().to_string(),
        )
    }

    pub(super) fn ending(&self) -> String {
        match &self.ended {
            None => "not ended".to_owned(),
            Some(Ending::Shutdown) => "shutdown".to_owned(),
            Some(Ending::GaveUp { name, reason }) => format!("gave up, {name}: {reason}"),
            Some(Ending::StartFailed { name, reason }) => format!("no start, {name}: {reason}"),
            Some(Ending::RuntimeGone) => "runtime gone".to_owned(),
        }
    }

    /// Returns the effects since the last call, in words.
    pub(super) fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    /// Returns the spawns, shutdown requests, limits and aborts since the log was last taken.
    pub(super) fn acts(&mut self) -> String {
        let is_act = |line: &String| {
            ["spawn ", "ask ", "limit ", "abort "].iter().any(|act| line.starts_with(act))
        };
        self.log().into_iter().filter(is_act).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, key: Key) -> String {
        self.names.get(&key).cloned().unwrap_or_else(|| format!("{key:?}"))
    }

    fn named_child(&mut self, key: Key) -> String {
        let child = self.engine.child(key).expect("an effect is about a child that is known");
        let name = child.data.0.to_string();
        if self.known.insert(name.clone(), key) != Some(key) {
            self.names.insert(key, name.clone());
        }
        name
    }

    fn describe(&mut self, effect: &Effect<Part, Call>) -> Option<String> {
        let (word, key) = match effect {
            Effect::Spawn { child, .. } => ("spawn", *child),
            Effect::Adopt(key) => ("adopt", *key),
            Effect::Ask(key) => ("ask", *key),
            Effect::DrainMailbox(key) => ("drain", *key),
            Effect::Abort(key) => ("abort", *key),
            Effect::CheckHeartbeat(key) => ("check", *key),
            // A retry may have been overtaken before its effect is carried out.
            Effect::RetryLater(key, _) => return Some(format!("retry {} later", self.name(*key))),
            Effect::ContinueLater | Effect::Refused(_) | Effect::Show(..) => return None,
            Effect::Limit(key, _) => ("limit", *key),
            Effect::NoReturn(key) => ("no return", *key),
            Effect::Close(key) => ("close", *key),
            Effect::Forgotten(key) => ("forget", *key),
            Effect::Answer(call, answer) => return Some(format!("{call}: {}", in_words(answer))),
            Effect::Notify(notice) => return Some(self.describe_notice(notice)),
            Effect::Started => return Some("all started".to_owned()),
            Effect::Ended(_) => return Some("ended".to_owned()),
        };
        let name = self.named_child(key);
        Some(format!("{word} {name}"))
    }

    fn describe_notice(&mut self, notice: &Notice) -> String {
        match notice {
            Notice::StartWaits { child, .. } => {
                format!("{} waits to start", self.named_child(*child))
            }
            Notice::StopWaits { child, .. } => {
                format!("{} waits to stop", self.named_child(*child))
            }
            Notice::Started(key) => format!("{} started", self.named_child(*key)),
            Notice::Restarted { child, left } => {
                let left = left.map_or_else(|| "any".to_owned(), |left| left.to_string());
                format!("{} restarted, {left} left", self.named_child(*child))
            }
            Notice::Declined(key) => format!("{} declined", self.named_child(*key)),
            Notice::StartFailed { child, reason } => {
                format!("{} did not start: {reason}", self.named_child(*child))
            }
            Notice::Terminated { child, reason, failed, .. } => {
                let ended = if *failed { "failed" } else { "ended" };
                format!("{} {ended}: {reason}", self.named_child(*child))
            }
            Notice::Delayed { child, .. } => format!("{} delayed", self.named_child(*child)),
            Notice::TimedOut(key) => format!("{} timed out", self.named_child(*key)),
            Notice::NotStopped(key) => format!("{} not stopped", self.named_child(*key)),
            Notice::StoppedLate(key) => format!("{} stopped late", self.named_child(*key)),
            Notice::MaxRestartsExceeded { child, .. } => {
                format!("{}: max restarts exceeded", self.named_child(*child))
            }
            Notice::Draining(time) => format!("draining for {time:?}"),
            Notice::Stopping => "stopping".to_owned(),
            Notice::OutOfTime => "out of time".to_owned(),
        }
    }
}

pub(super) fn named(name: &str) -> Name {
    Name::parse(name)
}

fn in_words(answer: &Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::Declined => "declined".to_owned(),
        Answer::Added(count, None) => format!("added {count}"),
        Answer::Added(count, Some(refusal)) => format!("added {count}, then {refusal:?}"),
        Answer::Refused(refusal) => format!("refused, {refusal:?}"),
    }
}
