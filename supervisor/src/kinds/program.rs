//! A process of the operating system as a child.

mod group;
mod output;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::task::Poll;

use rustix::process::Signal;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use self::group::Group;
use self::output::Output;
use crate::child::{ChildRef, Context};
use crate::life::detached::{self, AbortSignal};
use crate::life::{LifeFactory, PendingLife};
use crate::slot::{AnySlot, Slot};
use crate::spec::{BadStatus, ChildOptions, ChildResult, ExitReason, Name};
use crate::sync::task::{self, JoinHandle};
use crate::tree::{Child, ChildSpec, Ready, Unset};

/// A process of the operating system as a child: one process for each life (on Unix, with the
/// feature `process`).
///
/// Each line that the process prints is a `tracing` event of the target `supervisor::program`, at
/// the level `INFO`, with the fields `child` (the child's path) and `stream` (`stdout` or
/// `stderr`). The process's standard input is empty.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::Program;
/// use supervisor::prelude::*;
///
/// let supervisor = Supervisor::new().build();
/// let program = Program::new("sleep").arg("1000");
/// supervisor.add_child(ChildSpec::new("sleeper").with_program(program)).await?;
/// let report = supervisor.shutdown().await?; // SIGTERM
/// assert!(report.is_clean());
/// # Ok(())
/// # }
/// ```
///
/// In a tree a program is a typed child: `redis: Always<Program> = Program::new("redis-server")`.
///
/// # How it stops
///
/// Its whole *process group*, the process and all processes that it has started, gets SIGTERM, or
/// the [`stop_signal`](Self::stop_signal), and has the child's shutdown time to end: also a worker
/// behind a shell that has ended at once. After that time, or at once where another child would be
/// aborted (`brutal_kill`, [`ChildRef::kill`], a missed `heartbeat`), what is left of the group is
/// killed, and a [`ShutdownReport`](crate::info::ShutdownReport) says so. When the process ends
/// without having been asked, the rest of its group is killed too. The life has ended when the
/// process has been reaped: the next life's process never runs beside it. Orphans of the group are
/// reaped as they end, where this process is the first one of its container.
///
/// A descendant that leaves the group escapes. It does so by `setsid` or `setpgid`: a daemon that
/// puts itself into the background, a process started by `setsid` or `nohup setsid`, the jobs of an
/// interactive shell. Such a process has no tie to the child any more; it is neither asked nor
/// killed, and goes on beside the next life. Run such a program in the foreground (most daemons
/// have an option for that), or in a container or a service manager's unit, which can find all
/// descendants.
///
/// # How it ends
///
/// | exit | reason |
/// |---|---|
/// | code 0 | [`Normal`](ExitReason::Normal) |
/// | the signal that asked it to stop, or a shell's code for it (143 for SIGTERM) | `Normal` |
/// | any other code or signal | [`Status`](ExitReason::Status) |
/// | the process could not be started | [`Error`](ExitReason::Error) |
///
/// The child is *started* when the process has been spawned: with
/// [`StartMode::Notify`](crate::StartMode::Notify) a program that does not exist is a failed start.
/// A `heartbeat` requires that the process print in that time.
///
/// # Environment
///
/// The program inherits the variables of this process, and has those that were [set](Self::env). With the
/// feature `systemd` it does not inherit `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`: what systemd
/// asks of this process is not for its children.
///
/// # Processes left behind
///
/// If the runtime is dropped, also because `main` panics, the group is killed and the process
/// reaped. With `panic = "abort"`, the groups are killed before the abort. No code runs, and so the
/// processes stay, when this process calls [`std::process::exit`] or is itself killed by SIGKILL:
/// shut the tree down before the first; against the second there is only a container, or a service
/// manager.
///
/// # Panics
///
/// A life panics, and ends by that, on a runtime built by hand without `enable_io` (or
/// `enable_all`).
#[derive(Clone)]
#[must_use = "a program does nothing until it is given to a `ChildSpec` or a tree"]
pub struct Program {
    name: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, Option<OsString>)>,
    inherits: bool,
    directory: Option<PathBuf>,
    stop_signal: SignalKind,
}

