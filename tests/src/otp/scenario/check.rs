//! The rules of the format that its types cannot express.

use super::{Child, End, OnShutdown, Scenario, Step, Supervisor, is_always_ok};

impl Scenario {
    /// Checks the rules that the types cannot express.
    ///
    /// # Errors
    ///
    /// If a name could not be told from a path, or an option has no meaning where it is given.
    pub fn check(&self) -> Result<(), String> {
        check_supervisor(&self.tree)?;
        if !self.timeline.is_empty() && !self.script.is_empty() {
            return Err("a timeline and a script".into());
        }
        self.script.iter().try_for_each(check_step)
    }
}

fn check_supervisor(supervisor: &Supervisor) -> Result<(), String> {
    if supervisor.restart_window == 0 || !supervisor.restart_window.is_multiple_of(1000) {
        return Err("a restart window is whole seconds, since OTP counts in these".into());
    }
    supervisor.children.iter().try_for_each(check_child)
}

fn check_child(child: &Child) -> Result<(), String> {
    let name = &child.name;
    if name.is_empty() || name.contains(['/', '#', '@', ' ']) {
        return Err(format!("`{name}` cannot be a name: no `/`, `#`, `@` or space in it"));
    }
    if child.starts.is_empty() {
        return Err(format!("`{name}` has an empty list of starts"));
    }
    match &child.supervisor {
        None => Ok(()),
        Some(_) if child.on_shutdown != OnShutdown::Obeys || !is_always_ok(&child.starts) => {
            Err(format!("`{name}` is a supervisor: `starts` and `on_shutdown` are for workers"))
        }
        Some(supervisor) => check_supervisor(supervisor),
    }
}

fn check_step(step: &Step) -> Result<(), String> {
    match step {
        Step::AddChild { spec, .. } => check_child(spec),
        Step::AtOnce { steps } => {
            let first = steps.first().ok_or("nothing happens at once")?;
            if steps.iter().any(|step| step.supervisor() != first.supervisor()) {
                return Err("steps at once concern one supervisor".into());
            }
            if steps.iter().any(|step| matches!(step, Step::AtOnce { .. })) {
                return Err("at once within at once".into());
            }
            if steps.iter().any(|step| matches!(step, Step::End { how: End::Killed, .. })) {
                return Err("what is killed is killed alone".into());
            }
            steps.iter().try_for_each(check_step)
        }
        _ => Ok(()),
    }
}
