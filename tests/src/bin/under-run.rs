//! Programs that consist of `supervisor::run` and a tree, for tests with real signals. The first
//! argument names the tree; the children print lines, as `first runs`.

use std::future::pending;
use std::process::ExitCode;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{AutoShutdown, Backoff, MaxRestarts, Program, StartMode, specs::Runnable};

// One thread for a child that blocks it, and one that is left, on a machine with one processor, too.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("panics") {
        supervisor_tests::capture_log();
        panic_with_a_program().await;
    }
    if std::env::args().nth(2).as_deref() != Some("without a log") {
        tracing_subscriber::fmt().with_ansi(false).without_time().init();
    }
    let tree = Supervisor::new().with_kill_grace(Duration::from_millis(50));
    let tree = match std::env::args().nth(1).as_deref() {
        Some("graceful") => tree.with_child(tidy("first")).with_child(tidy("second")),
        Some("slow") => {
            let limit = Duration::from_millis(50);
            tree.with_child(tidy("tidy")).with_child(stubborn("slow").with_shutdown(limit))
        }
        Some("stubborn") => {
            let nested = Supervisor::new().with_child(stubborn("deep"));
            tree.with_child(tidy("tidy"))
                .with_child(ChildSpec::new("nested").with_supervisor(nested.build()))
                .with_child(stubborn("flat"))
        }
        Some("lingering") => tree.with_child(tidy("first")).with_child(lingering("second")),
        Some("away") => {
            let backoff = Backoff::constant(Duration::from_secs(600));
            let tree = tree.with_child(tidy("tidy")).with_max_restarts(MaxRestarts::Unlimited);
            tree.with_child(fails().with_backoff(backoff))
        }
        Some("shuts itself down") => {
            let tree = tree.with_child(stubborn("flat")).build();
            let own = tree.clone();
            let asks = ChildSpec::new("asks").with_task(move |ctx: Context| {
                let own = own.clone();
                async move {
                    own.request_shutdown();
                    ctx.shutdown_requested().await;
                    Ok(())
                }
            });
            // The handle in the task keeps nothing: `run` has one, too.
            drop(tokio::spawn({
                let tree = tree.clone();
                async move { tree.add_child(asks).await }
            }));
            return supervisor::run(tree).stop_within(Duration::from_millis(200)).await;
        }
        Some("was asked before") => {
            let flat = stubborn("flat").with_start(StartMode::Notify);
            let tree = tree.with_child(flat).build();
            tree.start().await.expect("it starts");
            tree.request_shutdown();
            return supervisor::run(tree).stop_within(Duration::from_millis(200)).await;
        }
        Some("starting") => tree.with_child(tidy("tidy")).with_child(never_ready()),
        Some("stuck") => tree.with_child(stuck().with_shutdown(Shutdown::BrutalKill)),
        Some("fails") => tree.with_max_restarts(0).with_child(fails()),
        Some("ends") => {
            tree.with_auto_shutdown(AutoShutdown::AnySignificant).with_child(significant())
        }
        Some("flushing") => tree.with_child(flushing()),
        Some("misdeclared") => tree.with_child(tidy("twin")).with_child(tidy("twin")),
        other => panic!("no such program: {other:?}"),
    };
    match std::env::args().nth(2).as_deref() {
        Some("reads on") => {
            drop(tokio::task::spawn_blocking(|| {
                loop {
                    std::thread::park();
                }
            }));
            let code = supervisor::run(tree.build()).await;
            print_line("run has returned");
            code
        }
        Some("leaves SIGHUP") => supervisor::run(tree.build()).leaving_sighup().await,
        Some("drains") => supervisor::run(tree.build()).drain(Duration::from_millis(200)).await,
        Some("drains longer") => {
            supervisor::run(tree.build()).drain(Duration::from_millis(1500)).await
        }
        Some("drains long") => supervisor::run(tree.build()).drain(Duration::from_secs(600)).await,
        Some("limited") => {
            supervisor::run(tree.build()).stop_within(Duration::from_millis(200)).await
        }
        Some("drains for the whole time") => {
            let tree = tree.with_drain(Duration::from_secs(600)).build();
            supervisor::run(tree).stop_within(Duration::from_millis(200)).await
        }
        _ => supervisor::run(tree.build()).await,
    }
}

