//! The builder of a supervisor: its strategy, its limits, its children.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use supervisor_rules::defaults;

use super::pool::TemplateParts;
use super::{ChildSpec, Ready, Specification};
use crate::child::ChildRef;
use crate::engine::SupervisorRules;
use crate::mailbox::PoolTimes;
use crate::runtime::{Declaration, Node, PoolTemplate, Steps, Trees, resolve_template};
use crate::spec::{AutoShutdown, MaxRestarts, Order, SupervisionStrategy};
use crate::supervisor::Supervisor;

/// Builds a [`Supervisor`]; begun by [`Supervisor::new`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct SupervisorBuilder {
    label: Option<Arc<str>>,
    pub(super) strategy: SupervisionStrategy,
    pub(super) order: Order,
    max_restarts: MaxRestarts,
    restart_window: Duration,
    auto_shutdown: AutoShutdown,
    pub(super) max_children: Option<usize>,
    kill_grace: Duration,
    drain: Duration,
    pub(super) children: Declaration,
    /// Boxed, since a builder is moved with each child that it is given.
    pub(super) template: Option<Box<TemplateParts>>,
    /// The number of partitions that the children are; 0 if they are none.
    pub(super) partitions: usize,
}

impl Supervisor {
    /// Begins to build a supervisor.
    #[expect(clippy::new_ret_no_self, reason = "the name that users of the field know")]
    pub fn new() -> SupervisorBuilder {
        SupervisorBuilder::new()
    }
}

impl SupervisorBuilder {
    pub(crate) fn new() -> Self {
        Self {
            label: None,
            strategy: SupervisionStrategy::default(),
            order: Order::default(),
            max_restarts: MaxRestarts::default(),
            restart_window: defaults::RESTART_WINDOW,
            auto_shutdown: AutoShutdown::default(),
            max_children: None,
            kill_grace: defaults::KILL_GRACE,
            drain: Duration::ZERO,
            children: Declaration::default(),
            template: None,
            partitions: 0,
        }
    }

    /// Sets the supervisor's name in pictures and logs while it is a root; a nested supervisor has
    /// its child's name. Default: `supervisor`.
    pub fn with_name(mut self, name: &str) -> Self {
        self.label = Some(name.into());
        self
    }

    /// Sets which children are restarted together. Default: `OneForOne`.
    pub fn with_strategy(mut self, strategy: SupervisionStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Sets the order in which the children start and stop. Default: `Declaration`.
    ///
    /// With [`Order::ByUse`], the children use the siblings that their specifications name with
    /// [`ChildSpec::with_after`], and no others: the builder cannot look into their values, as the
    /// macro does.
    pub fn with_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Sets how many restarts the supervisor makes within its window before it gives up: a number,
    /// or [`MaxRestarts::Unlimited`]. Default: 3.
    pub fn with_max_restarts(mut self, max_restarts: impl Into<MaxRestarts>) -> Self {
        self.max_restarts = max_restarts.into();
        self
    }

    /// Sets the window in which restarts are counted, which slides. Default: 5 seconds.
    pub fn with_restart_window(mut self, window: Duration) -> Self {
        self.restart_window = window;
        self
    }

    /// Sets whether the supervisor ends by itself when its significant children have ended.
    /// Default: `Never`.
    pub fn with_auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// Sets how many children the supervisor may have, at least one: those that are declared, and
    /// those that are added, also while they are down. Default: no limit.
    pub fn with_max_children(mut self, max_children: usize) -> Self {
        self.max_children = Some(max_children);
        self
    }

    /// Sets how long a child that was aborted may go on before it is reported as one that cannot be
    /// stopped. Default: 1 second.
    pub fn with_kill_grace(mut self, kill_grace: Duration) -> Self {
        self.kill_grace = kill_grace;
        self
    }

    /// Sets how long the children of a root go on when it is asked to stop, before they are stopped in
    /// order. Default: not at all.
    ///
    /// The tree is [not ready](Supervisor::health) from the request on: a load balancer that looks at
    /// the readiness gets this time to send its requests elsewhere. A child that fails meanwhile is
    /// restarted. A tree that has not started yet does not drain, nor does one that ends by itself; a
    /// supervisor below a root stops with its parent. See [the guide](crate::guide::stopping).
    pub fn with_drain(mut self, time: Duration) -> Self {
        self.drain = time;
        self
    }

    /// Declares a child: it starts with the supervisor, and comes back with it.
    #[doc(alias = "add_child")]
    pub fn with_child<S: Specification>(mut self, spec: S) -> Self {
        self.children.push(spec.into_parts().0);
        self
    }

    /// Sets the strategy `SimpleOneForOne`, and the template from which its workers are made, all
    /// alike.
    pub fn with_template<M: Send + 'static>(
        mut self,
        template: ChildSpec<Ready<ChildRef<M>>>,
    ) -> Self {
        self.strategy = SupervisionStrategy::SimpleOneForOne;
        self.template = Some(Box::new(TemplateParts::of(template)));
        self
    }

    /// Builds the supervisor, without a runtime, and starts nothing.
    ///
    /// A fault of the declaration, such as two children of one name, is an error of
    /// [`Supervisor::start`].
    #[must_use = "a supervisor shuts down when its last handle is dropped"]
    pub fn build(self) -> Supervisor {
        let template = self.template.map(|template| PoolTemplate {
            rules: Arc::new(resolve_template(&template.options, template.kind)),
            times: template.options.has_histograms().then(PoolTimes::new),
            options: template.options,
            factory: template.factory,
            trees: Trees::default(),
        });
        let rules = SupervisorRules {
            strategy: self.strategy,
            order: self.order,
            max_restarts: self.max_restarts,
            restart_window: self.restart_window,
            auto_shutdown: self.auto_shutdown,
            max_children: self.max_children,
            kill_grace: self.kill_grace,
            template: template.as_ref().map(|template| Arc::clone(&template.rules)),
        };
        let node = Node::new(self.label, rules, template, self.partitions);
        node.set_steps(Steps { drain: self.drain, total: None });
        node.declare(self.children);
        Supervisor::from_node(node)
    }
}

impl fmt::Debug for SupervisorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupervisorBuilder")
            .field("strategy", &self.strategy)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}
