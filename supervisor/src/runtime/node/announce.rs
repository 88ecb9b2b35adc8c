//! Publishes events to the subscribers of the tree, and to the log.

use std::sync::Arc;

use super::Node;
use super::adoption::adopting;
use crate::observe::{Circumstances, EventKind, is_subscribed, log};
use crate::slot::SlotCore;
use crate::spec::{ChildPath, ExitReason};

impl Node {
    /// Returns `true` if there is a subscription to the tree, or a reader of the log.
    pub(crate) fn is_observed(self: &Arc<Self>) -> bool {
        self.subscribed_root().is_some() || log::is_read()
    }

    /// Returns the root of the tree if there is a subscription to the tree. While there is none to
    /// any tree, the answer costs one load.
    fn subscribed_root(self: &Arc<Self>) -> Option<Arc<Self>> {
        if !is_subscribed() {
            return None;
        }
        Some(self.root()).filter(|root| root.subscribers.is_any() || root.subscribers.have_moved())
    }

    /// Publishes an event at this path to subscribers and the log; the path is built only if there
    /// is a subscription or a reader of the log. The circumstances decide on the line in the log.
    pub(crate) fn announce(
        self: &Arc<Self>,
        path: impl Fn() -> ChildPath,
        kind: &EventKind,
        circumstances: Circumstances,
    ) {
        let mut root = self.subscribed_root();
        if root.is_none() && !log::is_read() {
            return;
        }
        let mut at = path();
        // A program may have several roots, and a root's path is `/`: log the root's name instead.
        let name = if at.is_root() { self.label() } else { at.to_string() };
        log::event(&name, kind, circumstances);
        let mut before: Option<Arc<Self>> = None;
        while let Some(found) = root {
            // The root stays the same if the parent is gone and this supervisor goes on.
            let here = before.is_some_and(|before| Arc::ptr_eq(&before, &found));
            if found.subscribers.publish(&at, kind, here) {
                return;
            }
            // The tree has just become a part of another one, and its subscribers have moved.
            drop(adopting());
            (root, at) = (self.subscribed_root(), path());
            before = Some(found);
        }
    }

    /// Publishes an event of this supervisor itself.
    pub(crate) fn announce_own(self: &Arc<Self>, kind: impl FnOnce() -> EventKind) {
        self.announce(|| self.path(), &kind(), Circumstances::EXPECTED);
    }

    /// Publishes the end of this supervisor; at the end of a root no event follows.
    pub(super) fn announce_terminated(self: &Arc<Self>, reason: &ExitReason) {
        self.announce_own(|| EventKind::SupervisorTerminated { reason: reason.clone() });
        if !self.is_supervised() {
            self.subscribers.finish();
        }
    }

    /// Publishes that a child that has had a life has ended for good.
    pub(in crate::runtime) fn announce_child_ended(self: &Arc<Self>, core: &SlotCore) {
        if !self.is_observed() || core.generation() == 0 {
            return;
        }
        let kind = EventKind::ChildEnded { reason: core.last_exit() };
        self.announce(|| core.path(), &kind, Circumstances::EXPECTED);
    }

    /// Publishes that a child has ended for good with this many messages in its mailbox.
    pub(super) fn announce_leftovers(self: &Arc<Self>, core: &SlotCore, count: usize) {
        self.announce(|| core.path(), &EventKind::MessagesLeft { count }, Circumstances::EXPECTED);
    }
}
