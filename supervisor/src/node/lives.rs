//! The lives of a supervisor: how one begins, what its end means, and for whom.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Node, Phase};
use crate::child_spec::Body;
use crate::driver::{self, Link, Message, Reply, Seat};
use crate::engine::{Event, Exit};
use crate::error::SupervisorError;
use crate::exit::{ExitReason, Failure};
use crate::inbox::Inbox;
use crate::mailbox::Closing;
use crate::reaper::Reaper;

impl Node {
    /// Starts a life of its own, if it has not been started; the receiver hears when all its
    /// children have started, or is dropped when that fails.
    pub(crate) fn start_root(
        self: &Arc<Self>,
    ) -> Result<Option<oneshot::Receiver<()>>, SupervisorError> {
        let (told, hears) = oneshot::channel();
        let inbox = Arc::new(Inbox::new(self));
        {
            let mut place = self.lock();
            match &place.phase {
                Phase::Built if place.parent.is_none() => {}
                Phase::Starting { .. } => {
                    place.starting.push(told);
                    return Ok(Some(hears));
                }
                Phase::Running { .. } => return Ok(None),
                Phase::Built | Phase::Down(_) | Phase::Ended(_) => {
                    drop(place);
                    return Err(self.unavailable());
                }
            }
            if let Some(fault) = &place.broken {
                return Err(SupervisorError::clone(fault));
            }
            check_runtime()?;
            place.starting.push(told);
            place.phase = Phase::Starting { inbox: Arc::clone(&inbox), since: Instant::now() };
        }
        crate::current::install_panic_hook();
        driver::spawn(Arc::clone(self), inbox);
        Ok(Some(hears))
    }

    /// Starts a life under the parent, which hears of its end. One that runs already, as its
    /// own root until now, goes on as that life.
    pub(crate) fn launch(self: &Arc<Self>, link: Link, generation: u64) {
        if let Some(is_up) = self.go_on_below(&link, generation) {
            if is_up {
                link.tell(Event::Ready(link.key, generation));
            }
            return;
        }
        // Its parent keeps it now.
        self.hold(None);
        let fault = self.lock().broken.clone();
        if let Some(fault) = fault {
            // A declaration that breaks a rule fails to start, as it would at the root.
            let reason = ExitReason::Error(Failure::of_error(&*fault));
            if let Some(slot) = self.slot() {
                slot.end_life(generation);
            }
            return link.tell(Event::Exited(link.key, generation, Exit::Returned(reason)));
        }
        let inbox = Arc::new(Inbox::new(self));
        {
            let mut place = self.lock();
            place.reports_to = Some((link, generation));
            place.retired = false;
            place.phase = Phase::Starting { inbox: Arc::clone(&inbox), since: Instant::now() };
        }
        driver::spawn(Arc::clone(self), inbox);
    }

    /// Whether it runs, and so will report to this parent; and if so, whether it is up.
    fn go_on_below(&self, link: &Link, generation: u64) -> Option<bool> {
        let mut place = self.lock();
        let is_up = match &place.phase {
            Phase::Starting { .. } => false,
            Phase::Running { .. } => true,
            _ => return None,
        };
        place.reports_to = Some((link.clone(), generation));
        Some(is_up)
    }

    /// The end of the running life is told to this parent from now on.
    pub(crate) fn report_to(&self, link: &Link, generation: u64) {
        self.hold(None);
        let ended = {
            let mut place = self.lock();
            match &place.phase {
                Phase::Down(reason) | Phase::Ended(reason) => Some(reason.clone()),
                _ => {
                    place.reports_to = Some((link.clone(), generation));
                    None
                }
            }
        };
        if let Some(reason) = ended {
            if let Some(slot) = self.slot() {
                slot.end_life(generation);
            }
            link.tell(Event::Exited(link.key, generation, Exit::Returned(reason)));
        }
    }

    /// Tells the running life.
    pub(crate) fn tell(&self, event: Event<Seat, Reply>) {
        if let Phase::Starting { inbox, .. } | Phase::Running { inbox, .. } = self.phase() {
            let _ = inbox.push(Message::Event(event));
        }
    }

    /// All children have started.
    pub(crate) fn started(self: &Arc<Self>) {
        let (starting, reports_to) = {
            let mut place = self.lock();
            if let Phase::Starting { inbox, since } = &place.phase {
                place.phase = Phase::Running { inbox: Arc::clone(inbox), since: *since };
            }
            (std::mem::take(&mut place.starting), place.reports_to.clone())
        };
        crate::journal::supervisor_started(self);
        for told in starting {
            let _ = told.send(());
        }
        if let Some((link, generation)) = reports_to {
            link.tell(Event::Ready(link.key, generation));
        }
    }

