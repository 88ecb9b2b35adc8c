//! Random timelines: trees whose workers start and stop slowly and ask each other meanwhile, and
//! actions at every moment.

use super::Random;
use crate::otp::scenario::{
    Action, AutoShutdown, Child, End, OnShutdown, Policy, Shutdown, ShutdownWord, Start, Strategy,
    Supervisor, Timed,
};

const MAX_WORKERS: usize = 7;
const MAX_DEPTH: usize = 3;

pub(super) struct Generator<'a> {
    random: &'a mut Random,
    workers: Vec<String>,
    supervisors: Vec<String>,
}

impl<'a> Generator<'a> {
    pub(super) fn new(random: &'a mut Random) -> Self {
        Self { random, workers: Vec::new(), supervisors: Vec::new() }
    }

    pub(super) fn generate(mut self) -> (Supervisor, Vec<Timed>) {
        let mut tree = self.supervisor("", 1);
        self.choose_asks(&mut tree);
        let timeline = self.timeline();
        (tree, timeline)
    }

    fn supervisor(&mut self, path: &str, depth: usize) -> Supervisor {
        let strategy = self.random.weighted(&[
            (30, Strategy::OneForOne),
            (40, Strategy::OneForAll),
            (30, Strategy::RestForOne),
        ]);
        let max_restarts = self.random.weighted(&[(5, 0), (15, 1), (20, 2), (60, 5)]);
        let mut supervisor = Supervisor { max_restarts, ..Supervisor::new(strategy) };
        for number in 1..=self.random.within(1..=4) {
            if self.workers.len() >= MAX_WORKERS {
                break;
            }
            let nested = depth < MAX_DEPTH && self.random.percent(25);
            let name = format!("{}{number}", if nested { "s" } else { "w" });
            let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let mut child = Child::new(name);
            child.policy = self.random.weighted(&[
                (65, Policy::Always),
                (20, Policy::Transient),
                (15, Policy::Temporary),
            ]);
            if nested {
                self.supervisors.push(below.clone());
                let supervisor = self.supervisor(&below, depth + 1);
                let is_always = child.policy == Policy::Always;
                if is_always && supervisor.auto_shutdown != AutoShutdown::Never {
                    child.policy = Policy::Transient;
                }
                child.supervisor = Some(supervisor);
            } else {
                self.workers.push(below);
                self.choose_worker(&mut child);
            }
            supervisor.children.push(child);
        }
        self.choose_significant(&mut supervisor);
        supervisor
    }

    /// Has some supervisors shut themselves down, unless they are always restarted.
    fn choose_significant(&mut self, supervisor: &mut Supervisor) {
        let strategy = supervisor.strategy;
        let Some(child) = supervisor.children.last_mut() else { return };
        if !self.random.percent(10) {
            return;
        }
        supervisor.auto_shutdown = AutoShutdown::AnySignificant;
        child.significant = true;
        if child.policy == Policy::Always || strategy != Strategy::OneForOne {
            child.policy = Policy::Transient;
        }
    }

    fn choose_worker(&mut self, child: &mut Child) {
        child.on_shutdown = self.random.weighted(&[
            (80, OnShutdown::Obeys),
            (10, OnShutdown::Unaware),
            (10, OnShutdown::Fails),
        ]);
        child.shutdown = self.random.weighted(&[
            (70, None),
            (15, Some(Shutdown::Word(ShutdownWord::BrutalKill))),
            (15, Some(Shutdown::Word(ShutdownWord::Infinity))),
        ]);
        child.start_takes = self.ticks();
        child.stop_takes = self.ticks();
        if self.random.percent(25) {
            child.starts = vec![self.random.weighted(&[
                (90, Start::Ok),
                (5, Start::Fail),
                (5, Start::Decline),
            ])];
            for _ in 0..self.random.within(1..=3) {
                child.starts.push(self.random.weighted(&[
                    (50, Start::Ok),
                    (38, Start::Fail),
                    (12, Start::Decline),
                ]));
            }
            child.starts.push(Start::Ok);
        }
    }

    fn ticks(&mut self) -> u32 {
        self.random.weighted(&[(50, 0), (15, 1), (15, 2), (10, 3), (10, 6)])
    }

    /// Has some workers ask others as they start or stop.
    fn choose_asks(&mut self, supervisor: &mut Supervisor) {
        for child in &mut supervisor.children {
            if let Some(nested) = &mut child.supervisor {
                self.choose_asks(nested);
                continue;
            }
            if self.random.percent(8) {
                child.start_asks = self.worker();
            }
            if child.on_shutdown != OnShutdown::Unaware && self.random.percent(30) {
                child.stop_asks = self.worker();
            }
        }
    }

    fn worker(&mut self) -> Option<String> {
        self.random.pick(&self.workers).cloned()
    }

    fn any_child(&mut self) -> Option<String> {
        if self.random.percent(25) && !self.supervisors.is_empty() {
            return self.random.pick(&self.supervisors).cloned();
        }
        self.worker()
    }

    fn timeline(&mut self) -> Vec<Timed> {
        let mut timeline = Vec::new();
        let mut at = 0;
        let mut is_shut_down = false;
        for _ in 0..self.random.within(3..=24) {
            // Many actions at one tick, or one tick after the other: in the middle of what the
            // last one has begun.
            at += self.random.weighted(&[(45, 0), (30, 1), (12, 2), (8, 4), (5, 9)]);
            if let Some(action) = self.action(&mut is_shut_down) {
                timeline.push(Timed { at, action });
            }
        }
        if !is_shut_down {
            at += self.random.weighted(&[(40, 0), (30, 1), (30, 12)]);
            timeline.push(Timed { at, action: Action::Shutdown {} });
            for _ in 0..self.random.within(0..=5) {
                at += self.random.weighted(&[(40, 0), (40, 1), (20, 2)]);
                timeline.extend(self.action(&mut true).map(|action| Timed { at, action }));
            }
        }
        timeline
    }

    fn action(&mut self, is_shut_down: &mut bool) -> Option<Action> {
        let kind = self.random.weighted(&[
            (38, 0),
            (10, 1),
            (18, 2),
            (18, 3),
            (7, 4),
            (4, 5),
            (2, 6),
            (if *is_shut_down { 0 } else { 3 }, 7),
        ]);
        Some(match kind {
            0 => Action::Ask {
                from: if self.random.percent(50) { self.worker() } else { None },
                to: self.worker()?,
                keep: self.random.percent(15),
                within: self.random.weighted(&[(70, 5), (15, 1), (15, 20)]),
            },
            1 => Action::Send { to: self.worker()? },
            2 => Action::Kill { child: self.any_child()? },
            3 => Action::End {
                child: self.worker()?,
                how: self.random.weighted(&[
                    (70, End::Failed),
                    (20, End::Normal),
                    (10, End::Shutdown),
                ]),
            },
            4 => Action::TerminateChild { child: self.any_child()? },
            5 => Action::RestartChild { child: self.any_child()? },
            6 => Action::DeleteChild { child: self.any_child()? },
            _ => {
                *is_shut_down = true;
                Action::Shutdown {}
            }
        })
    }
}
