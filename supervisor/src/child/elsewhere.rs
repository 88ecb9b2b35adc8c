//! Functions with the names that other libraries use. None can be called: each exists for the
//! compiler's error, which names the function of this library. `#[doc(alias)]` does not help here,
//! because the compiler does not know the aliases of a dependency.
//!
//! They are functions of the type to which an address and a context dereference. So a trait of a
//! program's own may have functions of the same names on addresses and contexts: the compiler looks
//! for those first.

use std::future;
use std::marker::PhantomData;
use std::ops::Deref;

use super::{AnyChildRef, Asking, ChildRef, Context, Sending};
use crate::error::SupervisorError;
use crate::mailbox::{Reply, TrySendError};
use crate::slot::{Ended, ShutdownRequested};
use crate::spec::{ChildPath, ChildState};

no_condition!(Called: "a request is sent by `ask`", "write `ask(|reply| Message::Get(1, reply))`, and without an answer `send(message)`");
no_condition!(Limited: "a request with a limit of its own is sent by `ask_within`", "write `ask_within(limit, |reply| Message::Get(1, reply))`; `ask` waits up to five seconds");
no_condition!(Cast: "a message is sent by `send`", "write `send(message)`; `try_send(message)` does not wait");
no_condition!(SentAtOnce: "outside of async code, a message is sent by `try_send`", "write `try_send(message)`, which does not wait for room in the mailbox");
no_condition!(SentWithin: "a message waits for room in the mailbox without a limit", "write `tokio::time::timeout(limit, address.send(message))`, or `try_send(message)`");
no_condition!(AskedAtOnce: "a request waits for its answer, as async code does", "write `ask(|reply| Message::Get(1, reply)).await`; outside of async code, the runtime's `block_on` waits for it");
no_condition!(SentLater: "a message is sent at once", "write a task that waits first, `ctx.spawn(async move {{ sleep(time).await; … }})`, or for one at each interval a `Periodic` child");
no_condition!(Stopped: "a child is stopped by `terminate`", "write `terminate()`; the tree is stopped by `shutdown()` on its handle");
no_condition!(Aborted: "a life is ended at once by `kill`", "write `kill()`; with time to clean up, `terminate()`");
no_condition!(Owned: "this is the address of the child already", "write `clone()`");
no_condition!(Plain: "an address is there from the start, and no result", "leave this out: `shop.db().send(message)`");
no_condition!(Joined: "the end of a child is awaited by `ended`", "write `ended().await`");
no_condition!(Alive: "the state of a child is `status`", "write `status()`, as in `status() == ChildState::Running`");
no_condition!(Named: "a child is known by its path", "write `path()`");
no_condition!(Queued: "how many messages wait in the mailbox is `queued`", "write `queued()`");
no_condition!(Watched: "events are those of a tree", "write `shop.supervisor().events()`; the end of this child is `ended().await`");
no_condition!(ReceivedByChild: "an address sends messages, and the child receives them by its context", "in the child's `run`, write `ctx.recv().await`");
no_condition!(Cancelled: "the signal to stop is `shutdown_requested`", "write `shutdown_requested()`; `recv` gives `None` then, too");
no_condition!(CancelledYet: "whether the child is to stop is `is_shutdown_requested`", "write `is_shutdown_requested()`");
no_condition!(Referring: "a child's own address is `address`", "write `address()`");
no_condition!(Leaving: "a life ends when its function returns", "write `return Ok(())`, or return an error, after which the policy decides on the next life");
no_condition!(Shared: "a context belongs to one life, and is not cloned", "a task of the life gets what it needs: `ctx.shutdown_requested()` is a future of its own, `ctx.address()` an address, `ctx.tasks()` spawns");
no_condition!(Sibling: "a child has the address of a sibling from its value", "in the tree, write `name: Type = Type {{ db }}`, or `move |ctx| task(ctx, db.clone())`; any child is found by `lookup::<Message>(\"path\").await`");
no_condition!(Received: "a message is received by `recv`", "write `recv().await`, which gives `None` when the child is to stop; `try_recv()` does not wait");
no_condition!(ReceivedWithin: "a message is waited for without a limit", "write `tokio::time::timeout(limit, ctx.recv()).await`");
no_condition!(Answered: "an answer goes through the reply in the message", "write `reply.send(answer)`; to send the child itself a message, `ctx.address().send(message)`");
no_condition!(Above: "the supervisor of the child is `supervisor`", "write `supervisor()`; that of the whole tree is `root()`");
no_condition!(Adding: "children are added to a supervisor", "write `ctx.supervisor().upgrade()?.add_child(spec).await?`; a task of this life is `ctx.spawn(future)`");
no_condition!(Readied: "a child says that it is ready by `ready`", "write `ready()`, with the option `start = notify`");
no_condition!(Beating: "a heartbeat is given by `heartbeat`", "write `heartbeat()`, with the option `heartbeat = 10s`");
no_condition!(Sleeping: "a child waits by tokio's `sleep`", "write `ctx.until_shutdown(tokio::time::sleep(time)).await`, which a stop cuts short");

