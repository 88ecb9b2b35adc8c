//! The log lines that this process writes through `tracing`, for tests to wait for.

use std::io;
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use tokio::sync::Notify;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<String> = Mutex::new(String::new());
static GROWN: Notify = Notify::const_new();

/// Begins to keep the log lines of this process.
pub fn capture_log() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(Writer).init();
    });
}

/// Makes this the subscriber of the thread until the guard is dropped, also for log lines that
/// another thread has been the first to reach: while `tracing` knows one subscriber only, it asks
/// the thread that reaches a line first, and caches the answer.
pub fn subscribe(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    static SECOND: OnceLock<Dispatch> = OnceLock::new();
    SECOND.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    tracing::subscriber::set_default(subscriber)
}

/// Returns all log lines so far.
#[must_use]
pub fn logged() -> Vec<String> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).lines().map(str::to_owned).collect()
}

/// Waits until a log line contains all of these words, and returns the line.
pub async fn logs(words: &[&str]) -> String {
    loop {
        let grown = GROWN.notified();
        let fits = |line: &String| words.iter().all(|word| line.contains(word));
        if let Some(line) = logged().into_iter().find(fits) {
            return line;
        }
        grown.await;
    }
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        LOG.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
        GROWN.notify_waiters();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Writer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
