//! Runs a scenario on this library.
//!
//! Everything happens on one thread under a paused clock, so that a time-out of five seconds
//! takes no time, and "quiet" has a meaning: the clock moves only when no task can run.

mod actions;
mod message;
mod recorder;
mod timeline;
mod tree;
mod view;
mod worker;

use std::{collections::BTreeMap, future::Future, pin::Pin, time::Duration};

use supervisor::{Supervisor, SupervisorError, info::ChildState};
use tokio::{task::JoinHandle, time};

use self::{actions::Action, recorder::Recorder, tree::TreeHandles};
use crate::otp::{
    scenario::{Scenario, Step},
    trace::{Reply, StepTrace, View},
};

/// The time, on the paused clock, that a tree may take until it is quiet. The longest stop of a
/// scenario is that of a dozen children which ignore their shutdown requests for five seconds each.
const PATIENCE: Duration = Duration::from_secs(120);

/// Returns the trace of a scenario on this library.
///
/// # Errors
///
/// If the tree does not become quiet after a step; the text names the step.
pub fn run(scenario: &Scenario) -> Result<Vec<StepTrace>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    let scenario = scenario.clone();
    runtime.block_on(async {
        // In a task of its own: the tasks that the run wakes are then in one queue with those that
        // other tasks wake.
        tokio::spawn(async move { Run::new(&scenario).all(&scenario).await })
            .await
            .map_err(|error| error.to_string())?
    })
}

/// The reply to a step, or the task that will have it.
enum Pending {
    Answered(Reply),
    Asked(JoinHandle<Reply>),
}

struct Run {
    scenario: String,
    root: Supervisor,
    handles: TreeHandles,
    recorder: Recorder,
    running: Vec<String>,
    views: BTreeMap<String, View>,
}

impl Run {
    fn new(scenario: &Scenario) -> Self {
        let recorder = Recorder::default();
        let (handles, root) = TreeHandles::build(&recorder, &scenario.tree);
        recorder.subscribe(root.events());
        let name = scenario.name.clone();
        Self {
            scenario: name,
            root,
            handles,
            recorder,
            running: Vec::new(),
            views: BTreeMap::new(),
        }
    }

    async fn all(mut self, scenario: &Scenario) -> Result<Vec<StepTrace>, String> {
        let root = self.root.clone();
        let start = ask(async move { actions::started(root.start().await) });
        if !scenario.timeline.is_empty() {
            let timeline = self.play(&scenario.timeline).await;
            let trace = self.after(0, start).await?;
            return Ok(vec![StepTrace { timeline, ..trace }]);
        }
        let mut trace = vec![self.after(0, start).await?];
        for (index, step) in scenario.script.iter().enumerate() {
            if !self.recorder.is_supervisor_running("") {
                break;
            }
            let pending = self.step(step);
            let step = self.after(index + 1, pending).await?;
            trace.push(step);
        }
        Ok(trace)
    }

    /// Begins a step: its calls run at the next await.
    fn step(&self, step: &Step) -> Pending {
        let Step::AtOnce { steps } = step else { return self.single(step) };
        if !self.recorder.is_supervisor_running(step.supervisor()) {
            return Pending::Answered(Reply::Skipped("not_running".into()));
        }
        // Tasks run in the order in which they are woken or spawned, and the first of these steps
        // wakes the supervisor: it finds all of their messages in its inbox, in this order.
        let pending: Vec<Pending> = steps.iter().map(|step| self.single(step)).collect();
        ask(async move {
            let mut replies = Vec::with_capacity(pending.len());
            for pending in pending {
                replies.push(pending.answer().await);
            }
            Reply::Each(replies)
        })
    }

    fn single(&self, step: &Step) -> Pending {
        match Action::of(step, &self.recorder, &self.handles) {
            Action::Answered(reply) => Pending::Answered(reply),
            Action::Ask(call) => ask(call),
        }
    }

    /// Returns the trace of a step when the tree is quiet.
    async fn after(&mut self, step: usize, pending: Pending) -> Result<StepTrace, String> {
        self.quiet().await.map_err(|what| format!("step {step}: {what}"))?;
        let reply = match pending {
            Pending::Asked(task) if !task.is_finished() => Reply::Error("no_answer".into()),
            pending => pending.answer().await,
        };
        let events = self.recorder.take_events();
        for started in events.iter().filter_map(|event| event.strip_prefix("start ")) {
            if let Some((path, _)) = started.rsplit_once('@') {
                self.handles.restarted(path);
            }
        }
        let running = self.recorder.running();
        let mut supervisors = BTreeMap::new();
        for (path, ended) in self.recorder.supervisors() {
            let view = match ended {
                Some(ended) => View::Ended { ended },
                None => view::alive(&self.handles, &self.recorder, &path).await?,
            };
            let shown = if path.is_empty() { "/".to_owned() } else { path };
            if self.views.get(&shown) != Some(&view) {
                self.views.insert(shown.clone(), view.clone());
                supervisors.insert(shown, view);
            }
        }
        let changed = running != self.running;
        self.running.clone_from(&running);
        Ok(StepTrace {
            scenario: self.scenario.clone(),
            step,
            reply,
            timeline: Vec::new(),
            cut: None,
            events,
            running: changed.then_some(running),
            supervisors,
        })
    }

    /// Waits until only another step can change the tree: no task can run, and no child starts,
    /// stops or waits for its restart.
    async fn quiet(&self) -> Result<(), String> {
        let begun = time::Instant::now();
        let mut last = None;
        loop {
            // The clock moves when no task can run, and the tasks that it wakes run before it moves
            // again. So a tree that does not change from one millisecond to the next is quiet.
            time::sleep(Duration::from_millis(1)).await;
            let moving = self.unsettled_child().await;
            let now = self.recorder.changes();
            match moving {
                None if last == Some(now) => return Ok(()),
                None => last = Some(now),
                Some(moving) if begun.elapsed() > PATIENCE => {
                    return Err(format!("waited in vain for {moving} to come to rest"));
                }
                Some(_) => last = None,
            }
        }
    }

    /// Describes a child that starts, stops or waits for its restart, if there is one.
    async fn unsettled_child(&self) -> Option<String> {
        for (path, supervisor) in self.handles.supervisors() {
            match supervisor.which_children().await {
                Ok(children) => {
                    let rests = |state: ChildState| state == ChildState::Running || state.is_down();
                    if let Some(child) = children.iter().find(|child| !rests(child.state)) {
                        return Some(format!("`{}` below `{path}` ({})", child.name, child.state));
                    }
                }
                Err(SupervisorError::Ended(..) | SupervisorError::NotRunning(_)) => {}
                Err(error) => return Some(error.to_string()),
            }
        }
        None
    }
}

type Call = Pin<Box<dyn Future<Output = Reply> + Send>>;

fn ask(call: impl Future<Output = Reply> + Send + 'static) -> Pending {
    Pending::Asked(tokio::spawn(call))
}

impl Pending {
    async fn answer(self) -> Reply {
        match self {
            Self::Answered(reply) => reply,
            Self::Asked(task) => {
                task.await.unwrap_or_else(|error| Reply::Error(format!("{error}")))
            }
        }
    }
}
