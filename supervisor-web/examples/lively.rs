//! A shop to look at: a tree with a page, and something going on in it.
//!
//! How to run it: `cargo run -p supervision-tree-web --example lively`, and open
//! <http://127.0.0.1:9000>. Behind `--` may stand an address, a scenario, and `--customers 10000`:
//!
//! - `busy` (the default): customers come and go, and now and then something fails;
//! - `calm`: all is well;
//! - `crash`: a part fails with a chain of causes, and another panics;
//! - `storm`: a part fails again and again, until its supervisor gives up;
//! - `away`: the database cannot be reached;
//! - `waits`: parts wait for each other, two of them in a circle;
//! - `stop`: after three seconds the shop is shut down: it drains, and takes its time.
//!
//! The token of the operator, who may restart, stop and kill, is `the-shop-is-only-an-example`. The
//! program runs until ctrl-c.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use supervisor::prelude::*;
use supervisor_web::Web;
use tokio::time::sleep;

supervision_tree! {
    /// A shop with a database, orders and customers.
    Shop(web: Web, away: bool): one_for_one(max_restarts = 10, restart_window = 60s, drain = 3s) {
        admin: Web = web,
        storage: rest_for_one(max_restarts = 5, restart_window = 60s) {
            database: Database(start = retry, start_timeout = 20s, backoff = 100ms..2s) = Database { away },
            cache: Part = Part::new("cache"),
            search: Part = Part::new("search"),
        },
        orders: one_for_all(max_restarts = 5, restart_window = 60s) {
            intake: Part(shutdown = 2s) = Part::new("intake").slow(Duration::from_secs(8)),
            ledger: Part(shutdown = 6s, mailbox = 16, histograms) = Part::new("ledger").slow(Duration::from_secs(4)),
        },
        outside: one_for_one(max_restarts = 20, restart_window = 10s) {
            mailer: Transient<Part>(backoff = 50ms..1s) = Part::new("mailer"),
            payments: Part = Part::new("payments"),
            stock: Part = Part::new("stock"),
        },
        customers: simple_one_for_one(max_children = 200_000) {
            customer: Temporary<Customer>,
        },
        janitor: Always(every = 5s) = tidy,
    }
}

/// A message to a part of the shop.
enum Task {
    /// Takes this time.
    Work(Duration, Reply<()>),
    Fail,
    Panic,
    /// Asks this part, which then asks on.
    AskOn(Vec<ChildRef<Task>>, Reply<()>),
}

/// A part of the shop.
#[derive(Child)]
#[child(message = Task)]
struct Part {
    name: &'static str,
    stop_takes: Duration,
}

impl Part {
    fn new(name: &'static str) -> Self {
        Self { name, stop_takes: Duration::ZERO }
    }

    fn slow(self, stop_takes: Duration) -> Self {
        Self { stop_takes, ..self }
    }

    fn fail(&self) -> ChildResult {
        let cause = Failed::new("connection reset by peer (os error 104)");
        let cause = Failed::because("write to ledger.internal:5432", cause);
        Err(Failed::because(format!("the {} could not book order 4711", self.name), cause).into())
    }
}

impl Worker for Part {
    async fn run(&self, mut ctx: Context<Task>) -> ChildResult {
        while let Some(task) = ctx.recv().await {
            match task {
                Task::Work(time, reply) => {
                    sleep(time).await;
                    let _ = reply.send(());
                }
                Task::Fail => return self.fail(),
                Task::Panic => {
                    let goods: Vec<u32> = Vec::new();
                    let _ = goods[self.name.len()];
                }
                Task::AskOn(mut on, reply) => {
                    if let Some(next) = on.pop() {
                        let question = |reply| Task::AskOn(on, reply);
                        let _ = next.ask_within(Duration::from_secs(600), question).await;
                    } else {
                        sleep(Duration::from_secs(600)).await;
                    }
                    let _ = reply.send(());
                }
            }
        }
        sleep(self.stop_takes).await;
        Ok(())
    }
}

/// The connection to a database, which may be away.
#[derive(Child)]
#[child(message = Task)]
struct Database {
    away: bool,
}

impl Worker for Database {
    async fn run(&self, mut ctx: Context<Task>) -> ChildResult {
        if self.away {
            sleep(Duration::from_millis(30)).await;
            let cause = Failed::new("connection refused (os error 111)");
            return Err(Failed::because("connect to db.internal:5432", cause).into());
        }
        ctx.ready();
        while let Some(task) = ctx.recv().await {
            match task {
                Task::Work(time, reply) => {
                    sleep(time).await;
                    let _ = reply.send(());
                }
                _ => return Err(Failed::new("the server closed the connection").into()),
            }
        }
        Ok(())
    }
}

