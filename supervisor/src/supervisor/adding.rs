//! Adds children to a running supervisor: a new child, a pool's worker, or a supervisor that
//! already runs.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use super::Supervisor;
use crate::engine::{Addition, Answer, ChildRules};
use crate::error::SupervisorError;
use crate::inbox::Inbox;
use crate::life::reentry::calling_child;
use crate::runtime::{
    Body, ChildTask, ErasedSpec, Hold, NodeState, SupervisorRun, Unplaced, resolve,
};
use crate::spec::{ChildOptions, Name, OptionLayers};

/// A child that is being added: its supervisor has not answered yet.
#[derive(Debug)]
pub(crate) struct PendingAdd {
    name: Name,
    answer: oneshot::Receiver<Answer>,
    /// The start of the supervisor, if the addition has started it.
    starting: Option<oneshot::Receiver<()>>,
    /// The refusal, while the end of that start is awaited.
    refusal: Option<SupervisorError>,
}

/// Workers that are being added together: their supervisor has not answered yet.
#[derive(Debug)]
pub(crate) struct PendingAddMany {
    names: Vec<Name>,
    answer: oneshot::Receiver<Answer>,
}

impl Supervisor {
    /// Waits until the supervisor has fewer children than its `max_children` allows; returns at once
    /// if it has, or has no limit.
    ///
    /// This is for those who would rather wait than be refused, as a server that accepts no further
    /// connection while its pool is full. All who wait are told of room at the same time, and no
    /// place is kept for any of them: an addition that comes too late is refused, and waits again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use supervisor::prelude::*;
    ///
    /// let job = ChildSpec::new("job")
    ///     .with_task(async |_: Context| Ok(()))
    ///     .with_restart_policy(RestartPolicy::Temporary);
    /// let jobs = Supervisor::new().with_max_children(2).build_pool(job);
    /// for _ in 0..100 {
    ///     jobs.wait_for_room().await?;
    ///     jobs.add_worker().await?; // nobody else adds any, so that there is a place
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of a supervisor that does not run, also if it ends meanwhile. One that was built and
    /// never started has room.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn wait_for_room(&self) -> Result<(), SupervisorError> {
        if matches!(self.node().state(), NodeState::Built) && self.node().slot_in_charge().is_none()
        {
            return Ok(());
        }
        let (waiter, room) = oneshot::channel();
        self.query(move |run| run.tell_of_room(waiter)).await?;
        room.await.map_err(|_| self.node().unavailable())
    }

    /// Makes a worker from the template.
    ///
    /// # Errors
    ///
    /// `NotSimpleOneForOne` if there is no template, and `NoTemplateValue` if it has no value.
    pub(crate) fn worker_like_others(&self) -> Result<ErasedSpec, SupervisorError> {
        let Some(template) = self.node().template() else {
            return Err(SupervisorError::NotSimpleOneForOne(self.path()));
        };
        let Some(factory) = &template.factory else {
            return Err(SupervisorError::NoTemplateValue(self.path()));
        };
        let name = self.node().next_worker();
        let slot = factory.new_slot(name.clone(), template.options.mailbox());
        if let Some(times) = &template.times {
            slot.measure_in_pool(Arc::clone(times));
        }
        let body = Unplaced::new(Body::Task { factory: Arc::clone(factory), slot });
        Ok(ErasedSpec { name, options: OptionLayers::default(), after: Box::default(), body })
    }

    /// Sends the addition of a child to the supervisor, which is started if it never was. The
    /// function is not async, so that a caller that drops its future cannot leave an addition half
    /// done.
    pub(crate) fn begin_to_add(&self, parts: ErasedSpec) -> Result<PendingAdd, SupervisorError> {
        let (inbox, starting) = self.inbox_or_start()?;
        let options = parts.options.options();
        self.node().check_after(&parts.name, &parts.after)?;
        self.node().adopt_child(&parts.name, Some(&options), &parts.body, Hold::Asked)?;
        let running = match &*parts.body {
            Body::Supervisor { node, .. } => !matches!(node.state(), NodeState::Built),
            Body::Task { .. } => false,
        };
        let rules = self.rules_for(&options, &parts.body);
        let ErasedSpec { name, body, after, .. } = parts;
        let generation = body.slot().core().generation();
        let (body, keeper) = body.into_parts();
        if let Body::Supervisor { node, .. } = &body {
            node.set_keeper(keeper);
        }
        let (reply, answer) = oneshot::channel();
        let data = ChildTask::new(body);
        let caller = calling_child(&inbox);
        let addition = Addition::One { rules, generation, running, data, after, caller, reply };
        if let Err(message) = inbox.push(SupervisorRun::addition_message(addition)) {
            message.turn_away();
            return Err(self.node().unavailable());
        }
        Ok(PendingAdd { name, answer, starting, refusal: None })
    }

    /// Returns the inbox, and starts a supervisor that was never started.
    fn inbox_or_start(
        &self,
    ) -> Result<(Arc<Inbox>, Option<oneshot::Receiver<()>>), SupervisorError> {
        let is_new = matches!(self.node().state(), NodeState::Built)
            && self.node().slot_in_charge().is_none();
        let starting = if is_new { self.node().start_root()? } else { None };
        Ok((self.inbox()?, starting))
    }

    /// Sends the addition of many workers to a pool. The workers are tasks that are up once they
    /// are spawned; otherwise as [`begin_to_add`](Self::begin_to_add).
    pub(crate) fn begin_to_add_many(
        &self,
        workers: Vec<ErasedSpec>,
    ) -> Result<PendingAddMany, SupervisorError> {
        let Some(template) = self.node().template() else {
            return Err(SupervisorError::NotSimpleOneForOne(self.path()));
        };
        // Ignore the receiver of the start: a pool declares no children that could fail to start.
        let (inbox, _) = self.inbox_or_start()?;
        workers.iter().try_for_each(|worker| {
            self.node().adopt_child(&worker.name, None, &worker.body, Hold::Asked)
        })?;
        let names = workers.iter().map(|worker| worker.name.clone()).collect();
        let workers =
            workers.into_iter().map(|worker| ChildTask::new(worker.body.into_body())).collect();
        let (reply, answer) = oneshot::channel();
        let (rules, caller) = (Arc::clone(&template.rules), calling_child(&inbox));
        let addition = Addition::Many { rules, workers, caller, reply };
        if let Err(message) = inbox.push(SupervisorRun::addition_message(addition)) {
            message.turn_away();
            return Err(self.node().unavailable());
        }
        Ok(PendingAddMany { names, answer })
    }

    /// Waits until the workers are added or refused. Returns the number of added workers, and the
    /// error of the next one.
    pub(crate) async fn added_many(
        &self,
        adding: PendingAddMany,
    ) -> (usize, Option<SupervisorError>) {
        let refused = |refusal, added: usize| {
            let name = adding.names.get(added).or(adding.names.last());
            let path = name.map_or_else(|| self.path(), |name| self.path().join(name));
            SupervisorError::refused(refusal, path, self.path())
        };
        match adding.answer.await {
            Ok(Answer::Added(added, refusal)) => {
                (added, refusal.map(|refusal| refused(*refusal, added)))
            }
            Ok(Answer::Refused(refusal)) => (0, Some(refused(refusal, 0))),
            Ok(Answer::Done | Answer::Declined) => (adding.names.len(), None),
            Err(_) => (0, Some(self.node().unavailable())),
        }
    }

    /// Waits until a child is added or refused.
    pub(crate) async fn added(&self, mut adding: PendingAdd) -> Result<(), SupervisorError> {
        poll_fn(|cx| self.poll_added(&mut adding, cx)).await
    }

    /// Completes when a child is added or refused.
    pub(crate) fn poll_added(
        &self,
        adding: &mut PendingAdd,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SupervisorError>> {
        if adding.refusal.is_none() {
            let answer = ready!(Pin::new(&mut adding.answer).poll(cx));
            match self.outcome(answer, &adding.name) {
                Err(refusal) if adding.starting.is_some() => adding.refusal = Some(refusal),
                outcome => return Poll::Ready(outcome),
            }
        }
        let is_started = match &mut adding.starting {
            Some(starting) => ready!(Pin::new(starting).poll(cx)).is_ok(),
            None => true,
        };
        // The reason why the supervisor did not start is the cause of the refusal.
        let refusal = adding.refusal.take().filter(|_| is_started);
        Poll::Ready(Err(refusal.unwrap_or_else(|| self.node().unavailable())))
    }

    /// Adds a child, and waits for the answer.
    pub(crate) async fn add_parts(&self, parts: ErasedSpec) -> Result<(), SupervisorError> {
        let adding = self.begin_to_add(parts)?;
        self.added(adding).await
    }

    /// Returns the rules of a child; a pool's workers have the template's.
    fn rules_for(&self, options: &ChildOptions, body: &Body) -> Arc<ChildRules> {
        match self.node().template() {
            Some(template) => Arc::clone(&template.rules),
            None => Arc::new(resolve(options, body)),
        }
    }
}
