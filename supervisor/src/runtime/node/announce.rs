//! Publishes events to the subscribers of the tree, and to the log.

use std::sync::Arc;

use super::Node;
use super::adoption::adopting;
use crate::catch::wake_each;
use crate::observe::{Circumstances, EventKind, Events, Moves, is_subscribed, log};
use crate::slot::SlotCore;
use crate::spec::{ChildPath, ExitReason};

/// The subscribers that an event of a supervisor may have.
enum Audience {
    Nobody,
    /// Those of this root, unless trees have been joined or separated since.
    Of(Arc<Node>, Moves),
    /// A tree is being joined or separated, perhaps this one.
    Moves,
}

impl Node {
    /// Returns `true` if there may be a subscription to the tree, or a reader of the log.
    pub(crate) fn is_observed(self: &Arc<Self>) -> bool {
        // While there are no subscribers to any tree, this costs two loads.
        is_subscribed() && !matches!(self.audience(), Audience::Nobody) || log::is_read()
    }

    /// Looks for subscribers to the tree.
    fn audience(self: &Arc<Self>) -> Audience {
        if !is_subscribed() {
            return Audience::Nobody;
        }
        let Some(seen) = Moves::so_far() else { return Audience::Moves };
        let root = self.root();
        if root.subscribers.is_any() {
            Audience::Of(root, seen)
        } else if seen.are_all() {
            Audience::Nobody
        } else {
            Audience::Moves
        }
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
        let audience = self.audience();
        let is_unheard = matches!(audience, Audience::Nobody);
        if is_unheard && !log::is_read() {
            return;
        }
        let at = path();
        // A program may have several roots, and a root's path is `/`: log the root's name instead.
        let name = if at.is_root() { self.label() } else { at.to_string() };
        log::event(&name, kind, circumstances);
        if is_unheard {
            return;
        }
        let published = match audience {
            Audience::Of(root, seen) => root.subscribers.publish(&at, kind, seen),
            Audience::Nobody | Audience::Moves => None,
        };
        // The root or the path may have changed while they were looked up.
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
