//! What is served: the probes, the tree, the events, the metrics, and who gets them.

#[path = "support/client.rs"]
mod client;

use std::time::Duration;

use client::{Stream, ask, get, say, socket, start, until, waits, within};
use supervisor::StartMode;
use supervisor::prelude::*;
use supervisor_web::{AccessError, Routes, Web, router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const TOKEN: &str = "0123456789abcdef";
const ALICES: &str = "fedcba9876543210";

#[tokio::test]
async fn probes_follow_the_tree_and_say_what_is_wrong() {
    let (supervisor, at) = start(|web| web).await;
    until("the tree to be ready", || async { get(at, "/readyz").await.status == 200 }).await;
    assert_eq!(get(at, "/readyz").await.body, "ready\n");
    supervisor.lookup_any("inner/db").await.unwrap().terminate().await.unwrap();
    let ready = get(at, "/readyz").await;
    assert_eq!((ready.status, get(at, "/livez").await.status), (503, 200));
    assert!(
        ready.body.starts_with("not ready\n- not ready: inner/db was stopped"),
        "{}",
        ready.body
    );
    let ready =
        ask(at, "GET", "/readyz", "accept: text/html, application/json;q=0.9\r\n", "").await;
    assert_eq!((ready.status, ready.header("content-type")), (503, Some("application/json")));
    let health: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!(health["ready"], false);
    assert_eq!(health["reasons"][0]["path"], "inner/db");
    assert_eq!(health["reasons"][0]["problem"], "stopped");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn the_tree_is_a_flat_list() {
    let name = "<script>alert(1)</script>".replace('/', "|");
    let (supervisor, at) = start(|web| web).await;
    supervisor.add_child(waits(&name)).await.unwrap();
    let answer = get(at, "/api/tree").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let tree: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let nodes = tree["nodes"].as_array().unwrap();
    let names: Vec<_> = nodes.iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["supervisor", "admin", "inner", "db", &name]);
    let parents: Vec<_> = nodes.iter().map(|node| node["parent"].as_u64()).collect();
    assert_eq!(parents, [None, Some(0), Some(0), Some(2), Some(0)]);
    assert_eq!(nodes[2]["strategy"], "one_for_one");
    assert_eq!(
        (&nodes[2]["max_restarts"], &nodes[2]["restarts_left"]),
        (&1_000_000.into(), &1_000_000.into())
    );
    assert_eq!((&nodes[3]["state"], &nodes[3]["capacity"]), (&"running".into(), &64.into()));
    assert_eq!(tree["actions"].as_array().map(Vec::len), Some(0), "it is read-only");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn a_tree_that_is_deeper_than_parsers_go_is_shown() {
    let (socket, at) = socket();
    let mut tree = Supervisor::new().with_child(waits("leaf")).build();
    for _ in 0..300 {
        tree = Supervisor::new().with_child(ChildSpec::new("s").with_supervisor(tree)).build();
    }
    let supervisor = Supervisor::new()
        .with_child(ChildSpec::new("admin").with_worker(Web::on(socket)))
        .with_child(ChildSpec::new("s").with_supervisor(tree))
        .build();
    within("the start", supervisor.start()).await.unwrap();
    let tree: serde_json::Value = serde_json::from_str(&get(at, "/api/tree").await.body).unwrap();
    assert_eq!(tree["nodes"].as_array().map(Vec::len), Some(304));
    assert_eq!(get(at, "/metrics").await.status, 200);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn events_are_streamed_and_read_on_behind_the_last_one() {
    let (supervisor, at) = start(|web| web).await;
    let db = supervisor.lookup_any("inner/db").await.unwrap();
    let mut stream = Stream::open(at, "").await;
    let seen = stream.until(r#""kind":"supervisor_started""#).await;
    assert!(seen.contains("content-type: text/event-stream"), "{seen}");
    db.kill().await.unwrap();
    let seen = stream.until(r#""kind":"child_restarted""#).await.to_owned();
    let reason = r#""reason":{"kind":"killed","abnormal":true,"text":"killed"}"#;
    assert!(seen.contains(reason), "{seen}");

    let id = seen.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap();
    let mut later = Stream::open(at, &format!("last-event-id: {id}\r\n")).await;
    db.kill().await.unwrap();
    let seen = later.until(r#""life":3"#).await;
    assert!(!seen.contains(r#""life":1"#), "what was read is not sent again: {seen}");

    // A stream without an end does not hold up the stop, and tells of it.
    let report = within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    let seen = stream.end().await;
    assert!(seen.contains(r#""kind":"supervisor_stopping""#), "{seen}");
}

#[tokio::test]
async fn what_happens_reaches_the_stream_within_a_moment() {
    let (supervisor, at) = start(|web| web).await;
    let mut stream = Stream::open(at, "").await;
    stream.until("supervisor_started").await;
    for life in 2..12 {
        supervisor.lookup_any("inner/db").await.unwrap().kill().await.unwrap();
        stream.until(&format!(r#""kind":"child_restarted","text":"restarted (life {life};"#)).await;
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_it() {
    let (supervisor, at) = start(|web| web).await;
    for path in ["/", "/livez", "/api/tree", "/metrics", "/nothing"] {
        let answer = get(at, path).await;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn a_request_to_another_name_is_refused() {
    let (supervisor, at) = start(|web| web).await;
    for path in ["/", "/api/tree", "/metrics", "/readyz", "/api/events"] {
        let answer = ask(at, "GET", path, "host: evil.example\r\n", "").await;
        assert_eq!((answer.status, answer.body.contains("127.0.0.1")), (403, true), "{path}");
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn with_a_token_only_its_holder_reads() {
    let (supervisor, at) = start(|web| web.with_token(TOKEN)).await;
    supervisor.lookup_any("inner/db").await.unwrap().terminate().await.unwrap();
    for path in ["/api/tree", "/api/events", "/metrics"] {
        let answer = get(at, path).await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, Some("Bearer")),
            "{path}"
        );
        let wrong = ask(at, "GET", path, "authorization: Bearer 0123456789abcdeg\r\n", "").await;
        assert_eq!(wrong.status, 401, "{path}");
    }
    // The page itself holds nothing of the program; a probe has no reasons.
    let page = get(at, "/").await;
    assert!(page.status == 200 && !page.body.contains("inner"), "{}", page.status);
    let probe = get(at, "/readyz").await;
    assert_eq!((probe.status, &*probe.body), (503, "not ok\n"));
    let bearer = format!("authorization: Bearer {TOKEN}\r\n");
    assert!(ask(at, "GET", "/readyz", &bearer, "").await.body.contains("inner/db"));
    assert!(ask(at, "GET", "/api/tree", &bearer, "").await.body.contains("inner"));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn an_open_address_without_a_token_ends_the_start_with_a_message() {
    for web in [Web::bind("0.0.0.0:0"), Web::bind("127.0.0.1:0").with_token("short")] {
        let admin = ChildSpec::new("admin").with_worker(web);
        let supervisor = Supervisor::new().with_child(admin).build();
        let _ = within("the start", supervisor.start()).await;
        let ended = within("the end", supervisor.wait()).await.unwrap_err().to_string();
        assert!(ended.contains(".with_token(…)") || ended.contains("at least 16 bytes"), "{ended}");
    }
}

#[tokio::test]
async fn probes_alone_bind_to_any_address_and_have_nothing_else() {
    // The socket tells the port; an address that others can reach is refused to a page.
    let probes = Web::probes("0.0.0.0:0");
    assert!(!format!("{probes:?}").contains(TOKEN));
    let (socket, at) = socket();
    drop(socket);
    let probes = Web::probes(format!("0.0.0.0:{}", at.port()));
    let supervisor =
        Supervisor::new().with_child(ChildSpec::new("probes").with_worker(probes)).build();
    within("the start", supervisor.start()).await.unwrap();
    until("the probes", || async { tokio::net::TcpStream::connect(at).await.is_ok() }).await;
    until("the tree to be ready", || async { get(at, "/readyz").await.body == "ok\n" }).await;
    for path in ["/", "/api/tree", "/metrics", "/api/events"] {
        assert_eq!(get(at, path).await.status, 404, "{path}");
    }
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_taken_is_tried_again() {
    let (socket, at) = socket();
    let admin = ChildSpec::new("admin").with_worker(Web::bind(at.to_string()));
    let supervisor = Supervisor::new().with_child(admin).build();
    within("the start", supervisor.start()).await.unwrap();
    let failed = async || supervisor.snapshot().await.unwrap().children[0].failed_starts > 0;
    until("a start that fails", failed).await;
    let health = supervisor.health().await;
    assert!(health.ready && health.degraded, "{health}");
    drop(socket);
    until("the page", || async { tokio::net::TcpStream::connect(at).await.is_ok() }).await;
    assert_eq!(get(at, "/livez").await.status, 200);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn the_time_line_outlives_a_crash_of_the_page() {
    let (supervisor, at) = start(|web| web).await;
    supervisor.lookup_any("inner/db").await.unwrap().kill().await.unwrap();
    supervisor.lookup_any("admin").await.unwrap().kill().await.unwrap();
    let mut stream = Stream::open(at, "").await;
    let seen = stream.until(r#""path":"admin","kind":"child_restarted""#).await;
    assert!(seen.contains(r#""path":"inner/db","kind":"child_restarted""#), "{seen}");
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn actions_need_an_operator() {
    let order = r#"{"action":"restart","path":"inner/db"}"#;
    let json = "content-type: application/json\r\n";
    let (supervisor, at) = start(|web| web).await;
    let answer = ask(at, "POST", "/api/actions", json, order).await;
    assert_eq!((answer.status, answer.body.contains("read-only")), (403, true));
    within("the shutdown", supervisor.shutdown()).await.unwrap();

    let (supervisor, at) = start(|web| web.with_operator("alice", ALICES)).await;
    let db = supervisor.lookup_any("inner/db").await.unwrap();
    let alice = format!("{json}authorization: Bearer {ALICES}\r\n");
    let refused = [
        (401, json.to_owned()),
        (401, format!("{json}authorization: Bearer {TOKEN}\r\n")),
        (403, format!("{alice}origin: http://evil.example\r\n")),
        (403, format!("{alice}sec-fetch-site: cross-site\r\n")),
        (415, format!("content-type: text/plain\r\nauthorization: Bearer {ALICES}\r\n")),
    ];
    for (status, headers) in refused {
        assert_eq!(
            ask(at, "POST", "/api/actions", &headers, order).await.status,
            status,
            "{headers}"
        );
    }
    for bad in
        ["", "{}", "[]", r#"{"action":"drop","path":""}"#, r#"{"action":"stop","path":"","x":1}"#]
    {
        assert_eq!(ask(at, "POST", "/api/actions", &alice, bad).await.status, 400, "{bad}");
    }
    assert_eq!(ask(at, "GET", "/api/actions", &alice, "").await.status, 405);
    assert_eq!(db.incarnation(), 1, "nothing was done");

    let origin = format!("{alice}origin: http://{at}\r\n");
    let answer = ask(at, "POST", "/api/actions", &origin, order).await;
    assert_eq!((answer.status, &*answer.body, db.incarnation()), (200, "done\n", 2));
    let act = async |action: &str, path: &str| {
        let order = format!(r#"{{"action":"{action}","path":"{path}"}}"#);
        let answer = ask(at, "POST", "/api/actions", &alice, &order).await;
        (answer.status, answer.body)
    };
    assert_eq!(act("stop", "inner/db").await, (200, "done\n".to_owned()));
    assert!(db.status().is_down());
    assert_eq!(act("start", "inner/db").await.0, 200);
    assert_eq!(act("start", "inner/db").await, (409, "`inner/db` is not down\n".to_owned()));
    assert_eq!(act("kill", "inner/db").await.0, 200);
    assert_eq!(act("kill", "nobody").await, (409, "there is no child `nobody`\n".to_owned()));
    assert_eq!(act("restart", "").await.0, 409);

    // Who did what is in the time line, with no token.
    let mut stream = Stream::open(at, "").await;
    let seen = stream.until("kill failed").await;
    let entry = r#""path":"inner/db","kind":"operator","text":"asked for: restart","who":"alice""#;
    assert!(seen.contains(entry) && !seen.contains(ALICES), "{seen}");
    // An operator may stop the whole tree.
    assert_eq!(act("stop", "").await.0, 200);
    within("the end", supervisor.wait()).await.unwrap();
}

#[tokio::test]
async fn an_operator_makes_a_child_fail_in_a_test_build() {
    let (supervisor, at) = start(|web| web.with_operator("alice", ALICES)).await;
    let tree: serde_json::Value = serde_json::from_str(
        &ask(at, "GET", "/api/tree", &format!("authorization: Bearer {ALICES}\r\n"), "").await.body,
    )
    .unwrap();
    let actions = tree["actions"].as_array().unwrap();
    assert!(actions.iter().any(|action| action == "fail"), "{actions:?}");
    let alice = format!("content-type: application/json\r\nauthorization: Bearer {ALICES}\r\n");
    let act = async |path: &str| {
        let order = format!(r#"{{"action":"fail","path":"{path}"}}"#);
        let answer = ask(at, "POST", "/api/actions", &alice, &order).await;
        (answer.status, answer.body)
    };
    let db = supervisor.lookup_any("inner/db").await.unwrap();
    assert_eq!(act("inner/db").await, (200, "done\n".to_owned()));
    until("its next life", async || db.incarnation() == 2).await;
    let exit = supervisor.snapshot().await.unwrap().children[1].children[0].last_exit.clone();
    let exit = exit.unwrap().to_string();
    assert!(exit.contains("made to fail by an operator"), "{exit}");
    assert_eq!(act("nobody").await.0, 409);
    let mut stream = Stream::open(at, "").await;
    let seen = stream.until("fail failed").await;
    assert!(seen.contains("asked for: fail") && seen.contains("made to fail by an operator"));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn an_action_on_the_page_itself_is_answered() {
    let (supervisor, at) = start(|web| web.with_operator("alice", ALICES)).await;
    let alice = format!("content-type: application/json\r\nauthorization: Bearer {ALICES}\r\n");
    let order = r#"{"action":"restart","path":"admin"}"#;
    let answer = ask(at, "POST", "/api/actions", &alice, order).await;
    assert!(answer.status == 200 || answer.status == 202, "{}", answer.status);
    let admin = supervisor.lookup_any("admin").await.unwrap();
    until("its next life", async || admin.incarnation() == 2).await;
    until("its answer", async || tokio::net::TcpStream::connect(at).await.is_ok()).await;
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn routes_nest_in_the_router_of_a_service() {
    let supervisor = Supervisor::new().with_child(waits("child")).build();
    within("the start", supervisor.start()).await.unwrap();
    let routes = Routes::of(&supervisor).with_token(TOKEN).router().unwrap();
    let app = axum::Router::new()
        .route("/", axum::routing::get(|| async { "the service" }))
        .nest("/open", router(&supervisor))
        .nest("/closed", routes);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    assert_eq!(get(at, "/").await.body, "the service");
    assert_eq!(get(at, "/nothing").await.header("content-security-policy"), None);
    let named = ask(at, "GET", "/open/api/tree", "host: shop.example\r\n", "").await;
    assert!(named.status == 200 && named.body.contains("child"), "{}", named.status);
    assert_eq!(get(at, "/open").await.status, 200);
    assert_eq!(get(at, "/closed/api/tree").await.status, 401);
    assert_eq!(
        Routes::of(&supervisor).with_token("x").router().err(),
        Some(AccessError::ShortToken)
    );
    within("the shutdown", supervisor.shutdown()).await.unwrap();
    assert_eq!(get(at, "/open/readyz").await.status, 503);
    // (The last picture is fresh for a moment.)
    until("the end of the tree to be seen", || async {
        get(at, "/open/api/tree").await.status == 503
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_bad_requests_leave_it_up() {
    let (supervisor, at) = start(|web| web.with_operator("alice", ALICES)).await;
    let mut random = fastrand::Rng::with_seed(16);
    let good: &[&str] = &[
        "GET ",
        "POST ",
        "/api/actions",
        "/api/tree",
        "/",
        " HTTP/1.1\r\n",
        "host: localhost\r\n",
        "\r\n\r\n",
        "authorization: Bearer fedcba9876543210\r\n",
        "content-type: application/json\r\n",
        "content-length: 99999999999\r\n",
        "transfer-encoding: chunked\r\n",
        "last-event-id: 1-99999999999999999999\r\n",
        "{\"action\":\"stop\",\"path\":\"%00/../\u{202e}\"}",
        "5\r\nhello\r\n",
    ];
    for round in 0..10_000 / 50 {
        let mut requests = Vec::new();
        for _ in 0..50 {
            let mut bytes = Vec::new();
            for _ in 0..random.usize(1..12) {
                if random.u8(0..4) == 0 {
                    bytes.extend((0..random.usize(0..40)).map(|_| random.u8(..)));
                } else {
                    bytes.extend(good[random.usize(..good.len())].as_bytes());
                }
            }
            requests.push(tokio::spawn(async move {
                let mut stream = tokio::net::TcpStream::connect(at).await.expect("it connects");
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                let mut answer = [0; 64];
                let read = stream.read(&mut answer);
                let _ = tokio::time::timeout(Duration::from_secs(2), read).await;
            }));
        }
        for request in requests {
            within(&format!("the requests of round {round}"), request).await.unwrap();
        }
    }
    assert_eq!(get(at, "/readyz").await.status, 200);
    let admin = supervisor.lookup_any("admin").await.unwrap();
    assert_eq!(admin.incarnation(), 1, "no request has brought it down");
    assert_eq!(say(at, b"GET / HTTP/9.9\r\n\r\n").await.get(9..12), Some(&b"400"[..]));
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}

#[tokio::test]
async fn a_child_that_never_comes_up_is_told_by_the_probe() {
    let (supervisor, at) = start(|web| web).await;
    let never =
        ChildSpec::new("never").with_start(StartMode::Retry).with_task(async |ctx: Context| {
            ctx.shutdown_requested().await;
            Ok(())
        });
    supervisor.add_child(never).await.unwrap();
    let ready = get(at, "/readyz").await;
    assert!(ready.status == 503 && ready.body.contains("never is starting"), "{}", ready.body);
    within("the shutdown", supervisor.shutdown()).await.unwrap();
}
