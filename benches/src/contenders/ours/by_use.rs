//! Function children under `Order::ByUse`. None uses another one, so that all start and stop at once.

use supervisor::Order;
use supervisor::prelude::*;

use super::{failing, many_restarts, started, wait};
use crate::contender::{Contender, Later, Standing, Window};
use crate::stage::Failure;

pub(crate) struct ByUse;

impl Contender for ByUse {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = Supervisor::new().with_order(Order::ByUse);
            for number in 0..children {
                builder = builder.with_child(ChildSpec::new(&number.to_string()).with_task(wait));
            }
            started(builder.build()).await
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let mut builder = many_restarts(window).with_order(Order::ByUse);
            for number in 0..=siblings {
                builder = if number == siblings / 2 {
                    builder.with_child(failing(how))
                } else {
                    builder.with_child(ChildSpec::new(&number.to_string()).with_task(wait))
                };
            }
            started(builder.build()).await
        }))
    }
}
