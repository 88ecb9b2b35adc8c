//! Makes the random part of a tree's backoff delays the same in each run.

use std::sync::Arc;

use crate::error::SupervisorError;
use crate::runtime::Body;
use crate::supervisor::Supervisor;

/// Makes all supervisors of a tree draw their backoff delays from this seed, in this life and in
/// later ones.
pub(super) async fn fix(root: &Supervisor, seed: u64) -> Result<(), SupervisorError> {
    root.node().fix_backoff_seed(seed);
    let mut next = vec![Arc::clone(root.node())];
    while let Some(node) = next.pop() {
        let seed = node.backoff_seed();
        let supervisor = Supervisor::observing(Arc::clone(&node));
        let nested = supervisor.query(move |run| {
            run.engine.reseed(seed);
            let bodies = run.engine.children().map(|(_, child)| &child.data.body);
            let nested = bodies.filter_map(|body| match body {
                Body::Supervisor { node, .. } => Some(Arc::clone(node)),
                Body::Task { .. } => None,
            });
            nested.collect::<Vec<_>>()
        });
        match nested.await {
            Ok(nested) => next.extend(nested),
            Err(error) if Arc::ptr_eq(&node, root.node()) => return Err(error),
            // A nested supervisor that does not run draws from the seed when it is started again.
            Err(_) => {}
        }
    }
    Ok(())
}