/// The arguments of a program: a list of texts.
#[diagnostic::on_unimplemented(
    message = "these are no arguments of a program",
    label = "write each argument by itself, as in `args([\"--port\", \"80\"])`, or `arg(\"--verbose\")`"
)]
pub trait Arguments {
    #[doc(hidden)]
    fn into_list(self) -> Vec<OsString>;
}

#[diagnostic::do_not_recommend]
impl<A: AsRef<OsStr>, T: IntoIterator<Item = A>> Arguments for T {
    fn into_list(self) -> Vec<OsString> {
        self.into_iter().map(|argument| argument.as_ref().to_owned()).collect()
    }
}

impl Program {
    /// Creates a child that runs this program, given by its path, or by a name that is searched in
    /// `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            name: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            inherits: true,
            directory: None,
            stop_signal: SignalKind::terminate(),
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl Arguments) -> Self {
        self.arguments.extend(arguments.into_list());
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let value = Some(value.as_ref().to_owned());
        self.environment.push((name.as_ref().to_owned(), value));
        self
    }

    /// Removes an environment variable.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    /// Removes all environment variables: those inherited, and those set so far.
    pub fn env_clear(mut self) -> Self {
        self.environment.clear();
        self.inherits = false;
        self
    }

    /// Sets the directory that the program runs in. Default: that of this process.
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets the signal that asks the program, with its whole group, to stop. Default: SIGTERM.
    ///
    /// Many programs stop in another way at each signal. A `postgres` waits for its clients to leave
    /// at SIGTERM, and disconnects them at SIGINT; an `nginx` cuts its requests off at SIGTERM, and
    /// finishes them at SIGQUIT. In systemd this option is `KillSignal`, in Docker and Kubernetes
    /// the stop signal. A program that has not ended in its shutdown time is killed, whatever the
    /// signal. A signal without a name, such as a real-time signal, is an error of the life.
    ///
    /// ```
    /// use supervisor::Program;
    /// use tokio::signal::unix::SignalKind;
    ///
    /// let postgres = Program::new("postgres").stop_signal(SignalKind::interrupt());
    /// # let _ = supervisor::ChildSpec::new("postgres").with_program(postgres);
    /// ```
    pub fn stop_signal(mut self, signal: SignalKind) -> Self {
        self.stop_signal = signal;
        self
    }

    /// Creates the command that spawns the process.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.name);
        command.args(&self.arguments);
        // What systemd tells this process is not for the program, which would speak in its name.
        #[cfg(feature = "systemd")]
        for variable in crate::systemd::VARIABLES {
            command.env_remove(variable);
        }
        if !self.inherits {
            command.env_clear();
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        // The process leads a group of its own: the group finds the processes that it starts, and a
        // Ctrl-C in the terminal reaches this process only.
        command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs one life: one process.
    async fn run(&self, mut ctx: Context, mut aborted: AbortSignal) -> ChildResult {
        if ctx.is_shutdown_requested() {
            return Ok(());
        }
        let stop_signal = self.asking_signal()?;
        // The signal is watched before the process is spawned, so that its end is not missed.
        let mut exits = signal(SignalKind::child())?;
        let mut process =
            self.command().spawn().map_err(|failure| self.not_started(&self.cause(&failure)))?;
        let mut output = Output::new(&ctx, process.stdout.take(), process.stderr.take());
        let mut group = Group::new(process);
        ctx.ready();
        let mut shutdown = pin!(ctx.shutdown_requested());
        let mut stop = Stop::No;
        while !group.has_ended() {
            let next = poll_fn(|cx| {
                if stop < Stop::Killed && Pin::new(&mut aborted).poll(cx).is_ready() {
                    return Poll::Ready(Happened::Stop(Stop::Killed));
                }
                if stop < Stop::Asked && shutdown.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Happened::Stop(Stop::Asked));
                }
                if exits.poll_recv(cx).is_ready() {
                    return Poll::Ready(Happened::Exit);
                }
                // The output comes last: a process that prints without end must not hold up the
                // other events. A process whose streams have ended may still run.
                let _ = output.poll(cx, &ctx);
                Poll::Pending
            });
            match next.await {
                Happened::Stop(reached) => {
                    stop = reached;
                    if stop == Stop::Killed { group.kill() } else { group.signal(stop_signal) }
                }
                // `has_ended` tells whether it was this child process or another one.
                Happened::Exit => group.reap_orphans(),
            }
        }
        if stop == Stop::Asked {
            // The others were asked too, and have the same time.
            let mut rest_ended = pin!(group.rest_ended());
            poll_fn(|cx| {
                let is_over = rest_ended.as_mut().poll(cx).is_ready()
                    || Pin::new(&mut aborted).poll(cx).is_ready();
                let _ = output.poll(cx, &ctx);
                if is_over { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        let status = group.reap(&mut exits).await?;
        output.finish(&ctx).await;
        let obeyed = stop == Stop::Asked && is_end_by(status, stop_signal);
        if status.success() || obeyed { Ok(()) } else { Err(BadStatus(status).into()) }
    }

    /// Returns the signal that asks the process to stop.
    fn asking_signal(&self) -> Result<Signal, String> {
        let number = self.stop_signal.as_raw_value();
        Signal::from_named_raw(number)
            .ok_or_else(|| self.not_started(&format!("signal {number} has no name")))
    }

    fn not_started(&self, cause: &str) -> String {
        format!("cannot start `{}`: {cause}", self.name.display())
    }

    /// Says why the process could not be spawned. The system's error does not tell which file it is
    /// about, and means the program only as a rule.
    fn cause(&self, failure: &std::io::Error) -> String {
        if let Some(directory) = &self.directory {
            let shown = directory.display();
            match directory.metadata() {
                Err(failure) => return format!("its working directory `{shown}`: {failure}"),
                Ok(found) if !found.is_dir() => {
                    return format!("its working directory `{shown}` is no directory");
                }
                Ok(_) => {}
            }
        }
        let path = self.directory.as_deref().unwrap_or(Path::new("")).join(&self.name);
        // A name without `/` is searched in `PATH`.
        let is_path = self.name.as_encoded_bytes().contains(&b'/');
        if failure.kind() == ErrorKind::NotFound && is_path && path.exists() {
            return format!(
                "the file is there, and the interpreter that it names is not: {failure}"
            );
        }
        failure.to_string()
    }
}

/// The progress of the stop of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    No,
    Asked,
    Killed,
}

/// An event that a running process's life waits for.
enum Happened {
    /// The stop goes on to this step.
    Stop(Stop),
    /// Some child process of this process has ended.
    Exit,
}

/// Returns `true` if the process has ended by this signal, or with the code by which a shell reports
/// that: after a request to stop, many programs end in this way.
fn is_end_by(status: ExitStatus, signal: Signal) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let signal = signal.as_raw();
    status.signal() == Some(signal) || status.code() == Some(128 + signal)
}

