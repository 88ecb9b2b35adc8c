//! A scenario's tree, in the terms of this library's builder.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use supervisor::{
    AutoShutdown, Child, ChildOptions, ChildRef, ChildSpec, Each, Pool, RestartPolicy, Run,
    Shutdown, StartMode, SupervisionStrategy, Supervisor, SupervisorBuilder, Tree,
};

use super::{recorder::Recorder, worker::Plan};
use crate::otp::scenario::{self, Policy, ShutdownWord, Strategy};

/// The handles of all supervisors, by path; the root's is empty.
#[derive(Clone, Default)]
pub(super) struct Forest(Arc<Mutex<BTreeMap<String, Tended>>>);

struct Tended {
    branch: Branch,
    /// How many workers were ever added to it.
    workers: usize,
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
    Worker(ChildSpec<Run<ChildRef<()>>>),
    /// With the handles of what is below it.
    Supervisor(ChildSpec<Run<Supervisor>>, Forest),
}

impl Forest {
    pub(super) fn plant(recorder: &Recorder, tree: &scenario::Supervisor) -> (Self, Supervisor) {
        let forest = Self::default();
        let root = forest.grow(recorder, "", tree);
        (forest, root)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Tended>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, path: &str) -> Option<Branch> {
        self.lock().get(path).map(|tended| tended.branch.clone())
    }

    pub(super) fn supervisors(&self) -> Vec<(String, Supervisor)> {
        let forest = self.lock();
        let handle = |tended: &Tended| tended.branch.supervisor().clone();
        forest.iter().map(|(path, tended)| (path.clone(), handle(tended))).collect()
    }

    /// Takes over the handles of what was added.
    pub(super) fn join(&self, other: &Self) {
        self.lock().append(&mut other.lock());
    }

    /// The number of the next worker of a pool.
    pub(super) fn next_worker(&self, pool: &str) -> usize {
        self.lock().get_mut(pool).map_or(0, |tended| {
            tended.workers += 1;
            tended.workers
        })
    }

    pub(super) fn sapling(recorder: &Recorder, under: &str, child: &scenario::Child) -> Sapling {
        let path = join(under, &child.name);
        let spec = with_options(ChildSpec::new(&child.name), child);
        match &child.supervisor {
            None => Sapling::Worker(spec.with_worker(Plan::new(path, child, recorder))),
            Some(supervisor) => {
                let forest = Self::default();
                let supervisor = forest.grow(recorder, &path, supervisor);
                Sapling::Supervisor(spec.with_supervisor(supervisor), forest)
            }
        }
    }

    /// A worker of a pool of trees, and the handles of what is below it.
    pub(super) fn tree_worker(
        recorder: &Recorder,
        path: &str,
        template: &scenario::Child,
    ) -> Option<(Self, TreeRecipe)> {
        let forest = Self::default();
        let supervisor = forest.grow(recorder, path, template.supervisor.as_ref()?);
        let tree = Tree::new(supervisor.clone(), supervisor);
        Some((forest, TreeRecipe { tree, template: template.clone() }))
    }

    fn grow(
        &self,
        recorder: &Recorder,
        path: &str,
        supervisor: &scenario::Supervisor,
    ) -> Supervisor {
        let builder = builder(supervisor);
        let branch = match (supervisor.strategy, supervisor.children.as_slice()) {
            (Strategy::SimpleOneForOne, [template]) => pool(builder, template),
            (_, children) => {
                let mut builder = builder;
                for child in children {
                    builder = match Self::sapling(recorder, path, child) {
                        Sapling::Worker(spec) => builder.with_child(spec),
                        Sapling::Supervisor(spec, below) => {
                            self.join(&below);
                            builder.with_child(spec)
                        }
                    };
                }
                Branch::Children(builder.build())
            }
        };
        let handle = branch.supervisor().clone();
        self.lock().insert(path.to_owned(), Tended { branch, workers: 0 });
        handle
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
        let each = with_options(ChildSpec::<Each<TreeWorker>>::each(name), template);
        Branch::Trees { pool: builder.build_pool(each), template: pool_of }
    } else {
        let each = with_options(ChildSpec::<Each<Plan>>::each(name), template);
        Branch::Workers { pool: builder.build_pool(each), template: pool_of }
    }
}

fn with_options<S>(spec: ChildSpec<S>, child: &scenario::Child) -> ChildSpec<S> {
    let spec = spec
        .with_start(StartMode::Notify)
        .with_significant(child.significant)
        .with_restart_policy(match child.policy {
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

    fn spec(name: &str, recipe: TreeRecipe) -> ChildSpec<Run<Supervisor>> {
        with_options(recipe.tree.into_spec(name), &recipe.template)
    }
}
