//! Children with a type and a mailbox, declared with the builder and started by one `start()`.

use supervisor::prelude::*;

use super::mail::{Answering, Member, Receiving, ask_all, send_all};
use super::{many_restarts, started};
use crate::contender::{Contender, Later, Prepared, Standing, Window};
use crate::stage::Failure;

pub(crate) struct Typed;

impl Contender for Typed {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = Supervisor::new();
            for number in 0..children {
                let member = Member { failure: None };
                builder =
                    builder.with_child(ChildSpec::new(&number.to_string()).with_worker(member));
            }
            started(builder.build()).await
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = many_restarts(window);
            for number in 0..=siblings {
                let member = Member { failure: (number == siblings / 2).then_some(how) };
                builder =
                    builder.with_child(ChildSpec::new(&number.to_string()).with_worker(member));
            }
            started(builder.build()).await
        }))
    }

    fn send(&self, producers: usize, messages: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let spec = ChildSpec::new("receiving").with_worker(Receiving { messages });
            let child = spec.handle();
            let supervisor = Supervisor::new().with_child(spec).build();
            supervisor.start().await.expect("it starts");
            send_all(supervisor, child, producers, messages)
        }))
    }

    fn ask(&self, questions: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let spec = ChildSpec::new("answering").with_worker(Answering);
            let child = spec.handle();
            let supervisor = Supervisor::new().with_child(spec).build();
            supervisor.start().await.expect("it starts");
            ask_all(supervisor, child, questions)
        }))
    }
}
