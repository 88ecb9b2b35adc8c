//! Sockets that systemd has opened for the program, by their names (feature `systemd`, Unix).
//!
//! With [socket activation], systemd opens the sockets and hands them to the program: a connection that is
//! made while the program starts or restarts waits, and the program needs no right to bind a low port.
//!
//! ```ini
//! # shop.socket
//! [Socket]
//! ListenStream=80
//! FileDescriptorName=http
//! ```
//!
//! ```no_run
//! use std::net::TcpListener;
//! use supervisor::systemd;
//!
//! # fn main() -> std::io::Result<()> {
//! // Systemd's socket if the program was started with one, else one of its own.
//! let listener: TcpListener = match systemd::tcp_listener("http")? {
//!     Some(listener) => listener,
//!     None => TcpListener::bind("127.0.0.1:8080")?,
//! };
//! # drop(listener);
//! # Ok(())
//! # }
//! ```
//!
//! The listener is given to the tree, which keeps it for all lives of the child that accepts.
//!
//! [socket activation]: https://www.freedesktop.org/software/systemd/man/latest/systemd.socket.html

#![expect(
    clippy::disallowed_types,
    reason = "the sockets belong to the process, outside of the models"
)]

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::{Mutex, OnceLock, PoisonError};

use listenfd::ListenFd;

/// The environment variables by which systemd talks to the process that it has started, and to no other.
#[cfg(feature = "process")]
pub(crate) const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];

/// The sockets that were handed to the process, and their names.
struct Sockets {
    listen: ListenFd,
    names: Vec<String>,
}

/// The process has one set of sockets, and each is taken once.
static SOCKETS: OnceLock<Mutex<Sockets>> = OnceLock::new();

impl Sockets {
    fn of_process() -> Self {
        // The names are read first: the sockets' variables are removed when the sockets are taken.
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let names = names.split(':').map(str::to_owned).collect();
        Self { listen: ListenFd::from_env(), names }
    }

    /// Takes the first socket of this name that has not been taken.
    fn take<T>(
        &mut self,
        name: &str,
        take: impl Fn(&mut ListenFd, usize) -> io::Result<Option<T>>,
    ) -> io::Result<Option<T>> {
        for (index, _) in self.names.iter().enumerate().filter(|(_, found)| *found == name) {
            if let Some(socket) = take(&mut self.listen, index)? {
                return Ok(Some(socket));
            }
        }
        Ok(None)
    }
}

fn take<T>(
    name: &str,
    take: impl Fn(&mut ListenFd, usize) -> io::Result<Option<T>>,
) -> io::Result<Option<T>> {
    let sockets = SOCKETS.get_or_init(|| Mutex::new(Sockets::of_process()));
    sockets.lock().unwrap_or_else(PoisonError::into_inner).take(name, take)
}

/// Takes the TCP socket of this name (`FileDescriptorName`, by default the name of the socket unit).
///
/// Returns `None` if the program was started without such a socket, or if the socket was taken before. Of
/// several sockets with one name, each call takes the next.
///
/// # Errors
///
/// If the socket of this name is no TCP socket that listens; it is not taken then.
pub fn tcp_listener(name: &str) -> io::Result<Option<TcpListener>> {
    take(name, ListenFd::take_tcp_listener)
}

/// Takes the Unix socket of this name. Otherwise this is [`tcp_listener`].
///
/// # Errors
///
/// If the socket of this name is no Unix socket that listens; it is not taken then.
pub fn unix_listener(name: &str) -> io::Result<Option<UnixListener>> {
    take(name, ListenFd::take_unix_listener)
}
