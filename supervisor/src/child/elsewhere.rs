//! Functions with the names that other libraries use. None can be called: each exists for the
//! compiler's error, which names the function of this library. `#[doc(alias)]` does not help here,
//! because the compiler does not know the aliases of a dependency.

use super::{Asking, ChildRef, Context, Question, Sending};
use crate::slot::ShutdownRequested;

no_condition!(Called: "a request is sent by `ask`", "write `ask(|reply| Message::Get(1, reply))`, and without an answer `send(message)`");
no_condition!(Cast: "a message is sent by `send`", "write `send(message)`");
no_condition!(Cancelled: "the signal to stop is `shutdown_requested`", "write `shutdown_requested()`; `recv` gives `None` then, too");
no_condition!(Referring: "a child's own address is `address`", "write `address()`");

#[doc(hidden)]
impl<M> ChildRef<M> {
    // (Without this, the compiler finds `Fn::call`, and reports that an address is no function.)
    pub fn call<'a, R>(&'a self, make: impl Question<M, R>) -> Asking<'a, M, R>
    where
        &'a Self: Called,
    {
        self.ask(make)
    }

    pub fn cast<'a>(&'a self, message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        self.send(message)
    }

    pub fn tell<'a>(&'a self, message: M) -> Sending<'a, M>
    where
        &'a Self: Cast,
    {
        self.send(message)
    }
}

#[doc(hidden)]
impl<M: Send + 'static> Context<M> {
    pub fn cancelled<'a>(&'a self) -> ShutdownRequested
    where
        &'a Self: Cancelled,
    {
        self.shutdown_requested()
    }

    #[must_use]
    pub fn self_ref<'a>(&'a self) -> ChildRef<M>
    where
        &'a Self: Referring,
    {
        self.address()
    }
}
