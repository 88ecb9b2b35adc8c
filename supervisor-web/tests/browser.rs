//! The page in a real browser: Chromium, driven by Playwright.
//!
//! The steps are in `browser/page.mjs`. The test needs `chromium` (Debian's package) and `node` with
//! `playwright-core` from npm, which it finds in `target/browser`, as `.ci/web` puts it there. It
//! says so where one of them is missing; with `BROWSER=required`, that is a failure.

#[path = "support/client.rs"]
mod client;

use std::error::Error;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use client::{singleton, socket, waits, within};
use supervisor::StartMode;
use supervisor::lease::Singleton;
use supervisor::prelude::*;
use supervisor::specs::Ready;
use supervisor::testing::MemoryLeases;
use supervisor_web::Web;

const TOKEN: &str = "the-operators-token";

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Returns what the browser needs and is missing.
fn missing() -> Option<&'static str> {
    let runs = |name: &str| {
        let asked = Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    if !runs("chromium") {
        return Some("chromium");
    }
    if !runs("node") {
        return Some("node");
    }
    let playwright = root().join("target/browser/node_modules/playwright-core");
    (!playwright.exists()).then_some("playwright-core (run `bash .ci/web`)")
}

#[derive(Debug)]
struct Failed(&'static str, Option<Box<Failed>>);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

/// A message to a child of the shop.
enum Task {
    Fail,
    Panic,
    /// Asks the last of these, which asks on.
    AskOn(Vec<ChildRef<Task>>, Reply<()>),
    Unready(&'static str),
}

#[derive(Child)]
#[child(message = Task, shutdown = 10s)]
struct Part {
    stop_takes: Duration,
}

impl Worker for Part {
    async fn run(&self, mut ctx: Context<Task>) -> ChildResult {
        while let Some(task) = ctx.recv().await {
            match task {
                Task::Fail => {
                    let cause = Failed("<img src=x onerror=alert(1)> connection reset", None);
                    return Err(Failed("order 4711 was not booked", Some(Box::new(cause))).into());
                }
                Task::Panic => panic!("<script>document.title = 'broken'</script>"),
                Task::AskOn(mut on, reply) => {
                    if let Some(next) = on.pop() {
                        let question = |reply| Task::AskOn(on, reply);
                        let _ = next.ask_within(Duration::from_secs(600), question).await;
                    }
                    let _ = reply.send(());
                }
                Task::Unready(why) => ctx.unready(why),
            }
        }
        tokio::time::sleep(self.stop_takes).await;
        Ok(())
    }
}

/// Six shards, which a replica shares with the others.
fn shards(leases: &MemoryLeases) -> ChildSpec<Ready<Supervisor>> {
    let shards = Singleton::new("the mail", leases.replica())
        .with_ttl(Duration::from_secs(10))
        .with_renew(Duration::from_millis(200))
        .build_shards(6, |_, _| Supervisor::new().with_child(waits("postbox")));
    ChildSpec::new("shards").with_supervisor(shards)
}

/// A shop with 10,000 customers, which does what the browser's script tells it to.
struct Shop {
    supervisor: Supervisor,
    ledger: ChildRef<Task>,
    mailer: ChildRef<Task>,
    leases: MemoryLeases,
    /// Another replica, which needs the same lease; it is started by an order.
    other: Supervisor,
    /// Another replica, which shares the shards; it is started by an order.
    sharing: Supervisor,
}

impl Shop {
    async fn start(web: Web) -> Self {
        let part = |name: &str, stop_takes: u64| {
            ChildSpec::new(name).with_worker(Part { stop_takes: Duration::from_secs(stop_takes) })
        };
        let (ledger, mailer) = (part("ledger", 5), part("mailer", 0));
        let (to_ledger, to_mailer) = (ledger.handle().clone(), mailer.handle().clone());
        let orders = Supervisor::new()
            .with_strategy(SupervisionStrategy::OneForAll)
            .with_max_restarts(5)
            .with_restart_window(Duration::from_secs(60))
            .with_child(part("intake", 0))
            .with_child(ledger)
            .build();
        let leases = MemoryLeases::new();
        let other = singleton("jobs", "the jobs", leases.replica());
        let other = Supervisor::new().with_child(other).build();
        let sharing = Supervisor::new().with_child(shards(&leases)).build();
        let customers = Supervisor::new()
            .with_strategy(SupervisionStrategy::SimpleOneForOne)
            .with_template(waits("customer"))
            .build();
        let supervisor = Supervisor::new()
            .with_child(ChildSpec::new("admin").with_worker(web))
            .with_child(ChildSpec::new("orders").with_supervisor(orders))
            .with_child(mailer)
            .with_child(ChildSpec::new("customers").with_supervisor(customers.clone()))
            .with_child(waits("<script>alert('name')<|script>").with_start(StartMode::Spawned))
            .with_child(singleton("jobs", "the jobs", leases.replica()))
            .build();
        within("the start", supervisor.start()).await.expect("it starts");
        for _ in 0..10_000 {
            customers.add_worker().await.expect("a customer");
        }
        Self { supervisor, ledger: to_ledger, mailer: to_mailer, leases, other, sharing }
    }

    async fn obey(&self, order: &str) {
        match order {
            "fail" => self.ledger.send(Task::Fail).await.expect("it is sent"),
            "panic" => self.mailer.send(Task::Panic).await.expect("it is sent"),
            "wait" => {
                let (ledger, mailer) = (self.ledger.clone(), self.mailer.clone());
                tokio::spawn(async move {
                    let question = |reply| Task::AskOn(vec![ledger.clone(), mailer], reply);
                    let _ = ledger.ask_within(Duration::from_secs(600), question).await;
                });
            }
            "unready" => self.mailer.send(Task::Unready("no lease")).await.expect("it is sent"),
            "kill admin" => {
                let admin = self.supervisor.lookup_any("admin").await.expect("the page's child");
                admin.kill().await.expect("it is killed");
            }
            "stop admin" => {
                let admin = self.supervisor.lookup_any("admin").await.expect("the page's child");
                admin.terminate().await.expect("it stops");
            }
            "start admin" => {
                let admin = self.supervisor.lookup_any("admin").await.expect("the page's child");
                admin.restart().await.expect("it starts");
            }
            "lose the lease" => {
                within("the other replica", self.other.start()).await.expect("it starts");
                // The other one waits for the lease, and is told at once that it is free.
                self.leases.take_away("the jobs");
            }
            "end the other replica" => {
                within("its shutdown", self.other.shutdown()).await.expect("it stops");
            }
            "share" => {
                let added = self.supervisor.add_child(shards(&self.leases)).await;
                added.expect("a supervisor of shards");
                within("the other replica", self.sharing.start()).await.expect("it starts");
            }
            "end the sharing" => {
                within("its shutdown", self.sharing.shutdown()).await.expect("it stops");
            }
            "shutdown" => self.supervisor.request_shutdown(),
            other => panic!("the script orders {other:?}"),
        }
    }
}

#[test]
fn the_page_works_in_a_browser() {
    if let Some(what) = missing() {
        assert!(std::env::var_os("BROWSER").is_none(), "{what} is missing");
        println!("SKIPPED: {what} is missing");
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (socket, at) = socket();
    let shop = runtime.block_on(Shop::start(Web::on(socket).with_operator("alice", TOKEN)));
    let shots = root().join("target/browser/shots");
    std::fs::create_dir_all(&shots).expect("a folder for the pictures");
    let mut script = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/page.mjs"))
        .arg(root().join("target/browser/"))
        .args([format!("http://{at}/"), TOKEN.to_owned()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut to_script = script.stdin.take().expect("its input");
    let lines = BufReader::new(script.stdout.take().expect("its output")).lines();
    for line in lines.map_while(Result::ok) {
        if let Some(order) = line.strip_prefix("> ") {
            runtime.block_on(shop.obey(order));
            // The script may have given up already.
            let _ = writeln!(to_script, "done");
        } else {
            println!("{line}");
        }
    }
    let status = script.wait().expect("node ends");
    assert!(status.success(), "the browser's script failed: see above");
}
