//! task-supervisor: supervised tasks with a name.
//!
//! Its restarts have a delay, which is set to zero here; tokio's timer rounds it up to a
//! millisecond. It has no messages.

use std::time::Duration;

use task_supervisor::{
    CancellationToken, SupervisedTask, SupervisorBuilder, SupervisorHandle, TaskResult,
};

use super::{NO_LIMIT, length};
use crate::contender::{Contender, Later, Standing, Tree, Window};
use crate::stage::{self, Failure};

pub(crate) struct TaskSupervisor;

#[derive(Clone)]
struct Member(Option<Failure>);

impl SupervisedTask for Member {
    async fn run(self, shutdown: CancellationToken) -> TaskResult {
        if let Some(failure) = self.0 {
            stage::fail(failure)?;
        }
        let _local = stage::enter();
        shutdown.cancelled().await;
        Ok(())
    }
}

impl Tree for SupervisorHandle {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(async move { self.shutdown().await.expect("it runs") })
    }
}

impl Contender for TaskSupervisor {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = SupervisorBuilder::new();
            for number in 0..children {
                builder = builder.with_task(&number.to_string(), Member(None));
            }
            Box::new(builder.spawn()) as Standing
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = SupervisorBuilder::new()
                .with_restart_limit(NO_LIMIT, length(window))
                .with_base_restart_delay(Duration::ZERO)
                .with_max_restart_delay(Duration::ZERO);
            for number in 0..=siblings {
                let failure = (number == siblings / 2).then_some(how);
                builder = builder.with_task(&number.to_string(), Member(failure));
            }
            Box::new(builder.spawn()) as Standing
        }))
    }
}
