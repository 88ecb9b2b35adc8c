//! The floor of an ordered stop: tasks with a signal each, stopped one after the other, the last
//! one first. The floor proper signals all at once, and its tasks end on all processors at the same
//! time.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::contender::{Contender, Later, Standing, Tree};
use crate::stage;

pub(crate) struct InOrder;

/// The tasks with their signals, in start order.
struct Line(Vec<(oneshot::Sender<()>, JoinHandle<()>)>);

async fn wait(shutdown: oneshot::Receiver<()>) {
    let _local = stage::enter();
    // The signal is the drop of the sender.
    let _ = shutdown.await;
}

impl Tree for Line {
    fn stop(self: Box<Self>) -> Later<()> {
        Box::pin(async move {
            for (shutdown, task) in self.0.into_iter().rev() {
                drop(shutdown);
                task.await.expect("it ends");
            }
        })
    }
}

impl Contender for InOrder {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let start = |_| {
                let (sender, receiver) = oneshot::channel();
                (sender, tokio::spawn(wait(receiver)))
            };
            Box::new(Line((0..children).map(start).collect())) as Standing
        }))
    }
}
