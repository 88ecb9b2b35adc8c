//! The trait that makes a child's lives from the user's worker or function.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[cfg(feature = "test-util")]
use super::reason_of_error;
use super::{PendingLife, reason_of_panic};
use crate::slot::AnySlot;
use crate::spec::{ExitReason, Name};
use crate::sync::task::JoinHandle;

/// Factory of a child's lives. None of the user's code runs here: it runs in the life's own task.
pub(crate) trait LifeFactory: Any + Send + Sync {
    /// Spawns a life, or returns the reason for which no other life can be made.
    fn launch(self: Arc<Self>, life: PendingLife) -> Result<JoinHandle<()>, ExitReason>;

    /// Creates the slot of a worker of a pool.
    fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot>;

    /// Moves the value that the factory was made from into `to`, an `Option` of its type, if no life was
    /// made of it and nobody else holds the factory.
    fn give_back(self: Arc<Self>, _to: &mut dyn Any) {}

    /// Returns `true` if the factory captures no values, so that its drop runs no code.
    fn captures_nothing(&self) -> bool {
        false
    }

    /// Returns `true` if the factory's lives run entirely in their tasks, so that a life that is
    /// not polled hangs.
    #[cfg(feature = "test-util")]
    fn can_hang(&self) -> bool {
        true
    }

    /// Returns `true` if the factory makes one life only.
    #[cfg(feature = "test-util")]
    fn is_once(&self) -> bool {
        false
    }
}

/// Calls the factory in the supervisor's task: a panic there is a life that could not be made, not
/// the end of the supervisor.
pub(crate) fn launch(
    factory: Arc<dyn LifeFactory>,
    life: PendingLife,
) -> Result<JoinHandle<()>, ExitReason> {
    #[cfg(feature = "test-util")]
    if life.slot.core().take_fails_next() {
        return Err(reason_of_error("a test made the start fail".into()));
    }
    #[cfg(feature = "lease")]
    if life.pass.as_ref().is_some_and(|pass| pass.turn().is_none()) {
        // No thread and no process begins behind a gate that is shut: the life waits for its end.
        return Ok(life.spawn(std::future::pending()));
    }
    catch_unwind(AssertUnwindSafe(|| factory.launch(life)))
        .unwrap_or_else(|payload| Err(reason_of_panic(payload)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Supervisor;
    use crate::slot::Slot;
    use crate::spec::{ChildState, RestartPolicy};
    use crate::tree::ChildSpec;

    /// A factory that panics, which none should.
    struct Bomb;

    impl LifeFactory for Bomb {
        fn launch(self: Arc<Self>, _: PendingLife) -> Result<JoinHandle<()>, ExitReason> {
            panic!("no life can be made")
        }

        fn new_slot(&self, name: Name, capacity: usize) -> Arc<dyn AnySlot> {
            Arc::new(Slot::<()>::new(name, capacity))
        }
    }

    #[tokio::test]
    async fn a_panic_of_a_factory_is_the_failure_of_one_child() {
        let root = Supervisor::new().build();
        let sibling = ChildSpec::new("sibling").with_task(async |ctx: crate::Context| {
            ctx.shutdown_requested().await;
            Ok(())
        });
        let sibling = root.add_child(sibling).await.expect("it starts");
        let bomb = ChildSpec::new("bomb").with_restart_policy(RestartPolicy::Temporary);
        let bomb = bomb.with_factory::<()>(None, Arc::new(Bomb));
        let mut events = root.events();
        root.add_child(bomb).await.expect("it is added");
        let ended = loop {
            let event = events.next().await.expect("the tree goes on").to_string();
            if event.contains("ended") {
                break event;
            }
        };
        assert_eq!(ended, "bomb: ended (life 1): panic: no life can be made");
        assert_eq!((sibling.status(), sibling.incarnation()), (ChildState::Running, 1));
        assert!(root.shutdown().await.expect("it runs").is_clean());
    }
}
