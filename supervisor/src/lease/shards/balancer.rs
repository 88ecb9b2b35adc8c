//! The worker that keeps this replica among the members, and gives it its share of the shards.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::share::{Decision, Held, Names, Own, decide};
use crate::child::{Addressable, Context, Worker};
use crate::lease::leases::{Acquisition, Claim, Holder, LeaseError, Leases, Renewal};
use crate::lease::news::News;
use crate::lease::permit::Permit;
use crate::life::gate::Gate;
use crate::slot::ShutdownRequested;
use crate::spec::{ChildOptions, ChildResult};
use crate::sync::{Mutex, PoisonError, clock, task, time};

/// The time between two looks at the members, at least.
const PAUSE: Duration = Duration::from_millis(20);

/// One shard of this replica.
pub(super) struct Shard {
    pub(super) permit: Arc<Permit>,
    /// The gate before the children, which is in use while they run.
    pub(super) gate: Arc<Gate>,
}

/// The worker that spreads the shards.
pub(super) struct Balancer<L> {
    members: Arc<Members<L>>,
    renew: Duration,
    shards: Vec<Shard>,
}

/// The end of a rest between two looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// The worker is asked to stop.
    Asked,
    /// A lease was released.
    News,
    Time,
}

/// The members, as this replica knows them.
struct Members<L> {
    leases: Arc<L>,
    names: Names,
    ttl: Duration,
    /// The membership of this replica. It outlives a life of the worker: a second membership would
    /// count as another replica until the first one has ended.
    own: Mutex<Option<Membership>>,
}

/// A place among the members, which this replica has or has asked for.
#[derive(Clone)]
struct Membership {
    place: usize,
    claim: Claim,
}

impl<L: Leases> Balancer<L> {
    pub(super) fn new(
        leases: Arc<L>,
        names: Names,
        ttl: Duration,
        renew: Duration,
        shards: Vec<Shard>,
    ) -> Self {
        let own = Mutex::new(None);
        Self { members: Arc::new(Members { leases, names, ttl, own }), renew, shards }
    }

    /// Gives this replica its share.
    fn share(&self, held: &Held, place: usize) -> Decision {
        let of = |shard: &Shard| Own {
            runs: shard.gate.is_in_use(),
            is_permitted: shard.permit.is_given(),
        };
        let own: Vec<Own> = self.shards.iter().map(of).collect();
        let decision = decide(&own, held, place);
        for (shard, permit) in self.shards.iter().zip(&decision.permits) {
            shard.permit.set(*permit);
        }
        decision
    }

    /// Returns `true` if this replica has its share: it runs what it may run, and nothing else.
    fn is_settled(&self, decision: &Decision) -> bool {
        let mut shards = self.shards.iter().zip(&decision.permits);
        !decision.is_short && shards.all(|(shard, permit)| shard.gate.is_in_use() == *permit)
    }

    /// Returns the leases of others whose release matters to this replica.
    fn watched(&self, held: &Held, place: usize, is_short: bool) -> Vec<String> {
        let names = &self.members.names;
        let members = held.members.iter().filter(|member| **member != place);
        let mut watched: Vec<String> = members.map(|member| names.member(*member)).collect();
        if is_short {
            let elsewhere = held.shards.iter().filter(|shard| {
                self.shards.get(**shard).is_some_and(|shard| !shard.gate.is_in_use())
            });
            watched.extend(elsewhere.map(|shard| names.shard(*shard)));
        }
        watched
    }
}

