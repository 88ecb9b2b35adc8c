//! The lives of a supervisor: their beginning, their end, and the callers that wait for either.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Body, Hold, Locked, Node, NodeState};
use crate::catch::{catch_panic, drop_each};
use crate::engine::{Event, Exit, Refusal};
use crate::error::SupervisorError;
use crate::inbox::{Inbox, Link, Message, Reply};
use crate::mailbox::Closing;
use crate::observe::EventKind;
use crate::runtime::reaper::Reaper;
use crate::slot::AnySlot;
use crate::spec::{ExitReason, Failure};
use crate::sync::{clock, time};

/// The answer to the start of a root.
pub(in crate::runtime) enum RootStart {
    /// A life begins, with this inbox.
    Begins(Arc<Inbox>),
    /// The life has begun, and not all children have started.
    Pending,
    /// All children have started.
    Up,
}

/// The beginning of a life under a parent.
pub(in crate::runtime) enum NestedStart {
    /// A life begins, with this inbox.
    Begins(Arc<Inbox>),
    /// The supervisor already runs as a root, and goes on as that life.
    GoesOn { is_up: bool },
    /// No life begins, and the parent has been told.
    Refused,
}

impl Node {
    /// Enters the life of a root, if the root has not been started. The waiter is completed when
    /// all children have started, and dropped if a child does not start.
    pub(in crate::runtime) fn begin_root(
        &self,
        waiter: oneshot::Sender<()>,
    ) -> Result<RootStart, SupervisorError> {
        let mut locked = self.lock();
        match &locked.state {
            NodeState::Built if locked.starts_by_itself() => {}
            NodeState::Alive { is_up: false, .. } => {
                let gone = add_waiter(&mut locked.start_waiters, waiter);
                drop(locked);
                drop_each(gone);
                return Ok(RootStart::Pending);
            }
            NodeState::Alive { is_up: true, .. } => return Ok(RootStart::Up),
            NodeState::Built | NodeState::Down { .. } | NodeState::Ended { .. } => {
                drop(locked);
                return Err(self.unavailable());
            }
        }
        if let Some(fault) = &locked.fault {
            return Err(SupervisorError::clone(fault));
        }
        check_runtime()?;
        locked.start_waiters.push(waiter);
        let inbox = self.begin_life(&mut locked);
        drop(locked);
        self.health_changed();
        Ok(RootStart::Begins(inbox))
    }

    /// Enters a life under the parent at the end of this link, to which the life's end is reported.
    pub(in crate::runtime) fn begin_nested(&self, link: &Link, generation: u64) -> NestedStart {
        let start = self.enter_nested(link, generation);
        // From now on the parent holds this supervisor, or forgets it.
        self.set_keeper(None);
        start.unwrap_or_else(|error| {
            let reason = ExitReason::Error(Failure::of_error(&error));
            self.report_end(link, generation, reason);
            NestedStart::Refused
        })
    }

    fn enter_nested(&self, link: &Link, generation: u64) -> Result<NestedStart, SupervisorError> {
        let mut locked = self.lock();
        let is_up = match locked.come_under_parent() {
            Ok(is_up) => is_up,
            Err(refusal) => {
                drop(locked);
                return Err(SupervisorError::refused(refusal, self.path(), self.path()));
            }
        };
        if is_up.is_none()
            && let Some(fault) = &locked.fault
        {
            // A supervisor whose declaration breaks a rule does not start, as at the root.
            return Err(SupervisorError::clone(fault));
        }
        locked.reports_to = Some((link.clone(), generation));
        Ok(match is_up {
            Some(is_up) => NestedStart::GoesOn { is_up },
            None => NestedStart::Begins(self.begin_life(&mut locked)),
        })
    }

    /// Makes the running life of a root a life of its slot in the parent, to which its end is
    /// reported from now on.
    ///
    /// # Errors
    ///
    /// The refusal of a supervisor that is being stopped as a root, or has ended.
    pub(in crate::runtime) fn go_on_as_child(
        &self,
        link: &Link,
        generation: u64,
    ) -> Result<(), Refusal> {
        {
            let mut locked = self.lock();
            locked.come_under_parent()?;
            locked.reports_to = Some((link.clone(), generation));
        }
        self.set_keeper(None);
        Ok(())
    }

