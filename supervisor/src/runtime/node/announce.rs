//! Publishes events to the subscribers of the tree, and to the log.

use std::sync::Arc;

use super::Node;
use super::adoption::adopting;
use crate::catch::wake_each;
use crate::observe::{Circumstances, EventKind, Events, Moves, is_subscribed, log};
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
        Some(self.root()).filter(|root| root.subscribers.is_any())
    }

    /// Subscribes to the events of this supervisor and of all below it.
    pub(crate) fn subscribe(self: &Arc<Self>) -> Events {
        let subscribe = || self.root().subscribers.subscribe(self.path());
        if let Some(seen) = Moves::so_far() {
            let events = subscribe();
            if seen.are_all() {
                return events;
            }
        }
        // The tree may have become a part of another one meanwhile, or a tree of its own.
        let _adopting = adopting();
        subscribe()
    }

    /// Publishes an event at this path to subscribers and the log; the path is built only if there
    /// is a subscription or a reader of the log. The circumstances decide on the line in the log.
    pub(crate) fn announce(
        self: &Arc<Self>,
        path: impl Fn() -> ChildPath,
        kind: &EventKind,
        circumstances: Circumstances,
    ) {
        let is_logged = log::is_read();
        if !is_logged && !is_subscribed() {
            return;
        }
        let seen = Moves::so_far();
        let root = self.subscribed_root();
        let is_alone = root.is_none() && seen.is_some_and(Moves::are_all);
        if is_alone && !is_logged {
            return;
        }
        let at = path();
        if is_logged {
            // A program may have several roots, and a root's path is `/`: log the root's name.
            let name = if at.is_root() { self.label() } else { at.to_string() };
            log::event(&name, kind, circumstances);
        }
        if is_alone {
            return;
        }
        let published = root.zip(seen).and_then(|(root, seen)| {
            // `None` if the root or the path may have changed while they were looked up.
            root.subscribers.publish(&at, kind, seen)
        });
        let wakers = published.unwrap_or_else(|| {
            let _adopting = adopting();
            let (root, seen) = (self.root(), Moves::so_far());
            seen.and_then(|seen| root.subscribers.publish(&path(), kind, seen)).unwrap_or_default()
        });
        wake_each(wakers);
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
