//! Limits: a full pool, slow clients, no file descriptors.

use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use supervisor_hyper::HttpServer;
use supervisor_hyper_tests::{Client, connections, start_with, until, within};

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

fn answer() -> Option<(u16, String)> {
    Some(200).zip(Some("hello".to_owned()))
}

#[tokio::test]
async fn while_the_pool_is_full_no_further_connection_is_served() {
    let (web, address) =
        start_with(2, |listener, pool| HttpServer::new(listener, hello(), pool)).await;
    let (mut first, mut second) = (Client::new(address).await, Client::new(address).await);
    assert_eq!((first.get("/").await, second.get("/").await), (answer(), answer()));

    // These connect, since the operating system has room for them, and wait.
    let (mut third, mut fourth) = (Client::new(address).await, Client::new(address).await);
    third.ask("/").await;
    fourth.ask("/").await;
    let waits = tokio::time::timeout(Duration::from_millis(200), third.response()).await;
    assert!(waits.is_err(), "the third was served: {waits:?}");
    assert_eq!(connections(&web).await, 2);
    assert_eq!(web.server().incarnation(), 1, "a full pool is no failure");

    drop(first);
    assert_eq!(third.response().await, answer());
    let waits = tokio::time::timeout(Duration::from_millis(200), fourth.response()).await;
    assert!(waits.is_err(), "the fourth was served: {waits:?}");
    drop(second);
    assert_eq!(fourth.response().await, answer());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_room_in_the_pool() {
    let (web, address) =
        start_with(1, |listener, pool| HttpServer::new(listener, hello(), pool)).await;
    let mut first = Client::new(address).await;
    assert_eq!(first.get("/").await, answer());
    let mut second = Client::new(address).await;
    second.ask("/").await;
    let report = within("the shutdown", web.supervisor().shutdown()).await.expect("a shutdown");
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn many_short_connections_through_a_small_pool_are_all_served() {
    let (web, address) =
        start_with(3, |listener, pool| HttpServer::new(listener, hello(), pool)).await;
    let clients: Vec<_> = (0..200)
        .map(|_| {
            tokio::spawn(async move {
                let mut client = Client::new(address).await;
                client.get("/").await
            })
        })
        .collect();
    for client in clients {
        assert_eq!(within("a client", client).await.expect("no panic"), answer());
    }
    until("all are gone", async || connections(&web).await == 0).await;
}

#[tokio::test]
async fn a_client_that_brings_no_request_is_sent_away() {
    let (_web, address) = start_with(10, |listener, pool| {
        HttpServer::new(listener, hello(), pool).with_header_timeout(Duration::from_millis(100))
    })
    .await;
    // Nothing; a byte with which HTTP/2 may begin; all of that, and no more; half a head.
    for begin in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nhost: "] {
        let mut client = Client::new(address).await;
        client.write(begin).await;
        client.closed().await;
    }
    // One that sends a byte now and then gets no more time.
    let client = Client::new(address).await;
    let slowly = "GET / HTTP/1.1\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".chars();
    let (_receives, mut sends) = client.0.into_inner().into_split();
    within("the end of a slow client", async {
        use tokio::io::AsyncWriteExt;
        for next in slowly {
            if sends.write_all(next.to_string().as_bytes()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it could send all");
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_waits_for_its_next_request_is_closed_after_the_same_time() {
    let (_web, address) = start_with(10, |listener, pool| {
        HttpServer::new(listener, hello(), pool).with_header_timeout(Duration::from_millis(200))
    })
    .await;
    let mut client = Client::new(address).await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await, answer());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client.closed().await;
}

#[tokio::test]
async fn two_servers_share_a_pool_and_its_limit() {
    use supervisor::prelude::*;
    use supervisor_hyper::Connection;

    supervision_tree! {
        Two(one: std::net::TcpListener, two: std::net::TcpListener): one_for_one {
            connections: simple_one_for_one(max_children = 1) {
                connection: Temporary<Connection>,
            },
            first: HttpServer = HttpServer::new(one, hello(), connections),
            second: HttpServer = HttpServer::new(two, hello(), connections),
        }
    }

    let free = || std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let (one, two) = (free(), free());
    let addresses = [one.local_addr().expect("one"), two.local_addr().expect("two")];
    let _tree = Two::start(one, two).await.expect("a start");
    for _ in 0..20 {
        let (mut first, mut second) =
            tokio::join!(Client::new(addresses[0]), Client::new(addresses[1]));
        first.ask("/").await;
        second.ask("/").await;
        // One of them is served only when the other is gone.
        tokio::select! {
            response = first.response() => {
                assert_eq!(response, answer());
                drop(first);
                assert_eq!(second.response().await, answer());
            }
            response = second.response() => {
                assert_eq!(response, answer());
                drop(second);
                assert_eq!(first.response().await, answer());
            }
        }
    }
}

#[test]
fn without_file_descriptors_the_server_waits_and_goes_on() {
    let output = Command::new(env!("CARGO_BIN_EXE_few_descriptors")).output().expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("served again"), "{text}\n{output:?}");
}
