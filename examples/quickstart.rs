//! A small service under a supervision tree: a store that speaks lines of text over TCP.
//!
//! What it shows: a declared tree with a typed child, a pool of connection workers, and a
//! listener that uses both; a crash of one worker, which does not affect the others; a crash of
//! the store, which no client notices but the one that caused it; a graceful shutdown.
//!
//! How to run it: `cargo run --example quickstart`. The program contains its own client, which
//! connects over a real socket. It ends by itself with exit code 0.
//!
//! How to test it: `cargo test --example quickstart`. The tests are at the end of this file.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use supervisor::pool::AddWorkerError;
use supervisor::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

supervision_tree! {
    /// A line server: clients set and get words.
    ///
    /// one_for_one: the address of the store survives its crash, so nobody has to restart with it.
    pub Service: one_for_one(max_restarts = 5, restart_window = 60s, shutdown_within = 30s) {
        store: Store,
        connections: simple_one_for_one(max_children = 1_000) {
            connection: Temporary<Connection>,
        },
        listener: Listener = Listener { store, connections },
    }
}

/// A request to the store.
enum Query {
    Set { key: String, value: String, reply: Reply<()> },
    Get { key: String, reply: Reply<Option<String>> },
}

/// Keeps the words. The words must survive a crash, so they are behind an `Arc` in the recipe.
/// Each life makes everything else anew.
#[derive(Child, Default)]
#[child(restart = Always, shutdown = 2s, message = Query, mailbox = 128)]
struct Store {
    words: Arc<Mutex<HashMap<String, String>>>,
}

impl Worker for Store {
    async fn run(&self, mut ctx: Context<Query>) -> ChildResult {
        while let Some(query) = ctx.recv().await {
            let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
            match query {
                Query::Set { key, .. } if key == "poison" => {
                    return Err("the store cannot bear this word".into());
                }
                Query::Set { key, value, reply } => {
                    words.insert(key, value);
                    let _ = reply.send(());
                }
                Query::Get { key, reply } => {
                    let _ = reply.send(words.get(&key).cloned());
                }
            }
        }
        Ok(())
    }
}

/// Serves one client. The worker owns its socket, so it has one life.
#[derive(Child)]
#[child(restart = Temporary, once)]
struct Connection {
    socket: TcpStream,
    store: ChildRef<Query>,
}

impl WorkerOnce for Connection {
    async fn run(self, _ctx: Context) -> ChildResult {
        let (input, mut output) = self.socket.into_split();
        let mut lines = BufReader::new(input).lines();
        while let Some(line) = lines.next_line().await? {
            let answer = match *line.split_whitespace().collect::<Vec<_>>() {
                ["set", key, value] => {
                    let (key, value) = (key.to_owned(), value.to_owned());
                    match self.store.ask(|reply| Query::Set { key, value, reply }).await {
                        Ok(()) => "ok".to_owned(),
                        Err(error) => format!("failed: {error}"),
                    }
                }
                ["get", key] => {
                    let key = key.to_owned();
                    match self.store.ask(|reply| Query::Get { key, reply }).await? {
                        Some(value) => value,
                        None => "not found".to_owned(),
                    }
                }
                ["boom"] => panic!("a client said boom"),
                _ => "say `set KEY VALUE` or `get KEY`".to_owned(),
            };
            output.write_all(format!("{answer}\n").as_bytes()).await?;
        }
        Ok(())
    }
}

/// Accepts clients, and replies to each message with the address that it listens on.
#[derive(Child)]
#[child(restart = Always, message = Reply<SocketAddr>)]
struct Listener {
    store: ChildRef<Query>,
    connections: Pool<Connection>,
}

impl Worker for Listener {
    async fn run(&self, mut ctx: Context<Reply<SocketAddr>>) -> ChildResult {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        loop {
            tokio::select! {
                asked = ctx.recv() => match asked {
                    Some(reply) => drop(reply.send(address)),
                    None => return Ok(()),
                },
                accepted = listener.accept() => {
                    let (socket, _) = accepted?;
                    let store = self.store.clone();
                    let added = self.connections.add_worker_with(Connection { socket, store }).await;
                    match added.map_err(AddWorkerError::into_parts) {
                        Ok(_) => {}
                        // The pool is full, and gives the connection back.
                        Err((SupervisorError::MaxChildren(..), Some(mut refused))) => {
                            // (The client may be gone already.)
                            let _ = refused.socket.write_all(b"busy\n").await;
                        }
                        Err((error, _)) => return Err(error.into()),
                    }
                }
            }
        }
    }
}

