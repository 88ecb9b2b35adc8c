//! Crashes: of a handler, of the server, of a connection.

use axum::Router;
use axum::routing::get;
use hyper::Request;
use supervisor_hyper_tests::{
    Alive, Client, Guard, connections, http2, kill_server, start, until, within,
};

fn router() -> Router {
    let panic = async || -> &'static str { panic!("a bug") };
    Router::new().route("/", get(async || "hello")).route("/panic", get(panic))
}

fn answer() -> Option<(u16, String)> {
    Some(200).zip(Some("hello".to_owned()))
}

#[tokio::test]
async fn a_panic_in_a_handler_ends_its_connection_and_no_other() {
    let (web, address) = start(router()).await;
    let (mut one, mut two) = (Client::new(address).await, Client::new(address).await);
    assert_eq!((one.get("/").await, two.get("/").await), (answer(), answer()));
    assert_eq!(one.get("/panic").await, None);
    assert_eq!(two.get("/").await, answer());
    until("one connection is left", async || connections(&web).await == 1).await;
    assert_eq!(web.server().incarnation(), 1);
    let stats = web.connections().stats().await.expect("the figures");
    assert_eq!((stats.failures, stats.restarts), (1, 0), "a connection is not restarted");
}

#[tokio::test]
async fn a_panic_in_a_handler_of_http2_ends_its_connection_and_no_other() {
    let (web, address) = start(router()).await;
    let (mut one, mut two) = (http2(address).await, http2(address).await);
    let get = |path: &str| {
        Request::get(format!("http://test{path}")).body(String::new()).expect("a request")
    };
    let panicked = within("an answer", one.send_request(get("/panic"))).await;
    assert!(panicked.is_err(), "{panicked:?}");
    let response = within("an answer", two.send_request(get("/"))).await.expect("a response");
    assert_eq!(response.status(), 200);
    until("one connection is left", async || connections(&web).await == 1).await;
    let stats = web.connections().stats().await.expect("the figures");
    assert_eq!((stats.failures, stats.restarts), (1, 0));
}

#[tokio::test]
async fn connections_and_the_socket_outlive_the_server() {
    let (web, address) = start(router()).await;
    let mut before = Client::new(address).await;
    assert_eq!(before.get("/").await, answer());
    for _ in 0..3 {
        kill_server(&web).await;
        assert_eq!(before.get("/").await, answer(), "the connection goes on");
        assert_eq!(Client::new(address).await.get("/").await, answer());
    }
}

#[tokio::test]
async fn a_connection_that_is_made_while_the_server_is_down_is_served_by_its_next_life() {
    let (web, address) = start(router()).await;
    let connections = web.supervisor();
    connections.terminate_child("server").await.expect("a stop");
    let mut client = Client::new(address).await;
    client.ask("/").await;
    connections.restart_child("server").await.expect("a start");
    assert_eq!(client.response().await, answer());
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_handler_and_is_no_failure() {
    let alive = Alive::default();
    let guards = alive.clone();
    let wait = async move || -> &'static str {
        let _guard: Guard = guards.guard();
        std::future::pending().await
    };
    let (web, address) = start(Router::new().route("/wait", get(wait))).await;
    let mut client = Client::new(address).await;
    client.ask("/wait").await;
    until("the handler runs", async || alive.count() == 1).await;
    drop(client);
    until("the handler has ended", async || alive.count() == 0).await;
    until("the connection has ended", async || connections(&web).await == 0).await;
    assert_eq!(web.connections().stats().await.expect("the figures").failures, 0);
}

#[tokio::test]
async fn what_a_client_does_wrong_is_no_failure() {
    let (web, address) = start(router()).await;
    for nonsense in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n"] {
        let mut client = Client::new(address).await;
        client.write(nonsense).await;
        client.closed().await;
    }
    until("all have ended", async || connections(&web).await == 0).await;
    assert_eq!(web.connections().stats().await.expect("the figures").failures, 0);
}

#[tokio::test]
async fn a_connection_can_be_terminated_by_its_number() {
    let (web, address) = start(router()).await;
    let (mut one, mut two) = (Client::new(address).await, Client::new(address).await);
    assert_eq!((one.get("/").await, two.get("/").await), (answer(), answer()));
    web.connections().terminate_child("#1").await.expect("it is known");
    one.closed().await;
    assert_eq!(two.get("/").await, answer());
}
