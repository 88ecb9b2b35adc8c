//! Random supervisors and scripts, through the engine and through [`otp`]'s model of OTP: the
//! same lives are started and stopped in the same order, and every command gets the same answer.
//!
//! The engine is driven as OTP's supervisor runs, one message after the other: a life that is
//! told to end does so before the next message, and a start has its outcome at once. (That the
//! engine does not need this is what the other tests are about.) Backoff, time-outs and lives
//! that go on are not OTP's, so they are not here.
//!
//! [`otp`]: super::otp

use std::collections::{HashMap, VecDeque};

use proptest::prelude::*;
use proptest::sample::Index;

use super::otp::{Message, Otp, Outcome, Pid, Reason, Spec, is_alive};
use super::world::{Call, named};
use super::*;
use crate::engine::{Key, State};
use crate::restart::RestartPolicy::{Always, Temporary, Transient};
use crate::strategy::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

#[derive(Clone, Debug)]
struct Script {
    strategy: SupervisionStrategy,
    intensity: u32,
    auto_shutdown: AutoShutdown,
    children: Vec<Spec>,
    /// What happens at the same moment, and how long after the last moment.
    moments: Vec<(Duration, Vec<Happening>)>,
}

#[derive(Clone, Debug)]
enum Happening {
    Exit(Index, Reason),
    Start(Spec),
    Terminate(String),
    Restart(String),
    Delete(String),
}

fn spec(names: std::ops::Range<u32>) -> impl Strategy<Value = Spec> {
    let policy = prop_oneof![Just(Always), Just(Transient), Just(Temporary)];
    let outcome = prop_oneof![
        4 => Just(Outcome::Up), 2 => Just(Outcome::Fails), 1 => Just(Outcome::Declines)
    ];
    // Most first starts succeed, so that most supervisors come up.
    let outcomes = (prop::bool::weighted(0.07), prop::collection::vec(outcome, 0..6));
    (names, policy, any::<bool>(), outcomes).prop_map(
        |(number, restart, significant, (at_once, mut outcomes))| {
            if !at_once {
                outcomes.insert(0, Outcome::Up);
            }
            let name = format!("c{number}");
            Spec { name, restart, significant, outcomes, starts: 0, pid: Pid::Undefined }
        },
    )
}

