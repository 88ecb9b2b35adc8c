//! Tests queries about thousands of children, which their supervisor answers in several turns: what
//! happens between two turns.

use std::future::pending;

use supervisor::prelude::*;
use supervisor::{
    MaxRestarts, SupervisorBuilder,
    info::{ChildState, Snapshot},
};
use supervisor_tests::within;

/// More children than a supervisor looks at in one turn, twice.
const MANY: usize = 5000;

/// More steps than a look takes.
const STEPS: usize = 12;

async fn wait(_: Context) -> ChildResult {
    pending().await
}

fn many() -> SupervisorBuilder {
    let builder = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited);
    (0..MANY).fold(builder, |builder, number| {
        builder.with_child(ChildSpec::new(&format!("c{number}")).with_task(wait))
    })
}

/// Lets a look come so many steps further.
async fn steps(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.children.iter().map(|child| &*child.name).collect()
}

#[tokio::test(start_paused = true)]
async fn each_child_is_shown_once_in_order() {
    let supervisor = many().build();
    within("the start", supervisor.start()).await.unwrap();
    let expected: Vec<String> = (0..MANY).map(|number| format!("c{number}")).collect();
    let snapshot = within("the picture", supervisor.snapshot()).await.unwrap();
    assert_eq!(names(&snapshot), expected);
    assert!(snapshot.children.iter().all(|child| child.state == ChildState::Running));
    let mut listed = within("the list", supervisor.which_children()).await.unwrap();
    listed.reverse();
    assert!(listed.iter().map(|child| &child.name).eq(&expected));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn children_that_are_removed_meanwhile_are_left_out_and_no_others() {
    for step in 0..STEPS {
        let supervisor = many().build();
        within("the start", supervisor.start()).await.unwrap();
        let removing = async {
            steps(step).await;
            for name in ["c0", "c2500", "c4999"] {
                supervisor.terminate_child(name).await.unwrap();
                supervisor.delete_child(name).await.unwrap();
            }
        };
        let both = async { tokio::join!(supervisor.which_children(), removing) };
        let (listed, ()) = within("both", both).await;
        let mut listed = listed.unwrap().into_iter().rev().map(|child| child.name).peekable();
        for number in 0..MANY {
            let may_be_gone = [0, 2500, 4999].contains(&number);
            let is_listed = listed.next_if_eq(&format!("c{number}")).is_some();
            assert!(is_listed || may_be_gone, "c{number} is not listed, in step {step}");
        }
        assert_eq!(listed.next(), None, "in step {step}");
        within("the shutdown", supervisor.shutdown()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_of_the_supervisor_meanwhile_leaves_no_half() {
    for step in (0..STEPS).step_by(4) {
        let nested = many().build();
        let spec = ChildSpec::new("many").with_supervisor(nested.clone());
        let root = Supervisor::new().with_child(spec).build();
        within("the start", root.start()).await.unwrap();
        let child = within("the child", root.lookup_any("many")).await.unwrap();
        let restarting = tokio::spawn(async move { child.restart().await });
        steps(step).await;
        // One of the looks is under way when one life ends and the next one begins.
        while !restarting.is_finished() {
            match within("the list", nested.which_children()).await {
                Ok(listed) => assert_eq!(listed.len(), MANY, "in step {step}"),
                Err(_) => tokio::task::yield_now().await,
            }
            let snapshot = within("the picture", root.snapshot()).await.unwrap();
            let shown = snapshot.children[0].children.len();
            assert!([0, MANY].contains(&shown), "{shown} are shown, in step {step}");
        }
        restarting.await.unwrap().unwrap();
        within("the shutdown", root.shutdown()).await.unwrap();
    }
}
