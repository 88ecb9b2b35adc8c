//! A real PostgreSQL that is away at boot, and later: the service waits for it.
//!
//! With `POSTGRES=required`, it is a failure that PostgreSQL is not installed.

#![expect(clippy::doc_markdown, reason = "PostgreSQL is a name")]

use std::path::Path;

use rustix::process::Signal;
use serde_json::json;
use supervisor_postgres_tests::server::{Server, StepResult};
use supervisor_tests::within;

use super::service::{Service, command, get, place};

#[tokio::test]
async fn the_service_waits_for_a_database_that_is_away() -> StepResult {
    let Some(server) = Server::new(Path::new(env!("CARGO_TARGET_TMPDIR")))? else {
        let is_required = std::env::var_os("POSTGRES").is_some_and(|value| value == "required");
        assert!(!is_required, "PostgreSQL is not installed");
        return Ok(());
    };
    let port = server.port();
    let mut service =
        Service::start(command(&format!("postgres://postgres@127.0.0.1:{port}/postgres"))).await;
    // It is away at boot.
    service.is_ready(503).await;
    assert_eq!(get(service.probes, "/livez").await?.status, 200);
    let health = get(service.page, "/readyz").await?.body;
    assert!(health.contains("database is ") && health.contains("refused"), "{health}");

    let server = tokio::task::spawn_blocking(move || {
        server.start().map_err(|error| error.to_string())?;
        Ok::<_, String>(server)
    })
    .await??;
    service.is_ready(200).await;
    assert_eq!(place(service.http, "o-1").await?.status, 201);

    // It connects again beside a transaction that writes, which no lock of the connection waits for.
    let url = format!("host=127.0.0.1 port={port} user=postgres dbname=postgres");
    let (writer, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let write = "BEGIN; INSERT INTO orders (name, item, quantity) VALUES ('o-3', 'tea', 2)";
    writer.batch_execute(write).await?;
    service.kill("database").await;
    assert_eq!(place(service.http, "o-1").await?.status, 200);
    writer.batch_execute("ROLLBACK").await?;
    drop(writer);
    connection.await??;

    // It becomes read-only, as a replica of a database does, and accepts connections all the same.
    let url = format!("host=127.0.0.1 port={port} user=postgres dbname=postgres");
    let (admin, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let read_only = "ALTER DATABASE postgres SET default_transaction_read_only = on";
    admin.batch_execute(read_only).await?;
    service.kill("database").await;
    let says_why = async {
        while !get(service.page, "/readyz").await?.body.contains("read-only") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok::<_, std::io::Error>(())
    };
    within("the reason of the database", says_why).await?;
    service.is_ready(503).await;
    admin.batch_execute("ALTER DATABASE postgres RESET default_transaction_read_only").await?;
    service.is_ready(200).await;

    // It goes away.
    let server = tokio::task::spawn_blocking(move || {
        server.stop().map_err(|error| error.to_string())?;
        Ok::<_, String>(server)
    })
    .await??;
    service.is_ready(503).await;
    assert_eq!(get(service.probes, "/livez").await?.status, 200);
    let refused = place(service.http, "o-2").await?;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("retry-after: 1"), "{refused:?}");

    // It comes back.
    let server = tokio::task::spawn_blocking(move || {
        server.start().map_err(|error| error.to_string())?;
        Ok::<_, String>(server)
    })
    .await??;
    service.is_ready(200).await;
    let placed = place(service.http, "o-2").await?.status;
    assert!((200..300).contains(&placed), "{placed}");
    let again = place(service.http, "o-1").await?;
    assert_eq!(again.status, 200, "it was placed before the outage: {again:?}");
    let expected = json!({"orders": 2, "shipped": 2, "pieces_ordered": 4, "pieces_shipped": 4});
    assert_eq!(service.totals().await, expected);
    service.signal(Signal::TERM);
    assert_eq!(service.ends().await, Some(0));
    drop(server);
    Ok(())
}