fn happening() -> impl Strategy<Value = Happening> {
    let reason = prop_oneof![
        1 => Just(Reason::Normal), 1 => Just(Reason::Shutdown), 3 => Just(Reason::Failure)
    ];
    let name = || (0..6_u32).prop_map(|number| format!("c{number}"));
    prop_oneof![
        6 => (any::<Index>(), reason).prop_map(|(child, reason)| Happening::Exit(child, reason)),
        1 => spec(0..6).prop_map(Happening::Start),
        2 => name().prop_map(Happening::Terminate),
        1 => name().prop_map(Happening::Restart),
        1 => name().prop_map(Happening::Delete),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let strategy = prop_oneof![
        1 => Just(OneForOne), 2 => Just(OneForAll), 2 => Just(RestForOne), 1 => Just(SimpleOneForOne)
    ];
    let auto_shutdown = prop_oneof![
        3 => Just(AutoShutdown::Never),
        1 => Just(AutoShutdown::AnySignificant),
        1 => Just(AutoShutdown::AllSignificant),
    ];
    let moment = ((0..1_500_u64).prop_map(millis), prop::collection::vec(happening(), 1..4));
    (
        strategy,
        0..8_u32,
        auto_shutdown,
        prop::collection::vec(spec(0..6), 0..6),
        prop::collection::vec(moment, 0..12),
    )
        .prop_map(|(strategy, intensity, auto_shutdown, mut children, moments)| {
            let mut names = std::collections::HashSet::new();
            children.retain(|child| names.insert(child.name.clone()));
            Script { strategy, intensity, auto_shutdown, children, moments }
        })
}

/// The engine, driven one message after the other.
struct Engine {
    world: World,
    queue: VecDeque<Message>,
    /// Lives that have ended and are still to be reported.
    dead: HashMap<Key, Reason>,
    /// What comes of starts, by name.
    specs: HashMap<String, Spec>,
}

impl Engine {
    fn run(&mut self) {
        loop {
            self.queue.extend(self.world.later.drain(..).map(|event| match event {
                Event::Retry(key, retry) => {
                    Message::TryAgain(self.world.names[&key].clone(), retry)
                }
                other => panic!("{other:?} is for many children only"),
            }));
            if let Some(&key) = self.world.told.first() {
                let exit = self.dead.remove(&key).map_or(Exit::Dropped, exit);
                self.world.exit_of(key, exit);
            } else if let Some((key, name)) = self.starting() {
                match self.specs.get_mut(&name).expect("started").next_outcome() {
                    Outcome::Up => self.world.ready(&name),
                    Outcome::Fails => self.world.exit_of(key, exit(Reason::Failure)),
                    Outcome::Declines => self.world.exit_of(key, exit(Reason::Normal)),
                }
            } else if let Some(message) = self.queue.pop_front() {
                self.handle(message);
            } else {
                return;
            }
        }
    }

    fn starting(&self) -> Option<(Key, String)> {
        let mut children = self.world.engine.children();
        children.find_map(|(key, child)| {
            matches!(child.state, State::Starting(_)).then(|| (key, child.name.to_string()))
        })
    }

    fn handle(&mut self, message: Message) {
        let command = |make: fn(Subject, Call) -> Command<u32, Call>, name: &str, call| {
            Event::Command(Box::new(make(Subject::Name(named(name)), call)))
        };
        match message {
            Message::Exit(name, _, _) => {
                let key = self.world.key(&name);
                if let Some(reason) = self.dead.remove(&key) {
                    self.world.exit_of(key, exit(reason));
                }
            }
            Message::TryAgain(name, retry) => {
                let key = self.world.key(&name);
                self.world.on(Event::Retry(key, retry));
            }
            Message::StartChild(reply, spec) => {
                if self.world.engine.find(&named(&spec.name)).is_none() {
                    self.specs.insert(spec.name.clone(), spec.clone());
                }
                let name = named(&spec.name);
                let rules = Arc::new(rules(&spec));
                let (generation, running, data) = (0, false, 0);
                let add = Command::Add { name, rules, generation, running, data, reply };
                self.world.on(Event::Command(Box::new(add)));
            }
            Message::Terminate(call, name) => {
                self.world.on(command(Command::Terminate, &name, call));
            }
            Message::Restart(call, name) => self.world.on(command(Command::Restart, &name, call)),
            Message::Delete(call, name) => self.world.on(command(Command::Delete, &name, call)),
            Message::Stop => self.world.on(Event::Stop),
        }
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

/// What both are compared by.
#[derive(Debug, PartialEq)]
struct View {
    acts: Vec<String>,
    children: Vec<(String, &'static str)>,
    answers: Vec<(u32, String)>,
    ended: Option<String>,
}

impl View {
    fn of_otp(otp: &mut Otp) -> Self {
        let state = |child: &Spec| match child.pid {
            Pid::Alive(_) => "alive",
            Pid::Undefined | Pid::Held => "undefined",
            Pid::Restarting(_) => "restarting",
        };
        let mut answers = std::mem::take(&mut otp.answers);
        answers.sort();
        let children = otp.children.iter().filter(|_| otp.ended.is_none());
        Self {
            acts: std::mem::take(&mut otp.acts),
            children: children.map(|child| (child.name.clone(), state(child))).collect(),
            answers,
            ended: otp.ended.clone(),
        }
    }

    fn of_engine(engine: &mut Engine) -> Self {
        let world = &mut engine.world;
        let state = |state: &State<u32>| match state {
            State::Up => "alive",
            State::Down | State::Held => "undefined",
            State::Waiting(_) => "restarting",
            other => panic!("{other:?} when all is quiet"),
        };
        let children = world.engine.children().filter(|_| world.ended.is_none());
        let children = children.map(|(_, child)| (child.name.to_string(), state(&child.state)));
        let children = children.collect();
        let calls: Vec<u32> = world.answers.keys().copied().collect();
        let short = |answer: String| match answer.split_once('(') {
            Some((refusal, _)) => refusal.to_owned(),
            None => answer,
        };
        let mut answers: Vec<_> =
            calls.into_iter().map(|call| (call, short(world.answer(call)))).collect();
        answers.sort();
        world.answers.clear();
        let ended = world.ended.as_ref().map(|_| world.ending());
        Self {
            acts: world
                .acts()
                .split(", ")
                .filter(|act| !act.is_empty())
                .map(str::to_owned)
                .collect(),
            children,
            answers,
            ended: ended.map(|how| how.split(':').next().unwrap_or_default().to_owned()),
        }
    }
}

fn compare(script: Script) -> Result<(), TestCaseError> {
    let Script { strategy, intensity, auto_shutdown, children, moments } = script;
    let children = if strategy == SimpleOneForOne { Vec::new() } else { children };
    let period = secs(2);
    let mut otp = Otp {
        strategy,
        intensity: intensity as usize,
        period,
        auto_shutdown,
        children: children.clone(),
        now: Duration::ZERO,
        restarts: Vec::new(),
        pids: 0,
        retries: 0,
        queue: VecDeque::new(),
        acts: Vec::new(),
        answers: Vec::new(),
        ended: None,
    };
    let supervisor = SupervisorRules {
        max_restarts: MaxRestarts::AtMost(intensity),
        restart_window: period,
        auto_shutdown,
        ..supervisor(strategy)
    };
    let mut world = World::new(supervisor);
    for child in &children {
        world = world.with(&child.name, rules(child));
    }
    let specs = children.into_iter().map(|child| (child.name.clone(), child)).collect();
    let mut engine = Engine { world, queue: VecDeque::new(), dead: HashMap::new(), specs };

    otp.init();
    engine.world.on(Event::Start);
    engine.run();
    prop_assert_eq!(View::of_engine(&mut engine), View::of_otp(&mut otp));

    let mut call = 0;
    for (time, happenings) in moments {
        if otp.ended.is_some() {
            break;
        }
        otp.now += time;
        engine.world.pass(time);
        for happening in happenings {
            call += 1;
            let message = match happening {
                Happening::Exit(index, reason) => {
                    let alive: Vec<&Spec> = otp.children.iter().filter(|c| is_alive(c)).collect();
                    if alive.is_empty() {
                        continue;
                    }
                    let child = index.get(&alive);
                    let Pid::Alive(pid) = child.pid else { continue };
                    let key = engine.world.key(&child.name);
                    if engine.dead.contains_key(&key) {
                        continue;
                    }
                    engine.dead.insert(key, reason);
                    Message::Exit(child.name.clone(), pid, reason)
                }
                Happening::Start(spec) => Message::StartChild(call, spec),
                Happening::Terminate(name) => Message::Terminate(call, name),
                Happening::Restart(name) => Message::Restart(call, name),
                Happening::Delete(name) => Message::Delete(call, name),
            };
            otp.queue.push_back(message.clone());
            engine.queue.push_back(message);
        }
        otp.run();
        engine.run();
        prop_assert_eq!(View::of_engine(&mut engine), View::of_otp(&mut otp));
    }
    otp.queue.push_back(Message::Stop);
    engine.queue.push_back(Message::Stop);
    otp.run();
    engine.run();
    prop_assert_eq!(View::of_engine(&mut engine).acts, View::of_otp(&mut otp).acts);
    Ok(())
}

proptest! {
    #![proptest_config(runs(1_000))]

    #[test]
    fn the_engine_does_what_otp_does(script in script()) {
        compare(script)?;
    }
}
