//! The service as a process, and a client of it.

use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use supervisor_tests::within;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The token of the page.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// The service, and its addresses.
pub(crate) struct Service {
    pub(crate) process: Child,
    pub(crate) http: SocketAddr,
    pub(crate) probes: SocketAddr,
    pub(crate) page: SocketAddr,
}

/// Returns the command of the service, with free ports and this database.
pub(crate) fn command(database: &str) -> Command {
    // The process must not inherit ignored signals, as tests have them in the background.
    let mut command = Command::new("env");
    command.args(["--default-signal", env!("CARGO_BIN_EXE_orders")]);
    for variable in ["LISTEN", "PROBES", "PAGE"] {
        command.env(variable, "127.0.0.1:0");
    }
    command.env("PAGE_TOKEN", TOKEN).env("DATABASE_URL", database).env("LOG", "info");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

impl Service {
    /// Starts the service, and waits until its log has told its addresses.
    pub(crate) async fn start(mut command: Command) -> Self {
        let mut process = command.spawn().expect("the service starts");
        let output = process.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines();
        let (mut http, mut probes, mut page) = (None, None, None);
        while http.is_none() || probes.is_none() || page.is_none() {
            let line = within("an address in the log", lines.next_line()).await.expect("text");
            let line = line.expect("the service runs");
            let address = || line.rsplit_once("http://").and_then(|(_, text)| text.parse().ok());
            if line.contains("orders are taken at") {
                http = address();
            } else if line.contains("the probes answer at") {
                probes = address();
            } else if line.contains("the tree is shown at") {
                page = address();
            }
        }
        // The rest of the log is read, so that the service never waits for it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let all = http.zip(probes).zip(page);
        let ((http, probes), page) = all.expect("three addresses");
        Self { process, http, probes, page }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok());
        let pid = id.and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, signal).expect("the signal is sent");
    }

    pub(crate) async fn ends(&mut self) -> Option<i32> {
        within("the end of the service", self.process.wait()).await.expect("it ends").code()
    }

    /// Waits until the probe answers with this status.
    pub(crate) async fn is_ready(&self, status: u16) {
        let wait = async {
            while get(self.probes, "/readyz").await.map(|answer| answer.status).ok() != Some(status)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        within(&format!("the status {status} of /readyz"), wait).await;
    }

    /// Has an operator kill a child.
    pub(crate) async fn kill(&self, child: &str) {
        let body = format!(r#"{{"action": "kill", "path": "{child}"}}"#);
        let request = Request { method: "POST", path: "/api/actions", body: &body };
        let answer = send(self.page, request).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Waits until all orders are shipped, and returns the totals.
    pub(crate) async fn totals(&self) -> serde_json::Value {
        let wait = async {
            loop {
                if let Ok(answer) = get(self.http, "/totals").await
                    && answer.status == 200
                {
                    let totals: serde_json::Value =
                        serde_json::from_str(&answer.body).expect("JSON");
                    if totals["orders"] == totals["shipped"] {
                        return totals;
                    }
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        within("the shipment of all orders", wait).await
    }
}

pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a str,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Makes a request on a connection of its own.
pub(crate) async fn send(address: SocketAddr, request: Request<'_>) -> io::Result<Answer> {
    let Request { method, path, body } = request;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    let mut answer = String::new();
    let exchange = async {
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(request.as_bytes()).await?;
        connection.read_to_string(&mut answer).await
    };
    timeout(Duration::from_secs(20), exchange).await??;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    send(address, Request { method: "GET", path, body: "" }).await
}

/// Places an order of two.
pub(crate) async fn place(address: SocketAddr, name: &str) -> io::Result<Answer> {
    let body = r#"{"item": "tea", "quantity": 2}"#;
    send(address, Request { method: "PUT", path: &format!("/orders/{name}"), body }).await
}
