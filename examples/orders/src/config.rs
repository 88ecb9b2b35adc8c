//! The configuration, from the environment: addresses, but no times, which are in the tree.

use std::error::Error;
use std::fmt;

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
    pub log: String,
}

impl Config {
    /// Reads the configuration from the environment.
    ///
    /// # Errors
    ///
    /// Returns an error if a variable has an invalid value: the service does not start with a part of
    /// its configuration.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the configuration from variables.
    ///
    /// # Errors
    ///
    /// Those of [`from_env`](Self::from_env).
    pub fn read(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        // An empty variable counts as not set.
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let or = |name, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
        let database = or("DATABASE_URL", "sqlite:orders.db");
        let database = database
            .parse()
            .map_err(|why: String| ConfigError { variable: "DATABASE_URL", why })?;
        Ok(Self {
            listen: or("LISTEN", "127.0.0.1:8080"),
            probes: or("PROBES", "127.0.0.1:9000"),
            page: or("PAGE", "127.0.0.1:9001"),
            page_token: variable("PAGE_TOKEN").map(Secret),
            database,
            log: or("LOG", "info"),
        })
    }
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
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.variable, self.why)
    }
}

impl Error for ConfigError {}
