//! A service that takes orders and ships each of them once, whatever fails.
//!
//! `README.md` says what to type and what to see. Read the tree below first: it is the whole service.
//! Then `main.rs` runs it, `config.rs` reads its configuration, `http.rs` answers its clients,
//! `database.rs` talks to PostgreSQL or to SQLite, and `shipping.rs` does the work behind the answers.

#![expect(clippy::doc_markdown, reason = "PostgreSQL and SQLite are names")]

pub mod config;
pub mod database;
pub mod http;
pub mod order;
pub mod shipping;

use std::net::TcpListener;

use supervisor::prelude::*;
use supervisor_hyper::{Connection, HttpServer};
use supervisor_web::Web;

use crate::config::Config;
use crate::database::Database;
use crate::shipping::Shipping;

/// The largest number of clients at a time. Each has an open file: see `LimitNOFILE` in `deploy`.
pub const MAX_CONNECTIONS: usize = 10_000;

supervision_tree! {
    /// The service.
    ///
    /// Children start from the top, and stop from the bottom: the server accepts no more connections,
    /// the connections finish their requests, `shipping` finishes its order, and the probes and the
    /// page answer until the end.
    ///
    /// `one_for_one`: each child has the addresses of the children that it uses, and an address stays
    /// valid when its child restarts. So no other child has to restart.
    ///
    /// The times are here and not in the configuration, so that the compiler adds them up, and a test
    /// compares the sum with the files in `deploy`.
    pub Orders(config: &Config, listener: TcpListener): one_for_one(
        max_restarts = 5,
        restart_window = 2m,
        drain = 5s,             // after SIGTERM: not ready, but still serving
        shutdown_within = 25s,
    ) {
        probes: Web = Web::probes(&config.probes),
        page: Web = config.page(),

        // Tried until it is up: without it, the tree is live but not ready. A database that begins to fail
        // again and again is no reason to end the service either: a new process would find the same.
        database: Database(
            start = retry, start_timeout = 5s, backoff = 100ms..5s, max_restarts = unlimited,
            heartbeat = 15s, shutdown = 2s,
        ) = Database::new(config.database.clone()),

        shipping: Shipping(heartbeat = 15s, shutdown = 5s) = Shipping::new(database),

        connections: simple_one_for_one(max_children = MAX_CONNECTIONS) {
            connection: Temporary<Connection>(shutdown = 6s),
        },
        server: HttpServer = HttpServer::new(listener, http::routes(database, shipping), connections),
    }
}
