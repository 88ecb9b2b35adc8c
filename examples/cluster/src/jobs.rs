//! The jobs: each has the next number, and is run once.

use std::sync::{Arc, Mutex, PoisonError};

use supervisor::lease::Fence;
use supervisor_postgres::CheckFence;
use tokio_postgres::{Client, Config, NoTls};

use crate::Failure;

/// The record of the jobs that have been run.
#[derive(Clone)]
pub(crate) enum Jobs {
    /// In a table.
    Table(Arc<Config>),
    /// In memory: the highest fence, and the number of jobs.
    Memory(Arc<Mutex<(u64, u64)>>),
}

impl Jobs {
    /// Returns the number of jobs that were run.
    ///
    /// # Errors
    ///
    /// If a job was left out, or was run by a replica that no longer held the lease.
    pub(crate) async fn count(&self) -> Result<u64, Failure> {
        match self {
            Self::Table(config) => {
                let (client, connection) = config.connect(NoTls).await?;
                tokio::spawn(connection);
                let row = client.query_one(COUNT, &[]).await?;
                let (count, last, stale): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
                if (count, stale) != (last, 0) {
                    return Err(format!("{count} jobs up to {last}, {stale} of them stale").into());
                }
                Ok(count.unsigned_abs())
            }
            Self::Memory(memory) => Ok(memory.lock().unwrap_or_else(PoisonError::into_inner).1),
        }
    }
}

/// Counts the jobs, and those that were run with a lower fence than one before them.
const COUNT: &str = "SELECT count(*), coalesce(max(job), 0), count(*) FILTER (WHERE fence < highest) \
                     FROM (SELECT job, fence, max(fence) OVER (ORDER BY job) AS highest FROM jobs) AS run";

/// Creates the table.
pub(crate) const CREATE: &str = "CREATE TABLE jobs (job bigint PRIMARY KEY, fence bigint NOT NULL, run_at timestamptz NOT NULL)";

/// A job is a row here; in a service it would also do something.
const RUN: &str = "INSERT INTO jobs SELECT coalesce(max(job), 0) + 1, $1, clock_timestamp() FROM jobs \
                   RETURNING job";

/// The jobs of one life of a scheduler, with its connection.
pub(crate) struct Session {
    jobs: Jobs,
    client: Option<Client>,
}

impl Session {
    pub(crate) fn new(jobs: Jobs) -> Self {
        Self { jobs, client: None }
    }

    /// Runs the next job, if this replica still has the lease.
    pub(crate) async fn run_next(&mut self, fence: &Fence) -> Result<u64, Failure> {
        match &self.jobs {
            Jobs::Table(config) => {
                if self.client.as_ref().is_none_or(Client::is_closed) {
                    let (client, connection) = config.connect(NoTls).await?;
                    tokio::spawn(connection);
                    self.client = Some(client);
                }
                let client = self.client.as_mut().ok_or("it was just set")?;
                let transaction = client.transaction().await?;
                let number = i64::try_from(fence.check(&transaction).await?)?;
                let job: i64 = transaction.query_one(RUN, &[&number]).await?.get(0);
                transaction.commit().await?;
                Ok(job.unsigned_abs())
            }
            Jobs::Memory(memory) => {
                let number = fence.number()?;
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let (highest, jobs) = &mut *memory;
                if number < *highest {
                    return Err(format!("fence {number} is stale").into());
                }
                (*highest, *jobs) = (number, *jobs + 1);
                Ok(*jobs)
            }
        }
    }
}
