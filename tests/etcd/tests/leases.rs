//! Tests leases in a real etcd of one member.
//!
//! With `ETCD=required`, it is a failure that etcd is not installed.

use std::time::{Duration, Instant};

use etcd_client::{Client, ConnectOptions, Permission, PermissionType, PutOptions, Txn, TxnOp};
use supervisor::lease::Leases;
use supervisor::testing::check_leases;
use supervisor_etcd::{EtcdLeases, FenceError};
use supervisor_etcd_tests::{Cluster, with_cluster};
use supervisor_tests::leases::{
    Replica, StepResult, a_graceful_shutdown_hands_over_at_once, contains,
    shards_are_shared_evenly, until,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

const MILLISECOND: Duration = Duration::from_millis(1);

/// The times of the leases here. etcd counts in seconds, and looks for leases that have ended twice a second.
const TTL: Duration = Duration::from_secs(2);
const RENEW: Duration = Duration::from_millis(300);

/// A time that is longer than a lease lasts in etcd.
const ENDED: Duration = Duration::from_secs(3);

fn main() -> StepResult {
    let limit = Duration::from_secs(120);
    with_cluster(env!("CARGO_TARGET_TMPDIR"), 1, limit, async |mut cluster: Cluster| {
        while_a_lease_is_held_nothing_is_written(&cluster).await?;
        tokio::try_join!(
            the_contract_is_kept(&cluster),
            errors_say_what_is_wrong_and_what_helps(&cluster),
            a_stale_fence_is_refused(&cluster),
            a_lease_that_is_taken_away_is_noticed(&cluster),
            a_crash_hands_over_when_the_lease_ends(&cluster),
            a_watch_survives_a_compaction(&cluster),
            a_lease_that_was_listed_is_watched(&cluster),
        )?;
        replicas_that_start_together_have_one_leader(&cluster).await?;
        a_graceful_shutdown_hands_over_at_once(|| Ok(leases(&cluster)), TTL, RENEW).await?;
        shards_are_shared_evenly(|| Ok(leases(&cluster))).await?;
        nobody_runs_while_the_engine_is_away(&mut cluster).await?;
        Box::pin(who_may_not_is_told_what_helps(&cluster)).await
    })
}

fn leases(cluster: &Cluster) -> EtcdLeases {
    EtcdLeases::new(cluster.endpoints())
}

async fn replica(leases: EtcdLeases, lease: &str) -> StepResult<Replica> {
    Replica::start(leases, lease, TTL, RENEW).await
}

/// Returns the error of this engine.
async fn error_of(leases: EtcdLeases) -> StepResult<String> {
    match check_leases(&leases, "errors", TTL).await {
        Ok(()) => Err("it is no error".into()),
        Err(error) => Ok(error.to_string()),
    }
}

async fn the_contract_is_kept(cluster: &Cluster) -> StepResult {
    check_leases(&leases(cluster), "contract", Duration::from_secs(4)).await?;
    // Fences go on, and a part of a second counts as a whole one.
    let prefixed = leases(cluster).with_prefix("shop/leases/");
    check_leases(&prefixed, "contract", Duration::from_millis(3_900)).await?;
    let client = cluster.client(0).await?;
    let left = client.kv_client().get("supervisor_leases/contract-1", None).await?;
    assert!(left.kvs().is_empty(), "what is released is deleted");
    Ok(())
}

/// Renewals, and replicas that wait, cost reads only: no entry in the log of the cluster.
async fn while_a_lease_is_held_nothing_is_written(cluster: &Cluster) -> StepResult {
    let one = replica(leases(cluster), "quiet").await?;
    one.takes_over().await?;
    let other = replica(leases(cluster), "quiet").await?;
    let mut client = cluster.client(0).await?;
    let before = client.status().await?.raft_index();
    sleep(5 * RENEW).await;
    assert_eq!(client.status().await?.raft_index(), before);
    assert!(one.leads());
    other.root.shutdown().await?;
    one.root.shutdown().await?;
    Ok(())
}

async fn errors_say_what_is_wrong_and_what_helps(cluster: &Cluster) -> StepResult {
    // Nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let away = format!("http://127.0.0.1:{free}");
    let error = error_of(EtcdLeases::new([&away])).await?;
    contains(&error, &[&format!("etcd at {away} cannot be reached: "), "refused"]);

    // Somebody listens, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let silent = format!("http://127.0.0.1:{}", silent.local_addr()?.port());
    let began = Instant::now();
    let error = error_of(EtcdLeases::new([&silent])).await?;
    contains(&error, &[&format!("etcd at {silent} has not answered within 500ms")]);
    assert!(began.elapsed() < TTL, "{:?}", began.elapsed());

    // Several: what is wrong with each is said once.
    let also_away = away.replace("http://", "");
    let error = error_of(EtcdLeases::new([&away, &silent, &also_away])).await?;
    contains(
        &error,
        &[
            &format!("etcd at {away}, {also_away} cannot be reached: "),
            &format!("; etcd at {silent} has not answered within "),
        ],
    );
    let none: [&str; 0] = [];
    contains(&error_of(EtcdLeases::new(none)).await?, &["no endpoint was given"]);

    // Somebody listens who is not etcd.
    let website = TcpListener::bind("127.0.0.1:0").await?;
    let web = format!("http://127.0.0.1:{}", website.local_addr()?.port());
    tokio::spawn(async move {
        let mut clients = Vec::new();
        while let Ok((mut client, _)) = website.accept().await {
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            clients.push(client);
        }
    });
    contains(&error_of(EtcdLeases::new([&web])).await?, &[&web, "it is no etcd", "TLS"]);

    // An endpoint that is wrong, beside one that is right.
    let error = error_of(EtcdLeases::new(["http://not a host:1"])).await?;
    contains(&error, &["etcd at http://not a host:1 cannot be reached", "invalid"]);
    let tls = cluster.endpoint(0).replace("http", "https");
    let error = error_of(EtcdLeases::new([&tls])).await?;
    contains(&error, &[&tls, "needs TLS", "feature `tls` of `etcd-client`"]);
    // A member that expects TLS, or one that is being stopped.
    let closing = TcpListener::bind("127.0.0.1:0").await?;
    let closed = format!("http://127.0.0.1:{}", closing.local_addr()?.port());
    tokio::spawn(async move { while closing.accept().await.is_ok() {} });
    contains(
        &error_of(EtcdLeases::new([&closed])).await?,
        &[&closed, "it is being stopped", "TLS"],
    );
    let one_of_them = EtcdLeases::new([away, tls, web, cluster.endpoint(0)]);
    check_leases(&one_of_them, "one-of-them", Duration::from_secs(4)).await?;

    let user = ConnectOptions::new().with_user("shop", "secret");
    let error = error_of(leases(cluster).with_options(user)).await?;
    contains(&error, &["knows no users", "leave out `ConnectOptions::with_user`"]);
    Ok(())
}

async fn a_stale_fence_is_refused(cluster: &Cluster) -> StepResult {
    let (engine, client) = (leases(cluster), cluster.client(0).await?);
    // Renewed so rarely that it does not notice what follows.
    let one = Replica::start(engine.clone(), "stale", 20 * TTL, 5 * TTL).await?;
    one.takes_over().await?;
    let first = one.fence.number()?;
    engine.fenced_txn(&client, &one.fence, [TxnOp::put("bill", "first", None)]).await?;
    let held = engine.compare(&one.fence)?;

    // The lease is taken away, and nobody holds it.
    client.kv_client().delete("supervisor_leases/stale", None).await?;
    let put = || [TxnOp::put("bill", "stale", None)];
    let error = engine.fenced_txn(&client, &one.fence, put()).await.expect_err("it is stale");
    contains(&error.to_string(), &["of the lease `stale` is stale: nobody holds the lease"]);

    // Another replica holds it.
    let other = replica(leases(cluster), "stale").await?;
    other.takes_over().await?;
    let second = other.fence.number()?;
    assert!(second > first && one.fence.number()? == first);
    let error = engine.fenced_txn(&client, &one.fence, put()).await.expect_err("it is stale");
    contains(&error.to_string(), &[&format!("{first} of"), &format!("has fence {second} by now")]);
    assert!(
        matches!(&error, FenceError::Stale { number, found: Some(found), .. }
            if *number == first && *found == second),
        "{error:?}"
    );
    // In a transaction of the user's.
    let txn = Txn::new().when([held]).and_then(put());
    assert!(!client.kv_client().txn(txn).await?.succeeded());
    let bill = client.kv_client().get("bill", None).await?;
    assert_eq!(bill.kvs()[0].value_str()?, "first");
    let txn = Txn::new().when([leases(cluster).compare(&other.fence)?]).and_then(put());
    assert!(client.kv_client().txn(txn).await?.succeeded());

    other.root.shutdown().await?;
    let error = engine.fenced_txn(&client, &other.fence, put()).await.expect_err("it is released");
    assert!(matches!(error, FenceError::NoLease(_)), "{error:?}");
    assert!(engine.compare(&other.fence).is_err());
    one.root.shutdown().await?;
    Ok(())
}

/// An operator deletes the key, or ends the etcd lease; or a bug of etcd does.
async fn a_lease_that_is_taken_away_is_noticed(cluster: &Cluster) -> StepResult {
    let client = cluster.client(0).await?;
    let key = "supervisor_leases/taken";
    let one = replica(leases(cluster), "taken").await?;
    for revokes in [false, true] {
        one.takes_over().await?;
        let first = one.fence.number()?;
        let found = client.kv_client().get(key, None).await?;
        let [found] = found.kvs() else { return Err("no key".into()) };
        assert_eq!(found.create_revision().unsigned_abs(), first);
        if revokes {
            // Its renewal is answered with a ttl of zero.
            client.lease_client().revoke(found.lease()).await?;
        } else {
            client.kv_client().delete(key, None).await?;
        }
        until("the loss", || !one.leads()).await?;
        one.takes_over().await?;
        assert!(one.fence.number()? > first);
    }

    // Somebody else has the key by now, and the etcd lease of the former is still there.
    let found = client.kv_client().get(key, None).await?;
    let former = found.kvs()[0].lease();
    // With the lease of the former, and another holder.
    let stolen = PutOptions::new().with_lease(former);
    client.kv_client().put(key, "0123456789abcdef0123456789abcdef thief", Some(stolen)).await?;
    until("the loss", || !one.leads()).await?;
    // What was put there is kept until that etcd lease ends, and not longer.
    one.takes_over().await?;
    one.root.shutdown().await?;
    Ok(())
}

/// A replica in a runtime of its own vanishes with it.
async fn a_crash_hands_over_when_the_lease_ends(cluster: &Cluster) -> StepResult {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let engine = leases(cluster);
    let one = runtime.spawn(async move { replica(engine, "crash").await }).await??;
    one.takes_over().await?;
    let fence = one.fence.number()?;
    let other = replica(leases(cluster), "crash").await?;
    runtime.shutdown_background();
    let crashed = Instant::now();
    let took = other.takes_over().await?.saturating_duration_since(crashed);
    println!("after a crash, a take-over within {took:?}");
    assert!(took < ENDED && other.fence.number()? > fence, "{took:?}");
    other.root.shutdown().await?;
    Ok(())
}

/// They all find that the lease is free.
async fn replicas_that_start_together_have_one_leader(cluster: &Cluster) -> StepResult {
    for round in 0..20 {
        let lease = format!("together-{round}");
        let mut started = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (engine, lease) = (leases(cluster), lease.clone());
            started.spawn(async move { replica(engine, &lease).await });
        }
        let mut replicas = Vec::new();
        while let Some(replica) = started.join_next().await {
            replicas.push(replica??);
        }
        let leaders = || replicas.iter().filter(|replica| replica.leads()).count();
        until("a leader", || leaders() > 0).await?;
        sleep(20 * MILLISECOND).await;
        assert_eq!(leaders(), 1, "in round {round}");
        // All at once, so that few take over from another.
        let mut stopped = tokio::task::JoinSet::new();
        for replica in replicas {
            stopped.spawn(async move { replica.root.shutdown().await });
        }
        while let Some(report) = stopped.join_next().await {
            report??;
        }
    }
    Ok(())
}

