//! Each fault of each child, at each moment: `faults.txt` says what follows from it, and orders are
//! placed and shipped after each. After a change to the tree, `UPDATE_FAULT_MATRIX=1 cargo test -p orders`
//! writes the file again; read `git diff`.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use orders::Orders;
use orders::config::Config;
use orders::database::Query;
use orders::order::{Name, Order, Placed};
use supervisor::testing;

/// Returns a configuration with free ports, and a database in this file.
fn config(database: &Path) -> Config {
    Config::read(|name| match name {
        "DATABASE_URL" => Some(format!("sqlite:{}", database.display()).into()),
        "PROBES" | "PAGE" => Some("127.0.0.1:0".into()),
        _ => None,
    })
    .expect("a configuration")
}

/// A database of a test's own, which is removed with this.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Self {
        let directory =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        Self(directory)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Places an order that is there already, but for the first time, and waits until all are shipped.
async fn ships(orders: &Orders) -> Result<(), Box<dyn std::error::Error>> {
    let name = Name::try_from("o-1".to_owned())?;
    let item = Name::try_from("tea".to_owned())?;
    let order = Order { item, quantity: 2.try_into()? };
    let placed = orders.database().ask(|reply| Query::Place { name, order, reply }).await?;
    if placed == Placed::Different {
        return Err("the order has changed".into());
    }
    for _ in 0..10 {
        let totals = orders.database().ask(|reply| Query::Totals { reply }).await?;
        if totals.shipped == 1 && totals.pieces_shipped == 2 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err("the order is not shipped".into())
}

#[tokio::test(start_paused = true)]
async fn the_service_survives_every_fault() -> Result<(), testing::MatrixFailure> {
    let directory = Temporary::new();
    let config = config(&directory.0.join("orders.db"));
    let free_port = || TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    testing::fault_matrix(|| Orders::tree(&config, free_port()))
        .check(async |orders: &Orders, _| ships(orders).await.map_err(|error| error.to_string()))
        .matches("tests/faults.txt")
        .await?;
    Ok(())
}