    /// A life has ended, and everything below it.
    pub(crate) fn ended(self: &Arc<Self>, reason: &ExitReason, reaper: &mut Reaper) {
        let supervised = self.is_supervised() && !self.lock().orphaned;
        if !supervised {
            // There is nobody above who could start its children again.
            self.close_declared(Closing::Gone, reaper);
        }
        crate::journal::supervisor_terminated(self, reason);
        let (starting, waiting, reports_to, orphaned) = {
            let mut place = self.lock();
            let waiting = if supervised {
                place.phase = Phase::Down(reason.clone());
                Vec::new()
            } else {
                place.phase = Phase::Ended(reason.clone());
                std::mem::take(&mut place.waiting)
            };
            (
                std::mem::take(&mut place.starting),
                waiting,
                place.reports_to.take(),
                supervised && place.orphaned,
            )
        };
        drop(starting);
        for told in waiting {
            let _ = told.send(());
        }
        if orphaned {
            // Its parent, which ended at the same time on another thread, has found it running.
            self.bury();
        }
        if let Some((link, generation)) = reports_to {
            if let Some(slot) = self.slot() {
                slot.end_life(generation);
            }
            link.tell(Event::Exited(link.key, generation, Exit::Returned(reason.clone())));
        }
    }

    /// Sends back what is sent to a child, and to all below it, from now on.
    pub(crate) fn retire(self: &Arc<Self>, body: &Body, closing: Closing, reaper: &mut Reaper) {
        let slot = body.slot();
        slot.core().lie_down();
        if let Some((count, leftovers)) = slot.close(closing) {
            if count > 0 {
                crate::journal::messages_left(self, slot.core(), count);
            }
            reaper.take(leftovers);
        }
        if let Body::Supervisor { node, .. } = body {
            if closing == Closing::Gone {
                if let Some(handle) = self.let_go_of(slot.core().name()) {
                    reaper.take(handle);
                }
                let mut place = node.lock();
                let reason = match &place.phase {
                    Phase::Down(reason) | Phase::Ended(reason) => reason.clone(),
                    Phase::Built => ExitReason::Shutdown,
                    // Its parent is gone before it: with its runtime, or without ever starting.
                    Phase::Starting { .. } | Phase::Running { .. } => {
                        place.orphaned = true;
                        drop(place);
                        return node.tell(Event::Stop);
                    }
                };
                place.phase = Phase::Ended(reason);
                drop(place);
                // For those who subscribe to it when there is no root any more.
                node.hub.finish();
            }
            node.close_declared(closing, reaper);
            let waiting = {
                let mut place = node.lock();
                place.retired = true;
                std::mem::take(&mut place.waiting)
            };
            for told in waiting {
                let _ = told.send(());
            }
        }
    }

    fn close_declared(self: &Arc<Self>, closing: Closing, reaper: &mut Reaper) {
        for child in self.declared().iter() {
            self.retire(&child.body, closing, reaper);
        }
    }

    /// A receiver that hears when the supervisor has ended and nobody will start it again;
    /// nothing if that is already so.
    pub(crate) fn end(&self) -> Option<oneshot::Receiver<()>> {
        let mut place = self.lock();
        let down = matches!(place.phase, Phase::Down(_)) && place.retired;
        if down || matches!(place.phase, Phase::Ended(_)) {
            return None;
        }
        let (told, hears) = oneshot::channel();
        place.waiting.push(told);
        Some(hears)
    }

    /// It is down, and nobody is left who could start it again.
    pub(crate) fn bury(self: &Arc<Self>) {
        let waiting = {
            let mut place = self.lock();
            if let Phase::Down(reason) = &place.phase {
                place.phase = Phase::Ended(reason.clone());
            }
            std::mem::take(&mut place.waiting)
        };
        self.close_declared(Closing::Gone, &mut Reaper::default());
        self.hub.finish();
        for told in waiting {
            let _ = told.send(());
        }
    }

    /// The last handle of a root is gone.
    pub(crate) fn release(self: &Arc<Self>) {
        {
            let mut place = self.lock();
            if place.parent.is_some() {
                return;
            }
            if !matches!(place.phase, Phase::Built) {
                drop(place);
                return self.tell(Event::Stop);
            }
            place.phase = Phase::Ended(ExitReason::Shutdown);
        }
        // It was never started: nothing has to be waited for.
        self.bury();
    }
}

/// Whether this thread can spawn tasks and set timers.
fn check_runtime() -> Result<(), SupervisorError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(SupervisorError::NoRuntime);
    }
    // There is no other way to ask whether the runtime has timers.
    std::panic::catch_unwind(|| drop(tokio::time::sleep(std::time::Duration::ZERO)))
        .map_err(|_| SupervisorError::NoRuntime)
}
