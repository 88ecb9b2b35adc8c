//! A PostgreSQL server of the test's own, on the loopback interface.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

pub use supervisor_tests::leases::StepResult;
use tokio_postgres::{Client, NoTls};

/// Connects a client to the database at this address; its connection runs in a task of its own.
///
/// # Errors
///
/// If nobody answers there.
pub async fn connect(url: &str) -> StepResult<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A server with a database of its own, which is removed when this is dropped.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    /// The user and group that run the server: it refuses to be run by root.
    user: Option<(u32, u32)>,
}

impl Server {
    /// Makes a database below this directory, and does not start the server; `None` if PostgreSQL is
    /// not installed.
    ///
    /// # Errors
    ///
    /// If the database cannot be made.
    pub fn new(parent: &Path) -> StepResult<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let directory = parent.join(format!("postgres-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory)?;
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        let user = if is_root { Some(unprivileged_user()?) } else { None };
        if let Some((user, group)) = user {
            chown(&directory, Some(user), Some(group))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self { programs, directory, port, user };
        server.run("initdb", &["--auth=trust", "--username=postgres", "--no-sync", "--pgdata"])?;
        let settings = format!(
            "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n"
        );
        let file = server.directory.join("data/postgresql.conf");
        fs::write(&file, fs::read_to_string(&file)? + &settings)?;
        Ok(Some(server))
    }

    /// Returns the address of the server's database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }

    /// Returns the port on which the server listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the directory of the test, for what belongs to the server.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the user and the group that run the server, if they are others than those of this process.
    pub(crate) fn user(&self) -> Option<(u32, u32)> {
        self.user
    }

    /// Starts the server, and returns when it accepts connections.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn start(&self) -> StepResult {
        let log = self.directory.join("log");
        let log = log.to_str().ok_or("the directory's name")?.to_owned();
        self.run("pg_ctl", &["start", "--wait", "--silent", "--log", &log, "--pgdata"])
    }

    /// Stops the server, which cuts off its clients.
    ///
    /// # Errors
    ///
    /// If it does not stop.
    pub fn stop(&self) -> StepResult {
        self.run("pg_ctl", &["stop", "--wait", "--silent", "--mode=fast", "--pgdata"])
    }

    /// Stops the server as a crash would: it ends without closing its connections, and recovers at
    /// the next start.
    ///
    /// # Errors
    ///
    /// If it does not stop.
    pub fn crash(&self) -> StepResult {
        self.run("pg_ctl", &["stop", "--wait", "--silent", "--mode=immediate", "--pgdata"])
    }

    /// Runs a program of PostgreSQL's; its last argument is the directory of the data.
    fn run(&self, program: &str, arguments: &[&str]) -> StepResult {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).arg(self.directory.join("data")).current_dir(&self.directory);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        // The server would inherit a pipe and keep it open, so errors go to a file.
        let errors = self.directory.join("errors");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&errors)?);
        if command.status()?.success() {
            return Ok(());
        }
        let log = |name| fs::read_to_string(self.directory.join(name)).unwrap_or_default();
        Err(format!("{program} failed: {}\n{}", log("errors"), log("log")).into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.run("pg_ctl", &["stop", "--wait", "--mode=immediate", "--pgdata"]);
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Runs a test with a server below this directory. Where PostgreSQL is not installed it says so, and is a
/// failure only with `POSTGRES=required`.
///
/// # Errors
///
/// Those of the test.
pub fn with_server(
    directory: &str,
    limit: Duration,
    test: impl AsyncFnOnce(&Server) -> StepResult,
) -> StepResult {
    let Some(server) = Server::new(Path::new(directory))? else {
        if env::var_os("POSTGRES").is_some_and(|value| value == "required") {
            return Err("PostgreSQL is not installed".into());
        }
        println!("skipped: PostgreSQL is not installed (`apt-get install postgresql`)");
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let ended = tokio::time::timeout(limit, test(&server)).await;
        ended.map_err(|_| "the test took too long")?
    })
}

/// Returns the directory of PostgreSQL's programs; Debian has them in no search path.
fn programs() -> Option<PathBuf> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    let has_all = |path: &PathBuf| ["initdb", "pg_ctl"].iter().all(|name| path.join(name).exists());
    debian.chain(env::split_paths(&paths)).find(has_all)
}

/// Returns the numbers of the user and the group of a user without privileges.
fn unprivileged_user() -> StepResult<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    for name in ["postgres", "nobody"] {
        let Some(line) = users.lines().find(|line| line.split(':').next() == Some(name)) else {
            continue;
        };
        let fields: Vec<&str> = line.split(':').collect();
        if let [_, _, user, group, ..] = fields[..] {
            return Ok((user.parse()?, group.parse()?));
        }
    }
    Err("there is no user `postgres` or `nobody` to run the server".into())
}