    /// Enters the state of a life that begins, and returns its inbox.
    fn begin_life(&self, locked: &mut Locked) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(Arc::clone(&self.anchor)));
        let (since, is_up, is_orphan) = (clock::now(), false, false);
        locked.state = NodeState::Alive { inbox: Arc::clone(&inbox), since, is_up, is_orphan };
        inbox
    }

    /// Reports the end of a life to the parent.
    fn report_end(&self, link: &Link, generation: u64, reason: ExitReason) {
        if let Some(slot) = self.slot() {
            slot.end_life(generation);
        }
        link.tell(Event::Exited(link.key, generation, Exit::Returned(reason)));
    }

    /// Sends an event to the running life, if there is one.
    pub(crate) fn tell(&self, event: Event<Reply>) {
        if let Some(inbox) = self.inbox() {
            let _ = inbox.push(Message::Event(event));
        }
    }

    /// Notes that all children have started: publishes it, and answers the waiting callers and the
    /// parent.
    pub(crate) fn started(self: &Arc<Self>) {
        let (start_waiters, reports_to) = {
            let mut locked = self.lock();
            if let NodeState::Alive { is_up, .. } = &mut locked.state {
                *is_up = true;
            }
            (std::mem::take(&mut locked.start_waiters), locked.reports_to.clone())
        };
        self.health_changed();
        self.announce_own(|| EventKind::SupervisorStarted);
        complete_all(start_waiters);
        if let Some((link, generation)) = reports_to {
            link.tell(Event::Ready(link.key, generation));
        }
    }

    /// Notes the end of a life: publishes it, answers the waiting callers, and reports to the
    /// parent.
    pub(crate) fn ended(self: &Arc<Self>, reason: &ExitReason, reaper: &mut Reaper) {
        let is_final = {
            let mut locked = self.lock();
            locked.is_final_stop = locked.is_final_stop || locked.is_final();
            locked.is_final()
        };
        if is_final {
            // No parent can start the children again.
            self.close_declared(Closing::Gone, reaper);
        }
        self.announce_terminated(reason);
        let (start_waiters, end_waiters, reports_to, is_orphan) = {
            let mut locked = self.lock();
            // The parent may have ended meanwhile, on another thread, and have left the final state
            // to this supervisor.
            let is_orphan = !is_final && locked.is_final();
            let reason = reason.clone();
            locked.state = if is_final {
                NodeState::Ended { reason }
            } else {
                NodeState::Down { reason, comes_back: true }
            };
            let end_waiters =
                if is_final { std::mem::take(&mut locked.end_waiters) } else { Vec::new() };
            let start_waiters = std::mem::take(&mut locked.start_waiters);
            (start_waiters, end_waiters, locked.reports_to.take(), is_orphan)
        };
        self.health_changed();
        drop_each(start_waiters);
        complete_all(end_waiters);
        if is_orphan {
            self.end_for_good();
        }
        if let Some((link, generation)) = reports_to {
            self.report_end(&link, generation, reason.clone());
        }
    }

    /// Closes the mailbox of a child of which no life is pending, and the mailboxes of all children
    /// below it: messages come back to their senders from now on.
    pub(crate) fn close_for_good(
        self: &Arc<Self>,
        body: &Body,
        closing: Closing,
        reaper: &mut Reaper,
    ) {
        if let Some(node) = self.close_child(body, closing, reaper) {
            node.close_declared(closing, reaper);
            node.closed();
        }
    }

    /// Closes the mailbox of a child of which no life is pending. Returns the child's node if the
    /// children below it are to be closed, too.
    #[inline]
    fn close_child(
        self: &Arc<Self>,
        body: &Body,
        closing: Closing,
        reaper: &mut Reaper,
    ) -> Option<Arc<Self>> {
        let slot = body.slot();
        let core = slot.core();
        core.mark_stopped();
        if let Some((count, leftovers)) = slot.close_mailbox(closing) {
            if count > 0 {
                self.announce_leftovers(core, count);
            }
            reaper.take(leftovers);
        }
        if core.close() {
            self.announce_child_ended(core);
        }
        let Body::Supervisor { node, .. } = body else { return None };
        self.close_nested(node, &**slot, closing, reaper)
    }

    /// Closes a nested supervisor, as [`close_child`](Self::close_child) does, except for its slot.
    fn close_nested(
        &self,
        node: &Arc<Self>,
        slot: &dyn AnySlot,
        closing: Closing,
        reaper: &mut Reaper,
    ) -> Option<Arc<Self>> {
        if closing == Closing::Gone {
            if let Some(handle) = self.take_tree_handle(slot.core().name()) {
                reaper.take(handle);
            }
            if !node.end_as_orphan() {
                node.tell(Event::NoReturn);
                node.tell(Event::Stop);
                return None;
            }
            // Later subscriptions are made at this node, since its root is gone, and end at once.
            node.subscribers.finish();
        }
        Some(Arc::clone(node))
    }

    /// Notes that all below this supervisor is closed, and that no life follows for now.
    fn closed(&self) {
        let end_waiters = {
            let mut locked = self.lock();
            if let NodeState::Down { comes_back, .. } = &mut locked.state {
                *comes_back = false;
            }
            std::mem::take(&mut locked.end_waiters)
        };
        complete_all(end_waiters);
    }

    /// Enters the final state, since the parent is gone for good. Returns `false` if this
    /// supervisor still runs: it then enters the final state at its own end.
    fn end_as_orphan(&self) -> bool {
        let mut locked = self.lock();
        let reason = match &mut locked.state {
            NodeState::Down { reason, .. } | NodeState::Ended { reason } => reason.clone(),
            NodeState::Built => ExitReason::Shutdown,
            // The parent is gone before its child: its runtime is gone, or the parent never
            // started.
            NodeState::Alive { is_orphan, .. } => {
                *is_orphan = true;
                return false;
            }
        };
        locked.state = NodeState::Ended { reason };
        true
    }

    /// Closes the mailboxes of all declared children, and of all children below them. A loop and
    /// not a recursion, since a tree can be deep.
    fn close_declared(self: &Arc<Self>, closing: Closing, reaper: &mut Reaper) {
        // The supervisors whose children are being closed, each with its next child.
        let mut open = vec![(Arc::clone(self), self.declared(), 0)];
        while let Some((node, declared, next)) = open.last_mut() {
            if let Some(child) = declared.get(*next) {
                *next += 1;
                if let Some(below) = node.close_child(&child.body, closing, reaper) {
                    let declared = below.declared();
                    open.push((below, declared, 0));
                }
                continue;
            }
            let closed = open.pop();
            if let Some((node, ..)) = closed.filter(|_| !open.is_empty()) {
                node.closed();
            }
        }
    }

    /// Returns a receiver that completes when the supervisor has ended and will not be started
    /// again; `None` if it has ended so already.
    pub(crate) fn end(&self) -> Option<oneshot::Receiver<()>> {
        let mut locked = self.lock();
        match locked.state {
            NodeState::Down { comes_back: false, .. } | NodeState::Ended { .. } => return None,
            NodeState::Built | NodeState::Alive { .. } | NodeState::Down { .. } => {}
        }
        let (sender, receiver) = oneshot::channel();
        let gone = add_waiter(&mut locked.end_waiters, sender);
        drop(locked);
        drop_each(gone);
        Some(receiver)
    }

    /// Enters the final state of a supervisor that is down, since no parent can start it again.
    pub(crate) fn end_for_good(self: &Arc<Self>) {
        let end_waiters = {
            let mut locked = self.lock();
            if let NodeState::Down { reason, .. } = &locked.state {
                locked.state = NodeState::Ended { reason: reason.clone() };
            }
            std::mem::take(&mut locked.end_waiters)
        };
        self.close_declared(Closing::Gone, &mut Reaper::default());
        self.health_changed();
        self.subscribers.finish();
        complete_all(end_waiters);
    }
}

