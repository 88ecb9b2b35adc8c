//! The engine: leases in a table.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use supervisor::lease::{
    Acquisition, Claim, LeaseClock, LeaseError, Leases, Renewal, replica_name,
};
use tokio::time::{Instant, timeout_at};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Config, NoTls, Row, Socket};

use crate::connection::{Connection, Link};
use crate::error::PgLeaseError;
use crate::server_clock::{Reading, ServerClock};
use crate::statements::{ACQUIRE, ADD, CREATE, CREATE_ALONE, FIND, HELD, LOOK, RELEASE, RENEW};

/// The time limit of a request, unless a quarter of the lease's `ttl` is shorter.
const LIMIT: Duration = Duration::from_secs(5);

/// The time after which a lease that is free but locked is requested again. It is locked by another
/// replica that is acquiring it, or by a transaction that has checked its fence.
const LOCKED: Duration = Duration::from_millis(50);

/// Leases in a table of a PostgreSQL database, for [`Singleton`](supervisor::lease::Singleton).
///
/// All leases of a process share one connection, which the first request opens, and which is opened
/// again after an outage. A clone is the same engine.
///
/// ```no_run
/// use supervisor::lease::Singleton;
/// use supervisor::prelude::*;
/// use supervisor_postgres::PgLeases;
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let leases = PgLeases::new("host=db.example user=shop dbname=shop".parse()?);
/// leases.create_table().await?; // or by a migration: see `schema`
/// let billing = Singleton::new("billing", leases.clone()).build(|fence| {
///     let cron = move |ctx: Context| {
///         let fence = fence.clone();
///         async move {
///             println!("this replica bills, with fence {}", fence.number()?);
///             ctx.shutdown_requested().await;
///             Ok(())
///         }
///     };
///     Supervisor::new().with_child(ChildSpec::new("cron").with_task(cron))
/// });
/// # let _ = billing;
/// # Ok(())
/// # }
/// ```
///
/// # Requests
///
/// A request that has no answer within five seconds, or a quarter of the lease's `ttl` if that is
/// shorter, fails, and the next request opens a new connection. The server may still execute a
/// statement whose request has failed.
///
/// # Hosts
///
/// With several hosts (`host=a,b`), each new connection tries them in this order, or in random order
/// with `load_balance_hosts=random`. The time of the request is divided equally among the hosts and
/// the statements that follow: a host that has not let the replica in within its share is given up,
/// and the next one is tried. The second of two hosts is tried after a third of the time at the latest.
/// With `target_session_attrs=read-write`, a host that is not the primary is given up, too.
///
/// If no `connect_timeout` is set, connecting to one address of the last or only host takes at most half
/// of the time that is left, since its name may stand for several addresses.
#[derive(Clone)]
pub struct PgLeases(Arc<Shared>);

struct Shared {
    connection: Connection,
    replica: String,
    clock: LeaseClock,
    server_clocks: Mutex<HashMap<String, ServerClock>>,
}

