//! Upgrades: the stream is the handler's, and ends with the connection's worker.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use hyper::{Request, Response, StatusCode, header, upgrade};
use hyper_util::rt::TokioIo;
use supervisor_hyper::{Connection, HttpServer};
use supervisor_hyper_tests::{Alive, Client, Guard, connections, start, until, within};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

/// A protocol that echoes, in a task that its handler spawns, as axum's `on_upgrade` does.
fn echo(alive: &Alive, says_goodbye: bool) -> Router {
    let alive = alive.clone();
    let handler = async move |mut request: Request<Body>| {
        let upgraded = upgrade::on(&mut request);
        let guard: Guard = alive.guard();
        tokio::spawn(async move {
            let _guard = guard;
            let mut stream = TokioIo::new(upgraded.await.expect("an upgrade"));
            let mut bytes = [0; 64];
            while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                if stream.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
            if says_goodbye {
                let _ = stream.write_all(b"goodbye").await;
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert(header::CONNECTION, "upgrade".parse().expect("a value"));
        response.headers_mut().insert(header::UPGRADE, "echo".parse().expect("a value"));
        response
    };
    Router::new().route("/", get(handler))
}

supervisor::supervision_tree! {
    /// A server that drains until it is told to stop.
    Draining(listener: std::net::TcpListener, routes: Router): one_for_one(drain = 10m) {
        connections: simple_one_for_one {
            connection: Temporary<Connection>(shutdown = 2s),
        },
        server: HttpServer = HttpServer::new(listener, routes, connections),
    }
}

async fn upgraded(address: std::net::SocketAddr) -> Client {
    let mut client = Client::new(address).await;
    client
        .write("GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await;
    assert_eq!(client.head().await.map(|(status, _)| status), Some(101));
    client
}

async fn echoes(client: &mut Client, text: &str) {
    client.write(text).await;
    let mut echoed = vec![0; text.len()];
    within("an echo", client.0.read_exact(&mut echoed)).await.expect("an echo");
    assert_eq!(echoed, text.as_bytes());
}

#[tokio::test]
async fn an_upgraded_connection_counts_until_its_stream_is_dropped() {
    let alive = Alive::default();
    let (web, address) = start(echo(&alive, false)).await;
    let mut client = upgraded(address).await;
    echoes(&mut client, "one").await;
    echoes(&mut client, "two").await;
    assert_eq!((connections(&web).await, alive.count()), (1, 1));
    drop(client);
    until("the connection has ended", async || connections(&web).await == 0).await;
    assert_eq!(alive.count(), 0);
}

#[tokio::test]
async fn at_a_stop_its_reads_end_and_it_can_still_write() {
    let alive = Alive::default();
    let (web, address) = start(echo(&alive, true)).await;
    let mut client = upgraded(address).await;
    echoes(&mut client, "one").await;
    let shutdown = web.supervisor().shutdown();
    let mut last = String::new();
    let (report, read) = tokio::join!(
        within("the shutdown", shutdown),
        within("the last words", client.0.read_to_string(&mut last))
    );
    read.expect("the stream ends");
    assert_eq!(last, "goodbye");
    let report = report.expect("a shutdown");
    assert!(report.is_clean(), "{report}");
    assert_eq!(alive.count(), 0);
}

#[tokio::test]
async fn when_its_worker_ends_its_stream_fails() {
    let alive = Alive::default();
    let (web, address) = start(echo(&alive, false)).await;
    let mut client = upgraded(address).await;
    echoes(&mut client, "one").await;
    let workers = web.connections().workers().await.expect("the workers");
    workers[0].kill().await.expect("a kill");
    client.closed().await;
    until("the task has ended", async || alive.count() == 0).await;
}

/// The header `connection` of a response says `close` during a drain, but a switch of protocols has to
/// keep its own: without `upgrade` in it, clients refuse the response.
#[tokio::test]
async fn while_the_tree_drains_an_upgrade_keeps_its_header() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    let web = Draining::start(listener, echo(&Alive::default(), false)).await.expect("a start");
    web.supervisor().request_shutdown();
    until("the drain", async || !web.supervisor().health().await.ready).await;
    let mut client = Client::new(address).await;
    client
        .write("GET / HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = within("a line of the response", client.0.read_line(&mut head)).await;
        assert_ne!(read.expect("a line"), 0, "the connection has ended: {head}");
    }
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let connection: Vec<_> =
        head.lines().filter_map(|line| line.strip_prefix("connection: ")).collect();
    assert_eq!(connection, ["upgrade"], "{head}");
    echoes(&mut client, "one").await;
    drop(client);
    web.supervisor().end_drain();
    within("the end", web.supervisor().wait()).await.expect("in order");
}