impl Locked {
    /// Returns `true` if the supervisor was, or is, a life of its slot in its parent.
    pub(super) fn is_held(&self) -> bool {
        self.parent.as_ref().is_some_and(|parent| parent.hold == Hold::Held)
    }

    /// Makes the supervisor a life of its slot in its parent. Returns whether the life that runs
    /// already is up; `None` if no life runs.
    ///
    /// # Errors
    ///
    /// The refusal of a supervisor that is being stopped as a root, or has ended.
    fn come_under_parent(&mut self) -> Result<Option<bool>, Refusal> {
        let is_up = match &self.state {
            NodeState::Ended { reason } => {
                return Err(Refusal::ChildEnded(Box::new(reason.clone())));
            }
            _ if self.is_final_stop && !self.is_held() => return Err(Refusal::ChildShuttingDown),
            NodeState::Alive { is_up, .. } => Some(*is_up),
            NodeState::Built | NodeState::Down { .. } => None,
        };
        if let Some(parent) = &mut self.parent {
            parent.hold = Hold::Held;
        }
        Ok(is_up)
    }

    /// Returns `true` if somebody has asked for the stop of this supervisor as a root.
    pub(super) fn was_asked_to_stop(&self) -> bool {
        self.is_final_stop && !self.is_held()
    }

