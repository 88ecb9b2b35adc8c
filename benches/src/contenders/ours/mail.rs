//! Children that receive messages, and the tasks that send to them.

use supervisor::prelude::*;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::contender::{MAILBOX, Prepared};
use crate::stage::{self, Failure};

/// A child that waits for messages that never come, or fails at once.
#[derive(Child)]
#[child(message = u64)]
pub(super) struct Member {
    pub(super) failure: Option<Failure>,
}

impl Worker for Member {
    async fn run(&self, mut ctx: Context<u64>) -> ChildResult {
        if let Some(failure) = self.failure {
            stage::fail(failure)?;
        }
        let _local = stage::enter();
        while ctx.recv().await.is_some() {}
        Ok(())
    }
}

static ALL_RECEIVED: Notify = Notify::const_new();

/// A child that receives so many messages.
#[derive(Child)]
#[child(message = u64, mailbox = 1024)]
pub(super) struct Receiving {
    pub(super) messages: usize,
}

impl Worker for Receiving {
    async fn run(&self, mut ctx: Context<u64>) -> ChildResult {
        for _ in 0..self.messages {
            ctx.recv().await.ok_or("told to stop")?;
        }
        ALL_RECEIVED.notify_one();
        ctx.shutdown_requested().await;
        Ok(())
    }
}

/// A child that answers each question with the question's number.
#[derive(Child)]
#[child(message = Reply<u64>, mailbox = 1024)]
pub(super) struct Answering;

impl Worker for Answering {
    async fn run(&self, mut ctx: Context<Reply<u64>>) -> ChildResult {
        let mut asked = 0;
        while let Some(reply) = ctx.recv().await {
            asked += 1;
            let _ = reply.send(asked);
        }
        Ok(())
    }
}

/// Sends all messages, while `tree` is held and so runs.
pub(super) fn send_all<T: Send + 'static>(
    tree: T,
    child: ChildRef<u64>,
    producers: usize,
    messages: usize,
) -> Prepared<()> {
    const { assert!(MAILBOX == 1024, "as the attribute above says") };
    Prepared::new(async move {
        let _tree = tree;
        let mut senders = JoinSet::new();
        for _ in 0..producers {
            let child = child.clone();
            senders.spawn(async move {
                for message in 0..messages / producers {
                    child.send(message as u64).await.expect("it receives");
                }
            });
        }
        ALL_RECEIVED.notified().await;
        senders.join_all().await;
    })
}

/// Asks all questions, while `tree` is held and so runs.
pub(super) fn ask_all<T: Send + 'static>(
    tree: T,
    child: ChildRef<Reply<u64>>,
    questions: usize,
) -> Prepared<()> {
    Prepared::new(async move {
        let _tree = tree;
        for _ in 0..questions {
            child.ask(|reply| reply).await.expect("it answers");
        }
    })
}
