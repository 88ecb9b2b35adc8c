//! Builds a supervisor: its strategy, its limits, its children.

use std::convert::Infallible;
use std::fmt;
use std::future;
use std::sync::Arc;
use std::time::Duration;

use supervisor_rules::defaults;

use super::pool::TemplateParts;
use super::{ChildSpec, Ready, Runnable};
use crate::child::ChildRef;
use crate::engine::SupervisorRules;
use crate::runtime::{Declaration, Node, PoolTemplate, Trees, rules_of_kind};
use crate::spec::{AutoShutdown, MaxRestarts, SupervisionStrategy};
use crate::supervisor::Supervisor;

/// What no builder is: for the functions of a supervisor that are looked for on its builder.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this supervisor is not built yet",
    label = "call `build()` before this; a child of its declaration is added by `with_child(…)`"
)]
pub trait Built {}

/// Builds a [`Supervisor`]; begun by [`Supervisor::new`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct SupervisorBuilder {
    label: Option<Arc<str>>,
    pub(super) strategy: SupervisionStrategy,
    max_restarts: MaxRestarts,
    restart_window: Duration,
    auto_shutdown: AutoShutdown,
    pub(super) max_children: Option<usize>,
    kill_grace: Duration,
    pub(super) children: Declaration,
    pub(super) template: Option<TemplateParts>,
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
            max_restarts: MaxRestarts::default(),
            restart_window: defaults::RESTART_WINDOW,
            auto_shutdown: AutoShutdown::default(),
            max_children: None,
            kill_grace: defaults::KILL_GRACE,
            children: Declaration::default(),
            template: None,
        }
    }

    /// Its name in pictures and logs while it is a root; a nested supervisor has its child's
    /// name. Default: `supervisor`.
    pub fn with_name(mut self, name: &str) -> Self {
        self.label = Some(name.into());
        self
    }

    /// Who is restarted with whom. Default: `OneForOne`.
    pub fn with_strategy(mut self, strategy: SupervisionStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// How many restarts it makes within its window before it gives up: a number, or
    /// [`MaxRestarts::Unlimited`]. Default: 3.
    pub fn with_max_restarts(mut self, max_restarts: impl Into<MaxRestarts>) -> Self {
        self.max_restarts = max_restarts.into();
        self
    }

    /// The window in which restarts are counted; it slides. Default: 5 seconds.
    pub fn with_restart_window(mut self, window: Duration) -> Self {
        self.restart_window = window;
        self
    }

    /// Whether it ends by itself when its significant children have ended. Default: `Never`.
    pub fn with_auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// How many workers a `SimpleOneForOne` may have; one that is being restarted keeps its
    /// place. Default: no limit.
    pub fn with_max_children(mut self, max_children: usize) -> Self {
        self.max_children = Some(max_children);
        self
    }

    /// How long a child that was dropped may go on before it is reported as one that cannot be
    /// stopped. Default: 1 second.
    pub fn with_kill_grace(mut self, kill_grace: Duration) -> Self {
        self.kill_grace = kill_grace;
        self
    }

    /// Declares a child: it starts with the supervisor, and comes back with it.
    #[doc(alias = "add_child")]
    pub fn with_child<S: Runnable>(mut self, spec: ChildSpec<S>) -> Self {
        self.children.push(S::into_parts(spec).0);
        self
    }

    /// Not of a builder: the compiler says so, where it would find no such function.
    #[doc(hidden)]
    pub fn add_child<'a, S>(self, _spec: ChildSpec<S>) -> Infallible
    where
        &'a Self: Built,
    {
        unreachable!("no builder is `Built`")
    }

    /// Not of a builder, either.
    #[doc(hidden)]
    pub fn start<'a>(self) -> future::Ready<Infallible>
    where
        &'a Self: Built,
    {
        unreachable!("no builder is `Built`")
    }

    /// What the workers of a `SimpleOneForOne` are made from, all alike; sets that strategy.
    pub fn with_template<M: Send + 'static>(
        mut self,
        template: ChildSpec<Ready<ChildRef<M>>>,
    ) -> Self {
        self.strategy = SupervisionStrategy::SimpleOneForOne;
        self.template = Some(TemplateParts::of(template));
        self
    }

    /// Builds the supervisor. It needs no runtime, and nothing starts.
    ///
    /// What is wrong with its declaration, such as two children of one name, is told by
    /// [`Supervisor::start`].
    #[must_use = "a supervisor shuts down when its last handle is dropped"]
    pub fn build(self) -> Supervisor {
        let template = self.template.map(|template| PoolTemplate {
            rules: Arc::new(rules_of_kind(&template.options, template.kind)),
            options: template.options,
            factory: template.factory,
            trees: Trees::default(),
        });
        let rules = SupervisorRules {
            strategy: self.strategy,
            max_restarts: self.max_restarts,
            restart_window: self.restart_window,
            auto_shutdown: self.auto_shutdown,
            max_children: self.max_children,
            kill_grace: self.kill_grace,
            template: template.as_ref().map(|template| Arc::clone(&template.rules)),
        };
        let node = Node::new(self.label, rules, template);
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
