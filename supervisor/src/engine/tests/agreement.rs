//! Random supervisors and scripts, run by the engine and by [`otp`]'s model of OTP: both start and
//! stop the same lives in the same order, and give every command the same answer.
//!
//! OTP has no backoff, no start time-outs and no lives that cannot be stopped, so the scripts have
//! none.
//!
//! [`otp`]: super::otp

use proptest::prelude::*;
use proptest::sample::Index;

use super::driven::{Driven, Pace, state_of_child, state_of_pid};
use super::otp::{Message, Otp, Outcome, Pid, Reason, Spec};
use super::*;
use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};

#[derive(Clone, Debug)]
struct Script {
    strategy: SupervisionStrategy,
    intensity: u32,
    auto_shutdown: AutoShutdown,
    children: Vec<Spec>,
    /// The time since the previous moment, and the things that happen at this one.
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
        4 => Just(Outcome::Up), 1 => Just(Outcome::Crashes),
        2 => Just(Outcome::Fails), 1 => Just(Outcome::Declines)
    ];
    // Most first starts succeed, so that most supervisors come up.
    let outcomes = (prop::bool::weighted(0.07), prop::collection::vec(outcome, 0..6));
    (names, policy, any::<bool>(), outcomes).prop_map(
        |(number, restart, significant, (at_once, mut outcomes))| {
            if !at_once {
                outcomes.insert(0, Outcome::Up);
            }
            let name = format!("c{number}");
            let (starts, failed_starts, pid) = (0, 0, Pid::Undefined);
            Spec { name, restart, significant, outcomes, starts, failed_starts, pid }
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

/// The observations by which the engine and the model are compared.
#[derive(Debug, PartialEq)]
struct View {
    acts: Vec<String>,
    children: Vec<(String, &'static str)>,
    answers: Vec<(u32, String)>,
    ended: Option<String>,
}

impl View {
    fn of_otp(otp: &mut Otp) -> Self {
        let mut answers = std::mem::take(&mut otp.answers);
        answers.sort();
        let children = otp.children.iter().filter(|_| otp.ended.is_none());
        Self {
            acts: std::mem::take(&mut otp.acts),
            children: children.map(|child| (child.name.clone(), state_of_pid(child.pid))).collect(),
            answers,
            ended: otp.ended.clone(),
        }
    }

    fn of_engine(world: &mut World) -> Self {
        let children = world.engine.children().filter(|_| world.ended.is_none());
        let children =
            children.map(|(_, child)| (child.data.0.to_string(), state_of_child(&child.state)));
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
        let acts = world.acts();
        let ended = world.ended.as_ref().map(|_| world.ending());
        Self {
            acts: acts.split(", ").filter(|act| !act.is_empty()).map(str::to_owned).collect(),
            children,
            answers,
            ended: ended.map(|how| how.split(':').next().unwrap_or_default().to_owned()),
        }
    }

    /// Removes the differences that come from the pace: if exits take their turn, OTP still counts
    /// a life as alive whose exit is in the mailbox, so it asks that life to end, and refuses
    /// commands with another reason.
    fn at_pace(mut self, pace: Pace) -> Self {
        if pace == Pace::InTurn {
            self.acts.retain(|act| act.starts_with("spawn"));
            for (_, answer) in &mut self.answers {
                let same = [("Running", "Restarting"), ("AlreadyStarted", "AlreadyPresent")];
                for (otp, engine) in same {
                    *answer = answer.replace(otp, engine);
                }
            }
        }
        self
    }
}

fn compare(script: Script, pace: Pace) -> Result<(), TestCaseError> {
    let Script { strategy, intensity, auto_shutdown, children, moments } = script;
    let children = if strategy == SimpleOneForOne { Vec::new() } else { children };
    let period = secs(2);
    let supervisor = SupervisorRules {
        max_restarts: MaxRestarts::AtMost(intensity),
        restart_window: period,
        auto_shutdown,
        ..supervisor(strategy)
    };
    let mut engine = Driven::new(supervisor, pace, &children);
    let mut otp = Otp::new(strategy, intensity as usize, period, auto_shutdown, children);
    let same = |engine: &mut Driven, otp: &mut Otp| {
        let engine = View::of_engine(&mut engine.world).at_pace(pace);
        prop_assert_eq!(engine, View::of_otp(otp).at_pace(pace));
        Ok(())
    };
    otp.init();
    otp.run();
    engine.world.on(Event::Start);
    engine.run();
    same(&mut engine, &mut otp)?;

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
                    let alive: Vec<_> = otp.children.iter().filter_map(pid_of).collect();
                    if alive.is_empty() {
                        continue;
                    }
                    let (name, pid) = index.get(&alive);
                    if engine.ends(name, reason) {
                        otp.queue.push_back(Message::Exit(name.clone(), *pid, reason));
                    }
                    continue;
                }
                Happening::Start(spec) => Message::StartChild(call, spec),
                Happening::Terminate(name) => Message::Terminate(call, name),
                Happening::Restart(name) => Message::Restart(call, name),
                Happening::Delete(name) => Message::Delete(call, name),
            };
            otp.queue.push_back(message.clone());
            engine.post(message);
        }
        otp.run();
        engine.run();
        same(&mut engine, &mut otp)?;
    }
    otp.queue.push_back(Message::Stop);
    otp.run();
    engine.post(Message::Stop);
    engine.run();
    same(&mut engine, &mut otp)
}

fn pid_of(child: &Spec) -> Option<(String, u32)> {
    match child.pid {
        Pid::Alive(pid) => Some((child.name.clone(), pid)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(runs(600))]

    /// Runs both as OTP's supervisor runs: it handles no other message until a start or a stop is
    /// done.
    #[test]
    fn the_engine_does_what_otp_does(script in script()) {
        compare(script, Pace::AtOnce)?;
    }

    /// Runs both as the engine runs under the group strategies: events that come during a start or
    /// a stop wait for their turn.
    #[test]
    fn a_group_does_what_otp_does_though_everything_takes_its_turn(
        script in script().prop_filter("a group", |script| script.strategy.is_group())
    ) {
        compare(script, Pace::InTurn)?;
    }
}
