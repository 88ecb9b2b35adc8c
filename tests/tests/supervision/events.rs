//! Tests events: subscribers get them in order and numbered, and learn how many they missed.

use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{
    Backoff, MaxRestarts, StartMode,
    events::{Event, EventKind},
};
use supervisor_tests::{
    Order, Stage, about, event, printed, quiet, restarted, supervisor_terminated, within,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_subscriber_from_before_the_start_misses_nothing() {
    let stage = Stage::new();
    let supervisor =
        Supervisor::new().with_child(stage.actor("a")).with_child(stage.actor("b")).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let expected = [
        "a: started (life 1)",
        "b: started (life 1)",
        "/: all children started",
        "/: stopping",
        "b: ended (life 1): normal",
        "b: ended for good: normal",
        "a: ended (life 1): normal",
        "a: ended for good: normal",
        "/: supervisor ended: shutdown",
    ];
    assert_eq!(printed(&mut events), expected);
    assert!(within("the end of the events", events.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_published_as_an_end_and_a_restart() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let child = within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
    quiet().await;
    let mut events = supervisor.events();
    child.send(Order::Fail).await.unwrap();
    quiet().await;
    let expected =
        ["a: ended (life 1): error: told to fail", "a: restarted (life 2; 2 restarts left)"];
    assert_eq!(printed(&mut events), expected);
}

#[tokio::test(start_paused = true)]
async fn a_group_restart_is_published_in_its_order() {
    let stage = Stage::new();
    let a = stage.actor("a");
    let child = a.handle();
    let supervisor = Supervisor::new()
        .with_strategy(SupervisionStrategy::OneForAll)
        .with_child(a)
        .with_child(stage.actor("b"))
        .with_child(stage.actor("c"))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let mut events = supervisor.events();
    child.send(Order::Fail).await.unwrap();
    quiet().await;
    let expected = [
        "a: ended (life 1): error: told to fail",
        "c: ended (life 1): normal",
        "b: ended (life 1): normal",
        "a: restarted (life 2; 2 restarts left)",
        "b: restarted (life 2; 2 restarts left)",
        "c: restarted (life 2; 2 restarts left)",
    ];
    assert_eq!(printed(&mut events), expected);
}

#[tokio::test(start_paused = true)]
async fn giving_up_is_published_with_the_limit_and_the_reason() {
    let stage = Stage::new();
    let a = stage.actor("a");
    let child = a.handle();
    let supervisor =
        Supervisor::new().with_max_restarts(0).with_child(a).with_child(stage.actor("b")).build();
    within("the start", supervisor.start()).await.unwrap();
    quiet().await;
    let mut events = supervisor.events();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "the end of the child", |event| event.path() == "a").await;
    let exceeded = within("an event", events.next()).await.unwrap();
    let EventKind::MaxRestartsExceeded { max_restarts, restart_window, reason, .. } =
        exceeded.kind()
    else {
        panic!("{exceeded}")
    };
    assert_eq!((*max_restarts, *restart_window), (MaxRestarts::AtMost(0), 5 * SECOND));
    assert_eq!(reason.to_string(), "error: told to fail");
    quiet().await;
    let expected = [
        "/: stopping",
        "a: ended for good: error: told to fail",
        "b: ended (life 1): normal",
        "b: ended for good: normal",
        "/: supervisor ended: gave up: `a`: error: told to fail",
    ];
    assert_eq!(printed(&mut events), expected);
}

#[tokio::test(start_paused = true)]
async fn events_are_numbered_without_gaps() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let mut events = supervisor.events();
    for number in 0..10 {
        let spec = stage.actor(&number.to_string());
        within("a child", supervisor.add_child(spec)).await.unwrap();
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let numbers: Vec<u64> =
        std::iter::from_fn(|| events.try_next()).map(|event| event.number()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(numbers.len() >= 22, "{}", numbers.len());
}

#[tokio::test(start_paused = true)]
async fn a_nested_supervisor_publishes_only_its_own_part() {
    let stage = Stage::new();
    let (inner, outer) = (stage.actor("inner"), stage.actor("outer"));
    let handles = (inner.handle(), outer.handle());
    let sub = Supervisor::new().with_child(inner).build();
    let root = Supervisor::new()
        .with_child(ChildSpec::new("sub").with_supervisor(sub.clone()))
        .with_child(outer)
        .with_child(stage.actor("subtle"))
        .build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let mut events = sub.events();
    handles.0.send(Order::Fail).await.unwrap();
    handles.1.send(Order::Fail).await.unwrap();
    quiet().await;
    within("the shutdown", root.shutdown()).await.unwrap();
    let expected = [
        "sub/inner: ended (life 1): error: told to fail",
        "sub/inner: restarted (life 2; 2 restarts left)",
        "sub: stopping",
        "sub/inner: ended (life 2): normal",
        "sub/inner: ended for good: normal",
        "sub: supervisor ended: shutdown",
        "sub: ended (life 1): shutdown",
        "sub: ended for good: shutdown",
    ];
    assert_eq!(printed(&mut events), expected);
    assert!(within("the end of the events", events.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn events_of_the_children_come_before_the_end_of_their_supervisor() {
    let stage = Stage::new();
    let leaf = stage.actor("leaf");
    let child = leaf.handle();
    let sub = Supervisor::new()
        .with_max_restarts(0)
        .with_child(leaf)
        .with_child(stage.actor("sibling"))
        .build();
    let root = Supervisor::new().with_child(ChildSpec::new("sub").with_supervisor(sub)).build();
    within("the start", root.start()).await.unwrap();
    quiet().await;
    let mut events = root.events();
    child.send(Order::Fail).await.unwrap();
    quiet().await;
    let lines = printed(&mut events);
    let paths: Vec<&str> =
        lines.iter().map(|line| line.split(": ").next().unwrap_or_default()).collect();
    // After the first two lines, the nested supervisor and its children end, and begin again.
    let order =
        ["sub/leaf", "sub/leaf", "sub", "sub/sibling", "sub", "sub", "sub/leaf", "sub/sibling"];
    assert_eq!(paths[..8], order, "{lines:#?}");
    assert!(lines[5].starts_with("sub: ended (life 1): gave up"), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("sub: restarted (life 2")), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_falls_behind_learns_how_many_events_it_missed() {
    let stage = Stage::new();
    let spec = ChildSpec::new("storm").with_task(async |ctx: Context| {
        if ctx.incarnation() <= 5000 {
            return Err("again".into());
        }
        ctx.shutdown_requested().await;
        Ok(())
    });
    let supervisor = Supervisor::new()
        .with_max_restarts(MaxRestarts::Unlimited)
        .with_child(spec)
        .with_child(stage.actor("a"))
        .build();
    let mut late = supervisor.events();
    let mut prompt = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    let mut all = 0;
    let calm = |event: &Event| event.to_string().contains("(life 5001;");
    loop {
        let event = within("an event", prompt.next()).await.unwrap();
        assert!(!matches!(event.kind(), EventKind::Missed { .. }));
        all += 1;
        assert_eq!(event.number(), all);
        if calm(&event) {
            break;
        }
    }
    let missed = late.try_next().unwrap();
    let EventKind::Missed { count, .. } = *missed.kind() else { panic!("{missed}") };
    let first = late.try_next().unwrap();
    assert_eq!((missed.number(), first.number()), (count, count + 1), "it stands in their place");
    let rest = std::iter::from_fn(|| late.try_next()).count() as u64;
    assert_eq!(count + 1 + rest, all);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_subscriber_holds_no_other_up() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    for _ in 0..100 {
        drop(supervisor.events());
    }
    let mut events = supervisor.events();
    within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
    assert_eq!(printed(&mut events).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_special_case_has_its_event() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).build();
    let mut events = supervisor.events();
    let notify = |name| stage.task(name, async |_: Context| Ok(())).with_start(StartMode::Notify);
    within("a refusal", supervisor.add_child(notify("declining"))).await.unwrap_err();
    let failing =
        stage.task("failing", async |_: Context| Err("no".into())).with_start(StartMode::Notify);
    within("a failure", supervisor.add_child(failing)).await.unwrap_err();
    let delayed = stage.actor("delayed").with_backoff(Backoff::constant(SECOND));
    let child = within("a child", supervisor.add_child(delayed)).await.unwrap();
    let slow = stage
        .task("slow", async |ctx: Context| {
            ctx.shutdown_requested().await;
            std::future::pending().await
        })
        .with_shutdown(SECOND);
    within("a child", supervisor.add_child(slow)).await.unwrap();
    quiet().await;
    within("a slow stop", supervisor.terminate_child("slow")).await.unwrap();
    child.send(Order::Fail).await.unwrap();
    event(&mut events, "a refusal", about("declining", |k| matches!(k, EventKind::ChildDeclined)))
        .await;
    event(
        &mut events,
        "a failure",
        about("failing", |k| matches!(k, EventKind::ChildStartFailed { .. })),
    )
    .await;
    event(
        &mut events,
        "a kill",
        about("slow", |k| matches!(k, EventKind::ChildKilled { after, .. } if *after == SECOND)),
    )
    .await;
    event(
        &mut events,
        "a delay",
        about("delayed", |k| matches!(k, EventKind::RestartDelayed { restarts_left: None, .. })),
    )
    .await;
    event(&mut events, "a restart", restarted("delayed")).await;
}

#[tokio::test(start_paused = true)]
async fn messages_left_unhandled_are_counted() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let mut events = supervisor.events();
    let child = within("the child", supervisor.add_child(stage.actor("a"))).await.unwrap();
    child.send(Order::Hang).await.unwrap();
    quiet().await;
    for number in 0..3 {
        child.send(Order::Note(number)).await.unwrap();
    }
    within("the stop", supervisor.terminate_child("a")).await.unwrap();
    let left = about("a", |kind| matches!(kind, EventKind::MessagesLeft { count: 3, .. }));
    event(&mut events, "the leftovers", left).await;
}

#[tokio::test(start_paused = true)]
async fn the_stream_ends_after_the_end_of_the_root_however_it_ended() {
    let stage = Stage::new();
    let a = stage.actor("a");
    let child = a.handle();
    let supervisor = Supervisor::new().with_max_restarts(0).with_child(a).build();
    let mut events = supervisor.events();
    within("the start", supervisor.start()).await.unwrap();
    child.send(Order::Panic).await.unwrap();
    event(&mut events, "the end", supervisor_terminated("/")).await;
    assert!(within("the end of the events", events.next()).await.is_none());
    assert!(within("it again", events.next()).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_between_threads() {
    let stage = Stage::new();
    let supervisor = Supervisor::new().build();
    let mut events = supervisor.events();
    let adding: Vec<_> = (0..4)
        .map(|task| {
            let (supervisor, stage) = (supervisor.clone(), stage.clone());
            tokio::spawn(async move {
                for number in 0..50 {
                    let spec = stage.actor(&format!("{task}-{number}"));
                    supervisor.add_child(spec).await.unwrap();
                }
            })
        })
        .collect();
    for task in adding {
        within("the children", task).await.unwrap();
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    let (mut started, mut ended, mut number) = (0, 0, 0);
    while let Some(event) = within("an event", events.next()).await {
        number += 1;
        assert_eq!(event.number(), number);
        match event.kind() {
            EventKind::ChildStarted { .. } => started += 1,
            EventKind::ChildTerminated { .. } => ended += 1,
            _ => {}
        }
    }
    assert_eq!((started, ended), (200, 200));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_always_finds_events_lets_others_run() {
    let stage = Stage::new();
    let root = Supervisor::new().with_max_restarts(MaxRestarts::Unlimited).build();
    let child = within("the child", root.add_child(stage.actor("a"))).await.unwrap();
    let mut events = root.events();
    for _ in 0..1000 {
        within("the kill", child.kill()).await.unwrap();
    }
    let reader = tokio::spawn(async move {
        for _ in 0..1000 {
            events.next().await.expect("the tree goes on");
        }
    });
    tokio::task::yield_now().await;
    assert!(!reader.is_finished(), "a thousand events were read in one turn");
    within("the events", reader).await.unwrap();
    within("the shutdown", root.shutdown()).await.unwrap();
}