/// The functions that an address has in other libraries.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct AddressElsewhere<M>(PhantomData<fn(M)>);

#[doc(hidden)]
impl<M> Deref for ChildRef<M> {
    type Target = AddressElsewhere<M>;

    fn deref(&self) -> &Self::Target {
        &AddressElsewhere(PhantomData)
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<M> AddressElsewhere<M> {
    pub fn cast<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn tell<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn notify<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn do_send<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn post<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn send_message<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn send_async<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn emit<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn publish<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn dispatch<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn enqueue<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn push<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn message<'a>(&'a self, _: M) -> Sending<'a, M> where &'a Self: Cast { uncallable!() }
    pub fn blocking_send<'a>(&'a self, _: M) -> Result<(), TrySendError<M>> where &'a Self: SentAtOnce { uncallable!() }
    pub fn send_blocking<'a>(&'a self, _: M) -> Result<(), TrySendError<M>> where &'a Self: SentAtOnce { uncallable!() }
    pub fn send_now<'a>(&'a self, _: M) -> Result<(), TrySendError<M>> where &'a Self: SentAtOnce { uncallable!() }
    pub fn send_nowait<'a>(&'a self, _: M) -> Result<(), TrySendError<M>> where &'a Self: SentAtOnce { uncallable!() }
    pub fn send_timeout<'a, T>(&'a self, _: M, _: T) -> Sending<'a, M> where &'a Self: SentWithin { uncallable!() }
    pub fn send_within<'a, T>(&'a self, _: T, _: M) -> Sending<'a, M> where &'a Self: SentWithin { uncallable!() }
    pub fn send_after<'a, A, B>(&'a self, _: A, _: B) -> Sending<'a, M> where &'a Self: SentLater { uncallable!() }
    pub fn send_later<'a, A, B>(&'a self, _: A, _: B) -> Sending<'a, M> where &'a Self: SentLater { uncallable!() }
    pub fn send_interval<'a, A, B>(&'a self, _: A, _: B) -> Sending<'a, M> where &'a Self: SentLater { uncallable!() }
    pub fn notify_later<'a, A, B>(&'a self, _: A, _: B) -> Sending<'a, M> where &'a Self: SentLater { uncallable!() }
    pub fn ask_blocking<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> Result<R, SupervisorError> where &'a Self: AskedAtOnce { uncallable!() }
    pub fn blocking_ask<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> Result<R, SupervisorError> where &'a Self: AskedAtOnce { uncallable!() }
    pub fn call<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> Asking<'a, M, R> where &'a Self: Called { uncallable!() }
    pub fn request<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> Asking<'a, M, R> where &'a Self: Called { uncallable!() }
    pub fn query<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> Asking<'a, M, R> where &'a Self: Called { uncallable!() }
    pub fn send_and_wait<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> Asking<'a, M, R> where &'a Self: Called { uncallable!() }
    pub fn send_request<'a, R>(&'a self, _: impl FnOnce(Reply<R>) -> M) -> Asking<'a, M, R> where &'a Self: Called { uncallable!() }
    pub fn ask_timeout<'a, R, T>(&'a self, _: impl FnOnce(Reply<R>) -> M, _: T) -> Asking<'a, M, R> where &'a Self: Limited { uncallable!() }
    pub fn ask_with_timeout<'a, R, T>(&'a self, _: impl FnOnce(Reply<R>) -> M, _: T) -> Asking<'a, M, R> where &'a Self: Limited { uncallable!() }
    pub fn call_timeout<'a, R, T>(&'a self, _: impl FnOnce(Reply<R>) -> M, _: T) -> Asking<'a, M, R> where &'a Self: Limited { uncallable!() }
    pub fn call_with_timeout<'a, R, T>(&'a self, _: impl FnOnce(Reply<R>) -> M, _: T) -> Asking<'a, M, R> where &'a Self: Limited { uncallable!() }
    pub fn request_timeout<'a, R, T>(&'a self, _: impl FnOnce(Reply<R>) -> M, _: T) -> Asking<'a, M, R> where &'a Self: Limited { uncallable!() }
    pub fn stop<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Stopped { uncallable!() }
    pub fn shutdown<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Stopped { uncallable!() }
    pub fn close<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Stopped { uncallable!() }
    pub fn cancel<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Stopped { uncallable!() }
    pub fn request_shutdown<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Stopped { uncallable!() }
    pub fn abort<'a>(&'a self) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Aborted { uncallable!() }
    pub fn address<'a>(&'a self) -> ChildRef<M> where &'a Self: Owned { uncallable!() }
    pub fn addr<'a>(&'a self) -> ChildRef<M> where &'a Self: Owned { uncallable!() }
    pub fn downgrade<'a>(&'a self) -> ChildRef<M> where &'a Self: Owned { uncallable!() }
    pub fn sender<'a>(&'a self) -> ChildRef<M> where &'a Self: Owned { uncallable!() }
    pub fn recipient<'a>(&'a self) -> ChildRef<M> where &'a Self: Owned { uncallable!() }
    pub fn unwrap<'a>(&'a self) -> ChildRef<M> where &'a Self: Plain { uncallable!() }
    pub fn expect<'a, T>(&'a self, _: T) -> ChildRef<M> where &'a Self: Plain { uncallable!() }
    pub fn join<'a>(&'a self) -> Ended where &'a Self: Joined { uncallable!() }
    pub fn wait<'a>(&'a self) -> Ended where &'a Self: Joined { uncallable!() }
    pub fn wait_for_shutdown<'a>(&'a self) -> Ended where &'a Self: Joined { uncallable!() }
    pub fn is_alive<'a>(&'a self) -> bool where &'a Self: Alive { uncallable!() }
    pub fn is_running<'a>(&'a self) -> bool where &'a Self: Alive { uncallable!() }
    pub fn is_closed<'a>(&'a self) -> bool where &'a Self: Alive { uncallable!() }
    pub fn is_finished<'a>(&'a self) -> bool where &'a Self: Alive { uncallable!() }
    pub fn is_connected<'a>(&'a self) -> bool where &'a Self: Alive { uncallable!() }
    pub fn state<'a>(&'a self) -> ChildState where &'a Self: Alive { uncallable!() }
    pub fn name<'a>(&'a self) -> ChildPath where &'a Self: Named { uncallable!() }
    pub fn id<'a>(&'a self) -> ChildPath where &'a Self: Named { uncallable!() }
    pub fn pid<'a>(&'a self) -> ChildPath where &'a Self: Named { uncallable!() }
    pub fn len<'a>(&'a self) -> usize where &'a Self: Queued { uncallable!() }
    pub fn queue_len<'a>(&'a self) -> usize where &'a Self: Queued { uncallable!() }
    pub fn mailbox_len<'a>(&'a self) -> usize where &'a Self: Queued { uncallable!() }
    pub fn subscribe<'a>(&'a self) -> Ended where &'a Self: Watched { uncallable!() }
    pub fn events<'a>(&'a self) -> Ended where &'a Self: Watched { uncallable!() }
    pub fn recv<'a>(&'a self) -> future::Ready<Option<M>> where &'a Self: ReceivedByChild { uncallable!() }
    pub fn receive<'a>(&'a self) -> future::Ready<Option<M>> where &'a Self: ReceivedByChild { uncallable!() }
}

