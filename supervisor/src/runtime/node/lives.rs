//! The lives of a supervisor: how one begins, what its end means, and who hears of it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Body, Locked, Node, NodeState};
use crate::clock;
use crate::engine::{Event, Exit};
use crate::error::SupervisorError;
use crate::inbox::{Inbox, Link, Message, Reply};
use crate::life::current;
use crate::mailbox::Closing;
use crate::observe::EventKind;
use crate::runtime::{Reaper, driver};
use crate::spec::{ExitReason, Failure};

impl Node {
    /// Starts a life of its own, if the supervisor has not been started. The receiver hears when all
    /// children have started, or is dropped when that fails.
    pub(crate) fn start_root(
        self: &Arc<Self>,
    ) -> Result<Option<oneshot::Receiver<()>>, SupervisorError> {
        let (told, hears) = oneshot::channel();
        let inbox = {
            let mut locked = self.lock();
            match &locked.state {
                NodeState::Built if locked.parent.is_none() => {}
                NodeState::Alive { is_up: false, .. } => {
                    locked.starting.push(told);
                    return Ok(Some(hears));
                }
                NodeState::Alive { is_up: true, .. } => return Ok(None),
                NodeState::Built | NodeState::Down { .. } | NodeState::Ended { .. } => {
                    drop(locked);
                    return Err(self.unavailable());
                }
            }
            if let Some(fault) = &locked.fault {
                return Err(SupervisorError::clone(fault));
            }
            check_runtime()?;
            locked.starting.push(told);
            self.begin_life(&mut locked)
        };
        current::install_panic_hook();
        driver::spawn(Arc::clone(self), inbox);
        Ok(Some(hears))
    }

    /// Starts a life under the parent, which hears of its end. A supervisor that runs already, as its
    /// own root until now, goes on as that life.
    pub(crate) fn launch(self: &Arc<Self>, link: Link, generation: u64) {
        if let Some(is_up) = self.go_on_below(&link, generation) {
            if is_up {
                link.tell(Event::Ready(link.key, generation));
            }
            return;
        }
        // Its parent keeps it now.
        self.set_keeper(None);
        let fault = self.lock().fault.clone();
        if let Some(fault) = fault {
            // A declaration that breaks a rule fails to start, as it would at the root.
            return self.report_end(
                &link,
                generation,
                ExitReason::Error(Failure::of_error(&*fault)),
            );
        }
        let inbox = {
            let mut locked = self.lock();
            locked.reports_to = Some((link, generation));
            self.begin_life(&mut locked)
        };
        driver::spawn(Arc::clone(self), inbox);
    }

