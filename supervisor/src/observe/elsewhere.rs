//! Functions with the names that other libraries use, as in `child/elsewhere.rs`: each exists for the
//! compiler's error.

use std::future;
use std::iter::Empty;
use std::ops::Deref;

use super::{Event, Events};

no_condition!(
    ReadByNext: "an event is waited for by `next`",
    "write `while let Some(event) = events.next().await {{ … }}`; `try_next()` does not wait"
);

/// The functions that a subscription has in other libraries.
#[doc(hidden)]
#[derive(Debug)]
#[expect(unnameable_types, reason = "only the compiler's errors name it")]
pub struct EventsElsewhere(());

#[doc(hidden)]
impl Deref for Events {
    type Target = EventsElsewhere;

    fn deref(&self) -> &Self::Target {
        &EventsElsewhere(())
    }
}

#[doc(hidden)]
#[rustfmt::skip]
#[allow(clippy::must_use_candidate, clippy::unused_self, reason = "nothing can call these")]
impl EventsElsewhere {
    pub fn recv<'a>(&'a self) -> future::Ready<Option<Event>> where &'a Self: ReadByNext { uncallable!() }
    pub fn receive<'a>(&'a self) -> future::Ready<Option<Event>> where &'a Self: ReadByNext { uncallable!() }
    pub fn iter<'a>(&'a self) -> Empty<Event> where &'a Self: ReadByNext { uncallable!() }
    pub fn try_recv<'a>(&'a self) -> Option<Event> where &'a Self: ReadByNext { uncallable!() }
}