/// Panics when a child of the tree, a process, runs.
#[expect(clippy::print_stdout, reason = "what the test reads")]
async fn panic_with_a_program() {
    let program = Program::new("sh").arg("-c").arg("echo pid $$; exec sleep 10000");
    let spec = ChildSpec::new("program").with_program(program);
    let root = Supervisor::new().with_child(spec).build();
    root.start().await.expect("it starts");
    supervisor_tests::logs(&["child=program", ": pid "]).await;
    println!("{}", supervisor_tests::logged().join("\n"));
    panic!("with a program running");
}

/// Returns a child that prints a line when it runs, and another when it stops.
fn tidy(name: &'static str) -> ChildSpec<impl Runnable> {
    ChildSpec::new(name).with_task(move |ctx: Context| async move {
        // The child looks at its shutdown signal before it prints: from then on a stop is a
        // request, and does not drop the child.
        let requested = ctx.shutdown_requested();
        print_line(&format!("{name} runs"));
        requested.await;
        print_line(&format!("{name} stops"));
        Ok(())
    })
}

/// Returns a child as `tidy`, which takes its time to stop.
fn lingering(name: &'static str) -> ChildSpec<impl Runnable> {
    ChildSpec::new(name).with_task(move |ctx: Context| async move {
        let requested = ctx.shutdown_requested();
        print_line(&format!("{name} runs"));
        requested.await;
        print_line(&format!("{name} was asked"));
        tokio::time::sleep(Duration::from_millis(500)).await;
        print_line(&format!("{name} stops"));
        Ok(())
    })
}

/// Returns a child that notices its shutdown request, and does not stop.
fn stubborn(name: &'static str) -> ChildSpec<impl Runnable> {
    let task = move |mut ctx: Context| async move {
        // The child looks at its shutdown signal before it prints: from then on a stop is a
        // request, and does not drop the child.
        let requested = ctx.shutdown_requested();
        print_line(&format!("{name} runs"));
        ctx.ready();
        requested.await;
        print_line(&format!("{name} was asked"));
        pending().await
    };
    ChildSpec::new(name).with_shutdown(Shutdown::Infinity).with_task(task)
}

/// Returns a child that makes the file that the third argument names when it stops.
fn flushing() -> ChildSpec<impl Runnable> {
    ChildSpec::new("flushing").with_task(async |ctx: Context| {
        let requested = ctx.shutdown_requested();
        print_line("flushing runs");
        requested.await;
        std::fs::write(std::env::args().nth(3).expect("a path"), "flushed")?;
        Ok(())
    })
}

/// Returns a child whose start never completes.
fn never_ready() -> ChildSpec<impl Runnable> {
    ChildSpec::new("never_ready").with_start(StartMode::Notify).with_task(async |_ctx: Context| {
        print_line("never_ready starts");
        pending().await
    })
}

/// Returns a child that blocks its thread, so that nothing can stop it.
fn stuck() -> ChildSpec<impl Runnable> {
    ChildSpec::new("stuck").with_task(async |_: Context| {
        print_line("stuck runs");
        loop {
            std::thread::park();
        }
    })
}

fn fails() -> ChildSpec<impl Runnable> {
    ChildSpec::new("fails").with_task(async |_: Context| Err("there is no hope".into()))
}

/// Returns a child that ends normally, and ends the tree by `auto_shutdown`.
fn significant() -> ChildSpec<impl Runnable> {
    ChildSpec::new("significant")
        .with_restart_policy(RestartPolicy::Transient)
        .with_significant(true)
        .with_task(async |_: Context| Ok(()))
}

#[expect(clippy::print_stdout, reason = "what the test reads")]
fn print_line(line: &str) {
    println!("{line}");
}
