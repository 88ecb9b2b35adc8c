//! A server is stopped at a thousand requests a second: with a drain, a client that asks for its
//! readiness sees no failed request. `RUNS=20` repeats it.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use supervisor_tests::{until, within};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Connections that are kept, with this time between two requests on each: 950 requests a second.
const KEPT: usize = 19;
const BETWEEN: Duration = Duration::from_millis(20);
/// The time between two requests with connections of their own: 50 requests a second.
const NEW: Duration = Duration::from_millis(20);
/// The time between two looks at the readiness, as a load balancer has it.
const PROBE: Duration = Duration::from_millis(50);
/// The number of requests before the stop.
const LOAD: u32 = 500;

struct Server {
    process: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start(drain: Duration) -> Self {
        // The process must not inherit ignored signals, as tests have them in the background.
        let mut process = Command::new("env")
            .arg("--default-signal")
            .args([env!("CARGO_BIN_EXE_under-load"), &drain.as_millis().to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let output = process.stdout.take().expect("its output is piped");
        Self { process, output: BufReader::new(output).lines() }
    }

    /// Reads the ports that the server prints, in any order: of its probe, and of the service.
    async fn ports(&mut self) -> (u16, u16) {
        let (mut probe, mut service) = (None, None);
        while probe.is_none() || service.is_none() {
            let line = within("a port", self.output.next_line()).await.expect("its output is text");
            let line = line.expect("the server runs");
            let (what, port) = line.rsplit_once(' ').expect("a port at the end");
            let port = Some(port.parse().expect("a port"));
            if what.starts_with("probe") { probe = port } else { service = port }
        }
        probe.zip(service).expect("both are known")
    }

    fn signal(&self) {
        let id = self.process.id().expect("it runs");
        let pid = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("not zero");
        kill_process(pid, Signal::TERM).expect("the signal is sent");
    }
}

/// The client: what it knows of the server, and its counts.
#[derive(Default)]
struct Client {
    is_stopped: AtomicBool,
    has_looked: Notify,
    sent: AtomicU32,
    failed: AtomicU32,
}

impl Client {
    /// Returns `true` while requests may be sent.
    fn goes_on(&self) -> bool {
        !self.is_stopped.load(Ordering::Relaxed)
    }

    /// Looks at the readiness again and again, and stops the client when the server is not ready.
    async fn obey(self: Arc<Self>, port: u16) {
        while self.goes_on() {
            let answer = async {
                let socket = TcpStream::connect(("127.0.0.1", port)).await?;
                BufReader::new(socket).lines().next_line().await
            };
            let ready = matches!(answer.await, Ok(Some(line)) if line == "ready");
            self.is_stopped.store(!ready, Ordering::Relaxed);
            self.has_looked.notify_waiters();
            sleep(PROBE).await;
        }
    }

    async fn send(&self, socket: &mut BufReader<TcpStream>) -> io::Result<()> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let exchange = async {
            socket.write_all(b"ping\n").await?;
            let mut line = String::new();
            socket.read_line(&mut line).await?;
            if line == "pong\n" { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
        };
        let exchanged = timeout(Duration::from_secs(5), exchange);
        let result = exchanged.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if result.is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    /// Sends requests on one connection, or each on a new one.
    async fn load(self: Arc<Self>, port: u16, every: Duration, keeps: bool) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut kept = None;
        loop {
            ticks.tick().await;
            if !self.goes_on() {
                return;
            }
            let socket = match kept.take() {
                Some(socket) => Some(socket),
                None => TcpStream::connect(("127.0.0.1", port)).await.ok().map(BufReader::new),
            };
            let Some(mut socket) = socket else {
                self.sent.fetch_add(1, Ordering::Relaxed);
                self.failed.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let _ = socket.get_ref().set_nodelay(true);
            if self.send(&mut socket).await.is_ok() && keeps {
                kept = Some(socket);
            }
        }
    }
}

/// Stops a server under load. Returns how many requests were sent, and how many of them failed.
async fn stop_under_load(drain: Duration) -> (u32, u32) {
    let mut server = Server::start(drain);
    let (probe, port) = server.ports().await;
    let client = Arc::new(Client::default());
    let mut tasks = JoinSet::new();
    for _ in 0..KEPT {
        tasks.spawn(Arc::clone(&client).load(port, BETWEEN, true));
    }
    tasks.spawn(Arc::clone(&client).load(port, NEW, false));
    tasks.spawn(Arc::clone(&client).obey(probe));
    until("some load", || client.sent.load(Ordering::Relaxed) > LOAD).await;
    // Right after a look, so that the client goes on for as long as it can: until its next look.
    within("a look at the readiness", client.has_looked.notified()).await;
    server.signal();
    within("the end of the client", tasks.join_all()).await;
    let status = within("the end of the server", server.process.wait()).await.expect("it ends");
    assert_eq!(status.code(), Some(0));
    (client.sent.load(Ordering::Relaxed), client.failed.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the figures")]
async fn a_client_that_obeys_the_readiness_sees_no_failed_request() {
    let runs = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(2);
    for run in 1..=runs {
        let (sent, failed) = stop_under_load(Duration::from_secs(2)).await;
        println!("run {run}: {sent} requests, {failed} failed");
        assert_eq!(failed, 0, "of {sent} requests");
    }
    // The test would see failures: without a drain there are some, unless the client happens to look
    // between the beginning of the stop and the end of the connections.
    let failures = async {
        while {
            let (sent, failed) = stop_under_load(Duration::ZERO).await;
            println!("without a drain: {sent} requests, {failed} failed");
            failed == 0
        } {}
    };
    within("a failed request in a stop without a drain", failures).await;
}
