//! The workers of a pool, which share one function as their template, added by one `add_workers`.

use std::collections::VecDeque;

use supervisor::Pool;
use supervisor::pool::{FnWorker, Shared};
use supervisor::prelude::*;

use super::{many_restarts, wait, wait_for_storm};
use crate::contender::{Churn, Churning, Contender, Later, Prepared, Standing, Window};
use crate::stage::{self, Failure};

pub(crate) struct Workers;

/// Runs a worker that waits; the first one that runs fails instead, in all its lives.
async fn wait_or_fail(ctx: Context, how: Failure) -> ChildResult {
    if ctx.incarnation() > 1 || stage::is_first() {
        stage::fail(how)?;
    }
    wait(ctx).await
}

/// The workers of a pool, which are replaced by others.
struct Replaced {
    pool: Pool<FnWorker, Shared>,
    workers: VecDeque<ChildRef<()>>,
}

impl Churn for Replaced {
    fn churn(mut self: Box<Self>, times: usize) -> Later<Churning> {
        Box::pin(async move {
            for _ in 0..times {
                self.workers.push_back(self.pool.add_worker().await.expect("it runs"));
                let oldest = self.workers.pop_front().expect("there are workers");
                oldest.terminate().await.expect("it runs");
            }
            self as Churning
        })
    }
}

impl Contender for Workers {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let pool = Supervisor::new().build_pool(ChildSpec::new("worker").with_task(wait));
            pool.supervisor().start().await.expect("it starts");
            pool.add_workers(children).await.expect("it runs");
            Box::new(pool.supervisor().clone()) as Standing
        }))
    }

    fn start_one_by_one(&self, children: usize) -> Option<Later<Prepared<Standing>>> {
        Some(Box::pin(async move {
            let pool = Supervisor::new().build_pool(ChildSpec::new("worker").with_task(wait));
            pool.supervisor().start().await.expect("it starts");
            Prepared::new(async move {
                for _ in 0..children {
                    pool.add_worker().await.expect("it runs");
                }
                Box::new(pool.supervisor().clone()) as Standing
            })
        }))
    }

    fn await_storm(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let template = ChildSpec::new("worker").with_task(wait_for_storm);
            let pool = many_restarts(Window::Long).build_pool(template);
            pool.supervisor().start().await.expect("it starts");
            pool.add_workers(children).await.expect("it runs");
            Box::new(pool.supervisor().clone()) as Standing
        }))
    }

    fn churn(&self, alive: usize) -> Option<Later<Churning>> {
        Some(Box::pin(async move {
            let pool = Supervisor::new().build_pool(ChildSpec::new("worker").with_task(wait));
            pool.supervisor().start().await.expect("it starts");
            let mut workers = VecDeque::new();
            for _ in 0..alive {
                workers.push_back(pool.add_worker().await.expect("it runs"));
            }
            Box::new(Replaced { pool, workers }) as Churning
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let member = move |ctx| wait_or_fail(ctx, how);
            let template = ChildSpec::new("worker").with_task(member);
            let pool = many_restarts(window).build_pool(template);
            pool.supervisor().start().await.expect("it starts");
            pool.add_workers(siblings + 1).await.expect("it runs");
            Box::new(pool.supervisor().clone()) as Standing
        }))
    }
}
