//! Tests values of options that are no literals: constants, and values that only the running
//! program knows.

#![deny(warnings)]

use std::time::Duration;

use supervisor::prelude::*;
use supervisor_tests::within;

const SHARDS: usize = 3;
const CLIENTS: usize = 1;

mod limits {
    use std::time::Duration;

    pub(crate) const RESTARTS: u32 = 1;
    pub(crate) const WINDOW: Duration = Duration::from_secs(60);
    pub(crate) const STOP: Duration = Duration::from_secs(2);
    pub(crate) const PAUSE: Duration = Duration::from_millis(100);
}

#[derive(Child, Default)]
#[child(shutdown = limits::STOP, mailbox = SHARDS, backoff = limits::PAUSE..limits::STOP)]
struct Part;

impl Worker for Part {
    async fn run(&self, ctx: Context) -> ChildResult {
        ctx.shutdown_requested().await;
        Ok(())
    }
}

async fn idle(ctx: Context) -> ChildResult {
    ctx.shutdown_requested().await;
    Ok(())
}

async fn fails(_ctx: Context) -> ChildResult {
    Err("broken".into())
}

supervision_tree! {
    Constants: one_for_one(
        max_restarts = limits::RESTARTS,
        restart_window = limits::WINDOW,
        shutdown_within = limits::WINDOW,
        kill_grace = limits::PAUSE,
    ) {
        parts: simple_one_for_one(partitions = SHARDS) { part: Part },
        pool: simple_one_for_one(max_children = CLIENTS) { part: Part },
        fails: Always(backoff = limits::PAUSE),
        job: Always(every = limits::WINDOW) = async || ChildResult::Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_constant_is_known_to_the_compiler() {
    assert_eq!(Constants::CHILDREN, SHARDS + 4);
    // The parts together 2 s, the workers of the pool together 2 s, and 5 s for each task.
    assert_eq!(Constants::SHUTDOWN_BUDGET, Some(Duration::from_secs(14)));
    let tree = within("the start", Constants::start()).await.unwrap();
    assert_eq!(tree.parts().workers().len(), SHARDS);
    let end = within("one restart too many", tree.supervisor().wait()).await;
    assert!(format!("{end:?}").contains("fails"), "{end:?}");
}

struct Config {
    parts: usize,
    clients: usize,
    restarts: u32,
    stop: Duration,
    period: Duration,
}

const CONFIG: Config = Config {
    parts: 5,
    clients: 1,
    restarts: 0,
    stop: Duration::from_secs(1),
    period: Duration::from_secs(7),
};

supervision_tree! {
    Configured(config: &Config): one_for_one(max_restarts = runtime(config.restarts)) {
        parts: simple_one_for_one(partitions = runtime(config.parts)) {
            part: Part(shutdown = runtime(config.stop)),
        },
        pool: simple_one_for_one(max_children = runtime(config.clients)) { part: Part },
        job: Always(every = runtime(config.period)) = async || ChildResult::Ok(()),
        idle: Always(heartbeat = runtime(config.stop * 10), backoff = limits::PAUSE..runtime(config.stop)),
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_of_the_configuration_is_unknown_to_the_compiler_alone() {
    assert_eq!(Configured::SHUTDOWN_BUDGET, None);
    // The number of the parts is unknown, and each pool and task is one child.
    assert_eq!(Configured::CHILDREN, 4);
    let config = Config { restarts: 1, ..CONFIG };
    let tree = within("the start", Configured::start(&config)).await.unwrap();
    assert_eq!(tree.parts().workers().len(), 5);
    within("the first worker", tree.pool().add_worker()).await.unwrap();
    let second = within("the second worker", tree.pool().add_worker()).await;
    assert!(second.is_err(), "`max_children` is 1: {second:?}");
    within("the shutdown", tree.supervisor().shutdown()).await.expect("a shutdown");
}

#[tokio::test(start_paused = true)]
async fn a_value_of_the_configuration_that_breaks_a_rule_is_an_error_of_the_start() {
    let breaks = async |config: Config, words: &str| {
        let error = within("the start", Configured::start(&config)).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    breaks(Config { parts: 0, restarts: 1, ..CONFIG }, "`partitions = 0`").await;
    breaks(Config { clients: 0, restarts: 1, ..CONFIG }, "`max_children = 0`").await;
    let stop = Duration::from_millis(1);
    breaks(Config { stop, ..CONFIG }, "a backoff grows from short to long").await;
}

#[tokio::test(start_paused = true)]
async fn a_tree_without_a_name_takes_constants_and_local_values() {
    let (limit, stop) = (2_usize, Duration::from_secs(1));
    let tree = supervision_tree! {
        one_for_one(restart_window = limits::WINDOW, max_restarts = runtime(supervisor::MaxRestarts::Unlimited)) {
            pool: simple_one_for_one(max_children = runtime(limit)) { part: Part },
            idle: Always(shutdown = runtime(stop)),
            other: Always(shutdown = limits::STOP) = self::idle,
        }
    };
    let tree = within("the start", tree.start()).await.unwrap();
    assert_eq!(tree.shutdown_budget(), None);
    within("the shutdown", tree.supervisor().shutdown()).await.expect("a shutdown");
}

/// Twins under conditions, of which the last is not there.
mod twins {
    use super::*;

    async fn twin(ctx: Context) -> ChildResult {
        idle(ctx).await
    }

    supervision_tree! {
        pub(crate) Twins: one_for_one {
            #[cfg(not(any()))]
            twin: Always,
            #[cfg(any())]
            twin: Transient,
            #[cfg(not(any()))]
            sub: one_for_one { twin: Always },
            #[cfg(any())]
            sub: one_for_all { twin: Always },
        }
    }
}

#[test]
fn twin_tasks_have_their_own_functions() {
    let tree = twins::Twins::tree();
    assert_eq!(tree.handle().twin().path(), "twin");
    assert_eq!(tree.handle().sub().twin().path(), "sub/twin");
}

macro_rules! with_limits {
    ($limit:literal, $window:literal, $count:literal) => {
        supervision_tree! {
            Literals: one_for_one(max_restarts = $limit, restart_window = $window) {
                idle: Always,
                parts: simple_one_for_one(partitions = $count) { part: Part },
            }
        }
    };
}

with_limits!(5, 60s, 2);

#[test]
fn a_literal_that_a_macro_passes_on_is_a_literal() {
    assert_eq!(Literals::CHILDREN, 4);
    assert_eq!(Literals::tree().handle().parts().workers().len(), 2);
}

/// A tree that is deprecated gives no warning by itself; this file denies warnings.
mod deprecated {
    use super::*;

    supervision_tree! {
        #[deprecated]
        pub(crate) Old: one_for_one {
            part: Part,
            sub: one_for_one { idle: Always },
            pool: simple_one_for_one { part: Part },
        }
    }
}

/// The deepest tree that the rule `tree_too_deep` allows.
mod deep {
    use super::*;

    macro_rules! nested {
        ([] $($inside:tt)*) => {
            supervision_tree! {
                pub(crate) Deep: one_for_one(shutdown_within = 5s) { $($inside)* }
            }
        };
        ([$_:tt $($more:tt)*] $($inside:tt)*) => {
            nested!([$($more)*] sub: one_for_one { $($inside)* });
        };
    }

    nested!([
        0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
        0 0 0 0 0 0 0 0 0
    ] idle: Always);
}

#[test]
fn the_compiler_follows_the_deepest_tree() {
    assert_eq!(deep::Deep::SHUTDOWN_BUDGET, Some(Duration::from_secs(5)));
    assert_eq!(deep::Deep::CHILDREN, 40);
}

struct Settings {
    name: String,
    region: String,
}

/// Two children may use copies of the variables around them, references, and fields of their own.
#[tokio::test(start_paused = true)]
async fn children_share_variables_that_stay_usable() {
    async fn check(_ctx: Context, port: u16, name: &'static str, text: String) -> ChildResult {
        tokio::task::yield_now().await;
        assert_eq!((port, name, &*text), (80, "shop", "eu"));
        Ok(())
    }
    fn double(number: u16) -> u16 {
        2 * number
    }
    let (port, name, half) = (80, "shop", 40);
    let settings = Settings { name: "eu".to_owned(), region: "eu".to_owned() };
    let tree = supervision_tree! {
        one_for_one(max_restarts = 0) {
            a: Transient = move |ctx| check(ctx, port, name, settings.name.clone()),
            b: Transient = move |ctx| check(ctx, double(half), name, settings.region.clone()),
            c: Transient = {
                let name = name.to_owned();
                move |ctx| check(ctx, double(half), "shop", name.replace("shop", "eu"))
            },
            sub: one_for_one(max_restarts = 0) {
                d: Transient = move |ctx| check(ctx, port, name, "eu".to_owned()),
            },
        }
    };
    let tree = within("the start", tree.into_future()).await.unwrap();
    supervisor_tests::quiet().await;
    assert!(within("the health", tree.supervisor().health()).await.ready);
}
