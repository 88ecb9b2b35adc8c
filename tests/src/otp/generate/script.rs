//! Random scripts.

use std::collections::BTreeMap;

use super::{Random, tree};
use crate::otp::scenario::{AutoShutdown, Child, End, Step, Strategy, Supervisor};

/// The tree, as far as the script can know it: a step for a child that has ended meanwhile is
/// skipped.
#[derive(Default)]
struct KnownTree {
    supervisors: BTreeMap<String, KnownSupervisor>,
}

/// A supervisor, and the names of its children.
struct KnownSupervisor {
    strategy: Strategy,
    auto_shutdown: AutoShutdown,
    workers: Vec<String>,
    supervisors: Vec<String>,
    /// The template of the workers, if the supervisor is a pool.
    template: Option<Child>,
}

impl KnownTree {
    fn add_supervisor(&mut self, path: &str, supervisor: &Supervisor) {
        let is_pool = supervisor.strategy == Strategy::SimpleOneForOne;
        self.supervisors.insert(
            path.to_owned(),
            KnownSupervisor {
                strategy: supervisor.strategy,
                auto_shutdown: supervisor.auto_shutdown,
                workers: Vec::new(),
                supervisors: Vec::new(),
                template: supervisor.children.first().filter(|_| is_pool).cloned(),
            },
        );
        if !is_pool {
            for child in &supervisor.children {
                self.add_child(path, child);
            }
        }
    }

    fn add_child(&mut self, under: &str, child: &Child) {
        let path = join(under, &child.name);
        let Some(parent) = self.supervisors.get_mut(under) else { return };
        match &child.supervisor {
            None => parent.workers.push(child.name.clone()),
            Some(supervisor) => {
                parent.supervisors.push(child.name.clone());
                self.add_supervisor(&path, supervisor);
            }
        }
    }
}

impl KnownSupervisor {
    fn is_pool(&self) -> bool {
        self.template.is_some()
    }

    fn children(&self) -> Vec<String> {
        [self.workers.as_slice(), self.supervisors.as_slice()].concat()
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

#[derive(Clone, Copy)]
enum Kind {
    End,
    AtOnce,
    Terminate,
    Restart,
    Delete,
    Add,
    AddWorker,
    Ask,
}

pub(super) struct Generator<'a> {
    random: &'a mut Random,
    tree: KnownTree,
    added: usize,
    /// The children that were ordered to end or to stop: some of them are down.
    ended: Vec<String>,
}

impl<'a> Generator<'a> {
    pub(super) fn new(random: &'a mut Random, root: &Supervisor) -> Self {
        let mut tree = KnownTree::default();
        tree.add_supervisor("", root);
        Self { random, tree, added: 0, ended: Vec::new() }
    }

    pub(super) fn script(mut self) -> Vec<Step> {
        let mut script = Vec::new();
        for _ in 0..self.random.within(3..=29) {
            let kind = self.random.weighted(&[
                (42, Kind::End),
                (14, Kind::AtOnce),
                (8, Kind::Terminate),
                (10, Kind::Restart),
                (6, Kind::Delete),
                (8, Kind::Add),
                (14, Kind::AddWorker),
                (3, Kind::Ask),
            ]);
            script.extend(self.step(kind));
        }
        script.push(Step::Shutdown {});
        script
    }

    fn step(&mut self, kind: Kind) -> Option<Step> {
        match kind {
            Kind::End => {
                let supervisor = self.any(|known| !known.workers.is_empty())?;
                self.end(&supervisor)
            }
            Kind::AtOnce => self.at_once(),
            Kind::Terminate => {
                let supervisor = self.any(|known| !known.children().is_empty())?;
                self.terminate(&supervisor)
            }
            Kind::Restart | Kind::Delete => {
                let restart = matches!(kind, Kind::Restart);
                let one_that_ended = self.random.pick(&self.ended).cloned();
                if let Some(child) = one_that_ended.filter(|_| self.random.percent(75)) {
                    return Some(Self::restart_or_delete_child(child, restart));
                }
                let supervisor = self.any(|known| !known.children().is_empty())?;
                self.restart_or_delete(&supervisor, restart)
            }
            Kind::Add => {
                let supervisor = self.any(|known| !known.is_pool())?;
                Some(self.add(&supervisor))
            }
            Kind::AddWorker => {
                let pool = self.any(KnownSupervisor::is_pool)?;
                Some(self.add_worker(pool))
            }
            Kind::Ask => self.ask(),
        }
    }

    /// Picks the path of a supervisor for which `holds` returns `true`.
    fn any(&mut self, holds: impl Fn(&KnownSupervisor) -> bool) -> Option<String> {
        let supervisors = &self.tree.supervisors;
        let paths: Vec<_> = supervisors.iter().filter(|(_, known)| holds(known)).collect();
        self.random.pick(&paths).map(|(path, _)| (*path).clone())
    }

    fn end(&mut self, supervisor: &str) -> Option<Step> {
        let name = self.random.pick(&self.tree.supervisors[supervisor].workers)?.clone();
        Some(self.end_of(join(supervisor, &name)))
    }

    fn end_of(&mut self, child: String) -> Step {
        let how = if self.random.percent(16) { End::Killed } else { self.own_end() };
        self.ended.push(child.clone());
        Step::End { child, how }
    }

    fn own_end(&mut self) -> End {
        self.random.weighted(&[(62, End::Failed), (26, End::Normal), (12, End::Shutdown)])
    }

