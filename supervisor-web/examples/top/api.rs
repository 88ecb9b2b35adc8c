//! The tree of a program, as its API answers it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::Deserialize;

use crate::Failed;

#[derive(Deserialize)]
pub(crate) struct Tree {
    pub(crate) health: Health,
    pub(crate) nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub(crate) struct Health {
    pub(crate) live: bool,
    pub(crate) ready: bool,
    pub(crate) degraded: bool,
    pub(crate) reasons: Vec<Reason>,
}

#[derive(Deserialize)]
pub(crate) struct Reason {
    pub(crate) text: String,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) parent: Option<usize>,
    pub(crate) state: String,
    pub(crate) strategy: Option<String>,
    pub(crate) max_restarts: Option<u32>,
    pub(crate) restarts_left: Option<u32>,
    pub(crate) life: u64,
    pub(crate) restarts: u64,
    pub(crate) uptime_ms: Option<u64>,
    pub(crate) queued: u64,
    pub(crate) capacity: u64,
    pub(crate) lease: Option<Lease>,
    pub(crate) waits: Vec<Wait>,
    pub(crate) last_exit: Option<Reason>,
}

/// The lease that the children of a supervisor need.
#[derive(Deserialize)]
pub(crate) struct Lease {
    #[serde(rename = "lease")]
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) lasted_ms: u64,
    pub(crate) fence: Option<u64>,
    pub(crate) left_ms: Option<u64>,
}

impl Lease {
    pub(crate) fn in_words(&self) -> String {
        let (name, lasted) = (&self.name, age(self.lasted_ms));
        match (&*self.state, self.fence, self.left_ms) {
            ("leading", Some(fence), Some(left)) => {
                format!("leading for {lasted} with {name}, fence {fence}, {} left", age(left))
            }
            ("lost", ..) => format!("{name} lost {lasted} ago"),
            _ => format!("standby for {lasted}: no lease {name}"),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Wait {
    pub(crate) on: String,
    pub(crate) lasted_ms: u64,
}

/// Asks the program for its tree.
pub(crate) fn fetch(address: &str) -> Result<Tree, Failed> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let token = std::env::var("SUPERVISOR_TOKEN");
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    // HTTP/1.0 asks for a body in one piece, and the end of the connection behind it.
    write!(stream, "GET /api/tree HTTP/1.0\r\nhost: {address}\r\n{token}\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer of HTTP")?;
    if head.split(' ').nth(1) != Some("200") {
        return Err(format!("{}: {}", head.lines().next().unwrap_or_default(), body.trim()).into());
    }
    Ok(serde_json::from_str(body)?)
}

/// Says a time in milliseconds in its largest unit.
pub(crate) fn age(ms: u64) -> String {
    match ms / 1000 {
        0 => format!("{ms}ms"),
        secs @ 1..60 => format!("{secs}s"),
        secs @ 60..3600 => format!("{}m", secs / 60),
        secs @ 3600..172_800 => format!("{}h", secs / 3600),
        secs => format!("{}d", secs / 86_400),
    }
}
