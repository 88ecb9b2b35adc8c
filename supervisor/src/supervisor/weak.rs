//! The supervisors above a running child, as the child sees them: without keeping anything alive.

use std::fmt;
use std::sync::{Arc, Weak};

use super::Supervisor;
use super::lookup::node_of;
use crate::child::Context;
use crate::error::SupervisorError;
use crate::runtime::Node;
use crate::spec::ChildPath;

/// A reference to a supervisor that keeps nothing alive: neither the tree, nor its memory.
///
/// [`Context::supervisor`] and [`Context::root`] return it to a child, and
/// [`Supervisor::downgrade`] makes it of a handle. It can be kept anywhere, in the values of the
/// tree's own children too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), supervisor::SupervisorError> {
/// use supervisor::prelude::*;
///
/// /// Starts a helper beside itself.
/// async fn leader(ctx: Context) -> ChildResult {
///     let helper = ChildSpec::new("helper")
///         .with_restart_policy(RestartPolicy::Temporary)
///         .with_task(async |ctx: Context| Ok(ctx.shutdown_requested().await));
///     ctx.supervisor().upgrade()?.add_child(helper).await?;
///     ctx.shutdown_requested().await;
///     Ok(())
/// }
///
/// let supervisor = Supervisor::new().with_child(ChildSpec::new("leader").with_task(leader)).build();
/// let weak = supervisor.downgrade();
/// supervisor.start().await?;
/// supervisor.shutdown().await?;
/// drop(supervisor);
/// assert!(matches!(weak.upgrade(), Err(SupervisorError::Gone(_))));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WeakSupervisor {
    node: Weak<Node>,
    path: ChildPath,
}

impl WeakSupervisor {
    fn of(node: &Arc<Node>) -> Self {
        Self { node: Arc::downgrade(node), path: node.path() }
    }

    /// Makes a reference for a child whose supervisor is gone.
    fn gone() -> Self {
        Self { node: Weak::new(), path: ChildPath::root() }
    }

    /// Returns a handle of the supervisor, for the calls of [`Supervisor`].
    ///
    /// The handle does not keep the tree running: the tree shuts down when the last handle that its
    /// owner holds is dropped, and the calls of this one then return errors. It keeps the memory of
    /// the supervisor, as an address keeps that of a child, so hold it for the time of the calls.
    ///
    /// # Errors
    ///
    /// [`Gone`](SupervisorError::Gone) if the tree has ended and its last handle is dropped.
    pub fn upgrade(&self) -> Result<Supervisor, SupervisorError> {
        let node = self.node.upgrade().ok_or_else(|| SupervisorError::Gone(self.path.clone()))?;
        Ok(Supervisor::observing(node))
    }

    /// Requests the supervisor's [`shutdown`](Supervisor::shutdown) without waiting for it, also in
    /// a task below it. Does nothing if the supervisor is gone.
    pub fn request_shutdown(&self) {
        if let Ok(supervisor) = self.upgrade() {
            supervisor.request_shutdown();
        }
    }
}

impl fmt::Debug for WeakSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSupervisor").field("path", &self.path.as_str()).finish_non_exhaustive()
    }
}

impl Supervisor {
    /// Returns a reference to the supervisor that keeps nothing alive.
    #[must_use]
    pub fn downgrade(&self) -> WeakSupervisor {
        WeakSupervisor::of(self.node())
    }
}

impl<M> Context<M> {
    /// Returns the child's own supervisor.
    ///
    /// A child can add siblings with it, look at them, and terminate or restart them. A call that
    /// would wait for the child itself, as [`Supervisor::shutdown`] would, returns
    /// [`FromInside`](SupervisorError::FromInside).
    ///
    /// ```
    /// use supervisor::prelude::*;
    ///
    /// async fn nightly(ctx: Context) -> ChildResult {
    ///     let siblings = ctx.supervisor().upgrade()?;
    ///     siblings.terminate_child("importer").await?;
    ///     // …
    ///     siblings.restart_child("importer").await?;
    ///     Ok(())
    /// }
    /// # let _ = ChildSpec::new("nightly").with_task(nightly);
    /// ```
    #[must_use]
    pub fn supervisor(&self) -> WeakSupervisor {
        node_of(self.owner()).map_or_else(WeakSupervisor::gone, |node| WeakSupervisor::of(&node))
    }

    /// Returns the root of the tree: the supervisor above all others.
    ///
    /// If a supervisor adopts the tree later, its root is another one from then on.
    ///
    /// ```
    /// use supervisor::prelude::*;
    ///
    /// async fn status_page(ctx: Context) -> ChildResult {
    ///     let root = ctx.root();
    ///     while let Some(()) = ctx.until_shutdown(a_request()).await {
    ///         println!("{}", root.upgrade()?.health().await);
    ///     }
    ///     Ok(())
    /// }
    /// # async fn a_request() {}
    /// # let _ = ChildSpec::new("status_page").with_task(status_page);
    /// ```
    #[must_use]
    pub fn root(&self) -> WeakSupervisor {
        let root = node_of(self.owner()).map(|node| node.root());
        root.map_or_else(WeakSupervisor::gone, |root| WeakSupervisor::of(&root))
    }

    /// Requests the shutdown of the whole tree, and does not wait for it.
    ///
    /// This is the [`request_shutdown`](Supervisor::request_shutdown) of the [root](Self::root): a
    /// program that runs its tree by `supervisor::run` ends with the exit code 0. To end it with
    /// another one, return an error that no restart can help
    /// ([`Escalate::to_root`](crate::Escalate::to_root)).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), supervisor::SupervisorError> {
    /// use supervisor::prelude::*;
    ///
    /// let import = ChildSpec::new("import").with_task(async |ctx: Context| {
    ///     // All is imported.
    ///     ctx.request_shutdown();
    ///     ctx.shutdown_requested().await;
    ///     Ok(())
    /// });
    /// let supervisor = Supervisor::new().with_child(import).build();
    /// supervisor.start().await?;
    /// supervisor.wait().await
    /// # }
    /// ```
    pub fn request_shutdown(&self) {
        self.root().request_shutdown();
    }
}
