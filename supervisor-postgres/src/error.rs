//! The error of a request to the database.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::{Severity, SqlState};

use crate::statements::TABLE;

/// An error of a request to the database. `Display` says what is wrong, where, and what helps if that is
/// known; [`source`](Error::source) is the error of `tokio-postgres`, if there is one.
#[derive(Debug)]
pub struct PgLeaseError {
    words: String,
    source: Option<tokio_postgres::Error>,
}

impl PgLeaseError {
    pub(crate) fn of(source: tokio_postgres::Error, config: &Config) -> Self {
        Self { words: words(&source, config), source: Some(source) }
    }

    /// Creates the error of the statement that creates the table.
    pub(crate) fn of_creation(source: tokio_postgres::Error, config: &Config) -> Self {
        match source.as_db_error() {
            Some(said) if *said.code() == SqlState::INSUFFICIENT_PRIVILEGE => {
                let (place, user) = (Place(config), user(config));
                let words = format!(
                    "`{user}` may not create the table `{TABLE}` in {place}: have the owner of the schema \
                     create it once, by `PgLeases::create_table` or with what `schema()` prints, and then \
                     {} (it says: {})",
                    grant(user),
                    said.message()
                );
                Self { words, source: Some(source) }
            }
            _ => Self::of(source, config),
        }
    }

    /// Creates the error of a request without an answer.
    pub(crate) fn late(limit: Duration, config: &Config) -> Self {
        let place = Place(config);
        Self { words: format!("{place} has not answered within {limit:?}"), source: None }
    }

    /// Creates the error of a clock that has gone ahead.
    pub(crate) fn drift(words: String) -> Self {
        Self { words, source: None }
    }
}

impl fmt::Display for PgLeaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Error for PgLeaseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

fn user(config: &Config) -> &str {
    config.get_user().unwrap_or("the user")
}

/// The rights of a database user that only uses leases.
fn grant(user: &str) -> String {
    format!("GRANT SELECT, INSERT, UPDATE ON {TABLE} TO {user}")
}

fn words(error: &tokio_postgres::Error, config: &Config) -> String {
    let place = Place(config);
    let user = user(config);
    let Some(said) = error.as_db_error() else {
        if error.is_closed() {
            return format!("the connection to {place} was lost");
        }
        // The error of the socket is the source of the client's error.
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        return format!("{place} cannot be reached: {cause}");
    };
    let said_so = said.message();
    let advice = match *said.code() {
        SqlState::UNDEFINED_TABLE => format!(
            "{place} has no table `{TABLE}`, or not in the search path of `{user}`: \
             `PgLeases::create_table` creates it, and `schema()` prints it for a migration"
        ),
        SqlState::UNDEFINED_COLUMN
        | SqlState::DATATYPE_MISMATCH
        | SqlState::UNDEFINED_FUNCTION
        | SqlState::INVALID_COLUMN_REFERENCE
        | SqlState::WRONG_OBJECT_TYPE
        | SqlState::NOT_NULL_VIOLATION => format!(
            "the table `{TABLE}` of {place} has another form than this program expects: compare it with \
             what `schema()` prints"
        ),
        // The end of the session: it was not let in.
        SqlState::INSUFFICIENT_PRIVILEGE if said.parsed_severity() == Some(Severity::Fatal) => {
            format!("{place} does not let `{user}` in")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            format!("`{user}` may not use the table `{TABLE}` of {place}: {}", grant(user))
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => format!(
            "{place} is a replica that cannot be written to, or its sessions are read-only: leases need \
             the primary (`target_session_attrs=read-write`)"
        ),
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            format!("{place} does not let `{user}` in")
        }
        SqlState::INVALID_CATALOG_NAME => format!("{place} does not exist"),
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            format!("{place} is being started or stopped")
        }
        SqlState::TOO_MANY_CONNECTIONS => format!("{place} has no connection left"),
        // PgBouncer, which says this of each parameter that it does not know.
        SqlState::PROTOCOL_VIOLATION if said_so.contains("startup parameter") => format!(
            "{place} is behind a pooler, which knows no settings of a session: set them for the user, by \
             `ALTER ROLE {user} SET …`"
        ),
        _ => format!("{place} has refused a statement"),
    };
    format!("{advice} (it says: {said_so})")
}

/// The database, as errors name it.
struct Place<'a>(&'a Config);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(config) = self;
        let name = config.get_dbname().or(config.get_user()).unwrap_or("postgres");
        write!(f, "the database `{name}` at ")?;
        let ports = config.get_ports();
        for (index, host) in config.get_hosts().iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) => write!(f, "{separator}{host}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{separator}{}", path.display())?,
            }
            // A single port is the port of all hosts.
            match ports.get(index).or(ports.first()) {
                Some(port) => write!(f, ":{port}")?,
                None => write!(f, ":5432")?,
            }
        }
        if config.get_hosts().is_empty() {
            f.write_str("no host")?;
        }
        Ok(())
    }
}
