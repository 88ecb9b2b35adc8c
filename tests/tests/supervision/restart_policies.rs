//! Tests restart policies: for each policy, the exits that are followed by a restart.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{events::Events, info::ChildState};
use supervisor_tests::{Order, Stage, event, quiet, terminated, within};

/// The state of a child after its end.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Restarted,
    Down,
    Forgotten,
}

struct Case {
    stage: Stage,
    supervisor: Supervisor,
    child: ChildRef<Order>,
    events: Events,
}

impl Case {
    async fn start(policy: RestartPolicy) -> Self {
        let stage = Stage::new();
        let supervisor = Supervisor::new().build();
        let events = supervisor.events();
        let spec = stage.actor("child").with_restart_policy(policy);
        let child = within("the child", supervisor.add_child(spec)).await.unwrap();
        quiet().await;
        Self { stage, supervisor, child, events }
    }

    async fn fate(mut self) -> Fate {
        event(&mut self.events, "its end", terminated("child")).await;
        quiet().await;
        let children = within("the list", self.supervisor.which_children()).await.unwrap();
        let fate = match children.first().map(|child| child.state) {
            Some(ChildState::Running) => Fate::Restarted,
            Some(ChildState::Finished | ChildState::Stopped) => Fate::Down,
            None => Fate::Forgotten,
            Some(other) => panic!("the child is {other}"),
        };
        let lives = match fate {
            Fate::Restarted => (2, 1),
            Fate::Down | Fate::Forgotten => (1, 0),
        };
        let gauge = self.stage.gauge("child");
        assert_eq!((gauge.begun(), gauge.alive()), lives);
        assert_eq!(self.child.incarnation(), gauge.begun() as u64);
        fate
    }
}

async fn after(policy: RestartPolicy, order: Order) -> Fate {
    let case = Case::start(policy).await;
    case.child.send(order).await.unwrap();
    case.fate().await
}

async fn after_a_kill(policy: RestartPolicy) -> Fate {
    let case = Case::start(policy).await;
    within("the kill", case.child.kill()).await.unwrap();
    case.fate().await
}

async fn after_a_termination(policy: RestartPolicy) -> Fate {
    let case = Case::start(policy).await;
    within("the stop", case.supervisor.terminate_child("child")).await.unwrap();
    case.fate().await
}

#[tokio::test(start_paused = true)]
async fn always_restarts_after_a_normal_end() {
    assert_eq!(after(RestartPolicy::Always, Order::Return).await, Fate::Restarted);
}

#[tokio::test(start_paused = true)]
async fn always_restarts_after_an_error() {
    assert_eq!(after(RestartPolicy::Always, Order::Fail).await, Fate::Restarted);
}

#[tokio::test(start_paused = true)]
async fn always_restarts_after_a_panic() {
    assert_eq!(after(RestartPolicy::Always, Order::Panic).await, Fate::Restarted);
}

#[tokio::test(start_paused = true)]
async fn always_restarts_after_a_kill() {
    assert_eq!(after_a_kill(RestartPolicy::Always).await, Fate::Restarted);
}

#[tokio::test(start_paused = true)]
async fn always_stays_down_after_a_termination() {
    assert_eq!(after_a_termination(RestartPolicy::Always).await, Fate::Down);
}

#[tokio::test(start_paused = true)]
async fn transient_stays_down_after_a_normal_end() {
    assert_eq!(after(RestartPolicy::Transient, Order::Return).await, Fate::Down);
}

#[tokio::test(start_paused = true)]
async fn transient_restarts_after_an_error() {
    assert_eq!(after(RestartPolicy::Transient, Order::Fail).await, Fate::Restarted);
}

#[tokio::test(start_paused = true)]
async fn transient_restarts_after_a_panic() {
    assert_eq!(after(RestartPolicy::Transient, Order::Panic).await, Fate::Restarted);
}

