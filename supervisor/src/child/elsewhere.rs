//! Functions with the names that other libraries use. None can be called: each exists for the
//! compiler's error, which names the function of this library. `#[doc(alias)]` does not help here,
//! because the compiler does not know the aliases of a dependency.
//!
//! They are functions of the type to which an address and a context dereference. So a trait of a
//! program's own may have functions of the same names on addresses and contexts: the compiler looks
//! for those first.

#![expect(clippy::unused_self, reason = "nothing can call these functions")]

use std::marker::PhantomData;
use std::ops::Deref;

use super::{Asking, ChildRef, Context, Question, Sending};
use crate::slot::{Ended, ShutdownRequested};

no_condition!(Called: "a request is sent by `ask`", "write `ask(|reply| Message::Get(1, reply))`, and without an answer `send(message)`");
no_condition!(Cast: "a message is sent by `send`", "write `send(message)`; `try_send(message)` does not wait");
no_condition!(Stopped: "a child is stopped by `terminate`", "write `terminate()`; the tree is stopped by `shutdown()` on its handle");
no_condition!(Aborted: "a life is ended at once by `kill`", "write `kill()`; with time to clean up, `terminate()`");
no_condition!(Owned: "this is the address of the child already", "write `clone()`");
no_condition!(Joined: "the end of a child is awaited by `ended`", "write `ended().await`");
no_condition!(Cancelled: "the signal to stop is `shutdown_requested`", "write `shutdown_requested()`; `recv` gives `None` then, too");
no_condition!(CancelledYet: "whether the child is to stop is `is_shutdown_requested`", "write `is_shutdown_requested()`");
no_condition!(Referring: "a child's own address is `address`", "write `address()`");
no_condition!(Leaving: "a life ends when its function returns", "write `return Ok(())`, or return an error");

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
impl<M> AddressElsewhere<M> {
    pub fn cast<'a>(&'a self, _message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        unreachable!("nothing is `Cast`")
    }

    pub fn tell<'a>(&'a self, _message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        unreachable!("nothing is `Cast`")
    }

    pub fn notify<'a>(&'a self, _message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        unreachable!("nothing is `Cast`")
    }

    pub fn do_send<'a>(&'a self, _message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        unreachable!("nothing is `Cast`")
    }

    pub fn post<'a>(&'a self, _message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        unreachable!("nothing is `Cast`")
    }

    pub fn send_message<'a>(&'a self, _message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        unreachable!("nothing is `Cast`")
    }

    pub fn call<'a, R>(&'a self, _make: impl Question<M, R>) -> Asking<'a, M, R>
    where
        &'a Self: Called,
    {
        unreachable!("nothing is `Called`")
    }

    pub fn request<'a, R>(&'a self, _make: impl Question<M, R>) -> Asking<'a, M, R>
    where
        &'a Self: Called,
    {
        unreachable!("nothing is `Called`")
    }

    pub fn stop<'a>(&'a self) -> Ended
    where
        &'a Self: Stopped,
    {
        unreachable!("nothing is `Stopped`")
    }

    pub fn shutdown<'a>(&'a self) -> Ended
    where
        &'a Self: Stopped,
    {
        unreachable!("nothing is `Stopped`")
    }

    #[must_use]
    pub fn address<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Owned,
    {
        unreachable!("nothing is `Owned`")
    }

    #[must_use]
    pub fn addr<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Owned,
    {
        unreachable!("nothing is `Owned`")
    }

    pub fn abort<'a>(&'a self) -> Ended
    where
        &'a Self: Aborted,
    {
        unreachable!("nothing is `Aborted`")
    }

    pub fn join<'a>(&'a self) -> Ended
    where
        &'a Self: Joined,
    {
        unreachable!("nothing is `Joined`")
    }

    pub fn wait<'a>(&'a self) -> Ended
    where
        &'a Self: Joined,
    {
        unreachable!("nothing is `Joined`")
    }
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
impl<M> ContextElsewhere<M> {
    #[must_use]
    pub fn self_ref<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Referring,
    {
        unreachable!("nothing is `Referring`")
    }

    #[must_use]
    pub fn myself<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Referring,
    {
        unreachable!("nothing is `Referring`")
    }

    #[must_use]
    pub fn me<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Referring,
    {
        unreachable!("nothing is `Referring`")
    }

    #[must_use]
    pub fn actor_ref<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Referring,
    {
        unreachable!("nothing is `Referring`")
    }

    #[must_use]
    pub fn addr<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Referring,
    {
        unreachable!("nothing is `Referring`")
    }

    pub fn cancelled<'a>(&'a self) -> ShutdownRequested
    where
        &'a Self: Cancelled,
    {
        unreachable!("nothing is `Cancelled`")
    }

    #[must_use]
    pub fn cancellation_token<'a>(&'a self) -> Token
    where
        &'a Self: Cancelled,
    {
        unreachable!("nothing is `Cancelled`")
    }

    #[must_use]
    pub fn is_cancelled<'a>(&'a self) -> bool
    where
        &'a Self: CancelledYet,
    {
        unreachable!("nothing is `CancelledYet`")
    }

    pub fn stop<'a>(&'a self)
    where
        &'a Self: Leaving,
    {
        unreachable!("nothing is `Leaving`")
    }

    pub fn exit<'a>(&'a self)
    where
        &'a Self: Leaving,
    {
        unreachable!("nothing is `Leaving`")
    }
}

/// The token of other libraries, whose functions give no second error.
#[doc(hidden)]
#[derive(Clone, Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct Token(());

#[doc(hidden)]
impl Token {
    pub fn cancelled(&self) -> ShutdownRequested {
        unreachable!("nothing gives a `Token`")
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        false
    }
}