    fn terminate(&mut self, supervisor: &str) -> Option<Step> {
        let children = self.tree.supervisors[supervisor].children();
        let child = join(supervisor, self.random.pick(&children)?);
        // Entered twice, to be picked more often: a child that was terminated is more surely down
        // than one that ended.
        self.ended.extend([child.clone(), child.clone()]);
        Some(Step::TerminateChild { child })
    }

    fn restart_or_delete(&mut self, supervisor: &str, restart: bool) -> Option<Step> {
        let name = if self.random.percent(4) {
            "nobody".to_owned()
        } else {
            self.random.pick(&self.tree.supervisors[supervisor].children())?.clone()
        };
        Some(Self::restart_or_delete_child(join(supervisor, &name), restart))
    }

    fn restart_or_delete_child(child: String, restart: bool) -> Step {
        if restart { Step::RestartChild { child } } else { Step::DeleteChild { child } }
    }

    fn add(&mut self, supervisor: &str) -> Step {
        let parent = &self.tree.supervisors[supervisor];
        let under = (parent.strategy, parent.auto_shutdown);
        let children = parent.children();
        let existing = self.random.pick(&children).filter(|_| self.random.percent(40)).cloned();
        let existing_is_pool = existing.as_ref().and_then(|name| {
            self.tree.supervisors.get(&join(supervisor, name)).map(KnownSupervisor::is_pool)
        });
        let is_new = existing.is_none();
        let name = existing.unwrap_or_else(|| {
            self.added += 1;
            format!("n{}", self.added)
        });
        let mut spec = tree::Generator::new(self.random).added(name, under);
        let is_pool = |nested: &Supervisor| nested.strategy == Strategy::SimpleOneForOne;
        if spec.supervisor.as_ref().map(is_pool) != existing_is_pool && !is_new {
            // A pool in the script's knowledge would be a group in the tree, or the other way
            // round, and OTP's pools crash on a later `add_child` with a specification.
            spec.supervisor = None;
        }
        if is_new {
            self.tree.add_child(supervisor, &spec);
        }
        let supervisor = if supervisor.is_empty() { "/" } else { supervisor }.to_owned();
        Step::AddChild { supervisor, spec: Box::new(spec) }
    }

    fn add_worker(&mut self, pool: String) -> Step {
        let known = self.tree.supervisors.get_mut(&pool).expect("a supervisor chosen from the map");
        let name = format!("#{}", known.workers.len() + known.supervisors.len() + 1);
        let template = known.template.clone().expect("a pool has a template");
        let path = join(&pool, &name);
        let is_worker = template.supervisor.is_none();
        if let Some(supervisor) = &template.supervisor {
            known.supervisors.push(name);
            self.tree.add_supervisor(&path, supervisor);
        } else {
            known.workers.push(name);
        }
        let starts = (is_worker && self.random.percent(25))
            .then(|| tree::Generator::new(self.random).starts(true));
        let supervisor = if pool.is_empty() { "/".into() } else { pool };
        Step::AddWorker { supervisor, starts, on_shutdown: None }
    }

    fn ask(&mut self) -> Option<Step> {
        let path = self.any(|_| true)?;
        let children = self.tree.supervisors[&path].children();
        let is_pool = self.tree.supervisors[&path].is_pool();
        let name = self.random.pick(&children).filter(|_| !is_pool).cloned();
        let supervisor = if path.is_empty() { "/".into() } else { path.clone() };
        Some(match (self.random.within(0..=2), name) {
            (0, _) => Step::WhichChildren { supervisor },
            (1, _) => Step::CountChildren { supervisor },
            (_, Some(name)) => Step::ChildSpec { child: join(&path, &name) },
            (_, None) if is_pool => Step::CountChildren { supervisor },
            (_, None) => Step::ChildSpec { child: join(&path, "nobody") },
        })
    }

    /// Returns `true` if the supervisor accepts the child that a step adds.
    fn is_accepted(&self, step: &Step) -> bool {
        match step {
            Step::AddChild { spec, .. } if spec.significant => {
                self.tree.supervisors[step.supervisor()].auto_shutdown != AutoShutdown::Never
            }
            _ => true,
        }
    }

    /// Makes a step in which two or three workers of one supervisor end together, perhaps with a
    /// request before or after.
    fn at_once(&mut self) -> Option<Step> {
        let supervisor = self.any(|known| known.workers.len() >= 2)?;
        let mut workers = self.tree.supervisors[&supervisor].workers.clone();
        self.random.0.shuffle(&mut workers);
        let ends = self.random.within(2..=3).min(workers.len());
        let left = workers.split_off(ends);
        let mut steps = Vec::new();
        for name in workers {
            let how = self.own_end();
            steps.push(Step::End { child: join(&supervisor, &name), how });
        }
        if self.random.percent(40) {
            let is_pool = self.tree.supervisors[&supervisor].is_pool();
            // In a pool, the request is about a worker that does not end in this step: OTP would
            // take a worker that has been restarted meanwhile for another process.
            let request = if is_pool {
                left.first().map(|name| Step::TerminateChild { child: join(&supervisor, name) })
            } else {
                match self.random.within(0..=3) {
                    0 => self.terminate(&supervisor),
                    // A child that is refused for its own options is refused before the request
                    // reaches the supervisor, so the order would differ from OTP's.
                    1 => Some(self.add(&supervisor)).filter(|step| self.is_accepted(step)),
                    other => self.restart_or_delete(&supervisor, other == 2),
                }
            };
            // The request is the first or the last step: this library's supervisor handles the end
            // of a child before it answers a request about this child, although the request came
            // first.
            if let Some(request) = request {
                let at = if self.random.percent(50) { 0 } else { steps.len() };
                steps.insert(at, request);
            }
        }
        Some(Step::AtOnce { steps })
    }
}
