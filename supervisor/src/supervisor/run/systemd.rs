//! Tells systemd how the tree is, and answers its watchdog.
//!
//! A thread of its own sends all messages: systemd's socket may be full, and who sends then waits. The
//! thread outlasts a runtime that is blocked, and so it can tell the difference.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the thread talks to the operating system, outside of the models"
)]

mod status;
mod story;

use std::env;
use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio::sync::oneshot;
use tracing::warn;

use self::status::Status;
use self::story::{News, Story};
use super::responder::{Question, Responder};
use super::{Supervisor, log, race};
use crate::catch::catch_panic;
use crate::error::SupervisorError;
use crate::spec::{Budget, ChildPath};
use crate::supervisor::HealthChanges;
use crate::sync::task::{self, AbortHandle};
use crate::sync::time;

/// The time in which the last messages are to be sent: a manager that reads none must not keep the program
/// from ending.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The time from the end of the tree to that of the process.
const END_OF_PROCESS: Duration = Duration::from_secs(1);

/// The service manager that has started the process, if there is one.
pub(super) struct Manager(Option<Connected>);

struct Connected {
    news: Sender<News>,
    watching: AbortHandle,
    _responder: Responder,
    /// Closed when the thread has sent everything.
    sent: oneshot::Receiver<()>,
}

impl Manager {
    /// Begins to tell the manager how the tree is. Without a manager that wants to know, nothing runs.
    pub(super) fn begin(supervisor: &Supervisor) -> Self {
        if env::var_os("NOTIFY_SOCKET").is_none_or(|socket| socket.is_empty()) {
            return Self(None);
        }
        let story = Story::new(sd_notify::watchdog_enabled(), time_to_stop(supervisor));
        let (news, heard) = mpsc::channel();
        let (sending, sent) = oneshot::channel();
        let alive = news.clone();
        let (responder, question) = Responder::spawn(move || {
            let _ = alive.send(News::Alive);
        });
        let thread = thread::Builder::new().name("supervisor-systemd".to_owned());
        let spawned = thread.spawn(move || {
            catch_panic(|| tell(story, &heard, &question));
            drop(sending);
        });
        if let Err(failure) = spawned {
            log(|| warn!(target: "supervisor", %failure, "systemd is told nothing"));
            return Self(None);
        }
        // Neither keeps the tree alive.
        let (changes, top) = (supervisor.health_changes(), supervisor.path());
        let watching = task::spawn(watch(changes, top, news.clone())).abort_handle();
        Self(Some(Connected { news, watching, _responder: responder, sent }))
    }

    /// Tells that all children have started.
    pub(super) fn up(&self) {
        self.tell(News::Up);
    }

    /// Tells that the stop has begun. (A stop that no signal has begun is seen in the tree's health.)
    pub(super) fn stopping(&self) {
        self.tell(News::Stopping);
    }

    /// Tells that the tree has ended, and waits until that has been sent.
    pub(super) async fn over(mut self, failure: Option<&SupervisorError>) {
        self.tell(News::Over(failure.map(Status::of_failure)));
        let Some(connected) = self.0.as_mut() else { return };
        if let Some(limit) = time::try_sleep(LAST_WORDS) {
            race(&mut connected.sent, limit).await;
        }
    }

    fn tell(&self, news: News) {
        if let Some(connected) = &self.0 {
            // The thread is gone only if it has failed.
            let _ = connected.news.send(news);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.watching.abort();
        let _ = self.news.send(News::Dropped);
    }
}

/// Returns the longest time from the request to stop to the end of the process; `None` if there is no
/// limit. (Children that are added at run time are not in it.)
fn time_to_stop(supervisor: &Supervisor) -> Option<Duration> {
    let node = supervisor.node();
    let steps = node.steps();
    let budget = match node.need() {
        Budget::Bounded(time) => Some(time.saturating_add(steps.drain)),
        Budget::Unbounded => None,
    };
    let total = [budget, steps.total].into_iter().flatten().min()?;
    Some(total.saturating_add(node.rules().kill_grace).saturating_add(END_OF_PROCESS))
}

/// Passes on each change of the tree's health.
async fn watch(mut changes: HealthChanges, top: ChildPath, news: Sender<News>) {
    while let Some(health) = changes.next().await {
        let status = Status::of_health(&health, &top);
        if news.send(News::Health(status)).is_err() {
            return;
        }
    }
}

/// Sends what there is to tell, until the tree has ended.
fn tell(mut story: Story, news: &Receiver<News>, question: &Question) {
    let mut failed = false;
    loop {
        let heard = match story.asks_at() {
            None => news.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => news.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        let now = Instant::now();
        match heard {
            Ok(News::Dropped) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(news) => {
                let is_over = matches!(news, News::Over(_));
                let sent = send(&story.hear(news, now));
                // Once is enough: a watchdog tells the same every few seconds.
                if let Err(failure) = &sent
                    && !failed
                {
                    log(|| warn!(target: "supervisor", %failure, "systemd cannot be told"));
                }
                failed = sent.is_err();
                if is_over {
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if story.asks(now) {
            question.ask();
        }
    }
}

fn send(messages: &[NotifyState<'_>]) -> io::Result<()> {
    if messages.is_empty() { Ok(()) } else { sd_notify::notify(messages) }
}
