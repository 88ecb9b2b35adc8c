//! Publishes events to the subscribers of the tree, and to the log.

use std::sync::Arc;

use super::Node;
use crate::observe::{EventKind, is_subscribed, log};
use crate::slot::SlotCore;
use crate::spec::{ChildPath, ExitReason};

impl Node {
    /// Returns `true` if any tree has a subscriber, or the log has a reader.
    pub(crate) fn is_observed() -> bool {
        is_subscribed() || log::is_read()
    }

    /// Publishes an event at this path to subscribers and the log; the path is built only if there
    /// is a subscription or a reader of the log. `asked` is `true` if the child was asked to end,
    /// so that its end is logged as expected.
    pub(crate) fn announce(
        self: &Arc<Self>,
        path: impl FnOnce() -> ChildPath,
        kind: EventKind,
        asked: bool,
    ) {
        if !Self::is_observed() {
            return;
        }
        let path = path();
        // A program may have several roots, and a root's path is `/`: log the root's name instead.
        let name = if path.is_root() { self.label() } else { path.to_string() };
        log::event(&name, &kind, asked);
        if is_subscribed() {
            self.root().subscribers.publish(&path, kind);
        }
    }

    /// Publishes an event of this supervisor itself.
    pub(crate) fn announce_own(self: &Arc<Self>, kind: impl FnOnce() -> EventKind) {
        self.announce(|| self.path(), kind(), true);
    }

    /// Publishes the end of this supervisor; at the end of a root no event follows.
    pub(super) fn announce_terminated(self: &Arc<Self>, reason: &ExitReason) {
        self.announce_own(|| EventKind::SupervisorTerminated { reason: reason.clone() });
        if !self.is_supervised() {
            self.subscribers.finish();
        }
    }

    /// Publishes that a child has ended for good with this many messages in its mailbox.
    pub(super) fn announce_leftovers(self: &Arc<Self>, core: &SlotCore, count: usize) {
        self.announce(|| core.path(), EventKind::MessagesLeft { count }, true);
    }
}
