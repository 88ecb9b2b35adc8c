//! The engine: leases in etcd.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use etcd_client::{
    Compare, CompareOp, ConnectOptions, Error as ClientError, GetOptions, KeyValue,
    LeaseGrantOptions, PutOptions, Txn, TxnOp,
};
use supervisor::lease::{Acquisition, Claim, LeaseError, Leases, Renewal, replica_name};

use crate::error::{EtcdLeaseError, Trouble};
use crate::keys::{Entry, Kept, Look, PREFIX, lease_id, renewed, seconds, value};
use crate::members::{Link, Members};
use crate::news::News;

/// The time limit of a request, unless a quarter of the lease's `ttl` is shorter.
const LIMIT: Duration = Duration::from_secs(5);

/// Leases in etcd, for [`Singleton`](supervisor::lease::Singleton).
///
/// All leases of a process share one connection, which the first request opens, and which is replaced
/// when a request on it fails. A clone is the same engine.
///
/// ```no_run
/// use supervisor::lease::Singleton;
/// use supervisor::prelude::*;
/// use supervisor_etcd::EtcdLeases;
///
/// let leases = EtcdLeases::new(["http://etcd-1:2379", "http://etcd-2:2379", "http://etcd-3:2379"]);
/// let billing = Singleton::new("billing", leases.clone()).build(|fence| {
///     let cron = move |ctx: Context| {
///         let fence = fence.clone();
///         async move {
///             println!("this replica bills, with fence {}", fence.number()?);
///             ctx.shutdown_requested().await;
///             Ok(())
///         }
///     };
///     Supervisor::new().with_child(ChildSpec::new("cron").with_task(cron))
/// });
/// # let _ = billing;
/// ```
///
/// # Requests
///
/// A request that has no answer within five seconds, or a quarter of the lease's `ttl` if that is
/// shorter, fails. etcd may still carry it out.
///
/// # Members
///
/// A request goes to the member that has answered last. If it fails there, the other endpoints are tried
/// in the order in which they were given, each for an equal share of the time: the second of three
/// endpoints is tried after a third of the time at the latest. While the members elect a leader, they are
/// tried again until the time is over. So name all members: a replica survives the loss of one of three
/// without noticing.
///
/// All endpoints have to belong to one cluster. An answer from another one than the first is an error.
#[derive(Clone)]
pub struct EtcdLeases(Arc<Shared>);

struct Shared {
    members: Members,
    prefix: String,
    replica: String,
    news: News,
}

impl EtcdLeases {
    /// Creates an engine on the cluster with these endpoints, such as `http://etcd-1:2379`; without a
    /// scheme, `http://` is meant. Nothing is sent before the first request.
    ///
    /// `https://` needs a feature of `etcd-client`, such as `tls`, and roots that are trusted: see
    /// [`with_options`](Self::with_options).
    #[must_use]
    pub fn new<E: Into<String>>(endpoints: impl IntoIterator<Item = E>) -> Self {
        Self(Arc::new(Shared {
            members: Members::new(endpoints.into_iter().map(Into::into)),
            prefix: PREFIX.to_owned(),
            replica: replica_name(),
            news: News::default(),
        }))
    }

    /// Sets the options with which the client connects: a user and a password, TLS, timeouts.
    ///
    /// The engine always sets `with_require_leader(true)`, so that a member that is cut off from the others
    /// does not keep a request waiting, and `with_auto_token_refresh(true)`.
    ///
    /// ```
    /// use etcd_client::ConnectOptions;
    /// use supervisor_etcd::EtcdLeases;
    ///
    /// let options = ConnectOptions::new().with_user("shop", "secret");
    /// let leases = EtcdLeases::new(["http://etcd-1:2379"]).with_options(options);
    /// # let _ = leases;
    /// ```
    ///
    /// # Panics
    ///
    /// If the engine was cloned before.
    #[must_use]
    pub fn with_options(mut self, options: ConnectOptions) -> Self {
        self.before_use().members.set_options(options);
        self
    }

