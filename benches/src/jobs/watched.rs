//! A child that fails in each of its lives, while a page that shows its tree is open.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::restarts::{cost_of, failing};
use super::{Bench, Outcome};
use crate::contender::{Contender, Window};
use crate::stage::Failure;

/// The number of restarts that are measured, if they fit in a second.
const RESTARTS: usize = 100_000;

/// The longest wait for the first answers of the page.
const LIMIT: Duration = Duration::from_secs(20);

/// Reads from the page with this address, and tells of each answer.
type Reader = fn(SocketAddr, &Sender<()>) -> io::Result<()>;

pub(super) fn restarts(bench: &Bench, contender: &dyn Contender, n: usize) -> Outcome {
    let tree = failing(bench, contender, n, Failure::Error, Window::Short);
    let Some(serving) = tree.as_ref().and_then(|tree| tree.serve_page()) else { return Ok(None) };
    let address = bench.run(serving);
    // A browser would be a process of its own, beside the runtime as these threads are.
    let readers: [Reader; 2] = [read_events, read_trees];
    let answered = readers.map(|reader| {
        let (told, answered) = channel();
        thread::spawn(move || reader(address, &told).expect("the page is served"));
        answered
    });
    for answer in answered {
        answer.recv_timeout(LIMIT)?;
    }
    cost_of(RESTARTS)
}

/// Reads the stream of events, as the page's script does.
fn read_events(page: SocketAddr, told: &Sender<()>) -> io::Result<()> {
    let mut stream = requested(page, "/api/events", "keep-alive")?;
    let mut bytes = vec![0; 1 << 16];
    while stream.read(&mut bytes)? > 0 {
        let _ = told.send(());
    }
    Ok(())
}

/// Reads the tree again and again, as often as the page's script does while something goes on.
fn read_trees(page: SocketAddr, told: &Sender<()>) -> io::Result<()> {
    loop {
        let since = Instant::now();
        let mut answer = Vec::new();
        requested(page, "/api/tree", "close")?.read_to_end(&mut answer)?;
        let _ = told.send(());
        let least = Duration::from_millis(300);
        sleep((since.elapsed() * 4).clamp(least, least * 10));
    }
}

/// Makes a request, whose answer is read from the stream.
fn requested(page: SocketAddr, path: &str, connection: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(page)?;
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {page}\r\nconnection: {connection}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    Ok(stream)
}
