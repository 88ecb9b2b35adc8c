//! What the service withstands: a database that fails at each statement, clients that never finish their
//! requests, and questions whose askers have gone.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use orders::Orders;
use orders::config::Config;
use orders::database::Query;
use orders::order::{Name, Order, Placed, Totals};
use supervisor_tests::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// The service in this process, with a database of its own.
struct Service {
    orders: Orders,
    http: SocketAddr,
    directory: PathBuf,
}

impl Service {
    async fn start(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("limits-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let database = format!("sqlite:{}", directory.join("orders.db").display());
        let config = Config::read(|name| match name {
            "DATABASE_URL" => Some(database.clone().into()),
            "PROBES" | "PAGE" => Some("127.0.0.1:0".into()),
            _ => None,
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let http = listener.local_addr().expect("its address");
        let orders = Orders::start(&config.expect("a configuration"), listener).await;
        Self { orders: orders.expect("a start"), http, directory }
    }

    /// Opens the file of the database beside the service.
    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.directory.join("orders.db")).expect("the database")
    }

    async fn place(&self, name: &str) -> Option<Placed> {
        let (name, order) = (named(name), tea());
        let placed = self.orders.database().ask(|reply| Query::Place { name, order, reply });
        placed.await.ok()
    }

    async fn totals(&self) -> Option<Totals> {
        self.orders.database().ask(|reply| Query::Totals { reply }).await.ok()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn named(name: &str) -> Name {
    Name::try_from(name.to_owned()).expect("a name")
}

/// Makes each new order fail, as a full disk does.
const FULL: &str =
    "CREATE TRIGGER full BEFORE INSERT ON orders BEGIN SELECT RAISE(FAIL, 'no space'); END";

fn tea() -> Order {
    Order { item: named("tea"), quantity: 2.try_into().expect("a quantity") }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_fails_at_each_statement_does_not_end_the_service() {
    let service = Service::start("fails").await;
    assert_eq!(service.place("o-1").await, Some(Placed::New));
    let file = service.file();
    file.execute_batch(FULL).expect("a trigger");
    // More failures than the tree allows for its other children.
    for _ in 0..10 {
        assert_eq!(service.place("o-2").await, None);
    }
    file.execute_batch("DROP TRIGGER full").expect("no trigger");
    // An order may wait for longer than its client: the longest delay between two lives.
    let mut placed = None;
    for _ in 0..3 {
        placed = placed.or(service.place("o-2").await);
    }
    assert!(placed.is_some(), "the database is back");
    assert!(service.totals().await.is_some_and(|totals| totals.orders == 2));
}

#[tokio::test(start_paused = true)]
async fn a_database_that_fails_at_each_statement_is_not_ready_until_one_has_worked() {
    let service = Service::start("steady").await;
    assert_eq!(service.place("o-1").await, Some(Placed::New));
    let file = service.file();
    file.execute_batch(FULL).expect("a trigger");
    assert_eq!(service.place("o-2").await, None);
    let tree = service.orders.supervisor();
    let mut changes = tree.health_changes();
    let is_never_ready = async {
        while let Some(health) = changes.next().await {
            assert!(health.live && !health.ready, "{health}");
        }
    };
    let clients_go_on = async {
        loop {
            assert_eq!(service.place("o-2").await, None);
        }
    };
    let both = async { tokio::join!(is_never_ready, clients_go_on) };
    assert!(timeout(Duration::from_secs(120), both).await.is_err(), "the tree goes on");
    let health = tree.health().await.to_string();
    assert!(health.contains("database is ") && health.contains("no space"), "{health}");

    file.execute_batch("DROP TRIGGER full").expect("no trigger");
    let is_ready = async { while !changes.next().await.expect("the tree goes on").ready {} };
    within("a tree that is ready", is_ready).await;
    assert_eq!(service.place("o-2").await, Some(Placed::New));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_finished_has_a_time_limit() {
    let service = Service::start("unfinished").await;
    let mut client = TcpStream::connect(service.http).await.expect("a connection");
    let half = "PUT /orders/o-1 HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{\"item\":";
    client.write_all(half.as_bytes()).await.expect("a write");
    let began = Instant::now();
    let mut answer = String::new();
    let read = within("the end of the connection", client.read_to_string(&mut answer)).await;
    read.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_client_has_gone_before_its_turn_is_not_placed() {
    let service = Service::start("gone").await;
    assert_eq!(service.place("o-1").await, Some(Placed::New));
    tokio::select! {
        biased;
        // It is in the mailbox when the client goes.
        _ = service.place("o-2") => panic!("nothing has run that could answer"),
        () = std::future::ready(()) => {}
    }
    assert!(service.totals().await.is_some_and(|totals| totals.orders == 1));
}