/// A replica of shards watches leases that it has never requested.
async fn a_lease_that_was_listed_is_watched(cluster: &Cluster) -> StepResult {
    let holder = replica(leases(cluster), "listed").await?;
    holder.takes_over().await?;
    let engine = leases(cluster);
    assert_eq!(engine.held("listed").await?, ["listed"]);
    let released = engine.watch("listed");
    holder.root.shutdown().await?;
    let ended = timeout(Duration::from_secs(5), released).await;
    ended.map_err(|_| "waited in vain for the release of a lease that was listed")?;
    Ok(())
}

async fn a_watch_survives_a_compaction(cluster: &Cluster) -> StepResult {
    let engine = leases(cluster);
    check_leases(&engine, "compacted", Duration::from_secs(4)).await?;
    let watch = async |what| {
        let ended = timeout(Duration::from_secs(5), engine.watch("compacted-1")).await;
        ended.map_err(|_| format!("waited in vain for {what}"))
    };
    // The watch begins after the last look at the lease, so it misses nothing.
    watch("the release at the end of the contract").await?;
    // It begins after that one now, and what has happened since is compacted.
    let client = cluster.client(0).await?;
    for _ in 0..3 {
        client.kv_client().put("something", "else", None).await?;
    }
    let now = client.kv_client().get("something", None).await?;
    let now = now.header().ok_or("no header")?.revision();
    client.kv_client().compact(now, None).await?;
    watch("the compaction").await?;
    // Nothing is left to be said.
    let again = timeout(300 * MILLISECOND, engine.watch("compacted-1")).await;
    assert!(again.is_err(), "a watch without news completes again and again");
    Ok(())
}

