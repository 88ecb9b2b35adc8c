//! Children that run in one replica of a service only, by leases in etcd.
//!
//! The module [`lease`](supervisor::lease) of the library says what a lease is, what is promised, and
//! what only the fence, a fencing token, covers. [`EtcdLeases`] is its engine on [`etcd_client`].
//!
//! # A pair of replicas
//!
//! ```toml
//! [dependencies]
//! supervision-tree = { version = "0.1", features = ["lease", "signal"] }
//! supervision-tree-etcd = "0.1"
//! etcd-client = "0.21"
//! tokio = { version = "1", features = ["rt-multi-thread", "macros", "time"] }
//! ```
//!
//! `etcd-client` is built with `protoc` and the definitions that belong to it: `apt-get install
//! protobuf-compiler libprotobuf-dev`, `brew install protobuf`, or set `PROTOC` to the path of the program,
//! and `PROTOC_INCLUDE` to that of the definitions. The program that is built needs neither.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use std::time::Duration;
//!
//! use etcd_client::{Client, TxnOp};
//! use supervisor::lease::{Fence, Singleton};
//! use supervisor::prelude::*;
//! use supervisor_etcd::EtcdLeases;
//!
//! const ETCD: [&str; 3] = ["http://etcd-1:2379", "http://etcd-2:2379", "http://etcd-3:2379"];
//!
//! /// Sends the bills. It runs in one replica at a time.
//! async fn bill(ctx: Context, leases: EtcdLeases, fence: Fence) -> ChildResult {
//!     let client = Client::connect(ETCD, None).await?;
//!     println!("this replica sends the bills, with fence {}", fence.number()?);
//!     for number in 1.. {
//!         // A process that was paused writes nothing.
//!         let billed = TxnOp::put("shop/billed", number.to_string(), None);
//!         leases.fenced_txn(&client, &fence, [billed]).await?;
//!         tokio::select! {
//!             () = tokio::time::sleep(Duration::from_secs(1)) => {}
//!             () = ctx.shutdown_requested() => break,
//!         }
//!     }
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     let leases = EtcdLeases::new(ETCD);
//!     let billing = Singleton::new("billing", leases.clone())
//!         .with_ttl(Duration::from_secs(30))
//!         .with_renew(Duration::from_secs(5))
//!         .build(|fence| {
//!             let bill = move |ctx| bill(ctx, leases.clone(), fence.clone());
//!             Supervisor::new().with_child(ChildSpec::new("bill").with_task(bill))
//!         });
//!     let shop =
//!         Supervisor::new().with_child(ChildSpec::new("billing").with_supervisor(billing)).build();
//!     supervisor::run(shop).await // until ctrl-c or SIGTERM
//! }
//! ```
//!
//! Start it twice: the first prints its fence. End it with ctrl-c, and the second prints a higher one
//! within milliseconds; kill it (`kill -9`), and that takes up to 31 seconds, the lease's `ttl` and the
//! time that etcd takes to notice.
//!
//! # The keys
//!
//! A lease that is held is a key, which is attached to an etcd lease, and nothing has to be created
//! before. It looks like this:
//!
//! ```text
//! $ etcdctl get --prefix supervisor_leases/
//! supervisor_leases/billing
//! 3f0c2a9d5b7e41c8a6d1e0f492b37c58 shop-1[4711]
//! ```
//!
//! The first part is the holder, which a renewal compares; the second is for people who read the keys. The
//! fence is the revision that has created the key. Revisions grow for ever, and skip what happens to
//! other keys. Where etcd has users, that of a replica needs
//! `etcdctl role grant-permission --prefix ROLE readwrite supervisor_leases/`. To move a lease to another
//! replica, stop the one that holds it. If its key is deleted by hand, another replica can acquire the
//! lease at once, while the children of the former go on until its next renewal.
//!
//! # What happens when
//!
//! | what happens | then |
//! |---|---|
//! | a replica is shut down | it ends the etcd lease when its children have ended, and a watch tells the others |
//! | a replica crashes | another one acquires the lease when it ends, `ttl` after the last renewal: in whole seconds, rounded up, and up to a second later, since etcd looks twice a second |
//! | a member of the cluster is away or silent | the other endpoints are tried: see [`EtcdLeases`](EtcdLeases#members) |
//! | a member is cut off from the others | it has no leader, and the next endpoint is tried; no read is answered from its memory alone |
//! | the cluster is away, or has no majority | the children go on while the lease lasts, and then run nowhere; the tree is ready, and degraded: *standby: no lease*, with the error |
//! | the cluster elects a leader | leases last for their whole time again, and a second longer: after a crash, a take-over takes so much longer |
//! | a leader was replaced and has not noticed | its renewal does not count: the read that follows each renewal shows that there is a newer one |
//! | the clock of a member is set forward or back | nothing: etcd counts by a clock that is never set |
//! | the history is compacted | a watch that began before asks for the lease once more |
//! | the cluster is restored from a backup | leases *and fences* are those of the backup: keep all replicas away for `ttl`, and let revisions go on with `etcdutl snapshot restore --bump-revision` |
//! | a replica is paused, and goes on | a transaction with its fence is refused: see [`fenced_txn`](EtcdLeases::fenced_txn) |
//!
//! Only etcd decides when a lease has ended, and only the replica's own clock decides by when its
//! children must have ended. A leader
//! whose clock runs fast by more than 1 % is not noticed.
//!
//! **Use etcd 3.4.32, 3.5.14 or newer.** In older versions, a leader whose disk hangs for longer than an
//! election takes may, when it goes on, end leases that its successor has renewed. Then another replica can
//! acquire the lease at once, as after a key that was deleted by hand, and only the fence helps. And a
//! crash during a compaction may set revisions back, and so fences.

mod error;
mod fence;
mod keys;
mod leases;
mod members;
mod news;

pub use self::error::EtcdLeaseError;
pub use self::fence::FenceError;
pub use self::leases::EtcdLeases;
