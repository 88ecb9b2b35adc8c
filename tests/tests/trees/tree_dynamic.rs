//! Tests declared supervisors whose children come at run time: of any kind, limited by
//! `max_children`, and pools that are built by hand.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Blocking, BlockingContext, Periodic, SupervisorError};
use supervisor_tests::within;

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

#[derive(Child)]
#[child(restart = Temporary, message = Reply<u32>)]
struct Session(u32);

impl Worker for Session {
    async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
        while let Some(reply) = ctx.recv().await {
            let _ = reply.send(self.0);
        }
        Ok(())
    }
}

supervision_tree! {
    Shop(limit: usize): one_for_one {
        jobs: one_for_one(max_children = 3) {
            first: Always = idle,
        },
        sessions: Pool<Session> = Supervisor::new()
            .with_max_children(limit)
            .build_pool(ChildSpec::per_worker::<Session>("session")),
        after: Always = idle,
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_with_max_children_takes_children_of_any_kind_up_to_its_limit() {
    let shop = within("the start", Shop::start(2)).await.unwrap();
    let blocking = Blocking::new(|mut ctx: BlockingContext| {
        while ctx.recv().is_some() {}
        Ok(())
    });
    let blocking = ChildSpec::new("blocking").with_blocking(blocking);
    within("a thread", shop.jobs().add_child(blocking)).await.unwrap();
    let every = Periodic::every(Duration::from_secs(5), async || Ok(()));
    let periodic = ChildSpec::new("periodic").with_worker(every);
    within("a job", shop.jobs().add_child(periodic)).await.unwrap();
    let one_more = || shop.jobs().add_child(ChildSpec::new("more").with_task(idle));
    let error = within("the refusal", one_more()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::MaxChildren(_, 3)), "{error}");
    within("the end", shop.jobs().terminate_child("periodic")).await.unwrap();
    let error = within("a child that is down counts", one_more()).await.unwrap_err();
    assert!(matches!(error, SupervisorError::MaxChildren(_, 3)), "{error}");
    within("the deletion", shop.jobs().delete_child("periodic")).await.unwrap();
    within("room again", one_more()).await.unwrap();
    within("the stop", shop.shutdown()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pool_built_by_hand_is_a_declared_child() {
    let shop = within("the start", Shop::start(2)).await.unwrap();
    for number in [5, 6] {
        let adding = shop.sessions().add_worker_with(Session(number));
        let session = within("a worker", adding).await.unwrap();
        assert_eq!(session.path().to_string(), format!("sessions/#{}", number - 4));
        assert_eq!(within("an answer", session.ask(|reply| reply)).await.unwrap(), number);
    }
    let adding = shop.sessions().add_worker_with(Session(7));
    let error = within("the refusal", adding).await.unwrap_err();
    assert!(matches!(error.error(), SupervisorError::MaxChildren(_, 2)), "{error}");
    within("the restart", shop.restart_child("sessions")).await.unwrap_err();
    assert_eq!(within("the list", shop.sessions().workers()).await.unwrap().len(), 2);
    assert_eq!(Shop::SHUTDOWN_BUDGET, None, "a pool built by hand may take any time");
}

#[tokio::test(start_paused = true)]
async fn more_declared_children_than_max_children_are_an_error_of_the_start() {
    let supervisor = Supervisor::new()
        .with_max_children(1)
        .with_child(ChildSpec::new("first").with_task(idle))
        .with_child(ChildSpec::new("second").with_task(idle))
        .build();
    let error = within("the start", supervisor.start()).await.unwrap_err();
    assert!(error.to_string().contains("has no room for the 2 children"), "{error}");
}
