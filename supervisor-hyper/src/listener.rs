//! The socket that a server accepts from.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::io::Stream;

/// A bound socket: one for all lives of a server.
///
/// It is made of a listener of the standard library, which is bound before the tree starts: an
/// address that is in use is then an error of `main`, and while the server restarts, the operating
/// system keeps new connections waiting.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use supervisor_hyper::Listener;
///
/// let listener = Listener::from(std::net::TcpListener::bind("127.0.0.1:0")?);
/// println!("listening on {}", listener.local_addr()?);
/// # Ok(())
/// # }
/// ```
///
/// A listener of tokio becomes one of the standard library with its `into_std`.
#[derive(Clone, Debug)]
pub struct Listener(Arc<Socket>);

#[derive(Debug)]
enum Socket {
    Tcp(std::net::TcpListener),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

impl Listener {
    /// Returns the address that the socket is bound to.
    ///
    /// # Errors
    ///
    /// Those of the operating system, and [`Unsupported`](io::ErrorKind::Unsupported) for a Unix
    /// socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &*self.0 {
            Socket::Tcp(listener) => listener.local_addr(),
            #[cfg(unix)]
            Socket::Unix(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
        }
    }

    /// Registers the socket with the current runtime, for one life.
    pub(crate) fn open(&self) -> io::Result<OpenListener> {
        match &*self.0 {
            Socket::Tcp(listener) => {
                let listener = listener.try_clone()?;
                listener.set_nonblocking(true)?;
                tokio::net::TcpListener::from_std(listener).map(OpenListener::Tcp)
            }
            #[cfg(unix)]
            Socket::Unix(listener) => {
                let listener = listener.try_clone()?;
                listener.set_nonblocking(true)?;
                tokio::net::UnixListener::from_std(listener).map(OpenListener::Unix)
            }
        }
    }
}

impl From<std::net::TcpListener> for Listener {
    fn from(listener: std::net::TcpListener) -> Self {
        Self(Arc::new(Socket::Tcp(listener)))
    }
}

#[cfg(unix)]
impl From<std::os::unix::net::UnixListener> for Listener {
    fn from(listener: std::os::unix::net::UnixListener) -> Self {
        Self(Arc::new(Socket::Unix(listener)))
    }
}

/// The socket in one life of a server.
#[derive(Debug)]
pub(crate) enum OpenListener {
    Tcp(tokio::net::TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

/// A connection that was accepted, and is to be served.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: Stream,
    /// The address of the peer; `None` for a Unix socket.
    pub(crate) peer: Option<SocketAddr>,
}

impl OpenListener {
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // A response goes out when it is written. A peer that is gone already is found when
                // the connection is read.
                let _ = stream.set_nodelay(true);
                Ok(Accepted { stream: stream.into(), peer: Some(peer) })
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok(Accepted { stream: stream.into(), peer: None })
            }
        }
    }
}
