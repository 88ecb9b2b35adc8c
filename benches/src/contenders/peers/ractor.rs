//! ractor, with the static supervisor of ractor-supervisor.
//!
//! The dynamic supervisor waits for 10 ms before each restart, so the static one takes part. A
//! failing member fails in `post_start`, the first code that runs in its own task. Mailboxes have
//! no limit in ractor.

use std::time::Duration;

use async_trait::async_trait;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
use ractor_supervisor::{
    ChildSpec, Restart, SpawnFn, Supervisor, SupervisorArguments, SupervisorMsg, SupervisorOptions,
    SupervisorStrategy,
};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::length;
use crate::contender::{Contender, Later, Prepared, Standing, Tree, Window};
use crate::stage::{self, Failure, Local};

pub(crate) struct Ractor;

struct Member(Option<Failure>);

#[async_trait]
impl Actor for Member {
    type Msg = ();
    type State = Option<Local>;
    type Arguments = ();

    async fn pre_start(
        &self,
        _: ActorRef<()>,
        (): (),
    ) -> Result<Option<Local>, ActorProcessingErr> {
        Ok(self.0.is_none().then(stage::enter))
    }

    async fn post_start(
        &self,
        _: ActorRef<()>,
        _: &mut Option<Local>,
    ) -> Result<(), ActorProcessingErr> {
        self.0.map_or(Ok(()), stage::fail)
    }
}

static ALL_RECEIVED: Notify = Notify::const_new();

enum Letter {
    Number(#[expect(dead_code, reason = "it is only sent")] u64),
    Question(RpcReplyPort<u64>),
}

struct Counter {
    expected: usize,
}

#[async_trait]
impl Actor for Counter {
    type Msg = Letter;
    type State = usize;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Letter>, (): ()) -> Result<usize, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<Letter>,
        letter: Letter,
        received: &mut usize,
    ) -> Result<(), ActorProcessingErr> {
        *received += 1;
        match letter {
            Letter::Number(_) if *received == self.expected => ALL_RECEIVED.notify_one(),
            Letter::Number(_) => {}
            Letter::Question(reply) => reply.send(*received as u64)?,
        }
        Ok(())
    }
}

impl Tree for ActorRef<SupervisorMsg> {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(async move { self.stop_and_wait(None, None).await.expect("it runs") })
    }
}

fn spec<A: Actor<Arguments = ()>>(
    id: String,
    actor: impl Fn() -> A + Send + Sync + 'static,
) -> ChildSpec {
    let actor = std::sync::Arc::new(actor);
    let spawn_fn = SpawnFn::new(move |supervisor, id| {
        let actor = std::sync::Arc::clone(&actor);
        async move {
            let (child, _) = Supervisor::spawn_linked(id, actor(), (), supervisor).await?;
            Ok(child.get_cell())
        }
    });
    ChildSpec { id, restart: Restart::Permanent, spawn_fn, backoff_fn: None, reset_after: None }
}

async fn started(child_specs: Vec<ChildSpec>, window: Duration) -> ActorRef<SupervisorMsg> {
    let options = SupervisorOptions {
        strategy: SupervisorStrategy::OneForOne,
        max_restarts: usize::MAX,
        max_window: window,
        reset_after: None,
    };
    let arguments = SupervisorArguments { child_specs, options };
    let started = Supervisor::spawn("root".to_owned(), arguments).await;
    started.expect("it starts").0
}

/// Starts the counter, and waits for it: children are spawned after their supervisor has started,
/// and this one is found by its name.
async fn counter(expected: usize) -> (ActorRef<SupervisorMsg>, ActorRef<Letter>) {
    let spec = spec("counter".to_owned(), move || Counter { expected });
    let root = started(vec![spec], length(Window::Short)).await;
    loop {
        if let Some(counter) = ActorRef::where_is("counter") {
            return (root, counter);
        }
        tokio::task::yield_now().await;
    }
}

impl Contender for Ractor {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let specs = (0..children).map(|number| spec(number.to_string(), || Member(None)));
            Box::new(started(specs.collect(), length(Window::Long)).await) as Standing
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let specs = (0..=siblings).map(|number| {
                let failure = (number == siblings / 2).then_some(how);
                spec(number.to_string(), move || Member(failure))
            });
            Box::new(started(specs.collect(), length(window)).await) as Standing
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
                            let letter = Letter::Number(message as u64);
                            counter.send_message(letter).expect("it receives");
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
                    call!(counter, Letter::Question).expect("it answers");
                }
            })
        }))
    }
}
