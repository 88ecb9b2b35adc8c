//! Random scripts.

use std::collections::BTreeMap;

use super::{Random, tree};
use crate::otp::scenario::{AutoShutdown, Child, End, Step, Strategy, Supervisor};

/// What stands in the tree, as far as the script can know: what has ended meanwhile is skipped.
#[derive(Default)]
struct Places {
    supervisors: BTreeMap<String, Place>,
}

/// A supervisor, and the names of its children.
struct Place {
    strategy: Strategy,
    auto_shutdown: AutoShutdown,
    workers: Vec<String>,
    supervisors: Vec<String>,
    /// Of a pool: what a worker is.
    template: Option<Child>,
}

impl Places {
    fn enter(&mut self, path: &str, supervisor: &Supervisor) {
        let is_pool = supervisor.strategy == Strategy::SimpleOneForOne;
        self.supervisors.insert(
            path.to_owned(),
            Place {
                strategy: supervisor.strategy,
                auto_shutdown: supervisor.auto_shutdown,
                workers: Vec::new(),
                supervisors: Vec::new(),
                template: supervisor.children.first().filter(|_| is_pool).cloned(),
            },
        );
        if !is_pool {
            for child in &supervisor.children {
                self.enter_child(path, child);
            }
        }
    }

    fn enter_child(&mut self, under: &str, child: &Child) {
        let path = join(under, &child.name);
        let Some(place) = self.supervisors.get_mut(under) else { return };
        match &child.supervisor {
            None => place.workers.push(child.name.clone()),
            Some(supervisor) => {
                place.supervisors.push(child.name.clone());
                self.enter(&path, supervisor);
            }
        }
    }
}

impl Place {
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
    places: Places,
    added: usize,
    /// The children that were told to end or to stop: some of them are down.
    ended: Vec<String>,
}

