//! The user's own closures in a case.

use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use super::case::Case;

/// Future of a closure of the user's; the error is a sentence.
pub(super) type Called<'c> = Pin<Box<dyn Future<Output = Result<(), String>> + 'c>>;

/// A closure of the user's, without its type.
pub(super) trait Hook<H> {
    /// Calls the closure; `case` is `None` for the tree that gets no fault.
    fn call<'c>(&'c self, handle: &'c H, case: Option<&'c Case>) -> Called<'c>;
}

/// A closure that is called with each tree, and whose error is `E`.
pub(super) struct Prepare<F, E>(F, PhantomData<fn() -> E>);

/// A closure that is called with each tree that got a fault, and whose error is `E`.
pub(super) struct Check<F, E>(F, PhantomData<fn() -> E>);

impl<F, E> Prepare<F, E> {
    pub(super) fn new(prepare: F) -> Self {
        Self(prepare, PhantomData)
    }
}

impl<F, E> Check<F, E> {
    pub(super) fn new(check: F) -> Self {
        Self(check, PhantomData)
    }
}

impl<H, F, E> Hook<H> for Prepare<F, E>
where
    F: AsyncFn(&H) -> Result<(), E>,
    E: Display,
{
    fn call<'c>(&'c self, handle: &'c H, _: Option<&'c Case>) -> Called<'c> {
        Box::pin(async move { caught((self.0)(handle)).await })
    }
}

impl<H, F, E> Hook<H> for Check<F, E>
where
    F: AsyncFn(&H, &Case) -> Result<(), E>,
    E: Display,
{
    fn call<'c>(&'c self, handle: &'c H, case: Option<&'c Case>) -> Called<'c> {
        Box::pin(async move {
            match case {
                Some(case) => caught((self.0)(handle, case)).await,
                None => Ok(()),
            }
        })
    }
}

/// Runs the closure's future; a panic, such as that of an assertion, is an error.
async fn caught<E: Display>(called: impl Future<Output = Result<(), E>>) -> Result<(), String> {
    let mut called = Box::pin(called);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| called.as_mut().poll(cx))) {
        Ok(polled) => polled.map(|result| result.map_err(|error| error.to_string())),
        Err(payload) => Poll::Ready(Err(format!("it panicked: {}", text_of(&*payload)))),
    })
    .await
}

fn text_of(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a value that is not text".to_owned())
}
