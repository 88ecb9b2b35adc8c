//! The members of the cluster, tried one after the other, none of them for too long.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use etcd_client::{Client, ConnectOptions, ResponseHeader};
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::error::{EtcdLeaseError, Trouble};

/// The time after which the members are tried again while they elect a leader.
const ELECTION: Duration = Duration::from_millis(50);

/// The connection to a member. All requests and watches of a process go over one of them.
pub(crate) struct Link {
    pub(crate) client: Client,
    given_up: watch::Sender<bool>,
}

impl Link {
    /// Completes when a request on this connection has failed: its watches may be silent for ever.
    pub(crate) async fn is_given_up(&self) {
        // The sender is here.
        let _ = self.given_up.subscribe().wait_for(|is| *is).await;
    }
}

struct Member {
    endpoint: String,
    link: Mutex<Option<Arc<Link>>>,
}

/// The members of the cluster that the user has named.
pub(crate) struct Members {
    named: Vec<Member>,
    options: ConnectOptions,
    /// The index of the member that has answered last.
    current: AtomicUsize,
    /// The id of the cluster that has answered first; 0 before.
    cluster: AtomicU64,
}

impl Members {
    pub(crate) fn new(endpoints: impl IntoIterator<Item = String>) -> Self {
        let member = |endpoint| Member { endpoint, link: Mutex::default() };
        Self {
            named: endpoints.into_iter().map(member).collect(),
            options: prepared(ConnectOptions::new()),
            current: AtomicUsize::new(0),
            cluster: AtomicU64::new(0),
        }
    }

    pub(crate) fn set_options(&mut self, options: ConnectOptions) {
        self.options = prepared(options);
    }

    /// Makes a request within a time limit, at the member that has answered last, and at the others if it
    /// fails there. `call` may be carried out several times, and half of it at one member and all of it at
    /// the next: each step of it has to bear that.
    pub(crate) async fn request<T, F: Future<Output = Result<T, Trouble>>>(
        &self,
        limit: Duration,
        prefix: &str,
        call: impl Fn(Arc<Link>) -> F,
    ) -> Result<T, EtcdLeaseError> {
        let until = Instant::now() + limit;
        loop {
            let mut failures = Vec::new();
            let first = self.current.load(Ordering::Relaxed);
            for step in 0..self.named.len() {
                let index = (first + step) % self.named.len();
                // A member that is silent gets its share of the time, and the last one the rest.
                let others = u32::try_from(self.named.len() - step).unwrap_or(u32::MAX);
                let share = until.saturating_duration_since(Instant::now()) / others;
                match self.attempt(index, share, &call).await {
                    Ok(answer) => {
                        self.current.store(index, Ordering::Relaxed);
                        return Ok(answer);
                    }
                    Err(trouble) => {
                        let is_final = trouble.is_final();
                        let failure = (self.named[index].endpoint.clone(), trouble);
                        if is_final {
                            return Err(EtcdLeaseError::of(vec![failure], prefix));
                        }
                        failures.push(failure);
                    }
                }
            }
            let is_passing = failures.iter().any(|(_, trouble)| trouble.is_passing());
            if !is_passing || Instant::now() + ELECTION >= until {
                return Err(EtcdLeaseError::of(failures, prefix));
            }
            sleep(ELECTION).await;
        }
    }

    /// Makes a request at one member.
    async fn attempt<T, F: Future<Output = Result<T, Trouble>>>(
        &self,
        index: usize,
        limit: Duration,
        call: &impl Fn(Arc<Link>) -> F,
    ) -> Result<T, Trouble> {
        let mut used = None;
        let answer = timeout(limit, async {
            let link = self.link_to(index).await?;
            call(Arc::clone(used.insert(link))).await
        })
        .await
        .unwrap_or(Err(Trouble::Late(limit)));
        if let (Err(Trouble::Client(_) | Trouble::Late(_)), Some(link)) = (&answer, used) {
            self.give_up(index, &link).await;
        }
        answer
    }

    /// Closes the connection, and ends its watches.
    async fn give_up(&self, index: usize, link: &Arc<Link>) {
        let mut place = self.named[index].link.lock().await;
        if place.as_ref().is_some_and(|placed| Arc::ptr_eq(placed, link)) {
            *place = None;
        }
        link.given_up.send_replace(true);
    }

    /// Returns the connection to the member that has answered last.
    pub(crate) async fn link(&self) -> Result<Arc<Link>, Trouble> {
        self.link_to(self.current.load(Ordering::Relaxed)).await
    }

    async fn link_to(&self, index: usize) -> Result<Arc<Link>, Trouble> {
        let member = &self.named[index];
        let mut place = member.link.lock().await;
        if let Some(link) = place.as_ref() {
            return Ok(Arc::clone(link));
        }
        // A client of one endpoint: one of several would choose by itself, also a member that is silent.
        let client = Client::connect([&member.endpoint], Some(self.options.clone())).await?;
        let link = Arc::new(Link { client, given_up: watch::Sender::new(false) });
        *place = Some(Arc::clone(&link));
        Ok(link)
    }

    /// Checks that an answer is from the cluster that has answered before: one with two endpoints of
    /// different clusters would hold a lease in one while another replica holds it in the other.
    pub(crate) fn check(&self, header: &ResponseHeader) -> Result<(), Trouble> {
        let id = header.cluster_id();
        match self.cluster.compare_exchange(0, id, Ordering::Relaxed, Ordering::Relaxed) {
            Err(before) if before != id => Err(Trouble::OtherCluster),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.named.iter().map(|member| &member.endpoint)).finish()
    }
}

/// Returns the options with those that leases need: a member without a leader refuses a request at once,
/// and ends its watches; and a token that has expired is replaced.
fn prepared(options: ConnectOptions) -> ConnectOptions {
    options.with_require_leader(true).with_auto_token_refresh(true)
}
