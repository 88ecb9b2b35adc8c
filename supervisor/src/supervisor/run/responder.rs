//! A task by which a thread outside of the runtime learns that the runtime responds.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::sync::task::{self, AbortHandle};

/// A task that answers when it is asked. A runtime whose threads are all blocked does not poll it, and so
/// gives no answer; while one thread is free, another one may be blocked.
///
/// The task ends when this is dropped.
pub(super) struct Responder(AbortHandle);

/// Asks the task for an answer, from any thread.
pub(super) struct Question(Arc<Notify>);

impl Responder {
    /// Spawns the task on the current runtime; it answers by calling the function.
    pub(super) fn spawn(answer: impl Fn() + Send + 'static) -> (Self, Question) {
        let asked = Arc::new(Notify::new());
        let question = Question(Arc::clone(&asked));
        let task = task::spawn(async move {
            loop {
                asked.notified().await;
                answer();
            }
        });
        (Self(task.abort_handle()), question)
    }
}

impl Question {
    /// Asks. Questions that have not been answered yet are one.
    pub(super) fn ask(&self) {
        self.0.notify_one();
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.0.abort();
    }
}
