//! ash-flare: workers made by a factory, with a shutdown signal.
//!
//! Its restarts have a backoff, which is switched off here. It reserves memory for as many restarts
//! as its limit allows, so the limit is ten million. Messages are strings, sent through a mailbox
//! that the worker owns; here they are empty, which needs no allocation. It has no requests with an
//! answer.

use std::sync::{Arc, Mutex, PoisonError};

use ash_flare::{
    Mailbox, MailboxConfig, RestartBackoff, RestartIntensity, RestartPolicy, ShutdownSignal,
    SupervisorHandle, SupervisorSpec, Worker,
};
use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::length;
use crate::contender::{Contender, Later, MAILBOX, Prepared, Standing, Tree, Window};
use crate::stage::{self, Failure};

pub(crate) struct AshFlare;

struct Member {
    failure: Option<Failure>,
    shutdown: ShutdownSignal,
}

#[derive(Debug)]
struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for Failed {}

#[async_trait]
impl Worker for Member {
    type Error = Failed;

    async fn run(&mut self) -> Result<(), Failed> {
        if let Some(failure) = self.failure {
            stage::fail(failure).map_err(|_| Failed)?;
        }
        let _local = stage::enter();
        self.shutdown.cancelled().await;
        Ok(())
    }
}

static ALL_RECEIVED: Notify = Notify::const_new();

struct Counter {
    mailbox: Mailbox,
    expected: usize,
}

#[async_trait]
impl Worker for Counter {
    type Error = Failed;

    async fn run(&mut self) -> Result<(), Failed> {
        for _ in 0..self.expected {
            self.mailbox.recv().await.ok_or(Failed)?;
        }
        ALL_RECEIVED.notify_one();
        std::future::pending().await
    }
}

impl<W: Worker> Tree for SupervisorHandle<W> {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(async move { self.shutdown().await.expect("it runs") })
    }
}

fn with_member(
    spec: SupervisorSpec<Member>,
    number: usize,
    failure: Option<Failure>,
) -> SupervisorSpec<Member> {
    let member = move |shutdown| Member { failure, shutdown };
    spec.with_worker_signal(number.to_string(), member, RestartPolicy::Permanent)
}

impl Contender for AshFlare {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut spec = SupervisorSpec::new("root");
            for number in 0..children {
                spec = with_member(spec, number, None);
            }
            Box::new(SupervisorHandle::start(spec)) as Standing
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let intensity = RestartIntensity::new(10_000_000, length(window).as_secs());
            let mut spec = SupervisorSpec::new("root")
                .with_restart_intensity(intensity)
                .with_restart_backoff(RestartBackoff::none());
            for number in 0..=siblings {
                spec = with_member(spec, number, (number == siblings / 2).then_some(how));
            }
            Box::new(SupervisorHandle::start(spec)) as Standing
        }))
    }

    fn send(&self, producers: usize, messages: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let (address, mailbox) = ash_flare::mailbox::mailbox(MailboxConfig::bounded(MAILBOX));
            // A factory can be called again, but there is only one mailbox, for one life.
            let mailbox = Arc::new(Mutex::new(Some(mailbox)));
            let counter = move || {
                let mailbox = mailbox.lock().unwrap_or_else(PoisonError::into_inner).take();
                Counter { mailbox: mailbox.expect("it has one life"), expected: messages }
            };
            let spec = SupervisorSpec::new("root");
            let spec = spec.with_worker("counter", counter, RestartPolicy::Temporary);
            let root = SupervisorHandle::start(spec);
            Prepared::new(async move {
                let _root = root;
                let mut senders = JoinSet::new();
                for _ in 0..producers {
                    let address = address.clone();
                    senders.spawn(async move {
                        for _ in 0..messages / producers {
                            address.send(String::new()).await.expect("it receives");
                        }
                    });
                }
                ALL_RECEIVED.notified().await;
                senders.join_all().await;
            })
        }))
    }
}
