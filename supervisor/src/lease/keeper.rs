//! The keeper of a lease: the worker that asks the engine, and starts and stops the children as the
//! [`Machine`] decides.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use super::leases::{Acquisition, Claim, Holder, LeaseError, Leases, Renewal};
use super::machine::{Action, Cause, Input, Machine};
use super::news::News;
use super::permit::Permit;
use super::terms::{MARGIN, Terms};
use super::watchdog::{self, Overrun};
use crate::child::{Addressable, Context, Worker};
use crate::engine::{Answer, Event, Verb};
use crate::error::SupervisorError;
use crate::life::gate::Gate;
use crate::life::reentry::calling_child;
use crate::observe::{Circumstances, EventKind};
use crate::runtime::Node;
use crate::slot::ShutdownRequested;
use crate::spec::{ChildOptions, ChildPath, ChildResult};
use crate::sync::task::{self, JoinHandle};
use crate::sync::{clock, time};

/// The keeper of one lease.
pub(super) struct Keeper<L> {
    pub(super) leases: Arc<L>,
    pub(super) lease: Arc<str>,
    pub(super) ttl: Duration,
    pub(super) terms: Terms,
    pub(super) gate: Arc<Gate>,
    /// The supervisor of the children.
    pub(super) leader: Arc<Node>,
    pub(super) overrun: Overrun,
    /// The permission to acquire the lease; `None` if it is always given.
    pub(super) permit: Option<Arc<Permit>>,
}

impl<L: Leases> Addressable for Keeper<L> {
    type Message = ();
    const DEFAULTS: ChildOptions = ChildOptions::new();
}

impl<L: Leases> Worker for Keeper<L> {
    async fn run(&self, ctx: Context) -> ChildResult {
        let mut shutdown = pin!(ctx.shutdown_requested());
        // A life that could not be stopped may be left of an earlier acquisition.
        let mut unused = pin!(self.gate.all_ended());
        let asked = poll_fn(|cx| {
            if unused.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            shutdown.as_mut().poll(cx).map(|()| true)
        });
        if asked.await {
            return Ok(());
        }
        // An earlier life may have been killed while it held the lease.
        self.gate.close();
        let mut run = Run {
            keeper: self,
            ctx: &ctx,
            machine: Machine::new(self.terms, self.gate.clock().now()),
            claim: None,
            answer: None,
            started: None,
            stopped: None,
            watch: None,
            is_asked: false,
            releases: false,
            trouble: None,
            failure: None,
        };
        run.look_at_permit();
        while run.act()? {
            let input = run.wait(shutdown.as_mut()).await;
            run.take_in(input);
        }
        match run.failure.take() {
            None => Ok(()),
            Some(error) => Err(error.into()),
        }
    }
}

/// The answer of the engine; an error in words, since its `Display` is foreign code that belongs
/// into the request's task.
type Answered = Result<Input, String>;

/// Something that has happened.
enum Happened {
    Answered(Answered),
    /// The start of the children has been answered.
    Started(Option<Answer>),
    /// All children have ended.
    Stopped,
    Asked,
    MayBeFree,
    /// The permission may have changed.
    Permit,
    Time,
}

/// One life of the keeper.
struct Run<'a, L> {
    keeper: &'a Keeper<L>,
    ctx: &'a Context,
    machine: Machine,
    /// The claim of the present holder.
    claim: Option<Claim>,
    /// The answer to the request that is under way. The request runs in a task of its own, since a
    /// request that is cut off half-way leaves nobody knows what.
    answer: Option<JoinHandle<Answered>>,
    /// The answer to the start of the children.
    started: Option<oneshot::Receiver<Answer>>,
    /// Completes when all children have ended, during their stop.
    stopped: Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>,
    /// The watch of a lease that another replica holds.
    watch: Option<News<'a>>,
    /// Set once the keeper is asked to stop.
    is_asked: bool,
    /// Set once the children have ended, until the lease is released.
    releases: bool,
    /// The error of the last request, if it has failed.
    trouble: Option<String>,
    /// The reason why the children did not start.
    failure: Option<SupervisorError>,
}

