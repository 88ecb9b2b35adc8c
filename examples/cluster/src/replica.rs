//! One of the three processes.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use supervisor_postgres::PgLeases;
use tokio_postgres::Config;

use crate::Failure;
use crate::jobs::Jobs;
use crate::scheduler::tree;

/// Runs the replica of this name until it is asked to stop, on the database of this address. If it has a
/// page, its tree is shown there.
///
/// # Errors
///
/// If the address is invalid.
pub async fn replica(name: &str, url: &str, page: Option<&str>) -> Result<ExitCode, Failure> {
    let database: Config = url.parse()?;
    let leases = PgLeases::new(database.clone());
    let tree = tree(
        name,
        page,
        &leases,
        Jobs::Table(Arc::new(database)),
        // The process that has started this one may be gone.
        Arc::new(|said| drop(writeln!(std::io::stdout(), "{said}"))),
    );
    Ok(supervisor::run(tree).await)
}
