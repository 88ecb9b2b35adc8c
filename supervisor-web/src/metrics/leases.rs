//! The metrics of leases.

use supervisor::info::{LeaseState, LeaseStatus};

use super::SupervisorFigures;
use super::text::{Text, total};

/// Writes the leases that the children of these supervisors need; nothing if there are none.
pub(super) fn write_leases(text: &mut Text, supervisors: &[SupervisorFigures]) {
    let leases: Vec<(&str, &LeaseStatus)> = supervisors
        .iter()
        .filter_map(|at| Some((at.path.as_str(), at.part.lease.as_deref()?)))
        .collect();
    if leases.is_empty() {
        return;
    }
    let mut each = |name, kind, help, value: &dyn Fn(&LeaseStatus) -> Option<f64>| {
        let mut family = text.family(name, kind, help);
        for (path, lease) in &leases {
            if let Some(value) = value(lease) {
                family.sample(&[("supervisor", path), ("lease", &lease.lease)], value);
            }
        }
    };
    each(
        "supervisor_lease_held",
        "gauge",
        "Whether this replica holds a lease, so that its children may run here.",
        &|lease| Some(if lease.state == LeaseState::Leading { 1.0 } else { 0.0 }),
    );
    each(
        "supervisor_lease_fence",
        "gauge",
        "Number of the last acquisition of a lease by this replica; absent before the first.",
        &|lease| lease.fence.map(total),
    );
    each(
        "supervisor_lease_left_seconds",
        "gauge",
        "Time after which the children run no more unless the lease is renewed; absent on standby.",
        &|lease| lease.left.map(|left| left.as_secs_f64()),
    );
    each(
        "supervisor_lease_acquisitions_total",
        "counter",
        "Acquisitions of a lease by this replica.",
        &|lease| Some(total(lease.acquisitions)),
    );
    each(
        "supervisor_lease_losses_total",
        "counter",
        "Leases that were lost, or not renewed in time, while this replica held them.",
        &|lease| Some(total(lease.losses)),
    );
}
