//! A program whose runtime is watched, for `tests/runtime_watchdog.rs`: the first argument is the time of
//! the watchdog in milliseconds, the second the number of the runtime's threads. The child `clerk`
//! carries out the orders on standard input, one per line.

use std::process::ExitCode;
use std::time::Duration;

use supervisor::Program;
use supervisor::prelude::*;
use supervisor_tests::names_of_threads;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_ansi(false).without_time().init();
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|text| text.parse().ok()).expect("a number");
    let time = Duration::from_millis(number());
    let threads = usize::try_from(number()).expect("a number of threads");
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(threads).enable_all().build().expect("a runtime");
    let (orders, lines) = unbounded_channel();
    let reads = move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let _ = orders.send(line);
        }
        // The test is gone.
        std::process::exit(3);
    };
    std::thread::Builder::new().name("orders".to_owned()).spawn(reads).expect("a thread");
    let program = Program::new("sh").arg("-c").arg("echo pid $$; exec sleep 10000");
    let tree = Supervisor::new()
        .with_child(ChildSpec::new("program").with_program(program))
        .with_child(ChildSpec::new("clerk").with_worker_once(Clerk { lines }))
        .build();
    runtime.block_on(async { supervisor::run(tree).runtime_watchdog(time).await })
}

/// Does what it is told.
#[derive(Child)]
#[child(restart = Temporary, once)]
struct Clerk {
    lines: UnboundedReceiver<String>,
}

impl WorkerOnce for Clerk {
    async fn run(mut self, ctx: Context) -> ChildResult {
        print_line("the clerk is there");
        while let Some(Some(order)) = ctx.until_shutdown(self.lines.recv()).await {
            match &*order {
                "block" => {
                    print_line("blocks");
                    loop {
                        std::thread::park();
                    }
                }
                "name the threads" => {
                    print_line(&format!("threads: {}", names_of_threads().await?));
                }
                _ => print_line(&order),
            }
        }
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "what the test reads")]
fn print_line(line: &str) {
    println!("{line}");
}
