//! Children that can be steered from a test, and the log of their lives.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Escalate, specs::Ready};

use crate::gauge::{Gauge, Life};

/// The log of the children of a test.
///
/// An entry is written when a life begins (`+name`), when the locals of a life have been dropped
/// (`-name`), and for each [`note`](Self::note).
#[derive(Clone, Default)]
pub struct Stage(Arc<Inner>);

#[derive(Default)]
struct Inner {
    log: Mutex<Vec<String>>,
    gauges: Mutex<HashMap<String, Gauge>>,
}

impl Stage {
    /// Makes a stage with an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a life of this child, which ends when the guard is dropped.
    #[must_use]
    pub fn enter(&self, name: &str) -> OnStage {
        let gauge = self.gauge(name);
        // Under the lock: whoever sees the life finds it in the log.
        let mut log = lock(&self.0.log);
        let life = gauge.enter();
        log.push(format!("+{name}"));
        drop(log);
        OnStage { name: name.to_owned(), stage: self.clone(), life: Some(life) }
    }

    /// Adds an entry to the log.
    pub fn note(&self, entry: impl Into<String>) {
        lock(&self.0.log).push(entry.into());
    }

    /// Takes the entries since the last call, in one line.
    #[must_use]
    pub fn log(&self) -> String {
        std::mem::take(&mut *lock(&self.0.log)).join(" ")
    }

    /// Returns the gauge of this child's lives.
    #[must_use]
    pub fn gauge(&self, name: &str) -> Gauge {
        lock(&self.0.gauges).entry(name.to_owned()).or_default().clone()
    }

    /// Returns the names of the children that are alive, in alphabetical order.
    ///
    /// # Panics
    ///
    /// If a child ever had two lives at once.
    #[must_use]
    pub fn alive(&self) -> String {
        let gauges = lock(&self.0.gauges);
        for (name, gauge) in &*gauges {
            assert!(gauge.most() <= 1, "{name} had {} lives at once", gauge.most());
        }
        let mut alive: Vec<&str> = gauges
            .iter()
            .filter(|(_, gauge)| gauge.alive() > 0)
            .map(|(name, _)| name.as_str())
            .collect();
        alive.sort_unstable();
        alive.join(" ")
    }

    /// Makes a child that carries out the orders in its mailbox, and ends normally on a shutdown
    /// request.
    pub fn actor(&self, name: &str) -> ChildSpec<Ready<ChildRef<Order>>> {
        ChildSpec::new(name).with_worker(Actor { name: name.to_owned(), stage: self.clone() })
    }

    /// Makes a child that takes this time to stop, and notes the request (`name?`) and its own end
    /// (`name!`).
    pub fn stops_after(
        &self,
        name: &'static str,
        time: Duration,
    ) -> ChildSpec<Ready<ChildRef<()>>> {
        let noted = self.clone();
        self.task(name, move |ctx| {
            let noted = noted.clone();
            async move {
                ctx.shutdown_requested().await;
                noted.note(format!("{name}?"));
                tokio::time::sleep(time).await;
                noted.note(format!("{name}!"));
                Ok(())
            }
        })
    }

    /// Makes a child whose lives run this closure.
    pub fn task<F, Fut>(&self, name: &str, act: F) -> ChildSpec<Ready<ChildRef<()>>>
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ChildResult> + Send + 'static,
    {
        let (stage, own) = (self.clone(), name.to_owned());
        ChildSpec::new(name).with_task(move |ctx| {
            let life = stage.enter(&own);
            let act = act(ctx);
            async move {
                let _life = life;
                act.await
            }
        })
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}

/// Guard of a life that the stage logs.
#[derive(Debug)]
pub struct OnStage {
    name: String,
    stage: Stage,
    life: Option<Life>,
}

impl Drop for OnStage {
    fn drop(&mut self) {
        // Under the lock, as in `enter`: whoever sees one of the two sees both.
        let mut log = lock(&self.stage.0.log);
        self.life = None;
        log.push(format!("-{}", self.name));
    }
}

/// A message to an actor: the thing to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// End normally.
    Return,
    /// End with the error "told to fail".
    Fail,
    /// Panic with "told to panic".
    Panic,
    /// End with an [`Escalate`] because it was "told to escalate".
    Escalate,
    /// Wait forever, without looking at messages or shutdown requests.
    Hang,
    /// Add a number to the stage's log.
    Note(u32),
}

#[derive(Child)]
#[child(message = Order)]
struct Actor {
    name: String,
    stage: Stage,
}

impl Worker for Actor {
    async fn run(&self, mut ctx: Context<Order>) -> ChildResult {
        let _life = self.stage.enter(&self.name);
        ctx.ready();
        while let Some(order) = ctx.recv().await {
            match order {
                Order::Return => return Ok(()),
                Order::Fail => return Err("told to fail".into()),
                Order::Panic => panic!("told to panic"),
                Order::Escalate => return Err(Escalate::because("told to escalate").into()),
                Order::Hang => pending::<()>().await,
                Order::Note(number) => self.stage.note(number.to_string()),
            }
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
