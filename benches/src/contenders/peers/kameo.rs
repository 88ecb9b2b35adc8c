//! kameo: actors, supervised by the actor that they were spawned with.
//!
//! A member holds its local variable in its state. A failing member fails in `on_start`, the first
//! code that it runs. The mailbox has kameo's default capacity of 64 messages, and 1024 where
//! messages are measured.

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::supervision::RestartPolicy;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{NO_LIMIT, length};
use crate::contender::{Contender, Later, MAILBOX, Prepared, Standing, Tree, Window};
use crate::stage::{self, Failed, Failure, Local};

pub(crate) struct Kameo;

struct Root;

impl Actor for Root {
    type Args = ();
    type Error = Infallible;

    async fn on_start((): (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

struct Member {
    _local: Local,
}

impl Actor for Member {
    type Args = Option<Failure>;
    type Error = Failed;

    async fn on_start(failure: Option<Failure>, _: ActorRef<Self>) -> Result<Self, Failed> {
        if let Some(failure) = failure {
            stage::fail(failure)?;
        }
        Ok(Self { _local: stage::enter() })
    }
}

impl Tree for ActorRef<Root> {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(async move {
            self.stop_gracefully().await.expect("it runs");
            self.wait_for_shutdown().await;
        })
    }
}

static ALL_RECEIVED: Notify = Notify::const_new();

#[derive(Clone)]
struct Counter {
    expected: usize,
    received: usize,
}

impl Actor for Counter {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(counter: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(counter)
    }
}

impl Message<u64> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: u64, _: &mut Context<Self, ()>) {
        self.received += 1;
        if self.received == self.expected {
            ALL_RECEIVED.notify_one();
        }
    }
}

struct Question;

impl Message<Question> for Counter {
    type Reply = u64;

    async fn handle(&mut self, _: Question, _: &mut Context<Self, u64>) -> u64 {
        self.received += 1;
        self.received as u64
    }
}

async fn counter(expected: usize) -> (ActorRef<Root>, ActorRef<Counter>) {
    let root = Root::spawn(());
    let counter = Counter { expected, received: 0 };
    let counter = Counter::supervise(&root, counter);
    let counter = counter.spawn_with_mailbox(mailbox::bounded(MAILBOX)).await;
    (root, counter)
}

impl Contender for Kameo {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let root = Root::spawn(());
            for _ in 0..children {
                Member::supervise(&root, None).spawn().await;
            }
            Box::new(root) as Standing
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let root = Root::spawn(());
            for number in 0..=siblings {
                let failure = (number == siblings / 2).then_some(how);
                let member = Member::supervise(&root, failure)
                    .restart_policy(RestartPolicy::Permanent)
                    .restart_limit(NO_LIMIT, length(window));
                member.spawn().await;
            }
            Box::new(root) as Standing
        }))
    }

    fn send(&self, producers: usize, messages: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let (root, counter) = counter(messages).await;
            Prepared::new(async move {
                let _root = root;
                let mut senders = JoinSet::new();
                for _ in 0..producers {
                    let counter = counter.clone();
                    senders.spawn(async move {
                        for message in 0..messages / producers {
                            counter.tell(message as u64).await.expect("it receives");
                        }
                    });
                }
                ALL_RECEIVED.notified().await;
                senders.join_all().await;
            })
        }))
    }

    fn ask(&self, questions: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let (root, counter) = counter(0).await;
            Prepared::new(async move {
                let _root = root;
                for _ in 0..questions {
                    counter.ask(Question).await.expect("it answers");
                }
            })
        }))
    }
}