impl PgLeases {
    /// Creates an engine on this database, without TLS. Nothing is sent before the first request.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_tls(config, NoTls)
    }

    /// Creates an engine on this database, over TLS: `tls` is what `tokio-postgres` takes, as
    /// `postgres-openssl`, `postgres-native-tls` and `tokio-postgres-rustls` provide it.
    #[must_use]
    pub fn with_tls<T>(config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        Self(Arc::new(Shared {
            connection: Connection::new(config, tls),
            replica: replica_name(),
            clock: LeaseClock::boottime(),
            server_clocks: Mutex::default(),
        }))
    }

    /// Sets the name of this replica, which is written beside the leases that it holds, for people
    /// who read the table. Default: the host name and the process id.
    ///
    /// # Panics
    ///
    /// If the engine was cloned before.
    #[must_use]
    pub fn with_replica(mut self, name: impl Into<String>) -> Self {
        self.before_use().replica = name.into();
        self
    }

    /// Sets whether the engine listens for releases by other replicas (`LISTEN`), which makes a
    /// graceful handover immediate. Through a pooler in transaction mode, such as PgBouncer with
    /// `pool_mode = transaction`, that is [impossible](crate#pgbouncer): set `false` there, and a handover
    /// takes up to `renew`. Default: `true`.
    ///
    /// # Panics
    ///
    /// If the engine was cloned before.
    #[must_use]
    pub fn with_listen(mut self, listens: bool) -> Self {
        self.before_use().connection.set_listens(listens);
        self
    }

    fn before_use(&mut self) -> &mut Shared {
        Arc::get_mut(&mut self.0).expect("an engine is set up before it is cloned")
    }

    /// Creates the table of the leases, unless one is in the search path. Replicas that start
    /// together may all call this.
    ///
    /// The database user needs the right to create tables in the first schema of the search path, but
    /// only if the table does not exist. A user that only uses leases needs
    /// `GRANT SELECT, INSERT, UPDATE ON supervisor_leases`, and may call this once the table exists.
    ///
    /// # Errors
    ///
    /// [`PgLeaseError`] if the database cannot be reached, or refuses.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the table may have been created or not.
    pub async fn create_table(&self) -> Result<(), PgLeaseError> {
        let refused = self.request(LIMIT, async |link: &Link| {
            if has_table(link).await? {
                return Ok(None);
            }
            // One request of two statements is one transaction.
            let create = format!("{CREATE_ALONE}; {CREATE}");
            let Err(error) = link.client.batch_execute(&create).await else { return Ok(None) };
            // A migration, which does not wait for the lock, may have been faster.
            let is_done = has_table(link).await.unwrap_or(false);
            Ok(Some(error).filter(|_| !is_done))
        });
        match refused.await? {
            None => Ok(()),
            Some(error) => Err(PgLeaseError::of_creation(error, &self.0.connection.config)),
        }
    }

    /// Makes a request within a time limit.
    async fn request<T>(
        &self,
        limit: Duration,
        call: impl AsyncFnOnce(&Link) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, PgLeaseError> {
        let connection = &self.0.connection;
        let mut used = None;
        let until = Instant::now() + limit;
        let answer = timeout_at(until, async {
            let link = connection.link(until).await?;
            call(used.insert(link)).await
        })
        .await;
        if let Ok(answer) = answer {
            return answer.map_err(|error| PgLeaseError::of(error, &connection.config));
        }
        if let Some(link) = used {
            link.give_up();
        }
        Err(PgLeaseError::late(limit, &connection.config))
    }

    /// Executes a statement that answers with the server's time, if it answers with a row.
    async fn timed(
        &self,
        link: &Link,
        statement: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Option<(Row, Reading)>, tokio_postgres::Error> {
        let before = self.0.clock.now();
        let row = link.client.query_typed_opt(statement, parameters).await?;
        let after = self.0.clock.now();
        let Some(row) = row else { return Ok(None) };
        let reading = Reading { before, after, server: row.try_get("server_time")? };
        Ok(Some((row, reading)))
    }

    /// Compares the clocks, for each lease on its own: a step that does not matter to a long lease may end
    /// a short one, and has to be an error of that lease.
    fn compare_clocks(&self, claim: &Claim, reading: Reading) -> Result<(), PgLeaseError> {
        let clocks = self.0.server_clocks.lock();
        let mut clocks = clocks.unwrap_or_else(PoisonError::into_inner);
        let clock = clocks.entry(claim.lease().to_owned()).or_default();
        clock.read(reading, claim.ttl()).map_err(PgLeaseError::drift)
    }

    async fn try_acquire(&self, claim: &Claim) -> Result<Acquisition, PgLeaseError> {
        let (holder, ttl) = (claim.holder().to_string(), micros(claim.ttl()));
        let lease: (&(dyn ToSql + Sync), _) = (&claim.lease(), Type::TEXT);
        let (held, acquired) = self
            .request(limit(claim), async |link: &Link| {
                // A replica that only waits locks nothing, and writes nothing.
                match self.timed(link, LOOK, slice::from_ref(&lease)).await? {
                    Some((row, _)) if row.try_get("held")? => {
                        let left: i64 = row.try_get("remaining")?;
                        let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
                        return Ok((Some(left), None));
                    }
                    Some(_) => {}
                    None => {
                        link.client.execute_typed(ADD, slice::from_ref(&lease)).await?;
                    }
                }
                let parameters: [(&(dyn ToSql + Sync), _); 4] = [
                    lease,
                    (&holder, Type::TEXT),
                    (&ttl, Type::INT8),
                    (&self.0.replica, Type::TEXT),
                ];
                let Some((row, reading)) = self.timed(link, ACQUIRE, &parameters).await? else {
                    return Ok((Some(LOCKED), None));
                };
                let fence: i64 = row.try_get("fence")?;
                Ok((None, Some((fence, reading))))
            })
            .await?;
        let Some((fence, reading)) = acquired else {
            return Ok(Acquisition::Held { remaining: held });
        };
        self.compare_clocks(claim, reading)?;
        // The identity column counts from one, so it is never negative.
        Ok(Acquisition::Acquired { fence: fence.unsigned_abs() })
    }

    async fn try_renew(&self, claim: &Claim) -> Result<Renewal, PgLeaseError> {
        let (holder, ttl) = (claim.holder().to_string(), micros(claim.ttl()));
        let renewed = self
            .request(limit(claim), async |link: &Link| {
                let parameters: [(&(dyn ToSql + Sync), _); 3] =
                    [(&claim.lease(), Type::TEXT), (&holder, Type::TEXT), (&ttl, Type::INT8)];
                self.timed(link, RENEW, &parameters).await
            })
            .await?;
        let Some((_, reading)) = renewed else { return Ok(Renewal::Lost) };
        self.compare_clocks(claim, reading)?;
        Ok(Renewal::Renewed)
    }

    async fn try_held(&self, prefix: &str) -> Result<Vec<String>, PgLeaseError> {
        let rows = self.request(LIMIT, async |link: &Link| {
            let rows = link.client.query_typed(HELD, &[(&prefix, Type::TEXT)]).await?;
            rows.iter().map(|row| row.try_get("lease")).collect()
        });
        rows.await
    }

    async fn try_release(&self, claim: &Claim) -> Result<(), PgLeaseError> {
        let holder = claim.holder().to_string();
        self.request(limit(claim), async |link: &Link| {
            let parameters: [(&(dyn ToSql + Sync), _); 2] =
                [(&claim.lease(), Type::TEXT), (&holder, Type::TEXT)];
            link.client.execute_typed(RELEASE, &parameters).await
        })
        .await?;
        Ok(())
    }
}

impl Leases for PgLeases {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        Ok(self.try_acquire(&claim).await?)
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        Ok(self.try_renew(&claim).await?)
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        Ok(self.try_release(&claim).await?)
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        Ok(self.try_held(prefix).await?)
    }

    fn watch(&self, lease: &str) -> impl Future<Output = ()> + Send {
        let waiting = self.0.connection.waiting.lease(lease);
        async move { pin!(waiting.notified()).await }
    }

    fn clock(&self) -> LeaseClock {
        self.0.clock.clone()
    }
}

impl fmt::Debug for PgLeases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgLeases")
            .field("connection", &self.0.connection)
            .field("replica", &self.0.replica)
            .finish_non_exhaustive()
    }
}

/// Returns the statement that creates the table of the leases, for a migration.
#[must_use]
pub const fn schema() -> &'static str {
    CREATE
}

async fn has_table(link: &Link) -> Result<bool, tokio_postgres::Error> {
    let row = link.client.query_typed_opt(FIND, &[]).await?;
    row.map_or(Ok(false), |row| row.try_get("found"))
}

/// Returns the time limit of a request: an answer that comes later is of little use.
fn limit(claim: &Claim) -> Duration {
    LIMIT.min(claim.ttl() / 4)
}

/// Returns a time in microseconds, PostgreSQL's unit, and no shorter.
fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(i64::MAX)
}
