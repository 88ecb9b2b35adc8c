//! A PgBouncer of the test's own, in front of a server, in transaction mode.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::server::{Server, StepResult};

/// A pooler, which ends when this is dropped.
#[derive(Debug)]
pub struct Pooler {
    directory: PathBuf,
    port: u16,
    user: Option<(u32, u32)>,
    process: Option<Child>,
}

impl Pooler {
    /// Starts a pooler with this many connections to the server; `None` if PgBouncer is not installed.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(server: &Server, connections: usize) -> StepResult<Option<Self>> {
        if !is_installed() {
            return Ok(None);
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let directory = server.directory().join(format!("pooler-{port}"));
        fs::create_dir_all(&directory)?;
        let user = server.user();
        if let Some((user, group)) = user {
            // It refuses to be run by root, as the server does.
            chown(&directory, Some(user), Some(group))?;
        }
        let settings = format!(
            "[databases]\n\
             * = host=127.0.0.1 port={} user=postgres\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             logfile = {}\n\
             pool_mode = transaction\n\
             default_pool_size = {connections}\n\
             server_login_retry = 0.1\n",
            server.port(),
            directory.join("log").display(),
        );
        fs::write(directory.join("pgbouncer.ini"), settings)?;
        let mut pooler = Self { directory, port, user, process: None };
        pooler.run()?;
        Ok(Some(pooler))
    }

    /// Returns the address of the database, through the pooler.
    #[must_use]
    pub fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }

    /// Starts the pooler again.
    ///
    /// # Errors
    ///
    /// If it does not accept connections.
    pub fn run(&mut self) -> StepResult {
        let mut command = Command::new("pgbouncer");
        command.arg("--quiet").arg(self.directory.join("pgbouncer.ini"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        self.process = Some(command.spawn()?);
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if began.elapsed() > Duration::from_secs(10) {
                let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
                return Err(format!("pgbouncer does not start: {log}").into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Kills the pooler.
    ///
    /// # Errors
    ///
    /// If it does not end.
    pub fn kill(&mut self) -> StepResult {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn is_installed() -> bool {
    let version = Command::new("pgbouncer").arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