/// The functions that a context has in other libraries.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct ContextElsewhere<M>(PhantomData<fn(M)>);

#[doc(hidden)]
impl<M> Deref for Context<M> {
    type Target = ContextElsewhere<M>;

    fn deref(&self) -> &Self::Target {
        &ContextElsewhere(PhantomData)
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl<M> ContextElsewhere<M> {
    pub fn self_ref<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn this<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn myself<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn self_address<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn actor_ref<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn addr<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn sender<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn handle<'a>(&'a self) -> ChildRef<M> where &'a Self: Referring { uncallable!() }
    pub fn cancelled<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn shutdown<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn on_shutdown<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn stopped<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn closed<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn until_cancelled<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn wait_for_shutdown<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn shutdown_signal<'a>(&'a self) -> ShutdownRequested where &'a Self: Cancelled { uncallable!() }
    pub fn cancellation_token<'a>(&'a self) -> Token where &'a Self: Cancelled { uncallable!() }
    pub fn cancel_token<'a>(&'a self) -> Token where &'a Self: Cancelled { uncallable!() }
    pub fn token<'a>(&'a self) -> Token where &'a Self: Cancelled { uncallable!() }
    pub fn shutdown_token<'a>(&'a self) -> Token where &'a Self: Cancelled { uncallable!() }
    pub fn is_cancelled<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn is_shutdown<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn is_shutting_down<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn shutting_down<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn is_stopping<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn is_stopped<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn is_closed<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn is_running<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn should_stop<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn should_shutdown<'a>(&'a self) -> bool where &'a Self: CancelledYet { uncallable!() }
    pub fn stop<'a>(&'a self) where &'a Self: Leaving { uncallable!() }
    pub fn exit<'a>(&'a self) where &'a Self: Leaving { uncallable!() }
    pub fn terminate<'a>(&'a self) where &'a Self: Leaving { uncallable!() }
    pub fn restart<'a>(&'a self) where &'a Self: Leaving { uncallable!() }
    pub fn crash<'a>(&'a self) where &'a Self: Leaving { uncallable!() }
    pub fn fail<'a, T>(&'a self, _: T) where &'a Self: Leaving { uncallable!() }
    pub fn stop_self<'a>(&'a self) where &'a Self: Leaving { uncallable!() }
    pub fn clone<'a>(&'a self) -> Context<M> where &'a Self: Shared { uncallable!() }
    pub fn sibling<'a, T, Q>(&'a self, _: T) -> ChildRef<Q> where &'a Self: Sibling { uncallable!() }
    pub fn child<'a, T, Q>(&'a self, _: T) -> ChildRef<Q> where &'a Self: Sibling { uncallable!() }
    pub fn get<'a, T, Q>(&'a self, _: T) -> ChildRef<Q> where &'a Self: Sibling { uncallable!() }
    pub fn get_child<'a, T, Q>(&'a self, _: T) -> ChildRef<Q> where &'a Self: Sibling { uncallable!() }
    pub fn find<'a, T, Q>(&'a self, _: T) -> ChildRef<Q> where &'a Self: Sibling { uncallable!() }
    pub fn whereis<'a, T, Q>(&'a self, _: T) -> ChildRef<Q> where &'a Self: Sibling { uncallable!() }
    pub fn resolve<'a, T, Q>(&'a self, _: T) -> ChildRef<Q> where &'a Self: Sibling { uncallable!() }
    pub fn name<'a>(&'a self) -> ChildPath where &'a Self: Named { uncallable!() }
    pub fn id<'a>(&'a self) -> ChildPath where &'a Self: Named { uncallable!() }
    pub fn pid<'a>(&'a self) -> ChildPath where &'a Self: Named { uncallable!() }
    pub fn child_id<'a>(&'a self) -> ChildPath where &'a Self: Named { uncallable!() }
    pub fn receive<'a>(&'a self) -> future::Ready<Option<M>> where &'a Self: Received { uncallable!() }
    pub fn next<'a>(&'a self) -> future::Ready<Option<M>> where &'a Self: Received { uncallable!() }
    pub fn next_message<'a>(&'a self) -> future::Ready<Option<M>> where &'a Self: Received { uncallable!() }
    pub fn recv_timeout<'a, T>(&'a self, _: T) -> future::Ready<Option<M>> where &'a Self: ReceivedWithin { uncallable!() }
    pub fn recv_within<'a, T>(&'a self, _: T) -> future::Ready<Option<M>> where &'a Self: ReceivedWithin { uncallable!() }
    pub fn send<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Answered { uncallable!() }
    pub fn reply<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Answered { uncallable!() }
    pub fn respond<'a, T>(&'a self, _: T) -> future::Ready<Result<(), SupervisorError>> where &'a Self: Answered { uncallable!() }
    pub fn parent<'a>(&'a self) -> AnyChildRef where &'a Self: Above { uncallable!() }
    pub fn tree<'a>(&'a self) -> AnyChildRef where &'a Self: Above { uncallable!() }
    pub fn system<'a>(&'a self) -> AnyChildRef where &'a Self: Above { uncallable!() }
    pub fn add_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Adding { uncallable!() }
    pub fn spawn_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Adding { uncallable!() }
    pub fn start_child<'a, T>(&'a self, _: T) -> future::Ready<Result<AnyChildRef, SupervisorError>> where &'a Self: Adding { uncallable!() }
    pub fn set_ready<'a>(&'a self) where &'a Self: Readied { uncallable!() }
    pub fn notify_ready<'a>(&'a self) where &'a Self: Readied { uncallable!() }
    pub fn started<'a>(&'a self) where &'a Self: Readied { uncallable!() }
    pub fn is_ready<'a>(&'a self) where &'a Self: Readied { uncallable!() }
    pub fn beat<'a>(&'a self) where &'a Self: Beating { uncallable!() }
    pub fn ping<'a>(&'a self) where &'a Self: Beating { uncallable!() }
    pub fn alive<'a>(&'a self) where &'a Self: Beating { uncallable!() }
    pub fn keep_alive<'a>(&'a self) where &'a Self: Beating { uncallable!() }
    pub fn sleep<'a, T>(&'a self, _: T) -> future::Ready<()> where &'a Self: Sleeping { uncallable!() }
}

/// The token of other libraries, whose functions give no second error.
#[doc(hidden)]
#[derive(Clone, Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct Token(());

#[doc(hidden)]
#[expect(clippy::unused_self, reason = "nothing can call these")]
impl Token {
    pub fn cancelled(&self) -> ShutdownRequested {
        unreachable!("nothing gives a `Token`")
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        false
    }
}
