//! The history of a lease in this replica, for its status. Nothing is decided by it.

use std::time::Duration;

use super::{moment, nanos};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The acquisitions and losses of a lease. Moments are readings of the gate's clock.
pub(super) struct History {
    leads: AtomicBool,
    /// The moment of the last change of `leads`, or of the last stop of the children.
    since: AtomicU64,
    acquisitions: AtomicU64,
    losses: AtomicU64,
    /// The moment of the last loss; 0 before the first.
    lost_at: AtomicU64,
}

impl History {
    /// Begins on standby.
    pub(super) fn new(now: Duration) -> Self {
        Self {
            leads: AtomicBool::new(false),
            since: AtomicU64::new(nanos(now)),
            acquisitions: AtomicU64::new(0),
            losses: AtomicU64::new(0),
            lost_at: AtomicU64::new(0),
        }
    }

    pub(super) fn acquired(&self, now: Duration) {
        self.acquisitions.fetch_add(1, Ordering::SeqCst);
        self.change(true, now);
    }

    pub(super) fn lost(&self, now: Duration) {
        self.losses.fetch_add(1, Ordering::SeqCst);
        self.lost_at.store(nanos(now), Ordering::SeqCst);
        self.change(false, now);
    }

    pub(super) fn stands_by(&self, now: Duration) {
        self.change(false, now);
    }

    fn change(&self, leads: bool, now: Duration) {
        self.since.store(nanos(now), Ordering::SeqCst);
        self.leads.store(leads, Ordering::SeqCst);
    }

    /// Returns `true` from an acquisition until the lease is lost or its children have ended.
    pub(super) fn leads(&self) -> bool {
        self.leads.load(Ordering::SeqCst)
    }

    pub(super) fn since(&self) -> Duration {
        moment(&self.since).unwrap_or_default()
    }

    pub(super) fn acquisitions(&self) -> u64 {
        self.acquisitions.load(Ordering::SeqCst)
    }

    pub(super) fn losses(&self) -> u64 {
        self.losses.load(Ordering::SeqCst)
    }

    pub(super) fn lost_at(&self) -> Option<Duration> {
        moment(&self.lost_at)
    }
}
