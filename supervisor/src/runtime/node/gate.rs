//! The gate in front of a supervisor that runs only while it holds a lease.

use std::sync::Arc;
use std::time::Duration;

use super::{Body, Node};
use crate::life::gate::Gate;
use crate::spec::ChildState;

impl Node {
    /// Puts a supervisor that is being built behind this gate.
    pub(crate) fn set_gate(&self, gate: Arc<Gate>) {
        let old = self.lock().gate.replace(gate);
        drop(old);
    }

    /// Returns the supervisor's own gate.
    pub(crate) fn own_gate(&self) -> Option<Arc<Gate>> {
        self.lock().gate.clone()
    }

    /// Notes that a child of this supervisor, which is being built, keeps the lease of this gate.
    pub(crate) fn set_kept_lease(&self, gate: Arc<Gate>) {
        let old = self.lock().kept_lease.replace(gate);
        drop(old);
    }

    /// Returns the gate of the lease that a child of this supervisor keeps, if one does.
    pub(super) fn kept_lease(&self) -> Option<Arc<Gate>> {
        self.lock().kept_lease.clone()
    }

    /// Returns the longest time that a life may go on after it is aborted, of this supervisor's and of
    /// all declared below it.
    pub(crate) fn longest_kill_grace(&self) -> Duration {
        let mut longest = self.rules().kill_grace;
        let mut pending = vec![self.declared()];
        while let Some(declared) = pending.pop() {
            for child in declared.iter() {
                if let Body::Supervisor { node, .. } = &child.body {
                    longest = longest.max(node.rules().kill_grace);
                    pending.push(node.declared());
                }
            }
        }
        longest
    }

    /// Returns the rule that is broken if this supervisor, or one that is declared below it, already
    /// runs when it is put behind a gate.
    pub(crate) fn runs_without_gate(self: &Arc<Self>) -> Option<String> {
        let mut pending = vec![Arc::clone(self)];
        while let Some(node) = pending.pop() {
            if !node.lock().is_built() {
                let rule = "a supervisor that runs already cannot be put below a lease: its children \
                            have started without it";
                return Some(rule.to_owned());
            }
            for child in node.declared().iter() {
                if let Body::Supervisor { node, .. } = &child.body {
                    pending.push(Arc::clone(node));
                }
            }
        }
        None
    }

    /// Shows all children declared below this supervisor as waiting for a lease.
    pub(in crate::runtime) fn stand_by(&self) {
        let mut pending = vec![self.declared()];
        while let Some(declared) = pending.pop() {
            for child in declared.iter() {
                child.body.slot().core().mark_down(ChildState::Standby);
                if let Body::Supervisor { node, .. } = &child.body {
                    pending.push(node.declared());
                }
            }
        }
    }

    /// Returns the rule that the declaration breaks, if it breaks one.
    pub(crate) fn fault(&self) -> Option<String> {
        self.lock().fault.as_ref().map(ToString::to_string)
    }

    /// Returns the gate in front of the lives of this supervisor's children: its own, or that of a
    /// supervisor above it.
    pub(in crate::runtime) fn gate(self: &Arc<Self>) -> Option<Arc<Gate>> {
        let mut node = Arc::clone(self);
        loop {
            if let Some(gate) = node.own_gate() {
                return Some(gate);
            }
            node = node.parent()?;
        }
    }
}
