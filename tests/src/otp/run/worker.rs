//! The worker of a scenario: it runs until it is ordered to end, or is stopped.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use supervisor::{Child, ChildResult, Context, Worker};
use tokio::sync::oneshot;

use super::recorder::Recorder;
use crate::otp::scenario::{self, End, OnShutdown, Start};

/// The behaviour of one worker specification, life by life.
#[derive(Clone, Child)]
pub(super) struct Plan(Arc<Inner>);

struct Inner {
    path: String,
    starts: Vec<Start>,
    on_shutdown: OnShutdown,
    attempts: AtomicUsize,
    recorder: Recorder,
}

impl Plan {
    pub(super) fn new(path: String, child: &scenario::Child, recorder: &Recorder) -> Self {
        Self(Arc::new(Inner {
            path,
            starts: child.starts.clone(),
            on_shutdown: child.on_shutdown,
            attempts: AtomicUsize::new(0),
            recorder: recorder.clone(),
        }))
    }

    /// Returns the outcome of the next start; the last entry repeats.
    fn next_start(&self) -> Start {
        let attempt = self.0.attempts.fetch_add(1, Ordering::Relaxed);
        self.0.starts[attempt.min(self.0.starts.len() - 1)]
    }
}

impl Worker for Plan {
    async fn run(&self, mut ctx: Context) -> ChildResult {
        let Inner { path, on_shutdown, recorder, .. } = &*self.0;
        let start = self.next_start();
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
        let (address, incarnation) = (ctx.address().as_any(), ctx.incarnation());
        let _life = recorder.started(path, incarnation, address, sender);
        // The worker looks at its shutdown signal before it is up, so that a stop that follows at
        // once is a request.
        let requested = (*on_shutdown != OnShutdown::Unaware).then(|| ctx.shutdown_requested());
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
        tokio::select! {
            biased;
            Ok(how) = order => match how {
                End::Normal | End::Shutdown => Ok(()),
                End::Failed => Err("told to fail".into()),
                End::Killed => pending().await,
            },
            () = requested => match on_shutdown {
                OnShutdown::Fails => Err("failed over the request to stop".into()),
                OnShutdown::Ignores => pending().await,
                OnShutdown::Obeys | OnShutdown::Unaware => {
                    recorder.obeys(path, incarnation);
                    Ok(())
                }
            },
        }
    }
}
