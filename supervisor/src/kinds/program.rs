//! A process of the operating system as a child.

mod group;
mod output;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::task::Poll;

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use self::group::Group;
use self::output::Output;
use crate::child::{ChildRef, Context};
use crate::life::detached::{self, AbortSignal};
use crate::life::{LifeFactory, PendingLife};
use crate::slot::{AnySlot, Slot};
use crate::spec::{BadStatus, ChildOptions, ChildResult, ExitReason, Name};
use crate::tree::{Child, ChildSpec, Ready, Unset};

/// A process of the operating system as a child: one process for each life (on Unix, with the
/// feature `process`).
///
/// Each line that it prints is a `tracing` event of the target `supervisor::program`, at the level
/// `INFO`, with the fields `child` (its path) and `stream` (`stdout` or `stderr`). Its standard
/// input is empty.
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
/// In a tree it is a typed child: `redis: Always<Program> = Program::new("redis-server")`.
///
/// # How it stops
///
/// The process gets SIGTERM. After the child's shutdown time, or at once where another child would
/// be aborted (`brutal_kill`, [`ChildRef::kill`], a missed `heartbeat`), its whole *process group* is
/// killed: the process and all that it has started. When the process has ended, for whatever reason,
/// what is left of its group is killed too. The life has ended when the process has been reaped: its
/// successor never runs beside it.
///
/// What has left the group escapes. A descendant does so by `setsid` or `setpgid`: a daemon that puts
/// itself into the background, what `setsid` or `nohup setsid` starts, the jobs of an interactive
/// shell. Nothing then ties it to the child; it is neither asked nor killed, and goes on beside the
/// next life. Run such a program in the foreground (most daemons have an option for that), or in a
/// container or a service manager's unit, which can find all descendants.
///
/// # How it ends
///
/// | exit | reason |
/// |---|---|
/// | code 0 | [`Normal`](ExitReason::Normal) |
/// | SIGTERM, or code 143, after it was asked to stop | `Normal` |
/// | any other code or signal | [`Status`](ExitReason::Status) |
/// | it could not be started | [`Error`](ExitReason::Error) |
///
/// It is *started* when the process has been spawned: with
/// [`StartMode::Notify`](crate::StartMode::Notify) a program that does not exist is a failed start.
/// A `heartbeat` asks it to print a line in that time.
///
/// # What is never left behind
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
}

impl Program {
    /// A program by its path, or by its name if it is to be searched in `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            name: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            inherits: true,
            directory: None,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
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

    /// Removes all environment variables, those set so far among them.
    pub fn env_clear(mut self) -> Self {
        self.environment.clear();
        self.inherits = false;
        self
    }

    /// Sets the directory that it runs in. Default: that of this process.
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.name);
        command.args(&self.arguments);
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
        // A group of its own: whatever it starts can be found again, and a Ctrl-C in the terminal
        // is this process's to handle.
        command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// One life.
    async fn run(&self, mut ctx: Context, mut aborted: AbortSignal) -> ChildResult {
        if ctx.is_shutdown_requested() {
            return Ok(());
        }
        // Before the process, so that its end is not missed.
        let mut exits = signal(SignalKind::child())?;
        let mut process = self.command().spawn().map_err(|failure| self.not_started(&failure))?;
        let mut output = Output::new(&ctx, process.stdout.take(), process.stderr.take());
        let mut group = Group::new(process);
        ctx.ready();
        let mut asked = pin!(ctx.shutdown_requested());
        let mut stop = Stop::No;
        while !group.has_ended() {
            let happened = poll_fn(|cx| {
                if stop < Stop::Killed && Pin::new(&mut aborted).poll(cx).is_ready() {
                    return Poll::Ready(Happened::Stop(Stop::Killed));
                }
                if stop < Stop::Asked && asked.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Happened::Stop(Stop::Asked));
                }
                if exits.poll_recv(cx).is_ready() {
                    return Poll::Ready(Happened::Exit);
                }
                // Last: who prints without end must not keep the others from their turn.
                // That it prints no more does not mean that it has ended.
                let _ = output.poll(cx, &ctx);
                Poll::Pending
            });
            match happened.await {
                Happened::Stop(next) => {
                    stop = next;
                    if stop == Stop::Killed { group.kill() } else { group.terminate() }
                }
                // Of this process or of another one.
                Happened::Exit => {}
            }
        }
        let status = group.reap(&mut exits).await?;
        output.finish(&ctx).await;
        if is_success(status, stop) { Ok(()) } else { Err(BadStatus(status).into()) }
    }

    fn not_started(&self, failure: &std::io::Error) -> String {
        format!("cannot start `{}`: {failure}", self.name.display())
    }
}

/// How far the stop of a process has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    No,
    Asked,
    Killed,
}

enum Happened {
    Stop(Stop),
    /// Some child process of this one has ended.
    Exit,
}

/// Many programs end by the signal that asks them to, or with the code that shells make of it.
fn is_success(status: ExitStatus, stop: Stop) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const TERMINATED: i32 = 15;
    let obeyed = status.signal() == Some(TERMINATED) || status.code() == Some(128 + TERMINATED);
    status.success() || stop == Stop::Asked && obeyed
}

#[diagnostic::do_not_recommend]
impl Child for Program {
    type Recipe = Self;
    type Handle = ChildRef<()>;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Self) -> ChildSpec<Ready<ChildRef<()>>> {
        ChildSpec::new(name).with_program(recipe)
    }
}

impl ChildSpec<Unset> {
    /// Runs this program as a process of the operating system.
    pub fn with_program(self, program: Program) -> ChildSpec<Ready<ChildRef<()>>> {
        self.with_factory(None, Arc::new(program))
    }
}

impl LifeFactory for Program {
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
        // It is always asked: the process can notice.
        let _ = life.slot.core().observe_stop(life.generation);
        let slot = Arc::clone(&life.slot);
        let (alive, aborted, watch) = detached::stand_in(slot, life.generation, life.times);
        // The life's own task is never aborted: it has a process to reap.
        drop(life.spawn(async move {
            let _alive = alive;
            self.run(Context::of_this_life(), aborted).await
        }));
        Ok(tokio::spawn(watch))
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
        // Not the environment: secrets live there.
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}
