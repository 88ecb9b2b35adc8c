//! The stream of a connection, and the line between it and the connection's worker.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// The stream of an accepted connection: a TCP or Unix socket.
///
/// A [handshake](crate::HttpServer::with_handshake) receives it.
#[derive(Debug)]
pub struct Stream(Inner);

#[derive(Debug)]
enum Inner {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Other(Box<dyn Duplex>),
}

/// The stream that a handshake returns.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl fmt::Debug for dyn Duplex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Stream {
    pub(crate) fn other(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self(Inner::Other(Box::new(stream)))
    }
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        Self(Inner::Tcp(stream))
    }
}

#[cfg(unix)]
impl From<UnixStream> for Stream {
    fn from(stream: UnixStream) -> Self {
        Self(Inner::Unix(stream))
    }
}

/// Calls a method of the stream that is inside.
macro_rules! delegate {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        match &mut $self.get_mut().0 {
            Inner::Tcp(stream) => Pin::new(stream).$method($($argument),*),
            #[cfg(unix)]
            Inner::Unix(stream) => Pin::new(stream).$method($($argument),*),
            Inner::Other(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        delegate!(self.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        delegate!(self.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        delegate!(self.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Inner::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            Inner::Unix(stream) => stream.is_write_vectored(),
            Inner::Other(stream) => stream.is_write_vectored(),
        }
    }
}

/// The state of the stream: it can be read and written.
const OPEN: u8 = 0;
/// A stop was requested, and the stream belongs to the user: reads find its end.
const ENDING: u8 = 1;
/// The worker has ended: reads and writes fail.
const CLOSED: u8 = 2;

/// The state that a connection's worker and its stream share.
///
/// Until an upgrade, the stream is a part of the worker. After that it belongs to the user's code,
/// in whatever task that is; the worker waits until it is dropped, and ends it at a stop.
#[derive(Debug, Default)]
pub(crate) struct Line {
    state: AtomicU8,
    ends: Mutex<Ends>,
}

/// The wakers at both ends of a line. No lock is held while one of them is woken.
#[derive(Debug, Default)]
struct Ends {
    reader: Option<Waker>,
    writer: Option<Waker>,
    worker: Option<Waker>,
    /// Set when the stream has been dropped.
    is_dropped: bool,
}

impl Line {
    /// Completes when the stream has been dropped.
    pub(crate) fn poll_dropped(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut ends = self.ends();
        if ends.is_dropped {
            return Poll::Ready(());
        }
        store(&mut ends.worker, cx.waker());
        Poll::Pending
    }

    /// Ends the reads of the stream: its user finds that the peer says no more, and can still write.
    pub(crate) fn end_reads(&self) {
        self.enter(ENDING);
    }

    fn enter(&self, state: u8) {
        self.state.fetch_max(state, Ordering::SeqCst);
        let (reader, writer) = {
            let mut ends = self.ends();
            (ends.reader.take(), ends.writer.take())
        };
        reader.into_iter().chain(writer).for_each(Waker::wake);
    }

    fn state(&self) -> u8 {
        self.state.load(Ordering::SeqCst)
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn store(place: &mut Option<Waker>, waker: &Waker) {
    if !place.as_ref().is_some_and(|stored| stored.will_wake(waker)) {
        *place = Some(waker.clone());
    }
}

/// The worker's end of a line: when it is dropped, the stream fails.
#[derive(Debug)]
pub(crate) struct WorkerEnd(pub(crate) Arc<Line>);

impl Drop for WorkerEnd {
    fn drop(&mut self) {
        self.0.enter(CLOSED);
    }
}

/// The stream of a connection, which ends with the connection's worker.
#[derive(Debug)]
pub(crate) struct StreamEnd {
    stream: Stream,
    line: Arc<Line>,
}

impl StreamEnd {
    pub(crate) fn new(stream: Stream, line: Arc<Line>) -> Self {
        Self { stream, line }
    }

    fn check_written(&self) -> io::Result<()> {
        if self.line.state() == CLOSED { Err(closed()) } else { Ok(()) }
    }

    /// Polls the stream for a write. A write that has to wait is woken by the end of the worker, too.
    fn poll_writing<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut Stream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.check_written()?;
        if let Poll::Ready(result) = poll(Pin::new(&mut self.stream), cx) {
            return Poll::Ready(result);
        }
        store(&mut self.line.ends().writer, cx.waker());
        // The worker may have ended before the waker was stored.
        self.check_written()?;
        Poll::Pending
    }

    /// Returns what a read finds if the stream is not open.
    fn read_at_end(&self) -> Option<io::Result<()>> {
        match self.line.state() {
            OPEN => None,
            ENDING => Some(Ok(())),
            _ => Some(Err(closed())),
        }
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the connection's worker has ended")
}

impl AsyncRead for StreamEnd {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(end) = self.read_at_end() {
            return Poll::Ready(end);
        }
        if Pin::new(&mut self.stream).poll_read(cx, buffer)?.is_ready() {
            return Poll::Ready(Ok(()));
        }
        store(&mut self.line.ends().reader, cx.waker());
        // The state may have changed before the waker was stored.
        self.read_at_end().map_or(Poll::Pending, Poll::Ready)
    }
}

impl AsyncWrite for StreamEnd {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_writing(cx, Stream::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_writing(cx, Stream::poll_shutdown))?;
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl Drop for StreamEnd {
    fn drop(&mut self) {
        let worker = {
            let mut ends = self.line.ends();
            ends.is_dropped = true;
            ends.worker.take()
        };
        worker.into_iter().for_each(Waker::wake);
    }
}
