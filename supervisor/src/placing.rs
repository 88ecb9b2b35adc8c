//! How a child gets its place under a running supervisor: a new one, a pool's worker, or a
//! supervisor that runs already.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::child_spec::{Body, Parts};
use crate::driver::{Message, Reign, Seat};
use crate::engine::{Answer, ChildRules, Command, Event};
use crate::error::SupervisorError;
use crate::inbox::Inbox;
use crate::mailbox::Closing;
use crate::node::{Declared, Node, Phase, rules_of};
use crate::options::ChildOptions;
use crate::path::Name;
use crate::reaper::Reaper;
use crate::said::Said;
use crate::slot::AnySlot;
use crate::supervisor::{Keep, Supervisor};

/// A child that has no place yet. Dropped without getting one it is gone, and whoever sends to
/// it is told so.
pub(crate) struct Loose {
    body: Option<Body>,
    /// Keeps a supervisor alive until its parent does.
    keep: Option<Arc<Keep>>,
}

impl Loose {
    pub(crate) fn new(body: Body) -> Self {
        Self { body: Some(body), keep: None }
    }

    pub(crate) fn of_supervisor(body: Body, keep: Option<Arc<Keep>>) -> Self {
        Self { body: Some(body), keep }
    }

    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        Body::slot(self)
    }

    /// The child has its place.
    pub(crate) fn place(self) -> Body {
        self.into_parts().0
    }

    /// The child, and what keeps it alive until it has its place.
    fn into_parts(mut self) -> (Body, Option<Arc<Keep>>) {
        // Only this takes it, and consumes the rest.
        let body = self.body.take().unwrap_or_else(|| unreachable!("placed twice"));
        (body, self.keep.take())
    }
}

impl Deref for Loose {
    type Target = Body;

    fn deref(&self) -> &Body {
        self.body.as_ref().unwrap_or_else(|| unreachable!("placed, and still used"))
    }
}

impl Drop for Loose {
    fn drop(&mut self) {
        if let Some(body) = &self.body
            && let Some((_, leftovers)) = body.slot().close(Closing::Gone)
        {
            Reaper::default().take(leftovers);
        }
    }
}

impl fmt::Debug for Loose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Loose").field(self.slot()).finish()
    }
}

/// A child whose supervisor has been told to add it.
#[derive(Debug)]
pub(crate) struct Adding {
    name: Name,
    answer: oneshot::Receiver<Answer>,
    /// The start of the supervisor, if that was needed.
    starting: Option<oneshot::Receiver<()>>,
}

/// Workers whose supervisor has been told to add them together.
#[derive(Debug)]
pub(crate) struct AddingMany {
    names: Vec<Name>,
    answer: oneshot::Receiver<Answer>,
}

impl Supervisor {
    /// A worker made from the template, which has a value.
    pub(crate) fn worker_like_others(&self) -> Result<Parts, SupervisorError> {
        let Some(template) = self.node().template() else {
            return Err(SupervisorError::NotSimpleOneForOne(self.path()));
        };
        let Some(recipe) = &template.recipe else {
            return Err(SupervisorError::NoTemplateValue(self.path()));
        };
        let name = self.node().next_worker();
        let slot = recipe.new_slot(name.clone(), template.options.mailbox());
        let body = Loose::new(Body::Task { recipe: Arc::clone(recipe), slot });
        Ok(Parts { name, said: Said::default(), body })
    }

    /// Gives a child its place, under a supervisor that is started if it never was. Everything
    /// up to telling the supervisor happens in one go, so that a caller who drops the future
    /// leaves nothing half done.
    pub(crate) fn begin_to_add(&self, parts: Parts) -> Result<Adding, SupervisorError> {
        let (inbox, starting) = self.running()?;
        let options = parts.said.options();
        self.node().own(&parts.name, Some(&options), &parts.body)?;
        let Ok(running) = take_in(&parts.body) else {
            drop(Node::disown(&parts.body));
            return Err(SupervisorError::ShuttingDown(self.path().join(&parts.name)));
        };
        let rules = self.rules_for(&options, &parts.body);
        let Parts { name, body, .. } = parts;
        let generation = body.slot().core().generation();
        let (body, keep) = body.into_parts();
        if let Body::Supervisor { node, .. } = &body {
            node.hold(keep);
        }
        let (reply, answer) = oneshot::channel();
        let command = Command::Add { rules, generation, running, data: Seat::new(body), reply };
        if let Err(message) = inbox.push(Message::Event(Event::Command(Box::new(command)))) {
            message.turn_away(&mut Reaper::default());
            return Err(self.node().unavailable());
        }
        Ok(Adding { name, answer, starting })
    }

    /// The inbox, and the start of a supervisor that was never started.
    fn running(&self) -> Result<(Arc<Inbox>, Option<oneshot::Receiver<()>>), SupervisorError> {
        let is_new = matches!(self.node().phase(), Phase::Built) && !self.node().is_supervised();
        let starting = if is_new { self.node().start_root()? } else { None };
        Ok((self.inbox()?, starting))
    }

    /// As [`begin_to_add`](Self::begin_to_add), for workers of a pool that are up once they are
    /// spawned, and are no supervisors.
    pub(crate) fn begin_to_add_many(
        &self,
        workers: Vec<Parts>,
    ) -> Result<AddingMany, SupervisorError> {
        let Some(template) = self.node().template() else {
            return Err(SupervisorError::NotSimpleOneForOne(self.path()));
        };
        // A pool has no children that could keep it from starting.
        let (inbox, _) = self.running()?;
        workers.iter().try_for_each(|worker| self.node().own(&worker.name, None, &worker.body))?;
        let names = workers.iter().map(|worker| worker.name.clone()).collect();
        let workers = workers.into_iter().map(|worker| Seat::new(worker.body.place())).collect();
        let (reply, answer) = oneshot::channel();
        let command = Command::AddMany { rules: Arc::clone(&template.rules), workers, reply };
        if let Err(message) = inbox.push(Message::Event(Event::Command(Box::new(command)))) {
            message.turn_away(&mut Reaper::default());
            return Err(self.node().unavailable());
        }
        Ok(AddingMany { names, answer })
    }

    /// Waits until the workers have their places, or were refused: how many have, and why the next
    /// one has not.
    pub(crate) async fn added_many(&self, adding: AddingMany) -> (usize, Option<SupervisorError>) {
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
    pub(crate) async fn added(&self, adding: Adding) -> Result<(), SupervisorError> {
        let Adding { name, answer, starting } = adding;
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
    pub(crate) async fn add(&self, parts: Parts) -> Result<(), SupervisorError> {
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

/// Prepares a running supervisor for its adoption: the children it has now become its
/// specification, except a pool's workers. `false` if it does not run, an error if it is just
/// ending.
pub(crate) fn take_in(body: &Body) -> Result<bool, Message> {
    let Body::Supervisor { node, .. } = body else { return Ok(false) };
    let (Phase::Starting { inbox, .. } | Phase::Running { inbox, .. }) = node.phase() else {
        return Ok(false);
    };
    if node.template().is_some() {
        return Ok(true);
    }
    let node = Arc::clone(node);
    let query = move |reign: &mut Reign| {
        reign.engine.declare_all();
        let declared = reign.engine.children().map(|(_, child)| Declared {
            rules: Arc::clone(&child.rules),
            body: child.data.body.clone(),
        });
        node.set_declared(declared.collect());
        reign.has_declaration = false;
    };
    // It is told before its new parent can be, so it knows its specification in time.
    inbox.push(Message::Query(Box::new(query))).map(|()| true)
}
