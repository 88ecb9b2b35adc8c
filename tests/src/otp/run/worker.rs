//! The worker of a scenario: it runs until it is ordered to end, or is stopped.

use std::{
    future::{Future, pending, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use supervisor::{Child, ChildResult, Context, Reply, Worker};
use tokio::sync::{mpsc, oneshot};

use super::{
    message::{Message, Request},
    recorder::Recorder,
    timeline::Phase,
};
use crate::otp::scenario::{self, End, OnShutdown, PATIENCE, Start};

/// The behaviour of one worker specification, life by life.
#[derive(Clone, Child)]
#[child(message = Message)]
pub(super) struct Plan(Arc<Inner>);

struct Inner {
    path: String,
    child: scenario::Child,
    attempts: AtomicUsize,
    recorder: Recorder,
}

impl Plan {
    pub(super) fn new(path: String, child: &scenario::Child, recorder: &Recorder) -> Self {
        Self(Arc::new(Inner {
            path,
            child: child.clone(),
            attempts: AtomicUsize::new(0),
            recorder: recorder.clone(),
        }))
    }

    /// Returns the outcome of the next start; the last entry repeats.
    fn next_start(&self) -> Start {
        let attempt = self.0.attempts.fetch_add(1, Ordering::Relaxed);
        self.0.child.starts[attempt.min(self.0.child.starts.len() - 1)]
    }

    /// Takes the time that a start takes in a timeline, and asks what it asks.
    async fn prepare(&self) {
        let Inner { path, child, recorder, .. } = &*self.0;
        recorder.timeline.sleep(path, child.start_takes).await;
        if let Some(to) = &child.start_asks {
            let start = recorder.next_start(path);
            self.ask(format!("{path}@{start}.start"), to).await;
        }
    }

    /// Takes the time that a clean-up takes in a timeline, and asks what it asks.
    async fn clean_up(&self, start: usize) {
        let Inner { path, child, recorder, .. } = &*self.0;
        recorder.timeline.enter(path, Phase::Stopping);
        if let Some(to) = &child.stop_asks {
            self.ask(format!("{path}@{start}.stop"), to).await;
        }
        recorder.timeline.sleep(path, child.stop_takes).await;
    }

    async fn ask(&self, id: String, to: &str) {
        let timeline = &self.0.recorder.timeline;
        let request = Request { id, to: to.to_owned(), keep: false, within: PATIENCE };
        timeline.say(request.make(timeline.clone()).await);
    }
}

impl Worker for Plan {
    async fn run(&self, mut ctx: Context<Message>) -> ChildResult {
        let Inner { path, child, recorder, .. } = &*self.0;
        let start = self.next_start();
        let (address, incarnation) = (ctx.address(), ctx.incarnation());
        let (_begun, requests) = recorder.timeline.begin(path, incarnation, address.clone());
        self.prepare().await;
        match start {
            Start::Fail => {
                recorder.failed(path);
                return Err("this start fails".into());
            }
            Start::Decline => {
                recorder.declined(path);
                return Ok(());
            }
            Start::Ok | Start::Crash | Start::Finish => {}
        }
        let (sender, order) = oneshot::channel();
        let life = recorder.started(path, incarnation, address.as_any(), sender);
        recorder.timeline.enter(path, Phase::Up);
        // The worker looks at its shutdown signal before it is up, so that a stop that follows at
        // once is a request.
        let looks = child.on_shutdown != OnShutdown::Unaware;
        let requested = looks.then(|| ctx.shutdown_requested());
        ctx.ready();
        match start {
            Start::Crash => return Err("crashed as soon as it was up".into()),
            Start::Finish => return Ok(()),
            Start::Ok | Start::Fail | Start::Decline => {}
        }
        let requested = async {
            match requested {
                Some(requested) => requested.await,
                None => pending().await,
            }
        };
        let talk = Talk { plan: self, start: life.start, incarnation, looks };
        let mut kept = Vec::new();
        tokio::select! {
            biased;
            Ok(how) = order => match how {
                End::Normal | End::Shutdown => Ok(()),
                End::Failed => Err("told to fail".into()),
                End::Killed => pending().await,
            },
            () = requested => {
                self.clean_up(life.start).await;
                match child.on_shutdown {
                    OnShutdown::Fails => Err("failed over the request to stop".into()),
                    OnShutdown::Ignores => pending().await,
                    OnShutdown::Obeys | OnShutdown::Unaware => {
                        recorder.obeys(path, incarnation);
                        Ok(())
                    }
                }
            },
            () = talk.go_on(&mut ctx, requests, &mut kept) => Ok(()),
        }
    }
}

/// The talk of a life with others as long as it is up.
struct Talk<'a> {
    plan: &'a Plan,
    start: usize,
    incarnation: u64,
    /// `true` if the worker looks at its shutdown signal, as a worker that receives does.
    looks: bool,
}

impl Talk<'_> {
    /// Receives and asks, for ever.
    async fn go_on(
        &self,
        ctx: &mut Context<Message>,
        mut requests: mpsc::UnboundedReceiver<Request>,
        kept: &mut Vec<Reply<usize>>,
    ) {
        let Inner { path, recorder, .. } = &*self.plan.0;
        let mut asks = Asks(Vec::new());
        loop {
            tokio::select! {
                biased;
                Some(message) = ctx.recv(), if self.looks => self.received(message, kept),
                Some(request) = requests.recv() => {
                    asks.0.push(Box::pin(request.make(recorder.timeline.clone())));
                }
                line = asks.next() => {
                    recorder.timeline.say_while_up(path, self.incarnation, line);
                }
            }
        }
    }

    fn received(&self, message: Message, kept: &mut Vec<Reply<usize>>) {
        let Inner { path, recorder, .. } = &*self.plan.0;
        recorder.timeline.say(format!("{} got {path}@{}", message.id, self.start));
        match message.reply {
            Some(reply) if message.keep => kept.push(reply),
            Some(reply) => drop(reply.send(self.start)),
            None => {}
        }
    }
}

/// Requests whose outcomes are awaited.
struct Asks(Vec<Pin<Box<dyn Future<Output = String> + Send>>>);

impl Asks {
    /// Returns the line of the next outcome.
    async fn next(&mut self) -> String {
        poll_fn(|cx| {
            for index in 0..self.0.len() {
                if let Poll::Ready(line) = self.0[index].as_mut().poll(cx) {
                    drop(self.0.swap_remove(index));
                    return Poll::Ready(line);
                }
            }
            Poll::Pending
        })
        .await
    }
}