    /// Enters the state of a life that begins, and returns its inbox.
    fn begin_life(&self, locked: &mut Locked) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(Arc::clone(&self.anchor)));
        let (since, is_up, is_orphan) = (clock::now(), false, false);
        locked.state = NodeState::Alive { inbox: Arc::clone(&inbox), since, is_up, is_orphan };
        inbox
    }

    /// Makes a running life report to this parent, and returns whether it is up; nothing if there is
    /// no running life.
    fn go_on_below(&self, link: &Link, generation: u64) -> Option<bool> {
        let mut locked = self.lock();
        let NodeState::Alive { is_up, .. } = locked.state else { return None };
        locked.reports_to = Some((link.clone(), generation));
        Some(is_up)
    }

    /// Tells this parent of the end of the running life from now on.
    pub(crate) fn report_to(&self, link: &Link, generation: u64) {
        self.set_keeper(None);
        let ended = {
            let mut locked = self.lock();
            match &locked.state {
                NodeState::Down { reason, .. } | NodeState::Ended { reason } => {
                    Some(reason.clone())
                }
                NodeState::Built | NodeState::Alive { .. } => {
                    locked.reports_to = Some((link.clone(), generation));
                    None
                }
            }
        };
        if let Some(reason) = ended {
            self.report_end(link, generation, reason);
        }
    }

    fn report_end(&self, link: &Link, generation: u64, reason: ExitReason) {
        if let Some(slot) = self.slot() {
            slot.end_life(generation);
        }
        link.tell(Event::Exited(link.key, generation, Exit::Returned(reason)));
    }

    /// Tells the running life of an event.
    pub(crate) fn tell(&self, event: Event<Reply>) {
        if let Some(inbox) = self.inbox() {
            let _ = inbox.push(Message::Event(event));
        }
    }

    /// Tells all who wait that all children have started.
    pub(crate) fn started(self: &Arc<Self>) {
        let (starting, reports_to) = {
            let mut locked = self.lock();
            if let NodeState::Alive { is_up, .. } = &mut locked.state {
                *is_up = true;
            }
            (std::mem::take(&mut locked.starting), locked.reports_to.clone())
        };
        self.announce_own(|| EventKind::SupervisorStarted);
        tell_all(starting);
        if let Some((link, generation)) = reports_to {
            link.tell(Event::Ready(link.key, generation));
        }
    }

    /// Leaves a life that has ended, with all below it.
    pub(crate) fn ended(self: &Arc<Self>, reason: &ExitReason, reaper: &mut Reaper) {
        let is_final = self.lock().is_final();
        if is_final {
            // There is no supervisor above that could start the children again.
            self.close_declared(Closing::Gone, reaper);
        }
        self.announce_terminated(reason);
        let (starting, waiting, reports_to, is_orphan) = {
            let mut locked = self.lock();
            // Its parent, which ended at the same time on another thread, may have found it running.
            let is_orphan = !is_final && locked.is_final();
            let reason = reason.clone();
            locked.state = if is_final {
                NodeState::Ended { reason }
            } else {
                NodeState::Down { reason, comes_back: true }
            };
            let waiting = if is_final { std::mem::take(&mut locked.waiting) } else { Vec::new() };
            let starting = std::mem::take(&mut locked.starting);
            (starting, waiting, locked.reports_to.take(), is_orphan)
        };
        drop(starting);
        tell_all(waiting);
        if is_orphan {
            self.end_for_good();
        }
        if let Some((link, generation)) = reports_to {
            self.report_end(&link, generation, reason.clone());
        }
    }

    /// Closes a child that no life is pending of, and all below it: messages come back from now on.
    pub(crate) fn close_for_good(
        self: &Arc<Self>,
        body: &Body,
        closing: Closing,
        reaper: &mut Reaper,
    ) {
        let slot = body.slot();
        slot.core().mark_stopped();
        if let Some((count, leftovers)) = slot.close(closing) {
            if count > 0 {
                self.announce_leftovers(slot.core(), count);
            }
            reaper.take(leftovers);
        }
        let Body::Supervisor { node, .. } = body else { return };
        if closing == Closing::Gone {
            if let Some(handle) = self.take_tree_handle(slot.core().name()) {
                reaper.take(handle);
            }
            if !node.end_below_nobody() {
                return node.tell(Event::Stop);
            }
            // For those who subscribe to it when there is no root any more.
            node.subscribers.finish();
        }
        node.close_declared(closing, reaper);
        let waiting = {
            let mut locked = node.lock();
            if let NodeState::Down { comes_back, .. } = &mut locked.state {
                *comes_back = false;
            }
            std::mem::take(&mut locked.waiting)
        };
        tell_all(waiting);
    }

    /// Enters the final state, since the supervisor above is gone for good; `false` if this one still
    /// runs and will do so itself at its end.
    fn end_below_nobody(&self) -> bool {
        let mut locked = self.lock();
        let reason = match &mut locked.state {
            NodeState::Down { reason, .. } | NodeState::Ended { reason } => reason.clone(),
            NodeState::Built => ExitReason::Shutdown,
            // Its parent is gone before it: with its runtime, or without ever starting.
            NodeState::Alive { is_orphan, .. } => {
                *is_orphan = true;
                return false;
            }
        };
        locked.state = NodeState::Ended { reason };
        true
    }

    fn close_declared(self: &Arc<Self>, closing: Closing, reaper: &mut Reaper) {
        for child in self.declared().iter() {
            self.close_for_good(&child.body, closing, reaper);
        }
    }

    /// Returns a receiver that hears when the supervisor has ended and will not be started again;
    /// nothing if that is already so.
    pub(crate) fn end(&self) -> Option<oneshot::Receiver<()>> {
        let mut locked = self.lock();
        match locked.state {
            NodeState::Down { comes_back: false, .. } | NodeState::Ended { .. } => return None,
            NodeState::Built | NodeState::Alive { .. } | NodeState::Down { .. } => {}
        }
        let (told, hears) = oneshot::channel();
        locked.waiting.push(told);
        Some(hears)
    }

    /// Enters the final state of a supervisor that is down, since none is left that could start it
    /// again.
    pub(crate) fn end_for_good(self: &Arc<Self>) {
        let waiting = {
            let mut locked = self.lock();
            if let NodeState::Down { reason, .. } = &locked.state {
                locked.state = NodeState::Ended { reason: reason.clone() };
            }
            std::mem::take(&mut locked.waiting)
        };
        self.close_declared(Closing::Gone, &mut Reaper::default());
        self.subscribers.finish();
        tell_all(waiting);
    }

    /// Stops a root, as when its last handle is dropped.
    pub(crate) fn stop_root(self: &Arc<Self>) {
        {
            let mut locked = self.lock();
            if locked.parent.is_some() {
                return;
            }
            if !matches!(locked.state, NodeState::Built) {
                drop(locked);
                return self.tell(Event::Stop);
            }
            locked.state = NodeState::Ended { reason: ExitReason::Shutdown };
        }
        // It was never started: nothing has to be waited for.
        self.end_for_good();
    }
}

impl Locked {
    /// Returns whether no supervisor above could start this one again.
    fn is_final(&self) -> bool {
        self.parent.is_none() || matches!(self.state, NodeState::Alive { is_orphan: true, .. })
    }
}

fn tell_all(callers: Vec<oneshot::Sender<()>>) {
    for told in callers {
        let _ = told.send(());
    }
}

/// Fails on a thread that cannot spawn tasks and set timers.
fn check_runtime() -> Result<(), SupervisorError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(SupervisorError::NoRuntime);
    }
    // There is no other way to ask whether the runtime has timers.
    std::panic::catch_unwind(|| drop(tokio::time::sleep(std::time::Duration::ZERO)))
        .map_err(|_| SupervisorError::NoRuntime)
}