/// A customer, who looks around for a while.
#[derive(Child)]
#[child(restart = Temporary, once)]
struct Customer {
    stays: Duration,
    is_rude: bool,
}

impl WorkerOnce for Customer {
    async fn run(self, ctx: Context) -> ChildResult {
        tokio::select! {
            () = sleep(self.stays) => {}
            () = ctx.shutdown_requested() => return Ok(()),
        }
        if self.is_rude { Err("<script>alert('rude')</script>".into()) } else { Ok(()) }
    }
}

async fn tidy() -> ChildResult {
    Ok(())
}

/// An error with a cause.
#[derive(Debug)]
struct Failed {
    text: String,
    cause: Option<Box<Failed>>,
}

impl Failed {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), cause: None }
    }

    fn because(text: impl Into<String>, cause: Self) -> Self {
        Self { text: text.into(), cause: Some(Box::new(cause)) }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// Makes something happen in the shop.
async fn play(shop: Shop, scenario: String, customers: usize) -> Option<()> {
    while shop.outside().payments().incarnation() == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    let long = Duration::from_secs(36_000);
    for _ in 0..customers {
        let customer = Customer { stays: long, is_rude: false };
        shop.customers().add_worker_with(customer).await.ok()?;
    }
    let mut round = 0_u64;
    loop {
        sleep(Duration::from_millis(400)).await;
        round += 1;
        let part = match round % 5 {
            0 => shop.storage().cache(),
            1 => shop.storage().search(),
            2 => shop.orders().ledger(),
            3 => shop.outside().mailer(),
            _ => shop.outside().payments(),
        };
        match (scenario.as_str(), round) {
            ("crash", 6) => shop.outside().payments().send(Task::Panic).await.ok()?,
            ("crash", 12) => shop.orders().ledger().send(Task::Fail).await.ok()?,
            ("storm", 4..) => {
                for _ in 0..3 {
                    let _ = shop.outside().mailer().try_send(Task::Fail);
                    let _ = shop.outside().stock().try_send(Task::Panic);
                    sleep(Duration::from_millis(60)).await;
                }
            }
            ("waits", 3) => {
                let (mailer, payments) =
                    (shop.outside().mailer().clone(), shop.outside().payments().clone());
                let (cache, search) =
                    (shop.storage().cache().clone(), shop.storage().search().clone());
                let (ledger, stock) =
                    (shop.orders().ledger().clone(), shop.outside().stock().clone());
                let _ = cache
                    .ask_within(Duration::from_millis(1), |reply| {
                        Task::AskOn(vec![cache.clone(), search.clone()], reply)
                    })
                    .await;
                let _ = ledger
                    .ask_within(Duration::from_millis(1), |reply| {
                        Task::AskOn(vec![mailer.clone(), payments], reply)
                    })
                    .await;
                for _ in 0..13 {
                    let _ = stock
                        .ask_within(Duration::from_millis(1), |reply| Task::Work(long, reply))
                        .await;
                }
            }
            ("stop", 8) => shop.supervisor().request_shutdown(),
            ("busy", _) => {
                let stays = Duration::from_millis(300 + round * 7919 % 20_000);
                let customer = Customer { stays, is_rude: round.is_multiple_of(37) };
                shop.customers().add_worker_with(customer).await.ok()?;
                let takes = Duration::from_millis(round * 31 % 300);
                give_work(part, takes);
                match round % 150 {
                    20 => shop.outside().mailer().send(Task::Fail).await.ok()?,
                    75 => shop.orders().ledger().send(Task::Fail).await.ok()?,
                    120 => shop.storage().cache().send(Task::Panic).await.ok()?,
                    _ => {}
                }
            }
            _ => {
                let _ = part.ask(|reply| Task::Work(Duration::from_millis(5), reply)).await;
            }
        }
    }
}

/// Gives a part work, without waiting for the end of it.
fn give_work(part: &ChildRef<Task>, takes: Duration) {
    let part = part.clone();
    tokio::spawn(async move { part.ask(|reply| Task::Work(takes, reply)).await });
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut scenario = "busy".to_owned();
    let (mut address, mut customers) = ("127.0.0.1:9000".to_owned(), 12);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--customers" => {
                customers = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(12);
            }
            other if other.contains(':') => other.clone_into(&mut address),
            other => other.clone_into(&mut scenario),
        }
    }
    println!("http://{address}");
    let web = Web::bind(address).with_operator("you", "the-shop-is-only-an-example");
    let tree = Shop::tree(web, scenario == "away");
    tokio::spawn(play(tree.handle().clone(), scenario, customers));
    supervisor::run(tree).await
}
