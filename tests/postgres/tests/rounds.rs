//! Rounds of faults over leases in a table of a real PostgreSQL (`supervisor_tests::leases::rounds`).
//!
//! With `POSTGRES=required`, it is a failure that PostgreSQL is not installed.

#![expect(clippy::doc_markdown, reason = "PostgreSQL is a name")]

use std::time::Duration;

use supervisor_postgres::PgLeases;
use supervisor_postgres_tests::server::{Server, StepResult, connect, with_server};
use supervisor_tests::leases::rounds::{self, Engine, Writes};

/// The number of rounds, unless the environment says another one.
const ROUNDS: u64 = 20;

fn main() -> StepResult {
    let limit = rounds::limit(ROUNDS)?;
    with_server(env!("CARGO_TARGET_TMPDIR"), limit, async |server: &Server| {
        server.start()?;
        let tables = "CREATE TABLE fenced (id bigserial PRIMARY KEY, fence bigint NOT NULL);
                      CREATE TABLE unfenced (LIKE fenced INCLUDING ALL)";
        connect(&server.url()).await?.batch_execute(tables).await?;
        PgLeases::new(server.url().parse()?).create_table().await?;
        rounds::run(Postgres(server), env!("CARGO_BIN_EXE_replica"), ROUNDS).await
    })
}

struct Postgres<'a>(&'a Server);

impl Engine for Postgres<'_> {
    const LATE: Duration = Duration::from_secs(1);

    fn address(&self) -> String {
        self.0.url()
    }

    fn restart(&mut self, _: &mut fastrand::Rng) -> StepResult {
        self.0.stop()?;
        self.0.start()
    }

    fn crash(&mut self) -> StepResult {
        self.0.crash()
    }

    fn start(&mut self) -> StepResult {
        self.0.start()
    }

    async fn writes(&self) -> StepResult<(Writes, Writes)> {
        let admin = connect(&self.0.url()).await?;
        let written = async |table: &str| {
            let query = format!(
                "SELECT count(*), count(*) FILTER (WHERE fence < highest) FROM \
                 (SELECT fence, max(fence) OVER (ORDER BY id) AS highest FROM {table}) AS writes"
            );
            let row = admin.query_one(&query, &[]).await?;
            let number = |column: usize| row.get::<_, i64>(column).unsigned_abs();
            Ok::<_, tokio_postgres::Error>(Writes { count: number(0), stale: number(1) })
        };
        Ok((written("fenced").await?, written("unfenced").await?))
    }
}
