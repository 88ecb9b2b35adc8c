//! A stop: nothing of a connection is left, and it takes no longer than the tree says.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use hyper::Request;
use supervisor_hyper::{Connection, ConnectionInfo, HttpServer};
use supervisor_hyper_tests::{
    Alive, Client, Endless, Web, connections, http2, raise_file_limit, start, start_with, until,
    within,
};

supervisor::supervision_tree! {
    /// A server that drains until it is told to stop.
    Draining(listener: std::net::TcpListener, routes: Router): one_for_one(drain = 10m) {
        connections: simple_one_for_one {
            connection: Temporary<Connection>(shutdown = 2s),
        },
        server: HttpServer = HttpServer::new(listener, routes, connections),
    }
}

/// A route whose responses never end.
fn events(alive: &Alive) -> Router {
    let alive = alive.clone();
    Router::new().route("/events", get(async move || Endless::body(&alive)))
}

/// Shuts the tree down, and returns how long that took.
async fn shut_down(web: &Web) -> (Duration, supervisor::info::ShutdownReport) {
    let began = Instant::now();
    let report = within("the shutdown", web.supervisor().shutdown()).await.expect("a shutdown");
    (began.elapsed(), report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_open_streams_none_is_alive_after_the_shutdown() {
    raise_file_limit();
    let alive = Alive::default();
    let (web, address) = start(events(&alive)).await;
    let mut clients = Vec::new();
    for _ in 0..1_000 {
        let mut client = Client::new(address).await;
        client.ask("/events").await;
        clients.push(client);
    }
    for client in &mut clients {
        assert_eq!(client.head().await.map(|(status, _)| status), Some(200));
    }
    assert_eq!((alive.count(), connections(&web).await), (1_000, 1_000));

    let (took, report) = shut_down(&web).await;
    assert_eq!(alive.count(), 0);
    assert!(took <= Web::SHUTDOWN_BUDGET.expect("a budget"), "it took {took:?}");
    assert_eq!(report.killed().count(), 1_000, "each had its whole time, and was dropped");
    within("the ends of all connections", async {
        for client in &mut clients {
            client.closed().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_streams_over_ten_connections_of_http2_none_is_alive_either() {
    let alive = Alive::default();
    let (web, address) = start(events(&alive)).await;
    let mut bodies = Vec::new();
    for _ in 0..10 {
        let mut client = http2(address).await;
        for _ in 0..100 {
            let request =
                Request::get("http://test/events").body(String::new()).expect("a request");
            let response = within("a response", client.send_request(request)).await;
            bodies.push(response.expect("a response"));
        }
    }
    assert_eq!((alive.count(), connections(&web).await), (1_000, 10));

    let (took, report) = shut_down(&web).await;
    assert_eq!(alive.count(), 0);
    assert!(took <= Web::SHUTDOWN_BUDGET.expect("a budget"), "it took {took:?}");
    assert_eq!(report.killed().count(), 10);
}

#[tokio::test]
async fn requests_in_flight_are_finished_and_idle_connections_are_closed() {
    let in_flight = Alive::default();
    let slow = {
        let in_flight = in_flight.clone();
        async move || {
            let _guard = in_flight.guard();
            tokio::time::sleep(Duration::from_millis(300)).await;
            "slow"
        }
    };
    let router = Router::new().route("/", get(async || "hello")).route("/slow", get(slow));
    let (web, address) = start(router).await;
    let (mut idle, mut busy) = (Client::new(address).await, Client::new(address).await);
    let mut silent = Client::new(address).await;
    assert_eq!(idle.get("/").await, Some((200, "hello".to_owned())));
    assert_eq!(busy.get("/").await, Some((200, "hello".to_owned())));
    busy.ask("/slow").await;
    until("the silent one is accepted", async || connections(&web).await == 3).await;
    until("the request is in flight", async || in_flight.count() == 1).await;

    let (stopping, busy) = tokio::join!(shut_down(&web), busy.response());
    assert_eq!(busy, Some((200, "slow".to_owned())));
    assert!(stopping.1.is_clean(), "{}", stopping.1);
    assert!(stopping.0 < Duration::from_secs(2), "it took {:?}", stopping.0);
    idle.closed().await;
    silent.closed().await;
}

#[tokio::test]
async fn a_response_without_an_end_ends_at_the_signal_that_its_handler_looks_at() {
    let in_flight = Alive::default();
    let follow = {
        let in_flight = in_flight.clone();
        async move |connection: ConnectionInfo| {
            let _guard = in_flight.guard();
            connection.shutdown_requested().await;
            "the end"
        }
    };
    let router = Router::new().route("/", get(follow));
    let (web, address) = start_with(10, |listener, pool| {
        HttpServer::new(listener, router, pool).with_connection_info()
    })
    .await;
    let mut client = Client::new(address).await;
    client.ask("/").await;
    until("the request is in flight", async || in_flight.count() == 1).await;
    let (stopping, response) = tokio::join!(shut_down(&web), client.response());
    assert_eq!(response, Some((200, "the end".to_owned())));
    assert!(stopping.1.is_clean(), "{}", stopping.1);
}

#[tokio::test]
async fn a_client_with_half_a_request_has_the_connections_time_and_no_more() {
    let (web, address) = start(Router::new()).await;
    let mut client = Client::new(address).await;
    client.write("GET / HTTP/1.1\r\nhost: ").await;
    until("the connection", async || connections(&web).await == 1).await;
    let (took, _) = shut_down(&web).await;
    assert!(took <= Web::SHUTDOWN_BUDGET.expect("a budget"), "it took {took:?}");
    client.closed().await;
}

#[tokio::test]
async fn no_handler_goes_on_when_the_last_handle_of_the_tree_is_dropped() {
    let alive = Alive::default();
    let (web, address) = start(events(&alive)).await;
    let mut client = Client::new(address).await;
    client.ask("/events").await;
    client.head().await;
    assert_eq!(alive.count(), 1);
    drop(web);
    client.closed().await;
    until("the end of the handler", async || alive.count() == 0).await;
}

#[tokio::test]
async fn while_the_tree_drains_each_response_is_the_last_one_on_its_connection() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    let routes = Router::new().route("/", get(async || "hello"));
    let web = Draining::start(listener, routes).await.expect("a start");
    let mut kept = Client::new(address).await;
    for _ in 0..3 {
        assert_eq!(kept.get("/").await, Some((200, "hello".to_owned())), "it is kept open");
    }
    web.supervisor().request_shutdown();
    until("the drain", async || !web.supervisor().health().await.ready).await;
    assert_eq!(kept.get("/").await, Some((200, "hello".to_owned())), "it is served");
    kept.closed().await;
    // New connections are served, too.
    let mut new = Client::new(address).await;
    assert_eq!(new.get("/").await, Some((200, "hello".to_owned())));
    new.closed().await;
    web.supervisor().end_drain();
    within("the end", web.supervisor().wait()).await.expect("in order");
}
