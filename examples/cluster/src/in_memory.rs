//! The three replicas in one process, with leases in memory.

use std::sync::Arc;
use std::time::Duration;

use supervisor::Supervisor;
use supervisor::testing::{MemoryLeases, MemoryReplica};
use tokio::time::sleep;

use crate::Failure;
use crate::board::{Board, NAMES};
use crate::jobs::Jobs;
use crate::pages::Pages;
use crate::scheduler::tree;

pub(crate) struct InMemory {
    leases: MemoryLeases,
    jobs: Jobs,
    replicas: Vec<(Supervisor, MemoryReplica)>,
    pages: Pages,
}

impl InMemory {
    pub(crate) async fn start(board: &Board, pages: Pages) -> Result<Self, Failure> {
        let (leases, jobs) = (MemoryLeases::new(), Jobs::Memory(Arc::default()));
        let mut this = Self { leases, jobs, replicas: Vec::new(), pages };
        for place in 0..NAMES.len() {
            let replica = this.replica(place, board).await?;
            this.replicas.push(replica);
        }
        Ok(this)
    }

    async fn replica(
        &self,
        place: usize,
        board: &Board,
    ) -> Result<(Supervisor, MemoryReplica), Failure> {
        let (leases, board) = (self.leases.replica(), board.clone());
        let say = Arc::new(move |said| board.hear(place, said));
        let (name, page) = (NAMES[place].0, self.pages.of(place));
        let tree = tree(name, page.as_deref(), &leases, self.jobs.clone(), say);
        tree.start().await?;
        Ok((tree, leases))
    }

    pub(crate) async fn start_replica(
        &mut self,
        place: usize,
        board: &Board,
    ) -> Result<(), Failure> {
        self.replicas[place] = self.replica(place, board).await?;
        Ok(())
    }

    pub(crate) async fn kill(&mut self, place: usize) -> Result<(), Failure> {
        let (tree, leases) = &self.replicas[place];
        // A crash leaves a lease behind that nobody releases.
        leases.cut();
        tree.kill().await?;
        Ok(())
    }

    pub(crate) async fn stop(&mut self, place: usize) -> Result<(), Failure> {
        self.replicas[place].0.shutdown().await?;
        Ok(())
    }

    pub(crate) async fn cut(&self, places: &[usize], time: Duration) {
        for place in places {
            self.replicas[*place].1.cut();
        }
        sleep(time).await;
        for place in places {
            self.replicas[*place].1.mend();
        }
    }

    pub(crate) async fn end(self) -> Result<u64, Failure> {
        // All at once, so that none takes over from another.
        let trees = self.replicas.into_iter().map(|(tree, _)| tree);
        let stops = trees.map(|tree| tokio::spawn(async move { tree.shutdown().await }));
        for stop in stops.collect::<Vec<_>>() {
            stop.await??;
        }
        self.jobs.count().await
    }
}
