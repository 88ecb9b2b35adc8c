//! The service as its users see it: a process that is killed, stopped under load, and misconfigured.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use supervisor_tests::{until, within};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::service::{Service, command, get, place};

/// A directory of the test's own, which is removed with this.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let directory = format!("{name}-{}", std::process::id());
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(directory);
        std::fs::create_dir_all(&directory).expect("a directory");
        Self(directory)
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.0.join("orders.db").display())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn each_order_is_shipped_once_whatever_is_killed() {
    const ORDERS: u32 = 200;
    let directory = Directory::new("killed");
    let mut service = Service::start(command(&directory.database())).await;
    let http = service.http;
    let placed = Arc::new(AtomicU32::new(0));
    let mut clients = JoinSet::new();
    for client in 0..4 {
        let placed = Arc::clone(&placed);
        clients.spawn(async move {
            for number in 0..ORDERS / 4 {
                let name = format!("o-{client}-{number}");
                // No answer, or one that says so: the client asks again.
                while !matches!(place(http, &name).await, Ok(answer) if answer.status < 300) {
                    sleep(Duration::from_millis(20)).await;
                }
                placed.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let after = async |count: u32| {
        let wait = async {
            while placed.load(Ordering::Relaxed) < count {
                sleep(Duration::from_millis(1)).await;
            }
        };
        within(&format!("{count} orders"), wait).await;
    };
    for (count, child) in [(10, "database"), (30, "shipping"), (50, "server"), (70, "database")] {
        after(count).await;
        service.kill(child).await;
    }
    after(100).await;
    service.signal(Signal::KILL);
    service.ends().await;
    let mut again = command(&directory.database());
    again.env("LISTEN", http.to_string());
    service = Service::start(again).await;
    within("all orders", clients.join_all()).await;
    let pieces = ORDERS * 2;
    let expected = json!({
        "orders": ORDERS, "shipped": ORDERS, "pieces_ordered": pieces, "pieces_shipped": pieces,
    });
    assert_eq!(service.totals().await, expected);
    let again = place(http, "o-0-0").await.expect("an answer");
    assert_eq!(again.status, 200, "it was placed before: {again:?}");
    assert_eq!(service.totals().await, expected);
}

#[tokio::test]
async fn a_client_that_obeys_the_readiness_sees_no_failed_request_at_a_stop() {
    let directory = Directory::new("stopped");
    let mut service = Service::start(command(&directory.database())).await;
    service.is_ready(200).await;
    let is_stopped = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicU32::new(0));
    let mut clients = JoinSet::new();
    for client in 0..4 {
        let (is_stopped, sent) = (Arc::clone(&is_stopped), Arc::clone(&sent));
        let http = service.http;
        clients.spawn(async move {
            while !is_stopped.load(Ordering::Relaxed) {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                let answer = place(http, &format!("o-{client}-{number}")).await;
                assert_eq!(answer.expect("an answer").status, 201);
                sleep(Duration::from_millis(10)).await;
            }
        });
    }
    until("some load", || sent.load(Ordering::Relaxed) > 100).await;
    service.signal(Signal::TERM);
    service.is_ready(503).await;
    // It serves those who have not noticed yet.
    let before = sent.load(Ordering::Relaxed);
    until("more requests", || sent.load(Ordering::Relaxed) > before + 20).await;
    assert_eq!(get(service.http, "/totals").await.expect("an answer").status, 200);
    is_stopped.store(true, Ordering::Relaxed);
    within("the clients", clients.join_all()).await;
    assert_eq!(service.ends().await, Some(0));
}

#[tokio::test]
async fn a_wrong_configuration_is_told_without_its_secrets() {
    let output = command("mysql://shop:secret@db/orders").output();
    let output = within("the end", output).await.expect("it ends");
    assert_eq!(output.status.code(), Some(78));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("orders: DATABASE_URL: "), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[tokio::test]
async fn each_value_without_a_meaning_ends_the_program_for_good() {
    let wrong = [
        ("LISTEN", "8080".into()),
        ("PROBES", "127.0.0.1:http".into()),
        ("PAGE", "0.0.0.0:70000".into()),
        ("PAGE_TOKEN", "short".into()),
        ("LOG", "info,orders=loud".into()),
        ("DATABASE_URL", OsString::from_vec(b"sqlite:secret-\xff.db".to_vec())),
    ];
    for (variable, value) in &wrong {
        let (code, error) = end_with(&[(variable, value)]).await;
        assert!(error.starts_with(&format!("orders: {variable}: ")), "{variable}: {error}");
        assert_eq!(code, Some(78), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let (code, error) =
        end_with(&[("PAGE", "0.0.0.0:0".as_ref()), ("PAGE_TOKEN", "".as_ref())]).await;
    assert!(error.starts_with("orders: PAGE: "), "{error}");
    assert_eq!(code, Some(78), "{error}");
}

#[tokio::test]
async fn an_address_that_is_taken_may_be_free_at_the_next_start() {
    let other = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let taken = other.local_addr().expect("its address").to_string();
    let (code, error) = end_with(&[("LISTEN", taken.as_ref())]).await;
    assert!(error.starts_with(&format!("orders: LISTEN={taken}: ")), "{error}");
    assert_eq!(code, Some(1), "{error}");
}

/// Runs the service with these variables, and returns its exit code and what it has written as errors.
async fn end_with(variables: &[(&str, &OsStr)]) -> (Option<i32>, String) {
    let directory = Directory::new("ends");
    let mut command = command(&directory.database());
    command.envs(variables.iter().copied());
    let output = within("the end", command.output()).await.expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}
