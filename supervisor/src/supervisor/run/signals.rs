//! The signals that stop a process: while a tree runs, and after it has ended.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "signals come to the process, outside of the models"
)]

use std::io;
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::catch::catch_panic;

/// A signal that asks the process to end.
#[derive(Clone, Copy)]
pub(super) struct Signal {
    pub(super) name: &'static str,
    number: u8,
}

/// The signal of Ctrl-C.
const INTERRUPT: Signal = Signal { name: "SIGINT", number: 2 };
#[cfg(unix)]
const HANGUP: Signal = Signal { name: "SIGHUP", number: 1 };
#[cfg(unix)]
const TERMINATE: Signal = Signal { name: "SIGTERM", number: 15 };
const QUIT: Signal = Signal { name: "SIGQUIT", number: 3 };

impl Signal {
    /// Returns `true` if the signal asks for an end without delay.
    pub(super) fn is_quick(self) -> bool {
        self.number == QUIT.number
    }

    /// Returns the exit code of a process that this signal has ended.
    pub(super) fn exit_code(self) -> u8 {
        128 + self.number
    }
}

/// A listener to the signals.
pub(super) struct Signals(imp::Signals);

impl Signals {
    /// Begins to listen on the current runtime; to SIGHUP only if asked to.
    pub(super) fn new(hangup: bool) -> io::Result<Self> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(io::Error::other("there is no tokio runtime on this thread"));
        }
        // There is no other way to ask whether the runtime has a signal driver.
        let signals = catch_panic(|| imp::Signals::new(hangup)).unwrap_or_else(|| {
            Err(io::Error::other("the tokio runtime was built without `enable_io`"))
        })?;
        Ok(Self(signals))
    }

    pub(super) async fn next(&mut self) -> Signal {
        self.0.next().await
    }
}

#[cfg(unix)]
mod imp {
    use std::future::poll_fn;
    use std::io;
    use std::task::Poll;

    use tokio::signal::unix::{self, SignalKind, signal};

    use super::{HANGUP, INTERRUPT, QUIT, Signal, TERMINATE};

    /// The signals in the order of precedence if several are pending.
    pub(super) struct Signals(Vec<(Signal, unix::Signal)>);

    impl Signals {
        pub(super) fn new(hangup: bool) -> io::Result<Self> {
            let mut kinds = vec![
                (QUIT, SignalKind::quit()),
                (INTERRUPT, SignalKind::interrupt()),
                (TERMINATE, SignalKind::terminate()),
            ];
            if hangup && !is_hangup_ignored() {
                kinds.push((HANGUP, SignalKind::hangup()));
            }
            let listen = |(name, kind)| Ok((name, signal(kind)?));
            Ok(Self(kinds.into_iter().map(listen).collect::<io::Result<_>>()?))
        }

        pub(super) async fn next(&mut self) -> Signal {
            poll_fn(|cx| {
                for (name, signal) in &mut self.0 {
                    if signal.poll_recv(cx).is_ready() {
                        return Poll::Ready(*name);
                    }
                }
                Poll::Pending
            })
            .await
        }
    }

    /// Returns `true` if the process was started with SIGHUP ignored, as by `nohup`. Only Linux
    /// tells without unsafe code.
    fn is_hangup_ignored() -> bool {
        if !cfg!(target_os = "linux") {
            return false;
        }
        let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask & (1 << (HANGUP.number - 1)) != 0)
    }
}

#[cfg(not(unix))]
mod imp {
    use std::io;

    use super::{INTERRUPT, Signal};

    pub(super) struct Signals;

    impl Signals {
        #[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
        pub(super) fn new(_: bool) -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) -> Signal {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            INTERRUPT
        }
    }
}

/// The calls of `run` in this process that are in progress or over.
#[derive(Debug)]
struct Runs {
    in_progress: usize,
    /// The instant until which a signal is the same request as one that stopped a tree.
    ignore_until: Option<Instant>,
    /// Set once a thread waits for the signals that no `run` handles any more.
    is_watched: bool,
    /// Set once a thread waits for SIGHUP, too.
    is_hangup_watched: bool,
}

static RUNS: Mutex<Runs> = Mutex::new(Runs {
    in_progress: 0,
    ignore_until: None,
    is_watched: false,
    is_hangup_watched: false,
});

impl Runs {
    fn lock() -> MutexGuard<'static, Self> {
        RUNS.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The guard of one call of `run`.
///
/// tokio handles a signal for good once it has been listened to: the default action, to end the
/// process, does not come back. So when the guard of the last call is dropped, a thread begins to
/// wait for the signals and ends the process at the next one.
pub(super) struct Listening {
    hangup: bool,
}

impl Listening {
    pub(super) fn begin(hangup: bool) -> Self {
        Runs::lock().in_progress += 1;
        Self { hangup }
    }
}

/// Ignores signals until this instant, also when `run` is over.
pub(super) fn ignore_until(until: Instant) {
    Runs::lock().ignore_until = Some(until);
}

impl Drop for Listening {
    fn drop(&mut self) {
        let needs_watch = {
            let mut runs = Runs::lock();
            runs.in_progress -= 1;
            let is_watched = runs.is_watched && (runs.is_hangup_watched || !self.hangup);
            runs.is_watched = true;
            runs.is_hangup_watched |= self.hangup;
            !is_watched
        };
        if needs_watch {
            let hangup = self.hangup;
            let (listens, wait) = mpsc::channel();
            // Without the thread, signals have no effect; there is no way to report that.
            let _ = thread::Builder::new()
                .name("supervisor-signals".to_owned())
                .spawn(move || catch_panic(|| watch(hangup, listens)));
            // No signal is lost between the call and the thread. It fails if the thread does.
            let _ = wait.recv();
        }
    }
}

/// Ends the process at the first signal that no `run` handles. The thread has a runtime of its own,
/// since that of the program may be gone, or may wait for its threads to end.
fn watch(hangup: bool, listens: mpsc::Sender<()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    #[cfg(unix)]
    builder.enable_io();
    let Ok(runtime) = builder.build() else { return };
    runtime.block_on(async {
        let Ok(mut signals) = Signals::new(hangup) else { return };
        drop(listens);
        loop {
            let signal = signals.next().await;
            let is_handled = {
                let runs = Runs::lock();
                let is_same = runs.ignore_until.is_some_and(|until| Instant::now() < until);
                runs.in_progress > 0 || (is_same && !signal.is_quick())
            };
            if !is_handled {
                std::process::exit(i32::from(signal.exit_code()));
            }
        }
    });
}
