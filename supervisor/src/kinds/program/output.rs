//! The output of a process, logged line by line.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{ChildStderr, ChildStdout};
use tracing::info;

use crate::catch::catch_panic;
use crate::child::Context;
use crate::life::detached::sleep_in_real_time;
use crate::spec::{ChildPath, Escaped};

/// The length in bytes at which a line is cut in pieces: a process that prints no end of line must
/// not fill the memory.
const LONGEST_LINE: usize = 16 * 1024;

/// The time in which the rest of the output is read after the process has ended. The rest is in the
/// pipe already, but a process outside of the group may hold the pipe open for ever.
const AFTER_THE_END: Duration = Duration::from_millis(100);

/// Both output streams of a process.
#[derive(Debug)]
pub(super) struct Output {
    path: ChildPath,
    out: Lines<ChildStdout>,
    err: Lines<ChildStderr>,
}

impl Output {
    pub(super) fn new(ctx: &Context, out: Option<ChildStdout>, err: Option<ChildStderr>) -> Self {
        Self { path: ctx.path(), out: Lines::new("stdout", out), err: Lines::new("stderr", err) }
    }

    /// Logs the output that has arrived; ready when both streams have ended.
    pub(super) fn poll(&mut self, cx: &mut TaskContext<'_>, ctx: &Context) -> Poll<()> {
        let out = self.out.poll(cx, &self.path, ctx);
        let err = self.err.poll(cx, &self.path, ctx);
        if out.is_ready() && err.is_ready() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Logs the rest of the output, after the process has ended.
    pub(super) async fn finish(&mut self, ctx: &Context) {
        let mut time = pin!(sleep_in_real_time(AFTER_THE_END));
        poll_fn(|cx| {
            if self.poll(cx, ctx).is_pending() {
                ready!(time.as_mut().poll(cx));
                self.out.end(&self.path);
                self.err.end(&self.path);
            }
            Poll::Ready(())
        })
        .await;
    }
}

/// One output stream of a process.
#[derive(Debug)]
struct Lines<R> {
    stream: &'static str,
    source: Option<R>,
    /// The beginning of a line whose end has not arrived.
    partial: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(stream: &'static str, source: Option<R>) -> Self {
        Self { stream, source, partial: Vec::new() }
    }

    fn poll(&mut self, cx: &mut TaskContext<'_>, path: &ChildPath, ctx: &Context) -> Poll<()> {
        while let Some(source) = &mut self.source {
            let mut bytes = [0; 4096];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(source).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                self.end(path);
                break;
            }
            // Output counts as a heartbeat.
            ctx.heartbeat();
            self.take(buffer.filled(), path);
        }
        Poll::Ready(())
    }

    fn take(&mut self, bytes: &[u8], path: &ChildPath) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.partial.extend_from_slice(part);
            if self.partial.ends_with(b"\n") || self.partial.len() >= LONGEST_LINE {
                self.print(path);
            }
        }
    }

    fn end(&mut self, path: &ChildPath) {
        self.source = None;
        if !self.partial.is_empty() {
            self.print(path);
        }
    }

    fn print(&mut self, path: &ChildPath) {
        let line = self.partial.strip_suffix(b"\n").unwrap_or(&self.partial);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = String::from_utf8_lossy(line);
        let line = Escaped(&*line);
        // A subscriber may panic, for example since its disk is full; the process goes on.
        catch_panic(
            || info!(target: "supervisor::program", child = %path, stream = self.stream, "{line}"),
        );
        self.partial.clear();
    }
}
