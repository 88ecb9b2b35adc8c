//! The last child under `rest_for_one`: no child started after it, so it restarts alone.

use supervisor::prelude::*;

use super::{failing, many_restarts, started, with_children};
use crate::contender::{Contender, Later, Standing, Window};
use crate::stage::Failure;

pub(crate) struct Last;

impl Contender for Last {
    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let builder = many_restarts(window).with_strategy(SupervisionStrategy::RestForOne);
            started(with_children(builder, 0..siblings).with_child(failing(how)).build()).await
        }))
    }
}