impl<L: Leases> Members<L> {
    /// Keeps this replica among the members, and reads what is held. Returns the place of this replica, too.
    async fn look(&self) -> Result<(Held, usize), LeaseError> {
        let mut own = self.own();
        if let Some(membership) = &own
            && self.leases.renew(membership.claim.clone()).await? == Renewal::Lost
        {
            own = None;
            self.set_own(None);
        }
        let held = self.leases.held(&self.names.prefix()).await?;
        let held = Held::read(&self.names, held.iter().map(String::as_str));
        if let Some(membership) = own {
            return Ok((held, membership.place));
        }
        let place = held.free_place();
        let lease = self.names.member(place);
        let claim = Claim::new(lease.into(), Holder::random()?, self.ttl);
        // Noted before the request, which may be carried out although it fails.
        self.set_own(Some(Membership { place, claim: claim.clone() }));
        match self.leases.acquire(claim).await? {
            Acquisition::Acquired { .. } => Ok((held, place)),
            Acquisition::Held { .. } => {
                self.set_own(None);
                Err("another replica has joined at the same moment".into())
            }
        }
    }

    /// Leaves the members.
    async fn leave(&self) {
        if let Some(membership) = self.own() {
            // A membership that is not released ends by itself.
            let _ = self.leases.release(membership.claim).await;
            self.set_own(None);
        }
    }

    fn own(&self) -> Option<Membership> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_own(&self, membership: Option<Membership>) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = membership;
    }
}

impl<L: Leases> Addressable for Balancer<L> {
    type Message = ();
    const DEFAULTS: ChildOptions = ChildOptions::new();
}

impl<L: Leases> Worker for Balancer<L> {
    async fn run(&self, ctx: Context) -> ChildResult {
        let mut shutdown = pin!(ctx.shutdown_requested());
        // While something is to move, the looks follow at intervals that grow until there is news.
        let mut soon = PAUSE;
        loop {
            let members = Arc::clone(&self.members);
            // In a task of its own, since a request that is cut off half-way leaves nobody knows what. Its
            // error is rendered there, too: that is foreign code.
            let look =
                task::spawn(async move { members.look().await.map_err(|error| error.to_string()) });
            let looked = look.await.unwrap_or_else(|_| Err("the request has panicked".to_owned()));
            let (watched, wait) = match looked {
                Ok((held, place)) => {
                    ctx.healthy();
                    let decision = self.share(&held, place);
                    let wait = if self.is_settled(&decision) {
                        soon = PAUSE;
                        self.renew
                    } else {
                        soon = (soon * 2).min(self.renew / 4);
                        soon
                    };
                    (self.watched(&held, place, decision.is_short), wait)
                }
                Err(error) => {
                    // The shards that run here go on, as long as their leases are renewed.
                    ctx.degraded(format!("the members are not known: {error}"));
                    (Vec::new(), self.renew / 4)
                }
            };
            match self.rest(shutdown.as_mut(), &watched, wait.max(PAUSE)).await {
                Rest::Asked => break,
                Rest::News => soon = PAUSE,
                Rest::Time => {}
            }
        }
        let members = Arc::clone(&self.members);
        let _ = task::spawn(async move { members.leave().await }).await;
        Ok(())
    }
}

impl<L: Leases> Balancer<L> {
    /// Waits for this time, or until one of these leases is released.
    async fn rest(
        &self,
        mut shutdown: Pin<&mut ShutdownRequested>,
        leases_elsewhere: &[String],
        wait: Duration,
    ) -> Rest {
        let begun = clock::now();
        let leases = &*self.members.leases;
        let mut watches: Vec<_> =
            leases_elsewhere.iter().map(|lease| News::of(leases, lease)).collect();
        let mut timer = pin!(time::sleep_until(begun + wait));
        let rest = poll_fn(|cx| {
            if shutdown.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Rest::Asked);
            }
            // All are polled, so that each is registered.
            let mut is_news = false;
            for watch in &mut watches {
                is_news |= Pin::new(watch).poll(cx).is_ready();
            }
            if is_news {
                return Poll::Ready(Rest::News);
            }
            timer.as_mut().poll(cx).map(|()| Rest::Time)
        });
        let rest = rest.await;
        if rest != Rest::News {
            return rest;
        }
        let mut pause = pin!(time::sleep_until(begun + PAUSE));
        poll_fn(|cx| {
            if shutdown.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Rest::Asked);
            }
            pause.as_mut().poll(cx).map(|()| Rest::News)
        })
        .await
    }
}
