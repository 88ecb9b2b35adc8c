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

use super::{message::Message, recorder::Recorder, worker::Plan};
use crate::otp::scenario::{self, Policy, ShutdownWord, Strategy};

/// The handles of all supervisors of a tree.
#[derive(Clone)]
pub(super) struct TreeHandles(Arc<Mutex<Node>>);

/// A supervisor, and the supervisors below it.
struct Node {
    handle: Handle,
    /// The number of workers that were ever added to the pool.
    workers: usize,
    declared: BTreeMap<String, Node>,
    /// The supervisors that were added at run time: a restart of their parent removes them.
    added: BTreeMap<String, Node>,
}

impl Node {
    fn at(&mut self, path: &str) -> Option<&mut Self> {
        if path.is_empty() {
            return Some(self);
        }
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        self.added.get_mut(name).or_else(|| self.declared.get_mut(name))?.at(rest)
    }

    fn list(&self, path: &str, all: &mut Vec<(String, Supervisor)>) {
        all.push((path.to_owned(), self.handle.supervisor().clone()));
        for (name, below) in self.declared.iter().chain(&self.added) {
            below.list(&join(path, name), all);
        }
    }
}

/// A supervisor's handle.
#[derive(Clone)]
pub(super) enum Handle {
    Children(Supervisor),
    Workers { pool: Pool<Plan>, template: scenario::Child },
    Trees { pool: Pool<TreeWorker>, template: scenario::Child },
}

impl Handle {
    pub(super) fn supervisor(&self) -> &Supervisor {
        match self {
            Self::Children(supervisor) => supervisor,
            Self::Workers { pool, .. } => pool.supervisor(),
            Self::Trees { pool, .. } => pool.supervisor(),
        }
    }
}

/// A child that has not been added to a supervisor yet.
pub(super) enum NewChild {
    Worker(Box<ChildSpec<Ready<ChildRef<Message>>>>),
    Supervisor(Box<ChildSpec<Ready<Supervisor>>>, Box<NewSubtree>),
}

/// The handles of a subtree that has not been added to the tree yet.
pub(super) struct NewSubtree {
    name: String,
    node: Node,
}

impl TreeHandles {
    pub(super) fn build(recorder: &Recorder, tree: &scenario::Supervisor) -> (Self, Supervisor) {
        let node = Node::build(recorder, "", tree);
        let root = node.handle.supervisor().clone();
        (Self(Arc::new(Mutex::new(node))), root)
    }

    fn lock(&self) -> MutexGuard<'_, Node> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, path: &str) -> Option<Handle> {
        self.lock().at(path).map(|node| node.handle.clone())
    }

    pub(super) fn supervisors(&self) -> Vec<(String, Supervisor)> {
        let mut all = Vec::new();
        self.lock().list("", &mut all);
        all
    }

    /// Adds the handles of a subtree that was added to the supervisor at `under`.
    pub(super) fn add(&self, under: &str, subtree: NewSubtree) {
        if let Some(node) = self.lock().at(under) {
            node.added.insert(subtree.name, subtree.node);
        }
    }

    /// Forgets the handles of the subtrees that a restart of the supervisor at `path` has removed.
    pub(super) fn restarted(&self, path: &str) {
        if let Some(node) = self.lock().at(path) {
            node.added.clear();
        }
    }

    /// Returns the number of the next worker of a pool.
    pub(super) fn next_worker(&self, pool: &str) -> usize {
        self.lock().at(pool).map_or(0, |node| {
            node.workers += 1;
            node.workers
        })
    }
}

pub(super) fn new_child(recorder: &Recorder, under: &str, child: &scenario::Child) -> NewChild {
    let path = join(under, &child.name);
    let spec = with_options(ChildSpec::new(&child.name), child);
    match &child.supervisor {
        None => {
            let spec = spec.with_worker(Plan::new(path.clone(), child, recorder));
            recorder.timeline.declare(path, spec.handle());
            NewChild::Worker(Box::new(spec))
        }
        Some(supervisor) => {
            let node = Node::build(recorder, &path, supervisor);
            let spec = spec.with_supervisor(node.handle.supervisor().clone());
            let subtree = NewSubtree { name: child.name.clone(), node };
            NewChild::Supervisor(Box::new(spec), Box::new(subtree))
        }
    }
}

/// Makes a worker of a pool of trees.
pub(super) fn tree_worker(
    recorder: &Recorder,
    pool: &str,
    name: &str,
    template: &scenario::Child,
) -> Option<(NewSubtree, TreeRecipe)> {
    let node = Node::build(recorder, &join(pool, name), template.supervisor.as_ref()?);
    let supervisor = node.handle.supervisor().clone();
    let tree = Tree::new(supervisor.clone(), supervisor);
    let subtree = NewSubtree { name: name.to_owned(), node };
    Some((subtree, TreeRecipe { tree, template: template.clone() }))
}

impl Node {
    fn build(recorder: &Recorder, path: &str, supervisor: &scenario::Supervisor) -> Self {
        let mut builder = builder(supervisor);
        let mut declared = BTreeMap::new();
        let handle = match (supervisor.strategy, supervisor.children.as_slice()) {
            (Strategy::SimpleOneForOne, [template]) => pool(builder, template),
            (_, children) => {
                for child in children {
                    builder = match new_child(recorder, path, child) {
                        NewChild::Worker(spec) => builder.with_child(*spec),
                        NewChild::Supervisor(spec, below) => {
                            declared.insert(below.name, below.node);
                            builder.with_child(*spec)
                        }
                    };
                }
                Handle::Children(builder.build())
            }
        };
        Self { handle, workers: 0, declared, added: BTreeMap::new() }
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

fn pool(builder: SupervisorBuilder, template: &scenario::Child) -> Handle {
    let name = &template.name;
    let template_copy = template.clone();
    if template.supervisor.is_some() {
        let each = with_options(ChildSpec::per_worker::<TreeWorker>(name), template);
        Handle::Trees { pool: builder.build_pool(each), template: template_copy }
    } else {
        let each = with_options(ChildSpec::per_worker::<Plan>(name), template);
        Handle::Workers { pool: builder.build_pool(each), template: template_copy }
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
