//! The gate in front of a supervisor that runs only while it holds a lease.

use std::sync::Arc;
use std::time::Duration;

use super::{Body, Node};
use crate::life::gate::Gate;
use crate::spec::rules::{lease_nested, lease_unbounded};
use crate::spec::{Budget, ChildState};

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

    /// Returns the rule that is broken if a child that is declared below this supervisor may take any
    /// time to stop.
    pub(crate) fn stops_without_limit(&self) -> Option<String> {
        if let Some(template) = self.template() {
            let is_endless = Budget::Unbounded.capped(template.rules.shutdown).bound().is_none();
            return is_endless
                .then(|| lease_unbounded(Some("")))
                .flatten()
                .map(|rule| rule.to_string());
        }
        self.declared().iter().find_map(|child| {
            child.body.need().capped(child.rules.shutdown).bound().is_none().then_some(())?;
            match &child.body {
                Body::Supervisor { node, .. } => node.stops_without_limit(),
                Body::Task { slot, .. } => {
                    let name = slot.core().name().to_string();
                    lease_unbounded(Some(&name)).map(|rule| rule.to_string())
                }
            }
        })
    }

    /// Returns the rule that is broken if this supervisor is put behind a gate: it, or one that is
    /// declared below it, already runs, or has a gate of its own below it.
    pub(crate) fn unfit_for_gate(self: &Arc<Self>) -> Option<String> {
        let mut pending = vec![(Arc::clone(self), String::new())];
        while let Some((node, name)) = pending.pop() {
            if !node.lock().is_built() {
                let rule = "a supervisor that runs already cannot be put below a lease: its children \
                            have started without it";
                return Some(rule.to_owned());
            }
            for child in node.declared().iter() {
                if child.body.is_gated() {
                    return lease_nested(Some(&name)).map(|rule| rule.to_string());
                }
                if let Body::Supervisor { node, slot } = &child.body {
                    pending.push((Arc::clone(node), slot.core().name().to_string()));
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
