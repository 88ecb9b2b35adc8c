//! The handle of a supervisor, and its builder.

use std::sync::Arc;
use std::time::Duration;

use crate::child_ref::ChildRef;
use crate::child_spec::{ChildSpec, Run, Runnable};
use crate::error::SupervisorError;
use crate::node::Node;
use crate::path::ChildPath;
use crate::pool::{Pool, PoolTemplate};
use crate::restart::MaxRestarts;
use crate::strategy::{AutoShutdown, SupervisionStrategy};

/// A handle.
#[derive(Clone, Debug)]
pub struct Supervisor {
    node: Arc<Node>,
}

impl Supervisor {
    /// A builder.
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> SupervisorBuilder {
        SupervisorBuilder(())
    }
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }
    /// Starts.
    pub async fn start(&self) -> Result<(), SupervisorError> {
        unimplemented!()
    }
    /// Stops.
    pub async fn shutdown(&self) -> Result<(), SupervisorError> {
        unimplemented!()
    }
    /// Path.
    pub fn path(&self) -> ChildPath {
        unimplemented!()
    }
    /// Add.
    pub async fn add_child<S: Runnable>(
        &self,
        _spec: ChildSpec<S>,
    ) -> Result<S::Handle, SupervisorError> {
        unimplemented!()
    }
}

/// Builder.
#[derive(Debug)]
pub struct SupervisorBuilder(());

impl SupervisorBuilder {
    /// Its name, for logs and pictures; a nested supervisor has its child name.
    pub fn with_name(self, _name: &str) -> Self {
        self
    }
    /// Strategy.
    pub fn with_strategy(self, _strategy: SupervisionStrategy) -> Self {
        self
    }
    /// Max restarts: a number or `MaxRestarts::Unlimited`.
    pub fn with_max_restarts(self, _max: impl Into<MaxRestarts>) -> Self {
        self
    }
    /// Window.
    pub fn with_restart_window(self, _window: Duration) -> Self {
        self
    }
    /// Auto.
    pub fn with_auto_shutdown(self, _auto: AutoShutdown) -> Self {
        self
    }
    /// Max children.
    pub fn with_max_children(self, _max: usize) -> Self {
        self
    }
    /// Kill grace.
    pub fn with_kill_grace(self, _grace: Duration) -> Self {
        self
    }
    /// Declares a child.
    pub fn with_child<S: Runnable>(self, _spec: ChildSpec<S>) -> Self {
        self
    }
    /// Template of an untyped pool.
    pub fn with_template<M: Send + 'static>(self, _template: ChildSpec<Run<ChildRef<M>>>) -> Self {
        self
    }
    /// Builds.
    pub fn build(self) -> Supervisor {
        unimplemented!()
    }
    /// Builds a typed pool (simple_one_for_one).
    pub fn build_pool<T: PoolTemplate>(self, _template: ChildSpec<T>) -> Pool<T::Worker, T::Value> {
        unimplemented!()
    }
}
