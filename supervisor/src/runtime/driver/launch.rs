//! Begins the lives of supervisors.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::spawn;
use crate::engine::Event;
use crate::error::SupervisorError;
use crate::inbox::Link;
use crate::life::current;
use crate::runtime::node::{NestedStart, Node, RootStart};
use crate::spec::RestartPolicy;

impl Node {
    /// Starts the life of a root, if the root has not been started. The returned receiver completes
    /// when all children have started, or with an error if a child does not start; it is `None` if
    /// they have started already.
    pub(crate) fn start_root(
        self: &Arc<Self>,
    ) -> Result<Option<oneshot::Receiver<()>>, SupervisorError> {
        let (sender, receiver) = oneshot::channel();
        match self.begin_root(sender)? {
            RootStart::Begins(inbox) => {
                current::install_panic_hook();
                spawn(Arc::clone(self), inbox, None);
            }
            RootStart::Pending => {}
            RootStart::Up => return Ok(None),
        }
        Ok(Some(receiver))
    }

    /// Starts a life under the parent at the end of this link, to which the life's end is reported.
    /// A supervisor that already runs as a root goes on as that life.
    pub(super) fn launch(self: &Arc<Self>, link: &Link, generation: u64, policy: RestartPolicy) {
        match self.begin_nested(link, generation) {
            NestedStart::Begins(inbox) => spawn(Arc::clone(self), inbox, Some(policy)),
            NestedStart::GoesOn { is_up } => {
                self.become_child(policy);
                if is_up {
                    link.tell(Event::Ready(link.key, generation));
                }
            }
            NestedStart::Refused => {}
        }
    }
}
