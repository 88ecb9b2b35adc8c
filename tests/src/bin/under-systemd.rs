//! A program as a service of systemd's, for `tests/systemd.rs`: the first argument names the runtime, the
//! second the tree. A child, the clerk, does what the lines of the standard input say.

use std::future::Future;
use std::io::BufRead;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use supervisor::prelude::*;
use supervisor::{Program, StartMode, specs::Runnable};
use supervisor_tests::names_of_threads;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The orders to the clerk.
#[derive(Clone)]
struct Orders {
    lines: Arc<tokio::sync::Mutex<UnboundedReceiver<String>>>,
    /// The end of a time in which the clerk blocks its thread.
    unblock: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl Orders {
    fn read() -> Self {
        let (orders, lines) = unbounded_channel();
        let (unblocks, unblock) = mpsc::channel();
        let reads = move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if line == "unblock" {
                    let _ = unblocks.send(());
                } else {
                    let _ = orders.send(line);
                }
            }
            // The test is gone.
            std::process::exit(3);
        };
        std::thread::Builder::new().name("orders".to_owned()).spawn(reads).expect("a thread");
        Self {
            lines: Arc::new(tokio::sync::Mutex::new(lines)),
            unblock: Arc::new(Mutex::new(unblock)),
        }
    }

    async fn next(&self) -> String {
        self.lines.lock().await.recv().await.expect("the program ends with its input")
    }
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_ansi(false).without_time().init();
    let mut arguments = std::env::args().skip(1);
    let runtime = runtime(arguments.next().as_deref());
    let orders = Orders::read();
    runtime.block_on(run(arguments.next().as_deref(), orders))
}

fn runtime(name: Option<&str>) -> Runtime {
    let mut builder = match name {
        Some("current thread") => Builder::new_current_thread(),
        Some(threads) => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads.parse().expect("a number of threads"));
            builder
        }
        None => panic!("which runtime?"),
    };
    builder.enable_all().build().expect("a runtime")
}

async fn run(tree: Option<&str>, orders: Orders) -> ExitCode {
    let root = Supervisor::new().with_max_restarts(0).with_kill_grace(Duration::from_millis(50));
    match tree {
        Some("patient") => supervisor::run(root.with_child(clerk(orders)).build()).await,
        Some("limited") => {
            let root = root.with_child(clerk(orders)).build();
            supervisor::run(root).stop_within(Duration::from_secs(60)).await
        }
        Some("bounded") => {
            let clerk = clerk(orders).with_shutdown(Duration::from_secs(5));
            supervisor::run(root.with_child(clerk).build()).await
        }
        Some("draining") => {
            let root = root.with_child(clerk(orders)).build();
            supervisor::run(root).drain(Duration::from_millis(300)).await
        }
        Some("stuck") => {
            let rock = ChildSpec::new("rock").with_shutdown(Shutdown::BrutalKill).with_task(
                async |_: Context| {
                    loop {
                        std::thread::park();
                    }
                },
            );
            supervisor::run(root.with_child(rock).with_child(clerk(orders)).build()).await
        }
        Some("program") => {
            let program = Program::new("sh").arg("-c").arg(
                "echo \"socket '$NOTIFY_SOCKET', watchdog '$WATCHDOG_USEC'\"; exec sleep 1000",
            );
            let program = ChildSpec::new("program").with_program(program);
            supervisor::run(root.with_child(program).with_child(clerk(orders)).build()).await
        }
        other => panic!("no such tree: {other:?}"),
    }
}

fn clerk(orders: Orders) -> ChildSpec<impl Runnable> {
    let clerk = ChildSpec::new("clerk").with_start(StartMode::Notify);
    let clerk = clerk.with_start_timeout(Duration::from_secs(600));
    clerk.with_shutdown(Shutdown::Infinity).with_task(move |ctx: Context| work(ctx, orders.clone()))
}

/// Does what the clerk is told; when it is to stop, it does so when it is told to close.
async fn work(mut ctx: Context, orders: Orders) -> ChildResult {
    let mut requested = pin!(ctx.shutdown_requested());
    while let Some(order) = either(orders.next(), requested.as_mut()).await {
        match &*order {
            "open" => ctx.ready(),
            "complain" => ctx.unready("no ink\nWATCHDOG=trigger"),
            "cheer up" => ctx.healthy(),
            "fail" => return Err("the desk is on fire".into()),
            "quit" => ctx.request_shutdown(),
            "stop the rock" => {
                let stopped = ctx.supervisor().upgrade()?.terminate_child("rock").await;
                print_line(&format!("the rock: {stopped:?}"));
            }
            "name the threads" => {
                print_line(&format!("threads: {}", names_of_threads().await?));
            }
            "block" => {
                print_line("blocks");
                let unblock = orders.unblock.lock().map_err(|_| "another clerk has failed")?;
                unblock.recv()?;
            }
            "close" => {
                // The order was faster than the request to stop.
                requested.await;
                return Ok(());
            }
            other => return Err(format!("no such order: {other}").into()),
        }
    }
    while orders.next().await != "close" {}
    Ok(())
}

/// Returns the next order, or `None` when the clerk is to stop.
async fn either(order: impl Future<Output = String>, stop: impl Future) -> Option<String> {
    tokio::select! {
        order = order => Some(order),
        _ = stop => None,
    }
}

#[expect(clippy::print_stdout, reason = "what the test reads")]
fn print_line(line: &str) {
    println!("{line}");
}