async fn nobody_runs_while_the_engine_is_away(cluster: &mut Cluster) -> StepResult {
    let one = replica(leases(cluster), "away").await?;
    one.takes_over().await?;
    let fence = one.fence.number()?;
    let other = replica(leases(cluster), "away").await?;
    tokio::task::block_in_place(|| cluster.stop_member(0))?;
    let stopped = Instant::now();
    let ended = until("the end of the children", || !one.leads()).await?;
    assert!(ended.saturating_duration_since(stopped) < TTL, "the lease may have ended by then");
    sleep(TTL).await;
    assert!(!one.leads() && !other.leads());
    for replica in [&one, &other] {
        let health = replica.root.health().await;
        assert!(health.live && health.ready && health.degraded, "{health}");
        contains(
            &health.to_string(),
            &["standby: no lease: etcd at http://127.0.0.1:", " cannot be reached: "],
        );
    }
    cluster.start_member(0)?;
    cluster.client(0).await?;
    let back = Instant::now();
    let leads = until("a leader", || one.leads() || other.leads()).await?;
    println!("a leader {:?} after the return of the engine", leads - back);
    // The lease is still there, and lasts for its whole time again; with the time of an election.
    assert!(leads.saturating_duration_since(back) < ENDED + Duration::from_secs(2));
    let leader = if one.leads() { &one } else { &other };
    assert!(leader.fence.number()? > fence, "fences grow across a restart");
    for replica in [&one, &other] {
        replica.root.shutdown().await?;
    }
    Ok(())
}

