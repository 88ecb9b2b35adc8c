//! What this library refuses and OTP accepts.
//!
//! OTP checks a specification by itself. This library also refuses combinations that cannot do
//! what they say (rule numbers of the tree language), so no scenario that is to be compared may
//! contain one.

use crate::otp::scenario::{AutoShutdown, Child, Policy, Scenario, Strategy, Supervisor};

/// Checks the tree, and what the script adds to it.
///
/// # Errors
///
/// If this library would refuse it.
pub fn check(scenario: &Scenario) -> Result<(), String> {
    scenario.supervisors().try_for_each(supervisor)?;
    scenario.added().try_for_each(child)
}

fn supervisor(supervisor: &Supervisor) -> Result<(), String> {
    let significant = supervisor.children.iter().any(|child| child.significant);
    if supervisor.auto_shutdown != AutoShutdown::Never && !significant {
        return Err("`auto_shutdown` with no significant child".into());
    }
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
