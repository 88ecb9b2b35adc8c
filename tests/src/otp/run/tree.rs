//! A scenario's tree, in the terms of this library's builder.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use supervisor::{
    AutoShutdown, Child, ChildOptions, ChildRef, ChildSpec, Pool, RestartPolicy, Shutdown,
    StartMode, SupervisionStrategy, Supervisor, SupervisorBuilder, Tree, specs::Ready,
};

use super::{recorder::Recorder, worker::Plan};
use crate::otp::scenario::{self, Policy, ShutdownWord, Strategy};

/// The handles of all supervisors.
#[derive(Clone)]
pub(super) struct Forest(Arc<Mutex<Tended>>);

/// A supervisor, and those below it.
struct Tended {
    branch: Branch,
    /// How many workers were ever added to it.
    workers: usize,
    declared: BTreeMap<String, Tended>,
    /// Those that were added while it ran are gone when it is restarted.
    added: BTreeMap<String, Tended>,
}

impl Tended {
    fn at(&mut self, path: &str) -> Option<&mut Self> {
        if path.is_empty() {
            return Some(self);
        }
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        self.added.get_mut(name).or_else(|| self.declared.get_mut(name))?.at(rest)
    }

    fn list(&self, path: &str, all: &mut Vec<(String, Supervisor)>) {
        all.push((path.to_owned(), self.branch.supervisor().clone()));
        for (name, below) in self.declared.iter().chain(&self.added) {
            below.list(&join(path, name), all);
        }
    }
}

/// A supervisor's handle.
#[derive(Clone)]
pub(super) enum Branch {
    Children(Supervisor),
    Workers { pool: Pool<Plan>, template: scenario::Child },
    Trees { pool: Pool<TreeWorker>, template: scenario::Child },
}

impl Branch {
    pub(super) fn supervisor(&self) -> &Supervisor {
        match self {
            Self::Children(supervisor) => supervisor,
            Self::Workers { pool, .. } => pool.supervisor(),
            Self::Trees { pool, .. } => pool.supervisor(),
        }
    }
}

/// A child that has not been given to a supervisor yet.
pub(super) enum Sapling {
    Worker(Box<ChildSpec<Ready<ChildRef<()>>>>),
    Supervisor(Box<ChildSpec<Ready<Supervisor>>>, Box<Seedling>),
}

/// The handles of what will stand in the forest when it has been added.
pub(super) struct Seedling {
    name: String,
    tended: Tended,
}

impl Forest {
    pub(super) fn plant(recorder: &Recorder, tree: &scenario::Supervisor) -> (Self, Supervisor) {
        let tended = Tended::grow(recorder, "", tree);
        let root = tended.branch.supervisor().clone();
        (Self(Arc::new(Mutex::new(tended))), root)
    }

    fn lock(&self) -> MutexGuard<'_, Tended> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, path: &str) -> Option<Branch> {
        self.lock().at(path).map(|tended| tended.branch.clone())
    }

    pub(super) fn supervisors(&self) -> Vec<(String, Supervisor)> {
        let mut all = Vec::new();
        self.lock().list("", &mut all);
        all
    }

    /// Something was added to the supervisor at `under`.
    pub(super) fn add(&self, under: &str, seedling: Seedling) {
        if let Some(tended) = self.lock().at(under) {
            tended.added.insert(seedling.name, seedling.tended);
        }
    }

    /// The supervisor at `path` has been restarted, with what it was declared with.
    pub(super) fn restarted(&self, path: &str) {
        if let Some(tended) = self.lock().at(path) {
            tended.added.clear();
        }
    }

    /// The number of the next worker of a pool.
    pub(super) fn next_worker(&self, pool: &str) -> usize {
        self.lock().at(pool).map_or(0, |tended| {
            tended.workers += 1;
            tended.workers
        })
    }
}

pub(super) fn sapling(recorder: &Recorder, under: &str, child: &scenario::Child) -> Sapling {
    let path = join(under, &child.name);
    let spec = with_options(ChildSpec::new(&child.name), child);
    match &child.supervisor {
        None => Sapling::Worker(Box::new(spec.with_worker(Plan::new(path, child, recorder)))),
        Some(supervisor) => {
            let tended = Tended::grow(recorder, &path, supervisor);
            let spec = spec.with_supervisor(tended.branch.supervisor().clone());
            let seedling = Seedling { name: child.name.clone(), tended };
            Sapling::Supervisor(Box::new(spec), Box::new(seedling))
        }
    }
}