impl<L: Leases> Run<'_, L> {
    /// Does what the machine decides. Returns `false` when nothing is left to be done.
    fn act(&mut self) -> Result<bool, getrandom::Error> {
        let keeper = self.keeper;
        loop {
            let now = keeper.gate.clock().now();
            self.set_gate(now);
            let Some(action) = self.machine.act(now) else { return Ok(true) };
            match action {
                Action::Acquire => {
                    let (lease, holder) = (Arc::clone(&keeper.lease), Holder::random()?);
                    self.claim = Some(Claim::new(lease, holder, keeper.ttl));
                    self.request(|leases, claim| async move {
                        Ok(match leases.acquire(claim).await? {
                            Acquisition::Acquired { fence } => Input::Acquired(fence),
                            Acquisition::Held { remaining } => Input::Held(remaining),
                        })
                    });
                }
                Action::Renew => self.request(|leases, claim| async move {
                    Ok(match leases.renew(claim).await? {
                        Renewal::Renewed => Input::Renewed,
                        Renewal::Lost => Input::Lost,
                    })
                }),
                Action::Release => self.request(|leases, claim| async move {
                    leases.release(claim).await?;
                    Ok(Input::Released)
                }),
                Action::Open(fence) => self.open(fence),
                Action::Shut(cause) => self.shut(cause),
                // The whole tree below at once; its supervisor is being stopped already.
                Action::Kill => keeper.leader.tell(Event::Kill),
                Action::Over => return Ok(false),
            }
        }
    }

    /// Makes a request, in a task of its own.
    fn request<F>(&mut self, call: impl FnOnce(Arc<L>, Claim) -> F)
    where
        F: Future<Output = Result<Input, LeaseError>> + Send + 'static,
    {
        // The machine asks for nothing before it has asked for an acquisition.
        let Some(claim) = self.claim.clone() else { return };
        let request = call(Arc::clone(&self.keeper.leases), claim);
        let in_words = async move { request.await.map_err(|error| error.to_string()) };
        self.answer = Some(task::spawn(in_words));
    }

    /// Starts the children.
    fn open(&mut self, fence: u64) {
        let Keeper { gate, lease, overrun, .. } = self.keeper;
        let Some(deadline) = self.machine.deadline() else { return };
        gate.open(fence, deadline.saturating_sub(MARGIN), deadline.saturating_sub(MARGIN / 2));
        watchdog::watch(gate, lease, *overrun);
        self.watch = None;
        self.announce(&EventKind::LeaseAcquired { lease: lease.to_string(), fence });
        self.started = self.order(Verb::Open);
    }

    /// Stops the children.
    fn shut(&mut self, cause: Cause) {
        let keeper = self.keeper;
        if cause != Cause::Asked {
            keeper.gate.lose();
            let why = match cause {
                Cause::NotRenewed => "it was not renewed in time",
                _ => "it was taken away",
            };
            let lease = keeper.lease.to_string();
            self.announce(&EventKind::LeaseLost { lease, why: why.to_owned() });
        }
        self.started = None;
        let ended = self.order(Verb::Shut);
        self.stopped = Some(Box::pin(async move {
            // An answer that does not come, or is a refusal, means that the supervisor ends anyway.
            if let Some(ended) = ended {
                let _ = ended.await;
            }
            keeper.gate.all_ended().await;
        }));
    }

    /// Gives the supervisor above an order about the children's supervisor.
    fn order(&self, verb: Verb) -> Option<oneshot::Receiver<Answer>> {
        let link = self.keeper.leader.slot()?.core().link()?;
        let caller = calling_child(&link.inbox);
        Some(link.request(verb, caller))
    }

    /// Lets the children run as long as the lease certainly holds.
    fn set_gate(&self, now: Duration) {
        let gate = &self.keeper.gate;
        if !gate.is_in_use() {
            return;
        }
        match self.machine.deadline() {
            Some(at) => gate.extend(at.saturating_sub(MARGIN), at.saturating_sub(MARGIN / 2)),
            // The lease is lost: no life is polled on, and what is killed now ends in this time.
            None => gate.shut(now + self.keeper.terms.time_to_kill()),
        }
    }

    /// Waits until something happens.
    async fn wait(&mut self, mut shutdown: Pin<&mut ShutdownRequested>) -> Happened {
        if self.watch.is_none() && self.machine.is_on_standby() {
            self.watch = Some(News::of(&*self.keeper.leases, &self.keeper.lease));
        }
        let now = self.keeper.gate.clock().now();
        let wake_at = self.machine.wake_at().map(|at| at.saturating_sub(now));
        let wake_at = wake_at.and_then(|left| clock::now().checked_add(left));
        let mut timer = pin!(wake_at.map(time::sleep_until));
        let permit = self.keeper.permit.as_deref();
        let mut permit = pin!(permit.map(Permit::changed));
        poll_fn(|cx| {
            if let Some(answer) = poll_slot(&mut self.answer, cx) {
                let answer = answer.unwrap_or_else(|_| Err("the request has panicked".to_owned()));
                return Poll::Ready(Happened::Answered(answer));
            }
            if poll_slot(&mut self.stopped, cx).is_some() {
                return Poll::Ready(Happened::Stopped);
            }
            if let Some(answer) = poll_slot(&mut self.started, cx) {
                return Poll::Ready(Happened::Started(answer.ok()));
            }
            if !self.is_asked && shutdown.as_mut().poll(cx).is_ready() {
                self.is_asked = true;
                return Poll::Ready(Happened::Asked);
            }
            if poll_slot(&mut self.watch, cx).is_some() {
                return Poll::Ready(Happened::MayBeFree);
            }
            if let Some(changed) = permit.as_mut().as_pin_mut()
                && changed.poll(cx).is_ready()
            {
                return Poll::Ready(Happened::Permit);
            }
            let timer = timer.as_mut().as_pin_mut();
            timer.map_or(Poll::Pending, |timer| timer.poll(cx)).map(|()| Happened::Time)
        })
        .await
    }

    fn take_in(&mut self, happened: Happened) {
        // The clock is read now: the task may have waited for its turn.
        let now = self.keeper.gate.clock().now();
        let input = match happened {
            Happened::Answered(Ok(input)) => {
                self.trouble = None;
                if input == Input::Released && std::mem::take(&mut self.releases) {
                    let lease = self.keeper.lease.to_string();
                    self.announce(&EventKind::LeaseReleased { lease });
                }
                input
            }
            Happened::Answered(Err(error)) => {
                self.trouble = Some(error);
                Input::Failed
            }
            Happened::Started(Some(Answer::Refused(refusal))) => {
                let path = |node: &Node| node.path();
                let above = self.keeper.leader.parent();
                let above = above.as_deref().map_or_else(ChildPath::root, path);
                let error = SupervisorError::refused(refusal, path(&self.keeper.leader), above);
                self.failure = Some(error);
                Input::Stop
            }
            Happened::Started(_) | Happened::Time => return,
            Happened::Permit => return self.look_at_permit(),
            Happened::Stopped => {
                self.keeper.gate.close();
                self.releases = self.machine.deadline().is_some();
                Input::Ended
            }
            Happened::Asked => Input::Stop,
            Happened::MayBeFree => Input::Free,
        };
        self.machine.on(now, input);
        self.say_trouble();
    }

    fn look_at_permit(&mut self) {
        if let Some(permit) = &self.keeper.permit {
            let now = self.keeper.gate.clock().now();
            self.machine.on(now, Input::Permit(permit.is_given()));
        }
    }

    /// Says in the health of the tree what is wrong with the engine.
    fn say_trouble(&self) {
        match &self.trouble {
            None => self.ctx.healthy(),
            Some(error) if self.keeper.gate.is_in_use() => {
                self.ctx.degraded(format!("the lease was not renewed: {error}"));
            }
            Some(error) => self.ctx.degraded(format!("standby: no lease: {error}")),
        }
    }

    /// Publishes an event of the supervisor above.
    fn announce(&self, kind: &EventKind) {
        if let Some(node) = self.keeper.leader.parent() {
            node.announce(|| node.path(), kind, Circumstances::EXPECTED);
        }
    }
}

impl<L> Drop for Run<'_, L> {
    /// Notes that the lease is lost if the keeper is killed while its replica leads.
    fn drop(&mut self) {
        if self.keeper.gate.leads() {
            self.keeper.gate.lose();
        }
    }
}

/// Polls the future in this place, if there is one, and empties the place when it has completed.
fn poll_slot<F: Future + Unpin>(
    place: &mut Option<F>,
    cx: &mut TaskContext<'_>,
) -> Option<F::Output> {
    let Poll::Ready(output) = Pin::new(place.as_mut()?).poll(cx) else { return None };
    *place = None;
    Some(output)
}