#[tokio::test(start_paused = true)]
async fn transient_restarts_after_a_kill() {
    assert_eq!(after_a_kill(RestartPolicy::Transient).await, Fate::Restarted);
}

#[tokio::test(start_paused = true)]
async fn transient_stays_down_after_a_termination() {
    assert_eq!(after_a_termination(RestartPolicy::Transient).await, Fate::Down);
}

#[tokio::test(start_paused = true)]
async fn temporary_is_forgotten_after_a_normal_end() {
    assert_eq!(after(RestartPolicy::Temporary, Order::Return).await, Fate::Forgotten);
}

#[tokio::test(start_paused = true)]
async fn temporary_is_forgotten_after_an_error() {
    assert_eq!(after(RestartPolicy::Temporary, Order::Fail).await, Fate::Forgotten);
}

#[tokio::test(start_paused = true)]
async fn temporary_is_forgotten_after_a_panic() {
    assert_eq!(after(RestartPolicy::Temporary, Order::Panic).await, Fate::Forgotten);
}

#[tokio::test(start_paused = true)]
async fn temporary_is_forgotten_after_a_kill() {
    assert_eq!(after_a_kill(RestartPolicy::Temporary).await, Fate::Forgotten);
}

#[tokio::test(start_paused = true)]
async fn temporary_is_forgotten_after_a_termination() {
    assert_eq!(after_a_termination(RestartPolicy::Temporary).await, Fate::Forgotten);
}

#[tokio::test(start_paused = true)]
async fn a_pool_forgets_a_transient_worker_that_ends_normally() {
    let stage = Stage::new();
    let template = stage.actor("worker").with_restart_policy(RestartPolicy::Transient);
    let pool = Supervisor::new().with_template(template).build();
    let worker = within("a worker", pool.add_worker()).await.unwrap();
    worker.downcast::<Order>().unwrap().send(Order::Return).await.unwrap();
    quiet().await;
    assert!(within("the list", pool.which_children()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_terminated_child_can_be_started_again_with_its_address() {
    let case = Case::start(RestartPolicy::Always).await;
    within("the stop", case.supervisor.terminate_child("child")).await.unwrap();
    within("the start", case.supervisor.restart_child("child")).await.unwrap();
    case.child.send(Order::Note(7)).await.unwrap();
    quiet().await;
    assert_eq!(case.stage.log(), "+child -child +child 7");
    let stats = case.supervisor.stats().await.unwrap();
    assert_eq!(stats.restarts, 0, "a restart that its user asked for is not counted");
}

#[tokio::test(start_paused = true)]
async fn a_restart_from_the_address_is_not_counted() {
    let case = Case::start(RestartPolicy::Always).await;
    for _ in 0..10 {
        within("the restart", case.child.restart()).await.unwrap();
    }
    quiet().await;
    assert_eq!((case.child.incarnation(), case.stage.gauge("child").most()), (11, 1));
    assert_eq!(case.supervisor.stats().await.unwrap().restarts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_kill_is_counted() {
    let case = Case::start(RestartPolicy::Always).await;
    for _ in 0..3 {
        within("the kill", case.child.kill()).await.unwrap();
        quiet().await;
    }
    assert_eq!(case.supervisor.stats().await.unwrap().restarts, 3);
    within("the kill", case.child.kill()).await.unwrap();
    within("the end", case.supervisor.wait()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_life_knows_how_the_previous_one_ended() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let noted = stage.clone();
    let spec = stage.task("child", move |ctx| {
        let noted = noted.clone();
        async move {
            noted.note(ctx.last_exit().map_or("none".to_owned(), |exit| exit.to_string()));
            match ctx.incarnation() {
                1 => Err("the first".into()),
                2 => Ok(()),
                _ => {
                    ctx.shutdown_requested().await;
                    Ok(())
                }
            }
        }
    });
    within("the child", supervisor.add_child(spec)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.log(), "+child none -child +child error: the first -child +child normal");
}