    pub(super) fn is_built(&self) -> bool {
        matches!(self.state, NodeState::Built)
    }

    /// Returns `true` if the supervisor starts at a call of its own, and not with its parent.
    pub(super) fn starts_by_itself(&self) -> bool {
        self.parent.as_ref().is_none_or(|parent| parent.hold == Hold::Asked)
    }

    /// Returns `true` if no parent can start this supervisor again.
    fn is_final(&self) -> bool {
        !self.is_held() || matches!(self.state, NodeState::Alive { is_orphan: true, .. })
    }
}

/// Adds a caller that waits. Where the list would grow, returns those that have given up, to be
/// dropped without the lock; so a caller that waits in vain for a long time, again and again, leaves
/// nothing behind.
fn add_waiter(
    waiters: &mut Vec<oneshot::Sender<()>>,
    waiter: oneshot::Sender<()>,
) -> Vec<oneshot::Sender<()>> {
    let mut gone = Vec::new();
    if waiters.len() == waiters.capacity() {
        gone.extend(waiters.extract_if(.., |waiter| waiter.is_closed()));
        // Room for as many as there are: then the next search is that far away.
        waiters.reserve(waiters.len() + 1);
    }
    waiters.push(waiter);
    gone
}

/// Completes the receivers of all waiting callers, whose wakers are foreign code.
fn complete_all(waiters: Vec<oneshot::Sender<()>>) {
    for waiter in waiters {
        catch_panic(|| waiter.send(()));
    }
}

/// Returns an error on a thread that cannot spawn tasks and set timers.
fn check_runtime() -> Result<(), SupervisorError> {
    time::try_sleep(Duration::ZERO).map(drop).ok_or(SupervisorError::NoRuntime)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::SupervisorRules;
    use crate::spec::{AutoShutdown, MaxRestarts, SupervisionStrategy};

    #[tokio::test]
    async fn callers_of_a_long_start_that_have_given_up_are_not_kept() {
        let rules = SupervisorRules {
            strategy: SupervisionStrategy::OneForOne,
            order: crate::spec::Order::Declaration,
            max_restarts: MaxRestarts::AtMost(0),
            restart_window: Duration::ZERO,
            auto_shutdown: AutoShutdown::Never,
            max_children: None,
            kill_grace: Duration::ZERO,
            template: None,
        };
        let node = Node::new(None, rules, None, 0);
        let begun = node.begin_root(oneshot::channel().0);
        assert!(matches!(begun, Ok(RootStart::Begins(_))));
        for _ in 0..10_000 {
            let begun = node.begin_root(oneshot::channel().0);
            assert!(matches!(begun, Ok(RootStart::Pending)));
        }
        let capacity = node.lock().start_waiters.capacity();
        assert!(capacity < 100, "{capacity} for no caller");
    }

    #[test]
    fn callers_that_have_given_up_are_not_kept() {
        let (mut waiters, mut kept) = (Vec::new(), Vec::new());
        for number in 0..10_000 {
            let (waiter, receiver) = oneshot::channel();
            drop(add_waiter(&mut waiters, waiter));
            if number % 1000 == 0 {
                kept.push(receiver);
            }
        }
        assert!(waiters.capacity() < 100, "{} for {} callers", waiters.capacity(), kept.len());
        complete_all(waiters);
        for mut receiver in kept {
            assert_eq!(receiver.try_recv(), Ok(()));
        }
    }
}
