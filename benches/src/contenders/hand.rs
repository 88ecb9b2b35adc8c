//! A supervisor written by hand, with care and for one program.
//!
//! Children are boxed factories with a name, each child has a shutdown token of its own, and a map
//! leads from a task's id to its child. The supervisor restarts a child after an error or a panic.
//! To stop, it signals all children in reverse order, and then waits for all of them.

use std::collections::HashMap;
use std::pin::Pin;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::contender::{Contender, Later, Prepared, Standing, Tree, Window};
use crate::stage::{self, Failed, Failure};

pub(crate) struct Hand;

type Life = Pin<Box<dyn Future<Output = Result<(), Failed>> + Send>>;
type Factory = Box<dyn Fn(CancellationToken) -> Life + Send + Sync>;

struct Child {
    name: String,
    factory: Factory,
    shutdown: CancellationToken,
}

#[derive(Default)]
struct Supervisor {
    children: Vec<Child>,
    /// The index of the child that each task runs.
    indices: HashMap<Id, usize>,
    tasks: JoinSet<Result<(), Failed>>,
}

enum Command {
    Add(Child, oneshot::Sender<()>),
    Shutdown,
}

impl Child {
    fn new<F, L>(name: String, factory: F) -> Self
    where
        F: Fn(CancellationToken) -> L + Send + Sync + 'static,
        L: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        let factory: Factory = Box::new(move |shutdown| Box::pin(factory(shutdown)));
        Self { name, factory, shutdown: CancellationToken::new() }
    }

    fn waiting(number: usize) -> Self {
        Self::new(number.to_string(), wait)
    }
}

async fn wait(shutdown: CancellationToken) -> Result<(), Failed> {
    let _local = stage::enter();
    shutdown.cancelled().await;
    Ok(())
}

impl Supervisor {
    fn add(&mut self, child: Child) {
        self.children.push(child);
        self.start(self.children.len() - 1);
    }

    fn start(&mut self, index: usize) {
        let child = &self.children[index];
        let task = self.tasks.spawn((child.factory)(child.shutdown.clone()));
        self.indices.insert(task.id(), index);
    }

    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Add(child, reply)) => {
                        self.add(child);
                        let _ = reply.send(());
                    }
                    Some(Command::Shutdown) | None => return self.shut_down().await,
                },
                Some(ended) = self.tasks.join_next_with_id() => {
                    self.ended(ended);
                }
            }
        }
    }

    fn ended(&mut self, ended: Result<(Id, Result<(), Failed>), JoinError>) {
        let (id, failure) = match ended {
            Ok((id, Ok(()))) => (id, None),
            Ok((id, Err(error))) => (id, Some(error)),
            Err(error) => (error.id(), Some(error.into())),
        };
        let index = self.indices.remove(&id).expect("each task has its child");
        if let Some(failure) = failure {
            tracing::error!(child = self.children[index].name, failure, "restarted");
            self.start(index);
        }
    }

    async fn shut_down(mut self) {
        for child in self.children.iter().rev() {
            child.shutdown.cancel();
        }
        while self.tasks.join_next().await.is_some() {}
    }
}

struct Running {
    task: tokio::task::JoinHandle<()>,
    commands: mpsc::Sender<Command>,
}

impl Running {
    fn new(supervisor: Supervisor) -> Self {
        let (commands, inbox) = mpsc::channel(64);
        Self { task: tokio::spawn(supervisor.run(inbox)), commands }
    }
}

impl Tree for Running {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(async move {
            self.commands.send(Command::Shutdown).await.expect("it runs");
            self.task.await.expect("it ends");
        })
    }
}

impl Contender for Hand {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut supervisor = Supervisor::default();
            for number in 0..children {
                supervisor.add(Child::waiting(number));
            }
            Box::new(Running::new(supervisor)) as Standing
        }))
    }

    fn start_one_by_one(&self, children: usize) -> Option<Later<Prepared<Standing>>> {
        Some(Box::pin(async move {
            let running = Running::new(Supervisor::default());
            Prepared::new(async move {
                for number in 0..children {
                    let (reply, added) = oneshot::channel();
                    let command = Command::Add(Child::waiting(number), reply);
                    running.commands.send(command).await.expect("it runs");
                    added.await.expect("it runs");
                }
                Box::new(running) as Standing
            })
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, _window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut supervisor = Supervisor::default();
            for number in 0..=siblings {
                supervisor.add(if number == siblings / 2 {
                    Child::new("failing".to_owned(), move |_| async move { stage::fail(how) })
                } else {
                    Child::waiting(number)
                });
            }
            Box::new(Running::new(supervisor)) as Standing
        }))
    }
}
