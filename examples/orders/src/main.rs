//! Runs the service: `cargo run -p orders`. `README.md` says what to do then.

use std::io::{self, IsTerminal};
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use orders::Orders;
use orders::config::Config;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The exit code of a service that cannot start as it is configured: `EX_CONFIG` of `sysexits.h`.
/// `deploy/orders.service` does not start it again after this code, since that would not help.
const WRONG_CONFIGURATION: u8 = 78;

/// The time after which the process ends if its runtime is blocked. Systemd or Kubernetes starts it
/// again.
const WATCHDOG: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("orders: {error}");
            return ExitCode::from(WRONG_CONFIGURATION);
        }
    };
    let lines = tracing_subscriber::fmt::layer().with_ansi(io::stdout().is_terminal());
    tracing_subscriber::registry().with(lines).with(config.log.clone()).init();
    // An address that another process has now may be free at the next start.
    let listener = match listen(&config) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("orders: LISTEN={}: {error}", config.listen);
            return ExitCode::FAILURE;
        }
    };
    supervisor::run(Orders::tree(&config, listener)).runtime_watchdog(WATCHDOG).await
}

/// Takes systemd's socket if there is one, and binds one otherwise. The socket is bound once, for all
/// lives of the server: while the server restarts, clients wait.
fn listen(config: &Config) -> io::Result<TcpListener> {
    #[cfg(unix)]
    let passed = supervisor::systemd::tcp_listener("http")?;
    #[cfg(not(unix))]
    let passed = None;
    let listener = passed.map_or_else(|| TcpListener::bind(&config.listen), Ok)?;
    tracing::info!("orders are taken at http://{}", listener.local_addr()?);
    Ok(listener)
}
