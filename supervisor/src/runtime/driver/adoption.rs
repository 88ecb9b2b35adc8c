//! Prepares a running root for its adoption by another supervisor.

use std::sync::Arc;

use super::SupervisorRun;
use crate::inbox::Message;
use crate::runtime::node::{Body, Declared};

/// Prepares a running supervisor for its adoption: its present children become its declaration,
/// unless they are a pool's workers. Returns `false` if the supervisor does not run.
///
/// # Errors
///
/// The message that the supervisor did not accept, if it is just ending.
pub(crate) fn prepare_adoption(body: &Body) -> Result<bool, Message> {
    let Body::Supervisor { node, .. } = body else { return Ok(false) };
    let Some(inbox) = node.inbox() else { return Ok(false) };
    let node = Arc::clone(node);
    let visit = SupervisorRun::visit(move |run| {
        let Some(run) = run else { return };
        run.engine.set_may_return(true);
        if node.template().is_some() {
            return;
        }
        run.engine.declare_all();
        let declared = run.engine.children().map(|(_, child)| Declared {
            rules: Arc::clone(&child.rules),
            body: child.data.body.clone(),
        });
        node.set_declared(declared.collect());
        run.has_declaration = false;
    });
    // The inbox is ordered: the supervisor handles this message before any from its new parent.
    inbox.push(visit).map(|()| true)
}
