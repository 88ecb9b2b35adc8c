//! The decisions about one lease: when to acquire, renew and release it, when its children run, and
//! when they have to be stopped. A state machine without I/O, and without a clock of its own.
//!
//! # Invariants
//!
//! 1. The children run only between [`Action::Open`] and the end that follows [`Action::Shut`].
//! 2. The deadline is counted from the moment *before* a request was sent: the engine cannot have
//!    counted the lease's time from an earlier one.
//! 3. The lease is released only after the children have ended.
//! 4. A lease that is lost stays lost: the children run again only under a new acquisition, with a
//!    new holder and a higher fence.
//! 5. One request is under way at a time. One that is not answered within the lease's time counts as
//!    failed; what it may have done all the same is undone before the next acquisition.

use std::time::Duration;

use super::terms::Terms;

/// The answer to a request, or something else that has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The lease was acquired, with this fence.
    Acquired(u64),
    /// Another holder has the lease, for this long at most if the engine knows.
    Held(Option<Duration>),
    /// The lease was renewed.
    Renewed,
    /// The lease belongs to another holder, or to none.
    Lost,
    /// The lease was released, or was not held any more.
    Released,
    /// The request has failed. It may have been carried out all the same.
    Failed,
    /// All children have ended.
    Ended,
    /// The lease is wanted no more.
    Stop,
    /// The lease may be free.
    Free,
    /// This replica may acquire and hold the lease, or it may not: another one is to have it.
    Permit(bool),
}

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Ask for the lease, in the name of a new holder.
    Acquire,
    /// Renew the lease of the present holder.
    Renew,
    /// Give up the lease of the present holder.
    Release,
    /// Start the children, with this fence.
    Open(u64),
    /// Stop the children in order.
    Shut(Cause),
    /// Stop the children at once.
    Kill,
    /// Nothing is left to be done.
    Over,
}

/// The reason why the children are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The lease could not be renewed in time.
    NotRenewed,
    /// The engine says that the lease belongs to another holder, or to none.
    Taken,
    /// The lease is wanted no more, or not in this replica.
    Asked,
}

/// A request whose answer is awaited.
#[derive(Clone, Copy, Debug)]
struct Request {
    kind: Kind,
    /// The moment before the request was sent.
    sent: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Acquire,
    Renew,
    Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No lease, and no child runs.
    Standby,
    /// The lease is held, and the children are to be started.
    Acquired(u64),
    /// The children run.
    Leading,
    /// The children are being stopped.
    Stopping { killed: bool },
    /// No child runs, and the lease is to be released.
    Releasing,
    /// Nothing is left to be done.
    Over { told: bool },
}

/// The place where the lease is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// In this replica.
    Here,
    /// In another replica, for now.
    Elsewhere,
    /// In this replica no more.
    NoMore,
}

/// The state of one lease, from the point of view of one replica. Moments are readings of the
/// replica's clock.
#[derive(Debug)]
pub(super) struct Machine {
    terms: Terms,
    phase: Phase,
    request: Option<Request>,
    /// The moment until which the lease holds for certain; `None` without one, and once it is lost.
    deadline: Option<Duration>,
    /// The moment of the next request: an acquisition on standby, else a renewal.
    next: Duration,
    /// Set while the present holder may have the lease although no answer says so.
    unsure: bool,
    wish: Wish,
    /// The fence of the last acquisition.
    fence: u64,
    /// The moment before which no attempt to acquire the lease is made, whatever the news.
    not_before: Duration,
    /// Set if there was news since the last request that the lease may be free.
    may_be_free: bool,
}

/// The time between two attempts to acquire the lease, at least.
const PAUSE: Duration = Duration::from_millis(20);

/// The time for which another holder's lease lasts longer than the engine says, so that the next
/// attempt does not come a moment too early.
const BEYOND: Duration = Duration::from_millis(5);

