//! A program for the tests of singletons: its child blocks the only thread of the runtime, and its
//! lease, of three seconds, is granted once and never renewed.
//!
//! `under-lease abort` is to be ended by the watchdog, `under-lease report` to end by itself. Both print
//! the moment at which the lease is granted, and the moments at which the child still runs, in
//! milliseconds. With a file as second argument, another child is a program, which writes its process id
//! there.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use supervisor::lease::{Acquisition, Claim, LeaseError, Leases, Overrun, Renewal, Singleton};
use supervisor::prelude::*;

/// The time for which the child blocks its thread.
const BLOCKED: Duration = Duration::from_secs(6);

/// An engine that grants a lease, and then is away.
struct Away {
    began: Instant,
}

/// Prints the time since the program has begun.
fn print_time(began: Instant) {
    println!("{}", began.elapsed().as_millis());
}

impl Leases for Away {
    async fn acquire(&self, _: Claim) -> Result<Acquisition, LeaseError> {
        print_time(self.began);
        Ok(Acquisition::Acquired { fence: 1 })
    }

    async fn renew(&self, _: Claim) -> Result<Renewal, LeaseError> {
        Err("away".into())
    }

    async fn release(&self, _: Claim) -> Result<(), LeaseError> {
        Err("away".into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let overrun = match std::env::args().nth(1).as_deref() {
        Some("abort") => Overrun::Abort,
        Some("report") => Overrun::Report,
        _ => return Err(io::Error::other("`under-lease abort` or `under-lease report`").into()),
    };
    let file = std::env::args().nth(2);
    // Whatever is broken: a test waits for the end of this program.
    thread::spawn(|| {
        thread::sleep(5 * BLOCKED);
        eprintln!("waited in vain for the end of the child");
        std::process::exit(1);
    });
    let (blocked, mut ended) = tokio::sync::mpsc::channel::<()>(1);
    let began = Instant::now();
    let billing = Singleton::new("billing", Away { began })
        .with_ttl(Duration::from_secs(3))
        .with_renew(Duration::from_millis(500))
        .with_overrun(overrun)
        .build(move |_| {
            let stuck = move |_: Context| {
                let blocked = blocked.clone();
                async move {
                    let blocks = Instant::now();
                    while blocks.elapsed() < BLOCKED {
                        print_time(began);
                        thread::sleep(Duration::from_millis(5));
                    }
                    let _ = blocked.try_send(());
                    Ok(())
                }
            };
            let stuck = ChildSpec::new("stuck").with_task(stuck);
            let stuck = stuck.with_shutdown(Duration::from_millis(100));
            let mut below = Supervisor::new().with_kill_grace(Duration::from_millis(100));
            if let Some(file) = file {
                let script = "echo $$ > \"$0\"; exec sleep 600";
                let program = supervisor::Program::new("sh").args(["-c", script, &file]);
                let program = ChildSpec::new("program").with_program(program);
                below = below.with_child(program.with_shutdown(Duration::from_millis(100)));
            }
            below.with_child(stuck)
        });
    let billing = ChildSpec::new("billing").with_supervisor(billing);
    let root = Supervisor::new().with_child(billing).build();
    root.start().await?;
    let _ = ended.recv().await;
    println!("ended");
    Ok(())
}
