//! Random trees.

use super::Random;
use crate::otp::scenario::{
    AutoShutdown, Child, OnShutdown, Policy, Shutdown, ShutdownWord, Start, Strategy, Supervisor,
};

/// The time that Erlang waits, on a real clock, for a child that ignores its shutdown request.
const SHORT: Shutdown = Shutdown::Within(1);

const MAX_CHILDREN: usize = 12;
const MAX_DEPTH: usize = 3;

/// Generator of a tree, or of a child that is added to one later.
pub(super) struct Generator<'a> {
    random: &'a mut Random,
    children_left: usize,
    workers: usize,
    supervisors: usize,
}

impl<'a> Generator<'a> {
    pub(super) fn new(random: &'a mut Random) -> Self {
        Self { random, children_left: MAX_CHILDREN, workers: 0, supervisors: 0 }
    }

    pub(super) fn root(mut self) -> Supervisor {
        let strategy = self.random.weighted(&[
            (35, Strategy::OneForOne),
            (28, Strategy::OneForAll),
            (28, Strategy::RestForOne),
            (9, Strategy::SimpleOneForOne),
        ]);
        let auto_shutdown = self.auto_shutdown(strategy);
        self.supervisor(strategy, auto_shutdown, 1)
    }

    /// Makes a child to be added under `name` to a supervisor that runs.
    pub(super) fn added(mut self, name: String, under: (Strategy, AutoShutdown)) -> Child {
        self.children_left = 3;
        let mut child =
            if self.random.percent(80) { self.worker(true) } else { self.nested(MAX_DEPTH) };
        child.name = name;
        let (strategy, auto_shutdown) = under;
        if self.random.percent(if auto_shutdown == AutoShutdown::Never { 4 } else { 40 }) {
            self.make_significant(&mut child, strategy);
        }
        child
    }

    fn supervisor(
        &mut self,
        strategy: Strategy,
        auto_shutdown: AutoShutdown,
        depth: usize,
    ) -> Supervisor {
        let max_restarts =
            self.random.weighted(&[(6, 0), (16, 1), (20, 2), (26, 3), (20, 5), (12, 9)]);
        let mut supervisor =
            Supervisor { max_restarts, auto_shutdown, ..Supervisor::new(strategy) };
        if strategy == Strategy::SimpleOneForOne {
            self.children_left = self.children_left.saturating_sub(1);
            supervisor.children.push(self.template(depth));
            return supervisor;
        }
        let wanted = self.random.within(1..=5).min(self.children_left);
        self.children_left -= wanted;
        for _ in 0..wanted {
            let nested = depth < MAX_DEPTH && self.random.percent(30);
            // While a nested supervisor is started its parent acts too: if a child of the nested
            // supervisor ended at once, two supervisors would act at the same time.
            let may_end_at_once = depth == 1;
            supervisor.children.push(if nested {
                self.nested(depth + 1)
            } else {
                self.worker(may_end_at_once)
            });
        }
        if auto_shutdown != AutoShutdown::Never && self.random.percent(92) {
            self.choose_significant(&mut supervisor);
        }
        supervisor
    }

    fn choose_significant(&mut self, supervisor: &mut Supervisor) {
        let strategy = supervisor.strategy;
        let count = supervisor.children.len();
        if count == 0 {
            // The tree has its greatest number of children already.
            let worker = self.worker(false);
            supervisor.children.push(worker);
        }
        let one = self.random.within(0..=supervisor.children.len() - 1);
        for (index, child) in supervisor.children.iter_mut().enumerate() {
            if index == one || self.random.percent(35) {
                self.make_significant(child, strategy);
            }
        }
    }

    fn make_significant(&mut self, child: &mut Child, strategy: Strategy) {
        child.significant = true;
        child.policy = if strategy == Strategy::OneForOne && self.random.percent(40) {
            Policy::Temporary
        } else {
            Policy::Transient
        };
    }

    fn auto_shutdown(&mut self, strategy: Strategy) -> AutoShutdown {
        if strategy == Strategy::SimpleOneForOne {
            return AutoShutdown::Never;
        }
        self.random.weighted(&[
            (84, AutoShutdown::Never),
            (8, AutoShutdown::AnySignificant),
            (8, AutoShutdown::AllSignificant),
        ])
    }

    fn nested(&mut self, depth: usize) -> Child {
        self.supervisors += 1;
        let strategy = self.random.weighted(&[
            (32, Strategy::OneForOne),
            (22, Strategy::OneForAll),
            (22, Strategy::RestForOne),
            (24, Strategy::SimpleOneForOne),
        ]);
        let mut child = Child::new(format!("s{}", self.supervisors));
        let auto_shutdown = self.auto_shutdown(strategy);
        child.policy = match self.policy() {
            // The rules refuse a supervisor that shuts itself down and is always restarted.
            Policy::Always if auto_shutdown != AutoShutdown::Never => Policy::Transient,
            policy => policy,
        };
        child.supervisor = Some(self.supervisor(strategy, auto_shutdown, depth));
        child
    }

    fn template(&mut self, depth: usize) -> Child {
        // A nested supervisor as a pool's worker is started by the pool, so its children may not
        // end at once either.
        let mut template = if depth < MAX_DEPTH && self.random.percent(15) {
            let mut child = Child::new("");
            child.policy = self.policy();
            let strategy =
                self.random.weighted(&[(1, Strategy::OneForOne), (1, Strategy::OneForAll)]);
            child.supervisor = Some(self.supervisor(strategy, AutoShutdown::Never, MAX_DEPTH));
            child
        } else {
            self.worker(true)
        };
        template.name = "template".into();
        template
    }

    fn worker(&mut self, may_end_at_once: bool) -> Child {
        self.workers += 1;
        let mut child = Child::new(format!("w{}", self.workers));
        child.policy = self.policy();
        child.on_shutdown = self.random.weighted(&[
            (62, OnShutdown::Obeys),
            (22, OnShutdown::Unaware),
            (8, OnShutdown::Fails),
            (8, OnShutdown::Ignores),
        ]);
        let asks = child.on_shutdown != OnShutdown::Ignores;
        child.shutdown = self.random.weighted(&[
            (75, if asks { None } else { Some(SHORT) }),
            (15, Some(Shutdown::Word(ShutdownWord::BrutalKill))),
            (10, Some(if asks { Shutdown::Word(ShutdownWord::Infinity) } else { SHORT })),
        ]);
        child.starts = self.starts(may_end_at_once);
        child
    }

    fn policy(&mut self) -> Policy {
        self.random.weighted(&[
            (50, Policy::Always),
            (30, Policy::Transient),
            (20, Policy::Temporary),
        ])
    }

    pub(super) fn starts(&mut self, may_end_at_once: bool) -> Vec<Start> {
        if self.random.percent(65) {
            return vec![Start::Ok];
        }
        let mut starts =
            vec![self.random.weighted(&[(88, Start::Ok), (5, Start::Fail), (7, Start::Decline)])];
        let at_once = if may_end_at_once { 8 } else { 0 };
        for _ in 0..self.random.within(1..=3) {
            starts.push(self.random.weighted(&[
                (40, Start::Ok),
                (34, Start::Fail),
                (10, Start::Decline),
                (at_once, Start::Crash),
                (at_once, Start::Finish),
            ]));
        }
        if self.random.percent(75) {
            starts.push(Start::Ok);
        }
        starts
    }
}