/// A worker of a pool of trees.
pub(super) fn tree_worker(
    recorder: &Recorder,
    pool: &str,
    name: &str,
    template: &scenario::Child,
) -> Option<(Seedling, TreeRecipe)> {
    let tended = Tended::grow(recorder, &join(pool, name), template.supervisor.as_ref()?);
    let supervisor = tended.branch.supervisor().clone();
    let tree = Tree::new(supervisor.clone(), supervisor);
    let seedling = Seedling { name: name.to_owned(), tended };
    Some((seedling, TreeRecipe { tree, template: template.clone() }))
}

impl Tended {
    fn grow(recorder: &Recorder, path: &str, supervisor: &scenario::Supervisor) -> Self {
        let mut builder = builder(supervisor);
        let mut declared = BTreeMap::new();
        let branch = match (supervisor.strategy, supervisor.children.as_slice()) {
            (Strategy::SimpleOneForOne, [template]) => pool(builder, template),
            (_, children) => {
                for child in children {
                    builder = match sapling(recorder, path, child) {
                        Sapling::Worker(spec) => builder.with_child(*spec),
                        Sapling::Supervisor(spec, below) => {
                            declared.insert(below.name, below.tended);
                            builder.with_child(*spec)
                        }
                    };
                }
                Branch::Children(builder.build())
            }
        };
        Self { branch, workers: 0, declared, added: BTreeMap::new() }
    }
}

pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

fn builder(supervisor: &scenario::Supervisor) -> SupervisorBuilder {
    Supervisor::new()
        .with_strategy(match supervisor.strategy {
            Strategy::OneForOne => SupervisionStrategy::OneForOne,
            Strategy::OneForAll => SupervisionStrategy::OneForAll,
            Strategy::RestForOne => SupervisionStrategy::RestForOne,
            Strategy::SimpleOneForOne => SupervisionStrategy::SimpleOneForOne,
        })
        .with_max_restarts(supervisor.max_restarts)
        .with_restart_window(Duration::from_millis(supervisor.restart_window))
        .with_auto_shutdown(match supervisor.auto_shutdown {
            scenario::AutoShutdown::Never => AutoShutdown::Never,
            scenario::AutoShutdown::AnySignificant => AutoShutdown::AnySignificant,
            scenario::AutoShutdown::AllSignificant => AutoShutdown::AllSignificant,
        })
}

fn pool(builder: SupervisorBuilder, template: &scenario::Child) -> Branch {
    let name = &template.name;
    let pool_of = template.clone();
    if template.supervisor.is_some() {
        let each = with_options(ChildSpec::per_worker::<TreeWorker>(name), template);
        Branch::Trees { pool: builder.build_pool(each), template: pool_of }
    } else {
        let each = with_options(ChildSpec::per_worker::<Plan>(name), template);
        Branch::Workers { pool: builder.build_pool(each), template: pool_of }
    }
}

fn with_options<S>(mut spec: ChildSpec<S>, child: &scenario::Child) -> ChildSpec<S> {
    if child.supervisor.is_none() {
        spec = spec.with_start(StartMode::Notify);
    }
    let spec = spec.with_significant(child.significant).with_restart_policy(match child.policy {
        Policy::Always => RestartPolicy::Always,
        Policy::Transient => RestartPolicy::Transient,
        Policy::Temporary => RestartPolicy::Temporary,
    });
    match child.shutdown {
        None => spec,
        Some(scenario::Shutdown::Within(time)) => spec.with_shutdown(Duration::from_millis(time)),
        Some(scenario::Shutdown::Word(ShutdownWord::BrutalKill)) => {
            spec.with_shutdown(Shutdown::BrutalKill)
        }
        Some(scenario::Shutdown::Word(ShutdownWord::Infinity)) => {
            spec.with_shutdown(Shutdown::Infinity)
        }
    }
}

/// The worker type of a pool whose workers are trees.
#[derive(Clone, Copy)]
pub(super) struct TreeWorker;

pub(super) struct TreeRecipe {
    tree: Tree<Supervisor>,
    template: scenario::Child,
}

impl Child for TreeWorker {
    type Recipe = TreeRecipe;
    type Handle = Supervisor;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: TreeRecipe) -> ChildSpec<Ready<Supervisor>> {
        with_options(recipe.tree.into_spec(name), &recipe.template)
    }
}
