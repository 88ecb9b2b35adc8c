//! What systemd is told about the program, and the sockets that it has opened (feature `systemd`, Unix).
//!
//! # A service that says how it is
//!
//! A program whose tree is run by `run` (feature `signal`) tells systemd by itself, if systemd has started
//! it. [`Shop::deployment()`](crate::deployment) prints a unit with the times of the tree; by hand it is:
//!
//! ```ini
//! # shop.service
//! [Service]
//! Type=notify
//! NotifyAccess=main
//! ExecStart=/usr/bin/shop
//! TimeoutStartSec=60
//! TimeoutStopSec=40
//! WatchdogSec=30s
//! KillMode=mixed
//! Restart=on-failure
//! RestartSec=3
//! RestartPreventExitStatus=129 130 131 143
//! ```
//!
//! | message | when |
//! |---|---|
//! | `READY=1` | all children have started: [`Supervisor::start`](crate::Supervisor::start) would return |
//! | `STATUS=…` | the tree's [health](crate::guide::health) has changed, in a line that `systemctl status` shows; at the end, the failure for which the tree gave up |
//! | `STOPPING=1` | the stop has begun, by a signal or by itself; the drain is its first step |
//! | `EXTEND_TIMEOUT_USEC=…` | while the tree stops: 10 seconds, again every 3 seconds |
//! | `WATCHDOG=1` | between `READY=1` and `STOPPING=1`: twice within `WatchdogSec` |
//!
//! **The watchdog** is answered by a thread outside of the runtime. It asks a task to respond, and
//! passes the answer on. So it is not answered for a runtime whose threads are all blocked, in which no
//! [heartbeat](crate::guide::options) can fire any more; one thread that is free is enough. It is not
//! answered either for a tree that is not live: one with a child that cannot be stopped. Nothing is polled,
//! and a tree that is restarting its children is live. (Without systemd, `Run::runtime_watchdog` ends a
//! program whose runtime is blocked.)
//!
//! **The stop** is extended only within a limit that `run` knows: its `stop_within`, or the drain and the
//! shutdown times of the children that the tree was built with, whichever is less; and then `kill_grace`,
//! and a second for the end of the process. Where some child has `shutdown = infinity` and nothing limits
//! the whole, `TimeoutStopSec` holds as it is. systemd takes no extension for less than `TimeoutStopSec`,
//! so a unit with the right number is not affected. A runtime that does not respond is not extended.
//!
//! **Nothing runs** in a program that has not been started by systemd with `NOTIFY_SOCKET`, and no answer
//! is asked for without `WatchdogSec`. A program under systemd has one more thread, which sends all
//! messages: a manager that does not read holds up that thread, and at the end `run`, for a second at most.
//! Where the socket cannot be reached, one line in the log says so. An abstract socket, whose name begins
//! with `@`, is not supported.
//!
//! Once the future of `run` is dropped, nothing is told any more, and the watchdog is not answered. The
//! code after it in `main` has `TimeoutStopSec`.
//!
//! **Child processes**: a `Program` (feature `process`) does not inherit `NOTIFY_SOCKET`, `WATCHDOG_USEC`
//! and `WATCHDOG_PID`. They stay in the environment of the process itself, since Rust cannot remove a
//! variable safely where threads run. What the program spawns in another way inherits them, and may speak
//! in its name: remove them there, and keep `NotifyAccess=main`, by which systemd does not listen to others.
//!
//! # Sockets by name
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