impl<'a> Generator<'a> {
    pub(super) fn new(random: &'a mut Random, tree: &Supervisor) -> Self {
        let mut places = Places::default();
        places.enter("", tree);
        Self { random, places, added: 0, ended: Vec::new() }
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
                let supervisor = self.any(|place| !place.workers.is_empty())?;
                self.end(&supervisor)
            }
            Kind::AtOnce => self.at_once(),
            Kind::Terminate => {
                let supervisor = self.any(|place| !place.children().is_empty())?;
                self.terminate(&supervisor)
            }
            Kind::Restart | Kind::Delete => {
                let revive = matches!(kind, Kind::Restart);
                let one_that_ended = self.random.pick(&self.ended).cloned();
                if let Some(child) = one_that_ended.filter(|_| self.random.percent(75)) {
                    return Some(Self::revive_or_forget_child(child, revive));
                }
                let supervisor = self.any(|place| !place.children().is_empty())?;
                self.revive_or_forget(&supervisor, revive)
            }
            Kind::Add => {
                let supervisor = self.any(|place| !place.is_pool())?;
                Some(self.add(&supervisor))
            }
            Kind::AddWorker => {
                let pool = self.any(Place::is_pool)?;
                Some(self.add_worker(pool))
            }
            Kind::Ask => self.ask(),
        }
    }

    /// The path of a supervisor of which something holds.
    fn any(&mut self, holds: impl Fn(&Place) -> bool) -> Option<String> {
        let supervisors = &self.places.supervisors;
        let paths: Vec<_> = supervisors.iter().filter(|(_, place)| holds(place)).collect();
        self.random.pick(&paths).map(|(path, _)| (*path).clone())
    }

    fn end(&mut self, supervisor: &str) -> Option<Step> {
        let name = self.random.pick(&self.places.supervisors[supervisor].workers)?.clone();
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
        let children = self.places.supervisors[supervisor].children();
        let child = join(supervisor, self.random.pick(&children)?);
        // Twice: it is down more surely than one that ended.
        self.ended.extend([child.clone(), child.clone()]);
        Some(Step::TerminateChild { child })
    }

    fn revive_or_forget(&mut self, supervisor: &str, revive: bool) -> Option<Step> {
        let name = if self.random.percent(4) {
            "nobody".to_owned()
        } else {
            self.random.pick(&self.places.supervisors[supervisor].children())?.clone()
        };
        Some(Self::revive_or_forget_child(join(supervisor, &name), revive))
    }

    fn revive_or_forget_child(child: String, revive: bool) -> Step {
        if revive { Step::RestartChild { child } } else { Step::DeleteChild { child } }
    }

    fn add(&mut self, supervisor: &str) -> Step {
        let place = &self.places.supervisors[supervisor];
        let under = (place.strategy, place.auto_shutdown);
        let children = place.children();
        let known = self.random.pick(&children).filter(|_| self.random.percent(40)).cloned();
        let stands_there = known.as_ref().and_then(|name| {
            self.places.supervisors.get(&join(supervisor, name)).map(Place::is_pool)
        });
        let is_new = known.is_none();
        let name = known.unwrap_or_else(|| {
            self.added += 1;
            format!("n{}", self.added)
        });
        let mut spec = tree::Generator::new(self.random).added(name, under);
        let is_pool = |nested: &Supervisor| nested.strategy == Strategy::SimpleOneForOne;
        if spec.supervisor.as_ref().map(is_pool) != stands_there && !is_new {
            // What the script does there later would make no sense: OTP's pools crash over a
            // specification.
            spec.supervisor = None;
        }
        if is_new {
            self.places.enter_child(supervisor, &spec);
        }
        let supervisor = if supervisor.is_empty() { "/" } else { supervisor }.to_owned();
        Step::AddChild { supervisor, spec: Box::new(spec) }
    }

    fn add_worker(&mut self, pool: String) -> Step {
        let place = self.places.supervisors.get_mut(&pool).expect("a place chosen from the map");
        let name = format!("#{}", place.workers.len() + place.supervisors.len() + 1);
        let template = place.template.clone().expect("a pool has a template");
        let path = join(&pool, &name);
        let is_worker = template.supervisor.is_none();
        if let Some(supervisor) = &template.supervisor {
            place.supervisors.push(name);
            self.places.enter(&path, supervisor);
        } else {
            place.workers.push(name);
        }
        let starts = (is_worker && self.random.percent(25))
            .then(|| tree::Generator::new(self.random).starts(true));
        let supervisor = if pool.is_empty() { "/".into() } else { pool };
        Step::AddWorker { supervisor, starts, on_shutdown: None }
    }

    fn ask(&mut self) -> Option<Step> {
        let path = self.any(|_| true)?;
        let children = self.places.supervisors[&path].children();
        let is_pool = self.places.supervisors[&path].is_pool();
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

    /// Whether what is added fits its supervisor.
    fn is_accepted(&self, step: &Step) -> bool {
        match step {
            Step::AddChild { spec, .. } if spec.significant => {
                self.places.supervisors[step.supervisor()].auto_shutdown != AutoShutdown::Never
            }
            _ => true,
        }
    }

    /// Two or three workers of one supervisor end together, perhaps with requests in between.
    fn at_once(&mut self) -> Option<Step> {
        let supervisor = self.any(|place| place.workers.len() >= 2)?;
        let mut workers = self.places.supervisors[&supervisor].workers.clone();
        self.random.0.shuffle(&mut workers);
        let ends = self.random.within(2..=3).min(workers.len());
        let left = workers.split_off(ends);
        let mut steps = Vec::new();
        for name in workers {
            let how = self.own_end();
            steps.push(Step::End { child: join(&supervisor, &name), how });
        }
        if self.random.percent(40) {
            let is_pool = self.places.supervisors[&supervisor].is_pool();
            // A worker that ended in this very moment is another process to OTP when it is back.
            let request = if is_pool {
                left.first().map(|name| Step::TerminateChild { child: join(&supervisor, name) })
            } else {
                match self.random.within(0..=3) {
                    0 => self.terminate(&supervisor),
                    // One that is refused for itself is refused before its turn comes.
                    1 => Some(self.add(&supervisor)).filter(|step| self.is_accepted(step)),
                    other => self.revive_or_forget(&supervisor, other == 2),
                }
            };
            // First or last: one that asks about a child which ends only afterwards is told so
            // by this library, which hears of the end before it answers.
            if let Some(request) = request {
                let at = if self.random.percent(50) { 0 } else { steps.len() };
                steps.insert(at, request);
            }
        }
        Some(Step::AtOnce { steps })
    }
}
