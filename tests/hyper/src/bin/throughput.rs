//! Measures the throughput of a supervised server beside that of `axum::serve`, in turn.
//!
//! ```sh
//! cargo run --release -p supervisor-hyper-tests --bin throughput -- 10    # 10 rounds, with wrk
//! cargo run --release -p supervisor-hyper-tests --bin throughput -- ours 1000 # 1,000 requests, then it ends
//! ```
//!
//! The second form is for `valgrind --tool=callgrind`: the instructions of 11,000 requests less those of
//! 1,000 are those of 10,000.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;

use axum::Router;
use axum::routing::get;
use supervisor::prelude::*;
use supervisor_hyper::{Connection, HttpServer};
use tokio::runtime::Runtime;

supervision_tree! {
    Web(listener: TcpListener): one_for_one {
        connections: simple_one_for_one(max_children = 10_000) {
            connection: Temporary<Connection>,
        },
        server: HttpServer = HttpServer::new(listener, routes(), connections),
    }
}

fn routes() -> Router {
    Router::new().route("/", get(async || "hello"))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Axum,
    Ours,
}

/// Starts a server in a runtime with one worker, which leaves the other processor to the client.
fn start(who: Who) -> (Runtime, SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    match who {
        Who::Axum => {
            listener.set_nonblocking(true).expect("a socket");
            runtime.spawn(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, routes()).await
            });
        }
        Who::Ours => {
            let web = runtime.block_on(Web::start(listener)).expect("a start");
            runtime.spawn(async move { web.supervisor().wait().await });
        }
    }
    (runtime, address)
}

/// Returns the requests per second that wrk makes.
fn wrk(address: SocketAddr, headers: &[&str]) -> f64 {
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c32", "-d1s"]);
    for header in headers {
        command.args(["-H", header]);
    }
    let output = command.arg(format!("http://{address}/")).output().expect("wrk is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    figure.and_then(|figure| figure.trim().parse().ok()).unwrap_or_else(|| panic!("{text}"))
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn compare(what: &str, headers: &[&str], rounds: usize) {
    let servers = [Who::Axum, Who::Ours].map(|who| (start(who), Vec::new()));
    let [(axum, mut axum_figures), (ours, mut our_figures)] = servers;
    let mut ratios = Vec::new();
    for round in 0..rounds {
        // Each goes first in every other round.
        let (one, two) = if round % 2 == 0 {
            let one = wrk(axum.1, headers);
            (one, wrk(ours.1, headers))
        } else {
            let two = wrk(ours.1, headers);
            (wrk(axum.1, headers), two)
        };
        axum_figures.push(one);
        our_figures.push(two);
        ratios.push(two / one);
    }
    let (axum, ours) = (median(&mut axum_figures), median(&mut our_figures));
    let ratio = median(&mut ratios);
    println!(
        "{what}: axum::serve {axum:.0}/s, ours {ours:.0}/s, median of the rounds' ratios {ratio:.3}"
    );
}

/// Makes requests, each on a connection of its own if asked to.
fn requests(who: Who, count: usize, close: bool) {
    let (runtime, address) = start(who);
    let mut connection = None;
    let header = if close { "connection: close\r\n" } else { "" };
    let request = format!("GET / HTTP/1.1\r\nhost: test\r\n{header}\r\n");
    for _ in 0..count {
        let mut stream = match connection.take() {
            Some(stream) => stream,
            None => TcpStream::connect(address).expect("a connection"),
        };
        stream.write_all(request.as_bytes()).expect("a request");
        let mut response = [0; 1024];
        let read = stream.read(&mut response).expect("a response");
        assert!(response[..read].ends_with(b"hello"), "one packet");
        connection = (!close).then_some(stream);
    }
    runtime.shutdown_background();
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let who = match arguments.first().map(String::as_str) {
        Some("axum") => Who::Axum,
        Some("ours") => Who::Ours,
        rounds => {
            let rounds = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
            compare("keep-alive", &[], rounds);
            return compare("a connection for each request", &["Connection: close"], rounds);
        }
    };
    let count = arguments.get(1).and_then(|count| count.parse().ok()).unwrap_or(1_000);
    requests(who, count, arguments.get(2).is_some_and(|close| close == "close"));
}
