//! Models of the slot: what a life sees of its shutdown signal, its end, and the next life.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;

use shuttle::future::block_on;
use shuttle::thread;

use super::check::{Time, check, must_be_gone};
use super::stage::{join, spawn};
use crate::engine::{Engine, Key};
use crate::inbox::{Anchor, Inbox, Owner, Reply};
use crate::life::current;
use crate::mailbox::Closing;
use crate::packed_instant::PackedInstant;
use crate::runtime::{ChildTask, resolve};
use crate::slot::{AnySlot, Beginning, Duties, Signal, Slot};
use crate::spec::{ChildOptions, Name};
use crate::tree::{Ready, Runnable};
use crate::{ChildSpec, Context, Supervisor};

/// A slot, and the supervisor's side of it.
#[derive(Clone)]
struct Place {
    slot: Arc<Slot<u8>>,
    inbox: Arc<Inbox>,
    key: Key,
}

impl Place {
    fn new() -> Self {
        let supervisor = Supervisor::new().build();
        let (parts, _) =
            Ready::into_parts(ChildSpec::new("other").with_task(async |_: Context| Ok(())));
        let body = parts.body.into_body();
        let rules = Arc::new(resolve(&ChildOptions::new(), &body));
        let rules_of_all = supervisor.node().rules().clone();
        let mut engine = Engine::<ChildTask, Reply>::new(rules_of_all, 1);
        let key = engine.declare(rules, 0, ChildTask::new(body), &[]);
        let owner: Weak<dyn Owner> = Arc::downgrade(supervisor.node()) as _;
        let inbox = Arc::new(Inbox::new(Anchor::new(owner)));
        let slot = Arc::new(Slot::new(Name::declared("child"), 2));
        must_be_gone("the slot", &slot);
        Self { slot, inbox, key }
    }

    fn any(&self) -> Arc<dyn AnySlot> {
        Arc::clone(&self.slot) as _
    }

    fn begin(&self, generation: u64) {
        let (inbox, up) = (&self.inbox, Some(PackedInstant::now()));
        let (duties, restarts) = (Duties::default(), false);
        let beginning = Beginning { inbox, key: self.key, duties, up, restarts };
        self.slot.begin_life(generation, beginning);
    }

    fn end(&self, generation: u64) {
        assert!(self.slot.end_life(generation).is_some(), "the life has a link");
    }

    /// Returns the context of the present life.
    fn context(&self) -> Context<u8> {
        current::inside(&mut Some(self.any()), Context::of_this_life)
    }
}

/// The supervisor asks a life to stop, or another task raises its signal, while tasks of the life
/// wait for a message and for the signal, one of them gives up, and the life ends at any moment. Then
/// the next life begins.
///
/// All that wait in the name of the life go on: no wake-up is lost. Nothing that was meant for it
/// reaches the next life: not the signal, not the abandonment, not the wakers. A request that the
/// next life can see wakes it.
fn two_lives(asks: bool) {
    check(Time::StandsStill, move || {
        let place = Place::new();
        place.begin(1);
        let (receiving, waiting, leaving) = (place.context(), place.context(), place.context());
        let mut threads = Vec::new();
        threads.push(spawn(async move {
            let mut receiving = receiving;
            while receiving.recv().await.is_some() {}
        }));
        threads.push(spawn(async move { waiting.shutdown_requested().await }));
        threads.push(spawn(async move {
            let mut asked = pin!(leaving.shutdown_requested());
            poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx).is_ready())).await;
        }));
        {
            let place = place.clone();
            threads.push(thread::spawn(move || {
                let _ = place.slot.mailbox.try_send(1);
            }));
        }
        {
            let place = place.clone();
            threads.push(thread::spawn(move || place.slot.core.abandon(1)));
        }
        {
            let place = place.clone();
            threads.push(thread::spawn(move || {
                place.slot.core.signal_life(1);
                place.slot.wake_receiver();
            }));
        }
        {
            let place = place.clone();
            threads.push(thread::spawn(move || place.end(1)));
        }
        // The supervisor's task.
        if asks && let Some(wakers) = place.slot.ask(PackedInstant::now()) {
            wakers.wake();
        }
        while place.slot.core.is_occupied() {
            thread::yield_now();
        }
        place.begin(2);
        let next = place.context();
        join(threads);
        let core = &place.slot.core;
        assert_eq!(core.generation(), 2);
        assert_eq!(core.observe_stop(2), Signal::Live, "the signal was for the life before");
        assert!(!core.was_asked() && !core.take_abandoned(), "as was the abandonment");
        let waiting = spawn(async move { next.shutdown_requested().await });
        let wakers = place.slot.ask(PackedInstant::now());
        wakers.expect("the life has looked at its signal").wake();
        waiting.join().unwrap();
        place.end(2);
        drop(place.slot.close_mailbox(Closing::Gone));
        core.set_link(None);
    });
}

#[test]
fn two_lives_and_a_request() {
    two_lives(true);
}

#[test]
fn two_lives_and_a_signal() {
    two_lives(false);
}

/// A life looks at its signal for the first time while its supervisor asks it to stop.
///
/// Either the life had looked before: then it sees the request, and is woken. Or it is told that it
/// is too late, for the supervisor drops it: never both, never neither.
#[test]
fn the_first_look() {
    check(Time::StandsStill, || {
        let place = Place::new();
        place.begin(1);
        let mut context = place.context();
        let looking = {
            let place = place.clone();
            spawn(async move {
                let first = place.slot.core.observe_stop(1);
                if first == Signal::TooLate {
                    return first;
                }
                while context.recv().await.is_some() {}
                assert!(context.is_shutdown_requested());
                first
            })
        };
        let asked = place.slot.ask(PackedInstant::now());
        let is_seen = asked.is_some();
        if let Some(wakers) = asked {
            wakers.wake();
        }
        let first = looking.join().unwrap();
        assert_eq!(first == Signal::TooLate, !is_seen, "{first:?}");
        place.end(1);
        drop(place.slot.close_mailbox(Closing::Gone));
        place.slot.core.set_link(None);
    });
}

/// Several futures wait for the signal of a life; some give up while the signal is raised.
///
/// Each future that stays completes, and one that gives up takes no other's waker along.
#[test]
fn many_that_wait() {
    check(Time::StandsStill, || {
        let place = Place::new();
        place.begin(1);
        let contexts: Vec<_> = (0..4).map(|_| place.context()).collect();
        let threads: Vec<_> = contexts
            .into_iter()
            .enumerate()
            .map(|(number, context)| {
                let stays = number % 2 == 0;
                spawn(async move {
                    let mut asked = pin!(context.shutdown_requested());
                    poll_fn(|cx| match asked.as_mut().poll(cx) {
                        Poll::Pending if stays => Poll::Pending,
                        _ => Poll::Ready(()),
                    })
                    .await;
                })
            })
            .collect();
        let _ = place.slot.core.observe_stop(1);
        if let Some(wakers) = place.slot.ask(PackedInstant::now()) {
            wakers.wake();
        }
        join(threads);
        block_on(async { place.context().shutdown_requested().await });
        place.end(1);
        drop(place.slot.close_mailbox(Closing::Gone));
        place.slot.core.set_link(None);
    });
}
