//! Publishes what happened to the subscribers of the tree, and to the log.

use std::sync::Arc;

use super::Node;
use crate::observe::{EventKind, is_subscribed, log};
use crate::slot::SlotCore;
use crate::spec::{ChildPath, ExitReason};

impl Node {
    /// Returns whether anything subscribes to any tree, or reads the log.
    pub(crate) fn is_heard() -> bool {
        is_subscribed() || log::is_read()
    }

    /// Tells subscribers and the log what happened at this path, which is put together only if
    /// somebody reads it. `asked` says that the child was told to end, so that its end is no news.
    pub(crate) fn announce(
        self: &Arc<Self>,
        path: impl FnOnce() -> ChildPath,
        kind: EventKind,
        asked: bool,
    ) {
        if !Self::is_heard() {
            return;
        }
        let path = path();
        // A path is relative to its root, and a program may have several.
        let name = if path.is_root() { self.label() } else { path.to_string() };
        log::event(&name, &kind, asked);
        if is_subscribed() {
            self.root().subscribers.publish(&path, kind);
        }
    }

    /// Tells what happened to this supervisor itself.
    pub(crate) fn announce_own(self: &Arc<Self>, kind: impl FnOnce() -> EventKind) {
        self.announce(|| self.path(), kind(), true);
    }

    pub(super) fn announce_terminated(self: &Arc<Self>, reason: &ExitReason) {
        self.announce_own(|| EventKind::SupervisorTerminated { reason: reason.clone() });
        if !self.is_supervised() {
            self.subscribers.finish();
        }
    }

    pub(super) fn announce_leftovers(self: &Arc<Self>, core: &SlotCore, count: usize) {
        self.announce(|| core.path(), EventKind::MessagesLeft { count }, true);
    }
}