impl Machine {
    pub(super) fn new(terms: Terms, now: Duration) -> Self {
        Self {
            terms,
            phase: Phase::Standby,
            request: None,
            deadline: None,
            next: now,
            unsure: false,
            wish: Wish::Here,
            fence: 0,
            not_before: now,
            may_be_free: false,
        }
    }

    /// Returns the moment until which the lease holds for certain.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Returns `true` while no child runs and the lease is wanted: news that it may be free matter.
    pub(super) fn is_on_standby(&self) -> bool {
        self.phase == Phase::Standby && self.wish == Wish::Here
    }

    /// Returns the moment at which [`Self::act`] has to be called again, if nothing happens before.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        let request = match self.request {
            Some(Request { sent, .. }) => Some(sent + self.terms.patience()),
            None if self.phase == Phase::Standby && self.wish == Wish::Elsewhere => None,
            None if self.may_renew() || self.phase == Phase::Standby => Some(self.next),
            None => None,
        };
        let left = match self.phase {
            Phase::Leading => self.terms.time_to_stop(),
            Phase::Stopping { killed: false } => self.terms.time_to_kill(),
            _ => return request,
        };
        let deadline = self.deadline.map(|at| at.saturating_sub(left));
        request.into_iter().chain(deadline).min()
    }

    /// Takes note of what has happened.
    pub(super) fn on(&mut self, now: Duration, input: Input) {
        match input {
            Input::Stop => self.wish = Wish::NoMore,
            Input::Free => self.hurry(now),
            Input::Permit(_) if self.wish == Wish::NoMore => {}
            Input::Permit(true) => {
                self.wish = Wish::Here;
                self.hurry(now);
            }
            Input::Permit(false) => self.wish = Wish::Elsewhere,
            Input::Ended => self.ended(now),
            answer => {
                if let Some(Request { kind, sent }) = self.request.take() {
                    self.answered(now, kind, sent, answer);
                }
            }
        }
    }

    /// Returns the next thing to do at this moment. A request counts as sent at this moment, so the
    /// clock has to be read before it is sent.
    pub(super) fn act(&mut self, now: Duration) -> Option<Action> {
        if let Some(Request { kind, sent }) = self.request
            && now >= sent + self.terms.patience()
        {
            self.request = None;
            self.answered(now, kind, sent, Input::Failed);
        }
        match self.phase {
            Phase::Acquired(fence) => {
                self.phase = Phase::Leading;
                return Some(Action::Open(fence));
            }
            Phase::Leading => {
                if let Some(cause) = self.cause_to_stop(now) {
                    self.phase = Phase::Stopping { killed: false };
                    return Some(Action::Shut(cause));
                }
            }
            Phase::Stopping { killed: false } if self.is_within(now, self.terms.time_to_kill()) => {
                self.phase = Phase::Stopping { killed: true };
                return Some(Action::Kill);
            }
            Phase::Over { told: false } => {
                self.phase = Phase::Over { told: true };
                return Some(Action::Over);
            }
            Phase::Standby | Phase::Stopping { .. } | Phase::Releasing | Phase::Over { .. } => {}
        }
        self.next_request(now)
    }

    fn next_request(&mut self, now: Duration) -> Option<Action> {
        if self.request.is_some() {
            return None;
        }
        let kind = match self.phase {
            Phase::Releasing => Kind::Release,
            Phase::Standby if self.wish == Wish::NoMore && !self.unsure => {
                self.phase = Phase::Over { told: true };
                return Some(Action::Over);
            }
            // What the present holder may have would keep the next one out.
            Phase::Standby if self.unsure && (self.wish != Wish::Here || now >= self.next) => {
                Kind::Release
            }
            Phase::Standby if self.wish == Wish::Elsewhere => return None,
            Phase::Standby if now >= self.next => Kind::Acquire,
            Phase::Leading | Phase::Stopping { .. } if self.may_renew() && now >= self.next => {
                Kind::Renew
            }
            _ => return None,
        };
        self.request = Some(Request { kind, sent: now });
        self.not_before = now + PAUSE;
        self.may_be_free = false;
        Some(match kind {
            Kind::Acquire => Action::Acquire,
            Kind::Renew => Action::Renew,
            Kind::Release => Action::Release,
        })
    }

    /// Returns `true` if the lease is held, so that it can be renewed, also during the stop.
    fn may_renew(&self) -> bool {
        self.deadline.is_some() && matches!(self.phase, Phase::Leading | Phase::Stopping { .. })
    }

    fn cause_to_stop(&self, now: Duration) -> Option<Cause> {
        if self.deadline.is_none() {
            Some(Cause::Taken)
        } else if self.is_within(now, self.terms.time_to_stop()) {
            Some(Cause::NotRenewed)
        } else if self.wish != Wish::Here {
            Some(Cause::Asked)
        } else {
            None
        }
    }

    /// Returns `true` if the deadline is this near, or the lease is lost.
    fn is_within(&self, now: Duration, left: Duration) -> bool {
        self.deadline.is_none_or(|at| now >= at.saturating_sub(left))
    }

    fn answered(&mut self, now: Duration, kind: Kind, sent: Duration, answer: Input) {
        match kind {
            Kind::Acquire => self.acquisition_answered(now, sent, answer),
            Kind::Renew => self.renewal_answered(now, sent, answer),
            Kind::Release => {
                // A lease whose release has failed ends by itself.
                self.unsure = false;
                self.deadline = None;
                match self.phase {
                    Phase::Releasing => self.stand_by(now + self.terms.renew()),
                    // A replica that hears no answers must not keep out those that do.
                    _ => self.next = now + self.terms.retry(),
                }
            }
        }
    }

    fn acquisition_answered(&mut self, now: Duration, sent: Duration, answer: Input) {
        match answer {
            Input::Acquired(fence) => {
                self.deadline = Some(sent + self.terms.validity());
                // An answer may come so late that the time left is not worth a start; and a fence
                // that does not grow protects nothing.
                let is_late = self.is_within(now, self.terms.time_to_stop());
                let is_usable = !is_late && self.wish == Wish::Here && fence > self.fence;
                self.fence = self.fence.max(fence);
                self.next = sent + self.terms.renew();
                self.phase = if is_usable { Phase::Acquired(fence) } else { Phase::Releasing };
            }
            Input::Held(left) => {
                let retry = self.terms.renew();
                self.next = now + left.map_or(retry, |left| retry.min(left + BEYOND));
                if self.may_be_free {
                    self.hurry(now);
                }
            }
            _ => {
                self.unsure = true;
                self.next = now + self.terms.retry();
            }
        }
    }

    fn renewal_answered(&mut self, now: Duration, sent: Duration, answer: Input) {
        // The children may have ended meanwhile, and the lease is to be released; what is lost stays
        // lost.
        let Some(deadline) = self.deadline else { return };
        match answer {
            Input::Renewed => {
                self.deadline = Some(deadline.max(sent + self.terms.validity()));
                self.next = sent + self.terms.renew();
            }
            Input::Lost => self.deadline = None,
            _ => self.next = now + self.terms.retry(),
        }
    }

    fn ended(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Stopping { .. }) {
            return;
        }
        if self.deadline.is_some() {
            self.phase = Phase::Releasing;
        } else {
            self.stand_by(now + self.terms.retry());
        }
    }

    fn stand_by(&mut self, next: Duration) {
        self.phase = if self.wish == Wish::NoMore && !self.unsure {
            Phase::Over { told: false }
        } else {
            Phase::Standby
        };
        self.next = next;
    }

    /// Makes the next attempt to acquire the lease come now.
    fn hurry(&mut self, now: Duration) {
        if self.phase == Phase::Standby {
            self.may_be_free = true;
            self.next = self.next.min(self.not_before.max(now));
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests;
