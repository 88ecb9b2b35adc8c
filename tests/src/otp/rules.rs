//! Rules for scenarios: nothing that this library refuses and OTP accepts, and one supervisor that
//! acts at a time.
//!
//! OTP checks each child specification by itself. This library also refuses combinations of options
//! that contradict each other, so no scenario that is to be compared may contain one. Nor may two
//! supervisors act at the same time: no rule gives the order of their actions.

use crate::otp::scenario::{AutoShutdown, Child, Policy, Scenario, Start, Strategy, Supervisor};

/// Checks the tree, and the children that the script adds to it.
///
/// # Errors
///
/// If the scenario breaks a rule of this module.
pub fn check(scenario: &Scenario) -> Result<(), String> {
    scenario.supervisors().try_for_each(supervisor)?;
    scenario.added().try_for_each(child)?;
    let ends_at_once = |start: &Start| matches!(start, Start::Crash | Start::Finish);
    let root: *const Supervisor = &raw const scenario.tree;
    for supervisor in scenario.supervisors() {
        let is_root = std::ptr::eq(supervisor, root);
        // A pool starts its workers while no other supervisor starts a child, and so does the root
        // its children; except that a one_for_one root restarts a child while others start for the
        // first time. Any other supervisor is started by its parent, which goes on at the same
        // time.
        let checked = match supervisor.strategy {
            Strategy::SimpleOneForOne => 0,
            Strategy::OneForOne if is_root => 1,
            _ if is_root => 0,
            _ => usize::MAX,
        };
        for child in &supervisor.children {
            if child.starts.iter().take(checked).any(ends_at_once) {
                return Err(format!("`{}` may not end as soon as it has started", child.name));
            }
        }
    }
    Ok(())
}

fn supervisor(supervisor: &Supervisor) -> Result<(), String> {
    let group = matches!(supervisor.strategy, Strategy::OneForAll | Strategy::RestForOne);
    for nested in &supervisor.children {
        child(nested)?;
        if group && nested.significant && nested.policy == Policy::Temporary {
            return Err(format!("`{}`: temporary and significant in a group", nested.name));
        }
    }
    Ok(())
}

fn child(child: &Child) -> Result<(), String> {
    match &child.supervisor {
        Some(nested)
            if nested.auto_shutdown != AutoShutdown::Never && child.policy == Policy::Always =>
        {
            Err(format!("`{}` shuts itself down and is started again at once", child.name))
        }
        _ => Ok(()),
    }
}
