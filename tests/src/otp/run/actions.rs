//! The steps of a script, as calls of this library.

use std::future::Future;

use serde_json::json;
use supervisor::{RestartPolicy, Shutdown, SupervisorError, info::ChildSpecInfo};

use super::{
    Call,
    recorder::{Order, Recorder},
    tree::{Handle, NewChild, TreeHandles, join, new_child, tree_worker},
    view,
    worker::Plan,
};
use crate::otp::{
    scenario::{self, End, OnShutdown, Start, Step},
    trace::Reply,
};

/// The action that performs a step.
pub(super) enum Action {
    /// None: the step is done already, or skipped.
    Answered(Reply),
    /// A call whose output is the reply.
    Ask(Call),
}

impl Action {
    pub(super) fn of(step: &Step, recorder: &Recorder, handles: &TreeHandles) -> Self {
        if let Step::End { child, how } = step {
            return end(recorder, child, *how);
        }
        let path = step.supervisor();
        let handle = handles.get(path).filter(|_| recorder.is_supervisor_running(path));
        let Some(handle) = handle else { return not_running() };
        let supervisor = handle.supervisor().clone();
        match step {
            Step::Shutdown {} => ask(async move { done(supervisor.shutdown().await.map(|_| ())) }),
            Step::AddChild { spec, .. } => match new_child(recorder, path, spec) {
                NewChild::Worker(spec) => {
                    ask(async move { started(supervisor.add_child(*spec).await.map(|_| ())) })
                }
                NewChild::Supervisor(spec, below) => {
                    let (handles, path) = (handles.clone(), path.to_owned());
                    ask(async move {
                        let added = supervisor.add_child(*spec).await;
                        if added.is_ok() {
                            handles.add(&path, *below);
                        }
                        started(added.map(|_| ()))
                    })
                }
            },
            Step::AddWorker { starts, on_shutdown, .. } => {
                add_worker(recorder, handles, path, handle, starts.as_ref(), *on_shutdown)
            }
            Step::WhichChildren { .. } => {
                let (recorder, path) = (recorder.clone(), path.to_owned());
                ask(async move {
                    match supervisor.which_children().await {
                        Ok(children) => Reply::Ok(json!(view::listed(&recorder, &path, &children))),
                        Err(error) => Reply::Error(word(&error)),
                    }
                })
            }
            Step::CountChildren { .. } => ask(async move {
                match supervisor.count_children().await {
                    Ok(count) => Reply::Ok(json!(view::counted(count))),
                    Err(error) => Reply::Error(word(&error)),
                }
            }),
            Step::TerminateChild { child }
            | Step::RestartChild { child }
            | Step::DeleteChild { child }
            | Step::ChildSpec { child } => {
                let name = child.rsplit_once('/').map_or(child.as_str(), |(_, name)| name);
                if name.starts_with('#') && !recorder.has_run(child) {
                    return not_running();
                }
                let (step, name) = (step.clone(), name.to_owned());
                ask(async move {
                    match step {
                        Step::TerminateChild { .. } => {
                            done(supervisor.terminate_child(&name).await)
                        }
                        Step::DeleteChild { .. } => done(supervisor.delete_child(&name).await),
                        Step::RestartChild { .. } => started(supervisor.restart_child(&name).await),
                        _ => specified(supervisor.child_spec(&name).await),
                    }
                })
            }
            Step::End { .. } | Step::AtOnce { .. } => unreachable!("handled by the caller"),
        }
    }
}

fn ask(call: impl Future<Output = Reply> + Send + 'static) -> Action {
    Action::Ask(Box::pin(call))
}

fn not_running() -> Action {
    Action::Answered(Reply::Skipped("not_running".into()))
}

fn end(recorder: &Recorder, child: &str, how: End) -> Action {
    match recorder.order(child, how) {
        None => not_running(),
        Some(Order::ByItself(order)) => {
            // A life that has just ended by itself needs no order.
            let _ = order.send(how);
            Action::Answered(Reply::Ok(json!("done")))
        }
        Some(Order::Killed(child)) => ask(async move { done(child.kill().await) }),
    }
}

fn add_worker(
    recorder: &Recorder,
    handles: &TreeHandles,
    path: &str,
    handle: Handle,
    starts: Option<&Vec<Start>>,
    on_shutdown: Option<OnShutdown>,
) -> Action {
    let number = handles.next_worker(path);
    let name = format!("#{number}");
    match handle {
        Handle::Children(supervisor) => {
            ask(async move { started(supervisor.add_worker().await.map(|_| ())) })
        }
        Handle::Workers { pool, mut template } => {
            if let Some(starts) = starts {
                template.starts.clone_from(starts);
            }
            template.on_shutdown = on_shutdown.unwrap_or(template.on_shutdown);
            let plan = Plan::new(join(path, &name), &template, recorder);
            ask(
                async move { started(pool.add_worker_with(plan).await.map(|_| ()).map_err(Into::into)) },
            )
        }
        Handle::Trees { pool, template } => {
            let Some((below, recipe)) = tree_worker(recorder, path, &name, &template) else {
                return not_running();
            };
            handles.add(path, below);
            ask(async move {
                started(pool.add_worker_with(recipe).await.map(|_| ()).map_err(Into::into))
            })
        }
    }
}

/// Returns the reply to an operation that starts a child or the tree.
pub(super) fn started(result: Result<(), SupervisorError>) -> Reply {
    match result {
        Ok(()) => Reply::Ok(json!("started")),
        Err(SupervisorError::Declined(_)) => Reply::Ok(json!("declined")),
        Err(error) => Reply::Error(word(&error)),
    }
}

fn done(result: Result<(), SupervisorError>) -> Reply {
    match result {
        Ok(()) => Reply::Ok(json!("done")),
        Err(error) => Reply::Error(word(&error)),
    }
}

fn specified(result: Result<ChildSpecInfo, SupervisorError>) -> Reply {
    let spec = match result {
        Ok(spec) => spec,
        Err(error) => return Reply::Error(word(&error)),
    };
    let policy = match spec.restart {
        RestartPolicy::Always => scenario::Policy::Always,
        RestartPolicy::Transient => scenario::Policy::Transient,
        RestartPolicy::Temporary => scenario::Policy::Temporary,
    };
    let shutdown = match spec.shutdown {
        Shutdown::Timeout(time) => json!(time.as_millis()),
        word => json!(word.to_string()),
    };
    Reply::Ok(json!({
        "name": spec.name.as_str(),
        "policy": policy,
        "significant": spec.significant,
        "shutdown": shutdown,
        "kind": format!("{:?}", spec.kind).to_lowercase(),
    }))
}

/// Returns the name of an error's variant.
fn word(error: &SupervisorError) -> String {
    match error {
        SupervisorError::AlreadyStarted(_) => "already_started",
        SupervisorError::AlreadyPresent(_) => "already_present",
        SupervisorError::NotFound(_) => "not_found",
        SupervisorError::Running(_) => "running",
        SupervisorError::Restarting(_) => "restarting",
        SupervisorError::SimpleOneForOne(_) => "simple_one_for_one",
        SupervisorError::NotSimpleOneForOne(_) => "not_simple_one_for_one",
        SupervisorError::StartFailed(..) | SupervisorError::Ended(..) => "start_failed",
        SupervisorError::InvalidSpec(..) => "invalid_spec",
        SupervisorError::ShuttingDown(_) => "shutting_down",
        other => return other.to_string(),
    }
    .to_owned()
}
