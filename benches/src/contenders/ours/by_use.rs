//! Function children under `Order::ByUse`. None uses another one, so that all start and stop at once.

use supervisor::Order;
use supervisor::prelude::*;

use super::{failing_among, many_restarts, started, with_children};
use crate::contender::{Contender, Later, Standing, Window};
use crate::stage::Failure;

pub(crate) struct ByUse;

impl Contender for ByUse {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let builder = Supervisor::new().with_order(Order::ByUse);
            started(with_children(builder, 0..children).build()).await
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let builder = many_restarts(window).with_order(Order::ByUse);
            started(failing_among(builder, siblings, how).build()).await
        }))
    }
}
