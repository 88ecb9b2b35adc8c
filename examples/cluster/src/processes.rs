//! The three replicas as processes, with leases in a PostgreSQL server that the example starts.

use std::env;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use supervisor_postgres::PgLeases;
use supervisor_postgres_tests::server::Server;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::block_in_place;
use tokio::time::sleep;
use tokio_postgres::{Config, NoTls};

use crate::Failure;
use crate::board::{Board, NAMES};
use crate::jobs::{CREATE, Jobs};
use crate::pages::Pages;
use crate::scheduler::Said;

pub(crate) struct Processes {
    // Declared first, so that the processes are dropped, and killed, before the server is.
    replicas: Vec<Child>,
    server: Server,
    pages: Pages,
}

impl Processes {
    /// Starts a server and the processes; `None` if PostgreSQL is not installed.
    pub(crate) async fn start(board: &Board, pages: Pages) -> Result<Option<Self>, Failure> {
        let Some(server) = block_in_place(|| Server::new(&env::temp_dir()))? else {
            return Ok(None);
        };
        block_in_place(|| server.start())?;
        let database: Config = server.url().parse()?;
        PgLeases::new(database.clone()).create_table().await?;
        let (client, connection) = database.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        client.batch_execute(CREATE).await?;
        drop(client);
        connection.await??;
        let mut this = Self { replicas: Vec::new(), server, pages };
        for place in 0..NAMES.len() {
            let replica = this.replica(place, board)?;
            this.replicas.push(replica);
        }
        Ok(Some(this))
    }

    fn replica(&self, place: usize, board: &Board) -> Result<Child, Failure> {
        let mut process = Command::new(env::current_exe()?)
            .args(["replica", NAMES[place].0, &self.server.url()])
            .args(self.pages.of(place))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let board = board.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(said) = Said::read(&line) {
                    board.hear(place, said);
                }
            }
        });
        Ok(process)
    }

    pub(crate) fn start_replica(&mut self, place: usize, board: &Board) -> Result<(), Failure> {
        self.replicas[place] = self.replica(place, board)?;
        Ok(())
    }

    /// Ends the processes, and then the server.
    pub(crate) async fn end(mut self) -> Result<u64, Failure> {
        // All at once, so that none takes over from another.
        for place in 0..self.replicas.len() {
            self.signal(place, Signal::TERM)?;
        }
        for replica in &mut self.replicas {
            replica.wait().await?;
        }
        Jobs::Table(Arc::new(self.server.url().parse()?)).count().await
    }

    fn signal(&self, place: usize, signal: Signal) -> Result<(), Failure> {
        let pid = self.replicas[place].id().ok_or("the process has ended")?;
        Ok(kill_process(Pid::from_raw(i32::try_from(pid)?).ok_or("no process")?, signal)?)
    }

    pub(crate) async fn kill(&mut self, place: usize) -> Result<(), Failure> {
        self.replicas[place].kill().await?;
        Ok(())
    }

    pub(crate) async fn stop(&mut self, place: usize) -> Result<(), Failure> {
        self.signal(place, Signal::TERM)?;
        self.replicas[place].wait().await?;
        Ok(())
    }

    pub(crate) async fn pause(
        &mut self,
        place: usize,
        time: Duration,
        board: &Board,
    ) -> Result<(), Failure> {
        self.signal(place, Signal::STOP)?;
        board.say(place, "paused");
        sleep(time).await;
        board.say(place, "resumed");
        self.signal(place, Signal::CONT)?;
        sleep(Duration::from_millis(500)).await;
        if self.replicas[place].try_wait()?.is_some() {
            // It was stopped in the middle of a step, and the watchdog of leases has ended it.
            board.gone(place, "ended itself");
            self.start_replica(place, board)?;
            board.say(place, "started again, on standby");
        }
        Ok(())
    }

    pub(crate) async fn outage(&self, time: Duration) -> Result<(), Failure> {
        block_in_place(|| self.server.stop())?;
        sleep(time).await;
        block_in_place(|| self.server.start())
    }
}