    /// Sets the beginning of the keys: the lease `billing` is the key `{prefix}billing`. All replicas of a
    /// service need the same, and services that share a cluster need different ones, or different names of
    /// leases. Default: `supervisor_leases/`.
    ///
    /// # Panics
    ///
    /// If the engine was cloned before.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.before_use().prefix = prefix.into();
        self
    }

    /// Sets the name of this replica, which is written beside the leases that it holds, for people
    /// who read the keys. Default: the host name and the process id.
    ///
    /// # Panics
    ///
    /// If the engine was cloned before.
    #[must_use]
    pub fn with_replica(mut self, name: impl Into<String>) -> Self {
        self.before_use().replica = name.into();
        self
    }

    fn before_use(&mut self) -> &mut Shared {
        Arc::get_mut(&mut self.0).expect("an engine is set up before it is cloned")
    }

    /// Returns the key of a lease.
    pub(crate) fn key(&self, lease: &str) -> String {
        format!("{}{lease}", self.0.prefix)
    }

    async fn request<T, F: Future<Output = Result<T, Trouble>>>(
        &self,
        claim: &Claim,
        call: impl Fn(Arc<Link>) -> F,
    ) -> Result<T, EtcdLeaseError> {
        // An answer that comes later is of little use.
        let limit = LIMIT.min(claim.ttl() / 4);
        self.0.members.request(limit, &self.0.prefix, call).await
    }

    /// Reads the key of a lease.
    async fn look(&self, link: &Link, key: &str) -> Result<Look, Trouble> {
        // Linearizable, as reads are unless they are asked to be serializable.
        let answer = link.client.kv_client().get(key, None).await?;
        let header = answer.header().ok_or(Trouble::Unclear("has answered without a header"))?;
        self.0.members.check(header)?;
        let entry = answer.kvs().first().map(Entry::new);
        Ok(Look { term: header.raft_term(), revision: header.revision(), entry })
    }

    /// Lists the leases that are held and whose names begin with this text.
    async fn list(&self, link: Arc<Link>, prefix: &str) -> Result<Vec<String>, Trouble> {
        let options = GetOptions::new().with_prefix().with_keys_only();
        let answer = link.client.kv_client().get(self.key(prefix), Some(options)).await?;
        let header = answer.header().ok_or(Trouble::Unclear("has answered without a header"))?;
        self.0.members.check(header)?;
        let lease = |key: &KeyValue| {
            let key = String::from_utf8_lossy(key.key()).into_owned();
            key.strip_prefix(&self.0.prefix).map(str::to_owned)
        };
        let held: Vec<String> = answer.kvs().iter().filter_map(lease).collect();
        // Each of them may be watched from here on.
        held.iter().for_each(|lease| self.0.news.looked(lease, header.revision()));
        Ok(held)
    }

    /// Acquires a lease, once more if need be: an attempt that was cut off may have created the etcd lease,
    /// and the key.
    async fn acquire_at(&self, link: Arc<Link>, claim: &Claim) -> Result<Acquisition, Trouble> {
        let (key, holder) = (self.key(claim.lease()), claim.holder());
        let id = lease_id(holder);
        let acquired = |entry: Entry| Ok(Acquisition::Acquired { fence: entry.fence() });
        let look = self.look(&link, &key).await?;
        self.0.news.looked(claim.lease(), look.revision);
        match look.entry {
            // By an attempt before.
            Some(entry) if entry.is_of(holder) => return acquired(entry),
            // A replica that only waits writes nothing.
            Some(_) => return Ok(Acquisition::Held { remaining: None }),
            None => {}
        }
        self.grant(&link, id, seconds(claim.ttl())).await?;
        let free = Compare::create_revision(key.as_str(), CompareOp::Equal, 0);
        let attached = PutOptions::new().with_lease(id);
        let put = TxnOp::put(key.as_str(), value(holder, &self.0.replica), Some(attached));
        link.client.kv_client().txn(Txn::new().when([free]).and_then([put])).await?;
        // The transaction says who has won; the read says that it is still so.
        match self.look(&link, &key).await?.entry {
            Some(entry) if entry.is_of(holder) => acquired(entry),
            Some(_) => {
                // Another replica was faster. What is left of this attempt ends by itself in any case.
                let _ = link.client.lease_client().revoke(id).await;
                Ok(Acquisition::Held { remaining: None })
            }
            None => Err(Trouble::Unclear("has ended the lease at once")),
        }
    }

    async fn grant(&self, link: &Link, id: i64, ttl: i64) -> Result<(), Trouble> {
        let options = LeaseGrantOptions::new().with_id(id);
        match link.client.lease_client().grant(ttl, Some(options)).await {
            Ok(granted) if granted.ttl() < ttl => {
                Err(Trouble::Unclear("has granted a shorter lease"))
            }
            Ok(_) => Ok(()),
            // By an attempt before, of the same acquisition.
            Err(error) if Trouble::is_there_already(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn renew_at(&self, link: Arc<Link>, claim: &Claim) -> Result<Renewal, Trouble> {
        let kept = keep(&link, lease_id(claim.holder())).await?;
        let look = self.look(&link, &self.key(claim.lease())).await?;
        renewed(kept, &look, claim).map_err(Trouble::Unclear)
    }
}

/// Renews an etcd lease. Returns `None` if the member does not know it.
async fn keep(link: &Link, id: i64) -> Result<Option<Kept>, Trouble> {
    // The client opens a stream with a renewal of its own, and keeps the answer to itself.
    let (mut keeper, mut answers) = match link.client.lease_client().keep_alive(id).await {
        Ok(opened) => opened,
        Err(ClientError::LeaseKeepAliveError(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    keeper.keep_alive().await?;
    let answer = answers.message().await?;
    let header = answer.as_ref().and_then(|answer| Some((answer.ttl(), answer.header()?)));
    let (ttl, header) = header.ok_or(Trouble::Unclear("has not answered a renewal"))?;
    Ok(Some(Kept { term: header.raft_term(), ttl }))
}

/// Ends an etcd lease, and does nothing if there is none.
async fn revoke(link: Arc<Link>, id: i64) -> Result<(), Trouble> {
    match link.client.lease_client().revoke(id).await {
        Err(error) if !Trouble::is_not_found(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

impl Leases for EtcdLeases {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        Ok(self.request(&claim, |link| self.acquire_at(link, &claim)).await?)
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        Ok(self.request(&claim, |link| self.renew_at(link, &claim)).await?)
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        // The end of the etcd lease deletes the key, and wakes those that watch it.
        let id = lease_id(claim.holder());
        Ok(self.request(&claim, |link| revoke(link, id)).await?)
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        let list = |link| self.list(link, prefix);
        Ok(self.0.members.request(LIMIT, &self.0.prefix, list).await?)
    }

    fn watch(&self, lease: &str) -> impl Future<Output = ()> + Send {
        let (shared, lease, key) = (Arc::clone(&self.0), lease.to_owned(), self.key(lease));
        async move { shared.news.may_be_free(&shared.members, &lease, &key).await }
    }
}

impl fmt::Debug for EtcdLeases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdLeases")
            .field("members", &self.0.members)
            .field("prefix", &self.0.prefix)
            .field("replica", &self.0.replica)
            .finish_non_exhaustive()
    }
}
