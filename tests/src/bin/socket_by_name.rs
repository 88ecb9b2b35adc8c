//! A program that is started with sockets, as by systemd: `tests/sockets_by_name.rs` starts it.
//!
//! It serves each socket from a tree, whose servers restart after each connection.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;

use supervisor::prelude::*;
use supervisor::systemd;

supervision_tree! {
    Greeters(http: TcpListener, admin: TcpListener): one_for_one(max_restarts = 20) {
        http: Always(backoff = 1ms) = {
            let listener = Arc::new(http);
            move |ctx| greet(ctx, Arc::clone(&listener), "http")
        },
        admin: Always(backoff = 1ms) = {
            let listener = Arc::new(admin);
            move |ctx| greet(ctx, Arc::clone(&listener), "admin")
        },
    }
}

/// Greets one client, and ends.
async fn greet(_ctx: Context, listener: Arc<TcpListener>, name: &'static str) -> ChildResult {
    let (mut stream, _) = tokio::task::spawn_blocking(move || listener.accept()).await??;
    write!(stream, "{name}")?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    assert!(systemd::tcp_listener("unknown")?.is_none(), "nobody has such a socket");
    assert!(systemd::unix_listener("http").is_err(), "it is a TCP socket");
    let admin = systemd::tcp_listener("admin")?.ok_or("no socket `admin`")?;
    let http = systemd::tcp_listener("http")?.ok_or("no socket `http`")?;
    assert!(systemd::tcp_listener("http")?.is_none(), "it was taken");
    let greeters = Greeters::start(http, admin).await?;
    println!("up");
    greeters.supervisor().wait().await?;
    Ok(())
}
