//! Children that run in one replica of a service only, by leases in a table of PostgreSQL.
//!
//! The module [`lease`](supervisor::lease) of the library says what a lease is, what is promised, and
//! what only the fence, a fencing token, covers. [`PgLeases`] is its engine on [`tokio_postgres`].
//!
//! # A pair of replicas
//!
//! ```toml
//! [dependencies]
//! supervision-tree = { version = "0.1", features = ["lease", "signal"] }
//! supervision-tree-postgres = "0.1"
//! tokio = { version = "1", features = ["rt-multi-thread", "macros", "time"] }
//! tokio-postgres = "0.7"
//! ```
//!
//! ```no_run
//! use std::process::ExitCode;
//! use std::time::Duration;
//!
//! use supervisor::lease::Fence;
//! use supervisor::prelude::*;
//! use supervisor_postgres::{CheckFence, PgLeases};
//! use tokio_postgres::{Config, NoTls};
//!
//! supervision_tree! {
//!     Shop(leases: PgLeases, database: Config): one_for_one {
//!         billing: one_for_one(lease = "billing", ttl = 30s, renew = 5s) with leases {
//!             bill: Always = move |ctx| bill(ctx, database.clone(), fence.clone()),
//!         },
//!     }
//! }
//!
//! /// Sends the bills. It runs in one replica at a time.
//! async fn bill(ctx: Context, database: Config, fence: Fence) -> ChildResult {
//!     let (mut client, connection) = database.connect(NoTls).await?;
//!     ctx.spawn(async move { drop(connection.await) });
//!     println!("this replica sends the bills, with fence {}", fence.number()?);
//!     while !ctx.is_shutdown_requested() {
//!         let transaction = client.transaction().await?;
//!         fence.check(&transaction).await?; // a process that was paused writes nothing
//!         transaction.execute("UPDATE orders SET billed = true WHERE NOT billed", &[]).await?;
//!         transaction.commit().await?;
//!         tokio::select! {
//!             () = tokio::time::sleep(Duration::from_secs(1)) => {}
//!             () = ctx.shutdown_requested() => {}
//!         }
//!     }
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
//!     let database: Config = std::env::var("DATABASE_URL")?.parse()?;
//!     let leases = PgLeases::new(database.clone());
//!     leases.create_table().await?;
//!     let shop = Shop::tree(leases, database);
//!     Ok(supervisor::run(shop).await) // until ctrl-c or SIGTERM
//! }
//! ```
//!
//! Start it twice: the first prints its fence. End it with ctrl-c, and the second prints a higher one
//! within milliseconds; kill it (`kill -9`), and that takes up to 30 seconds, the lease's `ttl`.
//!
//! # The table
//!
//! [`PgLeases::create_table`] creates `supervisor_leases`, in the first schema of the search path, unless
//! the table exists, and [`schema`] returns the statement for a migration. A database user that only uses
//! leases needs `GRANT SELECT, INSERT, UPDATE ON supervisor_leases`. A row looks like this:
//!
//! ```text
//!   lease  |              holder              | fence |         expires_at         |   replica
//! ---------+----------------------------------+-------+----------------------------+--------------
//!  billing | 3f0c2a9d5b7e41c8a6d1e0f492b37c58 |     7 | 2026-11-29 21:30:12.5+00   | shop-1[4711]
//! ```
//!
//! `replica` is for people who read the table; no statement compares it. Fences come from a sequence:
//! they grow even after a row was deleted, and they skip numbers. To move a lease to another replica,
//! stop the one that holds it. If its row is changed or deleted by hand, another replica can acquire
//! the lease at once, while the children of the former go on until its next renewal.
//!
//! # What happens when
//!
//! | what happens | then |
//! |---|---|
//! | a replica is shut down | it releases the lease when its children have ended, and `NOTIFY` tells the others |
//! | a replica crashes | another one acquires the lease when it ends, `ttl` after the last renewal |
//! | the database is away | the children go on while the lease lasts, and then run nowhere; the tree is ready, and degraded: *standby: no lease*, with the error |
//! | the database has crashed and recovered | leases survive: acquisitions and renewals are committed with `synchronous_commit`, even if it is off by default |
//! | it fails over to a replica that lags | the last acquisitions may be lost, and with them the lease *and its fence*: use a synchronous replica, or keep all replicas away for `ttl` |
//! | it fails over, and the former primary is silent | with `host=a,b`, the next connection tries the other host in time: see [`PgLeases`](PgLeases#hosts) |
//! | its clock is set forward | leases end too early; the next answer shows it, counts as an error, and degrades the tree |
//! | its clock is set back | leases last longer, and nothing else happens |
//! | a replica is paused in a transaction that has checked the fence | no other replica gets the lease until its session ends: set `idle_in_transaction_session_timeout` |
//! | the connections go through a pooler in transaction mode | a graceful handover takes up to `renew`: see [below](#pgbouncer) |
//!
//! Only the database's clock decides when a lease has ended, and only the replica's own clock decides
//! by when its children must have ended. Of the two clocks, only the speeds are compared.
//!
//! # PgBouncer
//!
//! Leases work through a PgBouncer with `pool_mode = transaction`, or another pooler of that kind: each
//! statement commits by itself and has no name, so it may come from any connection to the server. The tests of
//! this package run behind one.
//!
//! - Notifications do not arrive. [`PgLeases::with_listen`]`(false)` saves the `LISTEN`, which would do no harm,
//!   and be of no use. A replica on standby asks every `renew`: so long may a graceful handover take.
//! - A request that finds no free connection waits in the pooler, and counts as one without an answer. While all
//!   connections are taken for longer than the lease lasts, nobody runs the children: give the leases a pool
//!   of their own, by a database name or a user of their own in `pgbouncer.ini`. Two connections are enough.
//! - Settings of the session, such as `options=-c search_path=…`, are refused by the pooler. Set them for the
//!   user instead: `ALTER ROLE shop SET search_path = …`.
//! - In a transaction that checks a fence, use the functions of `tokio-postgres` whose statements have no name
//!   (`query_typed`, `execute_typed`), as the check itself does. A prepared statement needs PgBouncer 1.21 with
//!   `max_prepared_statements`.
//!
//! With `pool_mode = session`, everything works as without a pooler.

#![expect(clippy::doc_markdown, reason = "PostgreSQL and PgBouncer are names")]

mod connection;
mod error;
mod fence;
mod hosts;
mod leases;
mod server_clock;
mod statements;

pub use self::error::PgLeaseError;
pub use self::fence::{CheckFence, FenceError, check_statement};
pub use self::leases::{PgLeases, schema};