/// A client on a real socket.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(service: &Service) -> Result<Self, Box<dyn std::error::Error>> {
        // The listener's `ChildRef` is valid after every restart, but its port may change.
        let address = service.listener().ask(|reply| reply).await?;
        Ok(Self(BufReader::new(TcpStream::connect(address).await?)))
    }

    /// Sends a line, and prints it with the answer.
    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        let read = self.0.read_line(&mut answer).await;
        match read {
            Ok(1..) => println!("  client: {line:<18} service: {}", answer.trim_end()),
            Ok(0) | Err(_) => println!("  client: {line:<18} service: (hung up)"),
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .without_time()
        .with_target(false)
        .with_ansi(io::stdout().is_terminal())
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(io::stdout)
        .init();
    println!("(Lines with DEBUG, INFO or ERROR are the log; `connections/#2` is the second worker");
    println!("of the pool `connections`. What a panic prints goes to stderr.)\n");

    println!("1. The service starts: its tree, as it stands.\n");
    let service = Service::start().await?;
    println!("{}\n", service.supervisor().snapshot().await?);

    println!("2. A client stores a word and reads it.\n");
    let mut first = Client::connect(&service).await?;
    first.say("set colour blue").await?;
    first.say("get colour").await?;

    println!("\n3. Another client makes its connection worker panic. Nobody else notices.\n");
    Client::connect(&service).await?.say("boom").await?;
    first.say("get colour").await?;

    println!(
        "\n4. A word crashes the store. The request that caused it fails; the clients stay, and"
    );
    println!("   their next requests wait in the mailbox for the next life.\n");
    first.say("set poison 1").await?;
    first.say("get colour").await?;
    Client::connect(&service).await?.say("get colour").await?;

    println!("\n5. The tree after all this: see the restarts.\n");
    println!("{}\n", service.supervisor().snapshot().await?);

    println!("6. A graceful shutdown, in reverse order: the listener, the pool, the store.\n");
    let report = service.supervisor().shutdown().await?;
    println!("\n{report}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use supervisor::testing::{self, Chaos, MatrixFailure};

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    /// Sends these lines from a new client, and returns the answers.
    async fn answers(service: &Service, lines: &[&str]) -> io::Result<Vec<String>> {
        let talk = async {
            let mut client =
                Client::connect(service).await.map_err(|e| io::Error::other(e.to_string()))?;
            let mut answers = Vec::new();
            for line in lines {
                client.0.write_all(format!("{line}\n").as_bytes()).await?;
                let mut answer = String::new();
                client.0.read_line(&mut answer).await?;
                answers.push(answer.trim_end().to_owned());
            }
            Ok(answers)
        };
        tokio::time::timeout(Duration::from_secs(20), talk).await.map_err(io::Error::other)?
    }

    #[tokio::test]
    async fn words_survive_the_crash_of_the_store() -> TestResult {
        let service = Service::start().await?;
        assert_eq!(answers(&service, &["set colour blue", "get colour"]).await?, ["ok", "blue"]);
        testing::panic(&service, "store", "out of memory").await?;
        testing::running(&service, "listener").await?;
        assert_eq!(answers(&service, &["get colour", "get shape"]).await?, ["blue", "not found"]);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn the_service_comes_back_whatever_is_killed() -> TestResult {
        let service = Service::start().await?;
        let report = Chaos::seed(3).kills(30).run(&service).await?;
        assert!(report.restarts >= 30, "{report}");
        Ok(())
    }

    /// Each fault of each child, at each moment. A client is served after each.
    #[tokio::test(start_paused = true)]
    async fn the_service_survives_every_fault() -> Result<(), MatrixFailure> {
        testing::fault_matrix(Service::tree)
            .check(async |service: &Service, _| {
                let address = service.listener().ask(|reply| reply).await?;
                let (key, value) = ("colour".to_owned(), "blue".to_owned());
                service.store().ask(|reply| Query::Set { key, value, reply }).await?;
                assert_ne!(address.port(), 0);
                ChildResult::Ok(())
            })
            .matches("faults/quickstart.txt")
            .await?;
        Ok(())
    }
}
