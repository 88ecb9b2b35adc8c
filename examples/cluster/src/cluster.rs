//! Three replicas, and the faults that can be injected.

use std::fmt;
use std::time::Duration;

use crate::Failure;
use crate::board::{Board, NAMES};
use crate::in_memory::InMemory;
use crate::pages::Pages;
use crate::processes::Processes;

/// Three replicas of the service: processes, or trees in this one.
pub struct Cluster {
    pub(crate) board: Board,
    kind: Kind,
    pages: Pages,
}

enum Kind {
    Processes(Processes),
    InMemory(Box<InMemory>),
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("are_processes", &self.are_processes())
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Starts three processes, if PostgreSQL is installed, and three trees in this process if not. With
    /// pages, each of them shows its tree.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub async fn start(has_pages: bool) -> Result<Self, Failure> {
        let (board, pages) = (Board::new(), Pages(has_pages));
        match Processes::start(&board, pages).await? {
            Some(processes) => Ok(Self { board, kind: Kind::Processes(processes), pages }),
            None => Self::start_in_memory(has_pages).await,
        }
    }

    /// Starts three trees in this process, with leases in memory.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub async fn start_in_memory(has_pages: bool) -> Result<Self, Failure> {
        let (board, pages) = (Board::new(), Pages(has_pages));
        let kind = Kind::InMemory(Box::new(InMemory::start(&board, pages).await?));
        Ok(Self { board, kind, pages })
    }

    /// Returns where the trees are shown, in words.
    pub(crate) fn pages(&self) -> Option<String> {
        self.pages.in_words()
    }

    pub(crate) fn are_processes(&self) -> bool {
        matches!(self.kind, Kind::Processes(_))
    }

    /// Ends a replica at once, and starts it again a second later.
    pub(crate) async fn kill(&mut self, place: usize) -> Result<(), Failure> {
        let fence = self.board.fence();
        match &mut self.kind {
            Kind::Processes(processes) => {
                println!("\nkill -9 {}", NAMES[place].0);
                processes.kill(place).await?;
            }
            Kind::InMemory(trees) => {
                let name = NAMES[place].0;
                println!("\n{name} is cut off, and dropped as by a crash");
                trees.kill(place).await?;
            }
        }
        self.board.gone(place, "killed");
        self.board.leader_after(fence).await?;
        self.start_again(place).await
    }

    /// Shuts a replica down, and starts it again.
    pub(crate) async fn stop(&mut self, place: usize) -> Result<(), Failure> {
        let fence = self.board.fence();
        let how = if self.are_processes() { "SIGTERM to" } else { "a shutdown of" };
        println!("\n{how} {}: it stops its scheduler, and then gives up the lease", NAMES[place].0);
        match &mut self.kind {
            Kind::Processes(processes) => processes.stop(place).await?,
            Kind::InMemory(trees) => trees.stop(place).await?,
        }
        self.board.leader_after(fence).await?;
        self.start_again(place).await
    }

    /// Pauses a replica for longer than its lease.
    pub(crate) async fn pause(&mut self, place: usize, time: Duration) -> Result<(), Failure> {
        let name = NAMES[place].0;
        match &mut self.kind {
            Kind::Processes(processes) => {
                println!(
                    "\nSIGSTOP to {name} for {time:?}: it cannot know that its lease ends meanwhile"
                );
                processes.pause(place, time, &self.board).await
            }
            Kind::InMemory(trees) => {
                println!("\n{name} is cut off for {time:?}");
                trees.cut(&[place], time).await;
                Ok(())
            }
        }
    }

    /// Makes the engine unreachable for all replicas.
    pub(crate) async fn outage(&mut self, time: Duration) -> Result<(), Failure> {
        let fence = self.board.fence();
        println!("\nthe engine is away for {time:?}: nobody can hold the lease");
        match &mut self.kind {
            Kind::Processes(processes) => processes.outage(time).await?,
            Kind::InMemory(trees) => trees.cut(&[0, 1, 2], time).await,
        }
        println!("it is back");
        self.board.leader_after(fence).await?;
        Ok(())
    }

    /// Ends all replicas, and returns the number of jobs that they have run.
    pub(crate) async fn end(self) -> Result<u64, Failure> {
        match self.kind {
            Kind::Processes(processes) => processes.end().await,
            Kind::InMemory(trees) => trees.end().await,
        }
    }

    async fn start_again(&mut self, place: usize) -> Result<(), Failure> {
        match &mut self.kind {
            Kind::Processes(processes) => processes.start_replica(place, &self.board)?,
            Kind::InMemory(trees) => trees.start_replica(place, &self.board).await?,
        }
        self.board.say(place, "started again, on standby");
        Ok(())
    }
}
