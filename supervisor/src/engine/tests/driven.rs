//! The engine with children that follow a script, as [`agreement`](super::agreement) needs it.

use std::collections::{HashMap, HashSet, VecDeque};

use super::otp::{Message, Outcome, Pid, Reason, Spec};
use super::world::{Call, named};
use super::*;
use crate::engine::{Key, State};

/// The time at which a life answers a start or a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The answer comes before all waiting messages, as in OTP, whose supervisor waits for it.
    AtOnce,
    /// The answer comes after the messages that are already waiting.
    InTurn,
}

pub(super) struct Driven {
    pub(super) world: World,
    pace: Pace,
    inbox: VecDeque<Item>,
    /// Lives that have ended by themselves, and whose exits have not been reported yet.
    dead: HashMap<(Key, u64), Reason>,
    /// Lives whose answer to a start or a stop is on its way.
    answering: HashSet<(Key, u64, bool)>,
    /// The children, by the number that the engine carries for each.
    specs: Vec<Spec>,
}

enum Item {
    Message(Message),
    Retry(Key, u32),
    /// A life has ended by itself.
    Ended(Key, u64),
    /// A life answers a start, or a stop.
    Starts(Key, u64),
    Stops(Key, u64),
}

impl Driven {
    pub(super) fn new(rules: SupervisorRules, pace: Pace, children: &[Spec]) -> Self {
        let mut world = World::new(rules);
        for child in children {
            world = world.with(&child.name, self::rules(child));
        }
        for (number, child) in (0..).zip(children) {
            let key = world.key(&child.name);
            world.engine.child_mut(key).expect("declared").1 = number;
        }
        Self {
            world,
            pace,
            inbox: VecDeque::new(),
            dead: HashMap::new(),
            answering: HashSet::new(),
            specs: children.to_vec(),
        }
    }

    pub(super) fn post(&mut self, message: Message) {
        self.inbox.push_back(Item::Message(message));
    }

    /// Ends the child's current life by itself; returns `false` if that life has already ended.
    pub(super) fn ends(&mut self, name: &str, reason: Reason) -> bool {
        let key = self.world.key(name);
        let life = (key, self.world.lives[&key]);
        if self.dead.contains_key(&life) {
            return false;
        }
        self.dead.insert(life, reason);
        self.inbox.push_back(Item::Ended(life.0, life.1));
        true
    }

    /// Handles items until none is left.
    pub(super) fn run(&mut self) {
        loop {
            self.collect();
            let Some(item) = self.inbox.pop_front() else { return };
            self.handle(item);
        }
    }

    /// Queues the answers of lives that the engine has just started or stopped, and the events that
    /// it has just put off.
    fn collect(&mut self) {
        while let Some(event) = self.world.later.pop_front() {
            match event {
                Event::Retry(key, retry) => self.inbox.push_back(Item::Retry(key, retry)),
                // OTP handles many children in one go, the engine in bursts.
                Event::Continue => self.world.on(Event::Continue),
                other => panic!("{other:?} is not put off"),
            }
        }
        let mut answers = Vec::new();
        for (key, child) in self.world.engine.children() {
            if matches!(child.state, State::Starting(_))
                && self.answering.insert((key, child.generation, false))
            {
                answers.push(Item::Starts(key, child.generation));
            }
        }
        for &key in &self.world.stopping {
            let generation = self.world.lives[&key];
            if self.answering.insert((key, generation, true)) {
                answers.push(Item::Stops(key, generation));
            }
        }
        match self.pace {
            Pace::InTurn => self.inbox.extend(answers),
            Pace::AtOnce => {
                answers.into_iter().rev().for_each(|answer| self.inbox.push_front(answer));
            }
        }
    }

    fn handle(&mut self, item: Item) {
        match item {
            Item::Message(message) => self.handle_message(message),
            Item::Retry(key, retry) => self.world.on(Event::Retry(key, retry)),
            Item::Ended(key, generation) => {
                if let Some(reason) = self.dead.remove(&(key, generation)) {
                    self.world.exit_of(key, exit(reason));
                }
            }
            Item::Stops(key, generation) => {
                if self.world.lives.get(&key) == Some(&generation) {
                    let ended = self.dead.remove(&(key, generation)).map_or(Exit::Dropped, exit);
                    self.world.exit_of(key, ended);
                }
            }
            Item::Starts(key, generation) => {
                if self.world.lives.get(&key) == Some(&generation) {
                    self.starts(key);
                }
            }
        }
    }

    fn starts(&mut self, key: Key) {
        let child = self.world.engine.child(key).expect("it starts");
        let (name, spec) = (child.data.0.to_string(), &mut self.specs[child.data.1 as usize]);
        match spec.next_outcome() {
            Outcome::Up => self.world.ready(&name),
            Outcome::Crashes => {
                self.world.ready(&name);
                self.ends(&name, Reason::Failure);
            }
            Outcome::Fails => self.world.exit_of(key, exit(Reason::Failure)),
            Outcome::Declines => self.world.exit_of(key, exit(Reason::Normal)),
        }
    }

    fn handle_message(&mut self, message: Message) {
        match message {
            Message::StartChild(reply, spec) => {
                let number = u32::try_from(self.specs.len()).expect("a few");
                let (data, rules) = ((named(&spec.name), number), Arc::new(rules(&spec)));
                self.specs.push(spec);
                let (generation, running) = (0, false);
                let (caller, after) = (None, Box::default());
                let addition =
                    Addition::One { rules, generation, running, data, after, caller, reply };
                self.world.bring_in(addition);
            }
            Message::Terminate(call, name) => self.order(&name, Verb::Terminate, call),
            Message::Restart(call, name) => self.order(&name, Verb::Restart, call),
            Message::Delete(call, name) => self.order(&name, Verb::Delete, call),
            Message::Stop => self.world.on(Event::Stop),
            Message::Exit(..) | Message::TryAgain(..) => panic!("OTP's own affair"),
        }
    }

    fn order(&mut self, name: &str, verb: Verb, call: Call) {
        self.world.order(Subject::Name(named(name)), verb, call);
    }
}

fn exit(reason: Reason) -> Exit {
    Exit::Returned(match reason {
        Reason::Normal => ExitReason::Normal,
        Reason::Shutdown => ExitReason::Shutdown,
        Reason::Failure => panicked(),
    })
}

fn rules(spec: &Spec) -> ChildRules {
    ChildRules { significant: spec.significant, ..notifying(spec.restart) }
}

/// Returns a child's state in OTP's words.
pub(super) fn state_of_pid(pid: Pid) -> &'static str {
    match pid {
        Pid::Alive(_) => "alive",
        Pid::Undefined | Pid::Held => "undefined",
        Pid::Restarting(_) => "restarting",
    }
}

pub(super) fn state_of_child(state: &State<Call>) -> &'static str {
    match state {
        State::Up { .. } => "alive",
        State::Down(_) | State::Held => "undefined",
        State::Waiting(_) | State::Resting => "restarting",
        other => panic!("{other:?} when all is quiet"),
    }
}
