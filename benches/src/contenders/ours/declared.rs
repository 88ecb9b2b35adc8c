//! Function children, declared with the builder and started by one `start()`.

use supervisor::prelude::*;

use super::{failing_among, many_restarts, started, wait, wait_for_storm, with_children};
use crate::contender::{Contender, Later, Standing, Window};
use crate::stage::Failure;

pub(crate) struct Declared;

impl Contender for Declared {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            started(with_children(Supervisor::new(), 0..children).build()).await
        }))
    }

    fn start_pairs(&self, pairs: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = Supervisor::new();
            for number in 0..pairs {
                let pair = Supervisor::new()
                    .with_strategy(SupervisionStrategy::OneForAll)
                    .with_child(ChildSpec::new("first").with_task(wait))
                    .with_child(ChildSpec::new("second").with_task(wait))
                    .build();
                let pair = ChildSpec::new(&number.to_string()).with_supervisor(pair);
                builder = builder.with_child(pair);
            }
            started(builder.build()).await
        }))
    }

    fn await_storm(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = many_restarts(Window::Long);
            for number in 0..children {
                let child = ChildSpec::new(&number.to_string()).with_task(wait_for_storm);
                builder = builder.with_child(child);
            }
            started(builder.build()).await
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            started(failing_among(many_restarts(window), siblings, how).build()).await
        }))
    }
}