/// The last test: from then on, etcd asks for a user.
async fn who_may_not_is_told_what_helps(cluster: &Cluster) -> StepResult {
    let admin = cluster.client(0).await?;
    let mut auth = admin.auth_client();
    auth.user_add("root", "secret", None).await?;
    auth.role_add("root").await?;
    auth.user_grant_role("root", "root").await?;
    auth.user_add("shop", "secret", None).await?;
    auth.role_add("shop").await?;
    auth.user_grant_role("shop", "shop").await?;
    auth.auth_enable().await?;
    let of = |user: &str, password: &str| {
        leases(cluster).with_options(ConnectOptions::new().with_user(user, password))
    };

    contains(&error_of(leases(cluster)).await?, &["asks for a user", "ConnectOptions::with_user"]);
    let error = error_of(of("shop", "wrong")).await?;
    contains(&error, &["does not let the user of this replica in"]);
    let error = error_of(of("shop", "secret")).await?;
    let advice = "etcdctl role grant-permission --prefix ROLE readwrite supervisor_leases/";
    contains(&error, &["use the keys below `supervisor_leases/`", advice, "permission denied"]);

    // Who may only read is told so, and does not keep etcd busy.
    let root = ConnectOptions::new().with_user("root", "secret");
    let root = Client::connect(cluster.endpoints(), Some(root)).await?;
    let permission = |kind| Permission::new(kind, "supervisor_leases/").with_prefix();
    root.auth_client().role_grant_permission("shop", permission(PermissionType::Read)).await?;
    contains(&error_of(of("shop", "secret")).await?, &[advice]);

    // The advice is enough.
    root.auth_client().role_grant_permission("shop", permission(PermissionType::Readwrite)).await?;
    check_leases(&of("shop", "secret"), "granted", Duration::from_secs(4)).await?;
    Ok(())
}
