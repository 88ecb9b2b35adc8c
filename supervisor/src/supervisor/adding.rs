//! How a child gets its place under a running supervisor: a new one, a pool's worker, or a
//! supervisor that runs already.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Supervisor;
use crate::engine::{Addition, Answer, ChildRules};
use crate::error::SupervisorError;
use crate::inbox::Inbox;
use crate::runtime::{
    Body, ChildTask, ErasedSpec, Node, NodeState, SupervisorRun, Unplaced, prepare_adoption,
    rules_of,
};
use crate::spec::{ChildOptions, Name, OptionLayers};

/// A child whose supervisor has been told to add it.
#[derive(Debug)]
pub(crate) struct PendingAdd {
    name: Name,
    answer: oneshot::Receiver<Answer>,
    /// The start of the supervisor, if that was needed.
    starting: Option<oneshot::Receiver<()>>,
}

/// Workers whose supervisor has been told to add them together.
#[derive(Debug)]
pub(crate) struct PendingAddMany {
    names: Vec<Name>,
    answer: oneshot::Receiver<Answer>,
}

impl Supervisor {
    /// A worker made from the template, which has a value.
    pub(crate) fn worker_like_others(&self) -> Result<ErasedSpec, SupervisorError> {
        let Some(template) = self.node().template() else {
            return Err(SupervisorError::NotSimpleOneForOne(self.path()));
        };
        let Some(factory) = &template.factory else {
            return Err(SupervisorError::NoTemplateValue(self.path()));
        };
        let name = self.node().next_worker();
        let slot = factory.new_slot(name.clone(), template.options.mailbox());
        let body = Unplaced::new(Body::Task { factory: Arc::clone(factory), slot });
        Ok(ErasedSpec { name, options: OptionLayers::default(), body })
    }

    /// Gives a child its place, under a supervisor that is started if it never was. Everything
    /// up to telling the supervisor happens in one go, so that a caller who drops the future
    /// leaves nothing half done.
    pub(crate) fn begin_to_add(&self, parts: ErasedSpec) -> Result<PendingAdd, SupervisorError> {
        let (inbox, starting) = self.running()?;
        let options = parts.options.options();
        self.node().adopt_child(&parts.name, Some(&options), &parts.body)?;
        let Ok(running) = prepare_adoption(&parts.body) else {
            drop(Node::release_child(&parts.body));
            return Err(SupervisorError::ShuttingDown(self.path().join(&parts.name)));
        };
        let rules = self.rules_for(&options, &parts.body);
        let ErasedSpec { name, body, .. } = parts;
        let generation = body.slot().core().generation();
        let (body, keeper) = body.into_parts();
        if let Body::Supervisor { node, .. } = &body {
            node.set_keeper(keeper);
        }
        let (reply, answer) = oneshot::channel();
        let data = ChildTask::new(body);
        let addition = Addition::One { rules, generation, running, data, reply };
        if let Err(message) = inbox.push(SupervisorRun::addition_message(addition)) {
            message.turn_away();
            return Err(self.node().unavailable());
        }
        Ok(PendingAdd { name, answer, starting })
    }

    /// The inbox, and the start of a supervisor that was never started.
    fn running(&self) -> Result<(Arc<Inbox>, Option<oneshot::Receiver<()>>), SupervisorError> {
        let is_new =
            matches!(self.node().state(), NodeState::Built) && !self.node().is_supervised();
        let starting = if is_new { self.node().start_root()? } else { None };
        Ok((self.inbox()?, starting))
    }

    /// As [`begin_to_add`](Self::begin_to_add), for workers of a pool that are up once they are
    /// spawned, and are no supervisors.
    pub(crate) fn begin_to_add_many(
        &self,
        workers: Vec<ErasedSpec>,
    ) -> Result<PendingAddMany, SupervisorError> {
        let Some(template) = self.node().template() else {
            return Err(SupervisorError::NotSimpleOneForOne(self.path()));
        };
        // A pool has no children that could keep it from starting.
        let (inbox, _) = self.running()?;
        workers
            .iter()
            .try_for_each(|worker| self.node().adopt_child(&worker.name, None, &worker.body))?;
        let names = workers.iter().map(|worker| worker.name.clone()).collect();
        let workers =
            workers.into_iter().map(|worker| ChildTask::new(worker.body.into_body())).collect();
        let (reply, answer) = oneshot::channel();
        let addition = Addition::Many { rules: Arc::clone(&template.rules), workers, reply };
        if let Err(message) = inbox.push(SupervisorRun::addition_message(addition)) {
            message.turn_away();
            return Err(self.node().unavailable());
        }
        Ok(PendingAddMany { names, answer })
    }

    /// Waits until the workers have their places, or were refused: how many have, and why the next
    /// one has not.
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

    /// Waits until a child has its place, or was refused.
    pub(crate) async fn added(&self, adding: PendingAdd) -> Result<(), SupervisorError> {
        let PendingAdd { name, answer, starting } = adding;
        let added = self.answered(answer, &name).await;
        if let Some(started) = starting
            && added.is_err()
            && started.await.is_err()
        {
            // That it could not be added says less than why its supervisor did not start.
            return Err(self.node().unavailable());
        }
        added
    }

    /// Gives a child its place; see [`begin_to_add`](Self::begin_to_add).
    pub(crate) async fn add(&self, parts: ErasedSpec) -> Result<(), SupervisorError> {
        let adding = self.begin_to_add(parts)?;
        self.added(adding).await
    }

    /// A pool's workers have the template's options.
    fn rules_for(&self, options: &ChildOptions, body: &Body) -> Arc<ChildRules> {
        match self.node().template() {
            Some(template) => Arc::clone(&template.rules),
            None => Arc::new(rules_of(options, body)),
        }
    }
}
