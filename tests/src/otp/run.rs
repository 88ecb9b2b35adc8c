//! Runs a scenario on this library.
//!
//! Everything happens on one thread under a paused clock, so that a time-out of five seconds
//! takes no time, and "quiet" has a meaning: the clock moves only when no task can run.

mod actions;
mod recorder;
mod tree;
mod view;
mod worker;

use std::{collections::BTreeMap, future::Future, pin::Pin, time::Duration};

use supervisor::{Supervisor, SupervisorError, info::ChildState};
use tokio::{task::JoinHandle, time};

use self::{actions::Action, recorder::Recorder, tree::Forest};
use crate::otp::{
    scenario::{Scenario, Step},
    trace::{Reply, StepTrace, View},
};

/// How long, on the paused clock, a tree may take until it is quiet. The longest stop of a
/// scenario is that of a dozen children which ignore it for five seconds each.
const PATIENCE: Duration = Duration::from_secs(120);

/// The trace of a scenario on this library.
///
/// # Errors
///
/// If the tree does not come to rest, with the step in which it did not.
pub fn run(scenario: &Scenario) -> Result<Vec<StepTrace>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| error.to_string())?;
    let scenario = scenario.clone();
    runtime.block_on(async {
        // In a task of its own: what it wakes then stands in one queue with what its tasks wake.
        tokio::spawn(async move { Run::new(&scenario).all(&scenario).await })
            .await
            .map_err(|error| error.to_string())?
    })
}

/// A future that a step has begun, or its answer.
enum Pending {
    Answered(Reply),
    Asked(JoinHandle<Reply>),
}

struct Run {
    scenario: String,
    root: Supervisor,
    forest: Forest,
    recorder: Recorder,
    running: Vec<String>,
    views: BTreeMap<String, View>,
}

impl Run {
    fn new(scenario: &Scenario) -> Self {
        let recorder = Recorder::default();
        let (forest, root) = Forest::plant(&recorder, &scenario.tree);
        recorder.listen(root.events());
        let name = scenario.name.clone();
        Self { scenario: name, root, forest, recorder, running: Vec::new(), views: BTreeMap::new() }
    }

    async fn all(mut self, scenario: &Scenario) -> Result<Vec<StepTrace>, String> {
        let root = self.root.clone();
        let start = ask(async move { actions::started(root.start().await) });
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

    /// Begins a step: nothing of it is done before the next await.
    fn step(&self, step: &Step) -> Pending {
        let Step::AtOnce { steps } = step else { return self.single(step) };
        if !self.recorder.is_supervisor_running(step.supervisor()) {
            return Pending::Answered(Reply::Skipped("not_running".into()));
        }
        // Tasks run in the order in which they are woken or spawned, and the supervisor is woken
        // by the first of these: it finds all of them, in this order.
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
        match Action::of(step, &self.recorder, &self.forest) {
            Action::Answered(reply) => Pending::Answered(reply),
            Action::Ask(call) => ask(call),
        }
    }

    /// The trace of a step, once all is quiet.
    async fn after(&mut self, step: usize, pending: Pending) -> Result<StepTrace, String> {
        self.quiet().await.map_err(|what| format!("step {step}: {what}"))?;
        let reply = match pending {
            Pending::Asked(task) if !task.is_finished() => Reply::Error("no_answer".into()),
            pending => pending.answer().await,
        };
        let events = self.recorder.take_events();
        for started in events.iter().filter_map(|event| event.strip_prefix("start ")) {
            if let Some((path, _)) = started.rsplit_once('@') {
                self.forest.restarted(path);
            }
        }
        let running = self.recorder.running();
        let mut supervisors = BTreeMap::new();
        for (path, ended) in self.recorder.supervisors() {
            let view = match ended {
                Some(ended) => View::Ended { ended },
                None => view::alive(&self.forest, &self.recorder, &path).await?,
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
            events,
            running: changed.then_some(running),
            supervisors,
        })
    }

    /// Waits until nothing can happen any more without another step: no task can run, and no
    /// child is on its way up or down.
    async fn quiet(&self) -> Result<(), String> {
        let begun = time::Instant::now();
        let mut rested = None;
        loop {
            // The clock moves when no task can run; what it wakes besides this one runs before
            // it moves again. So what does not change from one time to the next has come to rest.
            time::sleep(Duration::from_millis(1)).await;
            let moving = self.moving().await;
            let now = self.recorder.happened_so_far();
            match moving {
                None if rested == Some(now) => return Ok(()),
                None => rested = Some(now),
                Some(moving) if begun.elapsed() > PATIENCE => {
                    return Err(format!("waited in vain for {moving} to come to rest"));
                }
                Some(_) => rested = None,
            }
        }
    }

    /// Something that is on its way up or down.
    async fn moving(&self) -> Option<String> {
        for (path, supervisor) in self.forest.supervisors() {
            match supervisor.which_children().await {
                Ok(children) => {
                    let rests = |state| matches!(state, ChildState::Running | ChildState::Stopped);
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
