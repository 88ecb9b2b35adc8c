//! The configuration, from the environment: addresses, but no times, which are in the tree.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;

use supervisor_web::{AccessError, Web};
use tracing_subscriber::filter::Targets;

use crate::database::Address;

/// The configuration of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LISTEN`: where clients connect. (A systemd socket named `http` takes precedence.)
    pub listen: String,
    /// `PROBES`: where `/livez` and `/readyz` answer.
    pub probes: String,
    /// `PAGE`: where the page and the metrics are. Other machines reach it only with a token.
    pub page: String,
    /// `PAGE_TOKEN`: whoever has it may read the page from elsewhere, and restart and stop children.
    pub page_token: Option<Secret>,
    /// `DATABASE_URL`: `postgres://…` or `sqlite:PATH`.
    pub database: Address,
    /// `LOG`: how much is logged, such as `info` or `warn,supervisor=debug`.
    pub log: Targets,
}

impl Config {
    /// Reads the configuration from the environment.
    ///
    /// # Errors
    ///
    /// Returns an error if a variable has an invalid value: the service does not start with a part of
    /// its configuration.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(std::env::var_os)
    }

    /// Reads the configuration from variables.
    ///
    /// # Errors
    ///
    /// Those of [`from_env`](Self::from_env).
    pub fn read(variable: impl Fn(&'static str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let variable = |name| match variable(name).map(OsString::into_string) {
            Some(Ok(value)) if !value.is_empty() => Ok(Some(value)),
            // A variable that is set to nothing counts as one that is not set.
            Some(Ok(_)) | None => Ok(None),
            // The text is not repeated: there may be a password in it.
            Some(Err(_)) => Err(wrong(name, "it is not UTF-8")),
        };
        let or = |name, default: &str| Ok(variable(name)?.unwrap_or_else(|| default.to_owned()));
        let address = |name, default| {
            let address: String = or(name, default)?;
            if is_address(&address) {
                return Ok(address);
            }
            Err(wrong(name, format!("`{address}` is no address, such as `{default}`")))
        };
        let config = Self {
            listen: address("LISTEN", "127.0.0.1:8080")?,
            probes: address("PROBES", "127.0.0.1:9000")?,
            page: address("PAGE", "127.0.0.1:9001")?,
            page_token: variable("PAGE_TOKEN")?.map(Secret),
            database: or("DATABASE_URL", "sqlite:orders.db")?
                .parse()
                .map_err(|why: String| wrong("DATABASE_URL", why))?,
            log: or("LOG", "info")?.parse().map_err(|why| wrong("LOG", format!("{why}")))?,
        };
        config.check_page()?;
        Ok(config)
    }

    /// Makes the page: read-only on this machine, or with actions for everybody who has the token.
    #[must_use]
    pub fn page(&self) -> Web {
        let page = Web::bind(&self.page);
        match &self.page_token {
            Some(token) => page.with_token(token).with_operator("operator", token),
            None => page,
        }
    }

    /// Checks what the page would refuse at each start.
    fn check_page(&self) -> Result<(), ConfigError> {
        self.page().check().map_err(|error| match error {
            AccessError::Open(_) => {
                wrong("PAGE", "other machines reach it, and there is no PAGE_TOKEN")
            }
            error => wrong("PAGE_TOKEN", error.to_string()),
        })
    }
}

/// Returns whether this is a host and a port. A host's name is not resolved: that it has no address now
/// may pass.
fn is_address(text: &str) -> bool {
    let is_named = |(host, port): (&str, &str)| {
        !host.is_empty() && !host.contains([':', ' ']) && port.parse::<u16>().is_ok()
    };
    text.parse::<SocketAddr>().is_ok() || text.rsplit_once(':').is_some_and(is_named)
}

fn wrong(variable: &'static str, why: impl Into<String>) -> ConfigError {
    ConfigError { variable, why: why.into() }
}

/// A text that `Debug` does not print.
#[derive(Clone)]
pub struct Secret(String);

impl From<&Secret> for String {
    fn from(secret: &Secret) -> Self {
        secret.0.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The error for a variable with an invalid value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable.
    pub variable: &'static str,
    /// The fault of its value.
    pub why: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.why)
    }
}

impl Error for ConfigError {}
