//! How a child gets its place under a running supervisor: a new one, a pool's worker, or a
//! supervisor that runs already.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::child_spec::{Body, Parts};
use crate::driver::{Message, Reign, Seat};
use crate::engine::{ChildRules, Command, Event};
use crate::error::SupervisorError;
use crate::mailbox::Closing;
use crate::node::{Declared, Node, Phase, rules_of};
use crate::options::ChildOptions;
use crate::reaper::Reaper;
use crate::slot::AnySlot;
use crate::supervisor::Supervisor;

/// A child that has no place yet. Dropped without getting one it is gone, and whoever sends to
/// it is told so.
pub(crate) struct Loose {
    body: Option<Body>,
    /// A handle of the child, if it is a supervisor: the last handle of one without a parent
    /// would end it.
    _keep: Option<Supervisor>,
}

impl Loose {
    pub(crate) fn new(body: Body) -> Self {
        Self { body: Some(body), _keep: None }
    }

    pub(crate) fn supervisor(supervisor: Supervisor, slot: Arc<dyn AnySlot>) -> Self {
        let body = Body::Supervisor { node: Arc::clone(supervisor.node()), slot };
        Self { body: Some(body), _keep: Some(supervisor) }
    }

    pub(crate) fn slot(&self) -> &Arc<dyn AnySlot> {
        let (Body::Task { slot, .. } | Body::Supervisor { slot, .. }) = &**self;
        slot
    }

    /// The child has its place.
    pub(crate) fn place(mut self) -> Body {
        // Only `place` takes it, and consumes the rest.
        self.body.take().unwrap_or_else(|| unreachable!("placed twice"))
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
        if let Some(Body::Task { slot, .. } | Body::Supervisor { slot, .. }) = &self.body
            && let Some((_, leftovers)) = slot.close(Closing::Gone)
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
        Ok(Parts { name, options: ChildOptions::new(), body })
    }

    /// Gives a child its place. Everything from owning it to telling the supervisor happens in
    /// one go, so that a caller who drops the future leaves nothing half done.
    pub(crate) async fn add(&self, parts: Parts) -> Result<(), SupervisorError> {
        let path = self.path().join(&parts.name);
        let inbox = self.started_inbox().await?;
        let running = take_in(&parts.body).await;
        self.node().own(&parts)?;
        let rules = self.rules_for(&parts);
        let Parts { name, body, .. } = parts;
        let generation = body.slot().core().generation();
        let (reply, answer) = oneshot::channel();
        let data = Seat::new(Body::clone(&body), false);
        let command = Command::Add { name, rules, generation, running, data, reply };
        if inbox.push(Message::Event(Event::Command(command))).is_err() {
            Node::disown(&body);
            return Err(self.node().unavailable());
        }
        body.place();
        self.answered(answer, path).await
    }

    /// A pool's workers have the template's options.
    fn rules_for(&self, parts: &Parts) -> Arc<ChildRules> {
        match self.node().template() {
            Some(template) => Arc::clone(&template.rules),
            None => Arc::new(rules_of(&parts.options, &parts.body)),
        }
    }
}

/// Prepares a running supervisor for its adoption: the children it has now become its
/// specification. `false` if it does not run.
async fn take_in(body: &Body) -> bool {
    let Body::Supervisor { node, .. } = body else { return false };
    let (Phase::Starting { inbox, .. } | Phase::Running { inbox, .. }) = node.phase() else {
        return false;
    };
    let node = Arc::clone(node);
    let (told, hears) = oneshot::channel();
    let query = move |reign: &mut Reign| {
        let keys: Vec<_> = reign.engine.children().map(|(key, _)| key).collect();
        let declared = keys.into_iter().filter_map(|key| {
            reign.engine.child_mut(key)?.declared = true;
            let child = reign.engine.child(key)?;
            Some(Declared {
                name: child.name.clone(),
                rules: Arc::clone(&child.rules),
                body: child.data.body.clone(),
            })
        });
        node.set_declared(declared.collect());
        let _ = told.send(());
    };
    let asked = inbox.push(Message::Query(Box::new(query))).is_ok();
    asked && hears.await.is_ok()
}
