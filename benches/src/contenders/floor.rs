//! The floor: the least code with which tokio can do the job.
//!
//! A `JoinSet` of futures of one type, one shared signal, and no supervision except that a task
//! that fails is spawned again.

use std::collections::VecDeque;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::contender::{
    Churn, Churning, Contender, Later, MAILBOX, Prepared, Standing, Tree, Window,
};
use crate::stage::{self, Failed, Failure};

pub(crate) struct Floor;

type Tasks = JoinSet<Result<(), Failed>>;

struct Set {
    tasks: Tasks,
    shutdown: CancellationToken,
}

async fn wait(shutdown: CancellationToken) -> Result<(), Failed> {
    let _local = stage::enter();
    shutdown.cancelled().await;
    Ok(())
}

/// Runs a child that waits or fails. Both are one future, as with a match on a task's kind.
async fn wait_or_fail(failure: Option<Failure>, shutdown: CancellationToken) -> Result<(), Failed> {
    match failure {
        None => wait(shutdown).await,
        Some(failure) => stage::fail(failure),
    }
}

fn spawned(children: usize) -> Set {
    let (mut tasks, shutdown) = (JoinSet::new(), CancellationToken::new());
    for _ in 0..children {
        tasks.spawn(wait(shutdown.clone()));
    }
    Set { tasks, shutdown }
}

impl Set {
    async fn stopped(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Tree for Set {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(self.stopped())
    }
}

/// A tree whose root is a task of its own.
struct Root {
    task: tokio::task::JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Tree for Root {
    fn stop(self: Box<Self>) -> Later<()> {
        self.shutdown.cancel();
        Box::pin(async move { self.task.await.expect("the root ends") })
    }
}

/// Restarts each task that fails, until the shutdown.
async fn restart<L>(
    mut tasks: Tasks,
    life: impl Fn(CancellationToken) -> L,
    shutdown: CancellationToken,
) where
    L: Future<Output = Result<(), Failed>> + Send + 'static,
{
    loop {
        tokio::select! {
            biased;
            Some(ended) = tasks.join_next() => {
                if !matches!(ended, Ok(Ok(()))) && !shutdown.is_cancelled() {
                    tasks.spawn(life(shutdown.clone()));
                }
            }
            else => return,
        }
    }
}

async fn wait_for_storm(shutdown: CancellationToken) -> Result<(), Failed> {
    let _local = stage::enter();
    stage::storm().await?;
    shutdown.cancelled().await;
    Ok(())
}

/// Tasks with a signal each.
#[derive(Default)]
struct Signalled {
    tasks: JoinSet<()>,
    signals: VecDeque<oneshot::Sender<()>>,
}

impl Signalled {
    fn add(&mut self) {
        let (signal, asked) = oneshot::channel();
        self.signals.push_back(signal);
        self.tasks.spawn(async move {
            let _local = stage::enter();
            let _ = asked.await;
        });
    }
}

impl Churn for Signalled {
    fn churn(mut self: Box<Self>, times: usize) -> Later<Churning> {
        Box::pin(async move {
            for _ in 0..times {
                self.add();
                drop(self.signals.pop_front());
                self.tasks.join_next().await;
            }
            self as Churning
        })
    }
}

impl Contender for Floor {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move { Box::new(spawned(children)) as Standing }))
    }

    fn start_pairs(&self, pairs: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let (mut tasks, shutdown) = (Tasks::new(), CancellationToken::new());
            for _ in 0..pairs {
                let below = shutdown.clone();
                tasks.spawn(async move {
                    let mut pair = Tasks::new();
                    pair.spawn(wait(below.clone()));
                    pair.spawn(wait(below));
                    while pair.join_next().await.is_some() {}
                    Ok(())
                });
            }
            Box::new(Set { tasks, shutdown }) as Standing
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, _window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let (mut tasks, shutdown) = (Tasks::new(), CancellationToken::new());
            for index in 0..=siblings {
                let failure = (index == siblings / 2).then_some(how);
                tasks.spawn(wait_or_fail(failure, shutdown.clone()));
            }
            let life = move |shutdown| wait_or_fail(Some(how), shutdown);
            let task = tokio::spawn(restart(tasks, life, shutdown.clone()));
            Box::new(Root { task, shutdown }) as Standing
        }))
    }

    fn await_storm(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let (mut tasks, shutdown) = (Tasks::new(), CancellationToken::new());
            for _ in 0..children {
                tasks.spawn(wait_for_storm(shutdown.clone()));
            }
            let task = tokio::spawn(restart(tasks, wait_for_storm, shutdown.clone()));
            Box::new(Root { task, shutdown }) as Standing
        }))
    }

    fn churn(&self, alive: usize) -> Option<Later<Churning>> {
        Some(Box::pin(async move {
            let mut signalled = Box::new(Signalled::default());
            (0..alive).for_each(|_| signalled.add());
            signalled as Churning
        }))
    }

    fn send(&self, producers: usize, messages: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let (address, mut mailbox) = mpsc::channel::<u64>(MAILBOX);
            let child = tokio::spawn(async move {
                for _ in 0..messages {
                    mailbox.recv().await.expect("there are senders");
                }
            });
            Prepared::new(async move {
                let mut senders = JoinSet::new();
                for _ in 0..producers {
                    let address = address.clone();
                    senders.spawn(async move {
                        for message in 0..messages / producers {
                            address.send(message as u64).await.expect("the child receives");
                        }
                    });
                }
                child.await.expect("all were received");
                senders.join_all().await;
            })
        }))
    }

    fn ask(&self, questions: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let (address, mut mailbox) = mpsc::channel::<oneshot::Sender<u64>>(MAILBOX);
            tokio::spawn(async move {
                let mut asked = 0;
                while let Some(reply) = mailbox.recv().await {
                    asked += 1;
                    let _ = reply.send(asked);
                }
            });
            Prepared::new(async move {
                for _ in 0..questions {
                    let (reply, answer) = oneshot::channel();
                    address.send(reply).await.expect("the child receives");
                    answer.await.expect("it answers");
                }
            })
        }))
    }
}