#[diagnostic::do_not_recommend]
impl Child for Program {
    type Recipe = Self;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new().as_program();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<ChildRef<()>>> {
        ChildSpec::new(name).with_program(recipe)
    }
}

impl ChildSpec<Unset> {
    /// Runs this program as a process of the operating system.
    pub fn with_program(self, program: Program) -> ChildSpec<Ready<ChildRef<()>>> {
        self.with_factory(Some(const { &<Program as Child>::OPTIONS }), Arc::new(program))
    }
}

impl LifeFactory for Program {
    fn launch(self: Arc<Self>, mut life: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
        life.runs_outside();
        // The life counts as one that has looked at its shutdown signal: a process always notices
        // the request, SIGTERM.
        let _ = life.slot.core().observe_stop(life.generation);
        let slot = Arc::clone(&life.slot);
        let (alive, aborted, watch) = detached::stand_in(slot, life.generation, life.times);
        // The life's own task is never aborted, since it has a process to reap.
        drop(life.spawn(async move {
            let _alive = alive;
            self.run(Context::of_this_life(), aborted).await
        }));
        Ok(task::spawn(watch))
    }

    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
        Arc::new(Slot::<()>::new(name, capacity))
    }

    #[cfg(feature = "test-util")]
    fn can_hang(&self) -> bool {
        false
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The environment is left out, since it may hold secrets.
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}
